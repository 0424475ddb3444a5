/**
 * The readable content of messages: from this device if it is here, else asked for.
 *
 * Decision: a body never changes, so one that is stored is the answer. Who waits for one keeps waiting over a
 * reconnect and is asked for again; when there is no way to the bridge they are told at once, so that the screen can
 * say so in place of a spinner. A full disk does not keep a person from reading: the body is shown and not kept.
 */
import type { Body } from '../../shared/mail.ts';
import { LIMITS, type Down, type Up } from '../../shared/protocol.ts';
import { write, type Database } from './db.ts';
import { noEffect, type Effect } from './effect.ts';

/** Why a body cannot be shown now. `offline`: it is not on this device and there is no way to the bridge. */
export class BodyUnavailable extends Error {
  readonly code: 'offline' | 'refused';

  constructor(code: 'offline' | 'refused', message: string) {
    super(message);
    this.name = 'BodyUnavailable';
    this.code = code;
  }
}

export type BodyFrame = Extract<Down, { t: 'body' }>;

export interface BodiesNeeds {
  db: () => Database;
  /** Sends one frame; false when there is no socket. */
  send: (frame: Up) => boolean;
  /** connecting: it is worth waiting. */
  link: () => 'live' | 'connecting' | 'none';
  commit: (effect: Effect) => void;
  failed: (error: Error) => void;
}

interface Waiter {
  account: string;
  message: number;
  promise: Promise<Body>;
  resolve: (body: Body) => void;
  reject: (error: Error) => void;
}

export class Bodies {
  readonly #needs: BodiesNeeds;
  readonly #waiting = new Map<string, Waiter>();

  constructor(needs: BodiesNeeds) {
    this.#needs = needs;
  }

  /** True while a person waits: reading ahead must not stand in their way. */
  get awaited(): boolean {
    return this.#waiting.size > 0;
  }

  /** @throws BodyUnavailable */
  async get(account: string, message: number): Promise<Body> {
    const stored = await this.#needs.db().get('bodies', [account, message]);
    if (stored !== undefined) return stored;
    const waiter = this.#waiting.get(keyOf(account, message));
    if (waiter !== undefined) return waiter.promise;
    if (this.#needs.link() === 'none') throw offline();
    return this.#ask(account, message);
  }

  #ask(account: string, message: number): Promise<Body> {
    const { promise, resolve, reject } = Promise.withResolvers<Body>();
    this.#waiting.set(keyOf(account, message), { account, message, promise, resolve, reject });
    if (this.#needs.link() === 'live')
      this.#needs.send({ t: 'want', account, messages: [message], ahead: false });
    return promise;
  }

  /** The link is live: asks for all that is waited for. */
  live(): void {
    const byAccount = Map.groupBy(this.#waiting.values(), (waiter) => waiter.account);
    for (const [account, waiters] of byAccount) {
      const ids = waiters.map((waiter) => waiter.message);
      for (let at = 0; at < ids.length; at += LIMITS.bodiesPerWant) {
        const messages = ids.slice(at, at + LIMITS.bodiesPerWant);
        this.#needs.send({ t: 'want', account, messages, ahead: false });
      }
    }
  }

  /** There is no way to the bridge: nobody is kept waiting. */
  offline(): void {
    const waiters = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const waiter of waiters) waiter.reject(offline());
  }

  /** A body came, or the reason why not: stores it, then answers who waits. */
  async arrived(frame: BodyFrame): Promise<void> {
    const { account, message, body, error } = frame;
    if (body !== null) {
      try {
        this.#needs.commit(await storeBody(this.#needs.db(), account, body));
      } catch (failure) {
        this.#needs.failed(new Error('a body could not be kept on this device', { cause: failure }));
      }
    }
    const waiter = this.#waiting.get(keyOf(account, message));
    this.#waiting.delete(keyOf(account, message));
    if (body !== null) waiter?.resolve(body);
    else waiter?.reject(new BodyUnavailable('refused', error ?? 'This message is no longer on the server.'));
  }
}

function offline(): BodyUnavailable {
  return new BodyUnavailable('offline', 'offline');
}

function keyOf(account: string, message: number): string {
  return `${message} ${account}`;
}

/** Keeps a body, if its message is (still) on this device. */
function storeBody(db: Database, account: string, body: Body): Promise<Effect> {
  return write(db, 'relaxed', async (tx) => {
    const effect = noEffect(account);
    const key: [string, number] = [account, body.message];
    if ((await tx.objectStore('messages').getKey(key)) === undefined) return effect;
    await tx.objectStore('bodies').put(body, key);
    effect.bodies.push(body.message);
    return effect;
  });
}
