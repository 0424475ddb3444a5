/**
 * The engine's one face to the screen.
 *
 * Decision: the screen never sees a socket or a database. It reads facts (rows the bridge sent) and pending calls
 * (what the person asked for and the bridge has not yet confirmed), folds them with `view.ts`, and adds calls.
 * Nothing here touches the DOM; sockets, fetch, clock and database name come in as arguments, so the same engine
 * runs in a page, in a worker and in a test under Node. It opens from the database alone; the network comes after.
 */
import type { Call, Outgoing, Step } from '../../shared/commands.ts';
import type { Body } from '../../shared/mail.ts';
import { LIMITS, PROTOCOL, type SessionInfo, type Up } from '../../shared/protocol.ts';
import { Acts } from './acts.ts';
import { Ahead } from './ahead.ts';
import { Bodies } from './bodies.ts';
import { openDatabase, type Database, type StoredCall } from './db.ts';
import { Dispatch, type DispatchNeeds } from './dispatch.ts';
import { dropDraft, putDraft } from './drafts.ts';
import { wordOf, type Effect, type Word } from './effect.ts';
import { Link } from './link.ts';
import { Listeners } from './listeners.ts';
import { Memory } from './memory.ts';
import type { AccountMirror, Change, Draft, LinkState, Pending, SignIn, Surroundings } from './model.ts';
import { markWire } from './outbox.ts';
import { Receiver } from './receive.ts';
import { Session } from './session.ts';
import { Tabs } from './tabs.ts';

export type * from './model.ts';
export { BodyUnavailable } from './bodies.ts';
export { SignInError } from './door.ts';
export type { Outgoing, SessionInfo, Step };

export class Engine {
  readonly #around: Surroundings;
  readonly #listeners: Listeners;
  readonly #memory: Memory;
  readonly #tabs: Tabs;
  readonly #link: Link;
  readonly #dispatch: Dispatch;
  readonly #bodies: Bodies;
  readonly #ahead: Ahead;
  readonly #receiver: Receiver;
  readonly #session: Session;
  readonly #acts: Acts;
  #opened: Database | null = null;
  #visible = true;
  #closed = false;

