/**
 * A search in one mailbox: the server's UIDs, made into rows of ours and judged by them.
 *
 * Decision: one short lane job asks the server; everything else happens outside the lane, so a person's other
 * requests go on meanwhile. A UID that has no row yet is counted, never guessed.
 */
import type { Message } from '../../shared/mail.ts';
import { matches, type NamedMailbox, type SearchContext } from '../../shared/query-match.ts';
import type { ImapSession } from '../imap.ts';
import { URGENT, type Lane } from '../lane.ts';
import type { MailboxRecord, Place } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { asksForParts, partsAnswer } from './attachments.ts';
import type { Branch } from './plan.ts';

/** One message found. */
export interface Hit {
  id: number;
  /** INTERNALDATE, milliseconds since 1970. */
  date: number;
  messageId: string | null;
}

export interface Searched {
  hits: Hit[];
  /** UIDs the server found that are not mirrored yet. */
  missing: number;
  /** Attachments of older messages were not looked at. */
  cut: boolean;
}

export interface SearchDeps {
  account: string;
  store: Store;
  lane: Lane;
}

const SLICE = 200;
/** Most messages whose BODYSTRUCTURE is read for one search in one mailbox. */
export const MOST_STRUCTURES = 2000;

/** A stored mailbox as the search grammar names it. */
export function namedOf({ path, delimiter, role }: MailboxRecord): NamedMailbox {
  return { name: path, delimiter, role };
}

/** The mailbox was searched no further: nobody waits for the answer. */
export class Cancelled extends Error {}

export class MailboxSearch {
  readonly #deps: SearchDeps;
  readonly #box: MailboxRecord;
  readonly #context: SearchContext;
  readonly #cancelled: () => boolean;
  #cut = false;

  constructor(deps: SearchDeps, box: MailboxRecord, now: number, cancelled: () => boolean) {
    this.#deps = deps;
    this.#box = box;
    this.#cancelled = cancelled;
    // Where the time zone is not known, what may lie on the right day is kept: the device trims.
    this.#context = { now, midnight: null, mailbox: () => namedOf(box), text: null };
  }

  /** Throws ImapRefused, ImapDown, ImapAuth as the lane does; Cancelled when nobody waits any more. */
  async run(branches: (session: { has: (capability: string) => boolean }) => Branch[]): Promise<Searched> {
    const found = await this.#job(async (session) => {
      const ways = [];
      for (const branch of branches(session))
        ways.push({ branch, uids: await session.search(branch.criteria) });
      return ways;
    });
    const hits = new Map<number, Hit>();
    const missing = new Set<number>();
    for (const { branch, uids } of found) {
      const places = await this.#deps.store.placesByUid(this.#deps.account, this.#box.id, uids);
      const known = new Set(places.map((place) => place.uid));
      for (const uid of uids) if (!known.has(uid)) missing.add(uid);
      for (const place of await this.#judged(places, branch)) hits.set(place.id, place);
    }
    return { hits: [...hits.values()], missing: missing.size, cut: this.#cut };
  }

  /** Runs `work` with the mailbox selected, unless nobody waits any more. */
  #job<T>(work: (session: ImapSession) => Promise<T>): Promise<T> {
    return this.#deps.lane.run(URGENT.person, async (session) => {
      this.#heed();
      await session.enter(this.#box.path, this.#box.uidvalidity);
      return work(session);
    });
  }

  #heed(): void {
    if (this.#cancelled()) throw new Cancelled('The search was taken back.');
  }

  /** The places whose rows answer what the server could not judge, newest first. */
  async #judged(places: Place[], { rest }: Branch): Promise<Place[]> {
    if (rest.length === 0) return places;
    const newestFirst = places.toSorted((a, b) => b.date - a.date || b.id - a.id);
    const kept: Place[] = [];
    const unsure: Place[] = [];
    const byParts = rest.filter(asksForParts);
    for (let at = 0; at < newestFirst.length; at += SLICE) {
      this.#heed();
      const slice = newestFirst.slice(at, at + SLICE);
      const rows = await this.#rows(slice);
      for (const place of slice) {
        const row = rows.get(place.id);
        if (!row || rest.some((q) => matches(q, row, this.#context) === 'no')) continue;
        const open = byParts.some((q) => matches(q, row, this.#context) === 'unsure');
        (open ? unsure : kept).push(place);
      }
    }
    return [...kept, ...(await this.#byParts(unsure, byParts))];
  }

  async #rows(places: Place[]): Promise<Map<number, Message>> {
    const ids = places.map((place) => place.id);
    const rows = await this.#deps.store.messagesById(this.#deps.account, ids);
    // A long scan leaves the loop to others between two slices.
    await new Promise<void>((resolve) => setImmediate(resolve));
    return new Map(rows.map((row) => [row.id, row]));
  }

  async #byParts(places: Place[], conditions: Branch['rest']): Promise<Place[]> {
    const kept: Place[] = [];
    if (places.length > MOST_STRUCTURES) this.#cut = true;
    const looked = places.slice(0, MOST_STRUCTURES);
    for (let at = 0; at < looked.length; at += SLICE) {
      const slice = looked.slice(at, at + SLICE);
      const set = slice.map((place) => place.uid).join(',');
      const fetched = await this.#job((session) => session.rows(set, true));
      const parts = new Map(fetched.map((m) => [m.uid, m.layout.parts]));
      kept.push(...slice.filter((p) => conditions.every((q) => partsAnswer(q, parts.get(p.uid) ?? []))));
    }
    return kept;
  }
}
