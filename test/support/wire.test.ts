import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Socket, connect, createServer } from 'node:net';
import test, { type TestContext } from 'node:test';
import { freePort } from '../../server/demo/ports.ts';
import { startWire } from './wire.ts';

/** A server that says everything back. */
async function echo(t: TestContext): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return port;
}

function ask(socket: Socket, text: string): Promise<string> {
  const answer = new Promise<string>((resolve) => {
    socket.once('data', (chunk: Buffer) => resolve(chunk.toString()));
  });
  socket.write(text);
  return answer;
}

test('an open wire carries bytes both ways and counts them', async (t) => {
  const wire = await startWire(t, await echo(t));
  const socket = connect(wire.port, '127.0.0.1');
  assert.equal(await ask(socket, 'hello'), 'hello');
  assert.deepEqual(wire.bytes, { up: 5, down: 5 });
  socket.destroy();
});

test('cut breaks what is open and lets new connections through', async (t) => {
  const wire = await startWire(t, await echo(t));
  const first = connect(wire.port, '127.0.0.1');
  await ask(first, 'a');
  const broken = once(first, 'error');
  wire.cut();
  assert.match(String(await broken), /ECONNRESET/);
  const second = connect(wire.port, '127.0.0.1');
  assert.equal(await ask(second, 'b'), 'b');
  second.destroy();
});

test('refuse lets nobody in until open', async (t) => {
  const wire = await startWire(t, await echo(t));
  await wire.refuse();
  await assert.rejects(once(connect(wire.port, '127.0.0.1'), 'connect'), /ECONNREFUSED/);
  await wire.open();
  const socket = connect(wire.port, '127.0.0.1');
  assert.equal(await ask(socket, 'c'), 'c');
  socket.destroy();
});

test('hold keeps bytes back, and open lets them go', async (t) => {
  const port = await echo(t);
  const wire = await startWire(t, port);
  const socket = connect(wire.port, '127.0.0.1');
  await ask(socket, 'a');
  wire.hold();
  const answer = ask(socket, 'b');
  // A held wire still takes calls, and says nothing.
  const second = connect(wire.port, '127.0.0.1');
  await once(second, 'connect');
  const late = ask(second, 'c');
  // The fence: beside the wire the same server answers many times over, while the wire carries nothing.
  const beside = connect(port, '127.0.0.1');
  for (let round = 0; round < 20; round++) await ask(beside, 'x');
  assert.deepEqual(wire.bytes, { up: 1, down: 1 });
  await wire.open();
  assert.deepEqual(await Promise.all([answer, late]), ['b', 'c']);
  for (const end of [socket, second, beside]) end.destroy();
});
