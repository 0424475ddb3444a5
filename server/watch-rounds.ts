/**
 * What no mail server announces to us is asked for, in rounds.
 *
 * Decision: IDLE tells of the inbox alone, so the other mailboxes are asked for. Where the person acted or looked
 * lately, an answer is waited for, so those few are hot and are asked often, each by one STATUS; a mailbox is looked
 * into only when that differs from the record, and once for each standing, should a server never agree with
 * itself. The rest is compared by one LIST in the slow round, as before.
 */
import type { Call } from '../shared/commands.ts';
import { ImapAuth, ImapDown, ImapRefused } from './imap-answers.ts';
import { URGENT, type Lane } from './lane.ts';
import { describeError, type Log } from './log.ts';
import type { MailboxRecord } from './store/records.ts';
import type { Store } from './store/store.ts';
import type { Sync } from './sync.ts';
import type { Timers } from './timers.ts';

/** Milliseconds between two looks at the list of all mailboxes. */
export const SLOW_ROUND = 60_000;
/** Milliseconds between two looks at hot mailboxes. */
export const HOT_ROUND = 15_000;
/** Milliseconds a mailbox stays hot after the person acted or looked there. */
const HOT_FOR = 5 * 60_000;
/** Mailboxes that are hot at once; the one touched longest ago gives way. */
const HOT_MOST = 8;

export interface RoundsOptions {
  account: string;
  store: Store;
  lane: Lane;
  sync: Pick<Sync, 'everything' | 'mailboxes'>;
  timers: Timers;
  now: () => number;
  log: Log;
}

export class Rounds {
  readonly #options: RoundsOptions;
  /** Mailbox → until when it is hot; the one touched last comes last. */
  readonly #hot = new Map<number, number>();
  /** Mailbox → the standing it was last looked into for. */
  readonly #asked = new Map<number, string>();
  #slow: () => void = () => undefined;
  #quick: (() => void) | null = null;
  #stopped = false;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  start(): void {
    const { timers, sync } = this.#options;
    this.#slow = timers.after(SLOW_ROUND, () => {
      sync.everything();
      this.start();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#slow();
    this.#quick?.();
  }

  /** The person acted or looked in a mailbox. */
  touch(mailbox: number): void {
    this.#hot.delete(mailbox);
    this.#hot.set(mailbox, this.#options.now() + HOT_FOR);
    for (const oldest of this.#hot.keys()) if (this.#hot.size > HOT_MOST) this.#cool(oldest);
    this.#next();
  }

  /** Touches the mailboxes a call names, and those its messages lie in now. */
  async acted(call: Call): Promise<void> {
    const { account, store, log } = this.#options;
    try {
      for (const step of call.steps) {
        if ('mailbox' in step && typeof step.mailbox === 'number') this.touch(step.mailbox);
        if ('to' in step && typeof step.to === 'number') this.touch(step.to);
        const first = 'messages' in step && Array.isArray(step.messages) ? step.messages[0] : undefined;
        const place = first === undefined ? null : await store.place(account, first);
        if (place) this.touch(place.mailbox);
      }
    } catch (error) {
      log.error({ account, error: describeError(error) }, 'where a call acts could not be read');
    }
  }

  #cool(mailbox: number): void {
    this.#hot.delete(mailbox);
    this.#asked.delete(mailbox);
  }

  #next(): void {
    if (this.#quick || this.#stopped || this.#hot.size === 0) return;
    this.#quick = this.#options.timers.after(HOT_ROUND, () => void this.#round());
  }

  async #round(): Promise<void> {
    const { account, store, now, log } = this.#options;
    try {
      for (const [mailbox, until] of this.#hot) if (until <= now()) this.#cool(mailbox);
      const boxes = await store.mailboxes(account);
      for (const box of boxes) if (this.#hot.has(box.id) && !this.#stopped) await this.#ask(box);
    } catch (error) {
      // A server that is away is asked again next time; the lane shows that it is.
      if (!(error instanceof ImapDown) && !(error instanceof ImapAuth))
        log.error({ account, error: describeError(error) }, 'hot mailboxes could not be asked for');
    } finally {
      this.#quick = null;
      this.#next();
    }
  }

  async #ask(box: MailboxRecord): Promise<void> {
    if (box.role === 'inbox' || !box.selectable || !box.mirrored) return;
    const { lane, sync } = this.#options;
    try {
      const there = await lane.run(URGENT.live, async (session) => {
        // The STATUS of a selected mailbox is old news.
        if (session.selectedPath === box.path) await session.select('INBOX');
        return session.status(box.path);
      });
      const standing = JSON.stringify(there);
      if (same(box, there) || this.#asked.get(box.id) === standing) return;
      this.#asked.set(box.id, standing);
      sync.mailboxes([box.id]);
    } catch (error) {
      if (!(error instanceof ImapRefused)) throw error;
      this.#cool(box.id); // Gone or locked: the slow round finds out.
    }
  }
}

type Standing = Pick<MailboxRecord, 'uidvalidity' | 'uidnext' | 'total' | 'unread' | 'modseq'>;

function same(box: MailboxRecord, there: Standing): boolean {
  return (
    there.uidvalidity === box.uidvalidity &&
    there.uidnext === box.uidnext &&
    there.total === box.total &&
    there.unread === box.unread &&
    (there.modseq === null || there.modseq === box.modseq)
  );
}
