/**
 * The searches devices have under way in one account.
 *
 * Decision: a question belongs to the socket that asked it and is not kept: a socket that is gone has no questions,
 * and `cancel` only lets go of one. A few at once are allowed, so that typing fast cannot fill the lane.
 */
import { LIMITS, type SearchAsk } from '../shared/protocol.ts';
import type { Viewer } from './doors.ts';
import { describeError, type Log } from './log.ts';
import type { Search } from './search.ts';

export class Questions {
  readonly #account: string;
  readonly #search: Pick<Search, 'ask'>;
  readonly #log: Log;
  readonly #open = new WeakMap<Viewer, Set<SearchAsk>>();

  constructor(account: string, search: Pick<Search, 'ask'>, log: Log) {
    this.#account = account;
    this.#search = search;
    this.#log = log;
  }

  /** Answers by one `found` frame. The same number again takes the place of the question before. */
  ask(viewer: Viewer, ask: SearchAsk): void {
    this.cancel(viewer, ask.id);
    const open = this.#open.get(viewer) ?? new Set<SearchAsk>();
    this.#open.set(viewer, open);
    if (open.size >= LIMITS.searches) {
      const nothing = { messages: [], next: null, left: 0, note: '' };
      const error = 'Other searches are still under way.';
      viewer.send({ t: 'found', account: this.#account, id: ask.id, ...nothing, error });
      return;
    }
    open.add(ask);
    void this.#answer(viewer, ask, open);
  }

  /** No answer is wanted any more. */
  cancel(viewer: Viewer, id: number): void {
    const open = this.#open.get(viewer);
    for (const ask of open ?? []) if (ask.id === id) open?.delete(ask);
  }

  async #answer(viewer: Viewer, ask: SearchAsk, open: Set<SearchAsk>): Promise<void> {
    try {
      await this.#search.ask(
        ask,
        (found) => viewer.send(found),
        () => viewer.closed || !open.has(ask),
      );
    } catch (error) {
      // It has been answered with words; this is for the operator.
      this.#log.error({ account: this.#account, error: describeError(error) }, 'a search failed');
    } finally {
      open.delete(ask);
    }
  }
}
