import assert from 'node:assert/strict';
import test from 'node:test';
import { beginLife, endLife } from '../../../server/store/life.ts';
import { People } from '../../../server/store/people.ts';
import { Sqlite } from '../../../server/store/sqlite.ts';

async function database() {
  const db = new Sqlite(':memory:');
  const people = new People(db, () => 1);
  const seal = () => new Uint8Array(1);
  const { id } = await people.admit({ server: 's', login: 'l', address: 'a@example.org', seal });
  const now = async () => {
    const row = await people.account(id);
    return { epoch: row?.epoch ?? '', nextId: row?.nextId ?? 0 };
  };
  return { db, now };
}

test('an orderly end, also before the machine starts anew, keeps the epoch', async () => {
  const { db, now } = await database();
  const before = await now();
  assert.equal(beginLife(db, 'monday'), false);
  endLife(db);
  assert.equal(beginLife(db, 'tuesday'), false);
  assert.deepEqual(await now(), before);
});

test('a killed bridge on a machine that ran on keeps the epoch', async () => {
  const { db, now } = await database();
  const before = await now();
  beginLife(db, 'monday');
  assert.equal(beginLife(db, 'monday'), false);
  assert.deepEqual(await now(), before);
});

test('a machine that lost its power under a bridge gives every account a new epoch and new ids', async () => {
  const { db, now } = await database();
  const before = await now();
  beginLife(db, 'monday');
  assert.equal(beginLife(db, 'tuesday'), true);
  const after = await now();
  assert.notEqual(after.epoch, before.epoch);
  assert.notEqual(Math.floor(after.nextId / 2 ** 32), Math.floor(before.nextId / 2 ** 32));
});
