/**
 * The check of MOVE and COPY: which mail has come to the target, and under which UIDs.
 *
 * Decision: looked for among what came after the target's UIDNEXT of before the first try, by size and Message-ID,
 * or INTERNALDATE where there is none. It answers for a try that was broken off, and for a server that does not
 * tell places (no UIDPLUS). A UID answers for one message only.
 */
import type { Fetched } from '../imap-answers.ts';
import type { MailboxRecord, Place } from '../store/records.ts';
import type { Bench } from './bench.ts';

export class Arrivals {
  readonly #bench: Bench;
  readonly #target: MailboxRecord;
  readonly #taken = new Set<number>();

  constructor(bench: Bench, target: MailboxRecord) {
    this.#bench = bench;
    this.#target = target;
  }

  /** Message id → UID in the target, of those that have come. Selects the target. Throws ImapDown, ImapRefused. */
  async of(places: Place[]): Promise<Map<number, number>> {
    const found = new Map<number, number>();
    if (places.length === 0) return found;
    const { session, begun } = this.#bench;
    const { uidvalidity } = await session.select(this.#target.path);
    // A try of before there was a record of it: what is not mirrored has come since.
    const before = begun?.before ?? this.#target;
    const from = uidvalidity === before.uidvalidity ? before.uidnext : 1;
    // n:* names the last message even if its UID is lower.
    const came = (await session.rows(`${from}:*`, true)).filter((m) => m.uid >= from);
    for (const place of places) {
      const match = came.find((m) => !this.#taken.has(m.uid) && isSame(m, place));
      if (match) this.take(place.id, match.uid, found);
    }
    return found;
  }

  /** Notes that `uid` is where the message came to. */
  take(id: number, uid: number, found: Map<number, number>): void {
    this.#taken.add(uid);
    found.set(id, uid);
  }
}

function isSame(m: Fetched, place: Place): boolean {
  return m.size === place.size && (place.messageId ? m.messageId === place.messageId : m.date === place.date);
}
