/**
 * One send, one delivery, never silence: every step of SMTP with every trouble, and a crash at every step.
 *
 * The subtests share a mail server; each has a bridge and an SMTP server of its own.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { startMailServer } from '../support/dovecot.ts';
import type { RefusableStep, SmtpStep } from '../support/smtp.ts';
import { copies, ending, kill, openPost, post, stateOnDisk, waiting } from './posting.ts';

const AT_ONCE = { concurrency: 4 };
const DONE = [{ as: 'done' }];
const WORDS = 'Not at this hour';

/** No and not now, at each step that can say it, in the code a server would use there. */
const NO: Record<RefusableStep, [temporary: number, lasting: number]> = {
  connect: [421, 554],
  auth: [454, 535],
  mail: [450, 550],
  rcpt: [450, 550],
  data: [451, 554],
};
const REFUSABLE = Object.keys(NO) as RefusableStep[];

test('a send that meets trouble', AT_ONCE, async (t) => {
  const mail = await startMailServer(t);
  const cases: Promise<void>[] = [];

  for (const step of REFUSABLE) {
    const [temporary, lasting] = NO[step];
    for (const code of step === 'auth' ? [temporary, lasting] : [temporary])
      cases.push(
        t.test(`told ${code} at ${step} waits with the server's words, and is delivered once`, async (t) => {
          const house = await openPost(t, mail);
          const { smtp, device } = house;
          smtp.refuse(step, code, WORDS);
          const { id, letter } = await post(house);
          assert.match(await waiting(device, id), new RegExp(WORDS));
          assert.equal(smtp.accepted.length, 0);
          assert.deepEqual(await ending(device, id), DONE);
          assert.equal(smtp.accepted.length, 1);
          assert.equal(await copies(mail, letter), 1);
        }),
      );
    if (step !== 'auth')
      cases.push(
        t.test(
          `told ${lasting} at ${step} is refused with the server's words, and nobody gets it`,
          async (t) => {
            const house = await openPost(t, mail);
            const { smtp, device } = house;
            smtp.refuse(step, lasting, WORDS);
            const { id, letter } = await post(house);
            const [outcome] = await ending(device, id);
            assert.ok(outcome?.as === 'refused' && outcome.code === 'server');
            assert.match(outcome.text, new RegExp(WORDS));
            assert.equal(smtp.accepted.length, 0);
            assert.equal(await copies(mail, letter), 0);
          },
        ),
      );
  }

  for (const step of ['connect', 'auth', 'mail', 'rcpt'] as const)
    cases.push(
      t.test(`whose line breaks at ${step} waits, and is delivered once`, async (t) => {
        const house = await openPost(t, mail);
        const { smtp, device } = house;
        smtp.cut(step);
        const { id, letter } = await post(house);
        await waiting(device, id);
        assert.equal(smtp.accepted.length, 0);
        assert.deepEqual(await ending(device, id), DONE);
        assert.equal(smtp.accepted.length, 1);
        assert.equal(await copies(mail, letter), 1);
      }),
    );

  for (const [step, accepted] of [
    ['data', 0],
    ['kept', 1],
  ] as [SmtpStep, number][])
    cases.push(
      t.test(`whose line breaks at ${step} is unsure, and not sent again`, async (t) => {
        const house = await openPost(t, mail);
        const { smtp, device } = house;
        smtp.cut(step);
        const { id, letter } = await post(house);
        const [outcome] = await ending(device, id);
        assert.equal(outcome?.as, 'unsure');
        assert.equal(smtp.accepted.length, accepted);
        assert.equal(await copies(mail, letter), 0);
      }),
    );

  cases.push(
    t.test('whose line breaks after the last answer is done', async (t) => {
      const house = await openPost(t, mail);
      house.smtp.cut('said');
      const { id, letter } = await post(house);
      assert.deepEqual(await ending(house.device, id), DONE);
      assert.equal(house.smtp.accepted.length, 1);
      assert.equal(await copies(mail, letter), 1);
    }),
    t.test(
      'whose line breaks at the last moment, and that the server has filed in Sent, is done',
      async (t) => {
        const house = await openPost(t, mail);
        const fence = house.smtp.hold('kept');
        house.smtp.cut('kept');
        const { id, letter } = await post(house);
        await fence.reached;
        await mail.fill('alice', 'Sent', [{ raw: Buffer.from(house.smtp.accepted[0]!.raw) }]);
        fence.release();
        assert.deepEqual(await ending(house.device, id), DONE);
        assert.equal(house.smtp.accepted.length, 1);
        assert.equal(await copies(mail, letter), 1);
      },
    ),
  );
  await Promise.all(cases);
});

test('a bridge that is killed', AT_ONCE, async (t) => {
  const mail = await startMailServer(t);
  const cases: Promise<void>[] = [];

  for (const step of ['connect', 'auth', 'mail', 'rcpt', 'data', 'kept'] as const)
    cases.push(
      t.test(`while a send stands at ${step} tells in its next life, and sends nothing twice`, async (t) => {
        const house = await openPost(t, mail);
        const { smtp, device } = house;
        const fence = smtp.hold(step);
        const { id } = await post(house);
        await fence.reached;
        assert.equal(stateOnDisk(house.file, id), 'running');
        const live = await kill(t, house);
        fence.release();
        assert.notEqual(stateOnDisk(house.file, id), 'settled', 'the old life told nothing');
        assert.equal(device.settled.size, 0);
        await live();
        const [outcome] = await ending(device, id);
        assert.equal(outcome?.as, 'unsure');
        assert.ok(smtp.accepted.length <= 1);
        if (step === 'kept') assert.equal(smtp.accepted.length, 1);
      }),
    );

  cases.push(
    t.test('before a send began sends it in its next life', async (t) => {
      const house = await openPost(t, mail);
      const { id, letter } = await post(house, {}, 1500);
      assert.equal(stateOnDisk(house.file, id), 'held');
      const live = await kill(t, house);
      assert.equal(house.smtp.accepted.length, 0);
      await live();
      assert.deepEqual(await ending(house.device, id), DONE);
      assert.equal(house.smtp.accepted.length, 1);
      assert.equal(await copies(mail, letter), 1);
    }),
    t.test('while the copy is on its way to Sent finds it there', async (t) => {
      const house = await openPost(t, mail);
      house.imapWire.holdAnswersTo('APPEND');
      const { id, letter } = await post(house);
      while ((await copies(mail, letter)) === 0);
      assert.equal(stateOnDisk(house.file, id), 'sent');
      const live = await kill(t, house);
      await house.imapWire.open();
      await live();
      assert.deepEqual(await ending(house.device, id), DONE);
      assert.equal(house.smtp.accepted.length, 1);
      assert.equal(await copies(mail, letter), 1);
    }),
    t.test('while a send waits goes on waiting, and sends it when it can', async (t) => {
      const house = await openPost(t, mail);
      house.smtp.refuse('mail', 450, WORDS);
      const { id } = await post(house);
      await waiting(house.device, id);
      const live = await kill(t, house);
      await live();
      assert.deepEqual(await ending(house.device, id), DONE);
      assert.equal(house.smtp.accepted.length, 1);
    }),
  );
  await Promise.all(cases);
});
