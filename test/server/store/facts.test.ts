import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fillPage } from '../../../server/store/facts.ts';
import { MIGRATIONS } from '../../../server/store/schema.ts';
import { Sqlite } from '../../../server/store/sqlite.ts';
import { Store } from '../../../server/store/store.ts';
import { ACCOUNT, EPOCH, openAccount, Replica, rowsOf } from './replica.ts';
import { box, event, mail, World, type Event } from './world.ts';

function open(t: { after: (task: () => void) => void }, file = ':memory:') {
  const db = new Sqlite(file);
  t.after(() => db.close());
  openAccount(db);
  const clock = { now: 1 };
  return { db, clock, store: new Store(db, () => clock.now) };
}

function assertTold(world: World, device: Replica): void {
  for (const [id, rev] of world.settledAt) {
    const told = device.settled.get(id) ?? 0;
    assert.ok(told <= 1, 'a receipt was told twice');
    if (rev > device.began) assert.equal(told, 1, 'a receipt was not told');
  }
}

function assertCounted(db: Sqlite): void {
  const { mailboxes, messages } = rowsOf(db);
  const mirrored = new Set(
    db.all('SELECT id FROM mailbox WHERE mirrored = 1').map((row) => Number(row['id'])),
  );
  for (const each of mailboxes.filter((m) => mirrored.has(m.id))) {
    const rows = messages.filter((m) => m.mailbox === each.id);
    assert.equal(each.total, rows.length);
    assert.equal(each.unread, rows.filter((m) => !m.flags.includes('\\Seen')).length);
  }
}

test('whatever happens and however a device catches up, it ends with the rows that are', async () => {
  const run = async (events: Event[]) => {
    const db = new Sqlite(':memory:');
    try {
      openAccount(db);
      const world = new World(db, new Store(db, () => 1));
      await world.begin();
      for (const event of events) {
        await world.happen(event);
        assert.deepEqual(world.live.rows(), rowsOf(db), 'live');
        assertCounted(db);
      }
      for (const device of [...world.others, world.live]) {
        while (device.page(db, 3));
        assert.deepEqual(device.rows(), rowsOf(db));
        assertTold(world, device);
      }
    } finally {
      db.close();
    }
  };
  await fc.assert(fc.asyncProperty(fc.array(event, { maxLength: 60, size: 'max' }), run), {
    verbose: 1,
    numRuns: 100,
  });
});

test('a first sync gives the inbox first and newest first, and says how much is left', async (t) => {
  const { db, store } = open(t);
  const messages = Array.from({ length: 130 }, (_, i) => mail(i + 1, i % 2 === 0 ? 900 : 901, i + 1));
  await store.commit(ACCOUNT, { mailboxes: [box(900, { role: 'inbox' }), box(901)], messages });
  const { facts, fill } = await store.snapshot(ACCOUNT);
  assert.equal(facts.messages.length, 50);
  const pages = [];
  for (let next: string | null = fill; next !== null;) {
    const page = await store.fill(ACCOUNT, next, 40);
    pages.push(page);
    next = page.next;
  }
  const rows = [...facts.messages, ...pages.flatMap((page) => page.messages)];
  assert.equal(new Set(rows.map((m) => m.id)).size, 130);
  for (const mailbox of [900, 901]) {
    const of = rows.filter((m) => m.mailbox === mailbox);
    assert.deepEqual(
      of,
      of.toSorted((a, b) => b.date - a.date || b.id - a.id),
    );
  }
  assert.ok(rows.slice(0, 65).every((m) => m.mailbox === 900));
  assert.deepEqual(
    pages.map((page) => [page.messages.length, page.left]),
    [
      [15, 65],
      [40, 25],
      [25, 0],
    ],
  );
  assert.throws(() => fillPage(db, ACCOUNT, 'i:1:1; DROP TABLE message', 10), /not a place/);
});

test('what was removed is forgotten after its time, and older cursors have to start anew', async (t) => {
  const { store, clock } = open(t);
  await store.commit(ACCOUNT, { mailboxes: [box(900)], messages: [mail(1, 900, 1), mail(2, 900, 2)] });
  await store.commit(ACCOUNT, { drop: [1] });
  clock.now = 100;
  await store.commit(ACCOUNT, { drop: [2] });
  const good = (rev: number, epoch = EPOCH) => store.cursorGood(ACCOUNT, epoch, rev);
  assert.ok(await good(0));
  await store.forgetOld(ACCOUNT, 50);
  assert.deepEqual([await good(0), await good(1), await good(2), await good(3)], [false, false, true, true]);
  assert.deepEqual([await good(4), await good(3, 'another epoch')], [false, false]);
  const page = await store.delta(ACCOUNT, 2, 10);
  assert.deepEqual(page?.facts.gone.messages, [2]);
  await store.forgetOld(ACCOUNT, 50);
  assert.ok(await good(2), 'forgetting again changes nothing');
});

test('ids are never given twice, also after a restart', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'pimento-facts-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const first = open(t, join(dir, 'db'));
  const before = await first.store.newIds(ACCOUNT, 3);
  const again = new Sqlite(join(dir, 'db'));
  t.after(() => again.close());
  const after = await new Store(again, () => 1).newIds(ACCOUNT, 3);
  assert.equal(new Set([...before, ...after]).size, 6);
  assert.ok(after[0]! > before[2]!);
});

test('a commit that fails half-way leaves nothing behind', async (t) => {
  const { db, store } = open(t);
  await store.commit(ACCOUNT, { mailboxes: [box(900)], messages: [mail(1, 900, 1)] });
  const before = rowsOf(db);
  const broken = mail(3, 900, Number.NaN);
  await assert.rejects(store.commit(ACCOUNT, { drop: [1], messages: [mail(2, 900, 2), broken] }));
  assert.deepEqual(rowsOf(db), before);
  assert.equal(await store.delta(ACCOUNT, 1, 10), null);
});

test('only a commit that says so waits for the disk, and accepting a call always does', async (t) => {
  const { db, store } = open(t);
  const level = () => db.one('PRAGMA synchronous')?.['synchronous'];
  await store.commit(ACCOUNT, { mailboxes: [box(900)] });
  assert.equal(level(), 1, 'NORMAL');
  await store.commit(ACCOUNT, { durable: true, messages: [mail(1, 900, 1)] });
  assert.equal(level(), 2, 'FULL');
  await store.commit(ACCOUNT, { drop: [1] });
  await store.accept({ id: 'a', account: ACCOUNT, steps: [{ verb: 'archive', messages: [1] }] }, 0);
  assert.equal(level(), 2, 'FULL');
  db.transaction(false, () => assert.equal(level(), 1));
  db.transaction(true, () => assert.equal(level(), 2));
});

test('a database of a newer build is left alone', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'pimento-facts-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const db = new Sqlite(join(dir, 'db'));
  db.run(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  db.close();
  assert.throws(() => new Sqlite(join(dir, 'db')), /newer build/);
});
