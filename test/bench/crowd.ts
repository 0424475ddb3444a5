/**
 * Many devices in a process of their own, so that their memory is not the bridge's (started by the part `memory`).
 *
 * Decision: each says hello, takes its first rows and stays. What it receives is thrown away unread; a device counts as
 * connected when the bridge has answered with the welcome and the first facts. Fifty come at a time, as after a
 * restart with back-off.
 */
import { WebSocket } from 'ws';
import { hello } from './codec.ts';
import type { Crowd } from './memory.ts';

const AT_ONCE = 50;
const FIRST_FRAMES = 2;

function device(url: string, cookie: string): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, {
    perMessageDeflate: false,
    headers: { cookie, origin: url },
  });
  return new Promise((resolve, reject) => {
    let frames = 0;
    socket.on('open', () => socket.send(hello([])));
    socket.on('message', () => {
      frames += 1;
      if (frames === FIRST_FRAMES) resolve();
    });
    socket.on('error', reject);
    // Also later: a device that was sent away is not connected any more, and the figure would be wrong.
    socket.on('close', (code) => {
      process.stderr.write(`a device was sent away: ${code}\n`);
      process.exit(1);
    });
  });
}

async function all({ url, cookies }: Crowd): Promise<void> {
  const rest = cookies.values();
  const worker = async () => {
    for (const cookie of rest) await device(url, cookie);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  process.send?.('connected');
}

process.on('message', (crowd: Crowd) => {
  all(crowd).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
});
