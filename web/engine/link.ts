/**
 * The socket to the bridge, kept up.
 *
 * Decision: one socket, and whatever goes wrong with it ends in one place, `#lost`, which decides by the close code
 * what comes next:
 *
 *   4401 signed-out, 4426 outdated, 4403 offline for good
 *   1001, 1006, 1012 at once, the first time; then back-off     anything else: back-off
 *
 * Back-off is exponential with full jitter, 1 to 60 s, forgotten after a minute of health, and skipped by `kick`.
 * A socket can be dead without knowing: whenever an answer is due and nothing comes, a ping decides within
 * seconds. Frames are handled strictly one after another; one that cannot be handled costs this socket, not the app.
 */
import { CLOSE, parseDown, PROTOCOL, type Down, type Up } from '../../shared/protocol.ts';
import type { LinkState } from './model.ts';

/** Times in milliseconds. */
export const TIMES = {
  /** From the try to connect to `welcome`. */
  connect: 15_000,
  /** From a ping to any frame. */
  pong: 4_000,
  /** From a call or want to the ping that asks whether anybody is there. */
  answer: 2_000,
  healthy: 60_000,
  backOffLeast: 1_000,
  backOffMost: 60_000,
  /** A try older than this is given up by `kick`: it may hang on a network that is no more. */
  staleTry: 4_000,
} as const;

const RETRY_AT_ONCE = new Set<number>([CLOSE.goingAway, 1006, 1012]);
const LOST = 1006;

export interface LinkNeeds {
  /** ws(s) address. */
  address: string;
  WebSocket: new (url: string) => WebSocket;
  now: () => number;
  /** 0 to below 1. */
  random: () => number;
  hello: () => Up;
  /** `hello` has gone out. */
  opened: () => void;
  /** Handles one frame. `gap`: facts are missing, say hello again. */
  frame: (frame: Down) => Promise<'fine' | 'gap'>;
  closed: () => void;
  /** A try ended before `welcome`: perhaps the session is over, which a browser does not tell. */
  refused: () => void;
  state: (state: LinkState) => void;
  failed: (error: Error) => void;
}

export class Link {
  readonly #needs: LinkNeeds;
  #state: LinkState = { is: 'connecting' };
  #running = false;
  #closed = false;
  #socket: WebSocket | null = null;
  #triedAt = 0;
  #liveSince: number | null = null;
  #attempts = 0;
  #lostAt: number | null = null;
  #frames: Promise<void> = Promise.resolve();
  #retry: Timer;
  /** Runs while an answer is due: first towards a ping, then towards giving up. */
  #doubt: Timer;

