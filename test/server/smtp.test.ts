import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import PostalMime from 'postal-mime';
import { compose, deliver, recipientsOf } from '../../server/smtp.ts';
import type { Outgoing } from '../../shared/commands.ts';
import { freePort } from '../../server/demo/ports.ts';
import { SMTPServer } from 'smtp-server';
import { after } from '../support/after.ts';
import { outgoing } from '../support/heart.ts';
import { startSmtpSink } from '../support/smtp.ts';
import { startWire } from '../support/wire.ts';

const LOGIN = { user: 'library@example.org', password: 'correct horse' };
const letter = (change: Partial<Outgoing> = {}) =>
  outgoing(LOGIN.user, { messageId: '<1@example.org>', date: 1_790_000_000_000, ...change });
const at = (port: number) => ({ host: '127.0.0.1', port, tls: 'none' as const });

async function sendVia(t: TestContext, change: Partial<Outgoing>) {
  const smtp = await startSmtpSink(t, new Map([[LOGIN.user, LOGIN.password]]));
  const mail = letter(change);
  const raw = await compose(mail, false);
  const delivery = await deliver(at(smtp.port), LOGIN, mail.from.address, recipientsOf(mail), raw);
  return { delivery, accepted: smtp.accepted, raw };
}

/** Text as composed: the composer ends lines with CR LF, and so does everybody who reads them. */
const lines = (text: string | undefined) => (text ?? '').replaceAll('\r\n', '\n').replace(/\n+$/, '');

for (const [name, change] of [
  ['plain ASCII', {}],
  ['a subject in several scripts', { subject: 'Öffnungszeiten 開館時間 часы работы 🕘 '.repeat(6).trim() }],
  ['a subject of one long word', { subject: 'x'.repeat(900) }],
  ['a subject that looks encoded', { subject: '=?utf-8?q?not_encoded?= and "quotes", (comment) <tag>' }],
  ['a subject of blanks around', { subject: ' two  blanks ' }],
  [
    'names with every kind of sign',
    { to: [{ name: 'Bücherei "Süd", (Haus) <2>; é\\', address: 'desk@library.example' }] },
  ],
  [
    'a name that looks like an address',
    { to: [{ name: 'boss@bank.example', address: 'desk@library.example' }] },
  ],
  ['long lines', { text: `${'word '.repeat(500)}\n${'x'.repeat(5000)}\nend` }],
  ['long lines beyond ASCII', { text: `${'für '.repeat(500)}\n${'ü'.repeat(5000)}\nend` }],
  ['dots at the start of lines', { text: '.\n..\n.hidden\n\n.\r\nQUIT\r\nend' }],
  ['lines that begin with From and --', { text: 'From here on\n-- \nThe library\n--boundary--' }],
  ['blanks at the end of lines', { text: 'soft \nbreak\t\n  indented\nend' }],
  ['an empty text', { text: '' }],
] as [string, Partial<Outgoing>][])
  test(`a mail with ${name} arrives as it was written`, async (t) => {
    const { delivery, accepted, raw } = await sendVia(t, change);
    assert.deepEqual(delivery, { as: 'sent' });
    assert.equal(accepted.length, 1);
    assert.equal(lines(accepted[0]!.raw), lines(raw.toString()), 'the wire changes nothing');
    const mail = letter(change);
    const parsed = await PostalMime.parse(accepted[0]!.raw);
    assert.equal(parsed.subject, mail.subject.trim());
    assert.equal(lines(parsed.text), lines(mail.text));
    assert.deepEqual(
      [parsed.from, ...(parsed.to ?? [])].map((a) => [a?.name, a?.address]),
      [mail.from, ...mail.to].map((a) => [a.name, a.address]),
    );
    assert.equal(parsed.messageId, mail.messageId);
    assert.equal(new Date(parsed.date ?? 0).getTime(), mail.date);
    for (const line of raw.toString('latin1').split('\r\n')) {
      assert.ok(line.length <= 998, 'RFC 5322 §2.1.1');
      assert.doesNotMatch(line, /[\r\n]/);
    }
  });

test('an answer names what it answers, and its thread', async () => {
  const references = Array.from({ length: 100 }, (_, i) => `<${i}@example.org>`);
  const raw = await compose(letter({ inReplyTo: '<99@example.org>', references }), false);
  const parsed = await PostalMime.parse(raw);
  assert.equal(parsed.inReplyTo, '<99@example.org>');
  assert.equal(parsed.references?.replaceAll(/\s+/g, ' '), references.join(' '));
});

test('the same mail has the same bytes twice, and the copy differs by its hidden recipients only', async () => {
  const mail = letter({ bcc: [{ name: 'Süd', address: 'south@library.example' }], text: 'ü\n'.repeat(2000) });
  const [once, again, copy] = await Promise.all([
    compose(mail, false),
    compose(mail, false),
    compose(mail, true),
  ]);
  assert.deepEqual(once, again);
  assert.deepEqual(await compose(mail, true), copy);
  assert.doesNotMatch(once.toString(), /^bcc:|south@/im);
  assert.equal(copy.toString().replace(/^Bcc: .*\r\n(?:[ \t].*\r\n)*/m, ''), once.toString());
});

