/**
 * POST /pimap: the rules at the edge on a fake heart, and one effect for one id on the real bridge.
 */
import test from 'node:test';
import assert from 'node:assert/strict';
import { startBridge } from '../../support/bridge.ts';
import { startMailServer } from '../../support/dovecot.ts';
import { outgoing } from '../../support/heart.ts';
import { startSmtpSink } from '../../support/smtp.ts';
import { cookieOf, startEdge, TestTunnel } from '../edge.ts';
import { call, callId, HELLO, LIBRARY } from '../frames.ts';

const post = (body: unknown, cookie: string, more: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', cookie, ...more },
  body: JSON.stringify(body),
});
const CALL = call('acc-library', 1).call;

test('a call by HTTP needs a session, our own page, and an account of the person', async (t) => {
  const edge = await startEdge(t, { patience: 0 });
  const cookie = await edge.signIn(LIBRARY);
  const status = async (init: RequestInit) => (await edge.ask('/pimap', init)).status;
  assert.equal(await status(post(CALL, '')), 401);
  assert.equal(await status(post(CALL, cookie, { origin: 'https://elsewhere.example' })), 403);
  assert.equal(await status(post(CALL, cookie, { 'sec-fetch-site': 'same-site' })), 403);
  assert.equal(await status(post(call('acc-timetable', 1).call, cookie)), 403);
  assert.deepEqual(edge.accounts.library.log, []);
  assert.equal(await status(post(CALL, cookie)), 202);
});

test('a body that is no call is refused with the place where it is wrong', async (t) => {
  const edge = await startEdge(t);
  const response = await edge.ask('/pimap', post({ ...CALL, steps: [] }, await edge.signIn(LIBRARY)));
  assert.equal(response.status, 400);
  const { code, message } = await response.json();
  assert.equal(code, 'bad-request');
  assert.match(message, /call\.steps/);
});

test('a call that does not settle in time is answered with its state', async (t) => {
  const edge = await startEdge(t, { patience: 1 });
  const response = await edge.ask('/pimap', post(CALL, await edge.signIn(LIBRARY)));
  assert.equal(response.status, 202);
  const { t: kind, id, state } = await response.json();
  assert.deepEqual([kind, id, state], ['progress', CALL.id, 'accepted']);
});

test('too many calls of one device are slowed down', async (t) => {
  const edge = await startEdge(t, { patience: 0 });
  const cookie = await edge.signIn(LIBRARY);
  let status = 202;
  for (let n = 0; n < 121 && status === 202; n++) ({ status } = await edge.ask('/pimap', post(CALL, cookie)));
  assert.equal(status, 429);
});

test('one id has one effect and one receipt, by socket, by HTTP, and after a restart', async (t) => {
  const mail = await startMailServer(t);
  const smtp = await startSmtpSink(t, new Map([[mail.address('alice'), mail.password('alice')]]));
  const bridge = await startBridge(t, { imapPort: mail.imapPort, smtpPort: smtp.port });
  const own = { 'x-requested-with': 'pimento', origin: bridge.url };
  const ask = (path: string, body: unknown, cookie = '') => fetch(bridge.url + path, post(body, cookie, own));
  const cookie = cookieOf(
    await ask('/session', { email: mail.address('alice'), password: mail.password('alice') }),
  );
  const tunnel = new TestTunnel(bridge.url, { origin: bridge.url, cookie });
  await tunnel.send(HELLO);
  const { accounts } = await tunnel.frame('welcome');
  const account = accounts[0]?.id ?? '';
  const mailOf = () => outgoing(mail.address('alice'));
  const send = { id: callId(7), account, steps: [{ verb: 'send', mail: mailOf(), hold: 0 }] };

  await tunnel.send({ t: 'call', call: send });
  const changes = await tunnel.frame('changes', ({ settled }) => settled.length > 0);
  const receipt = { t: 'receipt', account, settled: [{ id: send.id, outcomes: [{ as: 'done' }] }] };
  assert.deepEqual(changes.settled, receipt.settled);

  const byHttp = await ask('/pimap', send, cookie);
  assert.deepEqual([byHttp.status, await byHttp.json()], [200, receipt]);
  await bridge.restart();
  const later = await ask('/pimap', send, cookie);
  assert.deepEqual([later.status, await later.json()], [200, receipt]);
  assert.equal(smtp.accepted.length, 1);

  const other = { ...send, steps: [{ verb: 'send', mail: mailOf(), hold: 0 }] };
  const conflict = await (await ask('/pimap', other, cookie)).json();
  assert.equal(conflict.settled[0].outcomes[0].code, 'conflict');
  const first = await ask('/pimap', { ...other, id: callId(8) }, cookie);
  assert.equal((await first.json()).settled[0].outcomes[0].as, 'done', 'HTTP alone waits for the end');
  assert.equal(smtp.accepted.length, 2);
});
