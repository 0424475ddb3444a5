/**
 * The ledger: every call a device ever handed over, by its id.
 *
 * Decision: it is not a mirror of anything, so each entry is on the disk before the device hears of it. The same
 * id with the same content is the same call; with other content it is refused. An entry that is `running` or
 * `sent` after a restart tells exactly how far it had come. An id is kept for good, however long a device stays
 * away with a call whose receipt it never heard; only the content is let go.
 */
import { createHash } from 'node:crypto';
import type { Call, Outcome } from '../../shared/commands.ts';
import type { LedgerEntry, LedgerState } from './records.ts';
import { textOf, type Row, type Sqlite } from './sqlite.ts';

/** A digest of what a call asks for, equal for equal content whatever the order of keys. */
export function digestOf(call: Call): string {
  return createHash('sha256').update(canonical(call)).digest('base64url');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

function entryOf(row: Row): LedgerEntry {
  return {
    id: textOf(row, 'id'),
    call: JSON.parse(textOf(row, 'call')) as Call,
    digest: textOf(row, 'digest'),
    state: row['state'] as LedgerState,
    holdUntil: Number(row['hold_until']),
    attempts: Number(row['attempts']),
    note: textOf(row, 'note'),
    outcomes: JSON.parse(textOf(row, 'outcomes')) as Outcome[],
    copyPending: row['copy'] !== null,
  };
}

/** Takes a call in, on the disk. Answers the entry that stands under its id, and whether it is new. */
export function acceptCall(
  db: Sqlite,
  call: Call,
  holdUntil: number,
  now: number,
): { entry: LedgerEntry; fresh: boolean } {
  return db.transaction(true, () => {
    const known = db.one('SELECT * FROM ledger WHERE account = ? AND id = ?', call.account, call.id);
    if (known) return { entry: entryOf(known), fresh: false };
    const seq = Number(
      db.one('SELECT coalesce(max(seq), 0) + 1 AS n FROM ledger WHERE account = ?', call.account)?.['n'],
    );
    db.run(
      `INSERT INTO ledger (account, id, seq, digest, call, state, hold_until, attempts, note, outcomes, at)
       VALUES (?,?,?,?,?,?,?,0,'','[]',?)`,
      ...[call.account, call.id, seq, digestOf(call), JSON.stringify(call)],
      ...[holdUntil > now ? 'held' : 'accepted', holdUntil, now],
    );
    const row = db.one('SELECT * FROM ledger WHERE account = ? AND id = ?', call.account, call.id)!;
    return { entry: entryOf(row), fresh: true };
  });
}

/** Every entry that still has something to be done, in the order it was accepted. */
export function openCalls(db: Sqlite, account: string): LedgerEntry[] {
  return db
    .all(
      `SELECT * FROM ledger WHERE account = ? AND (state <> 'settled' OR copy IS NOT NULL) ORDER BY seq`,
      account,
    )
    .map(entryOf);
}

export function callById(db: Sqlite, account: string, id: string): LedgerEntry | null {
  const row = db.one('SELECT * FROM ledger WHERE account = ? AND id = ?', account, id);
  return row ? entryOf(row) : null;
}

/** Forgets removals and what settled calls said, older than `before`; devices with an older cursor start anew. */
export function forgetOld(db: Sqlite, account: string, before: number): void {
  db.transaction(false, () => {
    const floor = db.one('SELECT max(rev) AS rev FROM gone WHERE account = ? AND at < ?', account, before);
    db.run('DELETE FROM gone WHERE account = ? AND at < ?', account, before);
    db.run(
      `UPDATE ledger SET call = json_object('id', id, 'account', account, 'steps', json('[]'))
       WHERE account = ? AND at < ? AND state = 'settled' AND copy IS NULL`,
      ...[account, before],
    );
    if (typeof floor?.['rev'] === 'number')
      db.run('UPDATE account SET floor = max(floor, ?) WHERE id = ?', floor['rev'], account);
  });
}
