import test from 'node:test';
import assert from 'node:assert/strict';
import { createLog } from '../../server/http.ts';
import { SignInRefused } from '../../server/doors.ts';
import { signInBody, startEdge } from './edge.ts';

test('no password, token, address or address of a page reaches the log, whatever goes wrong', async (t) => {
  const canary = { email: 'canary-address@example.org', password: 'canary-password', path: '/canary-path' };
  const edge = await startEdge(t, { pace: { beat: 10 } });
  const cookie = await edge.signIn('library@example.org');
  const json = { 'content-type': 'application/json' };
  const post = (body: string) => edge.ask('/session', { method: 'POST', headers: json, body });

  await edge.ask('/session', signInBody(canary.email, canary.password));
  await post(`{"email":"${canary.email}","password":"${canary.password}`);
  await post(canary.password);
  await post(JSON.stringify({ email: canary.email, password: canary.password, more: canary.password }));
  await edge.ask('/session', {
    ...signInBody(canary.email, canary.password),
    headers: { ...json, origin: 'null' },
  });
  edge.accounts.fails = new SignInRefused('unreachable', canary.password);
  await edge.ask('/session', signInBody(canary.email, canary.password));
  edge.accounts.fails = new Error(canary.password, { cause: new Error(canary.email) });
  await edge.ask('/session', signInBody(canary.email, canary.password));
  await edge.ask(canary.path, { headers: { accept: 'text/html', authorization: canary.password } });
  await edge.ask(`/part/acc-library/500/1?${canary.password}`, { headers: { cookie } });

  const tunnel = edge.tunnel(cookie);
  await tunnel.greet();
  await tunnel.send({ t: canary.password, subject: canary.password });
  await tunnel.closed;
  edge.accounts.library.calling = () => Promise.reject(new Error(canary.password));
  const second = edge.tunnel(cookie);
  await second.greet();
  const id = '5f0c1a52-7c1e-4b52-9f6e-000000000001';
  const steps = [{ verb: 'flag', messages: [1], add: ['canary-flag'], remove: [] }];
  await second.send({ t: 'call', call: { id, account: 'acc-library', steps } });
  await second.closed;
  await edge.ask('/session', { method: 'DELETE', headers: { cookie } });

  const logged = edge.logged();
  assert.match(logged, /a tunnel broke/);
  assert.match(logged, /a part could not be fetched/);
  assert.match(logged, /a request failed/);
  assert.doesNotMatch(logged, /canary/);
  assert.doesNotMatch(logged, new RegExp(cookie.split('=')[1] ?? 'no cookie'));
  assert.doesNotMatch(logged, /correct horse|@example\.org/);
});

test('an error is logged with its name, code and place, never with its words', () => {
  const lines: string[] = [];
  const log = createLog('trace', { write: (line) => lines.push(line) });
  const error = Object.assign(new RangeError('canary'), { code: 'E_RANGE' });
  log.error({ err: error }, 'first');
  log.error({ err: error });
  log.error(error);
  log.error({ err: error }, error.message);
  assert.equal(lines.length, 4);
  for (const line of lines) {
    assert.doesNotMatch(line, /canary/);
    const { err, msg } = JSON.parse(line);
    assert.equal(err.type, 'RangeError');
    assert.equal(err.code, 'E_RANGE');
    assert.match(err.stack, /log\.test\.ts/);
    assert.match(msg, /^(first|an error)$/);
  }
});

test('a secret passed to the log by mistake is blanked', () => {
  const lines: string[] = [];
  const log = createLog('trace', { write: (line) => lines.push(line) });
  for (const name of [
    'password',
    'pass',
    'token',
    'auth',
    'secret',
    'cookie',
    'authorization',
    'subject',
    'body',
    'html',
  ])
    log.info({ [name]: 'canary', one: { [name]: 'canary', two: { [name]: 'canary' } } }, 'a line');
  assert.equal(lines.length, 10);
  assert.doesNotMatch(lines.join(''), /canary/);
});