  constructor(needs: LinkNeeds) {
    this.#needs = needs;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** True between `start` and `stop`, connected or not. */
  get running(): boolean {
    return this.#running;
  }

  now(): number {
    return this.#needs.now();
  }

  /** Connects, and stays connected until `stop`. */
  start(): void {
    if (this.#running || this.#closed) return;
    this.#running = true;
    this.#attempts = 0;
    this.#set({ is: 'connecting' });
    this.#connect();
  }

  /** Closes and stays closed, in the state given. */
  stop(state: LinkState): void {
    this.#running = false;
    this.#drop();
    this.#set(state);
  }

  /** Stops for good: whoever is still waiting for the network cannot start it again. */
  close(): void {
    this.#closed = true;
    this.#running = false;
    this.#drop();
  }

  /** Says hello again on a new socket. */
  restart(): void {
    if (!this.#running) return;
    this.#drop();
    this.#set({ is: 'connecting' });
    this.#connect();
  }

  /** The person is here or the network is back: connect now, or make sure that the socket is alive. */
  kick(): void {
    if (!this.#running) return;
    if (this.#liveSince !== null) this.#ping();
    else if (this.#socket === null || this.#needs.now() - this.#triedAt > TIMES.staleTry) this.restart();
  }

  /** Sends one frame; false when there is no open socket. */
  send(frame: Up): boolean {
    if (this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    if (frame.t === 'call' || frame.t === 'want') this.#expectAnswer();
    return true;
  }

  #set(state: LinkState): void {
    if (state.is === 'live' || state.is === 'signed-out') this.#lostAt = null;
    this.#state = state;
    this.#needs.state(state);
  }

  #connect(): void {
    this.#triedAt = this.#needs.now();
    let socket: WebSocket;
    try {
      socket = new this.#needs.WebSocket(this.#needs.address);
    } catch (error) {
      this.#needs.failed(asError(error));
      this.#lost(LOST);
      return;
    }
    this.#socket = socket;
    this.#listen(socket);
    this.#doubt = setTimeout(() => this.#lost(LOST), TIMES.connect);
  }

  #listen(socket: WebSocket): void {
    socket.addEventListener('open', () => {
      if (socket !== this.#socket) return;
      this.send(this.#needs.hello());
      this.#needs.opened();
    });
    socket.addEventListener('message', (event: MessageEvent<unknown>) => {
      if (socket !== this.#socket) return;
      if (this.#liveSince !== null) this.#calm();
      this.#frames = this.#frames.then(() => this.#handle(socket, event.data));
    });
    socket.addEventListener('close', (event) => {
      if (socket === this.#socket) this.#lost(event.code);
    });
    // 'error' is always followed by 'close', which says all there is to know.
  }

  /** Never rejects: the next frame hangs on it. */
  async #handle(socket: WebSocket, data: unknown): Promise<void> {
    if (socket !== this.#socket) return;
    try {
      if (typeof data !== 'string') throw new Error('a frame that is not text');
      const frame = parseDown(data);
      if (frame.t === 'welcome') this.#welcome(frame.protocol);
      if ((await this.#needs.frame(frame)) === 'gap' && socket === this.#socket) this.#lost(LOST);
    } catch (error) {
      this.#needs.failed(asError(error));
      if (socket === this.#socket) this.#lost(CLOSE.badFrame);
    }
  }

  #welcome(protocol: number): void {
    if (protocol !== PROTOCOL) return this.stop({ is: 'outdated' });
    this.#calm();
    this.#liveSince = this.#needs.now();
    this.#set({ is: 'live' });
  }

  #expectAnswer(): void {
    if (this.#liveSince !== null) this.#doubt ??= setTimeout(() => this.#ping(), TIMES.answer);
  }

  #ping(): void {
    this.#calm();
    this.send({ t: 'ping' });
    this.#doubt = setTimeout(() => this.#lost(LOST), TIMES.pong);
  }

  #calm(): void {
    clearTimeout(this.#doubt);
    this.#doubt = undefined;
  }

  /** Lets go of the socket; whatever it still has to say is not heard. */
  #drop(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#calm();
    const socket = this.#socket;
    this.#socket = null;
    this.#liveSince = null;
    if (socket === null) return;
    socket.close();
    this.#needs.closed();
  }

  #lost(code: number): void {
    const wasLive = this.#liveSince;
    const now = this.#needs.now();
    this.#drop();
    if (!this.#running) return;
    if (code === CLOSE.signIn) return this.stop({ is: 'signed-out' });
    if (code === CLOSE.update) return this.stop({ is: 'outdated' });
    const since = (this.#lostAt ??= now);
    if (code === CLOSE.forbidden) return this.stop({ is: 'offline', since, retryAt: null });
    if (wasLive !== null && now - wasLive >= TIMES.healthy) this.#attempts = 0;
    const first = this.#attempts === 0;
    this.#attempts += 1;
    if (first && RETRY_AT_ONCE.has(code)) this.restart();
    else this.#backOff(since);
    if (wasLive === null) this.#needs.refused();
  }

  #backOff(since: number): void {
    const most = Math.min(TIMES.backOffMost, TIMES.backOffLeast * 2 ** this.#attempts);
    const wait = TIMES.backOffLeast + this.#needs.random() * (most - TIMES.backOffLeast);
    this.#set({ is: 'offline', since, retryAt: this.#needs.now() + wait });
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#set({ is: 'offline', since, retryAt: null });
      this.#connect();
    }, wait);
  }
}

type Timer = ReturnType<typeof setTimeout> | undefined;

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
