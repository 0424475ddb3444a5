/**
 * One IMAP connection and the line of jobs before it.
 *
 * Decision: jobs run one at a time, the most urgent first, so no two ever contend for the selected mailbox and a
 * person never waits behind a backfill by more than one short job. The connection is opened when a job needs it
 * and closed when none has for a while. A job that fails with ImapDown is told so and may come again; how long to
 * wait is decided here, with back-off, never by the jobs, so a dead server is not stormed.
 */
import { ImapAuth, ImapDown } from './imap-answers.ts';
import type { ImapSession } from './imap.ts';

/** Lower is sooner. */
export const URGENT = { person: 0, command: 1, live: 2, ahead: 3, backfill: 4 } as const;
export type Urgency = (typeof URGENT)[keyof typeof URGENT];

/** What the lane tells of its line to the server. */
export type LineState =
  | { is: 'up' }
  | { is: 'connecting' }
  | { is: 'down'; text: string; retryAt: number }
  /** The credentials were refused; no further try until `revive`. */
  | { is: 'refused'; text: string };

interface Job {
  urgency: Urgency;
  work: (session: ImapSession) => Promise<void>;
  fail: (error: Error) => void;
}

export interface LaneOptions {
  connect: () => Promise<ImapSession>;
  told: (state: LineState) => void;
  /** Called when a job that failed with ImapDown may come again: a new connection stands, or is due to be tried. */
  opened: () => void;
  /** Milliseconds without a job after which the connection is closed. */
  idle: number;
  now: () => number;
}

const LONGEST_WAIT = 60_000;

export class Lane {
  readonly #options: LaneOptions;
  readonly #jobs: Job[] = [];
  #session: ImapSession | null = null;
  #running = false;
  #closed = false;
  #refused = false;
  #failures = 0;
  /** Connections that broke under a job since one was done. */
  #breaks = 0;
  #again: NodeJS.Timeout | null = null;
  #retry: NodeJS.Timeout | null = null;
  #idle: NodeJS.Timeout | null = null;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** Runs `work` with the session when its turn comes. Rejects with what it threw, or ImapDown, or ImapAuth. */
  run<T>(urgency: Urgency, work: (session: ImapSession) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) return reject(new ImapDown('The bridge is stopping.'));
      const job: Job = { urgency, work: async (session) => resolve(await work(session)), fail: reject };
      const at = this.#jobs.findIndex((other) => other.urgency > urgency);
      this.#jobs.splice(at === -1 ? this.#jobs.length : at, 0, job);
      void this.#next();
    });
  }

  /** Forgets back-off and refusal: new credentials, or the person asked. */
  revive(): void {
    this.#refused = false;
    this.#failures = 0;
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = null;
    void this.#next();
  }

  /** Drops the connection without refusing jobs; the next job opens a new one. */
  drop(): void {
    this.#session?.close();
    this.#session = null;
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#again) clearTimeout(this.#again);
    if (this.#retry) clearTimeout(this.#retry);
    if (this.#idle) clearTimeout(this.#idle);
    this.#failAll(new ImapDown('The bridge is stopping.'));
    const session = this.#session;
    this.#session = null;
    await session?.logout();
  }

  async #next(): Promise<void> {
    if (this.#running || this.#closed || this.#retry || this.#jobs.length === 0) return;
    this.#running = true;
    if (this.#idle) clearTimeout(this.#idle);
    this.#idle = null;
    try {
      const session = await this.#ready();
      const job = session ? this.#jobs.shift() : undefined;
      if (session && job) await this.#do(session, job);
    } finally {
      this.#running = false;
      this.#rest();
      if (this.#jobs.length > 0) void this.#next();
    }
  }

  async #do(session: ImapSession, job: Job): Promise<void> {
    try {
      await job.work(session);
      this.#breaks = 0;
    } catch (error) {
      if (!session.usable) this.#broke();
      job.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** The line broke under a job, which is called again; later each time, for the job may be what breaks it. */
  #broke(): void {
    this.#session = null;
    if (this.#closed) return;
    this.#breaks += 1;
    if (this.#again) clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#options.opened(), Math.min(LONGEST_WAIT, 500 * 2 ** this.#breaks));
  }

  /** The session, connected if need be; null when that failed (jobs were told, a retry is set). */
  async #ready(): Promise<ImapSession | null> {
    if (this.#session?.usable) return this.#session;
    this.#session = null;
    if (this.#refused) {
      this.#failAll(new ImapAuth('The mail server refused the credentials.'));
      return null;
    }
    if (this.#failures === 0) this.#options.told({ is: 'connecting' });
    try {
      this.#session = await this.#options.connect();
    } catch (error) {
      this.#failed(error as Error);
      return null;
    }
    if (this.#closed) {
      await this.#session.logout();
      return null;
    }
    this.#failures = 0;
    this.#options.told({ is: 'up' });
    this.#options.opened();
    return this.#session;
  }

  #failed(error: Error): void {
    if (this.#closed) return;
    if (error instanceof ImapAuth) {
      this.#refused = true;
      this.#options.told({ is: 'refused', text: error.message });
    } else {
      this.#failures += 1;
      const cap = Math.min(LONGEST_WAIT, 500 * 2 ** this.#failures);
      const wait = Math.round(cap / 2 + (Math.random() * cap) / 2);
      this.#options.told({ is: 'down', text: error.message, retryAt: this.#options.now() + wait });
      this.#retry = setTimeout(() => {
        this.#retry = null;
        this.#options.opened();
        void this.#next();
      }, wait);
    }
    this.#failAll(error instanceof ImapAuth ? error : new ImapDown(error.message, { cause: error }));
  }

  #failAll(error: Error): void {
    for (const job of this.#jobs.splice(0)) job.fail(error);
  }

  #rest(): void {
    if (this.#closed || !this.#session || this.#jobs.length > 0) return;
    this.#idle = setTimeout(() => {
      const session = this.#session;
      this.#session = null;
      void session?.logout();
    }, this.#options.idle);
  }
}
