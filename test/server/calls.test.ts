/**
 * Calls on a real store, with a lane that lets through what the test lets through.
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { Calls } from '../../server/calls.ts';
import { ImapDown } from '../../server/imap-answers.ts';
import type { Lane } from '../../server/lane.ts';
import type { Mirror } from '../../server/mirror.ts';
import type { Outbox } from '../../server/outbox.ts';
import type { Writes } from '../../server/store/records.ts';
import { Sqlite } from '../../server/store/sqlite.ts';
import { Store } from '../../server/store/store.ts';
import type { Step } from '../../shared/commands.ts';
import { createLog } from '../../server/http.ts';
import { ACCOUNT, openAccount } from './store/replica.ts';

function open(t: TestContext) {
  const db = new Sqlite(':memory:');
  t.after(() => db.close());
  openAccount(db);
  const store = new Store(db, () => 1);
  // Where no message is there, no step asks the session for anything.
  const line: { jobs: number; session: object } = { jobs: 0, session: {} };
  const lane: Pick<Lane, 'run'> = {
    run: async (_, work) => {
      if (line.jobs <= 0) throw new ImapDown('away');
      line.jobs -= 1;
      return work(line.session as never);
    },
  };
  const calls = new Calls({
    account: ACCOUNT,
    store,
    lane: lane as Lane,
    mirror: {} as Mirror,
    outbox: { release: () => false, pump: () => undefined } as unknown as Outbox,
    commit: async (writes: Writes) => void (await store.commit(ACCOUNT, writes)),
    tell: () => undefined,
    doubt: () => undefined,
    now: () => 1,
    log: createLog('fatal'),
  });
  const call = async (id: string, ...steps: Step[]) => {
    await calls.accept(null, { id, account: ACCOUNT, steps });
    await new Promise<void>((resolve) => setImmediate(resolve));
  };
  /** How each step ended that has. */
  const codes = async (id: string) =>
    (await store.callById(ACCOUNT, id))?.outcomes.map((o) => (o.as === 'refused' ? o.code : o.as));
  return { line, store, calls, call, codes };
}

const trash = (id: number): Step => ({ verb: 'trash', messages: [id] });
const take = (call: string): Step => ({ verb: 'withdraw', call });

test('a call that waits for the line can be taken back, and is not carried out later', async (t) => {
  const { line, calls, call, codes } = open(t);
  await call('a', trash(7));
  await call('w', take('a'));
  assert.deepEqual([await codes('a'), await codes('w')], [['withdrawn'], ['done']]);
  line.jobs = 9;
  calls.pump();
  await call('b', trash(8));
  assert.deepEqual([await codes('a'), await codes('b')], [['withdrawn'], ['gone']]);
});

test('a call of which one step has ended is too late to take back, and the rest is carried out', async (t) => {
  const { line, calls, call, codes } = open(t);
  line.jobs = 1;
  await call('a', trash(7), trash(8));
  assert.deepEqual(await codes('a'), ['gone']);
  await call('w', take('a'));
  assert.deepEqual(await codes('w'), ['late']);
  line.jobs = 1;
  calls.pump();
  await new Promise<void>((resolve) => setImmediate(resolve));
  assert.deepEqual(await codes('a'), ['gone', 'gone']);
});

test('a step that refers to one that was refused is skipped, and the next goes on', async (t) => {
  const { line, call, codes } = open(t);
  line.jobs = 9;
  await call(
    'a',
    trash(7),
    { verb: 'trash', messages: { step: 0 } },
    { verb: 'trash', messages: { step: 1 } },
    trash(8),
  );
  assert.deepEqual(await codes('a'), ['gone', 'skipped', 'skipped', 'gone']);
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** One mailbox with the messages 11 and 12, and a session that remembers what was asked and breaks when told. */
async function mailboxOfTwo(store: Store) {
  const box = { id: 10, path: 'Lists', delimiter: '/', role: null, selectable: true, total: 2, unread: 2 };
  const envelope = { from: [], to: [], cc: [], subject: 'Loan', preview: '', attachments: 0 };
  const place = (id: number) => ({ id, mailbox: 10, uid: id, flags: [], date: 1, size: 1, messageId: null });
  await store.commit(ACCOUNT, {
    mailboxes: [{ ...box, uidvalidity: '1', uidnext: 13, modseq: null, lowest: 1, mirrored: true }],
    messages: [11, 12].map((id) => ({ ...place(id), envelope })),
  });
  const asked: string[] = [];
  const broken = { now: true };
  const act = async (words: string) => {
    asked.push(words);
    if (broken.now) throw new ImapDown('away');
  };
  const session = {
    has: () => true,
    enter: async () => undefined,
    flags: async (set: string) => set.split(',').map((uid) => ({ uid: Number(uid), flags: ['\\Seen'] })),
    store: (set: string) => act(`store ${set}`),
    expunge: (set: string) => act(`expunge ${set}`),
  };
  return { asked, broken, session };
}

test('a search is made once: a try after the line broke is for the messages chosen before', async (t) => {
  const { line, store, calls, call, codes } = open(t);
  const { asked, broken, session } = await mailboxOfTwo(store);
  Object.assign(line, { jobs: 9, session });
  const unread = { query: 'is:unread', mailbox: null };
  await call('a', { verb: 'flag', messages: unread, add: ['\\Seen'], remove: [] });
  await until(async () => (await store.callById(ACCOUNT, 'a'))?.outcomes.length === 1 && asked.length === 1);
  assert.deepEqual(await codes('a'), ['begun']);
  // The mirror sees what the broken try did to one of them.
  await store.commit(ACCOUNT, { flags: [{ id: 11, flags: ['\\Seen'] }] });
  broken.now = false;
  calls.pump();
  await until(async () => (await store.callById(ACCOUNT, 'a'))?.state === 'settled');
  assert.deepEqual(asked, ['store 11,12', 'store 11,12']);
  assert.deepEqual((await store.callById(ACCOUNT, 'a'))?.outcomes, [{ as: 'done', messages: [11, 12] }]);
});

test('a deletion whose rows left before its second try was done by the first', async (t) => {
  const { line, store, calls, call, codes } = open(t);
  const { asked, broken, session } = await mailboxOfTwo(store);
  Object.assign(line, { jobs: 9, session });
  await call('a', { verb: 'delete', messages: [11] });
  await store.commit(ACCOUNT, { drop: [11] });
  broken.now = false;
  calls.pump();
  await call('b', { verb: 'delete', messages: [11] });
  assert.deepEqual([await codes('a'), await codes('b')], [['done'], ['gone']]);
  assert.deepEqual(asked, ['expunge 11']);
});
