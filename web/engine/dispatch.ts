/**
 * Which calls go on the wire now, and in what order.
 *
 * Decision: on every new socket each unsettled call goes once, sends before all others, else in the person's order;
 * the bridge knows them by id. A send waits until this socket has told the account's epoch: were the bridge's
 * ledger lost, a send it had been told of must not go out again, and only the epoch says so. Until then nothing
 * overtakes it, so the order holds; with no send in the outbox nothing waits. A long time offline may have left
 * hundreds of calls: they go at a pace the bridge takes from one socket, or it would close it again and again.
 */
import type { Call } from '../../shared/commands.ts';
import type { Up } from '../../shared/protocol.ts';
import type { StoredCall } from './db.ts';
import { isSend, unsettled } from './model.ts';

/** What has happened on one socket. */
export interface Wire {
  /** Calls that went out on it. */
  sent: ReadonlySet<string>;
  /** Epoch of each account, as this socket told it. */
  epochs: ReadonlyMap<string, string>;
  /** How many calls may be under way at once. */
  limit: number;
}

/** The calls to send now, in order. `calls` is in the person's order. */
export function ready(calls: readonly StoredCall[], wire: Wire): StoredCall[] {
  const open = calls.filter(unsettled);
  const inOrder = [...open.filter(isSend), ...open.filter((call) => !isSend(call))];
  let room = wire.limit - open.filter((call) => wire.sent.has(call.call.id)).length;
  const waiting = new Set<string>();
  const chosen: StoredCall[] = [];
  for (const call of inOrder) {
    const { id, account } = call.call;
    if (wire.sent.has(id) || waiting.has(account)) continue;
    if (isSend(call) && !wire.epochs.has(account)) waiting.add(account);
    else if (room > 0) {
      room -= 1;
      chosen.push(call);
    }
  }
  return chosen;
}

/** Calls at once, and then each second: well below what a bridge takes from one socket. */
export const PACE = { burst: 120, perSecond: 40 } as const;

/** A token bucket. */
class Allowance {
  readonly #now: () => number;
  #left: number = PACE.burst;
  #at: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#at = now();
  }

  /** How many calls may go now. */
  get left(): number {
    const now = this.#now();
    const grown = (Math.max(0, now - this.#at) / 1000) * PACE.perSecond;
    this.#left = Math.min(PACE.burst, this.#left + grown);
    this.#at = now;
    return Math.floor(this.#left);
  }

  spend(calls: number): void {
    this.#left -= calls;
  }
}

export interface DispatchNeeds {
  calls: () => readonly StoredCall[];
  /** Marks calls as on the wire and answers with those that may go (`outbox.ts`, markWire). */
  mark: (ids: string[], epochs: ReadonlyMap<string, string>) => Promise<Call[]>;
  /** False when there is no socket. */
  send: (frame: Up) => boolean;
  now: () => number;
  failed: (error: Error) => void;
}

/** Keeps the wire supplied. One flush at a time; what comes meanwhile goes in the next. */
export class Dispatch {
  readonly #needs: DispatchNeeds;
  #sent = new Set<string>();
  #epochs = new Map<string, string>();
  #limit: number;
  #socket = 0;
  #open = false;
  readonly #allowance: Allowance;
  #later: ReturnType<typeof setTimeout> | undefined;
  #busy = false;
  #again = false;

  constructor(needs: DispatchNeeds, limit: number) {
    this.#needs = needs;
    this.#limit = limit;
    this.#allowance = new Allowance(needs.now);
  }

  /** A new socket: everything unsettled goes again. */
  opened(): void {
    this.#socket += 1;
    this.#sent = new Set();
    this.#epochs = new Map();
    this.#open = true;
    this.flush();
  }

  closed(): void {
    clearTimeout(this.#later);
    this.#open = false;
  }

  limit(calls: number): void {
    this.#limit = calls;
  }

  /** This socket has told the epoch of an account, and what follows from it has been applied. */
  confirm(account: string, epoch: string): void {
    if (this.#epochs.get(account) === epoch) return;
    this.#epochs.set(account, epoch);
    this.flush();
  }

  /** An account begins anew: its sends wait for the new epoch. */
  doubt(account: string): void {
    this.#epochs.delete(account);
  }

  /** Sends what is ready. Returns at once. */
  flush(): void {
    this.#again = true;
    if (!this.#busy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    try {
      while (this.#again && this.#open) {
        this.#again = false;
        await this.#once();
      }
    } catch (error) {
      this.#needs.failed(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#busy = false;
    }
  }

  async #once(): Promise<void> {
    const wire = { sent: this.#sent, epochs: this.#epochs, limit: this.#limit };
    const chosen = this.#paced(ready(this.#needs.calls(), wire));
    if (chosen.length === 0) return;
    const socket = this.#socket;
    const calls = await this.#needs.mark(
      chosen.map((one) => one.call.id),
      this.#epochs,
    );
    for (const call of calls) {
      if (!this.#open || socket !== this.#socket) return;
      if (this.#needs.send({ t: 'call', call })) this.#sent.add(call.id);
    }
  }

  /** As many of these calls as the pace allows; for the rest it comes back in a second. */
  #paced(calls: StoredCall[]): StoredCall[] {
    const chosen = calls.slice(0, this.#allowance.left);
    this.#allowance.spend(chosen.length);
    if (chosen.length < calls.length) {
      clearTimeout(this.#later);
      this.#later = setTimeout(() => this.flush(), 1000);
    }
    return chosen;
  }
}
