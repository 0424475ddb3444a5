/**
 * People this device has seen, for suggestions.
 *
 * Decision: no address book yet; those written to count five times as much as those who wrote. Made once when a
 * composer opens: 20 000 rows take a few milliseconds.
 */
import type { Address, Mailbox, Message } from '../../shared/mail.ts';
import { isAddress } from './addresses.ts';

const MOST = 4;
const fold = (text: string) => text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();

/** Ranks the addresses of `messages`; the answer suggests up to four for what has been typed. */
export function knownPeople(
  messages: Iterable<Message>,
  mailboxes: ReadonlyMap<number, Mailbox>,
): (text: string) => Address[] {
  const people = new Map<string, { address: Address; key: string; score: number }>();
  const add = (a: Address, weight: number) => {
    if (!isAddress(a.address)) return;
    const id = a.address.toLowerCase();
    const known = people.get(id);
    if (known === undefined)
      people.set(id, { address: a, key: fold(`${a.name} ${a.address}`), score: weight });
    else known.score += weight;
  };
  for (const m of messages) {
    const role = mailboxes.get(m.mailbox)?.role;
    if (role === 'junk' || role === 'trash') continue;
    if (role === 'sent') for (const a of [...m.to, ...m.cc]) add(a, 5);
    else for (const a of m.from) add(a, 1);
  }
  const ranked = [...people.values()].toSorted((a, b) => b.score - a.score);
  return (text) => {
    const sought = fold(text.trim());
    const starts = (key: string) => key.startsWith(sought) || key.includes(` ${sought}`);
    return ranked
      .filter((p) => starts(p.key))
      .slice(0, MOST)
      .map((p) => p.address);
  };
}
