/**
 * The search grammar: what a person types, as a tree.
 *
 * Decision: one grammar of our own for the device, the bridge and stored macros; IMAP SEARCH and Gmail's language
 * are made from the tree, never from the string. Parsing never fails: an operator nobody knows, or a value that
 * makes no sense, is text to look for; what is unfinished (`from:`, `a OR`, an open quote) is taken for what it
 * is so far, so that results do not jump while a person types. OR binds tighter than the space between terms, as
 * in Gmail: `a b OR c` is a and (b or c). The tree is canonical: no empty or single groups, none directly within
 * its like, no double negation; so equal searches print alike.
 */

export type Field = 'from' | 'to' | 'cc' | 'subject' | 'body' | 'filename' | 'list';
export type State = 'unread' | 'read' | 'starred' | 'answered' | 'draft';
export type Holding = 'attachment' | 'image' | 'pdf';
export type Unit = 'd' | 'w' | 'm' | 'y';

/** One condition. Words are well-formed Unicode, one space between them, without control characters. */
export type Term =
  /** Anywhere: header or text. */
  | { is: 'text'; words: string }
  | { is: 'field'; field: Field; words: string }
  /** A mailbox by name, last level of its name, or role; `anywhere`: also junk and trash. Lower case. */
  | { is: 'in'; mailbox: string }
  /** A keyword; or a mailbox of that name, for servers that show labels as mailboxes. */
  | { is: 'label'; label: string }
  | { is: 'state'; state: State }
  | { is: 'has'; what: Holding }
  | { is: 'size'; side: 'larger' | 'smaller'; bytes: number }
  /** `before` that day, or `after`: on that day or later. `day` is YYYY-MM-DD in the person's own time. */
  | { is: 'date'; side: 'before' | 'after'; day: string }
  | { is: 'age'; side: 'older' | 'newer'; count: number; unit: Unit };

export type Query =
  | { is: 'all' }
  | Term
  | { is: 'and'; of: Query[] }
  | { is: 'or'; of: Query[] }
  | { is: 'not'; of: Query };

/** Brackets deeper than this are read as if they were not there. */
const DEPTH = 40;
/** The largest number IMAP can carry (RFC 9051 §9, number). */
const NUMBER = 0xffff_ffff;

const FIELDS: readonly string[] = [
  'from',
  'to',
  'cc',
  'subject',
  'body',
  'filename',
  'list',
] satisfies Field[];
const STATES: readonly string[] = ['unread', 'read', 'starred', 'answered', 'draft'] satisfies State[];
const HOLDINGS: readonly string[] = ['attachment', 'image', 'pdf'] satisfies Holding[];
const FACTORS: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** All of these, in canonical form. */
export function both(of: Query[]): Query {
  const flat = of.flatMap((q) => (q.is === 'and' ? q.of : q.is === 'all' ? [] : [q]));
  return flat.length > 1 ? { is: 'and', of: flat } : (flat[0] ?? { is: 'all' });
}

/** Any of these, in canonical form. */
export function either(of: Query[]): Query {
  const flat = of.flatMap((q) => (q.is === 'or' ? q.of : [q]));
  return flat.length > 1 ? { is: 'or', of: flat } : (flat[0] ?? { is: 'all' });
}

/** The opposite, in canonical form. */
export function no(of: Query): Query {
  return of.is === 'not' ? of.of : { is: 'not', of };
}

function sizeOf(value: string): number | null {
  const [, digits, unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?)([kmg]?)b?$/i.exec(value) ?? [];
  if (digits === undefined) return null;
  return Math.min(NUMBER, Math.round(Number(digits) * (FACTORS[unit.toLowerCase()] ?? 1)));
}

