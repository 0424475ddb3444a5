/**
 * The lives of a database: begun when a bridge opens it, ended when the bridge stops in order.
 *
 * Decision: mirror commits do not wait for the disk. A killed process loses none of them, for the system still holds
 * them; a machine that lost its power may have lost the newest, while devices already know their revs and ids. So a
 * life that did not end, on a machine that has started anew since, gives every account a new epoch and a new base of
 * ids: devices fetch their rows again, and no old id can name another mail. The ledger was on the disk all along.
 */
import { randomBytes, randomInt } from 'node:crypto';
import type { Sqlite } from './sqlite.ts';

/** A base for ids: above every id drawn from another base, all but certainly. */
export function idBase(): number {
  return randomInt(1, 2 ** 20) * 2 ** 32;
}

export function newEpoch(): string {
  return randomBytes(16).toString('base64url');
}

/**
 * Begins a life. `boot` names the running of the machine: it changes when the machine starts anew.
 * Answers whether commits may have been lost, and every account has a new epoch.
 */
export function beginLife(db: Sqlite, boot: string): boolean {
  return db.transaction(true, () => {
    const last = db.one('SELECT boot, ended FROM life');
    const lost = last !== undefined && last['ended'] === 0 && last['boot'] !== boot;
    if (lost)
      for (const { id } of db.all('SELECT id FROM account'))
        db.run('UPDATE account SET epoch = ?, next_id = ? WHERE id = ?', newEpoch(), idBase(), id ?? null);
    db.run('INSERT OR REPLACE INTO life (one, boot, ended) VALUES (1, ?, 0)', boot);
    return lost;
  });
}

/** Ends a life in order: everything committed is on the disk. */
export function endLife(db: Sqlite): void {
  db.transaction(true, () => db.run('UPDATE life SET ended = 1'));
}
