/** What comes down a wire is not always what should: the engine stays usable whatever it hears. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { mailbox } from './rows.ts';
import { Bridge } from './bridge.ts';
import { ACCOUNT } from './door.ts';
import { openDevice, synced, until, type Device } from './device.ts';

async function start(
  t: test.TestContext,
  part: Partial<Bridge> = {},
): Promise<{ bridge: Bridge; device: Device }> {
  const bridge = Object.assign(await Bridge.start(t), part);
  for (let id = 1; id <= 4; id += 1) bridge.put(id);
  const device = await openDevice(t, bridge);
  await synced(device);
  return { bridge, device };
}

for (const [what, text] of [
  ['text that is not JSON', '{"t":"chan'],
  ['a frame without a kind', '[1,2]'],
  ['facts that cannot be applied', `{"t":"changes","account":"${ACCOUNT}","epoch":"e1","from":4,"to":9}`],
] as const) {
  test(`${what}: reported, a new socket, and everything is as it should be`, async (t) => {
    const { bridge, device } = await start(t);
    bridge.tell(text);
    await until(device.engine, () => device.engine.link.is === 'offline');
    assert.equal(device.errors.length, 1);
    bridge.put(9);
    device.engine.kick();
    await until(device.engine, () => device.mirror().messages.has(9));
    await synced(device);
  });
}

test('a kind of frame this app does not know is reported and passed over', async (t) => {
  const { bridge, device } = await start(t);
  bridge.tell('{"t":"weather","sky":"blue"}');
  bridge.put(9);
  await until(device.engine, () => device.mirror().messages.has(9));
  assert.match(device.errors[0]?.message ?? '', /weather/);
  assert.equal(device.engine.link.is, 'live');
});

test('a gap is healed by a new hello from where the device stands', async (t) => {
  const { bridge, device } = await start(t);
  bridge.silent = true;
  bridge.put(5);
  bridge.silent = false;
  bridge.put(6);
  await until(device.engine, () => device.mirror().messages.has(5) && device.mirror().messages.has(6));
  const hellos = bridge.heard.filter((up) => up.t === 'hello');
  assert.equal(hellos.length, 2);
  assert.equal(hellos[1]?.t === 'hello' && hellos[1].cursors[0]?.rev, 4);
});

test('every frame twice: the device is as if it were once', async (t) => {
  const bridge = await Bridge.start(t);
  bridge.twice = true;
  for (let id = 1; id <= 7; id += 1) bridge.put(id);
  const device = await openDevice(t, bridge);
  await synced(device);
  await device.engine.act(ACCOUNT, [{ verb: 'archive', messages: [3] }]);
  bridge.expunge(2);
  await until(device.engine, () => device.engine.pending.length === 0 && !device.mirror().messages.has(2));
  assert.deepEqual(device.errors, []);
  assert.deepEqual(new Map(device.mirror().messages), bridge.messages);
});

test('a lost store on the bridge is a fresh start, with the new rows only', async (t) => {
  const { bridge, device } = await start(t);
  bridge.lose();
  bridge.cut();
  await until(device.engine, () => device.mirror().epoch === 'e2' && device.mirror().filling === null);
  assert.deepEqual(new Map(device.mirror().messages), bridge.messages);
});

test('facts of an account that is not on this device are not kept', async (t) => {
  const { bridge, device } = await start(t);
  const gone = { mailboxes: [], messages: [] };
  const part = { more: false, fill: null, mailboxes: [mailbox(7, 'inbox')], messages: [], gone, settled: [] };
  bridge.tell({ t: 'changes', account: 'somebody-else', epoch: 'x', from: 0, to: 1, ...part });
  bridge.put(9);
  await until(device.engine, () => device.mirror().messages.has(9));
  assert.deepEqual([...device.engine.accounts.keys()], [ACCOUNT]);
});

test('a bridge of another protocol makes the app update itself', async (t) => {
  const { bridge, device } = await start(t);
  bridge.close(4426);
  await until(device.engine, () => device.engine.link.is === 'outdated');
});

test('a session that ended while the socket was down is noticed without being told on the socket', async (t) => {
  const { bridge, device } = await start(t);
  bridge.signedIn = false;
  bridge.closeWith = 4429;
  bridge.cut();
  await until(device.engine, () => device.engine.link.is === 'signed-out');
});

test('at most as many calls are under way as the bridge allows, and all of them get through', async (t) => {
  const { bridge, device } = await start(t, { callsInFlight: 20 });
  bridge.closeWith = 4429;
  bridge.close(4429);
  await until(device.engine, () => device.engine.link.is === 'offline');
  const flags = { verb: 'flag' as const, messages: [1], add: ['\\Flagged'], remove: [] };
  await Promise.all(Array.from({ length: 30 }, () => device.engine.act(ACCOUNT, [flags])));
  let most = 0;
  bridge.verdict = () => {
    const open = [...bridge.ledger.values()].filter((entry) => entry.outcomes === null).length;
    most = Math.max(most, open);
    return null;
  };
  bridge.closeWith = null;
  device.engine.kick();
  await until(
    device.engine,
    () => device.engine.pending.filter((one) => one.state === 'accepted').length === 20,
  );
  assert.equal(most, 20);
  bridge.verdict = () => [{ as: 'done' }];
  for (const [id, entry] of bridge.ledger) if (entry.outcomes === null) bridge.finish(id);
  await until(device.engine, () => device.engine.pending.length === 0);
  assert.equal(bridge.ledger.size, 30);
});
