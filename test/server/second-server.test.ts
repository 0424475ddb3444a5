/**
 * The bridge on Cyrus: what it learnt on Dovecot must hold on a server that was written by others.
 *
 * Decision: after each thing that happens the device's rows are compared with what Cyrus itself says, all of them.
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { corpus } from '../support/corpus.ts';
import { type Cyrus, startCyrus } from '../support/cyrus.ts';
import { type Device, Heart, call, outgoing } from '../support/heart.ts';
import { type Content, contentOnDevice, contentOnServer, same } from '../support/lab-content.ts';
import { startSmtpSink } from '../support/smtp.ts';

const ZURICH = 'Z&APw-rich';
const GREEK = '&A5EDuwPGA7E-';
const KEPT = { INBOX: 150, Travel: 60, 'Travel/2026': 40, [ZURICH]: 50, [GREEK]: 30 };

async function fillAll(mail: Cyrus): Promise<void> {
  let from = 0;
  for (const [name, n] of Object.entries(KEPT)) {
    const mails = corpus(n, from).map((raw, at) => ({
      raw,
      date: new Date(1.7e12 + (from + at) * 60_000),
      flags: [...(at % 3 === 0 ? [] : ['\\Seen']), ...(at % 10 === 0 ? ['\\Flagged'] : [])],
    }));
    await mail.fill('alice', name, mails);
    from += n;
  }
}

async function house(t: TestContext) {
  const mail = await startCyrus(t);
  await fillAll(mail);
  const smtp = await startSmtpSink(t, new Map([[mail.address('alice'), mail.password('alice')]]));
  const { heart } = await Heart.open(t, { imap: mail.imapPort, smtp: smtp.port });
  const { account, device } = await heart.enter(mail.address('alice'), mail.password('alice'));
  const server = () => contentOnServer(mail.imapPort, mail.address('alice'), mail.password('alice'));
  /** Resolves when the device shows what Cyrus holds. */
  const agrees = async (because: string): Promise<Content> => {
    const truth = await server();
    account.refresh(null);
    await agreement(device, truth, because);
    return truth;
  };
  await agrees('first mirroring');
  return { mail, smtp, account, device, agrees };
}

/** Waits for the device to show `truth`. Half a minute without it is a failure, told with the difference. */
async function agreement(device: Device, truth: Content, because: string): Promise<void> {
  let stuck: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    stuck = setTimeout(() => {
      try {
        assert.deepEqual(contentOnDevice(device), truth, because);
      } catch (error) {
        reject(error);
      }
    }, 30_000);
  });
  await Promise.race([late, device.until(() => same(contentOnDevice(device), truth))]);
  clearTimeout(stuck);
}

test('Cyrus is mirrored whole, with names beyond ASCII and its special mailboxes', async (t) => {
  const { device } = await house(t);
  assert.equal(device.messages.size, 330);
  assert.equal(device.list('Zürich').length, 50);
  assert.equal(device.list('Αλφα').length, 30);
  assert.equal(device.box('Travel/2026')?.delimiter, '/');
  for (const role of ['sent', 'archive', 'trash', 'junk', 'drafts'] as const)
    assert.equal([...device.mailboxes.values()].filter((box) => box.role === role).length, 1, role);
});

test('what another program does on Cyrus is seen: delivery, flags, removals, moves', async (t) => {
  const { mail, device, agrees } = await house(t);
  await mail.deliver('alice', 'From: Library <desk@library.example>\r\nSubject: Two books\r\n\r\nHi.\r\n');
  await device.until(() => device.list('INBOX').some((m) => m.subject === 'Two books'));
  const other = mail.holds('alice');
  await other.act('INBOX', 'UID STORE 3:20 +FLAGS (\\Flagged $Work)', 'UID STORE 30:40 -FLAGS (\\Seen)');
  await agrees('flags');
  await other.act('INBOX', 'UID STORE 50:70 +FLAGS (\\Deleted)', 'EXPUNGE');
  await agrees('removals');
  await other.act(ZURICH, `UID MOVE 1:9 ${GREEK}`, 'UID COPY 20:25 INBOX');
  await agrees('moves and copies');
});

test('flag, move, archive and trash are carried out on Cyrus and a moved mail keeps its id', async (t) => {
  const { account, device, agrees } = await house(t);
  const [first, second, third, fourth] = device.list('INBOX').map((m) => m.id);
  const to = device.box('Zürich')?.id ?? 0;
  const steps = [
    { verb: 'flag' as const, messages: [first!], add: ['\\Seen', '\\Answered'], remove: ['\\Flagged'] },
    { verb: 'move' as const, messages: [second!], to },
    { verb: 'archive' as const, messages: [third!] },
    { verb: 'trash' as const, messages: [fourth!] },
  ];
  assert.deepEqual(
    (await call(account, device, ...steps)).map(({ as }) => as),
    ['done', 'done', 'done', 'done'],
  );
  await agrees('calls');
  assert.equal(device.messages.get(second!)?.mailbox, to);
  assert.equal(device.list('Archive')[0]?.id, third);
  assert.equal(device.list('Trash')[0]?.id, fourth);
});

test('a sent mail is filed once in the Sent mailbox of Cyrus', async (t) => {
  const { mail, smtp, account, device, agrees } = await house(t);
  const letter = outgoing(mail.address('alice'));
  assert.deepEqual(await call(account, device, { verb: 'send', mail: letter, hold: 0 }), [{ as: 'done' }]);
  assert.equal(smtp.accepted.length, 1);
  const held = await mail.holds('alice').messages('Sent');
  assert.deepEqual(
    held.map(({ messageId, flags }) => [messageId, flags]),
    [[letter.messageId, ['\\Seen']]],
  );
  await agrees('Sent');
});

test('mailboxes created, renamed and deleted on Cyrus come and go with their mail', async (t) => {
  const { mail, device, agrees } = await house(t);
  const other = mail.holds('alice');
  await other.act('INBOX', `RENAME ${ZURICH} Basel`, 'CREATE Receipts', 'UID COPY 1:5 Receipts');
  await agrees('renamed and created');
  assert.equal(device.box('Zürich'), undefined);
  await other.act('INBOX', `DELETE ${GREEK}`, 'DELETE Travel/2026');
  await agrees('deleted');
  await other.act('INBOX', 'DELETE Receipts', 'CREATE Receipts', 'UID COPY 7:8 Receipts');
  await agrees('made anew under the same name');
});
