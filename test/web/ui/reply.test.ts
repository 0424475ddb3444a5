/** Replies: to whom, about what, and what a mailto: link may fill. */
import test from 'node:test';
import assert from 'node:assert/strict';
import type { Body, Message } from '../../../shared/mail.ts';
import { parseRecipients } from '../../../web/ui/addresses.ts';
import {
  linkDraft,
  newDraft,
  quote,
  replyDraft,
  replyRecipients,
  replySubject,
} from '../../../web/ui/reply.ts';

const OWN = 'reader@example.org';
const at = (address: string, name = '') => ({ name, address });
const message: Message = {
  id: 7,
  rev: 1,
  mailbox: 1,
  flags: [],
  date: 0,
  size: 1,
  from: [at('desk@library.example', 'Library')],
  to: [at('Reader@Example.org'), at('circle@library.example')],
  cc: [at('front@library.example'), at('desk@library.example')],
  subject: 'Books',
  preview: '',
  attachments: 0,
};
const body: Body = {
  message: 7,
  text: 'Come in.',
  html: null,
  parts: [],
  truncated: false,
  messageId: '<b@library.example>',
  references: ['<a@library.example>', 'not an id'],
  replyTo: [],
  bcc: [],
  sent: 0,
};
const addresses = (list: { address: string }[]) => list.map((a) => a.address);

test('a reply goes to the sender, or to Reply-To where there is one', () => {
  assert.deepEqual(addresses(replyRecipients(message, body, OWN, false).to), ['desk@library.example']);
  const listed = { ...body, replyTo: [at('list@library.example')] };
  assert.deepEqual(addresses(replyRecipients(message, listed, OWN, false).to), ['list@library.example']);
});

test('a reply to all leaves out oneself, however spelt, and nobody twice', () => {
  const { to, cc } = replyRecipients(message, body, OWN, true);
  assert.deepEqual(addresses(to), ['desk@library.example']);
  assert.deepEqual(addresses(cc), ['circle@library.example', 'front@library.example']);
});

test('a reply to one’s own mail goes to those it was sent to', () => {
  const own = { ...message, from: [at(OWN)], to: [at('desk@library.example')], cc: [] };
  assert.deepEqual(addresses(replyRecipients(own, body, OWN, false).to), ['desk@library.example']);
});

test('the subject has one Re:, whatever other programs wrote', () => {
  for (const subject of ['Books', 'Re: Books', 'RE: Re: Books', 'AW: Re[2]: Books', ' re:Books']) {
    assert.equal(replySubject(subject), 'Re: Books', subject);
  }
  assert.equal(replySubject('Regarding books'), 'Re: Regarding books');
});

test('the draft of a reply carries the thread and the quote', () => {
  const draft = replyDraft(newDraft('id', 'a', 1), { message, body, text: 'Come in.\n> Older' }, OWN, false);
  assert.deepEqual(draft.references, ['<a@library.example>', '<b@library.example>']);
  assert.equal(draft.inReplyTo, '<b@library.example>');
  assert.equal(draft.answers, 7);
  assert.match(draft.text, /^\n\nOn .*, Library wrote:\n> Come in\.\n>> Older\n$/);
});

test('without the text a reply quotes nothing and still answers', () => {
  const draft = replyDraft(newDraft('id', 'a', 1), { message, body: null, text: '' }, OWN, false);
  assert.equal(draft.text, '');
  assert.equal(draft.inReplyTo, null);
  assert.deepEqual(addresses(draft.to), ['desk@library.example']);
});

test('quoting keeps empty lines and deepens old quotes', () => {
  assert.equal(quote('a\r\n\r\n> b\n'), '> a\n> \n>> b');
});

test('a mailto: link fills only what a link may fill', () => {
  const href =
    'mailto:desk@library.example?cc=a@b.example&subject=Two%0D%0ABcc:%20x@y.example&body=Hi&attach=/etc/passwd&bcc=h@i.example';
  const draft = linkDraft(newDraft('id', 'a', 1), href, (text) => parseRecipients(text).good);
  assert.deepEqual(addresses(draft.to), ['desk@library.example']);
  assert.deepEqual(addresses(draft.cc), ['a@b.example']);
  assert.deepEqual(addresses(draft.bcc), ['h@i.example']);
  assert.equal(draft.subject, 'Two Bcc: x@y.example');
  assert.equal(draft.text, 'Hi');
});

test('a pasted list becomes addresses, and what is none stays as text', () => {
  const { good, rest } = parseRecipients('"Desk, main" <desk@library.example>; a@b.example,\nnobody, x@');
  assert.deepEqual(good, [at('desk@library.example', 'Desk, main'), at('a@b.example')]);
  assert.equal(rest, 'nobody, x@');
});
