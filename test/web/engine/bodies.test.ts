/** Bodies: from the device if they are there, else by asking; and reading ahead without standing in the way. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { AHEAD, Ahead, worthKeeping } from '../../../web/engine/ahead.ts';
import type { AccountMirror, Surroundings } from '../../../web/engine/engine.ts';
import type { Up } from '../../../shared/protocol.ts';
import { Bridge } from './bridge.ts';
import { ACCOUNT } from './door.ts';
import { openDevice, synced, until, type Device } from './device.ts';
import { body, mailbox, message } from './rows.ts';

async function start(
  t: test.TestContext,
  rows: number,
  part: Partial<Surroundings> = {},
): Promise<{ bridge: Bridge; device: Device }> {
  const bridge = await Bridge.start(t);
  for (let id = 1; id <= rows; id += 1) {
    bridge.put(id);
    bridge.bodies.set(id, body(id));
  }
  const device = await openDevice(t, bridge, part);
  await synced(device);
  return { bridge, device };
}

const wants = (bridge: Bridge): Extract<Up, { t: 'want' }>[] => bridge.heard.filter((up) => up.t === 'want');

test('a body is asked for once, kept, and read without a network afterwards', async (t) => {
  const { bridge, device } = await start(t, 2);
  const [one, same] = await Promise.all([device.engine.body(ACCOUNT, 1), device.engine.body(ACCOUNT, 1)]);
  assert.equal(one.text, body(1).text);
  assert.equal(same, one);
  assert.equal(wants(bridge).length, 1);
  assert.ok(device.engine.hasBody(ACCOUNT, 1));
  bridge.closeWith = 4429;
  bridge.close(4429);
  await until(device.engine, () => device.engine.link.is === 'offline');
  assert.deepEqual(await device.engine.body(ACCOUNT, 1), body(1));
  await assert.rejects(device.engine.body(ACCOUNT, 2), { code: 'offline', message: 'offline' });
});

test('who waits for a body when the socket breaks gets it from the next one', async (t) => {
  const { bridge, device } = await start(t, 1);
  bridge.silent = true;
  const waiting = device.engine.body(ACCOUNT, 1);
  while (wants(bridge).length === 0) await new Promise(setImmediate);
  bridge.silent = false;
  bridge.cut();
  assert.equal((await waiting).message, 1);
  assert.equal(wants(bridge).length, 2);
});

test('who waits for a body when the network goes is told so, not kept waiting', async (t) => {
  const { bridge, device } = await start(t, 1);
  bridge.silent = true;
  const waiting = device.engine.body(ACCOUNT, 1);
  const told = assert.rejects(waiting, { code: 'offline' });
  while (wants(bridge).length === 0) await new Promise(setImmediate);
  bridge.close(4429);
  await told;
});

test('a body the bridge cannot give is refused in its words, and may be asked for again', async (t) => {
  const { bridge, device } = await start(t, 1);
  await assert.rejects(device.engine.body(ACCOUNT, 99), { code: 'refused', message: 'no such message' });
  bridge.bodies.set(99, body(99));
  assert.equal((await device.engine.body(ACCOUNT, 99)).message, 99);
  assert.equal(device.engine.hasBody(ACCOUNT, 99), false, 'without a row it is shown and not kept');
});

test('a message that goes takes its body with it', async (t) => {
  const { bridge, device } = await start(t, 2);
  await device.engine.body(ACCOUNT, 1);
  bridge.expunge(1);
  await until(device.engine, () => !device.mirror().messages.has(1));
  assert.equal(device.engine.hasBody(ACCOUNT, 1), false);
});

test('the newest bodies come by themselves, in batches, also for mail that arrives, unless it costs money', async (t) => {
  const { bridge, device } = await start(t, 25, { sparing: () => false });
  const all = (): boolean => [...bridge.bodies.keys()].every((id) => device.engine.hasBody(ACCOUNT, id));
  await until(device.engine, all);
  assert.deepEqual(
    wants(bridge).map((want) => [want.ahead, want.messages.length]),
    [
      [true, AHEAD.batch],
      [true, 5],
    ],
  );
  assert.equal(wants(bridge)[0]?.messages[0], 25);
  bridge.bodies.set(26, body(26));
  bridge.put(26);
  await until(device.engine, all);
  const frugal = await start(t, 3);
  await frugal.device.engine.body(ACCOUNT, 1);
  assert.deepEqual(
    wants(frugal.bridge).map((want) => want.ahead),
    [false],
  );
});

test('worth keeping: the newest of the inbox first, then of the others, nothing of junk and trash', () => {
  const boxes = [mailbox(1, 'inbox'), mailbox(2, 'junk'), mailbox(3, 'trash'), mailbox(4, null)];
  const rows = boxes.flatMap((box) =>
    Array.from({ length: 250 }, (_, at) => message(box.id * 1000 + at, { mailbox: box.id })),
  );
  const ids = worthKeeping(mirrorOf(rows, boxes));
  assert.equal(ids.length, AHEAD.inbox + AHEAD.others);
  assert.equal(ids[0], 1249);
  assert.equal(ids[AHEAD.inbox - 1], 1050);
  assert.equal(ids[AHEAD.inbox], 4249);
});

function mirrorOf(rows: ReturnType<typeof message>[], boxes: ReturnType<typeof mailbox>[]): AccountMirror {
  const mailboxes = new Map(boxes.map((box) => [box.id, box]));
  const messages = new Map(rows.map((row) => [row.id, row]));
  const address = 'reader@library.example';
  return { id: 'a1', address, epoch: 'e1', mailboxes, messages, version: 1, status: null, filling: null };
}

test('reading ahead: one batch at a time, not while a person waits, and no second try at what was refused', () => {
  const asked: number[][] = [];
  const bodies = new Set<number>();
  let free = true;
  const mirror = mirrorOf(
    Array.from({ length: 30 }, (_, at) => message(at + 1)),
    [mailbox(1, 'inbox')],
  );
  const ahead = new Ahead({
    accounts: () => [mirror],
    hasBody: (_account, id) => bodies.has(id),
    send: (frame) => frame.t === 'want' && asked.push(frame.messages) > 0,
    free: () => free,
  });
  ahead.nudge();
  ahead.nudge();
  assert.equal(asked.length, 1);
  free = false;
  for (const id of asked[0] ?? []) {
    if (id !== 30) bodies.add(id);
    ahead.arrived('a1', id, id !== 30);
  }
  assert.equal(asked.length, 1, 'a person waits');
  free = true;
  ahead.nudge();
  assert.deepEqual(asked[1], [10, 9, 8, 7, 6, 5, 4, 3, 2, 1], 'without 30, which was refused');
  ahead.closed();
  ahead.nudge();
  assert.equal(asked.length, 3, 'what was outstanding on a lost socket is asked for again');
});