test('no field of a mail can add a header, a recipient or a command', async (t) => {
  // The schema refuses these; here they come all the same.
  const evil = 'x\r\nBcc: other@example.org\r\n\r\nbody\r\n.\r\nRCPT TO:<other@example.org>\r\n';
  const { accepted } = await sendVia(t, {
    subject: evil,
    from: { name: evil, address: LOGIN.user },
    to: [{ name: evil, address: 'desk@library.example' }],
    text: `${evil}\r\n.\r\nMAIL FROM:<x@example.org>\r\nRCPT TO:<other@example.org>\r\nDATA\r\n`,
    inReplyTo: `<a@b>${evil}`,
    references: [`<a@b>${evil}`],
  });
  assert.equal(accepted.length, 1);
  assert.deepEqual([accepted[0]!.from, accepted[0]!.to], [LOGIN.user, ['desk@library.example']]);
  const parsed = await PostalMime.parse(accepted[0]!.raw);
  assert.deepEqual(
    parsed.headers.map((h) => h.key).filter((key) => key === 'bcc'),
    [],
  );
});

test('a recipient that would end the command is not sent to, and nobody else is', async (t) => {
  const smtp = await startSmtpSink(t, new Map([[LOGIN.user, LOGIN.password]]));
  const raw = await compose(letter(), false);
  const to = ['desk@library.example', 'a@b>\r\nRCPT TO:<other@example.org'];
  const delivery = await deliver(at(smtp.port), LOGIN, LOGIN.user, to, raw);
  assert.notEqual(delivery.as, 'sent');
  assert.equal(smtp.accepted.length, 0);
});

test('each recipient is named once, whatever fields it stands in', () => {
  const twice = { name: 'Library', address: 'desk@library.example' };
  const idn = (domain: string) => ({ name: '', address: `desk@${domain}` });
  const mail = letter({
    to: [twice],
    cc: [{ ...twice, name: '' }, idn('bücherei.example')],
    bcc: [idn('xn--bcherei-n2a.example')],
  });
  assert.deepEqual(recipientsOf(mail), ['desk@library.example', 'desk@xn--bcherei-n2a.example']);
});

/** A server that takes addresses in ASCII only; counts what it is asked to take. */
async function asciiServer(t: TestContext) {
  const count = { senders: 0, mails: 0 };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    hideSMTPUTF8: true,
    closeTimeout: 100,
    onAuth: (_auth, _session, done) => done(null, { user: 'library' }),
    onMailFrom: (_from, _session, done) => {
      count.senders += 1;
      done();
    },
    onData: (stream, _session, done) => {
      stream.resume().on('end', () => {
        count.mails += 1;
        done();
      });
    },
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  after(t, () => new Promise<void>((resolve) => server.close(resolve)));
  const send = async (address: string) => {
    const mail = letter({ to: [{ name: 'Süd', address }] });
    const raw = await compose(mail, false);
    return { raw, delivery: await deliver(at(port), LOGIN, mail.from.address, recipientsOf(mail), raw) };
  };
  return { send, count };
}

test('a domain beyond ASCII is written in ASCII, for any server and in the header', async (t) => {
  const { send, count } = await asciiServer(t);
  const { delivery, raw } = await send('desk@bücherei.example');
  assert.deepEqual(delivery, { as: 'sent' });
  assert.equal(count.mails, 1);
  assert.match(raw.toString(), /<desk@xn--bcherei-n2a\.example>\r$/m);
});

test('an address beyond ASCII goes to a server that takes such, as it is', async (t) => {
  const { delivery, accepted } = await sendVia(t, { to: [{ name: '', address: 'süd@bücherei.example' }] });
  assert.deepEqual(delivery, { as: 'sent' });
  assert.deepEqual(accepted[0]?.to, ['süd@bücherei.example']);
  const parsed = await PostalMime.parse(accepted[0].raw);
  assert.equal(parsed.to?.[0]?.address, 'süd@bücherei.example');
});

test('an address beyond ASCII is refused in words where the server takes none, and nothing is sent', async (t) => {
  const { send, count } = await asciiServer(t);
  assert.deepEqual((await send('süd@bücherei.example')).delivery, {
    as: 'refused',
    text: 'The mail server takes no addresses with letters beyond ASCII.',
  });
  assert.deepEqual(count, { senders: 0, mails: 0 });
});

test('a mail that is large goes over the wire once', async (t) => {
  const smtp = await startSmtpSink(t, new Map([[LOGIN.user, LOGIN.password]]));
  const wire = await startWire(t, smtp.port);
  const raw = await compose(letter({ text: `${'x'.repeat(70)}\n`.repeat(2800) }), false);
  assert.deepEqual(await deliver(at(wire.port), LOGIN, LOGIN.user, ['desk@library.example'], raw), {
    as: 'sent',
  });
  assert.ok(wire.bytes.up < raw.length + 1000);
  assert.equal(lines(smtp.accepted[0]?.raw), lines(raw.toString()));
});

test('without a server, without a login and with the wrong one nothing is sent, and it may work later', async (t) => {
  const smtp = await startSmtpSink(t, new Map([[LOGIN.user, LOGIN.password]]));
  const raw = await compose(letter(), false);
  const to = ['desk@library.example'];
  const closed = await deliver(at(await freePort()), LOGIN, LOGIN.user, to, raw);
  const wrong = await deliver(at(smtp.port), { ...LOGIN, password: 'x' }, LOGIN.user, to, raw);
  const noTls = await deliver({ ...at(smtp.port), tls: 'starttls' }, LOGIN, LOGIN.user, to, raw);
  const notTls = await deliver({ ...at(smtp.port), tls: 'implicit' }, LOGIN, LOGIN.user, to, raw);
  for (const delivery of [closed, wrong, noTls, notTls]) {
    assert.equal(delivery.as, 'later');
    assert.ok('text' in delivery && delivery.text.length > 0);
  }
  assert.match('text' in wrong ? wrong.text : '', /Invalid username or password/);
  assert.equal(smtp.accepted.length, 0);
});
