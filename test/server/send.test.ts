/**
 * What surrounds a delivery: taking it back, all recipients or none, and the copy in Sent.
 */
import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import test, { type TestContext } from 'node:test';
import type { Address } from '../../shared/mail.ts';
import { after } from '../support/after.ts';
import { startMailServer } from '../support/dovecot.ts';
import { copies, ending, kill, openPost, post, waiting, withdraw } from './posting.ts';

const DONE = [{ as: 'done' }];
const WITHDRAWN = [{ as: 'refused', code: 'withdrawn', text: 'Taken back.' }];
const at = (address: string): Address => ({ name: '', address });
const plain = (subject: string) => `From: desk@library.example\r\nSubject: ${subject}\r\n\r\nHello.\r\n`;

const open = async (t: TestContext) => openPost(t, await startMailServer(t));

test('a held send that is taken back in time reaches nobody', async (t) => {
  const house = await open(t);
  const { id } = await post(house, {}, 60_000);
  assert.equal(house.device.progress.get(id)?.state, 'held');
  assert.deepEqual(await withdraw(house, id), DONE);
  assert.deepEqual(await ending(house.device, id), WITHDRAWN);
  // Nothing is left that could go out: the next mail is the first.
  const next = await post(house, { subject: 'the next' });
  await ending(house.device, next.id);
  assert.equal(house.smtp.accepted.length, 1);
  assert.match(house.smtp.accepted[0]!.raw, /^Subject: the next\r$/m);
});

test('a send taken back stays so in the next life of the bridge', async (t) => {
  const house = await open(t);
  const { id } = await post(house, {}, 300);
  await withdraw(house, id);
  const live = await kill(t, house);
  const next = await live();
  const other = await post(next, {}, 400);
  await ending(next.device, other.id);
  assert.equal(next.smtp.accepted.length, 1);
});

test('a send that waits for the server may be taken back', async (t) => {
  const house = await open(t);
  house.smtp.refuse('mail', 450, 'Not now');
  const { id } = await post(house);
  await waiting(house.device, id);
  assert.deepEqual(await withdraw(house, id), DONE);
  assert.deepEqual(await ending(house.device, id), WITHDRAWN);
  assert.equal(house.smtp.accepted.length, 0);
});

test('a send on its way, or gone, is too late to take back, and an unknown one is not there', async (t) => {
  const house = await open(t);
  const fence = house.smtp.hold('data');
  const { id } = await post(house);
  await fence.reached;
  const code = async (target: string) => {
    const [outcome] = await withdraw(house, target);
    return outcome?.as === 'refused' && outcome.code;
  };
  assert.equal(await code(id), 'late');
  fence.release();
  assert.deepEqual(await ending(house.device, id), DONE);
  assert.equal(await code(id), 'late');
  assert.equal(await code(crypto.randomUUID()), 'gone');
  assert.equal(house.smtp.accepted.length, 1);
});

for (const [code, ends] of [
  [550, 'is refused'],
  [450, 'waits'],
] as const)
  test(`a mail that one of three recipients cannot get (${code}) ${ends}, and nobody gets it`, async (t) => {
    const house = await open(t);
    const words = 'No such desk here';
    house.smtp.refuse('rcpt', code, words, { recipient: 'b@library.example', times: 99 });
    const to = ['a', 'b', 'c'].map((name) => at(`${name}@library.example`));
    const { id } = await post(house, { to });
    if (code === 550) {
      const [outcome] = await ending(house.device, id);
      assert.ok(outcome?.as === 'refused' && outcome.text.includes(words));
    } else {
      assert.ok((await waiting(house.device, id)).includes(words));
      assert.deepEqual(await withdraw(house, id), DONE);
    }
    const other = await post(house, { to: [to[0]!] });
    assert.deepEqual(await ending(house.device, other.id), DONE);
    assert.deepEqual(
      house.smtp.accepted.map((m) => m.to),
      [['a@library.example']],
    );
  });

test('a mail to nobody is refused', async (t) => {
  const house = await open(t);
  const { id } = await post(house, { to: [] });
  const [outcome] = await ending(house.device, id);
  assert.equal(outcome?.as, 'refused');
});

test('hidden recipients get the mail, are named in the Sent copy and nowhere else', async (t) => {
  const house = await open(t);
  const bcc = [at('hidden@timetable.example')];
  const { id, letter } = await post(house, { bcc, subject: 'Who else reads this' });
  await ending(house.device, id);
  const [sent] = house.smtp.accepted;
  assert.deepEqual(sent?.to, ['desk@library.example', 'hidden@timetable.example']);
  assert.doesNotMatch(sent.raw, /hidden/i);
  const [uid] = await house.mail.holds('alice').search('Sent', `HEADER Message-ID "${letter.messageId}"`);
  const copy = (await house.mail.holds('alice').raw('Sent', uid!)).toString();
  assert.match(copy, /^Bcc: hidden@timetable\.example\r$/m);
  assert.equal(copy.replace(/^Bcc: .*\r\n/m, ''), sent.raw);
  await house.device.until(() => house.device.list('Sent').length === 1);
  assert.deepEqual(house.device.list('Sent')[0]?.flags, ['\\Seen']);
});

