/**
 * One serial queue with short turns.
 *
 * Decision: every change of an account's rows and every reading that must agree with them is a turn; turns never
 * overlap. Slow work is done outside and comes back as a turn.
 */
export class Turns {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs `turn` after all earlier ones, whether those succeeded or not. */
  take<T>(turn: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(turn, turn);
    // A failure is its caller's; here it only must not stop the next turn.
    this.#tail = result.catch(() => undefined);
    return result;
  }

  /** Resolves when every turn taken so far is over. */
  async settled(): Promise<void> {
    await this.#tail;
  }
}
