/**
 * Ids that survive: which mail on the server is one we already hold under another UID or in another mailbox.
 *
 * Decision, when UIDVALIDITY changes (RFC 9051 §2.3.1.1): first every row of the mailbox is parked at a UID below
 * zero, made of its own id, so that old and new UIDs cannot collide; then the new UIDs are read in chunks and each
 * takes the parked row that is the same mail; what stays parked is gone. The record's UIDVALIDITY says how far
 * that is: `~` while parking, `~X` while matching against X. No command can enter a mailbox so marked, and a line
 * that breaks anywhere leaves enough to go on from.
 *
 * Decision, when another program moved mail: the mailbox it came to takes the row. New mail that equals a row of
 * another mailbox is a copy if that UID is still on the server, and the same mail if not. Our own rows are asked
 * first, by Message-ID, so ordinary new mail costs the server nothing. Before rows are dropped, new mail elsewhere
 * is read (mirror.ts sees to that order). Mailboxes that only show what lies elsewhere never take a row.
 */
import { ImapRefused, type Fetched, type Selected } from './imap-answers.ts';
import type { ImapSession } from './imap.ts';
import type { MailboxRecord, Place, Writes } from './store/records.ts';
import type { Store } from './store/store.ts';

/** What of a message tells whether it is the same mail. */
export type Likeness = Pick<Fetched, 'uid' | 'messageId' | 'size' | 'date' | 'flags'>;

export interface RematchOptions {
  account: string;
  store: Store;
  commit: (writes: Writes) => Promise<void>;
}

const CHUNK = 500;

/** UIDVALIDITY of a mailbox whose rows are being matched anew; never one of a server's (RFC 9051 §9, nz-number). */
const MARK = '~';

const exactly = (m: { messageId: string | null; size: number; date: number }) =>
  `${m.size} ${m.date} ${m.messageId ?? ''}`;

export class Rematch {
  readonly #options: RematchOptions;

  constructor(options: RematchOptions) {
    this.#options = options;
  }

  /**
   * Gives the rows of a mailbox, selected now under another UIDVALIDITY, their new UIDs; drops those that are not
   * there any more. May be cut anywhere and begun again. Throws ImapDown.
   */
  async renumber(session: ImapSession, before: MailboxRecord, selected: Selected): Promise<void> {
    const { account, store, commit } = this.#options;
    const matching = MARK + selected.uidvalidity;
    const mark = (uidvalidity: string) =>
      commit({ mailboxes: [{ ...before, mirrored: false, modseq: null, uidvalidity }] });
    if (before.uidvalidity !== matching) {
      await mark(MARK);
      const places = await store.placesIn(account, before.id);
      for (const some of chunksOf(places.filter((p) => p.uid > 0)))
        await commit({ places: some.map(({ id }) => ({ id, mailbox: before.id, uid: -id })) });
      await mark(matching);
    }
    const places = await store.placesIn(account, before.id);
    const known = new Set(places.map((p) => p.uid));
    const parked = new Map(places.filter((p) => p.uid < 0).map((p) => [p.id, p]));
    const byName = Map.groupBy(parked.values(), (p) => p.messageId);
    const byDate = Map.groupBy(parked.values(), (p) => p.date);
    for (const uids of chunksOf((await session.uids()).filter((uid) => !known.has(uid)))) {
      const fetched = await session.rows(uids.join(','), true);
      const alike = fetched.flatMap((m) => [
        ...((m.messageId === null ? null : byName.get(m.messageId)) ?? []),
        ...(byDate.get(m.date) ?? []),
      ]);
      const pairs = matched(
        fetched,
        [...new Set(alike)].filter((p) => parked.has(p.id)),
      );
      await commit(writesOf(pairs, before.id));
      for (const [, place] of pairs) parked.delete(place.id);
    }
    for (const ids of chunksOf([...parked.keys()])) await commit({ drop: ids });
  }

