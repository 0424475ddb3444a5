/** What goes on the wire, in what order, and how fast. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Step } from '../../../shared/commands.ts';
import type { StoredCall } from '../../../web/engine/db.ts';
import { Dispatch, PACE, ready, type Wire } from '../../../web/engine/dispatch.ts';
import { outgoing } from '../../../web/engine/drafts.ts';
import { draft } from './rows.ts';

const MAIL = outgoing(draft('d1'), 'reader@library.example', '<1@library.example>', 1);
const STEPS: Record<string, Step> = {
  flag: { verb: 'flag', messages: [1], add: [], remove: [] },
  send: { verb: 'send', mail: MAIL, hold: 0 },
};

function call(id: string, verb: string, part: Partial<StoredCall> = {}, account = 'a1'): StoredCall {
  const steps = [STEPS[verb] ?? assert.fail(verb)];
  const stored = { state: 'here', text: '', outcomes: [], wire: null, undo: null, draft: null } as const;
  return { ...stored, call: { id, account, steps }, at: 1, seq: 1, outcomes: [], ...part };
}

const wire = (part: Partial<Wire> = {}): Wire => ({
  sent: new Set(),
  epochs: new Map([['a1', 'e1']]),
  limit: 10,
  ...part,
});
const ids = (calls: StoredCall[]): string[] => calls.map((one) => one.call.id);

test('a send waits until the epoch is known, and nothing of its account overtakes it', () => {
  const calls = [call('1', 'flag'), call('2', 'send'), call('3', 'flag', {}, 'a2')];
  assert.deepEqual(ids(ready(calls, wire({ epochs: new Map() }))), ['3']);
  assert.deepEqual(ids(ready(calls, wire())), ['2', '1', '3']);
});

test('without a send in the outbox nothing waits for the epoch', () => {
  assert.deepEqual(ids(ready([call('1', 'flag')], wire({ epochs: new Map() }))), ['1']);
});

test('what went out on this socket, and what has ended, does not go again', () => {
  const calls = [
    call('1', 'flag'),
    call('2', 'flag', { state: 'refused' }),
    call('3', 'flag', { state: 'waiting' }),
  ];
  assert.deepEqual(ids(ready(calls, wire({ sent: new Set(['1']) }))), ['3']);
});

test('no more are under way than the bridge allows', () => {
  const calls = ['1', '2', '3', '4'].map((id) => call(id, 'flag'));
  assert.deepEqual(ids(ready(calls, wire({ sent: new Set(['1']), limit: 3 }))), ['2', '3']);
});

test('hundreds of calls go at a pace the bridge takes', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const calls = Array.from({ length: 300 }, (_, at) => call(String(at), 'flag'));
  let sent = 0;
  const dispatch = new Dispatch(
    {
      calls: () => calls,
      mark: (chosen) => Promise.resolve(calls.map((one) => one.call).filter(({ id }) => chosen.includes(id))),
      send: () => (sent += 1) > 0,
      now: Date.now,
      failed: (error) => assert.fail(error),
    },
    1000,
  );
  dispatch.opened();
  await new Promise(setImmediate);
  assert.equal(sent, PACE.burst);
  for (const expected of [160, 200, 240, 280, 300, 300]) {
    t.mock.timers.tick(1000);
    await new Promise(setImmediate);
    assert.equal(sent, expected);
  }
});

test('after a reset on a live socket a send waits for the new epoch', async (t) => {
  const calls = [call('1', 'send')];
  const sent: string[] = [];
  const dispatch = new Dispatch(
    {
      calls: () => calls,
      mark: (chosen) => Promise.resolve(calls.map((one) => one.call).filter(({ id }) => chosen.includes(id))),
      send: (frame) => frame.t === 'call' && sent.push(frame.call.id) > 0,
      now: Date.now,
      failed: (error) => assert.fail(error),
    },
    10,
  );
  t.after(() => dispatch.closed());
  dispatch.opened();
  await new Promise(setImmediate);
  assert.deepEqual(sent, []);
  dispatch.confirm('a1', 'e1');
  await new Promise(setImmediate);
  assert.deepEqual(sent, ['1']);
  dispatch.doubt('a1');
  calls.push(call('2', 'send'));
  dispatch.flush();
  await new Promise(setImmediate);
  assert.deepEqual(sent, ['1']);
  dispatch.confirm('a1', 'e2');
  await new Promise(setImmediate);
  assert.deepEqual(sent, ['1', '2']);
});
