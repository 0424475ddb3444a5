/**
 * Seals the mail passwords the bridge must keep while nobody is looking.
 *
 * Decision: envelope encryption. Each record has a data key of its own (AES-256-GCM), wrapped by the key-encryption
 * key of the key file; so the database alone opens nothing, and a new key file can rewrap without touching the
 * records' own ciphertext. The account id is authenticated with both layers: a record copied to another
 * account's row does not open.
 *
 *   version 1 | key id 4 | nonce 12 | wrapped data key 32 + tag 16 | nonce 12 | ciphertext + tag 16
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

const VERSION = 1;
const KEY = 32;
const NONCE = 12;
const TAG = 16;
const KEY_ID = 4;
const HEAD = 1 + KEY_ID;
const WRAPPED = NONCE + KEY + TAG;

export interface Seal {
  /** Seals `plain` (UTF-8) for the account `aad`. */
  seal(plain: string, aad: string): Uint8Array;
  /** Opens what `seal` made for the same `aad`. Throws SealError on anything else, without saying what was wrong. */
  open(sealed: Uint8Array, aad: string): string;
}

/** A key file that must not be used, or a record that does not open. The message is safe to show and to log. */
export class SealError extends Error {}

/** Makes a seal from a 32-byte key-encryption key. */
export function makeSeal(kek: Uint8Array): Seal {
  if (kek.length !== KEY) throw new SealError(`The key must be ${KEY} bytes, it is ${kek.length}.`);
  const keyId = createHash('sha256').update('pimento key id').update(kek).digest().subarray(0, KEY_ID);
  const head = Buffer.concat([Uint8Array.of(VERSION), keyId]);
  return {
    seal(plain, aad) {
      const dek = randomBytes(KEY);
      const bound = bind(head, aad);
      const sealed = Buffer.concat([
        head,
        encrypt(kek, dek, bound),
        encrypt(dek, Buffer.from(plain, 'utf8'), bound),
      ]);
      dek.fill(0);
      return sealed;
    },
    open(sealed, aad) {
      const bytes = Buffer.from(sealed);
      if (bytes.length < HEAD + WRAPPED + NONCE + TAG || bytes[0] !== VERSION)
        throw new SealError('A sealed record is damaged.');
      if (!bytes.subarray(1, HEAD).equals(keyId))
        throw new SealError('A sealed record belongs to another key.');
      const bound = bind(head, aad);
      const dek = decrypt(kek, bytes.subarray(HEAD, HEAD + WRAPPED), bound);
      const plain = decrypt(dek, bytes.subarray(HEAD + WRAPPED), bound).toString('utf8');
      dek.fill(0);
      return plain;
    },
  };
}

function bind(head: Buffer, aad: string): Buffer {
  return Buffer.concat([head, Buffer.from(aad, 'utf8')]);
}

function encrypt(key: Uint8Array, plain: Uint8Array, aad: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG }).setAAD(aad);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Uint8Array, sealed: Buffer, aad: Uint8Array): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE), { authTagLength: TAG })
    .setAAD(aad)
    .setAuthTag(sealed.subarray(sealed.length - TAG));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE, sealed.length - TAG)), decipher.final()]);
  } catch (error) {
    throw new SealError('A sealed record is damaged or belongs to another account.', { cause: error });
  }
}

/**
 * Reads the key-encryption key, or makes it at the first start: 32 random bytes, mode 0400, on the disk before
 * anything is sealed with it. Throws SealError for a file that is too short, too long, or readable by others.
 */
export function readKey(file: string): Uint8Array {
  try {
    return checkKey(file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw unreadable(file, error);
  }
  try {
    writeKey(file);
  } catch (error) {
    // Another process made it between our look and our write: that one counts.
    if (codeOf(error) !== 'EEXIST') throw unreadable(file, error);
  }
  return checkKey(file);
}

function unreadable(file: string, error: unknown): SealError {
  if (error instanceof SealError) return error;
  return new SealError(`The key file ${file} cannot be read or made (${codeOf(error)}).`, { cause: error });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'an error';
}

function writeKey(file: string): void {
  const handle = openSync(file, 'wx', 0o400);
  try {
    writeSync(handle, randomBytes(KEY));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function checkKey(file: string): Uint8Array {
  const handle = openSync(file, 'r');
  try {
    const mode = fstatSync(handle).mode & 0o777;
    if (mode & 0o077)
      throw new SealError(
        `The key file ${file} can be read by others (mode ${mode.toString(8)}): chmod 400 it, or make a new key.`,
      );
    const key = readFileSync(handle);
    if (key.length !== KEY)
      throw new SealError(`The key file ${file} must hold exactly ${KEY} bytes, it holds ${key.length}.`);
    return key;
  } finally {
    closeSync(handle);
  }
}
