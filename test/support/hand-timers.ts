/**
 * A clock that a test moves by hand: a wait ends when the test says so, and not before.
 */
import type { Timers } from '../../server/timers.ts';

export class HandTimers implements Timers {
  readonly #waits = new Set<{ ms: number; work: () => void }>();
  #told: (() => void)[] = [];

  readonly after = (ms: number, work: () => void): (() => void) => {
    const wait = { ms, work };
    this.#waits.add(wait);
    for (const resolve of this.#told.splice(0)) resolve();
    return () => this.#waits.delete(wait);
  };

  /** How many wait for exactly `ms` now. */
  pending(ms: number): number {
    return [...this.#waits].filter((wait) => wait.ms === ms).length;
  }

  /** Resolves when something waits for exactly `ms`. */
  async waiting(ms: number): Promise<void> {
    while (this.pending(ms) === 0) await new Promise<void>((resolve) => this.#told.push(resolve));
  }

  /** Ends every wait of exactly `ms`, as soon as there is one. */
  async elapse(ms: number): Promise<void> {
    await this.waiting(ms);
    for (const wait of [...this.#waits]) {
      if (wait.ms !== ms) continue;
      this.#waits.delete(wait);
      wait.work();
    }
  }
}
