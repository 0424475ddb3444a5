/**
 * What a person does, and how it is taken back.
 *
 * Decision: every act is one durable transaction in the outbox and then, if there is a socket, a frame. Undo has
 * three ways, in this order: a call that never left the device is dropped; one with a known inverse gets the inverse
 * as a call of its own, also after it has settled; a send is asked back with `withdraw`, and keeps its place on the
 * screen until the bridge has said which of the two came first.
 */
import type { Call, Step } from '../../shared/commands.ts';
import type { Database } from './db.ts';
import { outgoing } from './drafts.ts';
import type { Effect } from './effect.ts';
import type { Memory } from './memory.ts';
import { mintMessageId, mintUuid } from './mint.ts';
import { unsettled, type Draft } from './model.ts';
import { addCall, dismissCall, dropUnsent, repeatSend, takeBack } from './outbox.ts';

/** How many finished acts can still be undone by their inverse. */
const UNDOABLE = 100;

/** The same draft with the same words: Send was pressed in two tabs. */
function isSameDraft(sent: Draft | null, draft: Draft): boolean {
  const words = (d: Draft) => JSON.stringify({ ...d, savedAt: 0 });
  return sent?.id === draft.id && words(sent) === words(draft);
}

export interface ActsNeeds {
  db: () => Database;
  memory: Memory;
  commit: (effect: Effect) => void;
  now: () => number;
  failed: (error: Error) => void;
}

export class Acts {
  readonly #needs: ActsNeeds;
  readonly #undoable = new Map<string, { account: string; undo: Step[] }>();

  constructor(needs: ActsNeeds) {
    this.#needs = needs;
  }

  /** Adds a call. `undo`: its inverse, from the facts as they are now. @returns the call's id */
  async act(account: string, steps: Step[], undo?: Step[]): Promise<string> {
    const id = await this.#add({ id: mintUuid(), account, steps }, undo ?? null, null);
    if (undo !== undefined) this.#undoable.set(id, { account, undo });
    const oldest = this.#undoable.keys().next().value;
    if (this.#undoable.size > UNDOABLE && oldest !== undefined) this.#undoable.delete(oldest);
    return id;
  }

  async #add(call: Call, undo: Step[] | null, draft: Draft | null): Promise<string> {
    const { db, commit, now } = this.#needs;
    commit(await addCall(db(), { call, at: now(), undo, draft }));
    return call.id;
  }

  async undo(id: string): Promise<void> {
    const { db, commit, memory } = this.#needs;
    const { effect, gone } = await dropUnsent(db(), id);
    commit(effect);
    if (gone) return;
    const call = memory.calls.find((one) => one.call.id === id);
    if (call?.state === 'refused') return this.dismiss(id);
    const undo = call?.undo ?? this.#undoable.get(id)?.undo;
    const account = call?.call.account ?? this.#undoable.get(id)?.account;
    if (undo !== undefined && account !== undefined) await this.act(account, undo);
    else await this.withdraw(id);
  }

  async withdraw(id: string): Promise<boolean> {
    const { db, commit } = this.#needs;
    const { effect, gone } = await takeBack(db(), id, this.#fresh());
    commit(effect);
    return gone;
  }

  async dismiss(id: string): Promise<void> {
    this.#needs.commit(await dismissCall(this.#needs.db(), id, false));
  }

  async reopen(id: string): Promise<Draft | null> {
    const { db, commit, memory } = this.#needs;
    const draft = memory.calls.find((one) => one.call.id === id)?.draft ?? null;
    commit(await dismissCall(db(), id, true));
    return draft === null ? null : (memory.drafts.get(draft.id) ?? null);
  }

  async sendAgain(id: string): Promise<string> {
    const fresh = this.#fresh();
    this.#needs.commit(await repeatSend(this.#needs.db(), id, fresh));
    return fresh.id;
  }

  sendDraft(draft: Draft, hold: number): Promise<string> {
    const { memory, now } = this.#needs;
    const address = memory.accounts.get(draft.account)?.address;
    if (address === undefined) return Promise.reject(new Error('this account is not on this device'));
    const twin = memory.calls.find((one) => unsettled(one) && isSameDraft(one.draft, draft));
    if (twin !== undefined) return Promise.resolve(twin.call.id);
    const mail = outgoing(draft, address, mintMessageId(address), now());
    const call: Call = { id: mintUuid(), account: draft.account, steps: [{ verb: 'send', mail, hold }] };
    return this.#add(call, null, draft);
  }

  #fresh(): { id: string; at: number } {
    return { id: mintUuid(), at: this.#needs.now() };
  }

  /** Takes in acts of a tab that was killed before it could tell. Never rejects. */
  async reread(): Promise<void> {
    try {
      await this.#needs.memory.reloadActs(this.#needs.db());
    } catch (error) {
      this.#needs.failed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** The person signed out: nothing of theirs is kept. */
  forget(): void {
    this.#undoable.clear();
  }
}
