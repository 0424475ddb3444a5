/**
 * One socket's life: hello, welcome, then frames to the accounts and back.
 *
 *   open ──hello──▶ welcome, attach every account ──▶ frames, each account's in order ──▶ closed, detach
 *
 * Decision: each account has a lane, a chain of promises that begins with its attaching; a frame for the account
 * is appended. So calls keep the person's order, one slow account delays no other, and what arrives early waits.
 * A socket that sends faster than its lanes work is not read until they caught up. Anything that is not of the
 * protocol closes the socket with a code that tells the app what to do (protocol S6).
 */
import { CLOSE, type Cursor, LIMITS, parseUp, PROTOCOL, type Up } from '../../shared/protocol.ts';
import type { AccountDoor, AccountsDoor, Viewer } from '../doors.ts';
import type { Socket } from '../http.ts';
import type { Log } from '../log.ts';
import type { Session } from '../sessions.ts';
import { Heartbeat } from './heartbeat.ts';
import type { LiveSocket } from './live.ts';
import { FrameBudget, type Pace } from './pace.ts';
import { SocketViewer } from './viewer.ts';

/** What a tunnel is given besides its socket. `build`: of the app the bridge serves. */
export interface TunnelDeps {
  accounts: Pick<AccountsDoor, 'of'>;
  clock: () => number;
  log: Log;
  pace: Pace;
  build: string;
}

/** Frames waiting in the lanes: above `pause` the socket is not read, at `resume` it is again. */
const WAITING = { pause: 64, resume: 16 } as const;
type ForAccount = Extract<Up, { t: 'call' | 'want' | 'refresh' | 'search' | 'cancel' }>;

interface Lane {
  door: AccountDoor;
  tail: Promise<void>;
}

export class Tunnel implements LiveSocket {
  readonly #socket: Socket;
  readonly #session: Session;
  readonly #deps: TunnelDeps;
  readonly #viewer: Viewer;
  readonly #budget: FrameBudget;
  readonly #heart = new Heartbeat();
  readonly #helloTimer: NodeJS.Timeout;
  readonly #beatTimer: NodeJS.Timeout;
  /** Null until the accounts are known. */
  #lanes: Map<string, Lane> | null = null;
  #early: ForAccount[] = [];
  #greeted = false;
  #waiting = 0;
  #closed = false;

