/**
 * The only file that knows imapflow: IMAP in our words.
 *
 * Decision: the library answers `false` where the server said NO; here every failure throws, and the kind of
 * error says what to do next: ImapRefused (the server's word is final), ImapDown (try again later), ImapAuth (the
 * credentials are not good). One session is used by one caller at a time: whoever selects a mailbox owns the
 * session until it is done. TLS is never optional by accident: without it only where the operator wrote so.
 */
import type { Readable } from 'node:stream';
import { ImapFlow, type FetchMessageObject, type ImapFlowOptions } from 'imapflow';
import {
  busyWords,
  fetchedOf,
  flagsOf,
  ImapAnew,
  ImapAuth,
  ImapBusy,
  ImapDown,
  ImapRefused,
  lineWords,
  listedOf,
  statusOf,
  type Credentials,
  type Fetched,
  type Happening,
  type Listed,
  type Selected,
  type Status,
} from './imap-answers.ts';
import { reach, type MailServer, type Reached } from './mailserver.ts';
import type { Structure } from './mime.ts';
import type { Criteria } from './search/criteria.ts';

/** Silence after which a line is given up, milliseconds. A watcher is silent between two rounds of IDLE. */
const SILENCE = { watch: 300_000, work: 90_000 } as const;

/** Limits against a hostile or broken server; bytes and milliseconds. */
const GUARDS: ImapFlowOptions = {
  maxLineLength: 8 << 20,
  maxLiteralSize: 64 << 20,
  maxResponseSize: 80 << 20,
  maxResponseTokens: 1_000_000,
  connectionTimeout: 15_000,
  greetingTimeout: 10_000,
  disableCompression: true,
};

interface LibraryError extends Error {
  code?: string;
  responseStatus?: string;
  responseText?: string;
  serverResponseCode?: string;
  /** What the server said as it hung up. */
  reason?: string;
  authenticationFailed?: boolean;
}

/** Everything the server said that led to this. */
function wordsOf(error: LibraryError): string {
  return [error.responseText, error.reason].filter(Boolean).join(' ') || error.message;
}

export class ImapSession {
  readonly #client: ImapFlow;
  #lastError: LibraryError | null = null;
  #selected: Selected | null = null;

