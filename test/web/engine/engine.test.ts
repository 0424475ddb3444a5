/** The engine as a whole, against a real socket: what a person on a train may count on. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import { SEEN } from '../../../shared/mail.ts';
import { openDatabase } from '../../../web/engine/db.ts';
import { addCall } from '../../../web/engine/outbox.ts';
import { SignInError } from '../../../web/engine/engine.ts';
import { shownMessages } from '../../../web/engine/view.ts';
import { Bridge } from './bridge.ts';
import { ACCOUNT } from './door.ts';
import { openDevice, synced, until } from './device.ts';
import { body, draft, message } from './rows.ts';

async function bridgeWith(t: test.TestContext, rows: number): Promise<Bridge> {
  const bridge = await Bridge.start(t);
  for (let id = 1; id <= rows; id += 1) bridge.put(id);
  return bridge;
}

test('a first sync brings every mailbox and every row, newest first', async (t) => {
  const bridge = await bridgeWith(t, 10);
  const device = await openDevice(t, bridge);
  await synced(device);
  const ids = shownMessages(device.mirror(), device.engine.pending, 1).map((row) => row.id);
  assert.deepEqual(ids, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  assert.equal(device.mirror().mailboxes.get(1)?.total, 10);
  assert.deepEqual(device.errors, []);
});

test('it opens from the database alone when there is no network at all', async (t) => {
  const bridge = await bridgeWith(t, 4);
  const first = await openDevice(t, bridge, { database: 'no-network' });
  await synced(first);
  first.engine.close();
  const { base } = bridge;
  bridge.stop();
  const second = await openDevice(t, bridge, { database: 'no-network', base });
  assert.equal(second.mirror().messages.size, 4);
  await until(second.engine, () => second.engine.link.is === 'offline');
});

test('an act made offline survives a killed tab and happens once when the network is back', async (t) => {
  const bridge = await bridgeWith(t, 3);
  const first = await openDevice(t, bridge, { database: 'killed-tab' });
  await synced(first);
  bridge.down = true;
  bridge.closeWith = 4429;
  bridge.close(4429);
  await until(first.engine, () => first.engine.link.is === 'offline');
  await first.engine.act(ACCOUNT, [{ verb: 'archive', messages: [2] }]);
  assert.deepEqual(
    shownMessages(first.mirror(), first.engine.pending, 1).map((row) => row.id),
    [3, 1],
  );
  first.engine.close();

  bridge.down = false;
  bridge.closeWith = null;
  const second = await openDevice(t, bridge, { database: 'killed-tab' });
  assert.deepEqual(
    shownMessages(second.mirror(), second.engine.pending, 2).map((row) => row.id),
    [2],
  );
  await until(second.engine, () => second.engine.pending.length === 0);
  assert.equal(second.mirror().messages.get(2)?.mailbox, 2);
  assert.deepEqual(
    [...bridge.ledger.values()].map((entry) => entry.effects),
    [1],
  );
});

test('between the tap and the settled row the message is never seen back in its old place', async (t) => {
  const bridge = await bridgeWith(t, 5);
  const device = await openDevice(t, bridge);
  await synced(device);
  const seen: boolean[] = [];
  await device.engine.act(ACCOUNT, [{ verb: 'trash', messages: [4] }]);
  device.engine.listen(() => {
    seen.push(shownMessages(device.mirror(), device.engine.pending, 1).some((row) => row.id === 4));
  });
  await until(device.engine, () => device.engine.pending.length === 0);
  assert.ok(seen.length > 0);
  assert.ok(!seen.includes(true));
});

test('a refused act gives the row back and stays until it is dismissed', async (t) => {
  const bridge = await bridgeWith(t, 2);
  bridge.verdict = () => [{ as: 'refused', code: 'server', text: 'Mailbox is full' }];
  const device = await openDevice(t, bridge);
  await synced(device);
  const id = await device.engine.act(ACCOUNT, [{ verb: 'archive', messages: [1] }]);
  await until(device.engine, () => device.engine.pending[0]?.state === 'refused');
  assert.equal(device.engine.pending[0]?.text, 'Mailbox is full');
  assert.equal(shownMessages(device.mirror(), device.engine.pending, 1).length, 2);
  await device.engine.dismiss(id);
  assert.deepEqual(device.engine.pending, []);
});

test('calls that were on the way go again on the next socket and take effect once', async (t) => {
  const bridge = await bridgeWith(t, 3);
  const device = await openDevice(t, bridge);
  await synced(device);
  bridge.silent = true;
  await device.engine.act(ACCOUNT, [{ verb: 'flag', messages: [1], add: [SEEN], remove: [] }]);
  await until(device.engine, () => device.engine.pending[0]?.state === 'sent');
  while (bridge.ledger.size === 0) await new Promise(setImmediate);
  bridge.silent = false;
  bridge.cut();
  await until(device.engine, () => device.engine.pending.length === 0);
  assert.deepEqual(device.mirror().messages.get(1)?.flags, [SEEN]);
  assert.equal([...bridge.ledger.values()][0]?.effects, 1);
});

test('a refused password is told in the words of the bridge, and nothing is kept', async (t) => {
  const bridge = await bridgeWith(t, 1);
  bridge.signedIn = false;
  const { engine } = await openDevice(t, bridge);
  await until(engine, () => engine.link.is === 'signed-out');
  await assert.rejects(
    engine.signIn({ email: 'reader@library.example', password: 'wrong' }),
    (error: unknown) =>
      error instanceof SignInError && error.code === 'auth' && error.message.startsWith('The Library'),
  );
  bridge.down = true;
  await assert.rejects(engine.signIn({ demo: true }), { code: 'offline' });
  assert.equal(engine.accounts.size, 0);
  bridge.down = false;
  const session = await engine.signIn({ email: 'reader@library.example', password: 'right' });
  assert.equal(session.accounts[0]?.id, ACCOUNT);
  await until(engine, () => engine.accounts.get(ACCOUNT)?.messages.size === 1);
});

test('a session that ended keeps outbox and mail; signing in again sends what waited', async (t) => {
  const bridge = await bridgeWith(t, 2);
  const device = await openDevice(t, bridge);
  await synced(device);
  bridge.signedIn = false;
  bridge.close(4401);
  await until(device.engine, () => device.engine.link.is === 'signed-out');
  assert.equal(device.engine.session?.signedIn, false);
  await device.engine.act(ACCOUNT, [{ verb: 'archive', messages: [1] }]);
  assert.equal(device.mirror().messages.size, 2);
  await device.engine.signIn({ demo: true });
  await until(device.engine, () => device.engine.pending.length === 0);
  assert.equal(bridge.messages.get(1)?.mailbox, 2);
});

test('signing out leaves nothing on the device, in any tab, also when the bridge cannot be told', async (t) => {
  const bridge = await bridgeWith(t, 4);
  const one = await openDevice(t, bridge, { database: 'sign-out' });
  await synced(one);
  const two = await openDevice(t, bridge, { database: 'sign-out' });
  await synced(two);
  await one.engine.saveDraft(draft('d1'));
  bridge.down = true;
  assert.deepEqual(await one.engine.signOut(), { server: false });
  assert.equal(one.engine.accounts.size, 0);
  assert.equal(one.engine.drafts.size, 0);
  await until(two.engine, () => two.engine.accounts.size === 0 && two.engine.link.is === 'signed-out');
  bridge.down = false;
  one.engine.kick();
  await until(one.engine, () => !bridge.signedIn);
  const three = await openDevice(t, bridge, { database: 'sign-out' });
  assert.equal(three.engine.accounts.size, 0);
});

test('a session for another account erases what belonged to the one before', async (t) => {
  const bridge = await bridgeWith(t, 2);
  const database = `other-${randomUUID()}`;
  const db = await openDatabase(database, { lost: () => {}, blocked: () => {} });
  await db.put('accounts', { id: 'before', address: 'before@library.example' });
  await db.put('messages', message(7), ['before', 7]);
  await db.put('bodies', body(7), ['before', 7]);
  await db.put('drafts', draft('d1', { account: 'before' }));
  const call = { id: randomUUID(), account: 'before', steps: [{ verb: 'archive' as const, messages: [7] }] };
  await addCall(db, { call, at: 1, undo: null, draft: null });
  const device = await openDevice(t, bridge, { database });
  await synced(device);
  assert.deepEqual([...device.engine.accounts.keys()], [ACCOUNT]);
  assert.deepEqual([device.engine.drafts.size, device.engine.pending.length], [0, 0]);
  for (const store of ['bodies', 'calls', 'drafts'] as const) assert.equal(await db.count(store), 0, store);
  assert.deepEqual(await db.getAllKeys('messages'), [
    [ACCOUNT, 1],
    [ACCOUNT, 2],
  ]);
  db.close();
});
