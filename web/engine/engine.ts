/**
 * The engine's one face to the screen.
 *
 * Decision: the screen never sees a socket or a database. It reads facts (rows the bridge sent) and pending calls
 * (what the person asked for and the bridge has not yet confirmed), folds them with `view.ts`, and adds calls.
 * Nothing here touches the DOM; sockets, fetch, clock and database name come in as arguments, so the same engine
 * runs in a page, in a worker and in a test under Node.
 */
import type { Call, Outcome, Outgoing, Step } from '../../shared/commands.ts';
import type { Address, Body, Mailbox, Message } from '../../shared/mail.ts';
import type { AccountStatus, SessionInfo } from '../../shared/protocol.ts';

/** What the engine needs from the place it runs in. */
export interface Surroundings {
  /** Absolute http(s) address of the bridge, with a trailing slash. */
  base: string;
  fetch: typeof fetch;
  WebSocket: new (url: string) => WebSocket;
  now: () => number;
  /** Database name; tests use a fresh one. */
  database: string;
  build: string;
  /** True where reading ahead costs the person money (Save-Data, metered). */
  sparing: () => boolean;
}

/** One account as this device holds it. Maps are live: read them after a change was told. */
export interface AccountMirror {
  id: string;
  address: string;
  epoch: string | null;
  mailboxes: Map<number, Mailbox>;
  messages: Map<number, Message>;
  status: AccountStatus | null;
  /** Rows still to come in a first sync; null when the device holds every row. */
  filling: number | null;
}

/** A call that has not settled, or whose end the person must still see. */
export interface Pending {
  call: Call;
  /** When the person asked for it, milliseconds since 1970. Order of execution. */
  at: number;
  /**
   * here: only on this device. sent: on its way, no answer yet. accepted: the bridge has it, durable there.
   * held: the bridge waits out the undo time. running, waiting: the bridge is at it (`text` says what it waits for).
   * refused, unsure: it ended and the person has not yet dismissed it.
   */
  state: 'here' | 'sent' | 'accepted' | 'held' | 'running' | 'waiting' | 'refused' | 'unsure';
  text: string;
  outcomes: Outcome[];
}

/** The socket as the person would describe it. */
export type LinkState =
  | { is: 'connecting' }
  | { is: 'live' }
  /** No way to the bridge. `retryAt` in milliseconds since 1970. */
  | { is: 'offline'; since: number; retryAt: number | null }
  | { is: 'signed-out' }
  /** The bridge speaks another protocol: the app must update itself. */
  | { is: 'outdated' };

export interface Draft {
  id: string;
  account: string;
  to: Address[];
  cc: Address[];
  bcc: Address[];
  /** Text still in a recipient field that is not an address yet. */
  unfinished: { to: string; cc: string; bcc: string };
  subject: string;
  text: string;
  inReplyTo: string | null;
  references: string[];
  answers: number | null;
  savedAt: number;
}

/** What changed since the last call of a listener. */
export type Change = 'session' | 'rows' | 'pending' | 'link' | 'bodies' | 'drafts';

export type SignIn = { email: string; password: string } | { demo: true };
export type { Outgoing, SessionInfo, Step };
