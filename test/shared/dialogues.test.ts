import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { Heart, Device, call, outgoing } from '../support/heart.ts';
import { startMailServer } from '../support/dovecot.ts';
import { startSmtpSink } from '../support/smtp.ts';
import { LIMITS, parseDown, parseUp, type Down } from '../../shared/protocol.ts';

const prose = readFileSync(new URL('../../shared/README.md', import.meta.url), 'utf8');
const lines = (side: 'C' | 'S') =>
  [...prose.matchAll(new RegExp(`^${side}: (.*)$`, 'gm'))].map((match) => match[1] ?? '');

/** The shape of a value: names of fields, kinds of leaves; arrays by their first member. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])];
  if (value === null || typeof value !== 'object') return typeof value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, shape((value as Record<string, unknown>)[key])]),
  );
}

/** Whether two shapes can be of one kind: an empty array or a null fits anything. */
function fits(told: unknown, real: unknown): boolean {
  if (Array.isArray(told) && Array.isArray(real))
    return told.length === 0 || real.length === 0 || fits(told[0], real[0]);
  if (typeof told === 'object' && typeof real === 'object' && told && real) {
    const keys = Object.keys(told);
    return (
      keys.join() === Object.keys(real).join() &&
      keys.every((key) =>
        fits((told as Record<string, unknown>)[key], (real as Record<string, unknown>)[key]),
      )
    );
  }
  return told === real || told === 'object' || real === 'object';
}

test('every line a device says in the prose is a frame the bridge accepts', () => {
  const said = lines('C');
  assert.ok(said.length >= 7);
  for (const line of said) parseUp(line);
});

test('every line the bridge says in the prose has the shape of one it really sends', async (t) => {
  const mail = await startMailServer(t);
  const smtp = await startSmtpSink(t, new Map([[mail.address('alice'), mail.password('alice')]]));
  await mail.deliver(
    'alice',
    'From: Library <desk@library.example>\r\nSubject: Opening hours\r\n\r\nClosed.\r\n',
  );
  const { heart } = await Heart.open(t, { imap: mail.imapPort, smtp: smtp.port });
  const { account, device } = await heart.enter(mail.address('alice'), mail.password('alice'));
  await device.whole(1);
  const [first] = device.list('INBOX');
  assert.ok(first);
  account.want(device, [first.id], false);
  await device.until(() => device.bodies.size === 1);
  const held = crypto.randomUUID();
  const mailOut = outgoing(mail.address('alice'));
  await account.call(device, {
    id: held,
    account: account.id,
    steps: [{ verb: 'send', mail: mailOut, hold: 60_000 }],
  });
  await call(account, device, { verb: 'withdraw', call: held });
  await call(account, device, { verb: 'archive', messages: [first.id] });
  const other = new Device();
  await account.attach(other, { account: account.id, epoch: 'e0', rev: 9000, fill: null });
  await other.until(() => other.cursor?.fill === null);
  const real: Down[] = [...device.frames, ...other.frames];
  for (const line of lines('S')) {
    const told = parseDown(line);
    if (told.t === 'welcome') assert.deepEqual(told.limits, LIMITS);
    else
      assert.ok(
        real.some((frame) => frame.t === told.t && fits(shape(told), shape(frame))),
        `no such frame: ${line}`,
      );
  }
});
