/**
 * What IMAP answers, in our words, and the three ways it fails.
 *
 * Decision: the rest of the bridge sees these shapes only. They are plain data with every string capped, so a
 * hostile server can fill neither memory nor a device.
 */
import type { Address, MailboxRole } from '../shared/mail.ts';
import { layoutOf, type Layout, type Structure } from './mime.ts';

/** The server answered NO or BAD; the message is its own words. */
export class ImapRefused extends Error {}
/** The mailbox under this name is another than the one meant: its UIDVALIDITY differs. */
export class ImapAnew extends ImapRefused {}
/** No connection, or it broke: nothing is known about the last command. The message is for the person. */
export class ImapDown extends Error {}
/** The server has too many connections, of this person or at all: it is asked again later, and more seldom. */
export class ImapBusy extends ImapDown {}
/** The server did not take the credentials. */
export class ImapAuth extends Error {}

export interface Listed {
  path: string;
  delimiter: string;
  role: MailboxRole | null;
  selectable: boolean;
  /** Null when the server would not say. */
  status: Status | null;
}

/** STATUS of a mailbox (RFC 9051 §6.3.11). */
export interface Status {
  total: number;
  unread: number;
  uidnext: number;
  uidvalidity: string;
  modseq: string | null;
}

export interface Selected {
  path: string;
  uidvalidity: string;
  uidnext: number;
  exists: number;
  /** HIGHESTMODSEQ, null without CONDSTORE. */
  modseq: string | null;
}

export interface Fetched {
  uid: number;
  flags: string[];
  /** INTERNALDATE in milliseconds. */
  date: number;
  size: number;
  subject: string;
  from: Address[];
  to: Address[];
  cc: Address[];
  messageId: string | null;
  layout: Layout;
  attachments: number;
}

export interface Credentials {
  user: string;
  password: string;
}

export type Happening = 'changed' | 'closed';

const LINE_WORDS: Record<string, string> = {
  ECONNREFUSED: 'it refuses connections',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'its name could not be looked up',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  CONNECT_TIMEOUT: 'it does not answer',
  GREETING_TIMEOUT: 'it does not greet',
  ETIMEOUT: 'it fell silent',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not to be trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  CERT_HAS_EXPIRED: 'its certificate has expired',
};

/** What happened to a line, in words that go on from "The mail server cannot be reached:". */
export function lineWords(code: string | undefined): string {
  return LINE_WORDS[code ?? ''] ?? 'the line broke';
}

/**
 * Whether a refused sign-in says nothing about the credentials: the response code (RFC 5530 §3) says so, or words
 * that servers use instead of one. Null: `text` is about something else.
 */
export function busyWords(code: string | undefined, text: string): string | null {
  const known = code === 'UNAVAILABLE' || code === 'LIMIT' || code === 'INUSE';
  return known || BUSY.test(text) ? text.slice(0, 500) : null;
}

const BUSY =
  /too many (?:\w+ )*(?:connections|sessions)|maximum (?:number of )?(?:\w+ )*connections|connection limit/i;

interface AddressAnswer {
  name?: string | undefined;
  address?: string | undefined;
}

/** The part of the library's LIST answer that is read here. */
interface ListAnswer {
  path: string;
  delimiter: string;
  flags: Set<string>;
  specialUse?: string | undefined;
  status?: StatusAnswer | undefined;
}

interface StatusAnswer {
  messages?: number | undefined;
  unseen?: number | undefined;
  uidNext?: number | undefined;
  uidValidity?: bigint | undefined;
  highestModseq?: bigint | undefined;
}

/** The part of the library's FETCH answer that is read here. */
interface FetchAnswer {
  uid: number;
  flags?: Set<string> | undefined;
  size?: number | undefined;
  internalDate?: Date | string | undefined;
  bodyStructure?: Structure | undefined;
  envelope?:
    | {
        subject?: string | undefined;
        messageId?: string | undefined;
        from?: AddressAnswer[] | undefined;
        to?: AddressAnswer[] | undefined;
        cc?: AddressAnswer[] | undefined;
      }
    | undefined;
}

const ROLES: Record<string, MailboxRole> = {
  '\\Inbox': 'inbox',
  '\\Archive': 'archive',
  '\\Drafts': 'drafts',
  '\\Sent': 'sent',
  '\\Junk': 'junk',
  '\\Trash': 'trash',
  '\\All': 'all',
  '\\Flagged': 'flagged',
};

/** A LIST answer with its STATUS in our words. */
export function listedOf(box: ListAnswer): Listed {
  const inbox = box.path.toUpperCase() === 'INBOX';
  const { status } = box;
  return {
    path: box.path,
    delimiter: box.delimiter,
    role: inbox ? 'inbox' : (ROLES[box.specialUse ?? ''] ?? null),
    selectable: !box.flags.has('\\Noselect') && !box.flags.has('\\NonExistent'),
    status: statusOf(status),
  };
}

/** A STATUS answer in our words; null when the server would not say. */
export function statusOf(status: StatusAnswer | undefined): Status | null {
  if (status?.uidValidity === undefined) return null;
  return {
    total: status.messages ?? 0,
    unread: status.unseen ?? 0,
    uidnext: status.uidNext ?? 1,
    uidvalidity: String(status.uidValidity),
    modseq: status.highestModseq === undefined ? null : String(status.highestModseq),
  };
}

/** Flags as stored: without \Recent, sorted, each spelled as the server does. */
export function flagsOf(flags: Set<string> | undefined): string[] {
  return [...(flags ?? [])].filter((flag) => flag !== '\\Recent' && !/\s/.test(flag)).toSorted();
}

/** Addresses, capped in number and length. */
export function addressesOf(list: AddressAnswer[] | undefined) {
  return (list ?? [])
    .slice(0, 100)
    .map((a) => ({ name: (a.name ?? '').slice(0, 500), address: (a.address ?? '').slice(0, 320) }))
    .filter((a) => a.address !== '' || a.name !== '');
}

/** A FETCH answer in our words, every string capped. */
export function fetchedOf(message: FetchAnswer): Fetched {
  const date = new Date(message.internalDate ?? 0).getTime();
  const envelope = message.envelope;
  const layout = layoutOf(message.bodyStructure);
  return {
    uid: message.uid,
    flags: flagsOf(message.flags),
    date: Number.isFinite(date) ? date : 0,
    size: message.size ?? 0,
    subject: (envelope?.subject ?? '').slice(0, 2000),
    from: addressesOf(envelope?.from),
    to: addressesOf(envelope?.to),
    cc: addressesOf(envelope?.cc),
    messageId: envelope?.messageId ? envelope.messageId.slice(0, 998) : null,
    layout,
    attachments: layout.attachments,
  };
}
