/**
 * What a device is told: the delta above its cursor, the snapshot that opens a first sync, and its pages.
 *
 * Decision: a delta page ends at a whole rev, so every page is a closed interval and a device may die between any
 * two. A first sync goes inbox first, then everything else, newest first, by a place that does not move when
 * rows change: rows that change meanwhile come as facts anyway.
 */
import type { Outcome } from '../../shared/commands.ts';
import type { Message } from '../../shared/mail.ts';
import type { Facts } from './records.ts';
import { mailboxOf, messageOf } from './rows.ts';
import { textOf, type Sqlite } from './sqlite.ts';

/** Rows on the first screen. */
const FIRST = 50;

export interface DeltaPage {
  facts: Facts;
  /** More lies above this page. */
  more: boolean;
}

/**
 * One page of facts above `rev`, about `limit` rows, or null when there is nothing above it.
 */
export function deltaPage(db: Sqlite, account: string, rev: number, limit: number): DeltaPage | null {
  const last = Number(db.one('SELECT rev FROM account WHERE id = ?', account)?.['rev']);
  if (rev >= last) return null;
  const cut = db.one(
    `SELECT rev FROM (
       SELECT rev FROM message WHERE account = ?1 AND rev > ?2 UNION ALL
       SELECT rev FROM gone WHERE account = ?1 AND rev > ?2 UNION ALL
       SELECT rev FROM mailbox WHERE account = ?1 AND rev > ?2 UNION ALL
       SELECT rev FROM ledger WHERE account = ?1 AND rev IS NOT NULL AND rev > ?2
     ) ORDER BY rev LIMIT 1 OFFSET ?3`,
    ...[account, rev, limit - 1],
  );
  const to = cut ? Number(cut['rev']) : last;
  const rows = (sql: string) => db.all(sql, account, rev, to);
  const gone = rows('SELECT kind, id FROM gone WHERE account = ? AND rev > ? AND rev <= ?');
  const goneOf = (kind: string) => gone.filter((g) => g['kind'] === kind).map((g) => Number(g['id']));
  const facts: Facts = {
    from: rev,
    to,
    mailboxes: rows('SELECT * FROM mailbox WHERE account = ? AND rev > ? AND rev <= ?').map(mailboxOf),
    messages: rows('SELECT * FROM message WHERE account = ? AND rev > ? AND rev <= ? ORDER BY date DESC').map(
      messageOf,
    ),
    gone: { mailboxes: goneOf('mailbox'), messages: goneOf('message') },
    settled: rows('SELECT id, outcomes FROM ledger WHERE account = ? AND rev > ? AND rev <= ?').map(
      (row) => ({
        id: textOf(row, 'id'),
        outcomes: JSON.parse(textOf(row, 'outcomes')) as Outcome[],
      }),
    ),
  };
  return { facts, more: to < last };
}

/** Whether a device with this cursor can be caught up, or must start anew. `fill` comes from outside, as `rev` does. */
export function cursorGood(
  db: Sqlite,
  account: string,
  epoch: string,
  rev: number,
  fill: string | null = null,
): boolean {
  if (fill !== null && !PLACE.test(fill)) return false;
  const row = db.one('SELECT epoch, rev, floor FROM account WHERE id = ?', account);
  return row?.['epoch'] === epoch && rev >= Number(row['floor']) && rev <= Number(row['rev']);
}

/** The snapshot that opens a first sync: all mailboxes, the inbox's newest rows, and where the pages start. */
export function snapshot(db: Sqlite, account: string): { facts: Facts; fill: string } {
  const to = Number(db.one('SELECT rev FROM account WHERE id = ?', account)?.['rev']);
  const first = fillPage(db, account, START, FIRST);
  return {
    facts: {
      from: 0,
      to,
      mailboxes: db.all('SELECT * FROM mailbox WHERE account = ?', account).map(mailboxOf),
      messages: first.messages,
      gone: { mailboxes: [], messages: [] },
      settled: [],
    },
    fill: first.next ?? END,
  };
}

const START = 'i:9007199254740991:9007199254740991';
const END = 'r:-9007199254740991:0';
const PLACE = /^([ir]):(-?\d{1,16}):(\d{1,16})$/;

export interface FillPage {
  messages: Message[];
  /** Place of the next page, null after the last. */
  next: string | null;
  left: number;
}

/** One page of a first sync from `place` on. Throws on a place this store never gave. */
export function fillPage(db: Sqlite, account: string, place: string, limit: number): FillPage {
  const match = PLACE.exec(place);
  if (!match) throw new Error('not a place of a first sync');
  const stage = match[1] as 'i' | 'r';
  const at = [Number(match[2]), Number(match[3])] as const;
  const inbox = Number(
    db.one("SELECT id FROM mailbox WHERE account = ? AND role = 'inbox'", account)?.['id'] ?? 0,
  );
  const where = `account = ? AND mailbox ${stage === 'i' ? '=' : '<>'} ? AND (date, id) < (?, ?)`;
  const rows = db.all(
    `SELECT * FROM message WHERE ${where} ORDER BY date DESC, id DESC LIMIT ?`,
    ...[account, inbox, ...at, limit],
  );
  const count = (sql: string, ...values: number[]) =>
    Number(db.one(`SELECT count(*) AS n FROM message WHERE ${sql}`, account, inbox, ...values)?.['n']);
  const rest = stage === 'i' ? count('account = ? AND mailbox <> ?') : 0;
  const left = count(where, ...at) - rows.length + rest;
  const end = rows.at(-1);
  const next =
    rows.length === limit && end
      ? `${stage}:${Number(end['date'])}:${Number(end['id'])}`
      : stage === 'i'
        ? START.replace('i', 'r')
        : null;
  return { messages: rows.map(messageOf), next, left };
}
