import test from 'node:test';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { LIMITS, PROTOCOL } from '../../../shared/protocol.ts';
import { startEdge, type TestTunnel } from '../edge.ts';
import { call, callId, HELLO, LIBRARY, refresh, TIMETABLE, want, welcomed } from '../frames.ts';

test('hello is answered by welcome, and every account is attached at its cursor', async (t) => {
  const edge = await startEdge(t);
  const tunnel = edge.tunnel(await edge.signIn(LIBRARY));
  const cursor = { account: 'acc-library', epoch: 'e1', rev: 41, fill: null };
  const welcome = await tunnel.greet([{ ...cursor, account: 'acc-gone' }, cursor]);
  assert.deepEqual(welcome, {
    t: 'welcome',
    protocol: PROTOCOL,
    build: 'test',
    clock: edge.clock.now,
    accounts: [edge.accounts.library.info()],
    limits: LIMITS,
  });
  await edge.accounts.library.saw('attached');
  assert.deepEqual(edge.accounts.library.cursor, cursor);
  assert.deepEqual(edge.accounts.timetable.log, []);
});

test('frames reach the account they name, and its answers come back', async (t) => {
  const edge = await startEdge(t);
  const { tunnel, account } = await welcomed(edge);
  await tunnel.send(call(account.id, 1), want(account.id), refresh(account.id, 4), {
    t: 'visible',
    now: false,
  });
  await tunnel.frame('progress', ({ id }) => id === callId(1));
  await tunnel.frame('body', ({ message }) => message === 2);
  await account.saw('refresh 4');
  await tunnel.send({ t: 'ping' });
  await tunnel.frame('pong');
});

test('what arrives while an account is attaching waits, and keeps its order', async (t) => {
  const edge = await startEdge(t);
  const account = edge.accounts.library;
  const gate = Promise.withResolvers<undefined>();
  account.attaching = () => gate.promise;
  const tunnel = edge.tunnel(await edge.signIn(LIBRARY));
  await tunnel.send(HELLO, call(account.id, 1), want(account.id), call(account.id, 2), { t: 'ping' });
  await tunnel.frame('pong');
  assert.deepEqual(account.log, ['attaching']);
  gate.resolve(undefined);
  await tunnel.frame('progress', ({ id }) => id === callId(2));
  assert.deepEqual(account.log, [
    'attaching',
    'attached',
    `call ${callId(1)}`,
    'want 1,2',
    `call ${callId(2)}`,
  ]);
});

test('calls of one account are handed over one after the other', async (t) => {
  const edge = await startEdge(t);
  const { tunnel, account } = await welcomed(edge);
  const gate = Promise.withResolvers<undefined>();
  account.calling = ({ id }) => (id === callId(1) ? gate.promise : Promise.resolve());
  await tunnel.send(call(account.id, 1), call(account.id, 2), { t: 'ping' });
  await tunnel.frame('pong');
  assert(!account.log.includes(`call ${callId(2)}`));
  gate.resolve(undefined);
  await account.saw(`call ${callId(2)}`);
});

test('a flood of frames is not read faster than it is worked off, and none is lost', async (t) => {
  const edge = await startEdge(t);
  const cookie = await edge.signIn(LIBRARY);
  const [flood, other] = [edge.tunnel(cookie), edge.tunnel(cookie)];
  await flood.greet();
  await other.greet();
  const account = edge.accounts.library;
  const gate = Promise.withResolvers<undefined>();
  account.calling = () => gate.promise;
  await flood.send(...Array.from({ length: 99 }, (_, index) => call(account.id, index)));
  await account.saw(`call ${callId(0)}`);
  await pingPong(other, 3);
  await flood.send({ t: 'ping' });
  // By the time the other socket was heard three times, the flooded one would have been.
  await pingPong(other, 3);
  assert(!flood.frames.some((frame) => frame.t === 'pong'));
  gate.resolve(undefined);
  await account.saw(`call ${callId(98)}`);
  await flood.frame('pong');
});

/** Lets a frame go there and an answer come back, `times` times. */
async function pingPong(tunnel: TestTunnel, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const answered = once(tunnel.socket, 'message');
    await tunnel.send({ t: 'ping' });
    await answered;
  }
}

test('a call that arrived is carried out although the socket is gone', async (t) => {
  const edge = await startEdge(t);
  const { tunnel, account } = await welcomed(edge);
  const gate = Promise.withResolvers<undefined>();
  account.calling = () => gate.promise;
  await tunnel.send(call(account.id, 1), want(account.id), call(account.id, 2));
  await account.saw(`call ${callId(1)}`);
  tunnel.socket.terminate();
  await account.saw('detached');
  gate.resolve(undefined);
  await account.saw(`call ${callId(2)}`);
  assert(!account.log.includes('want 1,2'), 'nobody is there to read the bodies');
});

