/**
 * The sends of one account: held, handed over, copied, each on its own so that none waits behind another.
 *
 * Decision: the order of the disk is the order of the world (`send.ts` tells the steps). A send taken up while
 * `running` belongs to an earlier life of the bridge: it is looked for in Sent, never sent again. While the IMAP
 * server is away the mail still goes out; its copy follows when the server is back.
 */
import type { Outgoing } from '../shared/commands.ts';
import type { Down, Progress } from '../shared/protocol.ts';
import { ImapAuth, ImapDown, ImapRefused } from './imap-answers.ts';
import { URGENT, type Lane } from './lane.ts';
import { describeError, type Log } from './log.ts';
import type { Mirror } from './mirror.ts';
import { fileCopy, foundInSent, UNSURE, type SendStep } from './send.ts';
import type { Delivery } from './smtp.ts';
import type { LedgerChange, LedgerEntry, Writes } from './store/records.ts';
import type { Store } from './store/store.ts';

export interface OutboxOptions {
  account: string;
  store: Store;
  lane: Lane;
  mirror: Mirror;
  transmit: (mail: Outgoing) => Promise<Delivery>;
  commit: (writes: Writes) => Promise<void>;
  tell: (frame: Down) => void;
  now: () => number;
  log: Log;
}

const FIRST_RETRY = 5_000;
const LONGEST_RETRY = 15 * 60_000;

interface Sending {
  entry: LedgerEntry;
  mail: Outgoing;
  timer: NodeJS.Timeout | null;
  /** Between timer and end of a try. */
  active: boolean;
  failures: number;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #sendings = new Map<string, Sending>();
  #stopped = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Takes charge of a send, new or left over. */
  take(entry: LedgerEntry): void {
    const { mail } = entry.call.steps[0] as SendStep;
    const sending: Sending = { entry, mail, timer: null, active: false, failures: 0 };
    this.#sendings.set(entry.id, sending);
    this.#later(sending, entry.state === 'held' ? entry.holdUntil - this.#options.now() : 0);
  }

  /** Lets go of a send that has not begun. False: too late. */
  release(id: string): boolean {
    const sending = this.#sendings.get(id);
    if (!sending || sending.active) return false;
    if (sending.timer) clearTimeout(sending.timer);
    return this.#sendings.delete(id);
  }

  /** The line to the IMAP server stands: what waited for it goes on. */
  pump(): void {
    for (const sending of this.#sendings.values())
      if (!sending.active && sending.entry.state !== 'held' && sending.entry.state !== 'accepted')
        this.#later(sending, 0);
  }

  stop(): void {
    this.#stopped = true;
    for (const { timer } of this.#sendings.values()) if (timer) clearTimeout(timer);
  }

  #later(sending: Sending, wait: number): void {
    if (sending.timer) clearTimeout(sending.timer);
    if (this.#stopped) return;
    sending.timer = setTimeout(() => void this.#go(sending), Math.max(0, wait));
  }

  async #go(sending: Sending): Promise<void> {
    if (sending.active || this.#stopped) return;
    sending.active = true;
    sending.timer = null;
    try {
      await this.#advance(sending);
    } catch (error) {
      if (this.#stopped) return;
      const down = error instanceof ImapDown || error instanceof ImapAuth;
      if (!down)
        this.#options.log.error(
          { account: this.#options.account, error: describeError(error) },
          'a send failed',
        );
      this.#progress(sending, 'waiting', 'The mail server cannot be reached.');
      this.#later(sending, this.#backoff(sending));
    } finally {
      sending.active = false;
    }
  }

  #backoff(sending: Sending): number {
    sending.failures += 1;
    const cap = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** (sending.failures - 1));
    return cap / 2 + (Math.random() * cap) / 2;
  }

  async #advance(sending: Sending): Promise<void> {
    const { entry } = sending;
    if (entry.state === 'running') await this.#lookInSent(sending);
    else if (entry.state === 'held' || entry.state === 'accepted') await this.#transmit(sending);
    if (entry.state === 'sent') await this.#settleSent(sending);
    else if (entry.state === 'settled' && entry.copyPending) await this.#copy(sending);
  }

  async #transmit(sending: Sending): Promise<void> {
    const { entry, mail } = sending;
    await this.#write(sending, { state: 'running', attempts: entry.attempts + 1, note: '' });
    this.#progress(sending, 'running', '');
    const delivery = await this.#options.transmit(mail);
    if (delivery.as === 'sent') return this.#write(sending, { state: 'sent', copyPending: true });
    if (delivery.as === 'unknown') return this.#lookInSent(sending);
    if (delivery.as === 'refused')
      return this.#settle(sending, { as: 'refused', code: 'server', text: delivery.text });
    // Nothing left the bridge: the send may be taken back again while it waits.
    await this.#write(sending, { state: 'accepted', attempts: 0, note: delivery.text });
    this.#progress(sending, 'waiting', delivery.text);
    this.#later(sending, this.#backoff(sending));
  }

  /** The check: did a try whose end nobody saw reach the server? */
  async #lookInSent(sending: Sending): Promise<void> {
    const { account, store, lane } = this.#options;
    const found = await lane
      .run(URGENT.command, (session) => foundInSent(store, account, session, sending.mail))
      .catch((error: unknown) => {
        // Sent cannot be read, and that is final: nobody knows.
        if (error instanceof ImapRefused) return false;
        throw error;
      });
    if (found) return this.#write(sending, { state: 'sent', copyPending: true });
    return this.#settle(sending, UNSURE);
  }

  async #settleSent(sending: Sending): Promise<void> {
    try {
      await this.#copy(sending);
    } catch (error) {
      if (!(error instanceof ImapDown) && !(error instanceof ImapAuth)) throw error;
      // It is sent, and that is what the person is told; the copy follows.
      await this.#settle(sending, { as: 'done' }, {}, true);
    }
  }

  async #copy(sending: Sending): Promise<void> {
    const { account, store, lane, mirror, log } = this.#options;
    await lane.run(URGENT.command, async (session) => {
      const { writes, doubt, failed } = await fileCopy(store, account, session, sending.mail);
      if (doubt.length === 0) await mirror.list(session);
      for (const mailbox of doubt) await mirror.refresh(session, mailbox);
      if (failed) log.warn({ account }, 'the Sent copy was refused and will be tried again');
      await this.#settle(sending, { as: 'done' }, writes, failed !== null);
    });
    if (sending.entry.copyPending) this.#later(sending, this.#backoff(sending));
  }

  async #settle(
    sending: Sending,
    outcome: LedgerEntry['outcomes'][number],
    writes: Writes = {},
    copyPending = false,
  ): Promise<void> {
    await this.#write(sending, { state: 'settled', note: '', outcomes: [outcome], copyPending }, writes);
    if (!copyPending) this.#sendings.delete(sending.entry.id);
  }

  async #write(sending: Sending, change: Partial<LedgerChange>, writes: Writes = {}): Promise<void> {
    const { id, state, attempts, note, outcomes, copyPending } = sending.entry;
    const next: LedgerChange = { id, state, attempts, note, outcomes, copyPending, ...change };
    await this.#options.commit({ ...writes, durable: true, ledger: [next] });
    Object.assign(sending.entry, next);
  }

  #progress({ entry }: Sending, state: Progress['state'], text: string): void {
    this.#options.tell({ t: 'progress', account: this.#options.account, id: entry.id, state, text });
  }
}
