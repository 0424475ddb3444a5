/**
 * What each frame from the bridge means here.
 *
 * Decision: the link hands frames over one at a time; each is applied in its transaction, taken into memory and told
 * to other tabs, and only then answered for. Whatever waits for an account's epoch (a send that must not go out
 * twice) goes on after the first facts that name it have been applied. An unknown kind of frame is reported and left
 * alone: a newer bridge may say more than this app understands.
 */
import type { Down } from '../../shared/protocol.ts';
import type { Ahead } from './ahead.ts';
import { applyChanges, applyFill, applyReset, type Applied, type Known } from './apply.ts';
import type { Bodies } from './bodies.ts';
import type { Database } from './db.ts';
import type { Dispatch } from './dispatch.ts';
import type { Effect } from './effect.ts';
import type { AccountMirror, Change } from './model.ts';
import { noteProgress, noteReceipts } from './outbox.ts';

export interface ReceiveNeeds {
  db: () => Database;
  accounts: ReadonlyMap<string, AccountMirror>;
  dispatch: Dispatch;
  bodies: Bodies;
  ahead: Ahead;
  hasBody: (account: string, message: number) => boolean;
  commit: (effect: Effect) => void;
  tell: (change: Change) => void;
  /** The bridge serves an account this device has not heard of. */
  stranger: () => void;
  failed: (error: Error) => void;
}

type Frame<T extends Down['t']> = Extract<Down, { t: T }>;

export class Receiver {
  readonly #needs: ReceiveNeeds;
  #known = new Map<string, Known>();

  constructor(needs: ReceiveNeeds) {
    this.#needs = needs;
  }

  /** A new socket said where this device stands. */
  opened(cursors: Iterable<{ account: string; epoch: string; rev: number }>): void {
    this.#known = new Map(Array.from(cursors, ({ account, epoch, rev }) => [account, { epoch, rev }]));
  }

  /** Handles one frame. `gap`: facts are missing. */
  async frame(frame: Down): Promise<'fine' | 'gap'> {
    const { db, bodies, commit } = this.#needs;
    switch (frame.t) {
      case 'welcome':
        return this.#welcome(frame);
      case 'changes':
        return this.#facts(frame, await applyChanges(db(), frame), frame.to);
      case 'fill':
        return this.#facts(frame, await applyFill(db(), frame), 0);
      case 'reset':
        return this.#reset(frame);
      case 'status':
        return this.#status(frame);
      case 'progress':
        commit(await noteProgress(db(), frame));
        return 'fine';
      case 'receipt':
        commit(await noteReceipts(db(), frame.settled));
        this.#needs.dispatch.flush();
        return 'fine';
      case 'body':
        await bodies.arrived(frame);
        this.#needs.ahead.arrived(
          frame.account,
          frame.message,
          this.#needs.hasBody(frame.account, frame.message),
        );
        return 'fine';
      case 'pong':
        return 'fine';
      default:
        return this.#unknown(frame);
    }
  }

  #welcome(frame: Frame<'welcome'>): 'fine' {
    for (const { id, status } of frame.accounts) {
      const mirror = this.#needs.accounts.get(id);
      if (mirror === undefined) this.#needs.stranger();
      else mirror.status = status;
    }
    this.#needs.tell('link');
    this.#needs.dispatch.limit(frame.limits.callsInFlight);
    return 'fine';
  }

  #facts(frame: { account: string; epoch: string }, applied: Applied, rev: number): 'fine' | 'gap' {
    this.#needs.commit(applied.effect);
    if (applied.verdict === 'gap') return 'gap';
    if (applied.verdict === 'stranger') return 'fine';
    const { account, epoch } = frame;
    this.#known.set(account, { epoch, rev: Math.max(rev, this.#known.get(account)?.rev ?? 0) });
    this.#needs.dispatch.confirm(account, epoch);
    this.#needs.ahead.nudge();
    return 'fine';
  }

  async #reset({ account, epoch }: Frame<'reset'>): Promise<'fine'> {
    this.#needs.dispatch.doubt(account);
    const { effect } = await applyReset(this.#needs.db(), account, epoch, this.#known.get(account));
    this.#known.delete(account);
    this.#needs.commit(effect);
    return 'fine';
  }

  #status({ account, status }: Frame<'status'>): 'fine' {
    const mirror = this.#needs.accounts.get(account);
    if (mirror !== undefined) mirror.status = status;
    this.#needs.tell('link');
    return 'fine';
  }

  #unknown(frame: never): 'fine' {
    const { t } = frame as { t: unknown };
    this.#needs.failed(new Error(`a frame of a kind this app does not know: ${String(t).slice(0, 40)}`));
    return 'fine';
  }
}
