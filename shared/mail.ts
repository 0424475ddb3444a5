/**
 * The nouns both sides speak of: mailbox, message, body, part.
 *
 * Decision: a message row is lean. It holds what a list shows and what a filter asks, never Message-ID,
 * BODYSTRUCTURE or text; those travel with the body. Ids are ours: a message keeps its id when it moves, and
 * UIDVALIDITY, UID and MODSEQ never leave the bridge. Ids are integers below 2^53, drawn above a random base
 * for each epoch, so an id from a lost store can never name another mail.
 */

/** What a mailbox is for (RFC 6154 SPECIAL-USE, plus the inbox). */
export type MailboxRole = 'inbox' | 'archive' | 'drafts' | 'sent' | 'junk' | 'trash' | 'all' | 'flagged';

/** One mailbox of an account. `total` and `unread` count what the server holds. */
export interface Mailbox {
  id: number;
  /** Full name, in Unicode, levels joined by `delimiter`. */
  name: string;
  delimiter: string;
  role: MailboxRole | null;
  /** False for a level that only holds others (\Noselect). */
  selectable: boolean;
  total: number;
  unread: number;
}

/** One address of a header field (RFC 5322 §3.4); `name` is decoded and may be empty. */
export interface Address {
  name: string;
  address: string;
}

/** One row of a list: everything here may be shown without asking the bridge. */
export interface Message {
  id: number;
  /** The rev of the account at which this row last changed. */
  rev: number;
  mailbox: number;
  /** IMAP flags and keywords as the server spells them, sorted: `\Seen`, `\Flagged`, `\Answered`, … */
  flags: string[];
  /** INTERNALDATE, milliseconds since 1970. Lists are sorted by this, newest first. */
  date: number;
  /** RFC822.SIZE in bytes. */
  size: number;
  from: Address[];
  to: Address[];
  cc: Address[];
  subject: string;
  /** The first words of the text, one line, at most 200 characters. */
  preview: string;
  /** How many attachments a person would count. */
  attachments: number;
}

/** One MIME part that is not the text itself, fetched with a GET of `/part/{account}/{message}/{part}`. */
export interface Part {
  /** IMAP section number, for instance `2.1` (RFC 9051 §6.4.5). */
  part: string;
  type: string;
  name: string;
  /** Bytes as decoded, estimated from the encoded size. */
  size: number;
  /** Content-ID without angle brackets, for `cid:` references; null if there is none. */
  cid: string | null;
  inline: boolean;
}

/** The readable content of one message. Immutable: a message id never gets another body. */
export interface Body {
  message: number;
  text: string | null;
  html: string | null;
  parts: Part[];
  /** True when text or html was cut at the limit. */
  truncated: boolean;
  messageId: string | null;
  references: string[];
  replyTo: Address[];
  bcc: Address[];
  /** The Date header, milliseconds since 1970; null when missing or unreadable. */
  sent: number | null;
}

export const SEEN = '\\Seen';
export const FLAGGED = '\\Flagged';
export const ANSWERED = '\\Answered';
export const DRAFT = '\\Draft';