  /** Takes over an open socket; must be called before anything is awaited, or the first frames are lost. */
  constructor(socket: Socket, session: Session, deps: TunnelDeps) {
    this.#socket = socket;
    this.#session = session;
    this.#deps = deps;
    this.#viewer = new SocketViewer(socket, session.device, deps.pace.stuck, () => this.#heart.spoke());
    this.#budget = new FrameBudget(deps.clock);
    this.#helloTimer = setTimeout(() => this.#bad('no hello in time'), deps.pace.hello);
    this.#beatTimer = setInterval(() => this.#beat(), deps.pace.beat);
    socket.on('message', (data, binary) =>
      this.#message(Buffer.isBuffer(data) ? data.toString() : '', binary),
    );
    socket.on('pong', () => this.#heart.heard());
    socket.on('ping', () => this.#heart.heard());
    socket.on('close', (code) => this.#onClose(code));
  }

  get device(): string {
    return this.#session.device;
  }

  /** Closes with a code of the protocol; whatever still arrives is not looked at. */
  end(code: number, reason: string): void {
    this.#over();
    this.#socket.close(code, reason);
    // A paused socket would never read the peer's goodbye.
    this.#socket.resume();
  }

  cut(): void {
    this.#socket.terminate();
  }

  #bad(reason: string): void {
    this.#deps.log.warn({ device: this.device, reason }, 'bad frame');
    this.end(CLOSE.badFrame, reason.slice(0, 100));
  }

  #message(text: string, binary: boolean): void {
    this.#heart.heard();
    if (this.#closed) return;
    if (this.#deps.clock() >= this.#session.expires) return this.end(CLOSE.signIn, 'the session is over');
    if (!this.#budget.take()) {
      this.#deps.log.warn({ device: this.device }, 'too many frames');
      return this.end(CLOSE.slowDown, 'too many frames');
    }
    if (binary) return this.#bad('not text');
    const frame = this.#parse(text);
    if (frame) this.#frame(frame);
  }

  #parse(text: string): Up | null {
    try {
      return parseUp(text);
    } catch (error) {
      this.#bad(error instanceof Error ? error.message : 'not a frame');
      return null;
    }
  }

  #frame(frame: Up): void {
    if ((frame.t === 'hello') === this.#greeted)
      return this.#bad(this.#greeted ? 'a second hello' : 'the first frame must be hello');
    switch (frame.t) {
      case 'hello':
        if (frame.protocol !== PROTOCOL) return this.end(CLOSE.update, `the protocol here is ${PROTOCOL}`);
        this.#greeted = true;
        clearTimeout(this.#helloTimer);
        this.#open(frame.cursors).catch((error: unknown) => this.#broke(error));
        return;
      case 'ping':
        return this.#viewer.send({ t: 'pong' });
      case 'visible':
        // Decides whether a push is sent; this version sends none.
        return;
      default:
        this.#hold(1);
        if (this.#lanes) this.#append(this.#lanes, frame);
        else this.#early.push(frame);
    }
  }

  async #open(cursors: Cursor[]): Promise<void> {
    const doors = await this.#deps.accounts.of(this.#session.person);
    if (this.#closed) return;
    this.#viewer.send({
      t: 'welcome',
      protocol: PROTOCOL,
      build: this.#deps.build,
      clock: this.#deps.clock(),
      accounts: doors.map((door) => door.info()),
      limits: LIMITS,
    });
    const lanes = new Map<string, Lane>();
    for (const door of doors) {
      const cursor = cursors.find((each) => each.account === door.id) ?? null;
      const tail = door.attach(this.#viewer, cursor).catch((error: unknown) => this.#broke(error));
      lanes.set(door.id, { door, tail });
    }
    this.#lanes = lanes;
    for (const frame of this.#early.splice(0)) this.#append(lanes, frame);
  }

  #append(lanes: Map<string, Lane>, frame: ForAccount): void {
    if (this.#closed) return;
    const account = frame.t === 'call' ? frame.call.account : frame.account;
    const lane = lanes.get(account);
    if (!lane) {
      this.#deps.log.warn({ device: this.device, frame: frame.t }, 'a frame for an account of nobody here');
      return this.end(CLOSE.forbidden, 'no such account');
    }
    lane.tail = lane.tail
      .then(() => this.#hand(lane.door, frame))
      .catch((error: unknown) => this.#broke(error))
      .finally(() => this.#hold(-1));
  }

  /** A call that has arrived is carried out even if the socket is gone meanwhile; questions are not. */
  async #hand(door: AccountDoor, frame: ForAccount): Promise<void> {
    if (frame.t === 'call') return door.call(this.#viewer, frame.call);
    if (this.#closed) return;
    if (frame.t === 'want') door.want(this.#viewer, frame.messages, frame.ahead);
    else if (frame.t === 'search') door.search(this.#viewer, frame);
    else if (frame.t === 'cancel') door.cancel(this.#viewer, frame.id);
    else door.refresh(frame.mailbox);
  }

  #hold(change: 1 | -1): void {
    this.#waiting += change;
    if (this.#waiting >= WAITING.pause) this.#socket.pause();
    else if (this.#socket.isPaused && this.#waiting <= WAITING.resume) this.#socket.resume();
  }

  /** A fault of ours: the device reconnects with back-off and its cursor. */
  #broke(error: unknown): void {
    this.#deps.log.error({ device: this.device, err: error }, 'a tunnel broke');
    this.end(1011, 'the bridge has a fault');
  }

  #beat(): void {
    if (this.#deps.clock() >= this.#session.expires) return this.end(CLOSE.signIn, 'the session is over');
    // What a paused socket received waits unread, so its silence means nothing.
    if (this.#socket.isPaused) return;
    const verdict = this.#heart.look();
    if (verdict === 'dead') this.cut();
    if (verdict === 'ping') this.#socket.ping();
  }

  #onClose(code: number): void {
    this.#over();
    clearInterval(this.#beatTimer);
    this.#deps.log.debug({ device: this.device, code }, 'socket closed');
  }

  /** Lets go of the accounts, at once and again when an attaching that was under way has ended. */
  #over(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#helloTimer);
    for (const lane of this.#lanes?.values() ?? []) {
      lane.door.detach(this.#viewer);
      lane.tail = lane.tail.then(() => lane.door.detach(this.#viewer));
    }
  }
}
