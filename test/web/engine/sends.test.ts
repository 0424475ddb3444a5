/** Mail leaves once or the person is asked: undo, withdrawal, doubt, and drafts that are never lost. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Call } from '../../../shared/commands.ts';
import { Bridge } from './bridge.ts';
import { ACCOUNT } from './door.ts';
import { openDevice, synced, until, type Device } from './device.ts';
import { draft } from './rows.ts';

async function start(t: test.TestContext): Promise<{ bridge: Bridge; device: Device }> {
  const bridge = await Bridge.start(t);
  bridge.put(1);
  const device = await openDevice(t, bridge);
  await synced(device);
  return { bridge, device };
}

async function goOffline(bridge: Bridge, { engine }: Device): Promise<void> {
  bridge.closeWith = 4429;
  bridge.close(4429);
  await until(engine, () => engine.link.is === 'offline');
}

async function goOnline(bridge: Bridge, { engine }: Device): Promise<void> {
  bridge.closeWith = null;
  engine.kick();
  await until(engine, () => engine.link.is === 'live');
}

const sends = (bridge: Bridge): Call[] =>
  [...bridge.ledger.values()].map((entry) => entry.call).filter((call) => call.steps[0]?.verb === 'send');

test('a sent draft leaves the drafts, arrives once with its own Message-ID, and leaves nothing behind', async (t) => {
  const { bridge, device } = await start(t);
  await device.engine.saveDraft(draft('d1'));
  await device.engine.sendDraft(draft('d1', { subject: 'Two\r\nbooks' }), 0);
  assert.equal(device.engine.drafts.size, 0);
  await until(device.engine, () => device.engine.pending.length === 0);
  const [call] = sends(bridge);
  const step = call?.steps[0];
  assert.ok(step?.verb === 'send');
  assert.equal(step.mail.subject, 'Two books');
  assert.match(step.mail.messageId, /^<[\w-]+@library\.example>$/);
  assert.equal(sends(bridge).length, 1);
});

test('undo of a send that never left gives the draft back and sends nothing', async (t) => {
  const { bridge, device } = await start(t);
  await goOffline(bridge, device);
  await device.engine.saveDraft(draft('d1'));
  const id = await device.engine.sendDraft(draft('d1'), 10_000);
  assert.equal(device.engine.pending[0]?.draft?.id, 'd1');
  assert.equal(await device.engine.withdraw(id), true);
  assert.deepEqual(device.engine.pending, []);
  assert.equal(device.engine.draft('d1')?.text, draft('d1').text);
  await goOnline(bridge, device);
  assert.equal(bridge.ledger.size, 0);
});

test('a held send that is taken back in time vanishes and is a draft again', async (t) => {
  const { bridge, device } = await start(t);
  bridge.verdict = (call) => (call.steps[0]?.verb === 'withdraw' ? [{ as: 'done' }] : null);
  const id = await device.engine.sendDraft(draft('d1'), 10_000);
  await until(device.engine, () => device.engine.pending[0]?.state === 'accepted');
  bridge.tell({ t: 'progress', account: ACCOUNT, id, state: 'held', text: '' });
  await until(device.engine, () => device.engine.pending[0]?.state === 'held');
  assert.equal(await device.engine.withdraw(id), false);
  assert.equal(await device.engine.withdraw(id), false, 'asked twice, told once');
  await until(device.engine, () => device.engine.pending.length === 1);
  bridge.finish(id, [{ as: 'refused', code: 'withdrawn', text: 'taken back' }]);
  await until(device.engine, () => device.engine.pending.length === 0);
  assert.ok(device.engine.draft('d1'));
  assert.equal(
    bridge.heard.filter((up) => up.t === 'call' && up.call.steps[0]?.verb === 'withdraw').length,
    1,
  );
});

test('taking back too late is said at the send itself; when that has gone, the withdrawal stays to be read', async (t) => {
  const { bridge, device } = await start(t);
  bridge.verdict = () => null;
  const id = await device.engine.sendDraft(draft('d1'), 0);
  await until(device.engine, () => device.engine.pending[0]?.state === 'accepted');
  await device.engine.withdraw(id);
  const withdrawal = device.engine.pending[1]?.call.id ?? '';
  await until(device.engine, () => device.engine.pending[1]?.state === 'accepted');
  bridge.finish(withdrawal, [{ as: 'refused', code: 'late', text: 'it is being sent' }]);
  await until(device.engine, () => device.engine.pending.length === 1);
  assert.match(device.engine.pending[0]?.text ?? '', /Too late/);

  await device.engine.withdraw(id);
  const second = device.engine.pending[1]?.call.id ?? '';
  await until(device.engine, () => device.engine.pending[1]?.state === 'accepted');
  bridge.finish(id);
  bridge.finish(second, [{ as: 'refused', code: 'late', text: 'it has been sent' }]);
  await until(device.engine, () => device.engine.pending[0]?.state === 'refused');
  assert.equal(device.engine.pending.length, 1);
  assert.equal(device.engine.pending[0]?.text, 'it has been sent');
});

test('undo of an act that has settled acts its inverse; of one that never left, nothing is ever sent', async (t) => {
  const { bridge, device } = await start(t);
  const back = [{ verb: 'move' as const, messages: [1], to: 1 }];
  const archive = [{ verb: 'archive' as const, messages: [1] }];
  const id = await device.engine.act(ACCOUNT, archive, back);
  await until(device.engine, () => device.engine.pending.length === 0);
  assert.equal(bridge.messages.get(1)?.mailbox, 2);
  await device.engine.undo(id);
  await until(device.engine, () => device.engine.pending.length === 0);
  assert.equal(bridge.messages.get(1)?.mailbox, 1);

  await goOffline(bridge, device);
  const heard = bridge.ledger.size;
  await device.engine.undo(await device.engine.act(ACCOUNT, archive, back));
  assert.deepEqual(device.engine.pending, []);
  await goOnline(bridge, device);
  assert.equal(bridge.ledger.size, heard);
});

test('sends go before everything else, and the rest in the order of the taps', async (t) => {
  const { bridge, device } = await start(t);
  await goOffline(bridge, device);
  const taps: string[] = [];
  for (const verb of ['archive', 'trash'] as const) {
    taps.push(await device.engine.act(ACCOUNT, [{ verb, messages: [1] }]));
  }
  const send = await device.engine.sendDraft(draft('d1'), 0);
  taps.push(await device.engine.act(ACCOUNT, [{ verb: 'move', messages: [1], to: 1 }]));
  await goOnline(bridge, device);
  await until(device.engine, () => device.engine.pending.length === 0);
  assert.deepEqual([...bridge.ledger.keys()], [send, ...taps]);
});

test('a send told to a ledger that is lost becomes unsure, is not sent again by itself, and is by hand', async (t) => {
  const { bridge, device } = await start(t);
  bridge.silent = true;
  const id = await device.engine.sendDraft(draft('d1'), 0);
  const flag = await device.engine.act(ACCOUNT, [{ verb: 'archive', messages: [1] }]);
  await until(device.engine, () => device.engine.pending.every((one) => one.state === 'sent'));
  while (bridge.ledger.size < 2) await new Promise(setImmediate);
  const messageId = sends(bridge)[0]?.steps[0];
  bridge.silent = false;
  bridge.lose();
  bridge.cut();
  await until(device.engine, () => device.engine.pending[0]?.state === 'unsure');
  await until(device.engine, () => device.engine.pending.length === 1 && device.mirror().epoch === 'e2');
  assert.ok(bridge.ledger.has(flag), 'an idempotent call simply goes again');
  assert.ok(!bridge.ledger.has(id), 'the send does not');

  const again = await device.engine.sendAgain(id);
  await until(device.engine, () => device.engine.pending.length === 0);
  assert.notEqual(again, id);
  assert.deepEqual(sends(bridge)[0]?.steps[0], messageId, 'the same mail');
});

test('a refused send can be opened as a draft again', async (t) => {
  const { bridge, device } = await start(t);
  bridge.verdict = () => [{ as: 'refused', code: 'server', text: '550 no such user' }];
  const id = await device.engine.sendDraft(draft('d1'), 0);
  await until(device.engine, () => device.engine.pending[0]?.state === 'refused');
  assert.equal((await device.engine.reopen(id))?.id, 'd1');
  assert.ok(device.engine.draft('d1'));
  assert.deepEqual(device.engine.pending, []);
});

test('a call the bridge could never read is refused here, and one from an older app does not close the socket', async (t) => {
  const { bridge, device } = await start(t);
  await assert.rejects(device.engine.act(ACCOUNT, []));
  await assert.rejects(device.engine.sendDraft(draft('d1', { text: 'x'.repeat(200_001) }), 0));
  await assert.rejects(device.engine.sendDraft(draft('d1', { text: '€'.repeat(150_000) }), 0), /too large/);
  assert.deepEqual(device.engine.pending, []);
  assert.equal(bridge.ledger.size, 0);
});
