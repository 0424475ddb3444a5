/**
 * A device that counts: what it sent and received, and which facts it holds.
 *
 * Decision: a real socket to a real bridge. Bytes of payload are what the WebSocket delivered; bytes of the wire are
 * what passed TCP after the answer to the upgrade. It applies facts by the protocol's rule and refuses a gap, so a
 * figure is never that of a device that missed something.
 */
import { WebSocket } from 'ws';
import type { Down } from '../../shared/protocol.ts';
import type { AccountStatus } from '../../shared/protocol.ts';
import type { Farm } from './farm.ts';
import { hello, read, type Place } from './codec.ts';

/** Signs in over HTTP as the app does; answers the cookie as a request sends it. */
export async function signIn(farm: Farm, user: string): Promise<string> {
  const response = await fetch(`${farm.bridge.url}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-requested-with': 'pimento', origin: farm.bridge.url },
    body: JSON.stringify({ email: farm.address(user), password: farm.password }),
  });
  if (response.status !== 200) throw new Error(`sign-in: ${response.status} ${await response.text()}`);
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

type Facts = Extract<Down, { t: 'changes' }>;

export class Device {
  readonly #socket: WebSocket;
  readonly #farm: Farm;
  readonly #before: number;
  #head = 0;
  #told: (() => void)[] = [];
  #broken: Error | null = null;
  readonly began = performance.now();
  /** Frames sent and received, and bytes of payload received. */
  sent = 0;
  received = 0;
  payload = 0;
  status: AccountStatus | null = null;
  place: Place | null;
  readonly messages = new Set<number>();
  /** Rows that came as changes after the snapshot, and ids that went. */
  readonly changed = new Map<number, { at: number; flags: string[] }>();
  readonly gone = new Set<number>();

  /** `direct`: without the wire that counts, which holds small packets back; for times. */
  constructor(farm: Farm, cookie: string, place: Place | null = null, direct = false) {
    this.#farm = farm;
    this.#before = farm.wire.bytes.down;
    this.place = place;
    const { host } = new URL(farm.bridge.url);
    const address = `ws://${direct ? host : `127.0.0.1:${farm.wire.port}`}/ws`;
    this.#socket = new WebSocket(address, {
      perMessageDeflate: true,
      headers: { cookie, origin: farm.bridge.url, host },
    });
    this.#socket.on('upgrade', ({ statusCode, statusMessage, rawHeaders }) => {
      const lines = rawHeaders.map((word) => word.length + 2).reduce((a, b) => a + b, 0);
      this.#head = `HTTP/1.1 ${statusCode} ${statusMessage}\r\n\r\n`.length + lines;
    });
    this.#socket.on('open', () => this.#send(hello(place ? [place] : [])));
    this.#socket.on('message', (data: Buffer) => this.#take(data));
    this.#socket.on('error', (error) => this.#end(error));
    this.#socket.on('close', (code, reason) => this.#end(new Error(`closed: ${code} ${String(reason)}`)));
  }

  /** Bytes of TCP payload after the head of the answer to the upgrade. Right only while one device uses the wire. */
  get wire(): number {
    return this.#farm.wire.bytes.down - this.#before - this.#head;
  }

  #send(text: string | Buffer): void {
    this.sent += 1;
    this.#socket.send(text);
  }

  #end(error: Error): void {
    this.#broken ??= error;
    for (const resolve of this.#told.splice(0)) resolve();
  }

  #take(data: Buffer): void {
    this.received += 1;
    this.payload += data.length;
    try {
      this.#apply(read(data));
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)));
    }
    for (const resolve of this.#told.splice(0)) resolve();
  }

  #apply(frame: Down): void {
    if (frame.t === 'welcome') this.status = frame.accounts[0]?.status ?? null;
    if (frame.t === 'status') this.status = frame.status;
    if (frame.t === 'reset') throw new Error('the bridge did not know the cursor');
    if (frame.t === 'changes') this.#facts(frame);
    if (frame.t !== 'fill' || !this.place) return;
    for (const { id } of frame.messages) this.messages.add(id);
    this.place = { ...this.place, fill: frame.next };
  }

  #facts(frame: Facts): void {
    const { account, epoch, from, to } = frame;
    if (this.place && this.place.rev !== from) throw new Error(`a gap: ${this.place.rev} to ${from}`);
    for (const { id, flags } of frame.messages) {
      this.messages.add(id);
      if (this.place) this.changed.set(id, { at: performance.now(), flags });
    }
    for (const id of frame.gone.messages) {
      this.messages.delete(id);
      this.gone.add(id);
    }
    this.place = { account, epoch, rev: to, fill: frame.fill ?? this.place?.fill ?? null };
  }

  /** Resolves when `condition` holds; looks again at each frame. Rejects when the socket breaks. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#broken) throw this.#broken;
      await new Promise<void>((resolve) => this.#told.push(resolve));
    }
  }

  /** Resolves when the bridge has mirrored `n` messages and this device holds them all. */
  async whole(n: number): Promise<void> {
    await this.until(
      () => this.status?.mirrored === n && this.messages.size === n && this.place?.fill === null,
    );
  }

  /** Goes away; resolves when the socket is closed. */
  async leave(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    this.#socket.close();
    await closed;
  }
}
