/**
 * What to ask the server in one mailbox, so that its answer and our rows together are the answer.
 *
 * Decision: `in:` is decided here, once for each mailbox. What remains is one SEARCH when the server can judge all
 * of it. Conditions only our rows can judge are taken out of the SEARCH and judged afterwards; where such a
 * condition stands under an OR, the query is spread into alternatives, each its own SEARCH, and the answers are
 * united. The number of alternatives is bounded.
 */
import { isNamed, type NamedMailbox } from '../../shared/query-match.ts';
import { both, either, no, type Query } from '../../shared/query.ts';
import { allOf, anyOf, keyOf, type Asking, type Criteria } from './criteria.ts';

/** One SEARCH, and what the rows it finds must still answer. */
export interface Branch {
  criteria: Criteria;
  rest: Query[];
}

const MOST_BRANCHES = 24;
const NONE: Query = { is: 'not', of: { is: 'all' } };

const isNone = (query: Query) => query.is === 'not' && query.of.is === 'all';

/** The query as it reads within `box`; null when nothing in it can answer. Negations stand at the terms only. */
export function within(query: Query, box: NamedMailbox): Query | null {
  const read = settle(query, box, false);
  return isNone(read) ? null : read;
}

function settle(query: Query, box: NamedMailbox, negated: boolean): Query {
  switch (query.is) {
    case 'not':
      return settle(query.of, box, !negated);
    case 'and':
    case 'or': {
      const of = query.of.map((q) => settle(q, box, negated));
      return (query.is === 'and') !== negated ? all(of) : any(of);
    }
    case 'in':
      return isNamed(box, query.mailbox) !== negated ? { is: 'all' } : NONE;
    case 'label':
      if (isNamed(box, query.label.toLowerCase())) return negated ? NONE : { is: 'all' };
      return negated ? no(query) : query;
    default:
      return negated ? no(query) : query;
  }
}

function all(of: Query[]): Query {
  return of.some(isNone) ? NONE : both(of);
}

function any(of: Query[]): Query {
  if (of.some((q) => q.is === 'all')) return { is: 'all' };
  const left = of.filter((q) => !isNone(q));
  return left.length === 0 ? NONE : either(left);
}

/** Whether an `in:` that is not negated means this mailbox: then it is searched whatever its role. */
export function asksFor(query: Query, box: NamedMailbox, negated = false): boolean {
  if (query.is === 'not') return asksFor(query.of, box, !negated);
  if (query.is === 'and' || query.is === 'or') return query.of.some((q) => asksFor(q, box, negated));
  return query.is === 'in' && !negated && isNamed(box, query.mailbox);
}

/** The searches that answer `query`, which comes from `within`; null when there would be too many. */
export function branchesOf(query: Query, asking: Asking): Branch[] | null {
  const ways = alternatives(query, asking);
  return ways && ways.map((way) => branchOf(way, asking));
}

function branchOf(way: Query[], asking: Asking): Branch {
  const criteria: Criteria[] = [];
  const rest: Query[] = [];
  for (const part of way) {
    const exact = exactOf(part, asking);
    const narrow = exact ?? keyOf(part, asking).criteria;
    if (narrow) criteria.push(narrow);
    if (!exact) rest.push(part);
  }
  return { criteria: allOf(criteria), rest };
}

/** Criteria for a query the server can judge whole; null when it cannot. */
function exactOf(query: Query, asking: Asking): Criteria | null {
  if (query.is === 'all') return { all: true };
  if (query.is !== 'and' && query.is !== 'or') {
    const key = keyOf(query, asking);
    return key.exact ? key.criteria : null;
  }
  const of = query.of.map((q) => exactOf(q, asking));
  const known = of.filter((criteria) => criteria !== null);
  if (known.length < of.length) return null;
  return query.is === 'and' ? allOf(known) : anyOf(known);
}

/** Lists of parts that must hold together; a part is a term, its negation, or a query the server can judge. */
function alternatives(query: Query, asking: Asking): Query[][] | null {
  if ((query.is !== 'and' && query.is !== 'or') || exactOf(query, asking)) return [[query]];
  let ways: Query[][] = query.is === 'or' ? [] : [[]];
  for (const part of query.of) {
    const more = alternatives(part, asking);
    if (!more) return null;
    ways = query.is === 'or' ? [...ways, ...more] : ways.flatMap((way) => more.map((w) => [...way, ...w]));
    if (ways.length > MOST_BRANCHES) return null;
  }
  return ways;
}
