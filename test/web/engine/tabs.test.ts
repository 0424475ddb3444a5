/** Two tabs, one database, no leader: each sees what the other did. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import type { Changes } from '../../../shared/protocol.ts';
import { applyChanges } from '../../../web/engine/apply.ts';
import { openDatabase } from '../../../web/engine/db.ts';
import type { Word } from '../../../web/engine/effect.ts';
import { addCall } from '../../../web/engine/outbox.ts';
import { gather, Tabs } from '../../../web/engine/tabs.ts';
import { shownMessages } from '../../../web/engine/view.ts';
import { Bridge } from './bridge.ts';
import { ACCOUNT } from './door.ts';
import { openDevice, synced, until, type Device } from './device.ts';
import { draft, message } from './rows.ts';

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

/** What a tab does that is killed after its transaction and before it can tell. */
async function writtenUntold(database: string, frame: Changes): Promise<void> {
  const db = await openDatabase(database, { lost: () => {}, blocked: () => {} });
  assert.equal((await applyChanges(db, frame)).verdict, 'applied');
  db.close();
}

function changes(part: Partial<Changes>): Changes {
  const gone = { mailboxes: [], messages: [] };
  const empty = { more: false, fill: null, mailboxes: [], messages: [], gone, settled: [] };
  return { t: 'changes', account: ACCOUNT, epoch: 'e1', from: 0, to: 0, ...empty, ...part };
}

test('what a killed tab wrote and did not tell is seen when the same facts come here', async (t) => {
  const bridge = await Bridge.start(t);
  for (let id = 1; id <= 3; id += 1) bridge.put(id);
  const database = `tabs-${randomUUID()}`;
  const device = await openDevice(t, bridge, { database });
  await synced(device);
  const before = device.mirror().messages.get(2);
  await writtenUntold(database, changes({ from: 3, to: 5, messages: [message(4, { rev: 4 }), message(2)] }));
  assert.ok(!device.mirror().messages.has(4));
  bridge.put(4);
  bridge.tell(changes({ from: 4, to: 5, messages: [message(2)] }));
  bridge.rev = 5;
  bridge.put(5);
  await until(device.engine, () => device.mirror().messages.has(5));
  assert.ok(device.mirror().messages.has(4));
  assert.equal(device.mirror().messages.get(2), before, 'the same rev is the same object');
});

test('a first sync that another tab began and did not tell of is continued from where it stands', async (t) => {
  const bridge = await Bridge.start(t);
  for (let id = 1; id <= 3; id += 1) bridge.put(id);
  const database = `tabs-${randomUUID()}`;
  bridge.closeWith = 4429;
  const device = await openDevice(t, bridge, { database });
  await until(device.engine, () => device.engine.link.is === 'offline');
  await writtenUntold(database, changes({ to: 2, fill: '2', messages: [message(2, { rev: 2 })] }));
  bridge.closeWith = null;
  device.engine.kick();
  await synced(device);
  assert.deepEqual(
    [...device.mirror().messages.keys()].sort((a, b) => a - b),
    [1, 2, 3],
  );
  const hellos = bridge.heard.filter((up) => up.t === 'hello');
  assert.deepEqual(hellos.at(-1)?.t === 'hello' && hellos.at(-1)?.cursors[0]?.rev, 2);
});

test('an act of a killed tab is found at the next look, and sent', async (t) => {
  const bridge = await Bridge.start(t);
  bridge.put(1);
  const database = `tabs-${randomUUID()}`;
  const device = await openDevice(t, bridge, { database });
  await synced(device);
  const db = await openDatabase(database, { lost: () => {}, blocked: () => {} });
  const call = { id: randomUUID(), account: ACCOUNT, steps: [{ verb: 'archive' as const, messages: [1] }] };
  await addCall(db, { call, at: 1, undo: null, draft: null });
  db.close();
  device.engine.kick();
  await until(device.engine, () => device.mirror().messages.get(1)?.mailbox === 2);
  assert.equal(bridge.ledger.size, 1);
});

test('words that come before memory is loaded are read once it is', async (t) => {
  const name = randomUUID();
  const read: Word[] = [];
  const tabs = new Tabs(name, (word) => Promise.resolve(void read.push(word)), assert.fail);
  const other = new Tabs(name, () => Promise.resolve(), assert.fail);
  t.after(() => [tabs, other].forEach((one) => one.close()));
  const fence = new BroadcastChannel(name);
  t.after(() => fence.close());
  const heard = new Promise((resolve) => fence.addEventListener('message', resolve));
  other.tell({ all: true });
  await heard;
  assert.deepEqual(read, []);
  tabs.begin();
  assert.deepEqual(read, [{ all: true }]);
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

test('a send taken back is a draft again at the very moment it leaves the outbox, also when another tab heard first', async (t) => {
  const bridge = await Bridge.start(t);
  bridge.put(1);
  bridge.verdict = () => null;
  const database = `tabs-${randomUUID()}`;
  const { engine } = await openDevice(t, bridge, { database }).then(async (device) => {
    await synced(device);
    return device;
  });
  const id = await engine.sendDraft(draft('d1'), 10_000);
  await until(engine, () => bridge.ledger.has(id));
  const outcomes = [{ as: 'refused', code: 'withdrawn', text: 'Taken back.' }] as const;
  const settled = [{ id, outcomes: [...outcomes] }];
  await writtenUntold(database, changes({ from: 1, to: 2, settled }));
  const left: boolean[] = [];
  engine.listen(() => {
    if (engine.pending.length === 0) left.push(engine.drafts.has('d1'));
  });
  bridge.finish(id, [...outcomes]);
  await until(engine, () => engine.pending.length === 0);
  assert.deepEqual(left.slice(0, 1), [true]);
});