/** `2026-01-31`, `2026/1/31`, `2026-01` or `2026` as YYYY-MM-DD; null when there is no such day. */
function dayOf(value: string): string | null {
  const [, year, month = '1', day = '1'] = /^(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?$/.exec(value) ?? [];
  if (year === undefined || Number(year) < 1900) return null;
  const text = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const date = new Date(`${text}T00:00:00Z`);
  return Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== text ? null : text;
}

function dateTerm(side: 'before' | 'after', value: string): Term | null {
  const day = dayOf(value);
  return day === null ? null : { is: 'date', side, day };
}

function sizeTerm(side: 'larger' | 'smaller', value: string): Term | null {
  const bytes = sizeOf(value);
  return bytes === null ? null : { is: 'size', side, bytes };
}

function ageTerm(side: 'older' | 'newer', value: string): Term | null {
  const [, count, unit] = /^(\d{1,4})([dwmy])$/i.exec(value) ?? [];
  return unit ? { is: 'age', side, count: Number(count), unit: unit.toLowerCase() as Unit } : null;
}

/** The term `operator:value` says; null when the operator is not known or the value makes no sense. */
export function termOf(operator: string, value: string): Term | null {
  const key = operator.toLowerCase();
  const low = value.toLowerCase();
  if (FIELDS.includes(key)) return { is: 'field', field: key as Field, words: value };
  if (key === 'in') return { is: 'in', mailbox: low };
  if (key === 'label') return { is: 'label', label: value };
  if (key === 'is' && STATES.includes(low)) return { is: 'state', state: low as State };
  if (key === 'has' && HOLDINGS.includes(low)) return { is: 'has', what: low as Holding };
  if (key === 'larger' || key === 'smaller') return sizeTerm(key, value);
  if (key === 'before' || key === 'after') return dateTerm(key, value);
  if (key === 'older_than') return ageTerm('older', value);
  if (key === 'newer_than') return ageTerm('newer', value);
  return null;
}

const KNOWN =
  /^(?:from|to|cc|subject|body|filename|list|in|label|is|has|larger|smaller|before|after|older_than|newer_than)$/i;
/** Straight quotes, and the curly ones that keyboards put in their place. */
const QUOTE = /["“”„]/;

/** One line, one space between words. */
const tidy = (text: string) => text.replace(/[\s\p{Cc}]+/gu, ' ').trim();

/** A reader of one string; `at` is where it stands. */
class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Terms up to the end or a closing bracket. `field`: what bare words are about. */
  terms(depth: number, field: Field | null): Query {
    const groups: Query[][] = [];
    let joined = false;
    for (;;) {
      this.#space();
      if (this.#at >= this.#text.length) break;
      if (this.#text[this.#at] === ')') {
        this.#at += 1;
        if (depth > 0) break;
        continue;
      }
      if (this.#take(/OR(?=[\s\p{Cc}()]|$)/uy) !== null) {
        joined = groups.length > 0;
        continue;
      }
      const term = this.#term(depth, field);
      if (term === null || term.is === 'all') continue;
      if (joined) groups.at(-1)?.push(term);
      else groups.push([term]);
      joined = false;
    }
    return both(groups.map(either));
  }

  #space(): void {
    this.#take(/[\s\p{Cc}]+/uy);
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    if (found !== null) this.#at += found.length;
    return found;
  }

  /** One term or group; null when it says nothing yet. */
  #term(depth: number, field: Field | null): Query | null {
    const negative = this.#take(/-(?=[^\s\p{Cc}-])/uy) !== null;
    const term = this.#positive(depth, field);
    return term !== null && negative && term.is !== 'all' ? no(term) : term;
  }

  #positive(depth: number, field: Field | null): Query | null {
    if (this.#text[this.#at] === '(') return this.#group(depth, field);
    const colon = /([a-z_]+):/iy;
    colon.lastIndex = this.#at;
    const operator = colon.exec(this.#text)?.[1] ?? null;
    if (operator === null || !KNOWN.test(operator)) return this.#words(field);
    this.#at += operator.length + 1;
    const named = operator.toLowerCase();
    if (this.#text[this.#at] === '(' && FIELDS.includes(named)) return this.#group(depth, named as Field);
    const value = this.#value();
    if (value === '') return null;
    return termOf(operator, value) ?? textOf(`${operator}:${value}`, field);
  }

  #group(depth: number, field: Field | null): Query | null {
    this.#at += 1;
    return depth < DEPTH ? this.terms(depth + 1, field) : null;
  }

  #words(field: Field | null): Query | null {
    const words = this.#value();
    return words === '' ? null : textOf(words, field);
  }

  /** A quoted phrase, or everything up to a space, bracket or quote. */
  #value(): string {
    const open = this.#text[this.#at] ?? '';
    if (!QUOTE.test(open)) return tidy(this.#take(/[^\s\p{Cc}()"“”„]+/uy) ?? '');
    this.#at += 1;
    const inside = this.#take(open === '"' ? /(?:\\["\\]|[^"])*/uy : /(?:\\["\\]|[^"“”„])*/uy) ?? '';
    this.#at += 1;
    return tidy(inside.replace(/\\(["\\])/g, '$1'));
  }
}

function textOf(words: string, field: Field | null): Term {
  return field === null ? { is: 'text', words } : { is: 'field', field, words };
}

/** Reads what a person typed. Never throws; an empty search is `all`. */
export function parse(text: string): Query {
  return new Parser(text.toWellFormed()).terms(0, null);
}
