/**
 * The seam between the edge (HTTP, sockets) and the heart (accounts): what each may ask of the other.
 *
 * Decision: the routes know no IMAP and the accounts know no sockets. Both are written against these types, so a
 * test can put a fake on either side. Everything that has to be told is told by frames to a `Viewer`; an
 * `AccountDoor` never answers by return value what a device could miss when its socket breaks.
 */
import type { Readable } from 'node:stream';
import type { Call } from '../shared/commands.ts';
import type { AccountInfo, Cursor, Down, SearchAsk } from '../shared/protocol.ts';

/** One live socket as an account sees it. */
export interface Viewer {
  readonly device: string;
  /** Writes one frame. Does nothing once the socket is closed. */
  send(frame: Down): void;
  /** Bytes waiting in the socket. */
  buffered(): number;
  /** Resolves when `buffered()` is low again, or the socket closed. Never rejects. */
  drained(): Promise<void>;
  readonly closed: boolean;
}

/** A decoded MIME part on its way from the mail server. `size`: exact bytes as decoded, else null. */
export interface PartStream {
  type: string;
  name: string;
  size: number | null;
  stream: Readable;
}

export interface AccountDoor {
  readonly id: string;
  readonly address: string;
  info(): AccountInfo;
  /** Sends the delta or the snapshot, then live facts, until `detach`. */
  attach(viewer: Viewer, cursor: Cursor | null): Promise<void>;
  /** Ends what `attach` began, also while it is under way. May be called again. */
  detach(viewer: Viewer): void;
  /** Accepts durably; answers by frames. */
  call(viewer: Viewer | null, call: Call): Promise<void>;
  /** Answers by `body` frames. */
  want(viewer: Viewer, messages: number[], ahead: boolean): void;
  refresh(mailbox: number | null): void;
  /** Answers by one `found` frame, unless `cancel` comes first or the viewer goes. */
  search(viewer: Viewer, ask: SearchAsk): void;
  cancel(viewer: Viewer, id: number): void;
  /** Null: no such message or part. */
  part(message: number, part: string): Promise<PartStream | null>;
}

export interface AccountsDoor {
  /**
   * Tries the credentials on the mail server; creates or updates person and account. `asker`: the network it is
   * asked from. Throws SignInRefused.
   */
  signIn(
    who: { email: string; password: string } | { demo: true },
    asker: string,
  ): Promise<{ person: string }>;
  of(person: string): Promise<AccountDoor[]>;
  close(): Promise<void>;
}

/** Why a sign-in failed. `message` is for the person; it never holds credentials or the server's raw words. */
export class SignInRefused extends Error {
  readonly code: 'auth' | 'unreachable' | 'no-server' | 'slow-down';

  constructor(code: SignInRefused['code'], message: string) {
    super(message);
    this.name = 'SignInRefused';
    this.code = code;
  }
}
