import assert from 'node:assert/strict';
import test from 'node:test';
import type { AccountDoor } from '../../server/doors.ts';
import { HOT_ROUND, SLOW_ROUND } from '../../server/watch-rounds.ts';
import { startMailServer } from '../support/dovecot.ts';
import { call, type Device } from '../support/heart.ts';
import { watching } from './watching.ts';

const simple = (subject: string) =>
  Buffer.from(`From: Library <desk@library.example>\r\nSubject: ${subject}\r\n\r\nHello.\r\n`);

async function twoFolders(t: test.TestContext, capabilities?: string) {
  const mail = await startMailServer(t, capabilities ? { capabilities } : {});
  await mail.fill('alice', 'Lists', [{ raw: simple('One') }]);
  await mail.fill('alice', 'Travel', [{ raw: simple('Two') }]);
  const watched = await watching(t, mail, mail.imapPort);
  await watched.device.whole(2);
  const has = (box: string, subject: string) => watched.device.list(box).some((m) => m.subject === subject);
  return { mail, has, ...watched };
}

/** As when the person opens the newest mail of a mailbox. */
async function read(account: AccountDoor, device: Device, box: string): Promise<void> {
  const { id } = device.list(box)[0]!;
  account.want(device, [id], false);
  await device.until(() => device.bodies.get(id));
}

for (const [grade, capabilities] of [
  ['with CONDSTORE,', undefined],
  ['with plain IMAP4rev1,', 'IMAP4rev1 LITERAL+ IDLE'],
] as const)
  test(`${grade} the folder of a mail that is read is asked for in the quick round, another in the slow one`, async (t) => {
    const { mail, has, account, device, timers } = await twoFolders(t, capabilities);
    await read(account, device, 'Lists');
    await timers.waiting(HOT_ROUND);
    await mail.fill('alice', 'Travel', [{ raw: simple('Cold') }]);
    await mail.fill('alice', 'Lists', [{ raw: simple('Hot') }]);
    await timers.elapse(HOT_ROUND);
    await device.until(() => has('Lists', 'Hot'));
    await timers.waiting(HOT_ROUND);
    assert.ok(!has('Travel', 'Cold'));
    await timers.elapse(SLOW_ROUND);
    await device.until(() => has('Travel', 'Cold'));
  });

test('flags that another program sets in a hot folder come with the quick round', async (t) => {
  const { mail, account, device, timers } = await twoFolders(t);
  await read(account, device, 'Lists');
  await mail.holds('alice').act('Lists', 'UID STORE 1 +FLAGS (\\Flagged)');
  await timers.elapse(HOT_ROUND);
  await device.until(() => device.list('Lists')[0]?.flags.includes('\\Flagged'));
});

test('acting on a message makes its folder hot, and so does moving one there', async (t) => {
  const { mail, has, account, device, timers } = await twoFolders(t);
  const [one] = device.list('Lists');
  await call(account, device, { verb: 'move', messages: [one!.id], to: device.box('Travel')!.id });
  await mail.fill('alice', 'Travel', [{ raw: simple('After the move') }]);
  await timers.elapse(HOT_ROUND);
  await device.until(() => has('Travel', 'After the move'));
  await mail.fill('alice', 'Lists', [{ raw: simple('Where it was') }]);
  await timers.elapse(HOT_ROUND);
  await device.until(() => has('Lists', 'Where it was'));
});

test('nothing is hot until the person acts', async (t) => {
  const { has, mail, device, timers } = await twoFolders(t);
  await mail.fill('alice', 'Lists', [{ raw: simple('Cold') }]);
  assert.equal(timers.pending(HOT_ROUND), 0);
  await timers.elapse(SLOW_ROUND);
  await device.until(() => has('Lists', 'Cold'));
});

test('a folder the person looks at by name is hot from then on', async (t) => {
  const { mail, has, account, device, timers } = await twoFolders(t);
  account.refresh(device.box('Lists')!.id);
  await timers.elapse(HOT_ROUND);
  await mail.fill('alice', 'Lists', [{ raw: simple('Later') }]);
  await timers.elapse(HOT_ROUND);
  await device.until(() => has('Lists', 'Later'));
});
