/**
 * A search tree as a person would type it: for chips, saved searches and the address bar.
 *
 * Decision: what is printed parses to the same tree. Words are quoted as soon as anything in them could be read as
 * grammar; a quote costs nothing, a misread search does.
 */
import type { Query, Term } from './query.ts';

/** Words as they stand, or in quotes where they could be taken for something else. */
function quoted(words: string): string {
  const bare = /^[^\s\p{Cc}()"“”„:\\-][^\s\p{Cc}()"“”„:\\]*$/u.test(words) && words !== 'OR';
  return bare ? words : `"${words.replace(/["\\]/g, '\\$&')}"`;
}

function bytesOf(bytes: number): string {
  if (bytes > 0 && bytes % 1024 ** 2 === 0) return `${bytes / 1024 ** 2}M`;
  if (bytes > 0 && bytes % 1024 === 0) return `${bytes / 1024}K`;
  return String(bytes);
}

function printTerm(term: Term): string {
  switch (term.is) {
    case 'text':
      return quoted(term.words);
    case 'field':
      return `${term.field}:${quoted(term.words)}`;
    case 'in':
      return `in:${quoted(term.mailbox)}`;
    case 'label':
      return `label:${quoted(term.label)}`;
    case 'state':
      return `is:${term.state}`;
    case 'has':
      return `has:${term.what}`;
    case 'size':
      return `${term.side}:${bytesOf(term.bytes)}`;
    case 'date':
      return `${term.side}:${term.day}`;
    default:
      return `${term.side}_than:${term.count}${term.unit}`;
  }
}

/** Prints `query` so that parsing gives the same tree; the empty string for `all`. */
export function print(query: Query): string {
  switch (query.is) {
    case 'all':
      return '';
    case 'and':
      return query.of.map(print).join(' ');
    case 'or':
      return query.of.map(printOperand).join(' OR ');
    case 'not':
      return `-${printOperand(query.of)}`;
    default:
      return printTerm(query);
  }
}

function printOperand(query: Query): string {
  return query.is === 'and' || query.is === 'or' ? `(${print(query)})` : print(query);
}
