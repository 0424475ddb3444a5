/**
 * Drafts on this device, and how one becomes a mail.
 *
 * Decision: a draft is kept as it is typed, each time in a strict transaction. Message-ID and date are minted when
 * the person presses Send, once: every later try, also by hand after an unsure end, is the same mail. What a header
 * cannot carry (line breaks, broken identifiers in somebody else's References) is mended here, so that a mail never
 * fails for what its writer could not see.
 */
import type { Outgoing } from '../../shared/commands.ts';
import type { Address } from '../../shared/mail.ts';
import { write, type Database } from './db.ts';
import { noEffect, type Effect } from './effect.ts';
import type { Draft } from './model.ts';

export function putDraft(db: Database, draft: Draft): Promise<Effect> {
  return write(db, 'strict', async (tx) => {
    const put = tx.objectStore('drafts').put(draft);
    // At once: a page that is being closed does not live to see the put succeed.
    tx.commit();
    await put;
    return { ...noEffect(), drafts: [draft] };
  });
}

export function dropDraft(db: Database, id: string): Promise<Effect> {
  return write(db, 'strict', async (tx) => {
    await tx.objectStore('drafts').delete(id);
    return { ...noEffect(), draftsGone: [id] };
  });
}

/** At most this many identifiers in References; the first and the latest are kept (RFC 5537 §3.4.4). */
const REFERENCES = 100;

function line(text: string): string {
  return text.replaceAll(/[\r\n\0]+/g, ' ').trim();
}

function isIdentifier(text: string): boolean {
  return text.length <= 998 && /^<[^<>\s]+>$/.test(text);
}

function references(all: string[]): string[] {
  const good = all.filter(isIdentifier);
  return good.length <= REFERENCES ? good : [...good.slice(0, 1), ...good.slice(1 - REFERENCES)];
}

function addresses(all: Address[]): Address[] {
  return all.map(({ name, address }) => ({ name: line(name).slice(0, 500), address: address.trim() }));
}

/**
 * The mail a draft becomes.
 * @param from the account's own address
 * @param date milliseconds since 1970
 */
export function outgoing(draft: Draft, from: string, messageId: string, date: number): Outgoing {
  return {
    messageId,
    date,
    from: { name: '', address: from },
    to: addresses(draft.to),
    cc: addresses(draft.cc),
    bcc: addresses(draft.bcc),
    subject: line(draft.subject).slice(0, 2000),
    text: draft.text,
    inReplyTo: draft.inReplyTo !== null && isIdentifier(draft.inReplyTo) ? draft.inReplyTo : null,
    references: references(draft.references),
    answers: draft.answers,
  };
}
