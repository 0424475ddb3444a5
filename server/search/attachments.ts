/**
 * Conditions on attachments, judged by what BODYSTRUCTURE says: their names and types.
 *
 * Decision: IMAP has no search key for them. The structure of messages that have attachments is read, newest
 * first, in short jobs, and only of so many; what was not looked at is said.
 */
import { folded } from '../../shared/query-match.ts';
import type { Query } from '../../shared/query.ts';
import type { Part } from '../../shared/mail.ts';

/** Whether a term, or its negation, asks for names or types of attachments. */
export function asksForParts(literal: Query): boolean {
  const term = literal.is === 'not' ? literal.of : literal;
  return (
    (term.is === 'field' && term.field === 'filename') || (term.is === 'has' && term.what !== 'attachment')
  );
}

/** Whether the parts of a message answer such a condition. */
export function partsAnswer(literal: Query, parts: Part[]): boolean {
  if (literal.is === 'not') return !partsAnswer(literal.of, parts);
  const attached = parts.filter((part) => !part.inline);
  if (literal.is === 'field')
    return attached.some((part) => folded(part.name).includes(folded(literal.words)));
  if (literal.is !== 'has') return false;
  if (literal.what === 'image') return attached.some((part) => part.type.startsWith('image/'));
  return attached.some((part) => part.type === 'application/pdf' || /\.pdf$/i.test(part.name));
}
