/**
 * Who is told of changes.
 *
 * Decision: told once for all that changed in one turn, in a microtask, so a frame that brings rows, receipts and
 * bodies is one repaint. A listener that fails does not keep the others from hearing.
 */
import type { Change } from './model.ts';

export type Listener = (changes: Set<Change>) => void;

export class Listeners {
  readonly #listeners = new Set<Listener>();
  readonly #failed: (error: Error) => void;
  #changes = new Set<Change>();

  constructor(failed: (error: Error) => void) {
    this.#failed = failed;
  }

  /** @returns a function that ends it */
  add(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(change: Change): void {
    if (this.#changes.size === 0) queueMicrotask(() => this.#flush());
    this.#changes.add(change);
  }

  #flush(): void {
    const changes = this.#changes;
    this.#changes = new Set();
    for (const listener of this.#listeners) {
      try {
        listener(new Set(changes));
      } catch (error) {
        this.#failed(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }
}
