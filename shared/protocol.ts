/**
 * P-IMAP/W, the tunnel: every frame in both directions, and the number that carries its history.
 *
 * Decision: two unions in one file. Facts come down in closed rev intervals (`changes`), each complete in
 * itself; a first sync is one snapshot frame followed by `fill` pages, newest first. Calls go up and come back
 * as `settled` among the facts, in the frame that carries their effect. A test pins the hash of this file and
 * of the two it builds on: whoever changes the wire raises PROTOCOL and writes the line below.
 *
 * 1  2026-11: JSON text frames, one socket for all accounts of a device.
 * 2  2026-11: search on the mail server; verbs for messages and mailboxes, steps that refer to others.
 */
import * as v from 'valibot';
import { Call, type Settled } from './commands.ts';
import type { Body, Mailbox, Message } from './mail.ts';

export const PROTOCOL = 2;

/** What the bridge holds a device to; told in `welcome`. Sizes in bytes. */
export const LIMITS = {
  frameUp: 262_144,
  callsInFlight: 200,
  bodiesPerWant: 50,
  /** A text or html body beyond this is cut and says so. */
  bodyBytes: 262_144,
  /** Searches of one account under way at once; a further one is answered with an error. */
  searches: 3,
} as const;
export type Limits = typeof LIMITS;

/** WebSocket close codes: 4000 + HTTP status; each says what the client does next. */
export const CLOSE = {
  /** The frame was not of this protocol. Reconnect with back-off. */
  badFrame: 4400,
  /** The session is over. Keep the outbox, ask the person to sign in. */
  signIn: 4401,
  /** This page may not open a socket here. Give up. */
  forbidden: 4403,
  /** This build is too old or too new. Update the app, keep the outbox. */
  update: 4426,
  /** Too fast. Back off. */
  slowDown: 4429,
  /** The bridge is restarting (RFC 6455 §7.4.1). Reconnect now. */
  goingAway: 1001,
} as const;

const rev = v.pipe(v.number(), v.integer(), v.minValue(0));
const short = v.pipe(v.string(), v.maxLength(100));

/** Where a device stands in one account. `fill` is the opaque place of an unfinished first sync. */
export const Cursor = v.strictObject({
  account: short,
  epoch: short,
  rev,
  fill: v.nullable(short),
});
export type Cursor = v.InferOutput<typeof Cursor>;

export const Up = v.variant('t', [
  /** First frame of a socket. */
  v.strictObject({
    t: v.literal('hello'),
    protocol: v.number(),
    build: short,
    visible: v.boolean(),
    cursors: v.pipe(v.array(Cursor), v.maxLength(50)),
  }),
  v.strictObject({ t: v.literal('call'), call: Call }),
  /** Asks for bodies; each comes as one `body` frame. `ahead` marks reading ahead, which waits behind a person. */
  v.strictObject({
    t: v.literal('want'),
    account: short,
    messages: v.pipe(
      v.array(v.pipe(v.number(), v.integer())),
      v.minLength(1),
      v.maxLength(LIMITS.bodiesPerWant),
    ),
    ahead: v.boolean(),
  }),
  /** Asks the bridge to look at the mail server now (pull to refresh). */
  v.strictObject({ t: v.literal('refresh'), account: short, mailbox: v.nullable(v.number()) }),
  v.strictObject({ t: v.literal('visible'), now: v.boolean() }),
  /** Asks the mail server; answered by one `found`, unless cancelled. */
  v.strictObject({
    t: v.literal('search'),
    account: short,
    /** The device's own number for this question. */
    id: rev,
    /** Grammar of `query.ts`. */
    query: v.pipe(v.string(), v.maxLength(500)),
    /** Only there; null: where `in:` says, else everywhere but in junk and trash. */
    mailbox: v.nullable(v.number()),
    limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(200)),
    /** `next` of the page before; null: from the newest on. */
    after: v.nullable(short),
  }),
  v.strictObject({ t: v.literal('cancel'), account: short, id: rev }),
  v.strictObject({ t: v.literal('ping') }),
]);
export type Up = v.InferOutput<typeof Up>;
export type SearchAsk = Extract<Up, { t: 'search' }>;

