/**
 * Which sockets are open, by device, so that a session that ends takes its sockets with it.
 *
 * Decision: signing out closes the device's sockets at once, from wherever it is asked. When the bridge stops it
 * says so to every socket (1001, "come back now") and waits a moment for the goodbyes before it cuts.
 */

/** What the registry needs of an open socket. */
export interface LiveSocket {
  readonly device: string;
  end(code: number, reason: string): void;
  cut(): void;
}

export class LiveSockets {
  readonly #byDevice = new Map<string, Set<LiveSocket>>();
  #empty: (() => void) | null = null;

  count(device: string): number {
    return this.#byDevice.get(device)?.size ?? 0;
  }

  add(socket: LiveSocket): void {
    const sockets = this.#byDevice.get(socket.device) ?? new Set();
    this.#byDevice.set(socket.device, sockets.add(socket));
  }

  remove(socket: LiveSocket): void {
    const sockets = this.#byDevice.get(socket.device);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#byDevice.delete(socket.device);
    if (this.#byDevice.size === 0) this.#empty?.();
  }

  endDevice(device: string, code: number, reason: string): void {
    for (const socket of this.#byDevice.get(device) ?? []) socket.end(code, reason);
  }

  /** Ends every socket; resolves when all are gone, after `grace` milliseconds by force. */
  async endAll(code: number, reason: string, grace: number): Promise<void> {
    if (this.#byDevice.size === 0) return;
    const all = [...this.#byDevice.values()].flatMap((sockets) => [...sockets]);
    const gone = new Promise<void>((resolve) => (this.#empty = resolve));
    for (const socket of all) socket.end(code, reason);
    const timer = setTimeout(() => all.forEach((socket) => socket.cut()), grace);
    await gone;
    clearTimeout(timer);
  }
}
