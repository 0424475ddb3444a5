import test from 'node:test';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { WebSocket } from 'ws';
import { startEdge } from '../edge.ts';
import { call, callId, LIBRARY, welcomed } from '../frames.ts';

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
    const other = new WebSocket(edge.url.replace('http', 'ws') + path, {
      headers: { origin: edge.url, cookie },
    });
    other.on('error', () => undefined);
    const [sent, response] = await once(other, 'unexpected-response');
    assert.equal(response.statusCode, 404, path);
    sent.destroy();
  }
});

test('once greeted, a socket may be silent for as long as it likes', async (t) => {
  const edge = await startEdge(t, { pace: { hello: 30, beat: 10 } });
  const { tunnel } = await welcomed(edge);
  for (let pings = 0; pings < 5; pings += 1) await once(tunnel.socket, 'ping');
  assert.equal(tunnel.socket.readyState, tunnel.socket.OPEN);
});

test('a socket that says nothing is closed', async (t) => {
  const edge = await startEdge(t, { pace: { hello: 5 } });
  assert.equal(await edge.tunnel(await edge.signIn(LIBRARY)).closed, 4400);
});

test('a session that ends while the socket is open closes it at the next frame', async (t) => {
  const edge = await startEdge(t);
  const { tunnel, account } = await welcomed(edge);
  edge.clock.now += 30 * 24 * 60 * 60 * 1000;
  await tunnel.send(call(account.id, 1));
  assert.equal(await tunnel.closed, 4401);
  assert(!account.log.includes(`call ${callId(1)}`));
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
