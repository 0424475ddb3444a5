/** Two tabs, one database, no leader: each sees what the other did. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import { gather } from '../../../web/engine/tabs.ts';
import { shownMessages } from '../../../web/engine/view.ts';
import { ACCOUNT, Bridge } from './bridge.ts';
import { openDevice, synced, until, type Device } from './device.ts';
import { draft } from './rows.ts';

/** A WebSocket that never opens: a tab without a network beside one that has it. */
class DeadSocket extends EventTarget {
  readyState = 0;
  send(): void {}
  close(): void {}
}

async function start(t: test.TestContext): Promise<{ bridge: Bridge; one: Device; two: Device }> {
  const bridge = await Bridge.start(t);
  for (let id = 1; id <= 4; id += 1) bridge.put(id);
  const database = `tabs-${randomUUID()}`;
  const one = await openDevice(t, bridge, { database });
  await synced(one);
  const WebSocket = DeadSocket as unknown as new (url: string) => WebSocket;
  const two = await openDevice(t, bridge, { database, WebSocket });
  return { bridge, one, two };
}

test('rows that one tab received are seen by the other, the untouched ones as the same objects', async (t) => {
  const { bridge, one, two } = await start(t);
  const before = two.mirror().messages.get(1);
  bridge.put(5);
  bridge.expunge(2);
  await until(two.engine, () => two.mirror().messages.has(5) && !two.mirror().messages.has(2));
  assert.equal(two.mirror().messages.get(1), before);
  assert.deepEqual(new Map(two.mirror().messages), new Map(one.mirror().messages));
});

test('a tap in the tab without network is shown in both and sent by the other', async (t) => {
  const { bridge, one, two } = await start(t);
  const flickers: number[] = [];
  two.engine.listen(() => flickers.push(shownMessages(two.mirror(), two.engine.pending, 1).length));
  await two.engine.act(ACCOUNT, [{ verb: 'archive', messages: [3] }]);
  await until(one.engine, () => shownMessages(one.mirror(), one.engine.pending, 1).length === 3);
  await until(two.engine, () => two.engine.pending.length === 0);
  assert.equal(two.mirror().messages.get(3)?.mailbox, 2);
  assert.deepEqual(new Set(flickers), new Set([3]), 'the row never comes back in between');
  assert.equal([...bridge.ledger.values()][0]?.effects, 1);
});

test('drafts and sign-in are shared', async (t) => {
  const { one, two } = await start(t);
  await one.engine.saveDraft(draft('d1'));
  await until(two.engine, () => two.engine.drafts.has('d1'));
  await two.engine.deleteDraft('d1');
  await until(one.engine, () => one.engine.drafts.size === 0);
});

test('two live tabs may both send a call and both apply its effect: it happens once', async (t) => {
  const bridge = await Bridge.start(t);
  for (let id = 1; id <= 8; id += 1) bridge.put(id);
  const database = `tabs-${randomUUID()}`;
  const [one, two] = [await openDevice(t, bridge, { database }), await openDevice(t, bridge, { database })];
  await Promise.all([synced(one), synced(two)]);
  for (const [at, device] of [one, two, one, two].entries()) {
    await device.engine.act(ACCOUNT, [{ verb: 'trash', messages: [at + 1] }]);
  }
  await Promise.all([one, two].map(({ engine }) => until(engine, () => engine.pending.length === 0)));
  assert.ok([...bridge.ledger.values()].every((entry) => entry.effects === 1));
  assert.equal(bridge.ledger.size, 4);
  assert.deepEqual([...one.errors, ...two.errors], []);
});

test('a burst of words costs one reading, and a later word about the same id counts', () => {
  const word = { all: false as const, account: 'a1', mailboxes: false, drafts: false };
  const nothing = { came: [], gone: [] };
  const joined = gather([
    { ...word, messages: [1], bodies: { came: [7], gone: [] }, calls: { came: ['x'], gone: [] } },
    { ...word, messages: [1, 2], mailboxes: true, bodies: nothing, calls: { came: [], gone: ['x'] } },
  ]);
  const bodies = { came: [7], gone: [] };
  const calls = { came: [], gone: ['x'] };
  assert.deepEqual(joined, [{ ...word, messages: [1, 2], mailboxes: true, bodies, calls }]);
});
