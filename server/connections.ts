/**
 * How many lines are being opened to one mail host at a time, over all accounts of this process.
 *
 * Decision: opening is what hurts a host (TLS, the password), so openings take turns, which also spreads a start with
 * many accounts. A host that says it has too many connections has said so for everybody: all are told at once that
 * it is busy, without asking it, until a pause is over that doubles with each such answer. Who is told waits with
 * back-off of its own, so the end of a pause is no storm either. Open lines are not counted: an idle one costs
 * little, and only the host knows its limit.
 */
import { ImapBusy } from './imap-answers.ts';

/** Openings to one host at a time. */
export const OPENINGS = 8;
/** Milliseconds of the first pause after a refusal, and of the longest. */
export const FIRST_PAUSE = 5_000;
export const LONGEST_PAUSE = 5 * 60_000;

interface Host {
  opening: number;
  waiting: (() => void)[];
  /** Refusals since the last line that opened after a pause. */
  refusals: number;
  /** No line is opened before this. */
  pausedUntil: number;
}

export class Connections {
  readonly #hosts = new Map<string, Host>();
  readonly #now: () => number;
  readonly #most: number;

  /** `now` is a clock in milliseconds, `most` the openings to one host at a time. */
  constructor(now: () => number, most = OPENINGS) {
    this.#now = now;
    this.#most = most;
  }

  /**
   * Runs `open` when it is its turn at this host. Throws what `open` throws; ImapBusy without running it while the
   * host is left in peace.
   */
  async open<T>(name: string, open: () => Promise<T>): Promise<T> {
    const host = this.#host(name);
    this.#peace(host);
    if (host.opening < this.#most) host.opening += 1;
    // Who leaves hands over its place, so nobody who comes meanwhile can take it.
    else await new Promise<void>((resolve) => host.waiting.push(resolve));
    const begun = this.#now();
    try {
      this.#peace(host);
      const opened = await open();
      if (begun >= host.pausedUntil) host.refusals = 0;
      return opened;
    } catch (error) {
      if (error instanceof ImapBusy && begun >= host.pausedUntil) this.#pause(host);
      throw error;
    } finally {
      this.#leave(name, host);
    }
  }

  #host(name: string): Host {
    const key = name.toLowerCase();
    const known = this.#hosts.get(key);
    if (known) return known;
    const host: Host = { opening: 0, waiting: [], refusals: 0, pausedUntil: 0 };
    this.#hosts.set(key, host);
    return host;
  }

  #peace(host: Host): void {
    if (this.#now() < host.pausedUntil)
      throw new ImapBusy('it has too many connections and is left in peace');
  }

  /** One pause for all that were refused together: they began before it. */
  #pause(host: Host): void {
    host.pausedUntil = this.#now() + Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** host.refusals);
    host.refusals += 1;
  }

  #leave(name: string, host: Host): void {
    const next = host.waiting.shift();
    if (next) return next();
    host.opening -= 1;
    const idle = host.opening === 0 && host.refusals === 0;
    if (idle) this.#hosts.delete(name.toLowerCase());
  }
}