  /**
   * Rows of mail that lies in `box` now and was elsewhere before: uid in `box` → the row. Leaves `box` selected.
   * Throws ImapDown.
   */
  async moved(session: ImapSession, box: MailboxRecord, fresh: Fetched[]): Promise<Map<number, Place>> {
    const { account, store } = this.#options;
    const found = new Map<number, Place>();
    if (box.role === 'all' || box.role === 'flagged') return found;
    const named = fresh.filter((m) => m.messageId !== null);
    const wanted = new Set(named.map(exactly));
    const held = await store.placesByMessageId(account, [...new Set(named.map((m) => m.messageId!))]);
    const alike = held.filter((p) => p.mailbox !== box.id && p.uid > 0 && wanted.has(exactly(p)));
    if (alike.length === 0) return found;
    const free: Place[] = [];
    for (const [id, places] of Map.groupBy(alike, (p) => p.mailbox))
      free.push(...(await this.#vanished(session, id, places)));
    await session.enter(box.path, box.uidvalidity);
    for (const m of named) {
      const at = free.findIndex((p) => exactly(p) === exactly(m));
      if (at !== -1) found.set(m.uid, free.splice(at, 1)[0]!);
    }
    return found;
  }

  /** Those of a mailbox's rows whose UID the server does not hold any more. */
  async #vanished(session: ImapSession, id: number, places: Place[]): Promise<Place[]> {
    const { account, store } = this.#options;
    const box = (await store.mailboxes(account)).find((each) => each.id === id);
    if (!box?.selectable) return [];
    try {
      // Afresh: a mailbox selected before may not have told yet what was expunged.
      if ((await session.select(box.path)).uidvalidity !== box.uidvalidity) return [];
      const still = await session.flags(places.map((p) => p.uid).join(','), null);
      const there = new Set(still.map((m) => m.uid));
      return places.filter((p) => !there.has(p.uid));
    } catch (error) {
      if (error instanceof ImapRefused) return []; // It cannot be opened: its mail counts as still there.
      throw error;
    }
  }
}

type Pair = [Likeness, Place];

/** The writes that put rows where their mail was found, with the flags it has there. */
export function writesOf(pairs: [Pick<Likeness, 'uid' | 'flags'>, Place][], mailbox: number): Writes {
  return {
    places: pairs.map(([m, { id }]) => ({ id, mailbox, uid: m.uid })),
    flags: pairs.map(([m, { id }]) => ({ id, flags: m.flags })),
  };
}

/**
 * Pairs of one mail each: by Message-ID, size and date; then by Message-ID and size; then, where at most one side
 * has a Message-ID, by date and size. The last two only where one mail and one row answer to it.
 */
export function matched(fetched: Likeness[], rows: Place[]): Pair[] {
  const pairs: Pair[] = [];
  const taken = new Set<Likeness | Place>();
  const pass = (keyOf: (m: Likeness | Place) => string | null, unique: boolean) => {
    const free = (m: Likeness | Place) => !taken.has(m);
    const left = Map.groupBy(rows.filter(free), keyOf);
    const asked = Map.groupBy(fetched.filter(free), keyOf);
    for (const [key, mails] of asked) {
      const same = left.get(key) ?? [];
      if (key === null || (unique && (mails.length > 1 || same.length > 1))) continue;
      for (const [i, m] of mails.entries()) {
        const row = same[i];
        if (!row || (m.messageId !== null && row.messageId !== null && m.messageId !== row.messageId))
          continue;
        pairs.push([m, row]);
        taken.add(m).add(row);
      }
    }
  };
  pass((m) => (m.messageId === null ? null : exactly(m)), false);
  pass((m) => (m.messageId === null ? null : `${m.size} ${m.messageId}`), true);
  pass((m) => `${m.date} ${m.size}`, true);
  return pairs;
}

function chunksOf<T>(all: T[]): T[][] {
  const out: T[][] = [];
  for (let at = 0; at < all.length; at += CHUNK) out.push(all.slice(at, at + CHUNK));
  return out;
}
