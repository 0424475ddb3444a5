/**
 * An account in which anything may happen, for property tests of the store.
 *
 * Decision: events are data made by fast-check, their numbers choose among what is there when they happen, so any
 * sequence makes sense and shrinks well. UIDs and mailboxes are few, so that places collide often.
 */
import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import type { MailboxRecord, MessageRecord, Writes } from '../../../server/store/records.ts';
import type { Sqlite } from '../../../server/store/sqlite.ts';
import type { Store } from '../../../server/store/store.ts';
import { ACCOUNT, Replica, rowsOf } from './replica.ts';

/** A mailbox as the store takes it. */
export const box = (id: number, change: Partial<MailboxRecord> = {}): MailboxRecord => ({
  id,
  path: `box ${id}`,
  delimiter: '/',
  role: null,
  selectable: true,
  total: 0,
  unread: 0,
  uidvalidity: '1',
  uidnext: 1,
  modseq: null,
  lowest: 1,
  mirrored: true,
  ...change,
});
/** A message as the store takes it; some of them of the same second. */
export const mail = (id: number, mailbox: number, uid: number, flags: string[] = []): MessageRecord => ({
  id,
  mailbox,
  uid,
  flags,
  date: 1e12 + (id % 7) * 1000,
  size: id,
  messageId: null,
  envelope: { from: [], to: [], cc: [], subject: `${id}`, preview: '', attachments: 0 },
});

/** One thing that may happen in a commit. Numbers choose among what is there. */
const change = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constant('put' as const), fc.nat(), fc.integer({ min: 1, max: 12 })) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('flags' as const), fc.nat(), fc.nat(3)) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constant('place' as const), fc.nat(), fc.integer({ min: 1, max: 12 })),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constant('drop' as const), fc.nat(), fc.nat()) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('box' as const), fc.nat(), fc.nat(3)) },
  { weight: 5, arbitrary: fc.tuple(fc.constant('settle' as const), fc.nat(), fc.nat()) },
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
/** What may happen to an account, and its devices, at any time. */
export const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      is: fc.constant('commit' as const),
      what: fc.array(change, { minLength: 1, maxLength: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('dropBox' as const), which: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ is: fc.constant('accept' as const) }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('forget' as const) }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('begin' as const), device: fc.nat(2) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      is: fc.constant('page' as const),
      device: fc.nat(2),
      limit: fc.integer({ min: 1, max: 6 }),
    }),
  },
);
export type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

const pick = <T>(list: T[], at: number): T | undefined => list[at % Math.max(1, list.length)];

/** An account in which anything happens, one device that is always there, and three that come and go. */
export class World {
  readonly live = new Replica();
  readonly others = [new Replica(), new Replica(), new Replica()];
  readonly settledAt = new Map<string, number>();
  readonly ids = new Set<number>();
  readonly #db: Sqlite;
  readonly #store: Store;
  #open: string[] = [];
  #calls = 0;

  constructor(db: Sqlite, store: Store) {
    this.#db = db;
    this.#store = store;
  }

  async begin(): Promise<void> {
    this.live.begin(this.#db);
    this.live.fill = null;
    await this.#land({ mailboxes: [box(await this.#newId(), { role: 'inbox' }), box(await this.#newId())] });
  }

  async happen(event: Event): Promise<void> {
    if (event.is === 'commit') return this.#commit(event.what);
    if (event.is === 'dropBox') return this.#dropBox(event.which);
    if (event.is === 'accept') return this.#accept();
    if (event.is === 'begin') return this.others[event.device]!.begin(this.#db);
    if (event.is === 'page') return void this.others[event.device]!.page(this.#db, event.limit);
    await this.#store.forgetOld(ACCOUNT, 100);
  }

  async #newId(): Promise<number> {
    const [id] = await this.#store.newIds(ACCOUNT, 1);
    assert.ok(id !== undefined && !this.ids.has(id), 'an id was given twice');
    this.ids.add(id);
    return id;
  }

  async #land(writes: Writes): Promise<void> {
    const facts = await this.#store.commit(ACCOUNT, writes);
    if (!facts) return;
    assert.equal(facts.to, facts.from + 1);
    this.live.apply(facts);
    for (const { id } of facts.settled) this.settledAt.set(id, facts.to);
  }

  async #commit(changes: Change[]): Promise<void> {
    const writes = { mailboxes: [], messages: [], flags: [], places: [], drop: [], ledger: [] } as Required<
      Omit<Writes, 'durable' | 'dropMailboxes'>
    >;
    const { mailboxes, messages } = rowsOf(this.#db);
    for (const [what, at, value] of changes) {
      const mailbox = pick(mailboxes, at);
      const message = pick(messages, at);
      if (what === 'put' && mailbox) writes.messages.push(mail(await this.#newId(), mailbox.id, value));
      if (what === 'box') await this.#box(writes, pick(mailboxes, value)?.id, at, value);
      if (what === 'settle') this.#settle(writes, at);
      if (!message) continue;
      if (what === 'flags')
        writes.flags.push({
          id: message.id,
          flags: ['\\Flagged', '\\Seen'].filter((_, i) => value & (1 << i)),
        });
      if (what === 'drop') writes.drop.push(message.id);
      const target = pick(mailboxes, value);
      if (what === 'place' && target) writes.places.push({ id: message.id, mailbox: target.id, uid: value });
    }
    await this.#land(writes);
  }

  /** A new mailbox, or one there is with another delimiter. */
  async #box(writes: { mailboxes: MailboxRecord[] }, known: number | undefined, at: number, value: number) {
    if (value === 0 || known === undefined)
      writes.mailboxes.push(box(await this.#newId(), { mirrored: at % 2 === 0, total: at % 9 }));
    else {
      const now = (await this.#store.mailboxes(ACCOUNT)).find((each) => each.id === known);
      if (now)
        writes.mailboxes.push({ ...now, delimiter: value === 1 ? '.' : '/', uidnext: at + 1, total: 99 });
    }
  }

  /** A step of a call: on its way, settled, or settled long ago and its copy made now. */
  #settle(writes: { ledger: NonNullable<Writes['ledger']> }, at: number): void {
    const done = pick([...this.settledAt.keys()], at);
    const id = at % 4 === 0 ? done : pick(this.#open, at);
    if (id === undefined || writes.ledger.some((each) => each.id === id)) return;
    const ends = id === done || at % 3 > 0;
    if (ends) this.#open = this.#open.filter((each) => each !== id);
    const state = ends ? 'settled' : 'running';
    writes.ledger.push({
      id,
      state,
      attempts: 1,
      note: '',
      outcomes: [{ as: 'done' }],
      copyPending: at % 2 === 0,
    });
  }

  async #dropBox(which: number): Promise<void> {
    const { mailboxes, messages } = rowsOf(this.#db);
    const victim = pick(mailboxes.slice(1), which);
    if (!victim) return;
    await this.#land({ drop: messages.filter((m) => m.mailbox === victim.id).map((m) => m.id) });
    await this.#land({ dropMailboxes: [victim.id] });
  }

  async #accept(): Promise<void> {
    const id = `call ${(this.#calls += 1)}`;
    await this.#store.accept({ id, account: ACCOUNT, steps: [{ verb: 'archive', messages: [1] }] }, 0);
    this.#open.push(id);
  }
}
