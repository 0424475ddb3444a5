/**
 * One condition of a search as an IMAP SEARCH key (RFC 9051 §6.4.4), and how keys are joined.
 *
 * Decision: a key is exact, or it only narrows and our own rows decide, or there is none. Dates never are exact:
 * the server's day is not the person's, so two days of slack are asked for and trimmed by INTERNALDATE. The
 * library sends words as literals where they need it; nothing here is a string of commands.
 */
import { ageStart, flagOf } from '../../shared/query-match.ts';
import type { Field, Query, Term } from '../../shared/query.ts';
import { ANSWERED, DRAFT, FLAGGED } from '../../shared/mail.ts';

/** A search as the IMAP library takes it: the fields of one object must all hold. */
export interface Criteria {
  all?: true;
  seen?: boolean;
  flagged?: boolean;
  answered?: boolean;
  draft?: boolean;
  from?: string;
  to?: string;
  cc?: string;
  subject?: string;
  body?: string;
  text?: string;
  header?: Record<string, string>;
  larger?: number;
  smaller?: number;
  keyword?: string;
  before?: Date;
  since?: Date;
  gmraw?: string;
  not?: Criteria;
  or?: Criteria[];
}

/** What the server can do and what time it is. */
export interface Asking {
  /** Milliseconds since 1970. */
  now: number;
  /** The server speaks Gmail's own search (X-GM-EXT-1). */
  gmail: boolean;
}

/** `exact`: the server's answer is final. Without criteria the condition does not narrow. */
export interface Key {
  criteria: Criteria | null;
  exact: boolean;
}

const SLACK = 2 * 24 * 3600_000;
const ATOM = /^[!#$&'+\-./0-9:;<=>?@A-Z[^_`a-z|}~,]{1,64}$/;
export const NOTHING: Criteria = { not: { all: true } };

const exactly = (criteria: Criteria): Key => ({ criteria, exact: true });

/** The key for a term or the negation of one. */
export function keyOf(literal: Query, asking: Asking): Key {
  const negated = literal.is === 'not';
  const term = (negated ? literal.of : literal) as Term;
  if (term.is === 'date') {
    const day = Date.parse(`${term.day}T00:00:00Z`);
    return { criteria: sideOf((term.side === 'before') !== negated, day), exact: false };
  }
  if (term.is === 'age') {
    const start = ageStart(term.count, term.unit, asking.now);
    return { criteria: sideOf((term.side === 'older') !== negated, start), exact: false };
  }
  const criteria = criteriaOf(term, asking);
  if (criteria === null) return { criteria: null, exact: false };
  return exactly(negated ? { not: criteria } : criteria);
}

/** Everything before, or from, an instant, with slack. A time before 1970 is none that IMAP can be asked for. */
function sideOf(before: boolean, instant: number): Criteria | null {
  if (before) return { before: new Date(Math.max(0, instant) + SLACK) };
  return instant - SLACK > 0 ? { since: new Date(instant - SLACK) } : null;
}

function criteriaOf(term: Exclude<Term, { is: 'date' | 'age' }>, asking: Asking): Criteria | null {
  switch (term.is) {
    case 'text':
      return asking.gmail ? { gmraw: phrase(term.words) } : { text: term.words };
    case 'field':
      return fieldOf(term.field, term.words, asking);
    case 'label':
      return ATOM.test(term.label) ? { keyword: term.label } : NOTHING;
    case 'state': {
      const { flag, set } = flagOf(term.state);
      if (flag === FLAGGED) return { flagged: set };
      if (flag === ANSWERED) return { answered: set };
      return flag === DRAFT ? { draft: set } : { seen: set };
    }
    case 'size':
      // The library leaves out a bound of 0.
      if (term.bytes === 0) return null;
      return term.side === 'larger' ? { larger: term.bytes } : { smaller: term.bytes };
    default:
      return null;
  }
}

function fieldOf(field: Field, words: string, asking: Asking): Criteria | null {
  if (field === 'list') return { header: { 'list-id': words } };
  if (field === 'filename') return asking.gmail ? { gmraw: `filename:${phrase(words)}` } : null;
  return { [field]: words };
}

/** Words in Gmail's quotes, which have no escape. */
const phrase = (words: string) => `"${words.replaceAll('"', ' ')}"`;

/** All of these. One object holds each key once, so what follows is nested as an OR with one member. */
export function allOf(list: Criteria[]): Criteria {
  const [head, ...rest] = list.toSorted((a, b) => Number('or' in a) - Number('or' in b));
  if (head === undefined) return { all: true };
  if (rest.length === 0) return head;
  const nested = allOf(rest);
  return 'or' in head ? { not: { not: head }, or: [nested] } : { ...head, or: [nested] };
}

/** Any of these. */
export function anyOf(list: Criteria[]): Criteria {
  return list.length === 1 ? (list[0] ?? NOTHING) : { or: list };
}
