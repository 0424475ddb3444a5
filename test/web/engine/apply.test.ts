/** The cursor rule, frame by frame, on a database without an engine around it. */
import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import type { Changes, Fill } from '../../../shared/protocol.ts';
import { applyChanges, applyFill, applyReset } from '../../../web/engine/apply.ts';
import { openDatabase, type Database } from '../../../web/engine/db.ts';
import { addCall, markWire } from '../../../web/engine/outbox.ts';
import { outgoing } from '../../../web/engine/drafts.ts';
import { body, draft, mailbox, message } from './rows.ts';

const A = 'a1';

async function fresh(t: test.TestContext): Promise<Database> {
  const db = await openDatabase(`apply-${randomUUID()}`, { lost: () => {}, blocked: () => {} });
  t.after(() => db.close());
  await db.put('accounts', { id: A, address: 'reader@library.example' });
  return db;
}

function changes(from: number, to: number, part: Partial<Changes> = {}): Changes {
  const gone = { mailboxes: [], messages: [] };
  const empty = { more: false, fill: null, mailboxes: [], messages: [], gone, settled: [] };
  return { t: 'changes', account: A, epoch: 'e1', from, to, ...empty, ...part };
}

function fill(ids: number[], next: string | null, part: Partial<Fill> = {}): Fill {
  const messages = ids.map((id) => message(id));
  return { t: 'fill', account: A, epoch: 'e1', messages, next, left: 1, ...part };
}

/** A device that holds messages 8 and 9 at rev 10 and still fills. */
async function filling(t: test.TestContext): Promise<Database> {
  const db = await fresh(t);
  const snapshot = { fill: '8', mailboxes: [mailbox(1, 'inbox')], messages: [message(9), message(8)] };
  assert.equal((await applyChanges(db, changes(0, 10, snapshot))).verdict, 'applied');
  return db;
}

async function ids(db: Database): Promise<number[]> {
  return (await db.getAllKeys('messages')).map(([, id]) => id);
}

test('a snapshot sets the cursor, and a page moves its place on', async (t) => {
  const db = await filling(t);
  assert.deepEqual(await db.get('cursors', A), { account: A, epoch: 'e1', rev: 10, fill: '8', left: 0 });
  await applyFill(db, fill([7, 6], '6', { left: 5 }));
  assert.deepEqual(await db.get('cursors', A), { account: A, epoch: 'e1', rev: 10, fill: '6', left: 5 });
  await applyFill(db, fill([5], null, { left: 0 }));
  assert.equal((await db.get('cursors', A))?.fill, null);
  assert.deepEqual(await ids(db), [5, 6, 7, 8, 9]);
});

test('a frame that comes twice changes nothing the second time', async (t) => {
  const db = await filling(t);
  const frame = changes(10, 11, { messages: [message(10, { rev: 11 })] });
  assert.equal((await applyChanges(db, frame)).verdict, 'applied');
  const again = await applyChanges(db, frame);
  assert.equal(again.verdict, 'seen');
  assert.deepEqual(again.effect.messages, []);
});

test('a frame that overlaps what is here is applied, without going back on any row', async (t) => {
  const db = await filling(t);
  await applyChanges(db, changes(10, 12, { messages: [message(9, { rev: 12, subject: 'newer' })] }));
  const overlap = changes(10, 13, {
    messages: [message(9, { rev: 11 }), message(8, { rev: 13, flags: ['x'] })],
  });
  assert.equal((await applyChanges(db, overlap)).verdict, 'applied');
  assert.equal((await db.get('messages', [A, 9]))?.subject, 'newer');
  assert.deepEqual((await db.get('messages', [A, 8]))?.flags, ['x']);
  assert.equal((await db.get('cursors', A))?.rev, 13);
});

