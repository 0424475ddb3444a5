/**
 * The shapes the store keeps. Shared by the verbs that write them and the rooms that mirror IMAP.
 */
import type { Call, Outcome, Settled } from '../../shared/commands.ts';
import type { Mailbox, MailboxRole, Message } from '../../shared/mail.ts';

/** A mailbox as the store knows it: what devices see, and where its mirroring stands. */
export interface MailboxRecord {
  id: number;
  /** Full name in Unicode, as imapflow gives it. */
  path: string;
  delimiter: string;
  role: MailboxRole | null;
  selectable: boolean;
  total: number;
  unread: number;
  /** Null before the first SELECT. */
  uidvalidity: string | null;
  /** Every UID from `lowest` up to here (exclusive) has been mirrored. */
  uidnext: number;
  /** HIGHESTMODSEQ at the last flag comparison (RFC 7162), null without CONDSTORE. */
  modseq: string | null;
  /** First mirroring goes downwards: the lowest UID it has reached; null before it starts. */
  lowest: number | null;
  /** The first mirroring reached the bottom. */
  mirrored: boolean;
}

/** What of a message never changes and goes to devices as it is. */
export type Envelope = Pick<Message, 'from' | 'to' | 'cc' | 'subject' | 'preview' | 'attachments'>;

/** Where a message lies on the server, and how it stands: what a command needs to know. */
export interface Place {
  id: number;
  mailbox: number;
  uid: number;
  flags: string[];
  /** INTERNALDATE in milliseconds. */
  date: number;
  size: number;
  messageId: string | null;
}

export interface MessageRecord extends Place {
  envelope: Envelope;
}

/** The facts of one commit or of one page of catching up: the closed rev interval (from, to]. */
export interface Facts {
  from: number;
  to: number;
  mailboxes: Mailbox[];
  messages: Message[];
  gone: { mailboxes: number[]; messages: number[] };
  settled: Settled[];
}

/** Everything one turn of an account changes. Landed in one transaction, under one new rev. */
export interface Writes {
  /** Wait for the disk. Set whenever the ledger changes. */
  durable?: boolean;
  /** Insert or replace; told to devices when something they see changed. */
  mailboxes?: MailboxRecord[];
  dropMailboxes?: number[];
  /** Insert or replace. */
  messages?: MessageRecord[];
  flags?: { id: number; flags: string[] }[];
  /** A message that moved keeps its id; a row that already stood in that place gives way. */
  places?: { id: number; mailbox: number; uid: number }[];
  drop?: number[];
  ledger?: LedgerChange[];
}

/**
 * accepted: durable here, nothing done yet. held: waits for `holdUntil`. running: an effect may have begun.
 * sent: SMTP took the mail. settled: outcomes are final and were told.
 */
export type LedgerState = 'accepted' | 'held' | 'running' | 'sent' | 'settled';

export interface LedgerEntry {
  id: string;
  call: Call;
  digest: string;
  state: LedgerState;
  /** Milliseconds since 1970 on the bridge's clock; 0 when not held. */
  holdUntil: number;
  /** How many times running it has begun. */
  attempts: number;
  /** Why it waits, in words; empty when it does not. */
  note: string;
  /** One for each step that has ended, in order. */
  outcomes: Outcome[];
  /** A sent mail whose copy is not yet in the Sent mailbox. */
  copyPending: boolean;
}

export interface LedgerChange {
  id: string;
  state: LedgerState;
  attempts: number;
  note: string;
  outcomes: Outcome[];
  copyPending: boolean;
}
