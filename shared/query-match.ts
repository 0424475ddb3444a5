/**
 * A search tree against one row: yes, no, or cannot tell.
 *
 * Decision: three answers, because a row does not hold the text, the names of attachments or the list it came by,
 * and a device must not say "no" where only the server knows. Words are compared as IMAP servers do (RFC 5051):
 * anywhere within a word, without regard to case, but with regard to accents; so what the device finds, the server
 * finds too. Days are the person's own: whoever knows the time zone says when a day begins.
 */
import { ANSWERED, DRAFT, FLAGGED, SEEN, type Address, type Mailbox, type Message } from './mail.ts';
import type { Field, Holding, Query, State, Term, Unit } from './query.ts';

export type Verdict = 'yes' | 'no' | 'unsure';

/** What a row is asked for. */
export type SearchRow = Pick<
  Message,
  'mailbox' | 'flags' | 'date' | 'size' | 'from' | 'to' | 'cc' | 'subject' | 'preview' | 'attachments'
>;
export type NamedMailbox = Pick<Mailbox, 'name' | 'delimiter' | 'role'>;

/** What is known beside the row. */
export interface SearchContext {
  /** Milliseconds since 1970. */
  now: number;
  /** When a day (YYYY-MM-DD) begins for the person, milliseconds since 1970; null: their time zone is not known. */
  midnight: ((day: string) => number) | null;
  mailbox: (id: number) => NamedMailbox | undefined;
  /** The readable text of the whole message; null: not held. */
  text: string | null;
}

const DAY = 24 * 3600_000;
const UNIT: Record<Unit, number> = { d: DAY, w: 7 * DAY, m: 30 * DAY, y: 365 * DAY };
/** A day begins somewhere on earth up to 14 h before it does in UTC, and up to 12 h after. */
const EARLIEST = 14 * 3600_000;
const LATEST = 12 * 3600_000;

const FLAG: Record<State, { flag: string; set: boolean }> = {
  unread: { flag: SEEN, set: false },
  read: { flag: SEEN, set: true },
  starred: { flag: FLAGGED, set: true },
  answered: { flag: ANSWERED, set: true },
  draft: { flag: DRAFT, set: true },
};
/** Other words for the roles of mailboxes. */
const ROLE_WORDS: Record<string, string> = { spam: 'junk', bin: 'trash', starred: 'flagged' };

/** The flag a state is about, and whether it is set. */
export function flagOf(state: State): { flag: string; set: boolean } {
  return FLAG[state];
}

/** The instant an age counts from, milliseconds since 1970. */
export function ageStart(count: number, unit: Unit, now: number): number {
  return now - count * UNIT[unit];
}

/** Midnight at a fixed distance from UTC, in minutes east. */
export function midnightAt(minutesEast: number): (day: string) => number {
  return (day) => Date.parse(`${day}T00:00:00Z`) - minutesEast * 60_000;
}

/** Text as it is compared: composed, lower case, one space between words. */
export function folded(text: string): string {
  return text.normalize('NFC').toLowerCase().normalize('NFC').replace(/\s+/g, ' ');
}

/** Whether `in:word` (lower case) means this mailbox. */
export function isNamed(box: NamedMailbox, word: string): boolean {
  if (word === 'anywhere' || box.role === (ROLE_WORDS[word] ?? word)) return true;
  const name = box.name.toLowerCase();
  return name === word || (box.delimiter !== '' && name.split(box.delimiter).at(-1) === word);
}

/** Judges `row`. */
export function matches(query: Query, row: SearchRow, context: SearchContext): Verdict {
  switch (query.is) {
    case 'all':
      return 'yes';
    case 'not':
      return opposite(matches(query.of, row, context));
    case 'and':
      return opposite(anyOf(query.of.map((q) => () => opposite(matches(q, row, context)))));
    case 'or':
      return anyOf(query.of.map((q) => () => matches(q, row, context)));
    default:
      return matchesTerm(query, row, context);
  }
}

function opposite(verdict: Verdict): Verdict {
  return verdict === 'yes' ? 'no' : verdict === 'no' ? 'yes' : 'unsure';
}

function anyOf(judges: (() => Verdict)[]): Verdict {
  let best: Verdict = 'no';
  for (const judge of judges) {
    const verdict = judge();
    if (verdict === 'yes') return 'yes';
    if (verdict === 'unsure') best = 'unsure';
  }
  return best;
}

const sure = (yes: boolean): Verdict => (yes ? 'yes' : 'no');

function matchesTerm(term: Term, row: SearchRow, context: SearchContext): Verdict {
  switch (term.is) {
    case 'text':
      return inText(term.words, row, context);
    case 'field':
      return inField(term.field, folded(term.words), row, context);
    case 'in':
    case 'label':
      return inMailbox(term, row, context);
    case 'state':
      return sure(row.flags.includes(FLAG[term.state].flag) === FLAG[term.state].set);
    case 'has':
      return holds(term.what, row);
    case 'size':
      return sure(term.side === 'larger' ? row.size > term.bytes : row.size < term.bytes);
    case 'date':
      return onSide(term.side, term.day, row.date, context.midnight);
    default: {
      const newer = row.date > ageStart(term.count, term.unit, context.now);
      return sure(newer === (term.side === 'newer'));
    }
  }
}

function inText(words: string, row: SearchRow, context: SearchContext): Verdict {
  const wanted = folded(words);
  const shown = [row.subject, row.preview].some((text) => folded(text).includes(wanted));
  if (shown || [row.from, row.to, row.cc].some((list) => inAddresses(wanted, list))) return 'yes';
  return context.text === null ? 'unsure' : sure(folded(context.text).includes(wanted));
}

function inField(field: Field, wanted: string, row: SearchRow, context: SearchContext): Verdict {
  switch (field) {
    case 'from':
    case 'to':
    case 'cc':
      return sure(inAddresses(wanted, row[field]));
    case 'subject':
      return sure(folded(row.subject).includes(wanted));
    case 'body':
      if (context.text !== null) return sure(folded(context.text).includes(wanted));
      return folded(row.preview).includes(wanted) ? 'yes' : 'unsure';
    case 'filename':
      return row.attachments === 0 ? 'no' : 'unsure';
    default:
      return 'unsure';
  }
}

/** Within the name, the address, or both as they are written together. */
function inAddresses(wanted: string, list: Address[]): boolean {
  return list.some(({ name, address }) =>
    folded(name === '' ? address : `${name} <${address}>`).includes(wanted),
  );
}

function inMailbox(
  term: Extract<Term, { is: 'in' | 'label' }>,
  row: SearchRow,
  context: SearchContext,
): Verdict {
  const word = (term.is === 'in' ? term.mailbox : term.label).toLowerCase();
  if (term.is === 'label' && row.flags.some((flag) => flag.toLowerCase() === word)) return 'yes';
  if (term.is === 'in' && word === 'anywhere') return 'yes';
  const box = context.mailbox(row.mailbox);
  return box === undefined ? 'unsure' : sure(isNamed(box, word));
}

function holds(what: Holding, row: SearchRow): Verdict {
  if (what === 'attachment' || row.attachments === 0) return sure(row.attachments > 0);
  return 'unsure';
}

function onSide(
  side: 'before' | 'after',
  day: string,
  date: number,
  midnight: SearchContext['midnight'],
): Verdict {
  const utc = Date.parse(`${day}T00:00:00Z`);
  const [first, last] = midnight ? [midnight(day), midnight(day)] : [utc - EARLIEST, utc + LATEST];
  if (date >= first && date < last) return 'unsure';
  return sure(date < first === (side === 'before'));
}
