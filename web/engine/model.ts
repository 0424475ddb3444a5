/**
 * The shapes the engine shows to the screen and needs from the place it runs in.
 *
 * Decision: shapes stand apart from the class that serves them, so every file of the engine can name them and none
 * has to import the engine itself. `engine.ts` passes them on: the screen knows one door.
 */
import type { Call, Outcome } from '../../shared/commands.ts';
import type { Address, Mailbox, Message } from '../../shared/mail.ts';
import type { AccountStatus } from '../../shared/protocol.ts';

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
  /** Told of what went wrong behind the screen: a frame that could not be read, a full disk. Default: the console. */
  onError?: (error: Error) => void;
}

/** One account as this device holds it. The object and its maps are live: read them after a change was told. */
export interface AccountMirror {
  id: string;
  address: string;
  epoch: string | null;
  mailboxes: Map<number, Mailbox>;
  messages: Map<number, Message>;
  /** Counts up whenever mailboxes or messages change; what is computed from them may be kept until then. */
  version: number;
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
  /** Of a send: the draft it was made from, so that it can be opened again. */
  draft: Draft | null;
}

/** The socket as the person would describe it. */
export type LinkState =
  | { is: 'connecting' }
  | { is: 'live' }
  /** No way to the bridge. `retryAt` in milliseconds since 1970; null while a try is under way or none is planned. */
  | { is: 'offline'; since: number; retryAt: number | null }
  | { is: 'signed-out' }
  /** This app is too old for the bridge or for its own database: it must load itself anew. */
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

/** True while a call has not ended: it is shown as if done, and sent again on every new connection. */
export function unsettled(pending: Pending): boolean {
  return pending.state !== 'refused' && pending.state !== 'unsure';
}

/** True for a call that sends mail. A send stands alone in its call. */
export function isSend(pending: Pending): boolean {
  return pending.call.steps.some((step) => step.verb === 'send');
}
