import test, { type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { People } from '../../../server/store/people.ts';
import { Sqlite } from '../../../server/store/sqlite.ts';

const LIBRARY = { server: 'mail.example.org:993', login: 'library', address: 'library@example.org' };
const TIMETABLE = { ...LIBRARY, login: 'timetable', address: 'timetable@example.org' };
const secret = (byte: number) => () => Uint8Array.of(byte);

function open(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'pimento-people-'));
  const clock = { now: 1_000_000 };
  let db = new Sqlite(join(dir, 'db'));
  t.after(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });
  const people = () => new People(db, () => clock.now);
  const reopen = () => {
    db.close();
    db = new Sqlite(join(dir, 'db'));
    return people();
  };
  return { people: people(), reopen, clock };
}

test('a login let in for the first time becomes an account of a new person', async (t) => {
  const { people, reopen } = open(t);
  const sealedFor: string[] = [];
  const account = await people.admit({
    ...LIBRARY,
    seal: (id) => {
      sealedFor.push(id);
      return Uint8Array.of(7);
    },
  });
  assert.deepEqual(sealedFor, [account.id]);
  assert.equal(account.rev, 0);
  assert.equal(account.floor, 0);
  assert.deepEqual([...account.secret], [7]);
  const again = reopen();
  assert.deepEqual(await again.findAccount(LIBRARY.server, LIBRARY.login), account);
  assert.deepEqual(await again.account(account.id), account);
  assert.deepEqual(await again.accountsOf(account.person), [account]);
  assert.deepEqual(await again.allAccounts(), [account]);
});

test('a login that is known keeps its person, epoch and ids, and gets the new secret', async (t) => {
  const { people } = open(t);
  const first = await people.admit({ ...LIBRARY, seal: secret(1) });
  const second = await people.admit({ ...LIBRARY, address: 'books@example.org', seal: secret(2) });
  assert.deepEqual(second, { ...first, address: 'books@example.org', secret: second.secret });
  assert.deepEqual([...second.secret], [2]);
});

test('different logins are different persons, also on one server', async (t) => {
  const { people } = open(t);
  const one = await people.admit({ ...LIBRARY, seal: secret(1) });
  const two = await people.admit({ ...TIMETABLE, seal: secret(1) });
  assert.notEqual(one.person, two.person);
  assert.notEqual(one.epoch, two.epoch);
  assert.deepEqual(await people.accountsOf(one.person), [one]);
  assert.equal((await people.allAccounts()).length, 2);
  assert.equal(await people.findAccount('other.example.org:993', LIBRARY.login), null);
});

test('the ids of an account start at a random base with room for four billion below 2^53', async (t) => {
  const { people } = open(t);
  const bases = new Set<number>();
  for (let index = 0; index < 20; index += 1) {
    const { nextId } = await people.admit({ ...LIBRARY, login: `l${index}`, seal: secret(1) });
    assert.equal(nextId % 2 ** 32, 0);
    assert(nextId >= 2 ** 32 && nextId + 2 ** 32 - 1 <= Number.MAX_SAFE_INTEGER);
    bases.add(nextId);
  }
  assert(bases.size > 15);
});

test('an admission that cannot be sealed leaves nothing behind', async (t) => {
  const { people } = open(t);
  const seal = () => {
    throw new Error('no key');
  };
  await assert.rejects(people.admit({ ...LIBRARY, seal }), /no key/);
  assert.deepEqual(await people.allAccounts(), []);
  assert((await people.admit({ ...LIBRARY, seal: secret(1) })).id);
});

test('a secret can be changed alone', async (t) => {
  const { people } = open(t);
  const { id } = await people.admit({ ...LIBRARY, seal: secret(1) });
  await people.updateSecret(id, Uint8Array.of(9));
  assert.deepEqual([...((await people.account(id))?.secret ?? [])], [9]);
});

test('a device is found by the hash of its token until it is deleted', async (t) => {
  const { people, reopen } = open(t);
  const { person } = await people.admit({ ...LIBRARY, seal: secret(1) });
  const hash = Buffer.alloc(32, 5);
  const device = await people.createDevice(person, hash, 'A browser'.padEnd(500, '!'));
  assert.equal(device.agent.length, 200);
  const again = reopen();
  assert.deepEqual(await again.findDevice(hash), device);
  assert.equal(await again.findDevice(Buffer.alloc(32, 6)), null);
  await again.deleteDevice(device.id);
  assert.equal(await again.findDevice(hash), null);
  assert.deepEqual(await again.devicesOf(person), []);
});

test('that a device was seen is written at most once a minute', async (t) => {
  const { people, clock } = open(t);
  const { person } = await people.admit({ ...LIBRARY, seal: secret(1) });
  const { id, seen } = await people.createDevice(person, Buffer.alloc(32), '');
  const after = async (ms: number) => {
    clock.now = seen + ms;
    await people.touchDevice(id);
    return (await people.devicesOf(person))[0]?.seen;
  };
  assert.equal(await after(59_999), seen);
  assert.equal(await after(60_000), seen + 60_000);
  assert.equal(await after(119_999), seen + 60_000);
});

test('beyond fifty devices of a person the one unseen for longest goes, and nobody else’s', async (t) => {
  const { people, clock } = open(t);
  const { person } = await people.admit({ ...LIBRARY, seal: secret(1) });
  const other = await people.admit({ ...TIMETABLE, seal: secret(1) });
  await people.createDevice(other.person, Buffer.alloc(32, 255), '');
  const ids: string[] = [];
  for (let index = 0; index < 51; index += 1) {
    clock.now += 1;
    ids.push((await people.createDevice(person, Buffer.alloc(32, index), '')).id);
  }
  assert.deepEqual(
    (await people.devicesOf(person)).map(({ id }) => id),
    ids.slice(1).toReversed(),
  );
  assert.equal((await people.devicesOf(other.person)).length, 1);
});
