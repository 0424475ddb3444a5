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
  /** One loop at a time reads pages for it. */
  catching: boolean;
}

const PAGE = 500;
const FILL_PAGE = 200;
/** Bytes waiting in a socket above which nothing more is written to it. */
const FULL = 1 << 20;
/** Milliseconds before a page that could not be read is tried again. */
const AGAIN = 5_000;

export class Audience {
  readonly #account: string;
  readonly #epoch: string;
  readonly #store: Store;
  readonly #turns: Turns;
  readonly #failed: (error: unknown) => void;
  /** Not greeted yet. */
  readonly #coming = new Map<Viewer, Seat>();
  readonly #seats = new Map<Viewer, Seat>();

  /** `failed` is told when a page could not be read. */
  constructor(account: string, epoch: string, store: Store, turns: Turns, failed: (error: unknown) => void) {
    this.#account = account;
    this.#epoch = epoch;
    this.#store = store;
    this.#turns = turns;
    this.#failed = failed;
  }

  /** Seats a viewer: continues from its cursor, or starts it anew with the snapshot. */
  async attach(viewer: Viewer, cursor: Cursor | null): Promise<void> {
    const seat: Seat = {
      ...{ viewer, rev: cursor?.rev ?? 0, fill: cursor?.fill ?? null },
      ...{ live: false, catching: false },
    };
    this.#coming.set(viewer, seat);
    await this.#turns.take(() => this.#greet(seat, cursor));
    void this.#catchUp(seat);
  }

  async #greet(seat: Seat, cursor: Cursor | null): Promise<void> {
    const { viewer } = seat;
    const good =
      cursor && (await this.#store.cursorGood(this.#account, cursor.epoch, cursor.rev, cursor.fill));
    if (this.#coming.get(viewer) !== seat) return;
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
    if (this.#coming.get(viewer) !== seat) return;
    this.#coming.delete(viewer);
    this.#seats.set(viewer, seat);
  }

  #seated(seat: Seat): boolean {
    return this.#seats.get(seat.viewer) === seat && !seat.viewer.closed;
  }

  /** Lets a viewer go, also one that is only coming. */
  detach(viewer: Viewer): void {
    this.#coming.delete(viewer);
    this.#seats.delete(viewer);
  }

  /** Lets everybody go: the account stops. */
  close(): void {
    this.#coming.clear();
    this.#seats.clear();
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
    if (seat.catching) return;
    seat.catching = true;
    while (this.#seated(seat)) {
      if (seat.viewer.buffered() > FULL) await seat.viewer.drained();
      try {
        if (await this.#turns.take(() => this.#step(seat))) return;
      } catch (error) {
        this.#failed(error);
        await new Promise<void>((resolve) => void setTimeout(resolve, AGAIN).unref());
      }
    }
  }

  /** One page: facts first, then the first sync. True when there is nothing left but to stay live. */
  async #step(seat: Seat): Promise<boolean> {
    if (!this.#seated(seat)) return true;
    const page = seat.live ? null : await this.#store.delta(this.#account, seat.rev, PAGE);
    if (page) {
      seat.viewer.send(this.#changes(page.facts, page.more, null));
      seat.rev = page.facts.to;
      return false;
    }
    seat.live = true;
    // Said within the turn, for the next one may already find the viewer full.
    seat.catching = seat.fill !== null;
    if (seat.fill === null) return true;
    const fill = await this.#store.fill(this.#account, seat.fill, FILL_PAGE);
    const { messages, next, left } = fill;
    seat.viewer.send({ t: 'fill', account: this.#account, epoch: this.#epoch, messages, next, left });
    seat.fill = next;
    return false;
  }
}
