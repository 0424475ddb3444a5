/**
 * Search on the mail server, for one account.
 *
 * Decision: mailboxes are asked one at a time, each in a short lane job, so that others go between and a search can
 * be taken back between any two. Hits are rows of our store, newest first over all mailboxes. A page ends at a
 * date and an id, so the next goes on there even if the bridge has forgotten the search or mail has come since.
 * A mailbox that cannot be searched is named and does not spoil the rest.
 */
import type { Found } from '../shared/protocol.ts';
import { parse, type Query } from '../shared/query.ts';
import { ImapAuth, ImapDown, ImapRefused } from './imap-answers.ts';
import {
  Cancelled,
  MailboxSearch,
  MOST_STRUCTURES,
  namedOf,
  type Hit,
  type SearchDeps,
} from './search/one-mailbox.ts';
import { asksFor, branchesOf, within, type Branch } from './search/plan.ts';
import type { MailboxRecord } from './store/records.ts';

export interface Question {
  id: number;
  /** Grammar of `shared/query.ts`. */
  query: string;
  /** Search only in this mailbox; null: where `in:` says, else everywhere but in junk and trash. */
  mailbox: number | null;
  /** Most messages of one page. */
  limit: number;
  /** `next` of the page before. */
  after: string | null;
}

/** All hits of one search, newest first, and what could not be covered. */
interface Result {
  key: string;
  hits: Hit[];
  note: string;
}

/** A search that cannot be carried out; the message is for the person. */
class Unanswerable extends Error {}

/** How long the hits of a search are kept for its next page, milliseconds. */
const KEEP = 5 * 60_000;

export class Search {
  readonly #deps: SearchDeps;
  /** The last search that has another page: only a saving, it is made again when it is not here. */
  #last: Result | null = null;
  #forget: NodeJS.Timeout | null = null;

  constructor(deps: SearchDeps) {
    this.#deps = deps;
  }

  /**
   * Answers with one page, or with an error in words; not at all when `cancelled` says so. Rejects, after it
   * answered, only for faults of the bridge itself.
   */
  async ask(question: Question, answer: (found: Found) => void, cancelled: () => boolean): Promise<void> {
    const frame = { t: 'found', account: this.#deps.account, id: question.id } as const;
    const nothing = { messages: [], next: null, left: 0, note: '' };
    try {
      const page = await this.#page(question, cancelled);
      if (!cancelled()) answer({ ...frame, ...page, error: null });
    } catch (error) {
      if (error instanceof Cancelled) return;
      const words = wordsFor(error);
      if (!cancelled())
        answer({ ...frame, ...nothing, error: words ?? 'The bridge could not search. Its log says more.' });
      if (words === null) throw error;
    }
  }

  async #page(
    question: Question,
    cancelled: () => boolean,
  ): Promise<Omit<Found, 't' | 'account' | 'id' | 'error'>> {
    const from = placeOf(question.after);
    const key = JSON.stringify([question.query, question.mailbox]);
    const kept = from && this.#last?.key === key ? this.#last : null;
    const result = kept ?? { key, ...(await this.#all(question, cancelled)) };
    const hits = from ? result.hits.filter((hit) => follows(hit, from)) : result.hits;
    const page = hits.slice(0, question.limit);
    const left = hits.length - page.length;
    this.#keep(left > 0 ? result : null);
    const rows = await this.#deps.store.messagesById(
      this.#deps.account,
      page.map((hit) => hit.id),
    );
    const last = page.at(-1);
    return {
      messages: rows.toSorted((a, b) => b.date - a.date || b.id - a.id),
      next: left > 0 && last ? `${last.date}.${last.id}` : null,
      left,
      note: result.note,
    };
  }

  #keep(result: Result | null): void {
    if (this.#forget) clearTimeout(this.#forget);
    this.#last = result;
    this.#forget = result ? setTimeout(() => (this.#last = null), KEEP).unref() : null;
  }

  async #all(question: Question, cancelled: () => boolean): Promise<{ hits: Hit[]; note: string }> {
    const { account, store } = this.#deps;
    const query = parse(question.query);
    const boxes = chosen(await store.mailboxes(account), query, question.mailbox);
    const now = Date.now();
    const hits: Hit[] = [];
    const notes: string[] = [];
    let missing = 0;
    let cut = false;
    for (const box of boxes) {
      const here = within(query, namedOf(box));
      if (here === null) continue;
      if (cancelled()) throw new Cancelled('The search was taken back.');
      try {
        const search = new MailboxSearch(this.#deps, box, now, cancelled);
        const found = await search.run((session) => planned(here, now, session.has('X-GM-EXT-1')));
        const seen = box.role === 'all' ? new Set(hits.map((hit) => hit.messageId)) : null;
        hits.push(...found.hits.filter((hit) => hit.messageId === null || !seen?.has(hit.messageId)));
        missing += found.missing;
        cut ||= found.cut;
      } catch (error) {
        if (!(error instanceof ImapRefused)) throw error;
        notes.push(`“${box.path}” could not be searched: ${error.message.slice(0, 200)}`);
      }
    }
    if (missing > 0) notes.push(`${missing} more ${missing === 1 ? 'is' : 'are'} not here yet.`);
    if (cut)
      notes.push(`Attachments were looked at in the newest ${MOST_STRUCTURES} messages of a mailbox only.`);
    return { hits: hits.toSorted((a, b) => b.date - a.date || b.id - a.id), note: notes.join(' ') };
  }
}

/** The mailboxes to search. The one that shows all mail comes last, for it repeats what the others hold. */
function chosen(boxes: MailboxRecord[], query: Query, only: number | null): MailboxRecord[] {
  if (only !== null) {
    const box = boxes.find(({ id }) => id === only);
    if (!box?.selectable) throw new Unanswerable('This mailbox is not there any more, or holds no messages.');
    return [box];
  }
  const apart = new Set<MailboxRecord['role']>(['junk', 'trash', 'flagged']);
  const open = boxes.filter(
    (box) => box.selectable && (!apart.has(box.role) || asksFor(query, namedOf(box))),
  );
  return open.toSorted((a, b) => Number(a.role === 'all') - Number(b.role === 'all'));
}

function planned(query: Query, now: number, gmail: boolean): Branch[] {
  const branches = branchesOf(query, { now, gmail });
  if (branches) return branches;
  throw new Unanswerable('This search has too many alternatives for the mail server.');
}

/** Where a page begins; null: at the newest. Throws for what no page has told. */
function placeOf(after: string | null): { date: number; id: number } | null {
  if (after === null) return null;
  const [, date, id] = /^(\d{1,16})\.(\d{1,16})$/.exec(after) ?? [];
  if (date === undefined) throw new Unanswerable('This is not where a page of this search ended.');
  return { date: Number(date), id: Number(id) };
}

function follows(hit: Hit, from: { date: number; id: number }): boolean {
  return hit.date < from.date || (hit.date === from.date && hit.id < from.id);
}

/** Words for the person; null for a fault of ours. */
function wordsFor(error: unknown): string | null {
  if (error instanceof ImapDown) return 'The mail server cannot be reached.';
  if (error instanceof ImapAuth) return 'The mail server refused the password.';
  return error instanceof Unanswerable ? error.message : null;
}