test('a gap, another epoch, or facts without a beginning change nothing at all', async (t) => {
  const db = await filling(t);
  const rows = { messages: [message(20, { rev: 12 })] };
  assert.equal((await applyChanges(db, changes(11, 12, rows))).verdict, 'gap');
  assert.equal((await applyChanges(db, changes(10, 12, { ...rows, epoch: 'e2' }))).verdict, 'gap');
  assert.equal((await applyFill(db, fill([3], null, { epoch: 'e2' }))).verdict, 'gap');
  assert.deepEqual(await ids(db), [8, 9]);
  assert.equal((await db.get('cursors', A))?.rev, 10);
  const empty = await fresh(t);
  assert.equal((await applyChanges(empty, changes(10, 12, rows))).verdict, 'gap');
});

test('an account this device does not know gets nothing', async (t) => {
  const db = await fresh(t);
  await db.delete('accounts', A);
  const frame = changes(0, 3, { fill: '1', messages: [message(1)] });
  assert.equal((await applyChanges(db, frame)).verdict, 'stranger');
  assert.equal((await applyFill(db, fill([1], null))).verdict, 'stranger');
  assert.deepEqual(await ids(db), []);
});

test('what has gone takes its body along, and no later page brings it back', async (t) => {
  const db = await filling(t);
  await db.put('bodies', body(9), [A, 9]);
  const gone = { mailboxes: [], messages: [9, 5] };
  await applyChanges(db, changes(10, 11, { gone }));
  assert.equal(await db.get('bodies', [A, 9]), undefined);
  await applyFill(db, fill([9, 6, 5], '5'));
  assert.deepEqual(await ids(db), [6, 8]);
  await applyFill(db, fill([4], null));
  assert.deepEqual(await db.getAllKeys('gone'), [], 'the memory of it ends with the first sync');
});

test('a page that comes when every row is here is not taken', async (t) => {
  const db = await filling(t);
  await applyFill(db, fill([7], null));
  await applyChanges(db, changes(10, 11, { gone: { mailboxes: [], messages: [7] } }));
  assert.equal((await applyFill(db, fill([7], null))).verdict, 'seen');
  assert.deepEqual(await ids(db), [8, 9]);
});

test("a second tab's snapshot that is no newer only adds rows, and none once all are here", async (t) => {
  const db = await filling(t);
  const late = changes(0, 9, { fill: '6', messages: [message(8), message(7)] });
  assert.equal((await applyChanges(db, late)).verdict, 'seen');
  assert.deepEqual(await ids(db), [7, 8, 9]);
  assert.deepEqual(await db.get('cursors', A), { account: A, epoch: 'e1', rev: 10, fill: '8', left: 0 });
  await applyFill(db, fill([], null));
  await applyChanges(db, changes(10, 11, { gone: { mailboxes: [], messages: [8] } }));
  assert.equal((await applyChanges(db, late)).verdict, 'seen');
  assert.deepEqual(await ids(db), [7, 9]);
});

test("a second tab's snapshot that is newer is a gap: what went in between is not in it", async (t) => {
  const db = await filling(t);
  const newer = changes(0, 12, { fill: '7', messages: [message(11, { rev: 12 })] });
  assert.equal((await applyChanges(db, newer)).verdict, 'gap');
  assert.deepEqual(await ids(db), [8, 9]);
  assert.equal((await db.get('cursors', A))?.rev, 10);
});

test('a reset drops rows and cursor and keeps bodies, drafts and the outbox', async (t) => {
  const db = await filling(t);
  await db.put('bodies', body(9), [A, 9]);
  await db.put('drafts', draft('d1'));
  const call = { id: randomUUID(), account: A, steps: [{ verb: 'archive' as const, messages: [9] }] };
  await addCall(db, { call, at: 1, undo: null, draft: null });
  const { verdict, effect } = await applyReset(db, A, 'e2', { epoch: 'e1', rev: 10 });
  assert.equal(verdict, 'applied');
  assert.ok(effect.cleared);
  assert.deepEqual(await ids(db), []);
  assert.deepEqual(await db.getAllKeys('mailboxes'), []);
  assert.equal(await db.get('cursors', A), undefined);
  assert.equal(await db.count('bodies'), 1);
  assert.equal(await db.count('drafts'), 1);
  assert.equal(await db.count('calls'), 1);
});

