import test from 'node:test';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { LIMITS, PROTOCOL } from '../../../shared/protocol.ts';
import { type Edge, startEdge, type TestTunnel } from '../edge.ts';

const LIBRARY = 'library@example.org';
const TIMETABLE = 'timetable@example.org';
const CALL = '5f0c1a52-7c1e-4b52-9f6e-0000000000';
const HELLO = { t: 'hello', protocol: PROTOCOL, build: 'test', visible: true, cursors: [] };

const refresh = (account: string, mailbox: number | null = null) => ({ t: 'refresh', account, mailbox });
const want = (account: string) => ({ t: 'want', account, messages: [1, 2], ahead: false });
const call = (account: string, index: number) => ({
  t: 'call',
  call: { id: CALL + String(index).padStart(2, '0'), account, steps: [{ verb: 'archive', messages: [1] }] },
});

/** An edge with the library signed in, and a tunnel that was welcomed. */
async function welcomed(edge: Edge) {
  const tunnel = edge.tunnel(await edge.signIn(LIBRARY));
  const welcome = await tunnel.greet();
  return { tunnel, welcome, account: edge.accounts.library };
}

test('only our own origin, exactly, is let in; everyone else gets 403 and no socket', async (t) => {
  const edge = await startEdge(t);
  const cookie = await edge.signIn(LIBRARY);
  const port = new URL(edge.url).port;
  const strangers = [
    'https://evil.example',
    'null',
    `https://127.0.0.1:${port}`,
    'http://127.0.0.1',
    `${edge.url}/`,
  ];
  for (const origin of strangers) assert.equal(await edge.tunnel(cookie, { origin }).status, 403, origin);
  assert.equal(await edge.tunnel(cookie, { 'sec-fetch-site': 'same-site' }).status, 403);
  for (const host of ['127.0.0.1', 'localhost', '[::1]'])
    assert.equal(await edge.tunnel(cookie, { origin: `http://${host}:${port}` }).status, 101);
});

test('an upgrade without an Origin gets 403', async (t) => {
  const edge = await startEdge(t);
  const headers = {
    cookie: await edge.signIn(LIBRARY),
    connection: 'upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  };
  const { request } = await import('node:http');
  const sent = request(`${edge.url}/ws`, { headers }).end();
  const [response] = await once(sent, 'response');
  assert.equal(response.statusCode, 403);
  response.resume();
});

test('without a session there is no socket', async (t) => {
  const edge = await startEdge(t);
  assert.equal(await edge.tunnel('').status, 401);
  assert.equal(await edge.tunnel(`pimento=${'A'.repeat(43)}`).status, 401);
});

test('nothing but /ws can be upgraded', async (t) => {
  const edge = await startEdge(t);
  const cookie = await edge.signIn(LIBRARY);
  for (const path of ['/session', '/healthz', '/', '/nothing']) {
    const tunnel = edge.tunnel(cookie);
    tunnel.socket.terminate();
    const { WebSocket } = await import('ws');
    const other = new WebSocket(edge.url.replace('http', 'ws') + path, {
      headers: { origin: edge.url, cookie },
    });
    other.on('error', () => undefined);
    const [request, response] = await once(other, 'unexpected-response');
    assert.equal(response.statusCode, 404, path);
    request.destroy();
  }
});

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
  await tunnel.frame('progress', ({ id }) => id === `${CALL}01`);
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
  await tunnel.frame('progress', ({ id }) => id === `${CALL}02`);
  assert.deepEqual(account.log, ['attaching', 'attached', `call ${CALL}01`, 'want 1,2', `call ${CALL}02`]);
});