test('an answer marks the mail it answers, on the server and in the row', async (t) => {
  const house = await open(t);
  await house.mail.deliver('alice', plain('A question'));
  const { device } = house;
  const asked = await device.until(() => device.list('INBOX')[0]);
  const { id } = await post(house, { answers: asked.id });
  await ending(device, id);
  const frame = device.frames.find((f) => f.t === 'changes' && f.settled.some((each) => each.id === id));
  assert.ok(frame?.t === 'changes');
  assert.deepEqual(frame.messages.find((m) => m.id === asked.id)?.flags, ['\\Answered'], 'with the receipt');
  const [held] = await house.mail.holds('alice').messages('INBOX');
  assert.ok(held?.flags.includes('\\Answered'));
});

test('an answer to a mail that is gone is sent all the same', async (t) => {
  const house = await open(t);
  const { id } = await post(house, { answers: 12_345 });
  assert.deepEqual(await ending(house.device, id), DONE);
});

test('no copy is made of a mail that lies in Sent already', async (t) => {
  const house = await open(t);
  const fence = house.smtp.hold('kept');
  const { id, letter } = await post(house);
  await fence.reached;
  await house.mail.fill('alice', 'Sent', [{ raw: Buffer.from(house.smtp.accepted[0]!.raw) }]);
  fence.release();
  assert.deepEqual(await ending(house.device, id), DONE);
  assert.equal(await copies(house.mail, letter), 1);
});

test('mail goes out while the IMAP server is away, and its copy follows', async (t) => {
  const house = await open(t);
  await house.imapWire.refuse();
  const { id, letter } = await post(house);
  await house.smtp.until(1);
  assert.deepEqual(await ending(house.device, id), DONE);
  assert.equal(await copies(house.mail, letter), 0);
  await house.imapWire.open();
  const { device } = house;
  await device.until(() => device.list('Sent').length === 1);
  assert.equal(await copies(house.mail, letter), 1);
  assert.equal(house.smtp.accepted.length, 1);
});

test('a copy whose APPEND was cut off is not made twice', async (t) => {
  const house = await open(t);
  house.imapWire.holdAnswersTo('APPEND');
  const { id, letter } = await post(house);
  while ((await copies(house.mail, letter)) === 0);
  house.imapWire.cut();
  await house.imapWire.open();
  assert.deepEqual(await ending(house.device, id), DONE);
  await house.device.until(() => house.device.list('Sent').length === 1);
  assert.equal(await copies(house.mail, letter), 1);
});

/** A way to the IMAP server on which a command is answered NO, as many times as asked; its first group is the tag. */
async function refusing(t: TestContext, target: number, command: RegExp, times: number): Promise<number> {
  let left = times;
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    near.on('data', (chunk: Buffer) => {
      const tag = command.exec(chunk.toString('latin1'))?.[1];
      if (tag === undefined || left === 0) {
        far.write(chunk);
      } else {
        left -= 1;
        near.write(`${tag} NO Not at this hour\r\n`);
      }
    });
    far.pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('close', () => other.destroy());
      one.on('error', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(t, () => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  return address.port;
}

test('a copy the server refuses makes no failure of the mail, and is made later, once', async (t) => {
  // Without LITERAL+ the server may say no before the mail comes.
  const mail = await startMailServer(t, { capabilities: 'IMAP4rev1 IDLE UIDPLUS' });
  const house = await openPost(t, mail, await refusing(t, mail.imapPort, /^(\S+) APPEND /m, 1));
  const { id, letter } = await post(house);
  assert.deepEqual(await ending(house.device, id), DONE);
  assert.equal(await copies(mail, letter), 0);
  await house.device.until(() => house.device.list('Sent').length === 1);
  assert.equal(await copies(mail, letter), 1);
  assert.equal(house.smtp.accepted.length, 1);
});

test('a send whose end nobody saw is unsure, also when Sent cannot be looked into', async (t) => {
  const mail = await startMailServer(t);
  const house = await openPost(t, mail, await refusing(t, mail.imapPort, /^(\S+) SELECT "?Sent"?/m, 999));
  house.smtp.cut('kept');
  const { id } = await post(house);
  const [outcome] = await ending(house.device, id);
  assert.equal(outcome?.as, 'unsure');
  assert.equal(house.smtp.accepted.length, 1);
});
