/**
 * What one transaction changed, to be told twice: to this tab's memory, with the values, and to other tabs, by id.
 *
 * Decision: values stay in the tab that wrote them. Another tab reads the named rows from the database again, so the
 * order in which tabs hear of each other cannot matter: whatever they read is at least as new as the news.
 */
import type { Mailbox, Message } from '../../shared/mail.ts';
import type { StoredCall, StoredCursor } from './db.ts';
import type { Draft } from './model.ts';

export interface Effect {
  /** The account whose rows changed; null when only calls or drafts did. */
  account: string | null;
  /** All rows of the account were dropped before the rows below were put. */
  cleared: boolean;
  mailboxes: Mailbox[];
  mailboxesGone: number[];
  messages: Message[];
  messagesGone: number[];
  /** Undefined: as before. Null: dropped. */
  cursor: StoredCursor | null | undefined;
  /** Messages whose body came. */
  bodies: number[];
  bodiesGone: number[];
  calls: StoredCall[];
  callsGone: string[];
  drafts: Draft[];
  draftsGone: string[];
}

export interface CameAndGone<Id> {
  came: Id[];
  gone: Id[];
}

/** What other tabs are told: read these again. `all`: everything. */
export type Word =
  | { all: true }
  | {
      all: false;
      account: string | null;
      /** Null: read every row of the account again. */
      messages: number[] | null;
      mailboxes: boolean;
      bodies: CameAndGone<number>;
      /** A call leaves memory only when it is named gone here, together with the rows it changed. */
      calls: CameAndGone<string>;
      drafts: boolean;
    };

export function noEffect(account: string | null = null): Effect {
  return {
    account,
    cleared: false,
    mailboxes: [],
    mailboxesGone: [],
    messages: [],
    messagesGone: [],
    cursor: undefined,
    bodies: [],
    bodiesGone: [],
    calls: [],
    callsGone: [],
    drafts: [],
    draftsGone: [],
  };
}

/** True when mailboxes, messages or the cursor changed. */
export function changesRows(effect: Effect): boolean {
  const lists = [effect.mailboxes, effect.mailboxesGone, effect.messages, effect.messagesGone];
  return effect.cleared || effect.cursor !== undefined || lists.some((list) => list.length > 0);
}

/** What to tell other tabs of an effect; null when there is nothing to tell. */
export function wordOf(effect: Effect): Word | null {
  const calls = { came: effect.calls.map((c) => c.call.id), gone: effect.callsGone };
  const drafts = effect.drafts.length + effect.draftsGone.length > 0;
  const bodies = { came: effect.bodies, gone: effect.bodiesGone };
  const rows = changesRows(effect);
  const named = [calls.came, calls.gone, bodies.came, bodies.gone];
  if (!drafts && !rows && named.every((ids) => ids.length === 0)) return null;
  return {
    all: false,
    account: effect.account,
    messages: effect.cleared ? null : [...effect.messages.map((m) => m.id), ...effect.messagesGone],
    mailboxes: rows,
    bodies,
    calls,
    drafts,
  };
}

/** What a frame names that was applied before, by this tab or another: read it again, whoever was told of it. */
export function recheck(account: string, messages: number[], calls: string[]): Word {
  return {
    all: false,
    account,
    messages,
    mailboxes: true,
    bodies: { came: [], gone: [] },
    calls: { came: calls, gone: calls },
    // A send that was taken back is a draft again.
    drafts: calls.length > 0,
  };
}
