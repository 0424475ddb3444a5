import test, { type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { makeSeal, readKey, SealError } from '../../server/seal.ts';

function keyFile(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'pimento-key-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return join(dir, 'key');
}

test('whatever is sealed for an account opens for that account, and for no other', () => {
  const seal = makeSeal(randomBytes(32));
  const text = fc.string({ unit: 'grapheme' });
  fc.assert(
    fc.property(text, text, text, (plain, account, other) => {
      const sealed = seal.seal(plain, account);
      assert.equal(seal.open(sealed, account), plain);
      if (other !== account) assert.throws(() => seal.open(sealed, other), SealError);
    }),
    { numRuns: 100 },
  );
});

test('a record with any byte flipped does not open', () => {
  const seal = makeSeal(randomBytes(32));
  const sealed = seal.seal('correct horse', 'a1');
  for (let index = 0; index < sealed.length; index += 1) {
    const bent = Uint8Array.from(sealed);
    bent[index] = (bent[index] ?? 0) ^ 1;
    assert.throws(() => seal.open(bent, 'a1'), SealError, `byte ${index}`);
  }
});

test('a record cut short does not open', () => {
  const seal = makeSeal(randomBytes(32));
  const sealed = seal.seal('', 'a1');
  for (let length = 0; length < sealed.length; length += 1)
    assert.throws(() => seal.open(sealed.subarray(0, length), 'a1'), SealError, `${length} bytes`);
});

test('the same secret sealed twice shares no bytes but the version and the key id', () => {
  const seal = makeSeal(randomBytes(32));
  const [one, two] = [seal.seal('correct horse', 'a1'), seal.seal('correct horse', 'a1')];
  assert.deepEqual(one.subarray(0, 5), two.subarray(0, 5));
  assert.notDeepEqual(one.subarray(5, 65), two.subarray(5, 65));
  assert.notDeepEqual(one.subarray(77), two.subarray(77));
});

test('a record sealed under another key says so, without being tried', () => {
  const sealed = makeSeal(randomBytes(32)).seal('correct horse', 'a1');
  assert.throws(() => makeSeal(randomBytes(32)).open(sealed, 'a1'), /belongs to another key/);
});

test('the first start makes a key that only its owner can read, and later starts use it', (t) => {
  const file = keyFile(t);
  const first = readKey(file);
  assert.equal(first.length, 32);
  assert.equal(statSync(file).mode & 0o777, 0o400);
  assert.deepEqual(readKey(file), first);
  assert.deepEqual(readFileSync(file), Buffer.from(first));
});

test('a key file that others can read is refused', (t) => {
  const file = keyFile(t);
  readKey(file);
  for (const mode of [0o440, 0o404, 0o640, 0o420]) {
    chmodSync(file, mode);
    assert.throws(() => readKey(file), /can be read by others .*chmod 400/);
  }
});

test('a key file that is too short or too long is refused, and stays as it is', (t) => {
  const file = keyFile(t);
  for (const length of [0, 31, 33]) {
    writeFileSync(file, randomBytes(length), { mode: 0o600 });
    assert.throws(() => readKey(file), new RegExp(`must hold exactly 32 bytes, it holds ${length}`));
    assert.equal(statSync(file).size, length);
  }
});

test('a key file whose directory is missing is refused in words', (t) => {
  const file = join(keyFile(t), 'deeper');
  assert.throws(() => readKey(file), /cannot be read or made \(ENOENT\)/);
  assert.equal(existsSync(file), false);
});
