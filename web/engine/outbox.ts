/**
 * The outbox: what the person asked for and the bridge has not yet settled.
 *
 * Decision: every change here is one strict transaction, complete before the screen changes; a killed tab or an empty
 * battery loses nothing. Whether a call may still be taken back locally is decided inside the transaction, on the
 * stored `wire` mark, which is written before the first byte leaves the device: a call without the mark was certainly
 * never sent, whatever other tabs do.
 */
import type { Call, Settled, Step } from '../../shared/commands.ts';
import { LIMITS, parseUp, type Progress } from '../../shared/protocol.ts';
import { write, type Database, type StoredCall, type Writing } from './db.ts';
import { noEffect, type Effect } from './effect.ts';
import { isSend, unsettled, type Draft } from './model.ts';
import { doubt, dropCall, findCall, isDoubtful, putCall, restoreDraft, settle } from './settle.ts';

/** A call as the person asks for it. */
export interface Wish {
  call: Call;
  /** Milliseconds since 1970. */
  at: number;
  undo: Step[] | null;
  draft: Draft | null;
}

/** Why the bridge would not read this call; null when it would. */
export function faultOf(call: Call): string | null {
  const frame = JSON.stringify({ t: 'call', call });
  if (new TextEncoder().encode(frame).length > LIMITS.frameUp) return 'too large to be sent';
  try {
    parseUp(frame);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function add(tx: Writing, effect: Effect, { call, at, undo, draft }: Wish): Promise<void> {
  const fresh = { call, at, undo, draft, state: 'here', text: '', outcomes: [], wire: null } as const;
  // The key is made by the store and is not yet in the value.
  const seq = await tx.objectStore('calls').add(fresh as unknown as StoredCall);
  effect.calls.push({ ...fresh, outcomes: [], seq });
}

/** Adds one call. For a send, its draft is dropped in the same transaction and lives on inside the call. */
export function addCall(db: Database, wish: Wish): Promise<Effect> {
  const fault = faultOf(wish.call);
  if (fault !== null) return Promise.reject(new Error(fault));
  return write(db, 'strict', async (tx) => {
    const effect = noEffect();
    await add(tx, effect, wish);
    if (wish.draft !== null) {
      await tx.objectStore('drafts').delete(wish.draft.id);
      effect.draftsGone.push(wish.draft.id);
    }
    return effect;
  });
}

/**
 * Marks calls as put on the wire under `epochs` (by account), before they are sent. A send that another ledger may
 * know of becomes unsure instead: this is the last place to see it, whatever other tabs did meanwhile.
 * @returns the calls that may be sent: those still here and unsettled
 */
export function markWire(
  db: Database,
  ids: string[],
  epochs: ReadonlyMap<string, string>,
): Promise<{ effect: Effect; calls: Call[] }> {
  return write(db, 'strict', async (tx) => {
    const effect = noEffect();
    const calls: Call[] = [];
    for (const id of ids) {
      const call = await findCall(tx, id);
      if (call !== undefined && (await mark(tx, effect, call, epochs.get(call.call.account))))
        calls.push(call.call);
    }
    return { effect, calls };
  });
}

/** @returns whether it may be sent */
async function mark(
  tx: Writing,
  effect: Effect,
  call: StoredCall,
  epoch: string | undefined,
): Promise<boolean> {
  if (!unsettled(call)) return false;
  const fault = faultOf(call.call);
  if (fault !== null) await refuse(tx, effect, call, fault);
  else if (isDoubtful(call, epoch)) await doubt(tx, effect, call);
  else if (call.wire === null) await putCall(tx, effect, { ...call, state: 'sent', wire: epoch ?? '' });
  else return true;
  return call.wire === null && fault === null;
}

/** A call the bridge could not even read (an older app made it) must not close the socket again and again. */
async function refuse(tx: Writing, effect: Effect, call: StoredCall, text: string): Promise<void> {
  const outcomes = [{ as: 'refused', code: 'invalid', text } as const];
  await putCall(tx, effect, { ...call, state: 'refused', text, outcomes });
}

/** Notes what the bridge says of a call under way. A doubted send that the bridge does know is in doubt no more. */
export function noteProgress(db: Database, frame: Progress): Promise<Effect> {
  return write(db, 'relaxed', async (tx) => {
    const effect = noEffect();
    const call = await findCall(tx, frame.id);
    if (call === undefined || call.state === 'refused') return effect;
    await putCall(tx, effect, { ...call, state: frame.state, text: frame.text, outcomes: [] });
    return effect;
  });
}

/** Carries out receipts that came by themselves, for calls that had settled before. */
export function noteReceipts(db: Database, settled: Settled[]): Promise<Effect> {
  return write(db, 'relaxed', async (tx) => {
    const effect = noEffect();
    await settle(tx, effect, settled);
    return effect;
  });
}

/**
 * Takes a call back. One that never left the device goes at once and its draft comes back; for another a `withdraw`
 * call is added and both stay until the bridge has settled them.
 * @returns whether it is gone already
 */
export function takeBack(
  db: Database,
  id: string,
  fresh: { id: string; at: number },
): Promise<{ effect: Effect; gone: boolean }> {
  return write(db, 'strict', async (tx) => {
    const effect = noEffect();
    const call = await findCall(tx, id);
    if (call === undefined || !unsettled(call)) return { effect, gone: false };
    if (call.wire === null) {
      await dropCall(tx, effect, call);
      await restoreDraft(tx, effect, call);
      return { effect, gone: true };
    }
    const asked = (await tx.objectStore('calls').getAll()).some((other) => withdraws(other, id));
    if (!asked && call.call.steps[0]?.verb !== 'withdraw') {
      const steps: Step[] = [{ verb: 'withdraw', call: id }];
      const withdraw: Call = { id: fresh.id, account: call.call.account, steps };
      await add(tx, effect, { call: withdraw, at: fresh.at, undo: null, draft: null });
    }
    return { effect, gone: false };
  });
}

function withdraws(one: StoredCall, id: string): boolean {
  return one.call.steps.some((step) => step.verb === 'withdraw' && step.call === id);
}

/** Drops a call only if it never left the device. */
export function dropUnsent(db: Database, id: string): Promise<{ effect: Effect; gone: boolean }> {
  return write(db, 'strict', async (tx) => {
    const effect = noEffect();
    const call = await findCall(tx, id);
    const gone = call?.wire === null && unsettled(call);
    if (call !== undefined && gone) await dropCall(tx, effect, call);
    return { effect, gone };
  });
}

/** Drops a refused or unsure call; with `reopen`, the draft of a send is a draft again. */
export function dismissCall(db: Database, id: string, reopen: boolean): Promise<Effect> {
  return write(db, 'strict', async (tx) => {
    const effect = noEffect();
    const call = await findCall(tx, id);
    if (call === undefined || unsettled(call)) return effect;
    if (reopen) await restoreDraft(tx, effect, call);
    await dropCall(tx, effect, call);
    return effect;
  });
}

/** Sends the same mail (same Message-ID) as a new call, in place of a refused or unsure one. */
export function repeatSend(db: Database, id: string, fresh: { id: string; at: number }): Promise<Effect> {
  return write(db, 'strict', async (tx) => {
    const effect = noEffect();
    const call = await findCall(tx, id);
    if (call === undefined || unsettled(call) || !isSend(call)) return effect;
    await dropCall(tx, effect, call);
    await add(tx, effect, { ...call, call: { ...call.call, id: fresh.id }, at: fresh.at });
    return effect;
  });
}
