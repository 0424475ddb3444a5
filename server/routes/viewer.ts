/**
 * One socket as the accounts see it: frames go in, and it says when to hold back.
 *
 * Decision: a frame is written at once; what waits in the socket is the measure. An account that has much to send
 * waits for `drained()`, so a slow device costs bounded memory and delays nobody else. A socket that stays above
 * the hard limit for the whole grace is cut: the device comes back with its cursor and loses nothing.
 */
import type { Down } from '../../shared/protocol.ts';
import type { Viewer } from '../doors.ts';
import type { Socket } from '../http.ts';

/** Bytes waiting in the socket: below `low` it is drained, above `high` it is stuck. */
export const BUFFER = { low: 256 * 1024, high: 8 * 1024 * 1024 } as const;
const OPEN = 1;

export class SocketViewer implements Viewer {
  readonly device: string;
  readonly #socket: Socket;
  readonly #grace: number;
  readonly #sent: () => void;
  #waiting: (() => void)[] = [];
  #stuck: NodeJS.Timeout | null = null;

  /** `grace`: milliseconds above the hard limit before the socket is cut. `sent` is told of every frame. */
  constructor(socket: Socket, device: string, grace: number, sent: () => void) {
    this.device = device;
    this.#socket = socket;
    this.#grace = grace;
    this.#sent = sent;
    socket.on('close', () => this.#released());
  }

  get closed(): boolean {
    return this.#socket.readyState !== OPEN;
  }

  buffered(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: Down): void {
    if (this.closed) return;
    // The callback also tells of a failed write; then 'close' follows, which is where that is handled.
    this.#socket.send(JSON.stringify(frame), () => this.#written());
    this.#sent();
    if (this.buffered() > BUFFER.high)
      this.#stuck ??= setTimeout(() => this.#socket.terminate(), this.#grace);
  }

  drained(): Promise<void> {
    if (this.closed || this.buffered() < BUFFER.low) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #written(): void {
    if (this.#stuck && this.buffered() <= BUFFER.high) {
      clearTimeout(this.#stuck);
      this.#stuck = null;
    }
    if (this.closed || this.buffered() < BUFFER.low) this.#wake();
  }

  #released(): void {
    if (this.#stuck) clearTimeout(this.#stuck);
    this.#stuck = null;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
