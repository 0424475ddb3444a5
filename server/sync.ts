/**
 * What is to be looked at on the mail server, and when.
 *
 * Decision: a set of dirty mailboxes and one flag for the list, emptied one short lane job at a time, so that a
 * person's request or a command goes between any two. The inbox goes first, then the rest; the first mirroring of
 * everything comes last and in small steps. A job that finds the line broken leaves its mailbox dirty: it is
 * looked at again when the line is back.
 */
import type { MailboxRole } from '../shared/mail.ts';
import { ImapAuth, ImapDown, ImapRefused } from './imap-answers.ts';
import { URGENT, type Lane } from './lane.ts';
import { describeError, type Log } from './log.ts';
import type { Mirror } from './mirror.ts';
import type { MailboxRecord } from './store/records.ts';
import type { Store } from './store/store.ts';

export interface SyncOptions {
  account: string;
  store: Store;
  lane: Lane;
  mirror: Mirror;
  /** The share mirrored has changed. */
  progressed: () => void;
  log: Log;
}

const ORDER: (MailboxRole | null)[] = [
  'inbox',
  'sent',
  'drafts',
  'archive',
  'flagged',
  null,
  'all',
  'trash',
  'junk',
];

export class Sync {
  readonly #options: SyncOptions;
  readonly #dirty = new Set<number>();
  #listDue = false;
  #looking = false;
  #descending = false;
  #stopped = false;

  constructor(options: SyncOptions) {
    this.#options = options;
  }

  /** Compare the list of mailboxes and everything that differs. */
  everything(): void {
    this.#listDue = true;
    void this.#look();
  }

  mailboxes(ids: number[]): void {
    for (const id of ids) this.#dirty.add(id);
    void this.#look();
  }

  /** No more looking: the bridge is stopping. */
  stop(): void {
    this.#stopped = true;
  }

  async inbox(): Promise<void> {
    if (this.#stopped) return;
    const inbox = (await this.#boxes()).find((box) => box.role === 'inbox');
    if (inbox) this.mailboxes([inbox.id]);
    else this.everything();
  }

  async #boxes(): Promise<MailboxRecord[]> {
    const boxes = await this.#options.store.mailboxes(this.#options.account);
    return boxes.toSorted((a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role));
  }

  async #look(): Promise<void> {
    if (this.#looking || this.#stopped) return;
    this.#looking = true;
    try {
      while (this.#listDue || this.#dirty.size > 0) {
        if (this.#listDue) await this.#list();
        const boxes = await this.#boxes();
        const next = boxes.find((box) => this.#dirty.has(box.id));
        if (next) {
          await this.#refresh(next.id);
          this.#options.progressed();
        } else this.#dirty.clear(); // What is left names mailboxes that have gone.
      }
    } catch (error) {
      if (!(error instanceof ImapDown) && !(error instanceof ImapAuth)) this.#fault(error);
    } finally {
      this.#looking = false;
    }
    void this.#descend();
  }

  async #list(): Promise<void> {
    const { lane, mirror, progressed } = this.#options;
    const dirty = await lane.run(URGENT.live, (session) => mirror.list(session));
    this.#listDue = false;
    for (const id of dirty) this.#dirty.add(id);
    progressed();
  }

  async #refresh(id: number): Promise<void> {
    const { lane, mirror, log, account } = this.#options;
    this.#dirty.delete(id);
    try {
      await lane.run(URGENT.live, (session) => mirror.refresh(session, id));
      const box = (await this.#boxes()).find((b) => b.id === id);
      // The first screen does not wait for other mailboxes.
      if (box?.role === 'inbox' && !box.mirrored && box.lowest === box.uidnext)
        await lane.run(URGENT.live, (session) => mirror.descend(session, id));
    } catch (error) {
      if (!(error instanceof ImapRefused)) {
        this.#dirty.add(id);
        throw error;
      }
      log.warn({ account, mailbox: id }, 'the mail server would not open a mailbox');
    }
  }

  async #descend(): Promise<void> {
    if (this.#descending || this.#stopped) return;
    this.#descending = true;
    const refused = new Set<number>();
    try {
      for (;;) {
        const open = (box: MailboxRecord) => box.selectable && !box.mirrored && box.uidvalidity !== null;
        const next = (await this.#boxes()).find((box) => open(box) && !refused.has(box.id));
        if (!next) break;
        await this.#descendOne(next.id, refused);
        this.#options.progressed();
      }
    } catch (error) {
      if (!(error instanceof ImapDown) && !(error instanceof ImapAuth)) this.#fault(error);
    } finally {
      this.#descending = false;
    }
  }

  async #descendOne(id: number, refused: Set<number>): Promise<void> {
    const { lane, mirror } = this.#options;
    try {
      await lane.run(URGENT.backfill, (session) => mirror.descend(session, id));
    } catch (error) {
      if (!(error instanceof ImapRefused)) throw error;
      refused.add(id);
    }
  }

  #fault(error: unknown): void {
    if (this.#stopped) return;
    this.#options.log.error(
      { account: this.#options.account, error: describeError(error) },
      'mirroring failed',
    );
  }
}
