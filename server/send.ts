/**
 * The life of one send on the bridge: running → sent → copied, or refused, or unsure.
 *
 * Decision: each step is on the disk before the next begins. `running` is written before SMTP, `sent` at once
 * after the server took the mail. A restart that finds `running` looks in Sent for the Message-ID: found means
 * sent; not found means nobody knows, and the person is asked; the bridge never sends again by itself. The copy
 * in Sent and \Answered come after `sent` and can no longer turn it into a failure.
 */
import type { Outcome, Outgoing, Step } from '../shared/commands.ts';
import { ANSWERED, SEEN } from '../shared/mail.ts';
import { ImapRefused, type Credentials } from './imap-answers.ts';
import type { ImapSession } from './imap.ts';
import type { MailServer } from './mailserver.ts';
import { compose, deliver, recipientsOf, type Delivery } from './smtp.ts';
import type { MailboxRecord, Writes } from './store/records.ts';
import type { Store } from './store/store.ts';

export type SendStep = Extract<Step, { verb: 'send' }>;

/** Hands the mail to the SMTP server. */
export async function transmit(
  server: MailServer,
  credentials: Credentials,
  mail: Outgoing,
): Promise<Delivery> {
  const to = recipientsOf(mail);
  if (to.length === 0) return { as: 'refused', text: 'The mail has no recipient.' };
  let raw: Buffer;
  try {
    raw = await compose(mail, false);
  } catch (error) {
    return { as: 'refused', text: `The mail could not be put together: ${(error as Error).message}` };
  }
  return deliver(server, credentials, mail.from.address, to, raw);
}

export const UNSURE: Outcome = {
  as: 'unsure',
  text: 'The line to the mail server broke at the last moment. The mail may have been sent.',
};

/** Whether a mail with this Message-ID lies in Sent: the check of a send that may have happened. */
export async function foundInSent(
  store: Store,
  account: string,
  session: ImapSession,
  mail: Outgoing,
): Promise<boolean> {
  const sent = await sentMailbox(store, account);
  return sent !== null && lies(session, sent.path, mail);
}

async function lies(session: ImapSession, path: string, mail: Outgoing): Promise<boolean> {
  await session.select(path);
  return (await session.withMessageId(mail.messageId)).length > 0;
}

async function sentMailbox(store: Store, account: string): Promise<MailboxRecord | null> {
  const boxes = await store.mailboxes(account);
  return boxes.find((b) => b.role === 'sent') ?? boxes.find((b) => b.path.toLowerCase() === 'sent') ?? null;
}

export interface Copied {
  writes: Writes;
  /** Mailboxes to look at again. */
  doubt: number[];
  /** Why the copy could not be made, in the server's words; null when it is there. */
  failed: string | null;
}

/** Files the copy in Sent, unless that Message-ID is already there, and marks the answered mail. */
export async function fileCopy(
  store: Store,
  account: string,
  session: ImapSession,
  mail: Outgoing,
): Promise<Copied> {
  const copied: Copied = { writes: {}, doubt: [], failed: null };
  try {
    const sent = await sentMailbox(store, account);
    const path = sent?.path ?? 'Sent';
    if (!sent) await session.create(path);
    if (!(await lies(session, path, mail)))
      await session.append(path, await compose(mail, true), [SEEN], new Date(mail.date));
    if (sent) copied.doubt.push(sent.id);
  } catch (error) {
    if (!(error instanceof ImapRefused)) throw error;
    copied.failed = error.message;
  }
  if (mail.answers !== null) await markAnswered(store, account, session, mail.answers, copied);
  return copied;
}

async function markAnswered(
  store: Store,
  account: string,
  session: ImapSession,
  message: number,
  copied: Copied,
): Promise<void> {
  const place = await store.place(account, message);
  const box = place && (await store.mailboxes(account)).find((b) => b.id === place.mailbox);
  if (!box) return;
  try {
    await session.enter(box.path, box.uidvalidity);
    await session.store(String(place.uid), [ANSWERED], []);
    const [now] = await session.flags(String(place.uid), null);
    if (now) copied.writes.flags = [{ id: message, flags: now.flags }];
  } catch (error) {
    // The mark is a courtesy: a mailbox that takes no flags does not make a sent mail a failure.
    if (!(error instanceof ImapRefused)) throw error;
  }
}
