/** The rig itself is tested: a rig that lies makes every other test worthless. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { connectImap } from '../../server/demo/imap.ts';
import { corpus } from './corpus.ts';
import { startMailServer } from './dovecot.ts';

const hello =
  'From: Library <desk@library.example>\r\nSubject: Two books\r\nMessage-ID: <a1@library.example>\r\n\r\n.\r\nHi\r\n';

test('a delivered mail is held byte for byte, with its dot', async (t) => {
  const mail = await startMailServer(t);
  await mail.deliver('alice', hello);
  const [message] = await mail.holds('alice').messages('INBOX');
  assert.equal(message?.messageId, '<a1@library.example>');
  assert.equal(message?.subject, 'Two books');
  assert.deepEqual(message?.flags, []);
  const raw = await mail.holds('alice').raw('INBOX', message?.uid ?? 0);
  assert.ok(raw.toString().endsWith('\r\n\r\n.\r\nHi\r\n'), 'the line with one dot came through');
  assert.deepEqual(await mail.holds('bob').messages('INBOX'), []);
});

test('ten folders hold what was put there, and the server survives a restart and a kill', async (t) => {
  const mail = await startMailServer(t);
  const counts = await mail.fillTenFolders('alice', 300);
  assert.equal(counts.get('INBOX'), 150);
  await mail.kill();
  await assert.rejects(mail.holds('alice').mailboxes(), /ECONNREFUSED/);
  await mail.restart();
  const boxes = await mail.holds('alice').mailboxes();
  assert.ok(boxes.includes('Z&APw-rich') && boxes.includes('Lists/Linux'));
  const inbox = await mail.holds('alice').messages('INBOX');
  assert.equal(inbox.length, 150);
  assert.equal(inbox.filter((held) => !held.flags.includes('\\Seen')).length, 50);
  await mail.holds('alice').act('INBOX', 'UID STORE 1 +FLAGS (\\Seen \\Answered)');
  assert.deepEqual(await mail.holds('alice').search('INBOX', 'ANSWERED'), [1]);
});

test('a poorer server shows the capabilities it was given', async (t) => {
  const mail = await startMailServer(t, { capabilities: 'IMAP4rev1 LITERAL+' });
  const connection = await connectImap(mail.imapPort, mail.address('bob'), mail.password('bob'));
  t.after(() => connection.close());
  const lines = await connection.command('CAPABILITY');
  assert.equal(lines[0]?.text, '* CAPABILITY IMAP4rev1 LITERAL+');
});

test('a wrong password is refused in the words of the server', async (t) => {
  const mail = await startMailServer(t);
  await assert.rejects(connectImap(mail.imapPort, 'alice', 'wrong'), /NO \[AUTHENTICATIONFAILED\]/);
});

test('corpus mails have CRLF line ends, no envelope line, and keep their order', () => {
  const mails = corpus(200);
  for (const mail of mails) {
    const text = mail.toString('latin1');
    assert.doesNotMatch(text, /^From |[^\r]\n|\r[^\n]/);
    assert.match(text, /^[\w-]+:/);
  }
  assert.deepEqual(corpus(10, 5), mails.slice(5, 15));
});
