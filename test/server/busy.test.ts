import assert from 'node:assert/strict';
import test from 'node:test';
import { Connections } from '../../server/connections.ts';
import { ImapAuth, ImapBusy } from '../../server/imap-answers.ts';
import { ImapSession } from '../../server/imap.ts';
import { startBusyImap } from '../support/busy-imap.ts';
import { watching } from './watching.ts';

const credentials = { user: 'alice@example.org', password: 'correct horse' };
const FULL = {
  greeting: null,
  login: 'NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded (limit=10)',
};
const open = (port: number) =>
  ImapSession.open({ host: '127.0.0.1', port, tls: 'none' }, credentials, false, () => undefined);

for (const [words, says] of [
  ['a code after the password', { greeting: null, login: 'NO [UNAVAILABLE] Try again later.' }],
  [
    'words after the password',
    { greeting: null, login: 'NO [ALERT] Too many simultaneous connections. (Failure)' },
  ],
  ['the words of Dovecot', FULL],
  ['a farewell for a greeting', { greeting: '* BYE Too many connections from your IP', login: '' }],
] as const)
  test(`a server that is full and says so with ${words} is busy: the password is not in doubt`, async (t) => {
    const { port } = await startBusyImap(t, says);
    await assert.rejects(open(port), ImapBusy);
  });

test('a full server is not asked again by those who wait in line', async (t) => {
  const { port, knocks } = await startBusyImap(t, FULL);
  const connections = new Connections(() => 0, 2);
  const lines = Array.from({ length: 20 }, () => connections.open('127.0.0.1', () => open(port)));
  for (const line of await Promise.allSettled(lines))
    assert.ok(line.status === 'rejected' && line.reason instanceof ImapBusy);
  assert.equal(knocks.count, 2);
});

test('an account on a full server waits, says so, and does not doubt the password', async (t) => {
  const { port, knocks } = await startBusyImap(t, FULL);
  const someone = { address: () => credentials.user, password: () => credentials.password };
  const { device } = await watching(t, someone, port);
  const { state, text } = await device.until(() => device.status?.state === 'unreachable' && device.status);
  assert.deepEqual(
    { state, text },
    { state: 'unreachable', text: 'it has too many connections and is left in peace' },
  );
  assert.equal(knocks.count, 1);
});

test('a refused password is refused, whatever else the server says', async (t) => {
  const { port } = await startBusyImap(t, {
    greeting: null,
    login: 'NO [AUTHENTICATIONFAILED] Authentication failed.',
  });
  await assert.rejects(open(port), ImapAuth);
});
