/**
 * The devices that look at one account now, each at its own rev.
 *
 * Decision: a viewer is either live (every commit is sent to it at once) or catching up (it reads pages from the
 * store at its own pace). A socket that fills up falls back to catching up, so a slow device costs one page of
 * memory and delays nobody. Pages are read in turns of the account: what a viewer was sent is always a closed
 * interval, and a page of a first sync never comes before a newer fact about the same row.
 */
import type { Cursor, Down } from '../shared/protocol.ts';
import type { Viewer } from './doors.ts';
import type { Facts } from './store/records.ts';
import type { Store } from './store/store.ts';
import type { Turns } from './turns.ts';

interface Seat {
  viewer: Viewer;
  rev: number;
  fill: string | null;
  live: boolean;
}

const PAGE = 500;
const FILL_PAGE = 200;
/** Bytes waiting in a socket above which nothing more is written to it. */
const FULL = 1 << 20;

export class Audience {
  readonly #account: string;
  readonly #epoch: string;
  readonly #store: Store;
  readonly #turns: Turns;
  readonly #seats = new Map<Viewer, Seat>();

  constructor(account: string, epoch: string, store: Store, turns: Turns) {
    this.#account = account;
    this.#epoch = epoch;
    this.#store = store;
    this.#turns = turns;
  }

  /** Seats a viewer: continues from its cursor, or starts it anew with the snapshot. */
  async attach(viewer: Viewer, cursor: Cursor | null): Promise<void> {
    const seat = await this.#turns.take(async () => {
      const good = cursor && (await this.#store.cursorGood(this.#account, cursor.epoch, cursor.rev));
      const seat: Seat = { viewer, rev: cursor?.rev ?? 0, fill: cursor?.fill ?? null, live: false };
      if (good) {
        // Even with no news: the device must hear that its epoch stands before it lets a send go again.
        const gone = { mailboxes: [], messages: [] };
        const nothing = { mailboxes: [], messages: [], gone, settled: [] };
        viewer.send(this.#changes({ from: cursor.rev, to: cursor.rev, ...nothing }, false, null));
      } else {
        if (cursor) viewer.send({ t: 'reset', account: this.#account, epoch: this.#epoch });
        const { facts, fill } = await this.#store.snapshot(this.#account);
        viewer.send(this.#changes(facts, false, fill));
        seat.rev = facts.to;
        seat.fill = fill;
      }
      this.#seats.set(viewer, seat);
      return seat;
    });
    void this.#catchUp(seat);
  }

  detach(viewer: Viewer): void {
    this.#seats.delete(viewer);
  }

  get size(): number {
    return this.#seats.size;
  }

  /** Tells every live viewer the facts of a commit. Called within the turn that made it. */
  publish(facts: Facts): void {
    for (const seat of this.#seats.values()) {
      if (!seat.live) continue;
      if (seat.viewer.buffered() > FULL) {
        seat.live = false;
        void this.#catchUp(seat);
        continue;
      }
      seat.viewer.send(this.#changes(facts, false, null));
      seat.rev = facts.to;
    }
  }

  /** Tells every viewer something that is not a fact. */
  tell(frame: Down): void {
    for (const seat of this.#seats.values()) seat.viewer.send(frame);
  }

  #changes(facts: Facts, more: boolean, fill: string | null): Down {
    return { t: 'changes', account: this.#account, epoch: this.#epoch, ...facts, more, fill };
  }

  async #catchUp(seat: Seat): Promise<void> {
    const { viewer } = seat;
    while (this.#seats.get(viewer) === seat && !viewer.closed) {
      if (viewer.buffered() > FULL) await viewer.drained();
      const done = await this.#turns.take(() => this.#step(seat));
      if (done) return;
    }
  }

  /** One page: facts first, then the first sync. True when there is nothing left but to stay live. */
  async #step(seat: Seat): Promise<boolean> {
    const page = seat.live ? null : await this.#store.delta(this.#account, seat.rev, PAGE);
    if (page) {
      seat.viewer.send(this.#changes(page.facts, page.more, null));
      seat.rev = page.facts.to;
      return false;
    }
    seat.live = true;
    if (seat.fill === null) return true;
    const fill = await this.#store.fill(this.#account, seat.fill, FILL_PAGE);
    const { messages, next, left } = fill;
    seat.viewer.send({ t: 'fill', account: this.#account, epoch: this.#epoch, messages, next, left });
    seat.fill = next;
    return false;
  }
}
