import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { matched } from '../../server/rematch.ts';
import { startMailServer, type Filling } from '../support/dovecot.ts';
import { call, Device, Heart } from '../support/heart.ts';
import { startSmtpSink } from '../support/smtp.ts';
import { startWire } from '../support/wire.ts';
import { watching } from './watching.ts';

const mailOf = (n: number): Filling => ({
  raw: Buffer.from(
    `From: Library <desk@library.example>\r\nMessage-ID: <loan-${n}@library.example>\r\n` +
      `Subject: Loan ${n}\r\n\r\nNumber ${n} is due.\r\n`,
  ),
  date: new Date(1.7e12 + n * 6e4),
});

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

/** A bridge on real Dovecot with `count` mails in the mailbox Lists and two in INBOX. */
async function house(t: TestContext, count: number) {
  const mail = await startMailServer(t);
  await mail.fill('alice', 'INBOX', numbers(1000, 1002).map(mailOf));
  await mail.fill('alice', 'Lists', numbers(0, count).map(mailOf));
  await mail.fill('alice', 'Other', numbers(2000, 2001).map(mailOf));
  const smtp = await startSmtpSink(t, new Map([[mail.address('alice'), mail.password('alice')]]));
  const wire = await startWire(t, mail.imapPort);
  const { heart, file } = await Heart.open(t, { imap: wire.port, smtp: smtp.port });
  const { account, device } = await heart.enter(mail.address('alice'), mail.password('alice'));
  await device.whole(count + 3);
  return { mail, wire, heart, file, account, device, act: mail.holds('alice').act };
}

/** Subject → our id, of one mailbox on the device. */
const idsIn = (device: Device, name: string) => new Map(device.list(name).map((m) => [m.subject, m.id]));

const goneIn = (device: Device) => device.frames.flatMap((f) => (f.t === 'changes' ? f.gone.messages : []));

test('mail keeps its id when its mailbox is made anew, and what is not there any more is gone', async (t) => {
  const { mail, account, device, act } = await house(t, 12);
  const before = idsIn(device, 'Lists');
  await act('INBOX', 'DELETE Lists', 'CREATE Lists');
  // Another order, so that old and new UIDs overlap; two are missing, one is new.
  await mail.fill('alice', 'Lists', [...numbers(2, 12).toReversed(), 50].map(mailOf));
  account.refresh(null);
  await device.until(() => idsIn(device, 'Lists').has('Loan 50'));
  await device.until(() => device.list('Lists').length === 11 && device.box('Lists')?.total === 11);
  const now = idsIn(device, 'Lists');
  for (const n of numbers(2, 12)) assert.equal(now.get(`Loan ${n}`), before.get(`Loan ${n}`));
  assert.deepEqual(new Set(goneIn(device)), new Set([before.get('Loan 0'), before.get('Loan 1')]));
  const id = now.get('Loan 7')!;
  assert.deepEqual(await call(account, device, { verb: 'archive', messages: [id] }), [{ as: 'done' }]);
  const archived = await mail.holds('alice').messages('Archive');
  assert.deepEqual(
    archived.map((m) => m.subject),
    ['Loan 7'],
  );
});

test('mail moved by another program keeps its id, and a copy is another mail', async (t) => {
  const { account, device, act } = await house(t, 6);
  const before = idsIn(device, 'Lists');
  await act('Lists', 'UID MOVE 2:3 INBOX', 'UID MOVE 4 Other', 'UID COPY 5 Other');
  account.refresh(null);
  await device.until(() => device.list('Other').length === 3 && device.list('INBOX').length === 4);
  await device.until(() => device.list('Lists').length === 3);
  assert.equal(idsIn(device, 'INBOX').get('Loan 1'), before.get('Loan 1'));
  assert.equal(idsIn(device, 'INBOX').get('Loan 2'), before.get('Loan 2'));
  assert.equal(idsIn(device, 'Other').get('Loan 3'), before.get('Loan 3'));
  assert.equal(idsIn(device, 'Lists').get('Loan 4'), before.get('Loan 4'));
  assert.notEqual(idsIn(device, 'Other').get('Loan 4'), before.get('Loan 4'));
  assert.deepEqual(goneIn(device), []);
});

test('mail moved out of the inbox, which is looked at first, keeps its id', async (t) => {
  const { device, act } = await house(t, 1);
  const before = idsIn(device, 'INBOX');
  await act('INBOX', 'UID MOVE 1 Other');
  await device.until(() => device.list('INBOX').length === 1);
  assert.equal(idsIn(device, 'Other').get('Loan 1000'), before.get('Loan 1000'));
  assert.deepEqual(goneIn(device), []);
});

