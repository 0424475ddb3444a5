/**
 * The connection that only waits: IDLE on the inbox, for as long as the account lives.
 *
 * Decision: it never works. It says "look" and the worker looks, so a command never breaks the wait and a wait
 * never delays a command. When the line is lost it comes back with back-off, and says "look at everything",
 * because nobody knows what was missed. Refused credentials end it until new ones come.
 */
import { ImapAuth } from './imap-answers.ts';
import type { ImapSession } from './imap.ts';

export interface WatcherOptions {
  connect: (told: (what: 'changed' | 'closed') => void) => Promise<ImapSession>;
  /** The inbox changed. */
  changed: () => void;
  /** The line stands (again): anything may have happened. */
  opened: () => void;
  /** The line is gone, or could not be opened. */
  lost: (error: Error | null) => void;
}

const LONGEST_WAIT = 60_000;

export class Watcher {
  readonly #options: WatcherOptions;
  #session: ImapSession | null = null;
  #timer: NodeJS.Timeout | null = null;
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

  async close(): Promise<void> {
    this.#closed = true;
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
      this.#options.lost(null);
      this.#again();
    };
    try {
      opened = await this.#options.connect(told);
      await opened.select('INBOX');
      if (this.#closed) return void opened.logout();
      this.#session = opened;
      this.#failures = 0;
      this.#options.opened();
    } catch (error) {
      opened?.close();
      if (this.#closed) return;
      this.#options.lost(error as Error);
      if (!(error instanceof ImapAuth)) this.#again();
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