test('an account that finishes attaching to a closed socket is detached again', async (t) => {
  const edge = await startEdge(t);
  const account = edge.accounts.library;
  const gate = Promise.withResolvers<undefined>();
  account.attaching = () => gate.promise;
  const tunnel = edge.tunnel(await edge.signIn(LIBRARY));
  await tunnel.send(HELLO);
  await account.saw('attaching');
  tunnel.socket.terminate();
  await account.saw('detached');
  gate.resolve(undefined);
  await account.saw('detached', 2);
  assert.equal(account.viewers.size, 0);
});

test('a frame for another person’s account, or one that does not exist, is refused', async (t) => {
  const edge = await startEdge(t);
  const cookies = { [LIBRARY]: await edge.signIn(LIBRARY), [TIMETABLE]: await edge.signIn(TIMETABLE) };
  const { library, timetable } = edge.accounts;
  for (const [email, own, other] of [
    [LIBRARY, library, timetable] as const,
    [TIMETABLE, timetable, library] as const,
  ])
    for (const id of [other.id, 'acc-nobody'])
      for (const frame of [call(id, 1), want(id), refresh(id)]) {
        const tunnel = edge.tunnel(cookies[email] ?? '');
        await tunnel.greet();
        await tunnel.send(frame);
        assert.equal(await tunnel.closed, 4403, `${own.id} asks ${JSON.stringify(frame)}`);
      }
  for (const { log } of [library, timetable])
    assert.deepEqual(
      log.filter((entry) => !/tach/.test(entry)),
      [],
    );
  assert.match(edge.logged(), /a frame for an account of nobody here/);
});

test('what is not of the protocol closes the socket, and is counted', async (t) => {
  const edge = await startEdge(t);
  const cookie = await edge.signIn(LIBRARY);
  const bad: (string | object | Buffer)[] = [
    'not json',
    '',
    '[]',
    'null',
    { t: 'nothing' },
    { t: 'ping', more: 1 },
    { t: 'want', account: 'acc-library', messages: [], ahead: false },
    { t: 'call', call: { id: 'no-uuid', account: 'acc-library', steps: [] } },
    HELLO,
  ];
  for (const frame of bad) {
    const tunnel = edge.tunnel(cookie);
    await tunnel.greet();
    await tunnel.send(frame);
    assert.equal(await tunnel.closed, 4400, JSON.stringify(frame));
  }
  assert.equal(edge.logged().match(/"bad frame"/g)?.length, bad.length);
});

test('binary frames are refused, and frames over the limit are not even read', async (t) => {
  const edge = await startEdge(t);
  const cookie = await edge.signIn(LIBRARY);
  const binary = edge.tunnel(cookie);
  await binary.greet();
  binary.socket.send(Buffer.from('{"t":"ping"}'));
  assert.equal(await binary.closed, 4400);
  const large = edge.tunnel(cookie);
  await large.greet();
  await large.send('x'.repeat(LIMITS.frameUp + 1));
  assert.equal(await large.closed, 1009);
  const fits = edge.tunnel(cookie);
  await fits.greet();
  await fits.send(`{"t":"ping"}${' '.repeat(LIMITS.frameUp - 12)}`);
  await fits.frame('pong');
});

test('the first frame must be hello, of this protocol', async (t) => {
  const edge = await startEdge(t);
  const cookie = await edge.signIn(LIBRARY);
  const early = edge.tunnel(cookie);
  await early.send({ t: 'ping' });
  assert.equal(await early.closed, 4400);
  const old = edge.tunnel(cookie);
  await old.send({ ...HELLO, protocol: PROTOCOL + 1 });
  assert.equal(await old.closed, 4426);
  assert.deepEqual(edge.accounts.library.log, []);
});

test('240 frames at once are heard, one more is too many, and 60 more are heard a second later', async (t) => {
  const edge = await startEdge(t);
  const { tunnel } = await welcomed(edge);
  const pings = (count: number) => Array.from({ length: count }, () => ({ t: 'ping' }));
  const pongs = () => tunnel.frames.filter((frame) => frame.t === 'pong').length;
  const until = async (count: number) => {
    while (pongs() < count) await once(tunnel.socket, 'message');
  };
  await tunnel.send(...pings(239));
  await until(239);
  edge.clock.now += 1000;
  await tunnel.send(...pings(60));
  await until(299);
  await tunnel.send(...pings(1));
  assert.equal(await tunnel.closed, 4429);
});

test('an account with a fault closes the socket, so that the device comes back', async (t) => {
  const edge = await startEdge(t);
  edge.accounts.library.attaching = () => Promise.reject(new Error('disk full'));
  const tunnel = edge.tunnel(await edge.signIn(LIBRARY));
  await tunnel.send(HELLO);
  assert.equal(await tunnel.closed, 1011);
});