test('calls of one account are handed over one after the other', async (t) => {
  const edge = await startEdge(t);
  const { tunnel, account } = await welcomed(edge);
  const gate = Promise.withResolvers<undefined>();
  account.calling = ({ id }) => (id === `${CALL}01` ? gate.promise : Promise.resolve());
  await tunnel.send(call(account.id, 1), call(account.id, 2), { t: 'ping' });
  await tunnel.frame('pong');
  assert(!account.log.includes(`call ${CALL}02`));
  gate.resolve(undefined);
  await account.saw(`call ${CALL}02`);
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
  await account.saw(`call ${CALL}00`);
  await pingPong(other, 3);
  await flood.send({ t: 'ping' });
  // By the time the other socket was heard three times, the flooded one would have been.
  await pingPong(other, 3);
  assert(!flood.frames.some((frame) => frame.t === 'pong'));
  gate.resolve(undefined);
  await account.saw(`call ${CALL}98`);
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

test('once greeted, a socket may be silent for as long as it likes', async (t) => {
  const edge = await startEdge(t, { pace: { hello: 30, beat: 10 } });
  const { tunnel } = await welcomed(edge);
  for (let pings = 0; pings < 5; pings += 1) await once(tunnel.socket, 'ping');
  assert.equal(tunnel.socket.readyState, tunnel.socket.OPEN);
});

test('a call that arrived is carried out although the socket is gone', async (t) => {
  const edge = await startEdge(t);
  const { tunnel, account } = await welcomed(edge);
  const gate = Promise.withResolvers<undefined>();
  account.calling = () => gate.promise;
  await tunnel.send(call(account.id, 1), want(account.id), call(account.id, 2));
  await account.saw(`call ${CALL}01`);
  tunnel.socket.terminate();
  await account.saw('detached');
  gate.resolve(undefined);
  await account.saw(`call ${CALL}02`);
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

test('a socket that says nothing is closed', async (t) => {
  const edge = await startEdge(t, { pace: { hello: 5 } });
  assert.equal(await edge.tunnel(await edge.signIn(LIBRARY)).closed, 4400);
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

test('a session that ends while the socket is open closes it at the next frame', async (t) => {
  const edge = await startEdge(t);
  const { tunnel, account } = await welcomed(edge);
  edge.clock.now += 30 * 24 * 60 * 60 * 1000;
  await tunnel.send(call(account.id, 1));
  assert.equal(await tunnel.closed, 4401);
  assert(!account.log.includes(`call ${CALL}01`));
});

test('a session that ends while the socket is silent closes it at the next beat', async (t) => {
  const edge = await startEdge(t, { pace: { beat: 5 } });
  const { tunnel } = await welcomed(edge);
  edge.clock.now += 30 * 24 * 60 * 60 * 1000;
  assert.equal(await tunnel.closed, 4401);
});

test('signing out closes the sockets of that device, and no other’s', async (t) => {
  const edge = await startEdge(t);
  const [phone, desk] = [await edge.signIn(LIBRARY), await edge.signIn(LIBRARY)];
  const tunnels = [edge.tunnel(phone), edge.tunnel(phone), edge.tunnel(desk)] as const;
  for (const tunnel of tunnels) await tunnel.greet();
  await edge.ask('/session', { method: 'DELETE', headers: { cookie: phone } });
  assert.equal(await tunnels[0].closed, 4401);
  assert.equal(await tunnels[1].closed, 4401);
  await tunnels[2].send({ t: 'ping' });
  await tunnels[2].frame('pong');
  assert.equal(await edge.tunnel(phone).status, 401);
});

test('a browser may open ten sockets, not eleven', async (t) => {
  const edge = await startEdge(t);
  const cookie = await edge.signIn(LIBRARY);
  const tunnels = Array.from({ length: 10 }, () => edge.tunnel(cookie));
  for (const tunnel of tunnels) assert.equal(await tunnel.status, 101);
  assert.equal(await edge.tunnel(cookie).status, 429);
});

test('a silent socket is pinged and stays; one that does not answer is cut', async (t) => {
  const edge = await startEdge(t, { pace: { beat: 5 } });
  const { tunnel } = await welcomed(edge);
  for (let pings = 0; pings < 4; pings += 1) await once(tunnel.socket, 'ping');
  assert.equal(tunnel.socket.readyState, tunnel.socket.OPEN);
  // From here on its system is asleep: nothing is read, nothing answered.
  tunnel.socket.pause();
  await edge.accounts.library.saw('detached');
});

test('an account with a fault closes the socket, so that the device comes back', async (t) => {
  const edge = await startEdge(t);
  edge.accounts.library.attaching = () => Promise.reject(new Error('disk full'));
  const tunnel = edge.tunnel(await edge.signIn(LIBRARY));
  await tunnel.send(HELLO);
  assert.equal(await tunnel.closed, 1011);
});

test('when the bridge stops every socket is told to come back, and every account let go', async (t) => {
  const edge = await startEdge(t);
  const { tunnel, account } = await welcomed(edge);
  await account.saw('attached');
  await edge.close();
  assert.equal(await tunnel.closed, 1001);
  assert.equal(account.viewers.size, 0);
});

test('a socket whose peer does not say goodbye does not hold up the stop', async (t) => {
  const edge = await startEdge(t, { pace: { goodbye: 5 } });
  const { tunnel } = await welcomed(edge);
  tunnel.socket.pause();
  await edge.close();
  tunnel.socket.terminate();
});
