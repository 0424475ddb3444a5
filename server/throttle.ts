/**
 * Counts tries in a sliding window, so that guessing a password takes years and a typing mistake costs nothing.
 *
 * Decision: a try is counted before the mail server is asked, and given back when it turns out to be no guess;
 * so twenty requests at once cannot slip through. Kept in memory: a restart forgets, which an attacker cannot
 * cause. The table is bounded; when it is full, whoever has been quiet for longest is forgotten.
 */
import { isIPv6 } from 'node:net';

const KEYS = 20_000;

export class Throttle {
  readonly #tries = new Map<string, number[]>();
  readonly #limit: number;
  readonly #window: number;
  readonly #clock: () => number;

  /** At most `limit` tries of one key in `window` milliseconds. */
  constructor(limit: number, window: number, clock: () => number) {
    this.#limit = limit;
    this.#window = window;
    this.#clock = clock;
  }

  /** Milliseconds until the key may try again; 0: now. */
  wait(key: string): number {
    const tries = this.#recent(key);
    const first = tries[tries.length - this.#limit];
    return first === undefined ? 0 : first + this.#window - this.#clock();
  }

  count(key: string): void {
    const tries = [...this.#recent(key), this.#clock()];
    // Deleted first, so that the map's order is the order of the last try.
    this.#tries.delete(key);
    this.#tries.set(key, tries);
    if (this.#tries.size > KEYS)
      for (const oldest of this.#tries.keys()) return void this.#tries.delete(oldest);
  }

  /** Takes one try back. */
  forgive(key: string): void {
    const tries = this.#recent(key).slice(0, -1);
    if (tries.length > 0) this.#tries.set(key, tries);
    else this.#tries.delete(key);
  }

  #recent(key: string): number[] {
    const since = this.#clock() - this.#window;
    return (this.#tries.get(key) ?? []).filter((at) => at > since);
  }
}

/** What one subscriber usually has to himself: an IPv4 address, or the first 64 bits of an IPv6 one. */
export function networkOf(ip: string): string {
  const bare = ip.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(bare)) return bare;
  const [left = '', right] = bare.split('::');
  const groups = left === '' ? [] : left.split(':');
  if (right !== undefined) {
    const tail = right === '' ? [] : right.split(':');
    while (groups.length + tail.length < 8) groups.push('0');
    groups.push(...tail);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
