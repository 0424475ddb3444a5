/**
 * The bridge's heart without its edge: accounts on a real mail server, and a device that is only a list of frames.
 *
 * Decision: the device applies facts by the protocol's own rule and refuses a gap, so every test that uses it also
 * tests that intervals close. Waiting is for a condition on what it has been told, never for a time.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { Accounts, type AccountsOptions } from '../../server/accounts.ts';
import type { Provider } from '../../server/providers.ts';
import type { AccountDoor, Viewer } from '../../server/doors.ts';
import type { Log } from '../../server/log.ts';
import { makeSeal } from '../../server/seal.ts';
import { People } from '../../server/store/people.ts';
import { Sqlite } from '../../server/store/sqlite.ts';
import { Store } from '../../server/store/store.ts';
import type { Outcome, Outgoing, Step } from '../../shared/commands.ts';
import type { Body, Mailbox, Message } from '../../shared/mail.ts';
import type { AccountStatus, Cursor, Down } from '../../shared/protocol.ts';
import { after, type Ending } from './after.ts';

/** A device in memory: what it was told, and a fence on it. */
export class Device implements Viewer {
  readonly device = 'test';
  closed = false;
  readonly mailboxes = new Map<number, Mailbox>();
  readonly messages = new Map<number, Message>();
  readonly settled = new Map<string, Outcome[]>();
  readonly progress = new Map<string, { state: string; text: string }>();
  readonly bodies = new Map<number, Body | string>();
  readonly frames: Down[] = [];
  status: AccountStatus | null = null;
  cursor: Cursor | null = null;
  #wake: (() => void)[] = [];

  buffered(): number {
    return 0;
  }

  async drained(): Promise<void> {}

  send(frame: Down): void {
    this.frames.push(frame);
    this.#apply(frame);
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** Resolves when `condition` holds; looks again at each frame. */
  async until<T>(condition: () => T | undefined | null | false): Promise<T> {
    for (;;) {
      const value = condition();
      if (value) return value;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** Resolves when the whole account has been mirrored and this device holds it. */
  async whole(count: number): Promise<void> {
    await this.until(() => this.messages.size === count && this.status?.mirrored === count);
  }

  box(name: string): Mailbox | undefined {
    return [...this.mailboxes.values()].find((box) => box.name === name);
  }

  /** The messages of a mailbox, newest first. */
  list(name: string): Message[] {
    const id = this.box(name)?.id;
    return [...this.messages.values()].filter((m) => m.mailbox === id).toSorted((a, b) => b.date - a.date);
  }

  #apply(frame: Down): void {
    if (frame.t === 'changes') this.#facts(frame);
    if (frame.t === 'fill') {
      for (const row of frame.messages) this.#put(row);
      if (this.cursor) this.cursor = { ...this.cursor, fill: frame.next };
    }
    if (frame.t === 'reset') {
      this.mailboxes.clear();
      this.messages.clear();
      this.cursor = null;
    }
    if (frame.t === 'status') this.status = frame.status;
    if (frame.t === 'progress') this.progress.set(frame.id, frame);
    if (frame.t === 'receipt') for (const s of frame.settled) this.settled.set(s.id, s.outcomes);
    if (frame.t === 'body') this.bodies.set(frame.message, frame.body ?? frame.error ?? 'nothing');
  }

  #facts(frame: Extract<Down, { t: 'changes' }>): void {
    if (this.cursor) assert.equal(frame.from, this.cursor.rev, 'a gap between two frames');
    else assert.ok(frame.fill !== null, 'the first frame is a snapshot');
    for (const box of frame.mailboxes) this.mailboxes.set(box.id, box);
    for (const row of frame.messages) this.#put(row);
    for (const id of frame.gone.messages) this.messages.delete(id);
    for (const id of frame.gone.mailboxes) this.mailboxes.delete(id);
    for (const { id, outcomes } of frame.settled) {
      assert.ok(!this.settled.has(id), 'a call settles once');
      this.settled.set(id, outcomes);
    }
    const fill = frame.fill ?? this.cursor?.fill ?? null;
    this.cursor = { account: frame.account, epoch: frame.epoch, rev: frame.to, fill };
  }

  #put(row: Message): void {
    const known = this.messages.get(row.id);
    if (!known || known.rev <= row.rev) this.messages.set(row.id, row);
  }
}

export interface Ports {
  imap: number;
  smtp: number;
}

const noLog: Log = {
  fatal: () => {},
  error: (fields, text) => process.stderr.write(`${text} ${JSON.stringify(fields)}\n`),
  warn: () => {},
  info: () => {},
  debug: () => {},
  trace: () => {},
};

/** The heart of a bridge on one database file; `again` is a new life on the same file. */
export class Heart {
  readonly #db: Sqlite;
  readonly #accounts: Accounts;

  private constructor(file: string, ports: Ports) {
    this.#db = new Sqlite(file);
    const server = (port: number) => ({ host: '127.0.0.1', port, tls: 'none' as const });
    this.#accounts = new Accounts({
      people: new People(this.#db, Date.now),
      store: new Store(this.#db, Date.now),
      seal: makeSeal(new Uint8Array(32).fill(7)),
      providers: oneProvider({ name: 'test', imap: server(ports.imap), smtp: server(ports.smtp) }),
      demo: null,
      now: Date.now,
      log: noLog,
    });
  }

  static async open(t: Ending, ports: Ports, file?: string): Promise<{ heart: Heart; file: string }> {
    const dir = file ? null : mkdtempSync(join(tmpdir(), 'pimento-heart-'));
    const path = file ?? join(dir ?? '', 'db.sqlite');
    if (dir) after(t, () => rmSync(dir, { recursive: true, force: true }));
    const heart = new Heart(path, ports);
    after(t, () => heart.close());
    await heart.#accounts.start();
    return { heart, file: path };
  }

  #closed = false;

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#accounts.close();
    this.#db.close();
  }

  /** Signs in and seats a device; `device` continues from its own cursor. */
  async enter(
    email: string,
    password: string,
    device = new Device(),
  ): Promise<{ account: AccountDoor; device: Device }> {
    const { person } = await this.#accounts.signIn({ email, password }, 'here');
    const [account] = await this.#accounts.of(person);
    assert.ok(account);
    device.status = account.info().status;
    await account.attach(device, device.cursor);
    return { account, device };
  }
}

/** As if the operator had configured this server and no other. */
function oneProvider(provider: Provider): AccountsOptions['providers'] {
  return {
    forAddress: async () => provider,
    byName: (name) => (name === provider.name ? provider : null),
    attempt: (_provider, _asker, work) => work(),
  };
}

/** Sends one call and resolves with its outcomes. */
export async function call(account: AccountDoor, device: Device, ...steps: Step[]): Promise<Outcome[]> {
  const id = crypto.randomUUID();
  await account.call(device, { id, account: account.id, steps });
  return device.until(() => device.settled.get(id));
}

/** A mail as the app would compose it. */
export function outgoing(from: string, change: Partial<Outgoing> = {}): Outgoing {
  return {
    messageId: `<${crypto.randomUUID()}@example.org>`,
    date: Date.now(),
    from: { name: '', address: from },
    to: [{ name: 'Library', address: 'desk@library.example' }],
    cc: [],
    bcc: [],
    subject: 'A question',
    text: 'Is the reading room open on Sunday?\n',
    inReplyTo: null,
    references: [],
    answers: null,
    ...change,
  };
}
