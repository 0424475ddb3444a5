/**
 * A bridge on a real mail server with a few mails that can be told apart, for tests of the verbs.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Outcome, Step } from '../../shared/commands.ts';
import { startMailServer, type Filling } from '../support/dovecot.ts';
import { call, Heart } from '../support/heart.ts';
import { startSmtpSink } from '../support/smtp.ts';
import { startWire } from '../support/wire.ts';

/** Capability lists that play poorer servers; undefined: all that Dovecot has. */
export const GRADES = {
  'with all Dovecot has': undefined,
  'with UIDPLUS but without MOVE': 'IMAP4rev1 LITERAL+ IDLE UIDPLUS',
  'with MOVE but without UIDPLUS': 'IMAP4rev1 LITERAL+ IDLE MOVE',
  'without UIDPLUS and MOVE': 'IMAP4rev1 LITERAL+ IDLE',
} as const;
export type Grade = keyof typeof GRADES;
export const ALL = Object.keys(GRADES) as Grade[];

/** The mail number `n`, received one minute after the one before; even ones come from the library. */
export function loan(n: number, flags: string[] = []): Filling {
  const from = n % 2 === 0 ? 'Library desk <desk@library.example>' : 'Lending desk <loans@lending.example>';
  return {
    raw: Buffer.from(
      `From: ${from}\r\nMessage-ID: <loan-${n}@library.example>\r\nSubject: Loan ${n}\r\n\r\nNumber ${n} is due.\r\n`,
    ),
    flags,
    date: new Date(1.7e12 + n * 6e4),
  };
}

export const loans = (from: number, to: number, flags: string[] = []) =>
  Array.from({ length: to - from }, (_, i) => loan(from + i, flags));

/** A bridge for alice, who has these mails. */
export async function house(t: TestContext, mailboxes: Record<string, Filling[]>, grade: Grade = ALL[0]!) {
  const capabilities = GRADES[grade];
  const mail = await startMailServer(t, capabilities ? { capabilities } : {});
  for (const [name, mails] of Object.entries(mailboxes)) await mail.fill('alice', name, mails);
  const smtp = await startSmtpSink(t, new Map([[mail.address('alice'), mail.password('alice')]]));
  const wire = await startWire(t, mail.imapPort);
  const ports = { imap: wire.port, smtp: smtp.port };
  const { heart, file } = await Heart.open(t, ports);
  const { account, device } = await heart.enter(mail.address('alice'), mail.password('alice'));
  const count = Object.values(mailboxes).flat().length;
  await device.whole(count);
  await device.until(() => Object.keys(mailboxes).every((name) => device.box(name)));
  /** Our id of the mail number `n`, where it lies once. */
  const idOf = (n: number) => {
    const rows = [...device.messages.values()].filter((m) => m.subject === `Loan ${n}`);
    assert.equal(rows.length, 1, `Loan ${n} lies in ${rows.length} places`);
    return rows[0]!.id;
  };
  const boxId = (name: string) => {
    const box = device.box(name);
    assert.ok(box, `no mailbox ${name}`);
    return box.id;
  };
  const ask = (...steps: Step[]) => call(account, device, ...steps);
  /** Accepts a call and does not wait for how it ends. */
  const begin = async (...steps: Step[]) => {
    const id = crypto.randomUUID();
    await account.call(device, { id, account: account.id, steps });
    return id;
  };
  const holds = mail.holds('alice');
  /** Numbers of the mails the server holds in a mailbox, ascending. */
  const held = async (name: string) =>
    (await holds.messages(name)).map((m) => Number(m.subject.replace('Loan ', ''))).toSorted((a, b) => a - b);
  /** The same as the device sees it. */
  const shown = (name: string) =>
    device
      .list(name)
      .map((m) => Number(m.subject.replace('Loan ', '')))
      .toSorted((a, b) => a - b);
  return {
    ...{ mail, wire, ports, heart, file, account, device },
    ...{ idOf, boxId, ask, begin, holds, held, shown },
  };
}

export type House = Awaited<ReturnType<typeof house>>;

/** The codes of refusals, `done` for the rest. */
export const ends = (outcomes: Outcome[]) => outcomes.map((o) => (o.as === 'refused' ? o.code : o.as));
