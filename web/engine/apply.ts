/**
 * One frame of facts becomes one transaction.
 *
 * Decision: the rule is decided inside the transaction, on the stored cursor, because another tab may have applied
 * the same frame a moment ago. What was seen before is skipped, a gap is reported and heals by a new hello, and the
 * cursor is written last. Three things keep ghosts out: a row never replaces a newer one; while a first sync runs,
 * ids told gone are remembered, since a page may be older than the news; and a page or snapshot that comes when the
 * device already holds every row is not needed and not taken. An account this device does not know (it signed
 * out meanwhile) gets nothing.
 */
import type { Message } from '../../shared/mail.ts';
import type { Changes, Fill } from '../../shared/protocol.ts';
import { rowsOf, write, type Database, type StoredCursor, type Writing } from './db.ts';
import { noEffect, type Effect } from './effect.ts';
import { doubtSends, settle } from './settle.ts';

/** seen: nothing to do, it is here already. gap: say hello again. stranger: not an account of this device. */
export type Verdict = 'applied' | 'seen' | 'gap' | 'stranger';
export interface Applied {
  verdict: Verdict;
  effect: Effect;
}

type Rule = Verdict | 'late';

/**
 * What to do with a `changes` frame, given the stored cursor. `late`: a snapshot after another tab's; its rows are
 * wanted if the first sync still runs. One that is newer than the cursor is a gap: what has gone in between is not
 * in it, and this socket will not say it either.
 */
function ruleFor(cursor: StoredCursor | undefined, frame: Changes): Rule {
  if (cursor === undefined) return frame.from === 0 ? 'applied' : 'gap';
  if (cursor.epoch !== frame.epoch) return 'gap';
  if (frame.from === 0 && frame.fill !== null) return frame.to > cursor.rev ? 'gap' : 'late';
  if (frame.from > cursor.rev) return 'gap';
  return frame.to <= cursor.rev ? 'seen' : 'applied';
}

/**
 * Applies facts of a closed rev interval, or the snapshot that opens a first sync (`protocol.ts`, Changes).
 * Receipts are carried out even when the facts were seen before; they can be carried out twice.
 */
export function applyChanges(db: Database, frame: Changes): Promise<Applied> {
  return write(db, 'relaxed', async (tx) => {
    const { account } = frame;
    const effect = noEffect(account);
    if ((await tx.objectStore('accounts').get(account)) === undefined) return { verdict: 'stranger', effect };
    const cursor = await tx.objectStore('cursors').get(account);
    const rule = ruleFor(cursor, frame);
    if (rule === 'gap') return { verdict: rule, effect };
    if (rule === 'applied' && cursor === undefined) await begin(tx, effect, frame);
    const wanted = rule === 'applied' || (rule === 'late' && cursor?.fill !== null);
    if (wanted) await putMessages(tx, effect, account, frame.messages);
    if (rule === 'applied') await putFacts(tx, effect, frame, cursor);
    await settle(tx, effect, frame.settled);
    if (rule === 'applied') await putCursor(tx, effect, movedOn(frame, cursor));
    return { verdict: rule === 'late' ? 'seen' : rule, effect };
  });
}

/** A first sync begins on bare ground, also when a reset was cut short. */
async function begin(tx: Writing, effect: Effect, { account, epoch }: Changes): Promise<void> {
  await doubtSends(tx, effect, account, epoch);
  await dropRows(tx, account);
  effect.cleared = true;
}

/** The rest of what a frame holds: mailboxes, and what has gone, with its bodies. */
async function putFacts(
  tx: Writing,
  effect: Effect,
  frame: Changes,
  before: StoredCursor | undefined,
): Promise<void> {
  const { account, mailboxes, gone } = frame;
  await Promise.all([
    ...mailboxes.map((row) => tx.objectStore('mailboxes').put(row, [account, row.id])),
    ...gone.mailboxes.map((id) => tx.objectStore('mailboxes').delete([account, id])),
    ...gone.messages.flatMap((id) => [
      tx.objectStore('messages').delete([account, id]),
      tx.objectStore('bodies').delete([account, id]),
    ]),
  ]);
  if ((before?.fill ?? frame.fill) !== null) {
    await Promise.all(gone.messages.map((id) => tx.objectStore('gone').put(true, [account, id])));
  }
  effect.mailboxes.push(...mailboxes);
  effect.mailboxesGone.push(...gone.mailboxes);
  effect.messagesGone.push(...gone.messages);
  effect.bodiesGone.push(...gone.messages);
}

