/**
 * What every verb works with: the account's rows, the session, what was settled on before, and the effect so far.
 *
 * Decision: a verb gathers its effect piece by piece. When the server refuses half-way, what was done is landed
 * with the refusal, so the rows are right whatever the outcome.
 */
import type { Outcome, RefusalCode } from '../../shared/commands.ts';
import type { ImapSession } from '../imap.ts';
import type { MailboxRecord, Place, Writes } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { Begun } from './begun.ts';

/** How a step ended and what it changed. */
export interface Effect {
  outcome: Outcome;
  writes: Writes;
  /** Mailboxes whose content the server may show differently from what `writes` says. */
  doubt: number[];
}

/** What a verb has done so far. */
export class Doing {
  readonly mailboxes: MailboxRecord[] = [];
  readonly dropMailboxes: number[] = [];
  readonly messages: NonNullable<Writes['messages']> = [];
  readonly flags: NonNullable<Writes['flags']> = [];
  readonly places: NonNullable<Writes['places']> = [];
  readonly drop: number[] = [];
  readonly doubt = new Set<number>();

  /** The writes of what was done, with `outcome`. */
  effect(outcome: Outcome): Effect {
    const { mailboxes, dropMailboxes, messages, flags, places, drop, doubt } = this;
    return {
      outcome,
      writes: { mailboxes, dropMailboxes, messages, flags, places, drop },
      doubt: [...doubt],
    };
  }
}

export interface Bench {
  account: string;
  store: Store;
  session: ImapSession;
  /** Looks at the mailbox list again. */
  relist: () => Promise<void>;
  /** Milliseconds since 1970. */
  now: number;
  /** This step may have been carried out before, wholly or in part. */
  again: boolean;
  /** What the first try settled on; null on a first try, and where nothing had to be. */
  begun: Begun | null;
  /** Puts on the disk what this try settled on, before its first effect. */
  begin: (begun: Begun) => Promise<void>;
  doing: Doing;
}

/** A step that is not carried out, for a reason of the bridge's. The message is for the person. */
export class Refusal extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, text: string) {
    super(text);
    this.code = code;
  }
}

export const messageGone = () => new Refusal('gone', 'The message is not there any more.');

/** A mailbox by id. Throws Refusal `gone`. */
export async function mailboxById(bench: Bench, id: number): Promise<MailboxRecord> {
  const box = (await bench.store.mailboxes(bench.account)).find((b) => b.id === id);
  if (!box) throw new Refusal('gone', 'The mailbox is not there any more.');
  return box;
}

/** Most messages of one command: a longer set may not fit into a line (RFC 7162 §4). */
const GROUP = 500;

/** Messages by mailbox, in groups of at most 500. */
export function groupsOf(places: Place[]): [mailbox: number, group: Place[]][] {
  return [...Map.groupBy(places, (place) => place.mailbox)].flatMap(([mailbox, all]) =>
    Array.from({ length: Math.ceil(all.length / GROUP) }, (_, i): [number, Place[]] => [
      mailbox,
      all.slice(i * GROUP, (i + 1) * GROUP),
    ]),
  );
}

/** The UIDs as an IMAP set. */
export function setOf(places: Place[]): string {
  return places.map((place) => place.uid).join(',');
}

/** Selects the mailbox, unless it is selected. Throws ImapRefused when it was made anew. */
export async function enter(bench: Bench, mailbox: number): Promise<MailboxRecord> {
  const box = await mailboxById(bench, mailbox);
  await bench.session.enter(box.path, box.uidvalidity);
  return box;
}
