import assert from 'node:assert/strict';
import test from 'node:test';
import { createTransport } from 'nodemailer';
import { type SmtpSink, startSmtpSink } from './smtp.ts';

function send(sink: SmtpSink, ...to: string[]) {
  const transport = createTransport({ host: '127.0.0.1', port: sink.port, secure: false, ignoreTLS: true });
  return transport.sendMail({ from: 'desk@library.example', to, subject: 'Due', text: 'Two books.' });
}

test('an accepted mail is kept with its envelope', async (t) => {
  const sink = await startSmtpSink(t);
  await send(sink, 'a@example.org', 'b@example.org');
  await sink.until(1);
  assert.deepEqual(sink.accepted[0]?.to, ['a@example.org', 'b@example.org']);
  assert.match(sink.accepted[0]?.raw ?? '', /^Subject: Due\r$/m);
});

test('one recipient is refused with the words given, the other gets the mail', async (t) => {
  const sink = await startSmtpSink(t);
  sink.refuse('rcpt', 550, 'No such person', { recipient: 'b@example.org' });
  const info = await send(sink, 'a@example.org', 'b@example.org');
  assert.deepEqual(info.rejected, ['b@example.org']);
  assert.match(String(info.rejectedErrors?.[0]), /550 No such person/);
  assert.deepEqual(sink.accepted[0]?.to, ['a@example.org']);
});

for (const [step, kept] of [
  ['connect', 0],
  ['mail', 0],
  ['rcpt', 0],
  ['data', 0],
  ['kept', 1],
] as const) {
  test(`a line cut at ${step} leaves ${kept} mails accepted, and the sender hears no 250`, async (t) => {
    const sink = await startSmtpSink(t);
    sink.cut(step);
    await assert.rejects(send(sink, 'a@example.org'));
    assert.equal(sink.accepted.length, kept);
    await send(sink, 'a@example.org');
    assert.equal(sink.accepted.length, kept + 1, 'a cut happens once');
  });
}

test('a line cut after the 250 was said leaves the mail accepted and the sender sure', async (t) => {
  const sink = await startSmtpSink(t);
  sink.cut('said');
  const info = await send(sink, 'a@example.org');
  assert.match(info.response, /^250/);
  assert.equal(sink.accepted.length, 1);
});

test('a held step stands still until released', async (t) => {
  const sink = await startSmtpSink(t);
  const fence = sink.hold('data');
  const sent = send(sink, 'a@example.org');
  await fence.reached;
  assert.equal(sink.accepted.length, 0);
  fence.release();
  await sent;
  assert.equal(sink.accepted.length, 1);
});

test('a server with accounts lets in who knows the password', async (t) => {
  const sink = await startSmtpSink(t, new Map([['alice@example.org', 'right']]));
  await assert.rejects(send(sink, 'a@example.org'), /530/);
});
