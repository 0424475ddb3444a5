/**
 * The connection that only waits: IDLE on the inbox, for as long as the account lives.
 *
 * Decision: it never works. It says "look" and the worker looks, so a command never breaks the wait and a wait
 * never delays a command. When the line is lost it comes back with back-off, and says "look at everything",
 * because nobody knows what was missed. Refused credentials end it until new ones come. Whether it still hears is
 * judged elsewhere (probe.ts). A server without IDLE (RFC 2177) is asked with NOOP, which brings the same news.
 */
import { ImapAuth } from './imap-answers.ts';
import type { ImapSession } from './imap.ts';
import type { Timers } from './timers.ts';

export interface WatcherOptions {
  connect: (told: (what: 'changed' | 'closed') => void) => Promise<ImapSession>;
  timers: Timers;
  /** The inbox changed. */
  changed: () => void;
  /** The line stands (again): anything may have happened. */
  opened: () => void;
  /** The line is gone, or could not be opened. */
  lost: (error: Error | null) => void;
}

const LONGEST_WAIT = 60_000;
/** Milliseconds between two NOOPs where the server has no IDLE: new mail is at most this late. */
export const WITHOUT_IDLE = 15_000;

export class Watcher {
  readonly #options: WatcherOptions;
  #session: ImapSession | null = null;
  #timer: NodeJS.Timeout | null = null;
  #rest: () => void = () => undefined;
  #failures = 0;
  #closed = false;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  start(): void {
    void this.#open();
  }

  /** New credentials: begin again at once. */
  revive(): void {
    this.#failures = 0;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#session && !this.#closed) void this.#open();
  }

  /** Whether a line stands on which changes should be heard. */
  get listening(): boolean {
    return this.#session !== null;
  }

  /** Gives the line up without a goodbye, which a deaf one would not answer, and opens another at once. */
  replace(): void {
    const deaf = this.#session;
    this.#session = null;
    this.#rest();
    deaf?.close();
    if (deaf) void this.#open();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#rest();
    if (this.#timer) clearTimeout(this.#timer);
    const session = this.#session;
    this.#session = null;
    await session?.logout();
  }

  async #open(): Promise<void> {
    let opened: ImapSession | null = null;
    const told = (what: 'changed' | 'closed') => {
      if (this.#closed || (opened && opened !== this.#session)) return;
      if (what === 'changed') return this.#options.changed();
      if (!this.#session) return;
      this.#session = null;
      this.#rest();
      this.#options.lost(null);
      this.#again();
    };
    try {
      opened = await this.#options.connect(told);
      await opened.select('INBOX');
      if (this.#closed) return void opened.logout();
      this.#session = opened;
      this.#failures = 0;
      if (!opened.has('IDLE')) this.#ask(opened);
      this.#options.opened();
    } catch (error) {
      opened?.close();
      if (this.#closed) return;
      this.#options.lost(error as Error);
      if (!(error instanceof ImapAuth)) this.#again();
    }
  }

  /** Asks for news again and again while this line stands. */
  #ask(session: ImapSession): void {
    this.#rest = this.#options.timers.after(WITHOUT_IDLE, () => void this.#asked(session));
  }

  async #asked(session: ImapSession): Promise<void> {
    try {
      await session.noop();
      if (session === this.#session) this.#ask(session);
    } catch {
      session.close(); // A line on which NOOP fails is of no use; its end is told as any other.
    }
  }

  #again(): void {
    if (this.#closed || this.#timer) return;
    this.#failures += 1;
    const cap = Math.min(LONGEST_WAIT, 500 * 2 ** this.#failures);
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        void this.#open();
      },
      cap / 2 + (Math.random() * cap) / 2,
    );
  }
}
