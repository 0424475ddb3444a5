/**
 * Every sentence that is put together from parts.
 *
 * Decision: a sentence is one function, never pieces joined in a component, so that a translation can order the
 * parts as its language wants. Plurals go by Intl.PluralRules.
 */
import type { Address, Mailbox, Message } from '../../shared/mail.ts';
import { ANSWERED, FLAGGED, SEEN } from '../../shared/mail.ts';

const plural = new Intl.PluralRules('en');
const number = new Intl.NumberFormat();
const size = [
  new Intl.NumberFormat(undefined, { style: 'unit', unit: 'kilobyte', maximumFractionDigits: 0 }),
  new Intl.NumberFormat(undefined, { style: 'unit', unit: 'megabyte', maximumFractionDigits: 1 }),
] as const;

function counted(n: number, one: string, other: string): string {
  return `${number.format(n)} ${plural.select(n) === 'one' ? one : other}`;
}

/** "312 kB": at least 1 kB, decimal units. */
export function bytes(n: number): string {
  return n < 1_000_000 ? size[0].format(Math.max(1, Math.round(n / 1000))) : size[1].format(n / 1_000_000);
}

/** The name to show for an address: its name, else the address itself. */
export function nameOf(address: Address | undefined): string {
  if (address === undefined) return 'No sender';
  return address.name.trim() || address.address || 'No sender';
}

/** Who a row is about: the sender, or the recipients in a mailbox of own mail. */
export function whoOf(message: Message, mailbox: Mailbox | null): string {
  if (mailbox?.role !== 'sent' && mailbox?.role !== 'drafts') return nameOf(message.from[0]);
  const names = [...message.to, ...message.cc].map(nameOf).join(', ');
  return names === '' ? 'No recipient' : `To: ${names}`;
}

export function subjectOf(subject: string): string {
  return subject.trim() || '(no subject)';
}

/** The spoken name of a row: "Unread, Timetable office, Trains on Sunday, 09:41". */
export function rowName(message: Message, who: string, date: string, isPending: boolean): string {
  const parts = [
    message.flags.includes(SEEN) ? '' : 'Unread',
    message.flags.includes(FLAGGED) ? 'Starred' : '',
    message.flags.includes(ANSWERED) ? 'Answered' : '',
    who,
    subjectOf(message.subject),
    message.attachments > 0 ? counted(message.attachments, 'attachment', 'attachments') : '',
    isPending ? 'Pending' : '',
    date,
  ];
  return parts.filter((p) => p !== '').join(', ');
}

const ROLE_NAMES = {
  inbox: 'Inbox',
  archive: 'Archive',
  drafts: 'Drafts',
  sent: 'Sent',
  junk: 'Junk',
  trash: 'Trash',
  all: 'All mail',
  flagged: 'Starred',
} as const;

/** The last level of a mailbox name; special ones by what they are for. */
export function mailboxName(mailbox: Mailbox): string {
  if (mailbox.role !== null) return ROLE_NAMES[mailbox.role];
  return mailbox.delimiter === ''
    ? mailbox.name
    : (mailbox.name.split(mailbox.delimiter).at(-1) ?? mailbox.name);
}

export const plainNumber = (n: number) => number.format(n);
export const unreadCount = (n: number) => `${number.format(n)} unread`;
export const waitingCount = (n: number) => counted(n, 'waiting', 'waiting');
export const newAbove = (n: number) => counted(n, 'new message', 'new messages');
export const loadingRows = (here: number, of: number) =>
  `Loading ${number.format(here)} of ${number.format(of)}`;
export const imagesBlocked = (n: number) =>
  `${counted(n, 'remote image', 'remote images')} blocked, so the sender does not learn that you read this.`;
export const imagesMissing = (n: number) =>
  `${counted(n, 'picture of this mail is', 'pictures of this mail are')} not on this device. They need the network.`;
export const attachmentCount = (n: number) => counted(n, 'attachment', 'attachments');
export const andOthers = (n: number) => `and ${counted(n, 'other', 'others')}`;
export const messageCount = (n: number) => counted(n, 'message', 'messages');
export const secondsLeft = (n: number) => `${number.format(Math.max(0, n))} s`;

/** What signing out would lose for good; empty when nothing. */
export function lostBySigningOut(calls: number, drafts: number): string {
  const lost = [
    calls > 0 ? counted(calls, 'thing that has not been done yet', 'things that have not been done yet') : '',
    drafts > 0 ? counted(drafts, 'draft on this device', 'drafts on this device') : '',
  ].filter((s) => s !== '');
  return lost.length === 0 ? '' : `Lost for good: ${new Intl.ListFormat('en').format(lost)}.`;
}
