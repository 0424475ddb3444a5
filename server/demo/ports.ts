/**
 * A free TCP port on loopback.
 *
 * Decision: ports are drawn below 32768. Above it the kernel hands out ports to outgoing connections, and one in
 * TIME-WAIT would make a server's restart on its own port fail.
 */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** True when nothing listens on 127.0.0.1:port. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** A port nothing listens on: `wanted` if it is one, else a random one. */
export async function freePort(wanted?: number): Promise<number> {
  if (wanted !== undefined && (await isFree(wanted))) return wanted;
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(10_000, 32_000);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port between 10000 and 32000');
}
