import assert from 'node:assert/strict';
import test from 'node:test';
import PostalMime from 'postal-mime';
import { sampleMailbox, samples } from '../../../server/demo/mailbox/mailbox.ts';

const NOW = new Date('2026-11-24T10:00:00Z');
const mails = sampleMailbox(NOW);
const parsed = await Promise.all(
  mails.map(async (mail) => ({ ...mail, is: await PostalMime.parse(mail.raw) })),
);

test('the sample mailbox is small, recent and the same every time', () => {
  const bytes = mails.reduce((sum, { raw }) => sum + raw.length, 0);
  assert.ok(bytes < 300_000, `${bytes} bytes`);
  assert.ok(mails.length >= 40, `${mails.length} mails`);
  assert.ok(mails.every(({ date }) => date < NOW));
  assert.equal(mails.at(-1)?.date.getTime(), NOW.getTime() - 180_000);
  assert.deepEqual(sampleMailbox(NOW), mails);
});

test('every sample survives a parser unchanged: subject, sender, text and files', () => {
  const originals = new Map(samples(NOW).map((sample) => [sample.key, sample]));
  assert.equal(originals.size, mails.length, 'keys are unique');
  for (const { is } of parsed) {
    const original = originals.get(is.messageId?.slice(1).split('@')[0] ?? '');
    assert.ok(original !== undefined, `no sample for ${is.messageId}`);
    assert.equal(is.subject ?? '', original.subject);
    assert.equal(`${is.from?.name} <${is.from?.address}>`, original.from);
    assert.equal(is.text?.trimEnd().replaceAll('\r\n', '\n'), original.text.trimEnd());
    assert.equal(is.html?.trimEnd().replaceAll('\r\n', '\n'), original.html?.trimEnd());
    assert.deepEqual(
      new Set(is.attachments.map((a) => a.filename)),
      new Set((original.attached ?? []).map((a) => a.name)),
    );
  }
});

test('no header line is longer than the standard allows, and every line ends with CRLF', () => {
  for (const { raw } of mails) {
    const text = raw.toString('latin1');
    assert.doesNotMatch(text, /[^\r]\n|\r[^\n]/);
    assert.ok(text.split('\r\n').every((line) => line.length <= 998));
    assert.match(text.split('\r\n\r\n')[0] ?? '', /^[\x20-\x7e\r\n\t]*$/);
  }
});

test('threads hang together, across folders', () => {
  const last = parsed.find(({ is }) => is.messageId === '<pieces-6@choir.example>');
  assert.equal(last?.is.references?.split(/\s+/).length, 5);
  assert.equal(last?.is.inReplyTo, '<pieces-5@choir.example>');
});

test('all senders and recipients live in example domains', () => {
  for (const { is } of parsed) {
    for (const who of [is.from, ...(is.to ?? []), ...(is.cc ?? [])])
      assert.match(who?.address ?? '', /\.example$/);
  }
});
