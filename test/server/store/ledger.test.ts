import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { digestOf } from '../../../server/store/ledger.ts';
import type { LedgerChange } from '../../../server/store/records.ts';
import { Sqlite } from '../../../server/store/sqlite.ts';
import { Store } from '../../../server/store/store.ts';
import type { Call } from '../../../shared/commands.ts';
import { ACCOUNT, openAccount } from './replica.ts';

function open(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'pimento-ledger-'));
  const clock = { now: 1_000 };
  let db = new Sqlite(join(dir, 'db'));
  t.after(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });
  openAccount(db);
  const store = () => new Store(db, () => clock.now);
  const reopen = () => {
    db.close();
    db = new Sqlite(join(dir, 'db'));
    return store();
  };
  return { store: store(), reopen, clock };
}

const archive = (id: string, ...messages: number[]): Call => ({
  id,
  account: ACCOUNT,
  steps: [{ verb: 'archive', messages }],
});
const settled: Omit<LedgerChange, 'id'> = {
  state: 'settled',
  attempts: 1,
  note: '',
  outcomes: [{ as: 'done' }],
  copyPending: false,
};

test('a call is taken in once, and the same again answers what stands', async (t) => {
  const { store } = open(t);
  const first = await store.accept(archive('a', 1), 0);
  assert.deepEqual([first.fresh, first.entry.state, first.entry.attempts], [true, 'accepted', 0]);
  assert.deepEqual(first.entry.call, archive('a', 1));
  await store.commit(ACCOUNT, { durable: true, ledger: [{ id: 'a', ...settled }] });
  const again = await store.accept(archive('a', 1), 0);
  assert.deepEqual(
    [again.fresh, again.entry.state, again.entry.outcomes],
    [false, 'settled', [{ as: 'done' }]],
  );
  assert.equal((await store.openCalls(ACCOUNT)).length, 0);
});

test('the same id with other content changes nothing, and can be told by its digest', async (t) => {
  const { store } = open(t);
  await store.accept(archive('a', 1), 0);
  const { entry, fresh } = await store.accept(archive('a', 2), 0);
  assert.equal(fresh, false);
  assert.deepEqual(entry.call, archive('a', 1));
  assert.notEqual(entry.digest, digestOf(archive('a', 2)));
  assert.equal(entry.digest, digestOf(archive('a', 1)));
});

test('the order of keys makes no difference to a digest, everything else does', () => {
  const flag = { verb: 'flag', messages: [1, 2], add: ['\\Seen'], remove: [] } as const;
  const call = (step: object) => ({ id: 'a', account: ACCOUNT, steps: [step] }) as unknown as Call;
  const turned = Object.fromEntries(Object.entries(flag).toReversed());
  assert.notEqual(JSON.stringify(turned), JSON.stringify(flag));
  assert.equal(digestOf(call(turned)), digestOf(call(flag)));
  const others = [
    { ...flag, messages: [2, 1] },
    { ...flag, messages: [12] },
    { ...flag, add: [], remove: ['\\Seen'] },
    { ...flag, verb: 'flags' },
    { ...flag, add: ['\\Seen', ''] },
    { ...flag, add: null },
  ];
  const digests = new Set([flag, ...others].map((step) => digestOf(call(step))));
  assert.equal(digests.size, others.length + 1);
});

test('a call to be held says until when, one whose time is over is not held', async (t) => {
  const { store, clock } = open(t);
  const held = await store.accept(archive('a', 1), clock.now + 500);
  assert.deepEqual([held.entry.state, held.entry.holdUntil], ['held', 1_500]);
  const late = await store.accept(archive('b', 1), clock.now);
  assert.equal(late.entry.state, 'accepted');
});

test('open calls come in the order they were accepted, with those whose copy is to be made', async (t) => {
  const { store } = open(t);
  for (const id of ['c', 'a', 'd', 'b']) await store.accept(archive(id, 1), 0);
  await store.commit(ACCOUNT, {
    durable: true,
    ledger: [
      { id: 'a', ...settled },
      { id: 'd', ...settled, copyPending: true },
      { id: 'b', ...settled, state: 'running', outcomes: [], note: 'on its way', attempts: 2 },
    ],
  });
  const calls = await store.openCalls(ACCOUNT);
  assert.deepEqual(
    calls.map((each) => [each.id, each.state, each.note, each.attempts, each.copyPending]),
    [
      ['c', 'accepted', '', 0, false],
      ['d', 'settled', '', 1, true],
      ['b', 'running', 'on its way', 2, false],
    ],
  );
  assert.equal((await store.callById(ACCOUNT, 'a'))?.state, 'settled');
  assert.equal(await store.callById(ACCOUNT, 'e'), null);
});

test('everything accepted and settled is there after the file is opened again', async (t) => {
  const { store, reopen, clock } = open(t);
  await store.accept(archive('a', 1), clock.now + 500);
  await store.accept(archive('b', 1), 0);
  await store.commit(ACCOUNT, { durable: true, ledger: [{ id: 'b', ...settled }] });
  const before = [await store.callById(ACCOUNT, 'a'), await store.callById(ACCOUNT, 'b')];
  const again = reopen();
  assert.deepEqual([await again.callById(ACCOUNT, 'a'), await again.callById(ACCOUNT, 'b')], before);
  assert.equal((await again.accept(archive('b', 1), 0)).fresh, false);
  const [held] = await again.openCalls(ACCOUNT);
  assert.deepEqual([held?.id, held?.state, held?.holdUntil], ['a', 'held', 1_500]);
});

test('of what settled, was copied and is old only the content is forgotten: its id never has an effect again', async (t) => {
  const { store, clock } = open(t);
  for (const id of ['settled', 'copying', 'open']) await store.accept(archive(id, 1), 0);
  await store.commit(ACCOUNT, {
    durable: true,
    ledger: [
      { id: 'settled', ...settled },
      { id: 'copying', ...settled, copyPending: true },
    ],
  });
  clock.now = 2_000;
  await store.accept(archive('young', 1), 0);
  await store.commit(ACCOUNT, { durable: true, ledger: [{ id: 'young', ...settled }] });
  await store.forgetOld(ACCOUNT, 1_500);
  const left = await Promise.all(
    ['settled', 'copying', 'open', 'young'].map((id) => store.callById(ACCOUNT, id)),
  );
  assert.deepEqual(
    left.map((entry) => entry?.call.steps.length),
    [0, 1, 1, 1],
  );
  const { entry, fresh } = await store.accept(archive('settled', 1), 0);
  assert.deepEqual(
    [fresh, entry.outcomes, entry.digest],
    [false, [{ as: 'done' }], digestOf(archive('settled', 1))],
  );
});
