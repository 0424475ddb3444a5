/**
 * A bridge that sends: one account on a mail server, its own scripted SMTP server, and wires to both.
 *
 * Decision: a crash is a copy of the database taken while the bridge stands still at a step, and a new bridge on the
 * copy: what the old one might still have written is lost, as with SIGKILL. Its lines are cut, as the kernel does.
 */
import assert from 'node:assert/strict';
import { join, dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import type { AccountDoor } from '../../server/doors.ts';
import type { Outcome, Outgoing } from '../../shared/commands.ts';
import type { MailServer } from '../support/dovecot.ts';
import { Device, Heart, outgoing } from '../support/heart.ts';
import { type SmtpSink, startSmtpSink } from '../support/smtp.ts';
import { startWire, type Wire } from '../support/wire.ts';

export interface Post {
  mail: MailServer;
  smtp: SmtpSink;
  smtpWire: Wire;
  imapWire: Wire;
  heart: Heart;
  file: string;
  account: AccountDoor;
  device: Device;
}

/** Opens a bridge for alice and waits until it knows her mailboxes. */
export async function openPost(t: TestContext, mail: MailServer, imapPort = mail.imapPort): Promise<Post> {
  const smtp = await startSmtpSink(t, new Map([[mail.address('alice'), mail.password('alice')]]));
  const smtpWire = await startWire(t, smtp.port);
  const imapWire = await startWire(t, imapPort);
  const { heart, file } = await Heart.open(t, { imap: imapWire.port, smtp: smtpWire.port });
  const { account, device } = await heart.enter(mail.address('alice'), mail.password('alice'));
  await device.until(() => device.box('Sent') && device.status?.state === 'ok');
  return { mail, smtp, smtpWire, imapWire, heart, file, account, device };
}

/** Hands a send to the bridge. Answers its call id and the mail; what becomes of it the device is told. */
export async function post(
  { account, device, mail }: Post,
  change: Partial<Outgoing> = {},
  hold = 0,
): Promise<{ id: string; letter: Outgoing }> {
  const letter = outgoing(mail.address('alice'), change);
  const id = crypto.randomUUID();
  await account.call(device, { id, account: account.id, steps: [{ verb: 'send', mail: letter, hold }] });
  return { id, letter };
}

export async function withdraw({ account, device }: Post, target: string): Promise<Outcome[]> {
  const id = crypto.randomUUID();
  await account.call(device, { id, account: account.id, steps: [{ verb: 'withdraw', call: target }] });
  return ending(device, id);
}

/** The outcomes of a call, when it has settled. */
export function ending(device: Device, id: string): Promise<Outcome[]> {
  return device.until(() => device.settled.get(id));
}

/** Resolves with why a call waits. */
export function waiting(device: Device, id: string): Promise<string> {
  return device.until(() => {
    const progress = device.progress.get(id);
    return progress?.state === 'waiting' && progress.text;
  });
}

/** How many mails with this Message-ID lie in Sent. */
export async function copies(mail: MailServer, letter: Outgoing): Promise<number> {
  return (await mail.holds('alice').search('Sent', `HEADER Message-ID "${letter.messageId}"`)).length;
}

let lives = 0;

/** Kills the bridge as it stands now. The function it gives begins a new life, which the same device enters. */
export async function kill(t: TestContext, post: Post): Promise<() => Promise<Post>> {
  const { heart, file, mail, smtpWire, imapWire, device } = post;
  const copy = join(dirname(file), `life-${(lives += 1)}.sqlite`);
  const reader = new DatabaseSync(file);
  reader.prepare('VACUUM INTO ?').run(copy);
  reader.close();
  post.account.detach(device);
  smtpWire.cut();
  imapWire.cut();
  await heart.close();
  return async () => {
    const ports = { imap: imapWire.port, smtp: smtpWire.port };
    const next = await Heart.open(t, ports, copy);
    const { account } = await next.heart.enter(mail.address('alice'), mail.password('alice'), device);
    return { ...post, heart: next.heart, file: copy, account };
  };
}

/** The state of a call on the disk. */
export function stateOnDisk(file: string, id: string): string {
  const db = new DatabaseSync(file);
  try {
    const row = db.prepare('SELECT state FROM ledger WHERE id = ?').get(id);
    assert.ok(row, 'the call is not on the disk');
    return String(row['state']);
  } finally {
    db.close();
  }
}
