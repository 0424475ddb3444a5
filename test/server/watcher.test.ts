import assert from 'node:assert/strict';
import test from 'node:test';
import { PROBE_EVERY, PROBE_GRACE } from '../../server/probe.ts';
import { WITHOUT_IDLE } from '../../server/watcher.ts';
import { startDeafWire } from '../support/deaf-wire.ts';
import { startMailServer } from '../support/dovecot.ts';
import { watching } from './watching.ts';

const simple = (subject: string) =>
  `From: Library <desk@library.example>\r\nSubject: ${subject}\r\n\r\nHello.\r\n`;
const announced = (lines: string[]) => lines.filter((line) => line.includes('EXISTS')).length;
const DEAF = 'the watcher had gone deaf and is replaced';

test('three minutes are enough to find a deaf watcher', () => {
  assert.ok(PROBE_EVERY + PROBE_GRACE <= 180_000);
});

for (const [grade, capabilities] of [
  ['with CONDSTORE', undefined],
  ['with plain IMAP4rev1 and IDLE', 'IMAP4rev1 LITERAL+ IDLE'],
] as const) {
  test(`a watcher that goes deaf ${grade} is found at the next probe and replaced, and mail arrives`, async (t) => {
    const mail = await startMailServer(t, capabilities ? { capabilities } : {});
    const wire = await startDeafWire(t, mail.imapPort);
    const { device, timers, lines } = await watching(t, mail, wire.port);
    await wire.until(() => wire.idling().hearing === 1);
    await mail.deliver('alice', simple('Heard'));
    await wire.until(() => announced(wire.carried) === 1);
    await device.until(() => device.list('INBOX').length === 1);
    await timers.elapse(PROBE_EVERY);
    await timers.waiting(PROBE_EVERY);
    wire.deafen();
    await mail.deliver('alice', simple('Unheard'));
    await wire.until(() => announced(wire.swallowed) === 1);
    assert.equal(device.list('INBOX').length, 1);
    await timers.elapse(PROBE_EVERY);
    await device.until(() => device.list('INBOX').some((m) => m.subject === 'Unheard'));
    await timers.elapse(PROBE_GRACE);
    await wire.until(() => wire.idling().hearing === 1 && wire.idling().deaf === 0);
    assert.deepEqual(
      lines.filter((line) => line === DEAF),
      [DEAF],
    );
    await mail.deliver('alice', simple('Heard again'));
    await device.until(() => device.list('INBOX').some((m) => m.subject === 'Heard again'));
  });
}

test('a watcher that hears is left alone, whoever makes the changes', async (t) => {
  const mail = await startMailServer(t);
  const wire = await startDeafWire(t, mail.imapPort);
  const { device, timers, lines } = await watching(t, mail, wire.port);
  await wire.until(() => wire.idling().hearing === 1);
  for (const [at, subject] of ['One', 'Two', 'Three'].entries()) {
    await mail.deliver('alice', simple(subject));
    await wire.until(() => announced(wire.carried) === at + 1);
    await device.until(() => device.list('INBOX').some((m) => m.subject === subject));
    await timers.elapse(PROBE_EVERY);
    await timers.waiting(PROBE_EVERY);
  }
  assert.deepEqual(wire.idling(), { hearing: 1, deaf: 0 });
  assert.ok(!lines.includes(DEAF));
});

test('without IDLE the inbox is asked for news at the stated interval', async (t) => {
  const mail = await startMailServer(t, { capabilities: 'IMAP4rev1 LITERAL+ UIDPLUS' });
  const { device, timers } = await watching(t, mail, mail.imapPort);
  await device.until(() => device.box('INBOX'));
  await timers.waiting(WITHOUT_IDLE);
  await mail.deliver('alice', simple('Opening hours'));
  await timers.elapse(WITHOUT_IDLE);
  await device.until(() => device.list('INBOX').some((m) => m.subject === 'Opening hours'));
  await mail.deliver('alice', simple('Closing hours'));
  await timers.elapse(WITHOUT_IDLE);
  await device.until(() => device.list('INBOX').some((m) => m.subject === 'Closing hours'));
});