  private constructor(server: MailServer, at: Reached, credentials: Credentials, watch: boolean) {
    const note = (entry: { err?: LibraryError }) => {
      if (entry.err) this.#lastError = entry.err;
    };
    const quiet = () => undefined;
    this.#client = new ImapFlow({
      ...GUARDS,
      host: at.host,
      port: at.port,
      ...(at.servername === undefined ? {} : { servername: at.servername }),
      secure: server.tls === 'implicit',
      ...(server.tls === 'implicit' ? {} : { doSTARTTLS: server.tls === 'starttls' }),
      auth: { user: credentials.user, pass: credentials.password },
      clientInfo: { name: 'Pimento' },
      logger: { debug: quiet, info: quiet, warn: note, error: note },
      socketTimeout: watch ? SILENCE.watch : SILENCE.work,
      disableAutoIdle: !watch,
      autoIdleDelay: 50,
      maxIdleTime: 4 * 60_000,
      missingIdleCommand: 'NOOP',
    });
  }

  /** Connects and signs in. `told` hears when the selected mailbox changes (with `watch`) and when the line is gone. */
  static async open(
    server: MailServer,
    credentials: Credentials,
    watch: boolean,
    told: (what: Happening) => void,
  ): Promise<ImapSession> {
    const at = await reach(server).catch((cause: Error) => {
      throw new ImapDown(cause.message, { cause });
    });
    const session = new ImapSession(server, at, credentials, watch);
    const client = session.#client;
    client.on('error', (error: LibraryError) => {
      session.#lastError = error;
    });
    client.on('close', () => told('closed'));
    for (const event of ['exists', 'expunge', 'flags', 'highestModseq'])
      client.on(event, () => told('changed'));
    try {
      await client.connect();
    } catch (error) {
      throw session.#sense(error);
    }
    return session;
  }

  get usable(): boolean {
    return this.#client.usable;
  }

  /** Path of the selected mailbox, whose STATUS is only what this session has seen of it (RFC 9051 §6.3.11). */
  get selectedPath(): string | null {
    return this.#selected?.path ?? null;
  }

  has(capability: string): boolean {
    return this.#client.capabilities.has(capability);
  }

  /** Every mailbox with its STATUS, in one round trip where the server can (RFC 5819). */
  async list(): Promise<Listed[]> {
    const answers = await this.#try(() => this.#client.list({ statusQuery: this.#statusQuery }));
    return answers.map(listedOf);
  }

  get #statusQuery() {
    const highestModseq = this.has('CONDSTORE') || this.has('QRESYNC');
    return { messages: true, unseen: true, uidNext: true, uidValidity: true, highestModseq };
  }

  /** STATUS of a mailbox that is not selected (RFC 9051 §6.3.11). Throws ImapRefused when there is no such mailbox. */
  async status(path: string): Promise<Status> {
    const answer = await this.#try(() => this.#client.status(path, this.#statusQuery));
    return this.#agreed(statusOf(this.#agreed(answer)));
  }

  /** SELECTs afresh. Throws ImapRefused when there is no such mailbox. */
  async select(path: string): Promise<Selected> {
    this.#selected = null;
    const box = await this.#try(() => this.#client.mailboxOpen(path));
    this.#selected = {
      path,
      uidvalidity: String(box.uidValidity),
      uidnext: box.uidNext,
      exists: box.exists,
      modseq: box.highestModseq && !box.noModseq ? String(box.highestModseq) : null,
    };
    return this.#selected;
  }

  /** SELECTs only if another mailbox, or the same with another UIDVALIDITY, is selected now. */
  async enter(path: string, uidvalidity: string | null): Promise<void> {
    const now = this.#client.mailbox;
    const here = now && this.#selected?.path === path && String(now.uidValidity) === uidvalidity;
    const selected = here ? this.#selected : await this.select(path);
    if (uidvalidity !== null && selected?.uidvalidity !== uidvalidity)
      throw new ImapAnew('The mailbox was made anew on the server.');
  }

  /** Rows for a UID or sequence set, without text. */
  async rows(set: string, uid: boolean): Promise<Fetched[]> {
    const query = {
      uid: true,
      flags: true,
      internalDate: true,
      size: true,
      envelope: true,
      bodyStructure: true,
    };
    return (await this.#fetch(set, query, uid)).map(fetchedOf);
  }

  /** Flags of a UID set, of those changed after `modseq` where given (RFC 7162 §3.1.4). */
  async flags(set: string, modseq: string | null): Promise<{ uid: number; flags: string[] }[]> {
    const answers = await this.#try(() =>
      this.#client.fetchAll(
        set,
        { uid: true, flags: true },
        { uid: true, ...(modseq === null ? {} : { changedSince: BigInt(modseq) }) },
      ),
    );
    return answers.map((m) => ({ uid: m.uid, flags: flagsOf(m.flags) }));
  }

  /** The first `max` encoded bytes of sections of messages: uid → section → bytes. */
  async sections(uids: number[], sections: string[], max: number): Promise<Map<number, Map<string, Buffer>>> {
    const bodyParts = sections.map((key) => ({ key, start: 0, maxLength: max }));
    const answers = await this.#fetch(uids.join(','), { uid: true, bodyParts }, true);
    return new Map(answers.map((m) => [m.uid, m.bodyParts ?? new Map<string, Buffer>()]));
  }

  /** BODYSTRUCTURE and the named header fields of one message; null when it is gone. */
  async detail(
    uid: number,
    fields: string[],
  ): Promise<{
    structure: Structure | undefined;
    headers: Buffer;
    envelope: FetchMessageObject['envelope'];
  } | null> {
    // An empty list of fields is a syntax error in IMAP.
    const headers = fields.length > 0 ? { headers: fields } : {};
    const query = { uid: true, bodyStructure: true, envelope: true, ...headers };
    const [message] = await this.#fetch(String(uid), query, true);
    if (!message) return null;
    return {
      structure: message.bodyStructure,
      headers: message.headers ?? Buffer.alloc(0),
      envelope: message.envelope,
    };
  }

  /** One section, transfer encoding removed, as a stream that asks the server piece by piece. Null: not there. */
  async stream(uid: number, part: string): Promise<Readable | null> {
    const answer = await this.#try(() =>
      this.#client.download(String(uid), part, { uid: true, decodeText: false }),
    );
    return answer.content ?? null;
  }

  /** All UIDs of the selected mailbox, ascending. */
  async uids(): Promise<number[]> {
    const found = await this.#try(() => this.#client.search({ all: true }, { uid: true }));
    return this.#agreed(found || null).toSorted((a, b) => a - b);
  }

  /** UIDs in the selected mailbox that answer `criteria`, ascending (RFC 9051 §6.4.4). */
  async search(criteria: Criteria): Promise<number[]> {
    const found = await this.#try(() => this.#client.search(criteria, { uid: true }));
    return this.#agreed(found || null);
  }

  /** UIDs in the selected mailbox whose Message-ID header is `messageId`. */
  async withMessageId(messageId: string): Promise<number[]> {
    const found = await this.#try(() =>
      this.#client.search({ header: { 'message-id': messageId } }, { uid: true }),
    );
    return this.#agreed(found || null);
  }

  /** UIDs in the selected mailbox that wait to be expunged. */
  async deleted(): Promise<number[]> {
    const found = await this.#try(() => this.#client.search({ deleted: true }, { uid: true }));
    return this.#agreed(found || null);
  }

  /** Adds and removes flags of a UID set in the selected mailbox. */
  async store(set: string, add: string[], remove: string[]): Promise<void> {
    if (add.length > 0)
      this.#agreed(await this.#try(() => this.#client.messageFlagsAdd(set, add, { uid: true })));
    if (remove.length > 0)
      this.#agreed(await this.#try(() => this.#client.messageFlagsRemove(set, remove, { uid: true })));
  }

  /**
   * Moves a UID set out of the selected mailbox (RFC 6851; COPY, STORE, EXPUNGE without it).
   * Answers source UID → target UID; empty when the server does not tell (no UIDPLUS).
   */
  async move(set: string, path: string): Promise<Map<number, number>> {
    const answer = await this.#try(() => this.#client.messageMove(set, path, { uid: true }));
    return this.#agreed(answer || null).uidMap ?? new Map<number, number>();
  }

  /** Appends a message. Answers its UID where the server tells (RFC 4315). */
  async append(path: string, raw: Buffer, flags: string[], date: Date): Promise<number | null> {
    const answer = await this.#try(() => this.#client.append(path, raw, flags, date));
    return this.#agreed(answer || null).uid ?? null;
  }

  /** Whether the selected mailbox keeps this keyword (PERMANENTFLAGS, RFC 9051 §7.1). */
  keeps(flag: string): boolean {
    const box = this.#client.mailbox;
    const kept = box ? box.permanentFlags : undefined;
    return !kept || kept.has('\\*') || kept.has(flag);
  }

  /** Copies a UID set of the selected mailbox. Answers source UID → target UID; empty without UIDPLUS. */
  async copy(set: string, path: string): Promise<Map<number, number>> {
    const answer = await this.#try(() => this.#client.messageCopy(set, path, { uid: true }));
    return this.#agreed(answer || null).uidMap ?? new Map<number, number>();
  }

  /**
   * Marks a UID set \Deleted and removes it: these alone with UIDPLUS (RFC 4315 §2.1), else whatever is marked in
   * the selected mailbox.
   */
  async expunge(set: string): Promise<void> {
    this.#agreed(await this.#try(() => this.#client.messageDelete(set, { uid: true })));
  }

  /** What every name of a person's own mailboxes begins with (RFC 2342); empty without NAMESPACE. */
  get prefix(): string {
    return this.#client.namespace?.prefix ?? '';
  }

  /** Creates a mailbox and subscribes to it. */
  async create(path: string): Promise<void> {
    await this.#try(() => this.#client.mailboxCreate(path));
    await this.subscribe(path, true);
  }

  /** Renames a mailbox and all below it (RFC 9051 §6.3.6). */
  async rename(path: string, to: string): Promise<void> {
    await this.#leave(path);
    await this.#try(() => this.#client.mailboxRename(path, to));
  }

  /** Deletes a mailbox with all messages in it. */
  async deleteMailbox(path: string): Promise<void> {
    await this.#leave(path);
    await this.#try(() => this.#client.mailboxDelete(path));
  }

  /** A server that keeps no subscriptions may say no: nothing depends on it here. */
  async subscribe(path: string, on: boolean): Promise<void> {
    await this.#try(() => (on ? this.#client.mailboxSubscribe(path) : this.#client.mailboxUnsubscribe(path)));
  }

  /** Selects another mailbox: the library would CLOSE this one, which removes what is marked \Deleted. */
  async #leave(path: string): Promise<void> {
    if (this.#selected?.path === path) await this.select('INBOX');
  }

  /** A round trip, to know that the line lives. */
  async noop(): Promise<void> {
    await this.#try(() => this.#client.noop());
  }

  close(): void {
    this.#client.close();
  }

  /** Says goodbye and closes; a server that does not answer in time is left without. */
  async logout(): Promise<void> {
    const timer = setTimeout(() => this.#client.close(), 2_000);
    try {
      await this.#client.logout();
    } catch {
      this.#client.close(); // The line broke before the server said BYE: it is closed either way.
    } finally {
      clearTimeout(timer);
    }
  }

  async #fetch(set: string, query: Parameters<ImapFlow['fetchAll']>[1], uid: boolean) {
    return this.#try(() => this.#client.fetchAll(set, query, { uid }));
  }

  async #try<T>(work: () => Promise<T>): Promise<T> {
    this.#lastError = null;
    try {
      return await work();
    } catch (error) {
      throw this.#sense(error);
    }
  }

  /** The library's `false` or `undefined` made an error again, with the server's words it had noted. */
  #agreed<T>(answer: T | false | null | undefined): T {
    if (answer !== false && answer !== null && answer !== undefined) return answer;
    throw this.#sense(this.#lastError ?? new Error('The mail server did not carry it out.'));
  }

  #sense(error: unknown): Error {
    const cause = error as LibraryError;
    const busy = this.#client.authenticated ? null : busyWords(cause.serverResponseCode, wordsOf(cause));
    if (busy !== null) return new ImapBusy(busy, { cause });
    if (cause.authenticationFailed) return new ImapAuth(cause.responseText ?? cause.message, { cause });
    if (cause.responseStatus === 'NO' || cause.responseStatus === 'BAD')
      return new ImapRefused(cause.responseText || cause.message, { cause });
    if (!this.#client.usable || cause.code) return new ImapDown(lineWords(cause.code), { cause });
    return new ImapRefused(cause.message, { cause });
  }
}
