/**
 * Whether the watcher still hears: a second line asks how the inbox stands and compares.
 *
 * Decision: a line can look healthy and say nothing more, and then only another line knows. Each word of the watcher
 * is followed by a look at the inbox, which is what the watcher led us to. If a later look differs and the watcher
 * stays silent for a while still, it is deaf and is replaced; the mail does not wait for that verdict. Polling and
 * commands change nothing here: a watcher that hears tells of those changes too. Some servers never announce flags:
 * the second time a watcher is silent about flags alone, they are not counted any more.
 */
import { ImapAuth, ImapDown, ImapRefused } from './imap-answers.ts';
import type { ImapSession } from './imap.ts';
import { URGENT, type Lane } from './lane.ts';
import { describeError, type Log } from './log.ts';
import type { Timers } from './timers.ts';

/** Milliseconds between two looks. With GRACE three minutes: no change is unheard for longer. */
export const PROBE_EVERY = 150_000;
/** Milliseconds a watcher has to tell what the probe saw before it: servers gather events for some seconds. */
export const PROBE_GRACE = 30_000;

/** How the inbox stands; null is what the answer did not say. */
export interface Standing {
  uidnext: number;
  total: number;
  unread: number | null;
  modseq: string | null;
}

export interface ProbeOptions {
  account: string;
  lane: Pick<Lane, 'run'>;
  /** Whether the watcher's line stands: one that is being opened is not deaf. */
  watching: () => boolean;
  /** The inbox has changed, whoever noticed. */
  changed: () => void;
  /** The watcher is deaf: close it and open another. */
  deaf: () => void;
  timers: Timers;
  log: Log;
}

export class Probe {
  readonly #options: ProbeOptions;
  /** What the watcher led us to, after how many of its words. Null: not looked yet. */
  #led: { standing: Standing; words: number } | null = null;
  #words = 0;
  #looking = false;
  #cancel: () => void = () => undefined;
  #stopped = false;
  /** A replacement has not said anything yet: one that is deaf too is not told of again. */
  #replaced = false;
  /** A watcher was replaced once for silence about flags alone. */
  #flagsDoubted = false;
  #flagsCount = true;

  constructor(options: ProbeOptions) {
    this.#options = options;
  }

  start(): void {
    this.#wait(PROBE_EVERY, () => this.#probe());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** The watcher's line stands (again): what it has to tell begins here. */
  opened(): void {
    this.#words += 1;
    void this.#follow();
  }

  /** The watcher told of a change. */
  heard(): void {
    this.#replaced = false;
    this.opened();
  }

  #wait(ms: number, work: () => Promise<void>): void {
    if (this.#stopped) return;
    this.#cancel = this.#options.timers.after(ms, () => void work());
  }

  /** Looks until the standing is newer than the watcher's last word; words that come meanwhile cost one look. */
  async #follow(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    for (let words = -1; words !== this.#words && !this.#stopped;) {
      words = this.#words;
      const standing = await this.#look();
      this.#led = standing && { standing, words };
    }
    this.#looking = false;
  }

  async #probe(): Promise<void> {
    const standing = this.#options.watching() ? await this.#look() : null;
    if (!standing || !this.#silentAbout(standing)) {
      if (standing && !this.#led) void this.#follow();
      return this.#wait(PROBE_EVERY, () => this.#probe());
    }
    this.#options.changed();
    this.#wait(PROBE_GRACE, () => this.#judge(standing));
  }

  async #judge(standing: Standing): Promise<void> {
    if (this.#options.watching() && this.#silentAbout(standing)) this.#replace(standing);
    this.#wait(PROBE_EVERY, () => this.#probe());
  }

  #silentAbout(standing: Standing): boolean {
    const led = this.#led;
    if (!led || led.words !== this.#words) return false;
    return mailDiffers(led.standing, standing) || (this.#flagsCount && flagsDiffer(led.standing, standing));
  }

  #replace(standing: Standing): void {
    const { account, log, deaf } = this.#options;
    const flagsOnly = this.#led !== null && !mailDiffers(this.#led.standing, standing);
    if (flagsOnly && this.#flagsDoubted) {
      this.#flagsCount = false;
      log.info({ account }, 'this mail server does not announce flags; they are looked for instead');
      return;
    }
    this.#flagsDoubted ||= flagsOnly;
    if (!this.#replaced) log.warn({ account }, 'the watcher had gone deaf and is replaced');
    this.#replaced = true;
    this.#led = null;
    deaf();
  }

  /** How the inbox stands, asked on the worker's line; null when it could not be asked. */
  async #look(): Promise<Standing | null> {
    const { account, lane, log } = this.#options;
    try {
      return await lane.run(URGENT.live, standingOf);
    } catch (error) {
      const away = error instanceof ImapDown || error instanceof ImapAuth || error instanceof ImapRefused;
      if (!away) log.error({ account, error: describeError(error) }, 'the inbox could not be probed');
      return null;
    }
  }
}

/** STATUS, or SELECT afresh where the inbox is selected: the STATUS of a selected mailbox is old news. */
async function standingOf(session: ImapSession): Promise<Standing> {
  if (session.selectedPath !== 'INBOX') return session.status('INBOX');
  const { uidnext, exists, modseq } = await session.select('INBOX');
  return { uidnext, total: exists, unread: null, modseq };
}

function mailDiffers(a: Standing, b: Standing): boolean {
  return a.uidnext !== b.uidnext || a.total !== b.total;
}

function flagsDiffer(a: Standing, b: Standing): boolean {
  const differ = (x: unknown, y: unknown) => x !== null && y !== null && x !== y;
  return differ(a.unread, b.unread) || differ(a.modseq, b.modseq);
}
