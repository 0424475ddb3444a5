/**
 * The database's rows in memory, where the screen reads them, in step with this tab's writes and with other tabs'.
 *
 * Decision: memory changes only after a transaction is complete, and all that one transaction changed changes in one
 * go: an effect and its receipt are never seen apart, so a row cannot flicker. A row that came again with the same
 * `rev` stays the same object.
 */
import type { Mailbox, Message } from '../../shared/mail.ts';
import type { SessionInfo } from '../../shared/protocol.ts';
import {
  rowsOf,
  STORES,
  type Database,
  type StoredAccount,
  type StoredCall,
  type StoredCursor,
} from './db.ts';
import { changesRows, type Effect, type Word } from './effect.ts';
import { unsettled, type AccountMirror, type Change, type Draft } from './model.ts';

type Reading = ReturnType<typeof reading>;
const reading = (db: Database) => db.transaction(STORES, 'readonly');

/** A place in the facts of one account, as hello says it. */
export type Heard = Pick<StoredCursor, 'epoch' | 'rev' | 'fill'>;

export class Memory {
  readonly accounts = new Map<string, AccountMirror>();
  /**
   * How far this memory is known to be complete: as loaded, then moved on by this tab's own frames. The stored cursor
   * may be ahead by what another tab wrote and was killed before telling; hello is said from here, so it comes again.
   */
  readonly heard = new Map<string, Heard>();
  readonly drafts = new Map<string, Draft>();
  readonly #bodies = new Map<string, Set<number>>();
  /** In the person's order. A new array whenever a call changed. */
  calls: StoredCall[] = [];
  session: SessionInfo | null = null;
  readonly #tell: (change: Change) => void;

  constructor(tell: (change: Change) => void) {
    this.#tell = tell;
  }

  hasBody(account: string, message: number): boolean {
    return this.#bodies.get(account)?.has(message) ?? false;
  }

  /** Takes in what a transaction of this tab changed. Call it as soon as the transaction is complete. */
  absorb(effect: Effect): void {
    const mirror = effect.account === null ? undefined : this.accounts.get(effect.account);
    if (mirror !== undefined) this.#absorbRows(mirror, effect);
    this.#changeCalls(effect.calls, effect.callsGone);
    for (const id of effect.draftsGone) this.drafts.delete(id);
    for (const draft of effect.drafts) this.drafts.set(draft.id, draft);
    if (effect.drafts.length + effect.draftsGone.length > 0) this.#tell('drafts');
  }

