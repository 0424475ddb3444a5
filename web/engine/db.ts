/**
 * What this device keeps, in IndexedDB: the only file that knows how it is opened and closed.
 *
 * Decision: one database for all accounts; every row of an account is keyed [account, id], so one account can be
 * dropped without touching another. Rows are stored as they came; nothing derived is. Each change is one
 * transaction through `write`, and whoever writes a cursor writes it last: WebKit may commit half a transaction
 * when it kills a page (bug 288682), and a cursor that is behind costs bytes while one that is ahead costs mail.
 */
import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from 'idb';
import type { Step } from '../../shared/commands.ts';
import type { Body, Mailbox, Message } from '../../shared/mail.ts';
import type { SessionInfo } from '../../shared/protocol.ts';
import type { Draft, Pending } from './model.ts';

export interface StoredAccount {
  id: string;
  address: string;
}

/** Where this device stands in one account. `left`: rows still to come in a first sync. */
export interface StoredCursor {
  account: string;
  epoch: string;
  rev: number;
  fill: string | null;
  left: number;
}

/** One call in the outbox. `seq` is given by the database: the order of calls made in the same millisecond. */
export interface StoredCall extends Pending {
  seq: number;
  /** The epoch under which it was first put on the wire, '' when none was known; null: it never left the device. */
  wire: string | null;
  /** The inverse, built from the facts at the time of the tap. */
  undo: Step[] | null;
}

/** Things of which there is one. */
export interface Kept {
  session: SessionInfo;
  /** The person signed out without a network: the bridge must still be told. */
  'sign-out-owed': boolean;
}

type RowKey = [account: string, id: number];

export interface Schema extends DBSchema {
  accounts: { key: string; value: StoredAccount };
  cursors: { key: string; value: StoredCursor };
  mailboxes: { key: RowKey; value: Mailbox };
  messages: { key: RowKey; value: Message };
  bodies: { key: RowKey; value: Body };
  /** Ids told gone while a first sync runs: its later pages may be older than that news. */
  gone: { key: RowKey; value: true };
  calls: { key: number; value: StoredCall; indexes: { id: string } };
  drafts: { key: string; value: Draft };
  kept: { key: string; value: SessionInfo | boolean };
}

export type Database = IDBPDatabase<Schema>;
export type Writing = IDBPTransaction<Schema, StoreNames<Schema>[], 'readwrite'>;

export const STORES: StoreNames<Schema>[] = [
  'accounts',
  'cursors',
  'mailboxes',
  'messages',
  'bodies',
  'gone',
  'calls',
  'drafts',
  'kept',
];

/** What can happen to an open database from outside. */
export interface DatabaseEvents {
  /** It was closed under us: a newer version of the app wants it, or the browser took it away. */
  lost: () => void;
  /** Opening waits for another tab that still holds an older version. */
  blocked: () => void;
}

/** Opens the database, making it at the first time. It closes itself when a newer app asks for it. */
export async function openDatabase(name: string, events: DatabaseEvents): Promise<Database> {
  const db: Database = await openDB<Schema>(name, 1, {
    upgrade(fresh) {
      fresh.createObjectStore('accounts', { keyPath: 'id' });
      fresh.createObjectStore('cursors', { keyPath: 'account' });
      for (const rows of ['mailboxes', 'messages', 'bodies', 'gone', 'kept'] as const)
        fresh.createObjectStore(rows);
      const calls = fresh.createObjectStore('calls', { keyPath: 'seq', autoIncrement: true });
      calls.createIndex('id', 'call.id', { unique: true });
      fresh.createObjectStore('drafts', { keyPath: 'id' });
    },
    blocked: events.blocked,
    blocking() {
      db.close();
      events.lost();
    },
    terminated: events.lost,
  });
  return db;
}

/**
 * Runs `work` in one transaction over all stores: everything it wrote is kept, or nothing is.
 * @param durability `strict` for what the person did (it must survive a power cut), `relaxed` for what the bridge
 *   can say again.
 */
export async function write<T>(
  db: Database,
  durability: 'strict' | 'relaxed',
  work: (tx: Writing) => Promise<T>,
): Promise<T> {
  const tx = db.transaction(STORES, 'readwrite', { durability });
  try {
    const result = await work(tx);
    await tx.done;
    return result;
  } catch (error) {
    await abandon(tx);
    throw error;
  }
}

/** Ends a failed transaction without effect; the failure itself is the caller's to throw. */
async function abandon(tx: Writing): Promise<void> {
  const ended = tx.done.catch(() => 'the failure that is already being thrown');
  try {
    tx.abort();
  } catch (error) {
    // InvalidStateError: it had already ended, by the same failure.
    if (!(error instanceof DOMException && error.name === 'InvalidStateError')) throw error;
  }
  await ended;
}

/** Every row of one account in a store keyed [account, id]. */
export function rowsOf(account: string): IDBKeyRange {
  return IDBKeyRange.bound([account], [account, []]);
}
