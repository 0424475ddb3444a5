/** The outbox on the database alone: what is durable, and what may still be taken back. */
import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import type { Call, Step } from '../../../shared/commands.ts';
import { openDatabase, write, type Database, type StoredCall } from '../../../web/engine/db.ts';
import { outgoing } from '../../../web/engine/drafts.ts';
import { Engine } from '../../../web/engine/engine.ts';
import { addCall, markWire, noteProgress, repeatSend, takeBack } from '../../../web/engine/outbox.ts';
import { draft } from './rows.ts';

const EPOCH = new Map([['a1', 'e1']]);
const FLAG: Step = { verb: 'flag', messages: [1], add: [], remove: [] };
const SEND: Step = {
  verb: 'send',
  mail: outgoing(draft('d1'), 'reader@library.example', '<1@library.example>', 1),
  hold: 0,
};

async function fresh(t: test.TestContext, name = `outbox-${randomUUID()}`): Promise<Database> {
  const db = await openDatabase(name, { lost: () => {}, blocked: () => {} });
  t.after(() => db.close());
  return db;
}

async function add(db: Database, step: Step, at = 1): Promise<string> {
  const call: Call = { id: randomUUID(), account: 'a1', steps: [step] };
  await addCall(db, { call, at, undo: null, draft: step.verb === 'send' ? draft('d1') : null });
  return call.id;
}

function stored(db: Database, id: string): Promise<StoredCall | undefined> {
  return db.getFromIndex('calls', 'id', id);
}

test('a call is in the database before the person is told that it is kept', async (t) => {
  const database = `outbox-${randomUUID()}`;
  const db = await fresh(t, database);
  await db.put('accounts', { id: 'a1', address: 'reader@library.example' });
  const nothing = (): Promise<never> => Promise.reject(new Error('no network'));
  const engine = await Engine.open({
    base: 'http://127.0.0.1:1/',
    fetch: nothing,
    WebSocket,
    now: () => 5,
    database,
    build: 'test',
    sparing: () => true,
  });
  t.after(() => engine.close());
  const first = await engine.act('a1', [FLAG]);
  assert.equal((await stored(db, first))?.state, 'here');
  const second = await engine.act('a1', [FLAG]);
  assert.deepEqual(
    engine.pending.map((one) => one.call.id),
    [first, second],
    'the same millisecond: in the order of the taps',
  );
});

test('a draft becomes a call or stays a draft, never both and never neither', async (t) => {
  const db = await fresh(t);
  await db.put('drafts', draft('d1'));
  const id = await add(db, SEND);
  assert.equal(await db.count('drafts'), 0);
  assert.equal((await stored(db, id))?.draft?.id, 'd1');
  await takeBack(db, id, { id: randomUUID(), at: 2 });
  assert.equal(await db.count('calls'), 0);
  assert.equal((await db.get('drafts', 'd1'))?.text, draft('d1').text);
});

test('a draft opened anew meanwhile is not overwritten by the one that comes back', async (t) => {
  const db = await fresh(t);
  const id = await add(db, SEND);
  await db.put('drafts', draft('d1', { text: 'rewritten' }));
  await takeBack(db, id, { id: randomUUID(), at: 2 });
  assert.equal((await db.get('drafts', 'd1'))?.text, 'rewritten');
});

test('once marked for the wire a call is taken back only by asking the bridge', async (t) => {
  const db = await fresh(t);
  const id = await add(db, SEND);
  const { calls } = await markWire(db, [id], EPOCH);
  assert.deepEqual(
    calls.map((one) => one.id),
    [id],
  );
  const { gone } = await takeBack(db, id, { id: randomUUID(), at: 2 });
  assert.equal(gone, false);
  assert.equal((await stored(db, id))?.state, 'sent');
  assert.equal(await db.count('calls'), 2);
});

test('a call taken back in another tab is not sent by this one', async (t) => {
  const db = await fresh(t);
  const id = await add(db, FLAG);
  await takeBack(db, id, { id: randomUUID(), at: 2 });
  assert.deepEqual((await markWire(db, [id], EPOCH)).calls, []);
});

test('a send that another tab told to a ledger since lost is not sent: it is in doubt', async (t) => {
  const db = await fresh(t);
  const [send, flag] = [await add(db, SEND), await add(db, FLAG)];
  await markWire(db, [send, flag], EPOCH);
  const { calls } = await markWire(db, [send, flag], new Map([['a1', 'e2']]));
  assert.deepEqual(
    calls.map((one) => one.id),
    [flag],
  );
  assert.equal((await stored(db, send))?.state, 'unsure');
  assert.deepEqual((await markWire(db, [send], EPOCH)).calls, [], 'and stays so');
});

test('a call an older app made and the bridge cannot read is refused here, not sent', async (t) => {
  const db = await fresh(t);
  const id = await add(db, FLAG);
  const call = (await stored(db, id)) ?? assert.fail('the call');
  const old = { ...call.call, steps: [{ verb: 'teleport' }] } as unknown as Call;
  await db.put('calls', { ...call, call: old });
  assert.deepEqual((await markWire(db, [id], EPOCH)).calls, []);
  const [outcome] = (await stored(db, id))?.outcomes ?? [];
  assert.equal(outcome?.as === 'refused' && outcome.code, 'invalid');
});

test('progress never wakes a refused call, and clears a doubt that the bridge itself clears', async (t) => {
  const db = await fresh(t);
  const id = await add(db, SEND);
  const call = (await stored(db, id)) ?? assert.fail('the call');
  const frame = { t: 'progress', account: 'a1', id, state: 'running', text: '' } as const;
  await db.put('calls', { ...call, state: 'refused' });
  await noteProgress(db, frame);
  assert.equal((await stored(db, id))?.state, 'refused');
  await db.put('calls', { ...call, state: 'unsure' });
  await noteProgress(db, frame);
  assert.equal((await stored(db, id))?.state, 'running');
});

test('sending again is only for what has ended', async (t) => {
  const db = await fresh(t);
  const id = await add(db, SEND);
  await repeatSend(db, id, { id: randomUUID(), at: 2 });
  assert.ok(await stored(db, id), 'still the only one');
  assert.equal(await db.count('calls'), 1);
});

test('a transaction that fails half way leaves nothing of itself', async (t) => {
  const db = await fresh(t);
  const work = write(db, 'strict', async (tx) => {
    await tx.objectStore('drafts').put(draft('d1'));
    throw new Error('half way');
  });
  await assert.rejects(work, /half way/);
  assert.equal(await db.count('drafts'), 0);
});
