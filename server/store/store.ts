/**
 * The store as an account uses it: named verbs that return promises.
 *
 * Decision: no query leaves this folder, and no verb tells which database stands behind it. Reads that must agree
 * with a commit are made in the account's own serial queue; nothing else changes its rows.
 */
import type { Call } from '../../shared/commands.ts';
import type { Message } from '../../shared/mail.ts';
import { cursorGood, deltaPage, fillPage, snapshot, type DeltaPage, type FillPage } from './facts.ts';
import { acceptCall, callById, forgetOld, openCalls } from './ledger.ts';
import type { Facts, LedgerEntry, MailboxRecord, Place, Writes } from './records.ts';
import { commitRows, flagsOf, messageOf } from './rows.ts';
import { textOf, type Row, type Sqlite } from './sqlite.ts';

function boxOf(row: Row): MailboxRecord {
  return {
    id: Number(row['id']),
    path: textOf(row, 'path'),
    delimiter: textOf(row, 'delimiter'),
    role: (row['role'] as MailboxRecord['role']) ?? null,
    selectable: row['selectable'] === 1,
    total: Number(row['total']),
    unread: Number(row['unread']),
    uidvalidity: (row['uidvalidity'] as string | null) ?? null,
    uidnext: Number(row['uidnext']),
    modseq: (row['modseq'] as string | null) ?? null,
    lowest: row['lowest'] === null ? null : Number(row['lowest']),
    mirrored: row['mirrored'] === 1,
  };
}

function placeOf(row: Row): Place {
  return {
    id: Number(row['id']),
    mailbox: Number(row['mailbox']),
    uid: Number(row['uid']),
    flags: flagsOf(row),
    date: Number(row['date']),
    size: Number(row['size']),
    messageId: (row['message_id'] as string | null) ?? null,
  };
}

const PLACE = 'SELECT id, mailbox, uid, flags, date, size, message_id FROM message WHERE account = ?';

/* The verbs are asynchronous by contract although this database answers at once. */
export class Store {
  readonly #db: Sqlite;
  readonly #now: () => number;

  constructor(db: Sqlite, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  /** Lands everything a turn changed, under one new rev. Null: devices have nothing to learn. */
  async commit(account: string, writes: Writes): Promise<Facts | null> {
    return commitRows(this.#db, account, writes, this.#now());
  }

  /** `count` new message or mailbox ids, never used before in any epoch. */
  async newIds(account: string, count: number): Promise<number[]> {
    const row = this.#db.one(
      'UPDATE account SET next_id = next_id + ? WHERE id = ? RETURNING next_id',
      ...[count, account],
    );
    const next = Number(row?.['next_id']);
    return Array.from({ length: count }, (_, i) => next - count + i);
  }

  async mailboxes(account: string): Promise<MailboxRecord[]> {
    return this.#db.all('SELECT * FROM mailbox WHERE account = ? ORDER BY path', account).map(boxOf);
  }

  async place(account: string, message: number): Promise<Place | null> {
    const row = this.#db.one(`${PLACE} AND id = ?`, account, message);
    return row ? placeOf(row) : null;
  }

  /** Every message of a mailbox, in the order of UIDs. */
  async placesIn(account: string, mailbox: number): Promise<Place[]> {
    return this.#db.all(`${PLACE} AND mailbox = ? ORDER BY uid`, account, mailbox).map(placeOf);
  }

  async placesByUid(account: string, mailbox: number, uids: number[]): Promise<Place[]> {
    return this.#db
      .all(
        `${PLACE} AND mailbox = ? AND uid IN (SELECT value FROM json_each(?))`,
        ...[account, mailbox, JSON.stringify(uids)],
      )
      .map(placeOf);
  }

  /** Every message that bears one of these Message-IDs, in any mailbox. */
  async placesByMessageId(account: string, messageIds: string[]): Promise<Place[]> {
    return this.#db
      .all(
        `${PLACE} AND message_id IN (SELECT value FROM json_each(?))`,
        ...[account, JSON.stringify(messageIds)],
      )
      .map(placeOf);
  }

  /** Rows as devices see them, in no order; ids that are not there are left out. */
  async messagesById(account: string, ids: number[]): Promise<Message[]> {
    return this.#db
      .all(
        'SELECT * FROM message WHERE account = ? AND id IN (SELECT value FROM json_each(?))',
        ...[account, JSON.stringify(ids)],
      )
      .map(messageOf);
  }

  async countIn(account: string, mailbox: number): Promise<number> {
    return Number(
      this.#db.one('SELECT count(*) AS n FROM message WHERE account = ? AND mailbox = ?', account, mailbox)?.[
        'n'
      ],
    );
  }

  /** Rows mirrored of rows there are, over all mailboxes. */
  async progress(account: string): Promise<{ mirrored: number; of: number }> {
    const number = (sql: string) => Number(this.#db.one(sql, account)?.['n'] ?? 0);
    return {
      mirrored: number('SELECT count(*) AS n FROM message WHERE account = ?'),
      of: number('SELECT sum(total) AS n FROM mailbox WHERE account = ?'),
    };
  }

  /** A page of facts above `rev`; null when there is none. */
  async delta(account: string, rev: number, limit: number): Promise<DeltaPage | null> {
    return deltaPage(this.#db, account, rev, limit);
  }

  async cursorGood(
    account: string,
    epoch: string,
    rev: number,
    fill: string | null = null,
  ): Promise<boolean> {
    return cursorGood(this.#db, account, epoch, rev, fill);
  }

  async snapshot(account: string): Promise<{ facts: Facts; fill: string }> {
    return snapshot(this.#db, account);
  }

  async fill(account: string, place: string, limit: number): Promise<FillPage> {
    return fillPage(this.#db, account, place, limit);
  }

  async accept(call: Call, holdUntil: number): Promise<{ entry: LedgerEntry; fresh: boolean }> {
    return acceptCall(this.#db, call, holdUntil, this.#now());
  }

  async openCalls(account: string): Promise<LedgerEntry[]> {
    return openCalls(this.#db, account);
  }

  async callById(account: string, id: string): Promise<LedgerEntry | null> {
    return callById(this.#db, account, id);
  }

  async forgetOld(account: string, before: number): Promise<void> {
    forgetOld(this.#db, account, before);
  }
}
