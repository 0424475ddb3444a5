/**
 * The audience on a real store, with devices that read as slowly as the test wants.
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { Audience } from '../../server/audience.ts';
import type { Writes } from '../../server/store/records.ts';
import { Sqlite } from '../../server/store/sqlite.ts';
import { Store } from '../../server/store/store.ts';
import { Turns } from '../../server/turns.ts';
import type { Cursor, Down } from '../../shared/protocol.ts';
import { Device } from '../support/heart.ts';
import { ACCOUNT, EPOCH, openAccount, rowsOf } from './store/replica.ts';
import { box, mail } from './store/world.ts';

const INBOX = 900;

/** A device whose socket can be stuffed. */
class Slow extends Device {
  full = false;
  /** How many wait for the socket to drain. */
  waiting: (() => void)[] = [];

  override buffered(): number {
    return this.full ? 2 << 20 : 0;
  }

  override drained(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** The socket has room for one frame: whoever waits may write, and finds it full again. */
  drain(full = true): void {
    this.full = full;
    for (const wake of this.waiting.splice(0)) wake();
  }
}

/** Every promise that can settle now has settled. */
const quiet = () => new Promise<void>((resolve) => setImmediate(resolve));

function open(t: TestContext, rows: number) {
  const db = new Sqlite(':memory:');
  t.after(() => db.close());
  openAccount(db);
  const store = new Store(db, () => 1);
  const turns = new Turns();
  const failures: unknown[] = [];
  const audience = new Audience(ACCOUNT, EPOCH, store, turns, (error) => failures.push(error));
  t.after(() => audience.close());
  const commit = (writes: Writes) =>
    turns.take(async () => {
      const facts = await store.commit(ACCOUNT, writes);
      if (facts) audience.publish(facts);
    });
  const put = (id: number) => commit({ messages: [mail(id, INBOX, id)] });
  const filled = commit({
    mailboxes: [box(INBOX, { role: 'inbox' })],
    messages: Array.from({ length: rows }, (_, i) => mail(i + 1, INBOX, i + 1)),
  });
  const assertHolds = (device: Device) => {
    const held = [...device.messages.values()].toSorted((a, b) => a.id - b.id);
    assert.deepEqual(held, rowsOf(db).messages);
    assert.deepEqual([...device.mailboxes.values()], rowsOf(db).mailboxes);
  };
  return { store, turns, audience, failures, commit, put, filled, assertHolds };
}

const rowsIn = (frames: Down[]) =>
  frames.flatMap((f) => (f.t === 'changes' || f.t === 'fill' ? f.messages : []));
const done = (device: Device) => device.until(() => device.cursor?.fill === null);

test('two viewers of one device are told the same facts in the same order', async (t) => {
  const { audience, filled, put, assertHolds } = open(t, 3);
  await filled;
  const [one, two] = [new Device(), new Device()];
  await Promise.all([audience.attach(one, null), audience.attach(two, null)]);
  await Promise.all([done(one), done(two)]);
  for (let id = 10; id < 30; id += 1) await put(id);
  assert.deepEqual(one.frames, two.frames);
  const intervals = one.frames.flatMap((f) => (f.t === 'changes' ? [[f.from, f.to]] : []));
  assert.deepEqual(
    intervals.slice(1),
    Array.from({ length: 20 }, (_, i) => [i + 1, i + 2]),
  );
  for (const device of [one, two]) assertHolds(device);
  audience.detach(one);
  await put(30);
  assert.equal(one.messages.has(30), false);
  assertHolds(two);
});

test('a viewer that is full is sent nothing, delays nobody, and catches up in pages', async (t) => {
  const { audience, filled, put, assertHolds } = open(t, 3);
  await filled;
  const [slow, quick] = [new Slow(), new Device()];
  await Promise.all([audience.attach(slow, null), audience.attach(quick, null)]);
  await Promise.all([done(slow), done(quick)]);
  slow.full = true;
  const before = slow.frames.length;
  for (let id = 10; id < 110; id += 1) {
    await put(id);
    assert.ok(quick.messages.has(id), 'the quick one has it at once');
  }
  await quiet();
  assert.equal(slow.frames.length, before);
  slow.drain(false);
  await slow.until(() => slow.messages.has(109));
  assert.equal(slow.frames.length, before + 1, 'one page for a hundred commits');
  await quiet();
  await put(110);
  assert.ok(slow.messages.has(110), 'live again');
  for (const device of [slow, quick]) assertHolds(device);
});

test('a viewer that is full again and again during its first sync is written one page for each time it drains', async (t) => {
  const { audience, filled, put, assertHolds } = open(t, 1500);
  await filled;
  const slow = new Slow();
  await audience.attach(slow, null);
  slow.full = true;
  for (let id = 2000; id < 2040; id += 1) {
    const before = slow.frames.length;
    slow.drain();
    await quiet();
    await put(id);
    await quiet();
    assert.ok(slow.waiting.length <= 1, 'one at a time waits for it');
    assert.ok(slow.frames.length <= before + 1, 'and one page is written');
  }
  for (slow.full = false; slow.waiting.length > 0; await quiet()) slow.drain(false);
  await done(slow);
  assertHolds(slow);
});

test('a first sync goes on from its place after the socket broke, and no row is sent twice', async (t) => {
  const { audience, filled, put, assertHolds } = open(t, 900);
  await filled;
  const device = new Slow();
  await audience.attach(device, null);
  await device.until(() => device.frames.some((f) => f.t === 'fill'));
  audience.detach(device);
  await quiet();
  const had = device.frames.length;
  assert.ok(device.cursor?.fill);
  await put(1000);
  await audience.attach(device, device.cursor);
  await done(device);
  assertHolds(device);
  const ids = rowsIn(device.frames).map((m) => m.id);
  assert.deepEqual([ids.length, new Set(ids).size], [901, 901]);
  const later = device.frames.slice(had);
  assert.ok(
    later.every((f) => f.t !== 'reset' && (f.t !== 'changes' || f.fill === null)),
    'no second snapshot',
  );
});

test('what changes during a first sync is told, and no page brings back what was before', async (t) => {
  const { audience, filled, commit, assertHolds } = open(t, 1200);
  await filled;
  const device = new Slow();
  device.full = true;
  await audience.attach(device, null);
  for (let n = 1; device.cursor?.fill !== null; n += 1) {
    // Room for what is new, and for one page of the first sync.
    device.drain();
    await quiet();
    device.drain();
    const flags = [1, 600, 1100].map((id) => ({ id: id + n, flags: [`step${n}`] }));
    await commit({ flags, drop: [300 + n, 1200 - n], messages: [mail(5000 + n, INBOX, 5000 + n)] });
    await quiet();
  }
  device.drain(false);
  await device.until(() => device.cursor?.fill === null);
  await quiet();
  assertHolds(device);
});

test('a device far behind gets pages that close, the last one says so', async (t) => {
  const { audience, filled, put, assertHolds } = open(t, 0);
  await filled;
  const device = new Device();
  await audience.attach(device, null);
  await done(device);
  audience.detach(device);
  for (let id = 1; id <= 1200; id += 1) await put(id);
  const had = device.frames.length;
  await audience.attach(device, device.cursor);
  await device.until(() => device.messages.size === 1200);
  assertHolds(device);
  const pages = device.frames
    .slice(had)
    .flatMap((f) => (f.t === 'changes' ? [[f.messages.length, f.more]] : []));
  assert.deepEqual(pages, [
    [0, false],
    [500, true],
    [500, true],
    [200, false],
  ]);
});

test('a viewer let go while it is coming is not seated', async (t) => {
  const { audience, turns, filled, put } = open(t, 3);
  await filled;
  const held = Promise.withResolvers<void>();
  void turns.take(() => held.promise);
  const device = new Device();
  const attaching = audience.attach(device, null);
  audience.detach(device);
  held.resolve();
  await attaching;
  await put(10);
  assert.deepEqual([audience.size, device.frames.length], [0, 0]);
});

test('a viewer that leaves at its first frame is not seated', async (t) => {
  const { audience, filled, put } = open(t, 3);
  await filled;
  const device = new Device();
  const send = t.mock.method(device, 'send', () => audience.detach(device));
  await audience.attach(device, null);
  await put(10);
  assert.deepEqual([audience.size, send.mock.callCount()], [0, 1]);
});

for (const [name, change] of [
  ['of another epoch', { epoch: 'other' }],
  ['from the future', { rev: 99 }],
  ['with a place nobody gave it', { fill: "i:1'; --" }],
] as [string, Partial<Cursor>][])
  test(`a cursor ${name} starts anew`, async (t) => {
    const { audience, filled, failures, assertHolds } = open(t, 70);
    await filled;
    const device = new Device();
    await audience.attach(device, { account: ACCOUNT, epoch: EPOCH, rev: 1, fill: null, ...change });
    await done(device);
    assert.deepEqual(
      device.frames.slice(0, 2).map((f) => f.t),
      ['reset', 'changes'],
    );
    assertHolds(device);
    assert.deepEqual(failures, []);
  });

test('a page that cannot be read is told, and read later', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { audience, store, filled, failures, assertHolds } = open(t, 70);
  await filled;
  const device = new Device();
  const fault = new Error('disk');
  const broken = t.mock.method(store, 'fill', () => Promise.reject(fault));
  await audience.attach(device, null);
  await quiet();
  assert.deepEqual(failures, [fault]);
  broken.mock.restore();
  t.mock.timers.tick(5000);
  await done(device);
  assertHolds(device);
});
