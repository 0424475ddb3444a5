import test from 'node:test';
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { startEdge } from '../edge.ts';
import { HELLO, LIBRARY } from '../frames.ts';

const TOKEN = 'figures-for-the-library';
const ENV = { PIMENTO_METRICS_TOKEN: TOKEN };
const BEARER = { headers: { authorization: `Bearer ${TOKEN}` } };

test('the bridge is ready when its database answers', async (t) => {
  const edge = await startEdge(t);
  const ready = await edge.ask('/readyz');
  assert.deepEqual([ready.status, await ready.json()], [200, { ok: true }]);
  edge.people.findDevice = () => Promise.reject(new Error('disk I/O error'));
  const broken = await edge.ask('/readyz');
  assert.deepEqual([broken.status, (await broken.json()).code], [503, 'no-database']);
});

test('a supervisor may ask by any host name', async (t) => {
  const edge = await startEdge(t);
  const status = await new Promise((resolve, reject) => {
    const ask = request(`${edge.url}/readyz`, { headers: { host: '10.0.0.7' } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    ask.once('error', reject).end();
  });
  assert.equal(status, 200);
});

test('the bridge is no longer ready while it says goodbye to its devices', async (t) => {
  const edge = await startEdge(t);
  const tunnel = edge.tunnel(await edge.signIn(LIBRARY));
  await tunnel.send(HELLO);
  await tunnel.frame('welcome');
  // A device that does not read hears no goodbye, so the bridge waits for it.
  tunnel.socket.pause();
  const closing = edge.close();
  const response = await edge.ask('/readyz');
  assert.equal(response.status, 503);
  tunnel.socket.resume();
  await closing;
});

test('without a token there are no figures, and with one only for who shows it', async (t) => {
  const closed = await startEdge(t);
  assert.equal((await closed.ask('/metrics', BEARER)).status, 404);
  const edge = await startEdge(t, { env: ENV });
  assert.equal((await edge.ask('/metrics')).status, 401);
  const wrong = { headers: { authorization: `Bearer ${TOKEN}x` } };
  assert.equal((await edge.ask('/metrics', wrong)).status, 401);
  assert.equal((await edge.ask('/metrics', BEARER)).status, 200);
});

test('the figures count sockets, accounts, bytes and frames, and name nobody', async (t) => {
  const edge = await startEdge(t, { env: ENV });
  const figures = async () => (await edge.ask('/metrics', BEARER)).text();
  const value = (text: string, name: string) =>
    Number(new RegExp(`^pimento_${name} (\\d+)$`, 'm').exec(text)?.[1]);
  const tunnel = edge.tunnel(await edge.signIn(LIBRARY));
  await tunnel.send(HELLO, { t: 'ping' });
  await tunnel.frame('pong');
  const open = await figures();
  assert.equal(value(open, 'sockets'), 1);
  assert.equal(value(open, 'accounts\\{state="ok"\\}'), 1);
  assert.equal(value(open, 'accounts\\{state="asleep"\\}'), 0);
  assert.equal(value(open, 'received_frames_total'), 2);
  assert.ok(value(open, 'sent_bytes_total') > JSON.stringify(tunnel.frames[0]).length);
  assert.doesNotMatch(open, /@|acc-library/);
  for (const line of open.trim().split('\n'))
    assert.match(line, /^(?:# (?:HELP|TYPE) pimento_\w+ .+|pimento_\w+(?:\{state="\w+"\})? [\d.]+)$/);
  tunnel.socket.close();
  await tunnel.closed;
  const after = await figures();
  assert.equal(value(after, 'received_frames_total'), 2);
  assert.ok(
    value(after, 'received_bytes_total') >= value(open, 'received_bytes_total'),
    'counters never fall',
  );
});