/** The bridge's own line to the mail server, in words a person can be shown. */
export interface AccountStatus {
  state: 'connecting' | 'ok' | 'unreachable' | 'refused';
  /** Why, when not ok: the server's words or ours. */
  text: string;
  /** When the bridge tries again, milliseconds since 1970. */
  retryAt: number | null;
  /** First mirroring of the account: how many messages are there of how many. Equal when done. */
  mirrored: number;
  of: number;
}

export interface AccountInfo {
  id: string;
  /** The person's own address in this account. */
  address: string;
  status: AccountStatus;
}

export type Down =
  | {
      t: 'welcome';
      protocol: number;
      build: string;
      /** The bridge's clock, milliseconds since 1970. */
      clock: number;
      accounts: AccountInfo[];
      limits: Limits;
    }
  | Changes
  | Fill
  | { t: 'reset'; account: string; epoch: string }
  | { t: 'status'; account: string; status: AccountStatus }
  | Progress
  /** Receipts of calls that came again after they had settled. */
  | { t: 'receipt'; account: string; settled: Settled[] }
  | { t: 'body'; account: string; message: number; body: Body | null; error: string | null }
  | Found
  | { t: 'pong' };

/**
 * Facts of the closed interval (from, to]. A client whose cursor lies in [from, to) applies it in one
 * transaction, cursor last; a lower cursor means a gap (reconnect), a higher one that it was seen before.
 */
export interface Changes {
  t: 'changes';
  account: string;
  epoch: string;
  from: number;
  to: number;
  /** More of the same catching-up follows at once: do not repaint yet. */
  more: boolean;
  /** Set on the snapshot that opens a first sync: everything not in it follows by `fill`. */
  fill: string | null;
  mailboxes: Mailbox[];
  messages: Message[];
  gone: { mailboxes: number[]; messages: number[] };
  settled: Settled[];
}

/** A page of a first sync, newest first. `next` null: the device holds every row. */
export interface Fill {
  t: 'fill';
  account: string;
  epoch: string;
  messages: Message[];
  next: string | null;
  /** Rows still to come after this page. */
  left: number;
}

/** One page of a search on the mail server, newest first. Not facts: rows a device does not keep by this. */
export interface Found {
  t: 'found';
  account: string;
  id: number;
  messages: Message[];
  /** Where the next page begins; null: there is none. */
  next: string | null;
  /** Hits after this page. */
  left: number;
  /** What could not be covered, in words; empty: everything was. */
  note: string;
  /** Why there is no answer, in words; null: this is the answer. */
  error: string | null;
}

/** A call's state between acceptance and settlement. Not a fact: sent when it changes and when a call comes again. */
export interface Progress {
  t: 'progress';
  account: string;
  id: string;
  state: 'accepted' | 'held' | 'running' | 'waiting';
  /** With `waiting`: what is being waited for, in words. */
  text: string;
}

/** Parses what came from a device. Throws with a short reason that is safe to log. */
export function parseUp(text: string): Up {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new Error('not JSON', { cause: error });
  }
  const parsed = v.safeParse(Up, data);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  // A key nobody knows was chosen by the sender: it is not repeated.
  const where = issue.expected === 'never' ? 'unknown key' : (v.getDotPath(issue) ?? 'frame');
  throw new Error(`${where}: expected ${issue.expected ?? issue.type}`);
}

/** Parses what came from the bridge. The bridge is trusted; only the envelope is looked at. */
export function parseDown(text: string): Down {
  const data = JSON.parse(text) as Down;
  if (typeof data !== 'object' || data === null || typeof data.t !== 'string') throw new Error('not a frame');
  return data;
}

/** What `GET /session` and a successful sign-in answer. */
export interface SessionInfo {
  signedIn: boolean;
  accounts: { id: string; address: string }[];
  /** The bridge offers the demo account. */
  demo: boolean;
  /** What people sign in to, in words: a host name, several, or how it is found; null: nothing is configured. */
  server: string | null;
}
/** Body of a refused HTTP request. */
export interface Problem {
  code: string;
  message: string;
}
