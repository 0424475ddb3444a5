/**
 * How long a socket may be silent, and how fast it may talk.
 *
 * Decision: all waiting times in one record that tests replace; the rate is a token bucket, so the burst after a
 * long time offline passes and a flood does not.
 */

/** Milliseconds. */
export interface Pace {
  /** From the upgrade to `hello`. */
  hello: number;
  /** Between looks at a silent socket. */
  beat: number;
  /** Above the buffer's hard limit. */
  stuck: number;
  /** For the goodbyes when the bridge stops. */
  goodbye: number;
}

/** `heartbeatMax`: the idle limit of the proxy in front, milliseconds; half of it leaves room for one lost ping. */
export function paceFor(heartbeatMax: number): Pace {
  return { hello: 5000, beat: Math.min(25_000, heartbeatMax / 2), stuck: 30_000, goodbye: 1000 };
}

const RATE = 60;
const BURST = 240;

/** Frames of one socket: 60 a second, 240 at once. */
export class FrameBudget {
  readonly #clock: () => number;
  #left = BURST;
  #at: number;

  constructor(clock: () => number) {
    this.#clock = clock;
    this.#at = clock();
  }

  /** Takes one frame; false when it is too many. */
  take(): boolean {
    const now = this.#clock();
    this.#left = Math.min(BURST, this.#left + (Math.max(0, now - this.#at) / 1000) * RATE);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
