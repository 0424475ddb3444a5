/**
 * The only file that knows node:sqlite: opens, migrates, and runs transactions.
 *
 * Decision: one connection, WAL. Rows that mirror IMAP are committed without waiting for the disk, for they can
 * be fetched again; a commit that carries a ledger change is `durable` and waits (synchronous=FULL), which also
 * makes every commit before it durable. Verbs built on this return promises, so that another database can stand
 * behind them; nothing above may assume that it is alone.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { MIGRATIONS } from './schema.ts';

export type Row = Record<string, SQLOutputValue>;

/** A TEXT column that is never null. */
export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`column ${column} holds no text`);
  return value;
}

export class Sqlite {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #durable = false;

  /** Opens or creates the file (`:memory:` for tests) and brings it to the newest version. Throws on a newer one. */
  constructor(file: string) {
    if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    this.#db = new DatabaseSync(file);
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000');
    this.#migrate();
  }

  #migrate(): void {
    const version = Number(this.one('PRAGMA user_version')?.['user_version']);
    if (version > MIGRATIONS.length)
      throw new Error(
        `The database is of version ${version}, this build knows ${MIGRATIONS.length}. Start the newer build.`,
      );
    for (const [index, sql] of MIGRATIONS.entries()) {
      if (index < version) continue;
      this.transaction(true, () => {
        this.#db.exec(sql);
        this.#db.exec(`PRAGMA user_version = ${index + 1}`);
      });
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  one(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values);
  }

  /** Runs `work` in one transaction; rolls back if it throws. Durable: on the disk when this returns. */
  transaction<T>(durable: boolean, work: () => T): T {
    if (durable !== this.#durable) {
      this.#db.exec(`PRAGMA synchronous = ${durable ? 'FULL' : 'NORMAL'}`);
      this.#durable = durable;
    }
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }
}
