/**
 * The heart: one account of one person, joining its parts and holding no logic of its own.
 *
 * Decision: everything that changes rows goes through `#commit`, one turn at a time, and is told to the audience
 * within that turn. The watcher waits, the lane works, the parts lane streams attachments so that a slow download
 * holds up nobody. A broken line is a state that is shown, never an error that stops anything.
 */
import type { Call } from '../shared/commands.ts';
import type { Body } from '../shared/mail.ts';
import type { AccountInfo, AccountStatus, Cursor, SearchAsk } from '../shared/protocol.ts';
import { Audience } from './audience.ts';
import { readBody } from './body.ts';
import { Calls } from './calls.ts';
import type { Connections } from './connections.ts';
import type { AccountDoor, PartStream, Viewer } from './doors.ts';
import { ImapAuth, ImapDown, ImapRefused, type Credentials, type Happening } from './imap-answers.ts';
import { ImapSession } from './imap.ts';
import { Lane, URGENT, type LineState } from './lane.ts';
import { describeError, type Log } from './log.ts';
import type { MailServer } from './mailserver.ts';
import { Mirror } from './mirror.ts';
import { Outbox } from './outbox.ts';
import { openPart } from './part.ts';
import { Probe } from './probe.ts';
import { Questions } from './questions.ts';
import { Search } from './search.ts';
import { transmit } from './send.ts';
import type { Writes } from './store/records.ts';
import type { Store } from './store/store.ts';
import { Sync } from './sync.ts';
import { wallTimers, type Timers } from './timers.ts';
import { Turns } from './turns.ts';
import { Rounds } from './watch-rounds.ts';
import { Watcher } from './watcher.ts';

export interface AccountOptions {
  id: string;
  address: string;
  epoch: string;
  credentials: Credentials;
  imap: MailServer;
  /** Shared by the accounts of the process. */
  connections: Connections;
  smtp: MailServer;
  store: Store;
  now: () => number;
  /** What watching waits on; the clock on the wall unless a test gives its own. */
  timers?: Timers;
  log: Log;
}

/** Removals and receipts are remembered this long, in milliseconds. */
const RETENTION = 30 * 24 * 3600_000;

export class Account implements AccountDoor {
  readonly id: string;
  readonly address: string;
  readonly #options: AccountOptions;
  readonly #turns = new Turns();
  readonly #audience: Audience;
  readonly #lane: Lane;
  readonly #parts: Lane;
  readonly #sync: Sync;
  readonly #outbox: Outbox;
  readonly #calls: Calls;
  readonly #watcher: Watcher;
  readonly #probe: Probe;
  readonly #rounds: Rounds;
  readonly #questions: Questions;
  #status: AccountStatus = { state: 'connecting', text: '', retryAt: null, mirrored: 0, of: 0 };