test('mail moved from the inbox into a mailbox that was just made keeps its id', async (t) => {
  const { device, act } = await house(t, 1);
  const before = idsIn(device, 'INBOX');
  await act('INBOX', 'CREATE Fresh', 'UID MOVE 1 Fresh');
  await device.until(() => device.list('INBOX').length === 1 && device.list('Fresh').length === 1);
  assert.equal(idsIn(device, 'Fresh').get('Loan 1000'), before.get('Loan 1000'));
  assert.deepEqual(goneIn(device), []);
});

/** As `house`, with nobody telling the bridge of other mailboxes than the inbox. */
async function quiet(t: TestContext) {
  const mail = await startMailServer(t);
  await mail.fill('alice', 'Lists', numbers(0, 3).map(mailOf));
  await mail.fill('alice', 'Other', [mailOf(9)]);
  const { account, device } = await watching(t, mail, mail.imapPort);
  await device.whole(4);
  return { mail, account, device, act: mail.holds('alice').act };
}

for (const [what, does] of [
  [
    'another program has moved',
    async ({ act }: Awaited<ReturnType<typeof quiet>>) => act('Lists', 'UID MOVE 2 Other'),
  ],
  [
    'the server counts anew',
    async ({ act, mail }: Awaited<ReturnType<typeof quiet>>) => {
      await act('INBOX', 'DELETE Lists', 'CREATE Lists');
      await mail.fill('alice', 'Lists', [2, 1, 0].map(mailOf));
    },
  ],
] as const)
  test(`a call for mail that ${what}, before the bridge has looked, finds it`, async (t) => {
    const room = await quiet(t);
    const { mail, account, device } = room;
    const id = idsIn(device, 'Lists').get('Loan 1')!;
    await does(room);
    assert.deepEqual(await call(account, device, { verb: 'archive', messages: [id] }), [{ as: 'done' }]);
    assert.equal(idsIn(device, 'Archive').get('Loan 1'), id);
    const archived = await mail.holds('alice').messages('Archive');
    assert.deepEqual(
      archived.map((m) => m.subject),
      ['Loan 1'],
    );
    assert.deepEqual(goneIn(device), []);
  });

test('a mailbox renamed by another program keeps its id and its mail', async (t) => {
  const { mail, account, device, act } = await house(t, 5);
  const [id, before] = [device.box('Lists')?.id, idsIn(device, 'Lists')];
  await act('INBOX', 'RENAME Lists Loans');
  await mail.fill('alice', 'Loans', [mailOf(70)]);
  account.refresh(null);
  await device.until(() => device.list('Loans').length === 6);
  assert.equal(device.box('Loans')?.id, id);
  const now = idsIn(device, 'Loans');
  for (const [subject, each] of before) assert.equal(now.get(subject), each);
  assert.deepEqual(goneIn(device), []);
});

test('a mailbox deleted and another renamed over it comes out right, and so does a swap of names', async (t) => {
  const { account, device, act } = await house(t, 5);
  const other = device.box('Other')?.id;
  const [lists, before] = [device.box('Lists')?.id, idsIn(device, 'Lists')];
  await act('INBOX', 'RENAME Lists Swap', 'RENAME Other Lists', 'RENAME Swap Other');
  account.refresh(null);
  await device.until(() => device.box('Other')?.id === lists && device.box('Lists')?.id === other);
  assert.deepEqual(idsIn(device, 'Other'), before);
  await act('INBOX', 'DELETE Lists', 'RENAME Other Lists');
  account.refresh(null);
  await device.until(() => device.box('Lists')?.id === lists && !device.box('Other'));
  assert.deepEqual(idsIn(device, 'Lists'), before);
  assert.equal(device.messages.size, 7);
});

const like = (uid: number, messageId: string | null, date: number) => ({
  ...{ uid, messageId, date, size: 10, flags: [] },
});
const row = (id: number, messageId: string | null, date: number) => ({
  ...like(-id, messageId, date),
  id,
  mailbox: 1,
});

test('likeness prefers the date, does without it, and never joins two Message-IDs', () => {
  const pairs = (...[mails, rows]: Parameters<typeof matched>) =>
    matched(mails, rows).map(([m, place]) => [m.uid, place.id]);
  assert.deepEqual(pairs([like(1, '<a>', 2), like(2, '<a>', 1)], [row(7, '<a>', 1), row(8, '<a>', 2)]), [
    [1, 8],
    [2, 7],
  ]);
  assert.deepEqual(pairs([like(1, '<a>', 5)], [row(7, '<a>', 1)]), [[1, 7]]);
  assert.deepEqual(pairs([like(1, null, 1)], [row(7, null, 1)]), [[1, 7]]);
  assert.deepEqual(pairs([like(1, null, 1), like(2, null, 1)], [row(7, null, 1)]), []);
  assert.deepEqual(pairs([like(1, '<a>', 1)], [row(7, '<b>', 1)]), []);
});