function movedOn(frame: Changes, before: StoredCursor | undefined): StoredCursor {
  if (before !== undefined) return { ...before, rev: frame.to };
  const total = frame.mailboxes.reduce((sum, mailbox) => sum + mailbox.total, 0);
  const left = frame.fill === null ? 0 : Math.max(0, total - frame.messages.length);
  return { account: frame.account, epoch: frame.epoch, rev: frame.to, fill: frame.fill, left };
}

async function putCursor(tx: Writing, effect: Effect, cursor: StoredCursor): Promise<void> {
  await tx.objectStore('cursors').put(cursor);
  effect.cursor = cursor;
}

/** Puts rows, except older ones and those this device was told are gone. */
async function putMessages(tx: Writing, effect: Effect, account: string, rows: Message[]): Promise<void> {
  const [messages, gone] = [tx.objectStore('messages'), tx.objectStore('gone')];
  await Promise.all(
    rows.map(async (row) => {
      const [stored, dead] = await Promise.all([
        messages.get([account, row.id]),
        gone.get([account, row.id]),
      ]);
      if (dead === true || (stored !== undefined && stored.rev > row.rev)) return;
      await messages.put(row, [account, row.id]);
      effect.messages.push(row);
    }),
  );
}

/** Applies one page of a first sync. The last page ends the memory of what has gone, and sweeps. */
export function applyFill(db: Database, frame: Fill): Promise<Applied> {
  return write(db, 'relaxed', async (tx) => {
    const { account } = frame;
    const effect = noEffect(account);
    if ((await tx.objectStore('accounts').get(account)) === undefined) return { verdict: 'stranger', effect };
    const cursor = await tx.objectStore('cursors').get(account);
    if (cursor?.epoch !== frame.epoch) return { verdict: 'gap', effect };
    if (cursor.fill === null) return { verdict: 'seen', effect };
    await putMessages(tx, effect, account, frame.messages);
    if (frame.next === null) {
      await tx.objectStore('gone').delete(rowsOf(account));
      await sweepBodies(tx, effect, account);
    }
    await putCursor(tx, effect, { ...cursor, fill: frame.next, left: frame.left });
    return { verdict: 'applied', effect };
  });
}

/** Drops bodies without a row, once every row is here: they were kept over a reset and their mail is not. */
async function sweepBodies(tx: Writing, effect: Effect, account: string): Promise<void> {
  const keys = await tx.objectStore('bodies').getAllKeys(rowsOf(account));
  const rows = new Set((await tx.objectStore('messages').getAllKeys(rowsOf(account))).map(([, id]) => id));
  for (const key of keys.filter(([, id]) => !rows.has(id))) {
    await tx.objectStore('bodies').delete(key);
    effect.bodiesGone.push(key[1]);
  }
}

/**
 * Drops the rows of an account; bodies, drafts and the outbox stay.
 * Seen when another tab has already begun anew: the store is of the new epoch and ahead of what this tab knew.
 * @param known how far this tab had heard when it was told
 */
export function applyReset(
  db: Database,
  account: string,
  epoch: string,
  known: { epoch: string; rev: number } | undefined,
): Promise<Applied> {
  return write(db, 'relaxed', async (tx) => {
    const effect = noEffect(account);
    if ((await tx.objectStore('accounts').get(account)) === undefined) return { verdict: 'stranger', effect };
    const cursor = await tx.objectStore('cursors').get(account);
    const ours = known !== undefined && known.epoch === cursor?.epoch && known.rev >= cursor.rev;
    if (cursor !== undefined && cursor.epoch === epoch && !ours) return { verdict: 'seen', effect };
    await doubtSends(tx, effect, account, epoch);
    // The cursor goes first here: without one, whatever else is left over is only replaced.
    await tx.objectStore('cursors').delete(account);
    await dropRows(tx, account);
    effect.cursor = null;
    effect.cleared = true;
    return { verdict: 'applied', effect };
  });
}

async function dropRows(tx: Writing, account: string): Promise<void> {
  for (const store of ['mailboxes', 'messages', 'gone'] as const) {
    await tx.objectStore(store).delete(rowsOf(account));
  }
}