  constructor(options: AccountOptions) {
    this.#options = options;
    this.id = options.id;
    this.address = options.address;
    const { store, now, log, id: account } = options;
    const commit = (writes: Writes) => this.#commit(writes);
    const tell = this.#tell;
    const connect = () => this.#connect(false, () => undefined);
    this.#audience = new Audience(account, options.epoch, store, this.#turns, (error) =>
      log.error({ account, error: describeError(error) }, 'a page could not be read'),
    );
    this.#lane = new Lane({
      connect,
      now,
      idle: 15 * 60_000,
      told: (line) => this.#line(line),
      opened: () => this.#calls.pump(),
    });
    this.#parts = new Lane({ connect, now, idle: 30_000, told: () => undefined, opened: () => undefined });
    const mirror = new Mirror({ account, store, commit });
    const lane = this.#lane;
    this.#sync = new Sync({ account, store, lane, mirror, log, progressed: () => void this.#progressed() });
    this.#outbox = new Outbox({
      ...{ account, store, lane, mirror, commit, tell, now, log },
      transmit: (mail) => transmit(options.smtp, options.credentials, mail),
    });
    const doubt = (mailboxes: number[]) => this.#sync.mailboxes(mailboxes);
    this.#calls = new Calls({
      account,
      store,
      lane,
      mirror,
      outbox: this.#outbox,
      commit,
      tell,
      doubt,
      now,
      log,
    });
    this.#questions = new Questions(account, new Search({ account, store, lane }), log);
    const timers = options.timers ?? wallTimers;
    this.#rounds = new Rounds({ account, store, lane, sync: this.#sync, timers, now, log });
    const changed = () => void this.#sync.inbox();
    this.#probe = new Probe({
      ...{ account, lane, timers, log, changed },
      watching: () => this.#watcher.listening,
      deaf: () => this.#watcher.replace(),
    });
    this.#watcher = new Watcher({
      timers,
      connect: (told) => this.#connect(true, told),
      changed: () => (changed(), this.#probe.heard()),
      opened: () => (this.#sync.everything(), this.#probe.opened()),
      lost: (error) => this.#lost(error),
    });
  }

  /** Begins to watch, and takes up calls an earlier run left open before anything is mirrored. */
  async start(): Promise<void> {
    const { store, now } = this.#options;
    await store.forgetOld(this.id, now() - RETENTION);
    await this.#calls.start();
    await this.#progressed();
    this.#watcher.start();
    this.#probe.start();
    this.#rounds.start();
  }

  async stop(): Promise<void> {
    this.#rounds.stop();
    this.#outbox.stop();
    this.#sync.stop();
    this.#probe.stop();
    this.#audience.close();
    await Promise.all([this.#watcher.close(), this.#lane.close(), this.#parts.close()]);
    await this.#turns.settled();
  }

  /** The person signed in again: use these from now on, and try at once. */
  renew(credentials: Credentials): void {
    Object.assign(this.#options.credentials, credentials);
    this.#lane.revive();
    this.#parts.revive();
    this.#watcher.revive();
    this.#calls.pump();
    this.#sync.everything();
  }

  info(): AccountInfo {
    return { id: this.id, address: this.address, status: this.#status };
  }

  /** Seats the viewer; the status it is told afterwards is never older than what `welcome` said. */
  async attach(viewer: Viewer, cursor: Cursor | null): Promise<void> {
    await this.#audience.attach(viewer, cursor);
    viewer.send({ t: 'status', account: this.id, status: this.#status });
  }

  detach(viewer: Viewer): void {
    this.#audience.detach(viewer);
  }

  call(viewer: Viewer | null, call: Call): Promise<void> {
    void this.#rounds.acted(call);
    return this.#calls.accept(viewer, call);
  }

  refresh(mailbox: number | null): void {
    // The list too: a mailbox that a person looks at in vain may have been renamed or removed.
    this.#sync.everything();
    if (mailbox === null) return;
    this.#rounds.touch(mailbox);
    this.#sync.mailboxes([mailbox]);
  }

  search(viewer: Viewer, ask: SearchAsk): void {
    this.#questions.ask(viewer, ask);
  }

  cancel(viewer: Viewer, id: number): void {
    this.#questions.cancel(viewer, id);
  }

  want(viewer: Viewer, messages: number[], ahead: boolean): void {
    for (const message of messages) void this.#body(viewer, message, ahead);
  }

  /** One part as a stream; null when message or part are not there. Throws ImapDown when the server is away. */
  async part(message: number, part: string): Promise<PartStream | null> {
    const { store } = this.#options;
    const place = await store.place(this.id, message);
    const box = place && (await store.mailboxes(this.id)).find((b) => b.id === place.mailbox);
    if (!box) return null;
    return openPart(this.#parts, box, place.uid, part);
  }

  async #body(viewer: Viewer, message: number, ahead: boolean): Promise<void> {
    const answer = (body: Body | null, error: string | null) =>
      viewer.send({ t: 'body', account: this.id, message, body, error });
    try {
      const body = await this.#lane.run(ahead ? URGENT.ahead : URGENT.person, async (session) => {
        if (viewer.closed) return null;
        const place = await this.#options.store.place(this.id, message);
        const box =
          place && (await this.#options.store.mailboxes(this.id)).find((b) => b.id === place.mailbox);
        if (!box) return null;
        if (!ahead) this.#rounds.touch(box.id);
        await session.enter(box.path, box.uidvalidity);
        return readBody(session, message, place.uid);
      });
      answer(body, body ? null : 'The message is not there any more.');
    } catch (error) {
      answer(null, this.#wordsFor(error));
    }
  }

  #wordsFor(error: unknown): string {
    if (error instanceof ImapDown) return 'The mail server cannot be reached.';
    if (error instanceof ImapAuth) return 'The mail server refused the password.';
    if (error instanceof ImapRefused) return error.message;
    this.#options.log.error({ account: this.id, error: describeError(error) }, 'a body could not be read');
    return 'The bridge could not read this message. Its log says more.';
  }

  #connect(watch: boolean, told: (what: Happening) => void): Promise<ImapSession> {
    const { imap, credentials, connections } = this.#options;
    return connections.open(imap.host, () => ImapSession.open(imap, credentials, watch, told));
  }

  /** Lands writes in a turn and tells devices within it. */
  #commit(writes: Writes): Promise<void> {
    return this.#turns.take(async () => {
      const facts = await this.#options.store.commit(this.id, writes);
      if (facts) this.#audience.publish(facts);
    });
  }

  readonly #tell: Audience['tell'] = (frame) => this.#audience.tell(frame);

  #line(line: LineState): void {
    if (line.is === 'up') this.#show({ state: 'ok', text: '', retryAt: null });
    else if (line.is === 'connecting') this.#show({ state: 'connecting', text: '', retryAt: null });
    else if (line.is === 'refused') this.#show({ state: 'refused', text: line.text, retryAt: null });
    else this.#show({ state: 'unreachable', text: line.text, retryAt: line.retryAt });
  }

  /** The watcher lost its line: the worker finds out how the server is, and what was missed. */
  #lost(error: Error | null): void {
    if (error instanceof ImapAuth) this.#show({ state: 'refused', text: error.message, retryAt: null });
    else this.#sync.everything();
  }

  #show(change: Partial<AccountStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.#tell({ t: 'status', account: this.id, status: this.#status });
  }

  async #progressed(): Promise<void> {
    const { mirrored, of } = await this.#options.store.progress(this.id);
    if (mirrored !== this.#status.mirrored || of !== this.#status.of)
      this.#show({ mirrored, of: Math.max(of, mirrored) });
  }
}
