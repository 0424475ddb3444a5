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
  const line = { jobs: 0 };
  const lane: Pick<Lane, 'run'> = {
    run: async (_, work) => {
      if (line.jobs <= 0) throw new ImapDown('away');
      line.jobs -= 1;
      // No message is there, so no step asks the session for anything.
      return work({} as never);
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
  return { line, calls, call, codes };
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
