/**
 * How a call ends on this device.
 *
 * Decision: a call leaves the outbox in the transaction that brings its effect. Done and withdrawn calls vanish, and
 * the draft of a withdrawn send is a draft again; refused and unsure ones stay until the person has seen them. A
 * withdrawal that came too late says so at the call it was for, or stays itself when that call has already gone.
 */
import type { Outcome, Settled } from '../../shared/commands.ts';
import type { StoredCall, Writing } from './db.ts';
import type { Effect } from './effect.ts';
import { isSend, unsettled } from './model.ts';

/** The call with this id in the outbox. */
export function findCall(tx: Writing, id: string): Promise<StoredCall | undefined> {
  return tx.objectStore('calls').index('id').get(id);
}

export async function putCall(tx: Writing, effect: Effect, call: StoredCall): Promise<void> {
  await tx.objectStore('calls').put(call);
  effect.calls.push(call);
}

export async function dropCall(tx: Writing, effect: Effect, call: StoredCall): Promise<void> {
  await tx.objectStore('calls').delete(call.seq);
  effect.callsGone.push(call.call.id);
}

/** Makes the draft of a send a draft again, unless the person has already opened it anew. */
export async function restoreDraft(tx: Writing, effect: Effect, { draft }: StoredCall): Promise<void> {
  if (draft === null || (await tx.objectStore('drafts').get(draft.id)) !== undefined) return;
  await tx.objectStore('drafts').put(draft);
  effect.drafts.push(draft);
}

/** Carries out receipts. A receipt for a call that is no longer here was seen before. */
export async function settle(tx: Writing, effect: Effect, settled: Settled[]): Promise<void> {
  for (const { id, outcomes } of settled) {
    const call = await findCall(tx, id);
    if (call !== undefined) await end(tx, effect, call, outcomes);
  }
}

async function end(tx: Writing, effect: Effect, call: StoredCall, outcomes: Outcome[]): Promise<void> {
  const bad = outcomes.find((o) => o.as !== 'done' && !(o.as === 'refused' && o.code === 'withdrawn'));
  if (bad === undefined || bad.as === 'done') {
    await dropCall(tx, effect, call);
    if (outcomes.some((o) => o.as === 'refused')) await restoreDraft(tx, effect, call);
    return;
  }
  if (await tooLate(tx, effect, call)) return;
  const unsure = outcomes.some((o) => o.as === 'unsure');
  await putCall(tx, effect, { ...call, state: unsure ? 'unsure' : 'refused', text: bad.text, outcomes });
}

/** For a refused withdrawal: the call it was for, if still under way, says that it cannot be taken back. */
async function tooLate(tx: Writing, effect: Effect, call: StoredCall): Promise<boolean> {
  const step = call.call.steps[0];
  if (step?.verb !== 'withdraw') return false;
  const target = await findCall(tx, step.call);
  if (target === undefined) return false;
  if (unsettled(target)) await putCall(tx, effect, { ...target, text: 'Too late to take this back.' });
  await dropCall(tx, effect, call);
  return true;
}

/**
 * The bridge's ledger may be lost: what it was told under another epoch it may not remember. A send it was told of
 * may have gone out, so it is never sent again by itself; everything else has one effect however often it is sent.
 */
export function isDoubtful(call: StoredCall, epoch: string | undefined): boolean {
  return isSend(call) && call.wire !== null && call.wire !== epoch;
}

/** Makes a call unsure: from here on only the person sends it again. */
export async function doubt(tx: Writing, effect: Effect, call: StoredCall): Promise<void> {
  const text = 'The bridge has lost its record of this mail. It may have been sent.';
  await putCall(tx, effect, { ...call, state: 'unsure', text, outcomes: [{ as: 'unsure', text }] });
}

/** An account begins anew under `epoch`. */
export async function doubtSends(tx: Writing, effect: Effect, account: string, epoch: string): Promise<void> {
  for (const call of await tx.objectStore('calls').getAll()) {
    if (call.call.account !== account || !unsettled(call)) continue;
    if (isDoubtful(call, epoch)) await doubt(tx, effect, call);
  }
}