  /** Opens the database and reads it; asks for the session and connects behind the caller's back. */
  static async open(surroundings: Surroundings): Promise<Engine> {
    const engine = new Engine(surroundings);
    engine.#opened = await openDatabase(surroundings.database, {
      lost: () => engine.#link.stop({ is: 'outdated' }),
      blocked: () => engine.#failed(new Error('another tab still uses an older database')),
    });
    await engine.#memory.load(engine.#db());
    engine.#tabs.begin();
    void engine.#session.ask();
    return engine;
  }

  private constructor(around: Surroundings) {
    this.#around = around;
    const failed = (error: Error): void => this.#failed(error);
    const tell = (change: Change): void => this.#listeners.tell(change);
    const db = (): Database => this.#db();
    const send = (frame: Up): boolean => this.#link.send(frame);
    const commit = (effect: Effect): void => this.#commit(effect);
    this.#listeners = new Listeners(failed);
    this.#memory = new Memory(tell);
    this.#acts = new Acts({ db, memory: this.#memory, commit, now: around.now, failed });
    this.#tabs = new Tabs(around.database, (word) => this.#reload(word), failed);
    const { accounts } = this.#memory;
    const hasBody = (account: string, message: number): boolean => this.hasBody(account, message);
    const mark: DispatchNeeds['mark'] = (ids, epochs) => this.#mark(ids, epochs);
    const calls = (): readonly StoredCall[] => this.#memory.calls;
    this.#dispatch = new Dispatch({ calls, mark, send, now: around.now, failed }, LIMITS.callsInFlight);
    this.#bodies = new Bodies({ db, send, link: () => this.#reach(), commit, failed });
    const free = (): boolean => this.#reach() === 'live' && !around.sparing() && !this.#bodies.awaited;
    this.#ahead = new Ahead({ accounts: () => accounts.values(), hasBody, send, free });
    const stranger = (): void => void this.#session.ask();
    const parts = { dispatch: this.#dispatch, bodies: this.#bodies, ahead: this.#ahead };
    this.#receiver = new Receiver({ ...parts, db, memory: this.#memory, commit, tell, stranger, failed });
    this.#listeners.add((changes) => {
      if (changes.has('pending')) this.#dispatch.flush();
    });
    this.#link = this.#makeLink(failed);
    this.#session = this.#makeSession(failed);
  }

  #makeLink(failed: (error: Error) => void): Link {
    const address = new URL('ws', this.#around.base);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    return new Link({
      address: address.href,
      WebSocket: this.#around.WebSocket,
      now: this.#around.now,
      random: Math.random,
      hello: () => this.#hello(),
      opened: () => {
        this.#dispatch.opened();
        void this.#acts.reread();
      },
      frame: (frame) => this.#receiver.frame(frame),
      closed: () => {
        this.#dispatch.closed();
        this.#ahead.closed();
      },
      refused: () => void this.#session.ask(),
      state: (state) => this.#linkChanged(state),
      failed,
    });
  }

  #makeSession(failed: (error: Error) => void): Session {
    return new Session({
      place: this.#around,
      db: () => this.#db(),
      memory: this.#memory,
      link: this.#link,
      tellTabs: () => this.#tabs.tell({ all: true }),
      changed: () => this.#listeners.tell('session'),
      failed,
    });
  }

  // Facts and pending calls.

  /** Accounts on this device by id. Live. */
  get accounts(): ReadonlyMap<string, AccountMirror> {
    return this.#memory.accounts;
  }
  /** In the person's order. A new array whenever a call changed. */
  get pending(): readonly Pending[] {
    return this.#memory.calls;
  }
  get drafts(): ReadonlyMap<string, Draft> {
    return this.#memory.drafts;
  }
  get link(): LinkState {
    return this.#link.state;
  }
  /** The last the bridge said of the session; null before it ever did. */
  get session(): SessionInfo | null {
    return this.#memory.session;
  }

  /** Tells of changes, once a turn. @returns a function that ends it */
  listen(listener: (changes: Set<Change>) => void): () => void {
    return this.#listeners.add(listener);
  }

  hasBody(account: string, message: number): boolean {
    return this.#memory.hasBody(account, message);
  }

  /** The content of a message. @throws BodyUnavailable */
  body(account: string, message: number): Promise<Body> {
    return this.#bodies.get(account, message);
  }

  // What a person does. Each resolves when it is durable on this device.

  /** Adds a call. `undo`: its inverse, from the facts as they are now. @returns the call's id */
  act(account: string, steps: Step[], undo?: Step[]): Promise<string> {
    return this.#acts.act(account, steps, undo);
  }
  /** Undoes an act: drops the call if it never left the device, else acts the inverse, else asks to withdraw it. */
  undo(id: string): Promise<void> {
    return this.#acts.undo(id);
  }
  /** Takes a call back. True: it never left the device and is gone; a send's draft is back among the drafts. */
  withdraw(id: string): Promise<boolean> {
    return this.#acts.withdraw(id);
  }
  /** The person has seen how a refused or unsure call ended. */
  dismiss(id: string): Promise<void> {
    return this.#acts.dismiss(id);
  }
  /** Turns a refused or unsure send into a draft again. @returns its draft, now among `drafts` */
  reopen(id: string): Promise<Draft | null> {
    return this.#acts.reopen(id);
  }
  /** Sends the mail of a refused or unsure call again, as the same mail. @returns the new call's id */
  sendAgain(id: string): Promise<string> {
    return this.#acts.sendAgain(id);
  }
  /** Sends a draft: it leaves the drafts and lives on in the call. `hold`: milliseconds to take it back. */
  sendDraft(draft: Draft, hold: number): Promise<string> {
    return this.#acts.sendDraft(draft, hold);
  }

  draft(id: string): Draft | undefined {
    return this.#memory.drafts.get(id);
  }
  async saveDraft(draft: Draft): Promise<void> {
    this.#commit(await putDraft(this.#db(), draft));
  }
  async deleteDraft(id: string): Promise<void> {
    this.#commit(await dropDraft(this.#db(), id));
  }

  // The network.

  /** The person came back, or the network did: connect now, and find out whether the socket is alive. */
  kick(): void {
    void this.#acts.reread();
    if (this.#link.running) this.#link.kick();
    else if (this.#link.state.is !== 'outdated') void this.#session.ask();
  }

  /** Tells the bridge whether a person looks at this page. */
  visible(now: boolean): void {
    this.#visible = now;
    this.#link.send({ t: 'visible', now });
  }

  /** Asks the bridge to look at the mail server now. False: there is no way to it. */
  refresh(account: string, mailbox: number | null): boolean {
    return this.#link.send({ t: 'refresh', account, mailbox });
  }

  /** @throws SignInError */
  signIn(who: SignIn): Promise<SessionInfo> {
    return this.#session.signIn(who);
  }

  /** Ends the session and erases this device. `server` false: the bridge could not be told, and will be later. */
  signOut(): Promise<{ server: boolean }> {
    this.#acts.forget();
    return this.#session.signOut();
  }

  /** Lets go of socket and database. What was promised stays on the device. */
  close(): void {
    this.#closed = true;
    this.#link.close();
    this.#bodies.offline();
    this.#tabs.close();
    this.#opened?.close();
  }

  #db(): Database {
    if (this.#opened === null) throw new Error('the database is not open');
    return this.#opened;
  }

  /** A transaction is complete: this tab knows, and other tabs are told. */
  #commit(effect: Effect): void {
    this.#memory.absorb(effect);
    this.#tabs.tell(wordOf(effect));
  }

  async #mark(ids: string[], epochs: ReadonlyMap<string, string>): Promise<Call[]> {
    const { effect, calls } = await markWire(this.#db(), ids, epochs);
    this.#commit(effect);
    return calls;
  }

  async #reload(word: Word): Promise<void> {
    await this.#memory.reload(this.#db(), word);
    if (word.all) this.#session.follow();
  }

  #hello(): Up {
    const heard = [...this.#memory.heard].slice(0, 50);
    return {
      t: 'hello',
      protocol: PROTOCOL,
      build: this.#around.build.slice(0, 100),
      visible: this.#visible,
      cursors: heard.map(([account, { epoch, rev, fill }]) => ({ account, epoch, rev, fill })),
    };
  }

  #reach(): 'live' | 'connecting' | 'none' {
    const { is } = this.#link.state;
    return is === 'live' || is === 'connecting' ? is : 'none';
  }

  #linkChanged(state: LinkState): void {
    this.#listeners.tell('link');
    if (state.is === 'live') {
      this.#bodies.live();
      this.#ahead.nudge();
    } else if (state.is !== 'connecting') this.#bodies.offline();
    if (state.is === 'signed-out') void this.#session.over();
  }

  /** After `close`, what was still under way fails; nobody is left to tell. */
  #failed(error: Error): void {
    if (this.#closed) return;
    if (this.#around.onError === undefined) console.error(error);
    else this.#around.onError(error);
  }
}
