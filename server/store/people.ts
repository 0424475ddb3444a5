/**
 * Persons, their accounts, and the devices they signed in on.
 *
 * Decision: whoever proves a login on the mail server is the person of that account; there is no user list of
 * our own. These rows mirror nothing, so every change here waits for the disk, except when a device was last
 * seen. A new account draws the base of its ids at random: an id from a lost database never names another mail.
 */
import { randomBytes } from 'node:crypto';
import { idBase, newEpoch } from './life.ts';
import { textOf as text, type Row, type Sqlite } from './sqlite.ts';

export interface AccountRow {
  id: string;
  person: string;
  /** The IMAP server as the accounts name it, for instance `mail.example.org:993`. */
  server: string;
  login: string;
  address: string;
  /** The sealed password; opens with the account id. */
  secret: Uint8Array;
  epoch: string;
  rev: number;
  /** Cursors below this rev cannot be resumed. */
  floor: number;
  nextId: number;
}

/** One browser that signed in. Times in milliseconds since 1970. */
export interface DeviceRow {
  id: string;
  person: string;
  agent: string;
  created: number;
  seen: number;
}

/** What a sign-in proved. `seal` is given the id the account has, or is about to get. */
export interface Admission {
  server: string;
  login: string;
  address: string;
  seal: (account: string) => Uint8Array;
}

const SEEN_EVERY = 60_000;
/** A person's devices beyond this: the one unseen for longest goes. */
const DEVICES = 50;
const newId = () => randomBytes(16).toString('base64url');

export class People {
  readonly #db: Sqlite;
  readonly #clock: () => number;

  constructor(db: Sqlite, clock: () => number) {
    this.#db = db;
    this.#clock = clock;
  }

  async findAccount(server: string, login: string): Promise<AccountRow | null> {
    const row = this.#db.one('SELECT * FROM account WHERE server = ? AND login = ?', server, login);
    return row ? toAccount(row) : null;
  }

  async account(id: string): Promise<AccountRow | null> {
    const row = this.#db.one('SELECT * FROM account WHERE id = ?', id);
    return row ? toAccount(row) : null;
  }

  /** Finds the account of (server, login) and gives it the new secret, or creates it with a person of its own. */
  async admit({ server, login, address, seal }: Admission): Promise<AccountRow> {
    return this.#db.transaction(true, () => {
      const known = this.#db.one('SELECT id FROM account WHERE server = ? AND login = ?', server, login);
      const id = known ? text(known, 'id') : newId();
      if (known)
        this.#db.run('UPDATE account SET secret = ?, address = ? WHERE id = ?', seal(id), address, id);
      else this.#create(id, { server, login, address, seal });
      return toAccount(this.#db.one('SELECT * FROM account WHERE id = ?', id) ?? {});
    });
  }

  #create(id: string, { server, login, address, seal }: Admission): void {
    const person = newId();
    this.#db.run('INSERT INTO person (id, created) VALUES (?, ?)', person, this.#clock());
    this.#db.run(
      `INSERT INTO account (id, person, server, login, address, secret, epoch, rev, floor, next_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, ?)`,
      id,
      person,
      server,
      login,
      address,
      seal(id),
      newEpoch(),
      idBase(),
    );
  }

  async updateSecret(id: string, secret: Uint8Array): Promise<void> {
    this.#db.transaction(true, () => this.#db.run('UPDATE account SET secret = ? WHERE id = ?', secret, id));
  }

  async accountsOf(person: string): Promise<AccountRow[]> {
    return this.#db.all('SELECT * FROM account WHERE person = ? ORDER BY rowid', person).map(toAccount);
  }

  async allAccounts(): Promise<AccountRow[]> {
    return this.#db.all('SELECT * FROM account ORDER BY rowid').map(toAccount);
  }

  /** `tokenHash`: SHA-256 of the device's token; the token itself is never stored. `agent` is cut to 200 characters. */
  async createDevice(person: string, tokenHash: Uint8Array, agent: string): Promise<DeviceRow> {
    const now = this.#clock();
    const id = newId();
    this.#db.transaction(true, () => {
      this.#db.run(
        'INSERT INTO device (id, person, token_hash, agent, created, seen) VALUES (?, ?, ?, ?, ?, ?)',
        id,
        person,
        tokenHash,
        agent.slice(0, 200),
        now,
        now,
      );
      this.#db.run(
        `DELETE FROM device WHERE id IN
           (SELECT id FROM device WHERE person = ? ORDER BY seen DESC, rowid DESC LIMIT -1 OFFSET ?)`,
        person,
        DEVICES,
      );
    });
    return { id, person, agent: agent.slice(0, 200), created: now, seen: now };
  }

  async findDevice(tokenHash: Uint8Array): Promise<DeviceRow | null> {
    const row = this.#db.one('SELECT * FROM device WHERE token_hash = ?', tokenHash);
    return row ? toDevice(row) : null;
  }

  /** Notes that the device was here; writes at most once a minute. */
  async touchDevice(id: string): Promise<void> {
    const now = this.#clock();
    this.#db.run('UPDATE device SET seen = ? WHERE id = ? AND seen <= ?', now, id, now - SEEN_EVERY);
  }

  async deleteDevice(id: string): Promise<void> {
    this.#db.transaction(true, () => this.#db.run('DELETE FROM device WHERE id = ?', id));
  }

  /** A person's devices, last seen first. */
  async devicesOf(person: string): Promise<DeviceRow[]> {
    return this.#db
      .all('SELECT * FROM device WHERE person = ? ORDER BY seen DESC, rowid DESC', person)
      .map(toDevice);
  }
}

function blob(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw new TypeError(`column ${column} holds no bytes`);
  return value;
}

function toAccount(row: Row): AccountRow {
  return {
    id: text(row, 'id'),
    person: text(row, 'person'),
    server: text(row, 'server'),
    login: text(row, 'login'),
    address: text(row, 'address'),
    secret: blob(row, 'secret'),
    epoch: text(row, 'epoch'),
    rev: Number(row['rev']),
    floor: Number(row['floor']),
    nextId: Number(row['next_id']),
  };
}

function toDevice(row: Row): DeviceRow {
  return {
    id: text(row, 'id'),
    person: text(row, 'person'),
    agent: text(row, 'agent'),
    created: Number(row['created']),
    seen: Number(row['seen']),
  };
}
