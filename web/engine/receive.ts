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
import { applyChanges, applyFill, applyReset, type Applied } from './apply.ts';
import type { Bodies } from './bodies.ts';
import type { Database } from './db.ts';
import type { Dispatch } from './dispatch.ts';
import { recheck, type Effect, type Word } from './effect.ts';
import type { Heard, Memory } from './memory.ts';
import type { Change } from './model.ts';
import { noteProgress, noteReceipts } from './outbox.ts';

export interface ReceiveNeeds {
  db: () => Database;
  memory: Memory;
  dispatch: Dispatch;
  bodies: Bodies;
  ahead: Ahead;
  commit: (effect: Effect) => void;
  tell: (change: Change) => void;
  /** The bridge serves an account this device has not heard of. */
  stranger: () => void;
  failed: (error: Error) => void;
}

type Frame<T extends Down['t']> = Extract<Down, { t: T }>;

export class Receiver {
  readonly #needs: ReceiveNeeds;

  constructor(needs: ReceiveNeeds) {
    this.#needs = needs;
  }

  /** Handles one frame. `gap`: facts are missing. */
  async frame(frame: Down): Promise<'fine' | 'gap'> {
    const { db, bodies, commit } = this.#needs;
    switch (frame.t) {
      case 'welcome':
        return this.#welcome(frame);
      case 'changes':
        return this.#facts(frame, await applyChanges(db(), frame));
      case 'fill':
        return this.#facts(frame, await applyFill(db(), frame));
      case 'reset':
        return this.#reset(frame);
      case 'status':
        return this.#status(frame);
      case 'progress':
        commit(await noteProgress(db(), frame));
        return 'fine';
      case 'receipt':
        return this.#receipt(frame);
      case 'body':
        await bodies.arrived(frame);
        this.#needs.ahead.arrived(
          frame.account,
          frame.message,
          this.#needs.memory.hasBody(frame.account, frame.message),
        );
        return 'fine';
      case 'found': // Nothing in this app asks yet.
      case 'pong':
        return 'fine';
      default:
        return this.#unknown(frame);
    }
  }

  #welcome(frame: Frame<'welcome'>): 'fine' {
    for (const { id, status } of frame.accounts) {
      const mirror = this.#needs.memory.accounts.get(id);
      if (mirror === undefined) this.#needs.stranger();
      else mirror.status = status;
    }
    this.#needs.tell('link');
    this.#needs.dispatch.limit(frame.limits.callsInFlight);
    return 'fine';
  }

  async #facts(frame: Frame<'changes' | 'fill'>, applied: Applied): Promise<'fine' | 'gap'> {
    const { account, epoch } = frame;
    const { memory, db, commit, dispatch, ahead } = this.#needs;
    commit(applied.effect);
    if (applied.verdict === 'stranger') return 'fine';
    if (applied.verdict === 'gap') {
      await memory.load(db());
      return 'gap';
    }
    if (applied.verdict === 'seen') await memory.reload(db(), namedIn(frame));
    memory.heard.set(account, moved(memory.heard.get(account), frame));
    dispatch.confirm(account, epoch);
    ahead.nudge();
    return 'fine';
  }

  async #reset({ account, epoch }: Frame<'reset'>): Promise<'fine'> {
    const { memory, db, commit, dispatch } = this.#needs;
    dispatch.doubt(account);
    const { verdict, effect } = await applyReset(db(), account, epoch, memory.heard.get(account));
    memory.heard.delete(account);
    commit(effect);
    if (verdict === 'seen') await memory.load(db());
    return 'fine';
  }

  async #receipt({ account, settled }: Frame<'receipt'>): Promise<'fine'> {
    const { memory, db, commit } = this.#needs;
    commit(await noteReceipts(db(), settled));
    const ids = settled.map((one) => one.id);
    await memory.reload(db(), recheck(account, [], ids));
    return 'fine';
  }

  #status({ account, status }: Frame<'status'>): 'fine' {
    const mirror = this.#needs.memory.accounts.get(account);
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

/** The rows and calls a frame of facts speaks of. */
function namedIn(frame: Frame<'changes' | 'fill'>): Word {
  const rows = frame.messages.map((row) => row.id);
  if (frame.t === 'fill') return recheck(frame.account, rows, []);
  const calls = frame.settled.map((one) => one.id);
  return recheck(frame.account, [...rows, ...frame.gone.messages], calls);
}

/** How far this tab has heard after a frame. Complete stays complete; two first syncs may run side by side. */
function moved(before: Heard | undefined, frame: Frame<'changes' | 'fill'>): Heard {
  const same = before?.epoch === frame.epoch ? before : undefined;
  const { epoch } = frame;
  if (frame.t === 'fill')
    return { epoch, rev: same?.rev ?? 0, fill: same?.fill === null ? null : frame.next };
  return {
    epoch,
    rev: Math.max(same?.rev ?? 0, frame.to),
    fill: same === undefined ? frame.fill : same.fill,
  };
}