  #absorbRows(mirror: AccountMirror, effect: Effect): void {
    if (effect.cleared) {
      mirror.mailboxes.clear();
      mirror.messages.clear();
    }
    for (const id of effect.mailboxesGone) mirror.mailboxes.delete(id);
    for (const id of effect.messagesGone) mirror.messages.delete(id);
    for (const mailbox of effect.mailboxes) mirror.mailboxes.set(mailbox.id, mailbox);
    for (const message of effect.messages) putRow(mirror, message);
    if (effect.cursor !== undefined) this.#setCursor(mirror, effect.cursor ?? undefined);
    if (changesRows(effect)) this.#rowsChanged(mirror);
    this.#setBodies(mirror.id, effect.bodies, effect.bodiesGone);
  }

  /** Reads everything. Objects the screen may hold stay the same objects. */
  async load(db: Database): Promise<void> {
    const tx = reading(db);
    const accounts = await tx.objectStore('accounts').getAll();
    const [rows, calls, drafts, session] = await Promise.all([
      Promise.all(accounts.map((account) => readAccount(tx, account))),
      tx.objectStore('calls').getAll(),
      tx.objectStore('drafts').getAll(),
      tx.objectStore('kept').get('session'),
      tx.done,
    ]);
    const ids = new Set(accounts.map((account) => account.id));
    for (const id of this.accounts.keys()) if (!ids.has(id)) this.#forget(id);
    for (const account of rows) this.#fill(account);
    this.#setCalls(calls);
    this.#setDrafts(drafts);
    this.session = typeof session === 'object' ? session : null;
    for (const change of ['session', 'rows', 'bodies'] as const) this.#tell(change);
  }

  #forget(account: string): void {
    this.accounts.delete(account);
    this.heard.delete(account);
    this.#bodies.delete(account);
  }

  #fill({ account, cursor, mailboxes, messages, bodies }: AccountRows): void {
    const before = this.accounts.get(account.id);
    const mirror: AccountMirror = before ?? {
      ...account,
      epoch: null,
      mailboxes: new Map(),
      messages: new Map(),
      version: 0,
      status: null,
      filling: null,
    };
    mirror.address = account.address;
    this.accounts.set(account.id, mirror);
    replaceRows(mirror, mailboxes, messages);
    this.#setCursor(mirror, cursor);
    if (cursor === undefined) this.heard.delete(account.id);
    else this.heard.set(account.id, { epoch: cursor.epoch, rev: cursor.rev, fill: cursor.fill });
    this.#bodies.set(account.id, new Set(bodies));
    mirror.version += 1;
  }

  /** Reads again what another tab changed. */
  async reload(db: Database, word: Word): Promise<void> {
    if (word.all) return this.load(db);
    const { account } = word;
    const mirror = account === null ? undefined : this.accounts.get(account);
    const tx = reading(db);
    const [rows, calls, drafts] = await Promise.all([
      mirror === undefined ? null : readNamed(tx, mirror.id, word),
      Promise.all(word.calls.came.map((id) => tx.objectStore('calls').index('id').get(id))),
      word.drafts ? tx.objectStore('drafts').getAll() : null,
      tx.done,
    ]);
    if (mirror !== undefined && rows !== null) this.#reloaded(mirror, word, rows);
    this.#changeCalls(
      calls.filter((call) => call !== undefined),
      word.calls.gone,
    );
    if (drafts !== null) this.#setDrafts(drafts);
  }

  /** Reads outbox and drafts again: a tab that was killed may have had no time to tell of its last act. */
  async reloadActs(db: Database): Promise<void> {
    const tx = reading(db);
    const [calls, drafts] = await Promise.all([
      tx.objectStore('calls').getAll(),
      tx.objectStore('drafts').getAll(),
      tx.done,
    ]);
    const held = new Map(this.calls.map((call) => [call.call.id, call]));
    const stored = new Set(calls.map((call) => call.call.id));
    // A call that was on the wire leaves with the frame that brings its effect, not before.
    const local = this.calls.filter((call) => call.wire === null || !unsettled(call));
    this.#changeCalls(
      calls.filter((call) => !held.has(call.call.id)),
      local.map((call) => call.call.id).filter((id) => !stored.has(id)),
    );
    this.#setDrafts(drafts);
  }

  #reloaded(mirror: AccountMirror, word: Extract<Word, { all: false }>, rows: NamedRows): void {
    if (rows.all !== null) replaceRows(mirror, rows.mailboxes ?? [...mirror.mailboxes.values()], rows.all);
    else if (rows.mailboxes !== null) replaceMailboxes(mirror, rows.mailboxes);
    for (const [id, message] of rows.named) {
      if (message === undefined) mirror.messages.delete(id);
      else putRow(mirror, message);
    }
    if (word.mailboxes) {
      this.#setCursor(mirror, rows.cursor);
      this.#rowsChanged(mirror);
    }
    this.#setBodies(mirror.id, word.bodies.came, word.bodies.gone);
  }

  #changeCalls(came: StoredCall[], gone: string[]): void {
    if (came.length + gone.length === 0) return;
    const calls = new Map(this.calls.map((call) => [call.call.id, call]));
    for (const id of gone) calls.delete(id);
    for (const call of came) calls.set(call.call.id, call);
    this.#setCalls([...calls.values()]);
  }

  #setDrafts(drafts: Draft[]): void {
    this.drafts.clear();
    for (const draft of drafts) this.drafts.set(draft.id, draft);
    this.#tell('drafts');
  }

  #setCalls(calls: StoredCall[]): void {
    this.calls = calls.sort((a, b) => a.at - b.at || a.seq - b.seq);
    this.#tell('pending');
  }

  #setCursor(mirror: AccountMirror, cursor: StoredCursor | undefined): void {
    mirror.epoch = cursor?.epoch ?? null;
    mirror.filling = cursor === undefined || cursor.fill === null ? null : cursor.left;
  }

  #rowsChanged(mirror: AccountMirror): void {
    mirror.version += 1;
    this.#tell('rows');
  }

  #setBodies(account: string, came: number[], gone: number[]): void {
    if (came.length + gone.length === 0) return;
    const bodies = this.#bodies.get(account) ?? new Set<number>();
    this.#bodies.set(account, bodies);
    for (const id of gone) bodies.delete(id);
    for (const id of came) bodies.add(id);
    this.#tell('bodies');
  }
}

interface AccountRows {
  account: StoredAccount;
  cursor: StoredCursor | undefined;
  mailboxes: Mailbox[];
  messages: Message[];
  bodies: number[];
}

/** `all`: every message, where all were asked for; otherwise `named`: one by one, undefined for a deleted row. */
interface NamedRows {
  cursor: StoredCursor | undefined;
  mailboxes: Mailbox[] | null;
  all: Message[] | null;
  named: [number, Message | undefined][];
}

async function readAccount(tx: Reading, account: StoredAccount): Promise<AccountRows> {
  const range = rowsOf(account.id);
  const [cursor, mailboxes, messages, bodies] = await Promise.all([
    tx.objectStore('cursors').get(account.id),
    tx.objectStore('mailboxes').getAll(range),
    tx.objectStore('messages').getAll(range),
    tx.objectStore('bodies').getAllKeys(range),
  ]);
  return { account, cursor, mailboxes, messages, bodies: bodies.map(([, id]) => id) };
}

async function readNamed(tx: Reading, id: string, word: Extract<Word, { all: false }>): Promise<NamedRows> {
  const messages = tx.objectStore('messages');
  const read = async (message: number): Promise<[number, Message | undefined]> => [
    message,
    await messages.get([id, message]),
  ];
  const [cursor, mailboxes, all, named] = await Promise.all([
    tx.objectStore('cursors').get(id),
    word.mailboxes ? tx.objectStore('mailboxes').getAll(rowsOf(id)) : null,
    word.messages === null ? messages.getAll(rowsOf(id)) : null,
    Promise.all((word.messages ?? []).map(read)),
  ]);
  return { cursor, mailboxes, all, named };
}

function putRow(mirror: AccountMirror, message: Message): void {
  if (mirror.messages.get(message.id)?.rev !== message.rev) mirror.messages.set(message.id, message);
}

function replaceMailboxes(mirror: AccountMirror, mailboxes: Mailbox[]): void {
  mirror.mailboxes.clear();
  for (const mailbox of mailboxes) mirror.mailboxes.set(mailbox.id, mailbox);
}

function replaceRows(mirror: AccountMirror, mailboxes: Mailbox[], messages: Message[]): void {
  replaceMailboxes(mirror, mailboxes);
  const before = new Map(mirror.messages);
  mirror.messages.clear();
  for (const message of messages) {
    const same = before.get(message.id);
    mirror.messages.set(message.id, same?.rev === message.rev ? same : message);
  }
}
