/**
 * When a silent socket is pinged, and when it is given up.
 *
 * Decision: a ping only when nothing passed for a whole beat (protocol H1); a socket on which only we talk is
 * asked every other beat, since bytes handed to the kernel prove nothing. Two pings without any sign of life:
 * dead (H4). No clock in here: the caller looks once a beat.
 */
export class Heartbeat {
  #sent = false;
  #received = false;
  #deafBeats = 0;
  #unanswered = 0;

  /** Something was written. */
  spoke(): void {
    this.#sent = true;
  }

  /** Anything came: a frame, a ping, a pong. */
  heard(): void {
    this.#received = true;
    this.#unanswered = 0;
  }

  /** The verdict of one beat. After `ping` the caller pings. */
  look(): 'fine' | 'ping' | 'dead' {
    if (this.#unanswered >= 2) return 'dead';
    this.#deafBeats = this.#received ? 0 : this.#deafBeats + 1;
    const silent = !this.#sent && !this.#received;
    this.#sent = false;
    this.#received = false;
    if (!silent && this.#deafBeats < 2) return 'fine';
    this.#unanswered += 1;
    return 'ping';
  }
}