test('a reset is not carried out twice for two tabs, but is when it comes to an up-to-date one', async (t) => {
  const db = await filling(t);
  await applyReset(db, A, 'e2', { epoch: 'e1', rev: 10 });
  await applyChanges(db, changes(0, 5, { epoch: 'e2', fill: '1', messages: [message(1)] }));
  assert.equal((await applyReset(db, A, 'e2', { epoch: 'e1', rev: 10 })).verdict, 'seen');
  assert.deepEqual(await ids(db), [1]);
  assert.equal(
    (await applyReset(db, A, 'e2', { epoch: 'e2', rev: 5 })).verdict,
    'applied',
    'too old a cursor',
  );
  assert.deepEqual(await ids(db), []);
});

test('the first facts after an interrupted reset leave no row of before', async (t) => {
  const db = await filling(t);
  await db.delete('cursors', A);
  await applyChanges(db, changes(0, 3, { epoch: 'e2', fill: '2', messages: [message(2)] }));
  assert.deepEqual(await ids(db), [2]);
});

test('bodies whose mail did not come back after a reset are swept with the last page', async (t) => {
  const db = await filling(t);
  for (const id of [8, 9]) await db.put('bodies', body(id), [A, id]);
  await applyReset(db, A, 'e2', { epoch: 'e1', rev: 10 });
  await applyChanges(db, changes(0, 3, { epoch: 'e2', fill: '9', messages: [message(9)] }));
  assert.equal(await db.count('bodies'), 2);
  const { effect } = await applyFill(db, fill([], null, { epoch: 'e2' }));
  assert.deepEqual(effect.bodiesGone, [8]);
  assert.deepEqual(await db.getAllKeys('bodies'), [[A, 9]]);
});

test('after a reset only sends told to another epoch are in doubt', async (t) => {
  const db = await filling(t);
  const mail = outgoing(draft('d1'), 'reader@library.example', '<1@library.example>', 1);
  const send = { verb: 'send' as const, mail, hold: 0 };
  const flag = { verb: 'flag' as const, messages: [9], add: [], remove: [] };
  const names = { told: randomUUID(), here: randomUUID(), flag: randomUUID() };
  for (const [name, id] of Object.entries(names)) {
    const steps = [name === 'flag' ? flag : send];
    await addCall(db, { call: { id, account: A, steps }, at: 1, undo: null, draft: null });
  }
  await markWire(db, [names.told, names.flag], new Map([[A, 'e1']]));
  await applyReset(db, A, 'e2', { epoch: 'e1', rev: 10 });
  const states = new Map((await db.getAll('calls')).map((call) => [call.call.id, call.state]));
  assert.equal(states.get(names.told), 'unsure');
  assert.equal(states.get(names.here), 'here');
  assert.equal(states.get(names.flag), 'sent');
});

test('a receipt ends its call in the transaction of the rows, whatever way it ends', async (t) => {
  const db = await filling(t);
  const id = randomUUID();
  const call = { id, account: A, steps: [{ verb: 'archive' as const, messages: [9] }] };
  await addCall(db, { call, at: 1, undo: null, draft: null });
  const refused = { as: 'refused', code: 'gone', text: 'no such message' } as const;
  const first = await applyChanges(db, changes(10, 11, { settled: [{ id, outcomes: [refused] }] }));
  assert.equal(first.effect.calls[0]?.state, 'refused');
  assert.equal(first.effect.calls[0]?.text, 'no such message');
  const row = message(9, { rev: 12, mailbox: 2 });
  const done = { messages: [row], settled: [{ id, outcomes: [{ as: 'done' as const }] }] };
  const second = await applyChanges(db, changes(11, 12, done));
  assert.deepEqual(second.effect.callsGone, [id]);
  assert.deepEqual(second.effect.messages, [row]);
  assert.equal(await db.count('calls'), 0);
});
