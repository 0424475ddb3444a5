/**
 * Who is signed in on this device, and what may be kept here because of it.
 *
 * Decision: a device holds mail only of the accounts its session names: signing in as somebody else erases the rest
 * in the same transaction. A session that merely ended erases nothing, the outbox waits for the person. Signing out
 * erases everything by clearing the stores in one transaction, which no other tab can hold up, as it could the
 * deletion of the whole database; if the bridge could not be told, that is owed and done first at the next start.
 */
import type { SessionInfo } from '../../shared/protocol.ts';
import { rowsOf, STORES, write, type Database, type Writing } from './db.ts';
import { askSession, deleteSession, postSession, type Place } from './door.ts';
import type { Link } from './link.ts';
import type { Memory } from './memory.ts';
import type { SignIn } from './model.ts';

export interface SessionNeeds {
  place: Place;
  db: () => Database;
  memory: Memory;
  link: Link;
  /** Tells other tabs to read everything again. */
  tellTabs: () => void;
  changed: () => void;
  failed: (error: Error) => void;
}

export class Session {
  readonly #needs: SessionNeeds;
  #asking: Promise<void> | null = null;

  constructor(needs: SessionNeeds) {
    this.#needs = needs;
  }

  /** Asks the bridge who is signed in, and connects or does not. Never rejects; one question at a time. */
  ask(): Promise<void> {
    this.#asking ??= this.#ask()
      .catch((error: unknown) =>
        this.#needs.failed(error instanceof Error ? error : new Error(String(error))),
      )
      .finally(() => {
        this.#asking = null;
      });
    return this.#asking;
  }

  async #ask(): Promise<void> {
    const { place, db, link } = this.#needs;
    if ((await db().get('kept', 'sign-out-owed')) === true) {
      if (!(await deleteSession(place))) return link.stop({ is: 'signed-out' });
      await db().put('kept', false, 'sign-out-owed');
    }
    let session: SessionInfo;
    try {
      session = await askSession(place);
    } catch {
      return this.#noAnswer();
    }
    await this.#adopt(session);
  }

  /** No network, or a bridge that is not up: with mail on the device it is worth trying the socket, again and again. */
  #noAnswer(): void {
    const { link, memory } = this.#needs;
    if (link.running) return;
    if (memory.session?.signedIn === false) link.stop({ is: 'signed-out' });
    else if (memory.accounts.size > 0) link.start();
    else link.stop({ is: 'offline', since: link.now(), retryAt: null });
  }

  /** @throws SignInError */
  async signIn(who: SignIn): Promise<SessionInfo> {
    const session = await postSession(this.#needs.place, who);
    await this.#needs.db().put('kept', false, 'sign-out-owed');
    await this.#adopt(session);
    return session;
  }

  async #adopt(session: SessionInfo): Promise<void> {
    const { db, memory, link, tellTabs } = this.#needs;
    const held = memory.accounts;
    const same =
      !session.signedIn ||
      (session.accounts.length === held.size &&
        session.accounts.every(({ id, address }) => held.get(id)?.address === address));
    const flipped = memory.session?.signedIn !== session.signedIn;
    await keepSession(db(), session);
    memory.session = session;
    this.#needs.changed();
    if (!same) await memory.load(db());
    if (!same || flipped) tellTabs();
    if (!session.signedIn) link.stop({ is: 'signed-out' });
    else if (!same && link.running) link.restart();
    else link.start();
  }

  /** The socket was told that the session is over. */
  async over(): Promise<void> {
    const { db, memory } = this.#needs;
    if (memory.session?.signedIn !== true) return;
    memory.session = { ...memory.session, signedIn: false };
    this.#needs.changed();
    await keepSession(db(), memory.session);
  }

  /** Another tab signed in or out, and memory has just been read again. */
  follow(): void {
    const { memory, link } = this.#needs;
    if (memory.session?.signedIn === true) link.start();
    else if (memory.session !== null) link.stop({ is: 'signed-out' });
  }

  /** Ends the session and erases this device. `server` false: the bridge could not be told, and will be later. */
  async signOut(): Promise<{ server: boolean }> {
    const { place, db, memory, link, tellTabs } = this.#needs;
    link.stop({ is: 'signed-out' });
    const server = await deleteSession(place);
    const { demo = false, server: host = null } = memory.session ?? {};
    await eraseAll(db(), { signedIn: false, accounts: [], demo, server: host }, !server);
    await memory.load(db());
    tellTabs();
    return { server };
  }
}

/** Keeps what the bridge says of the session. Signed in: accounts not named are erased, with all that was theirs. */
function keepSession(db: Database, session: SessionInfo): Promise<void> {
  return write(db, 'strict', async (tx) => {
    if (session.signedIn) {
      const named = new Set(session.accounts.map((account) => account.id));
      const held = await tx.objectStore('accounts').getAllKeys();
      for (const id of held.filter((one) => !named.has(one))) await eraseAccount(tx, id);
      for (const { id, address } of session.accounts) await tx.objectStore('accounts').put({ id, address });
    }
    await tx.objectStore('kept').put(session, 'session');
  });
}

async function eraseAccount(tx: Writing, account: string): Promise<void> {
  await tx.objectStore('cursors').delete(account);
  await tx.objectStore('accounts').delete(account);
  for (const store of ['mailboxes', 'messages', 'bodies', 'gone'] as const) {
    await tx.objectStore(store).delete(rowsOf(account));
  }
  for (const call of await tx.objectStore('calls').getAll()) {
    if (call.call.account === account) await tx.objectStore('calls').delete(call.seq);
  }
  for (const draft of await tx.objectStore('drafts').getAll()) {
    if (draft.account === account) await tx.objectStore('drafts').delete(draft.id);
  }
}

/** Erases everything; what stays is that nobody is signed in, and whether the bridge must still be told. */
function eraseAll(db: Database, session: SessionInfo, owed: boolean): Promise<void> {
  return write(db, 'strict', async (tx) => {
    for (const store of STORES) await tx.objectStore(store).clear();
    await tx.objectStore('kept').put(session, 'session');
    await tx.objectStore('kept').put(owed, 'sign-out-owed');
  });
}
