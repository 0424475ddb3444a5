import test from 'node:test';
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { Socket } from '../../../server/http.ts';
import { SocketViewer } from '../../../server/routes/viewer.ts';
import type { Down } from '../../../shared/protocol.ts';
import { startEdge } from '../edge.ts';

/** A frame of about a megabyte. */
const LARGE: Down = { t: 'reset', account: 'a', epoch: 'x'.repeat(1024 * 1024) };

/** A welcomed tunnel, and the account's side of it. */
async function pair(t: test.TestContext, stuck: number) {
  const edge = await startEdge(t, { pace: { stuck } });
  const tunnel = edge.tunnel(await edge.signIn('library@example.org'));
  await tunnel.greet();
  await edge.accounts.library.saw('attached');
  const [viewer] = edge.accounts.library.viewers;
  assert(viewer);
  return { edge, tunnel, viewer };
}

test('a device that reads slowly makes the account wait, and what was written arrives', async (t) => {
  const { tunnel, viewer } = await pair(t, 60_000);
  tunnel.socket.pause();
  let written = 0;
  while (viewer.buffered() < 512 * 1024) {
    viewer.send(LARGE);
    written += 1;
  }
  let drained = false;
  const waiting = viewer.drained().then(() => (drained = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(drained, false);
  tunnel.socket.resume();
  await waiting;
  assert(viewer.buffered() < 256 * 1024);
  while (tunnel.frames.filter(({ t }) => t === 'reset').length < written)
    await once(tunnel.socket, 'message');
});

test('a device that does not read at all is cut, and whoever waits for it goes on', async (t) => {
  const { edge, tunnel, viewer } = await pair(t, 5);
  tunnel.socket.pause();
  while (viewer.buffered() <= 8 * 1024 * 1024) viewer.send(LARGE);
  await viewer.drained();
  assert.equal(viewer.closed, true);
  await edge.accounts.library.saw('detached');
  viewer.send(LARGE);
  tunnel.socket.terminate();
});

/** As much of a socket as a viewer touches; nothing is written until `flush`. */
class PausedSocket extends EventEmitter {
  readyState = 1;
  bufferedAmount = 0;
  cut = false;
  #written: (() => void)[] = [];

  send(text: string, written: () => void): void {
    this.bufferedAmount += text.length;
    this.#written.push(written);
  }

  flush(): void {
    this.bufferedAmount = 0;
    for (const written of this.#written.splice(0)) written();
  }

  terminate(): void {
    this.cut = true;
  }
}

test('a device that catches up within the grace stays, and the next time it has the whole grace again', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const socket = new PausedSocket();
  const viewer = new SocketViewer(socket as unknown as Socket, 'd1', 30_000, () => undefined);
  const fill = () => {
    while (viewer.buffered() <= 8 * 1024 * 1024) viewer.send(LARGE);
  };
  fill();
  t.mock.timers.tick(29_999);
  socket.flush();
  t.mock.timers.tick(60_000);
  assert.equal(socket.cut, false);
  fill();
  t.mock.timers.tick(29_999);
  assert.equal(socket.cut, false);
  t.mock.timers.tick(1);
  assert.equal(socket.cut, true);
});

test('with nothing in the way there is nothing to wait for', async (t) => {
  const { viewer } = await pair(t, 60_000);
  await viewer.drained();
  assert.equal(viewer.closed, false);
});
