/**
 * One device's copy of an account, kept by the protocol's rule, for tests of the store.
 *
 * Decision: it takes facts only where they join its cursor and counts what it is told of each call, so whoever
 * uses it tests that intervals close and that nothing is told twice. It can catch up in pages of any size, from
 * any place, or live.
 */
import assert from 'node:assert/strict';
import type { Mailbox, Message } from '../../../shared/mail.ts';
import { fillPage, snapshot, cursorGood, deltaPage } from '../../../server/store/facts.ts';
import type { Facts } from '../../../server/store/records.ts';
import { mailboxOf, messageOf } from '../../../server/store/rows.ts';
import type { Sqlite } from '../../../server/store/sqlite.ts';

export const ACCOUNT = 'library';
export const EPOCH = 'first';

/** Makes the account's own row, with nothing in it. */
export function openAccount(db: Sqlite): void {
  db.run("INSERT INTO person (id, created) VALUES ('p', 0)");
  db.run(
    `INSERT INTO account (id, person, server, login, address, secret, epoch, rev, floor, next_id)
     VALUES (?, 'p', 'mail', 'library', 'library@example.org', x'00', ?, 0, 0, 1000)`,
    ...[ACCOUNT, EPOCH],
  );
}

/** What the rows are, by id. */
export function rowsOf(db: Sqlite): { mailboxes: Mailbox[]; messages: Message[] } {
  const all = (table: string) => db.all(`SELECT * FROM ${table} WHERE account = ? ORDER BY id`, ACCOUNT);
  return { mailboxes: all('mailbox').map(mailboxOf), messages: all('message').map(messageOf) };
}

export class Replica {
  rev: number | null = null;
  /** Rev of the snapshot it began with: calls settled up to there are not told. */
  began = 0;
  fill: string | null = null;
  readonly mailboxes = new Map<number, Mailbox>();
  readonly messages = new Map<number, Message>();
  readonly settled = new Map<string, number>();

  /** Begins anew with the snapshot. */
  begin(db: Sqlite): void {
    this.mailboxes.clear();
    this.messages.clear();
    const { facts, fill } = snapshot(db, ACCOUNT);
    this.rev = facts.from;
    this.apply(facts);
    this.began = facts.to;
    this.fill = fill;
  }

  apply(facts: Facts): void {
    assert.equal(facts.from, this.rev, 'a gap between two frames');
    assert.ok(facts.to >= facts.from);
    for (const box of facts.mailboxes) this.mailboxes.set(box.id, box);
    for (const row of facts.messages) this.#put(row);
    for (const id of facts.gone.messages) this.messages.delete(id);
    for (const id of facts.gone.mailboxes) this.mailboxes.delete(id);
    for (const { id } of facts.settled) this.settled.set(id, (this.settled.get(id) ?? 0) + 1);
    this.rev = facts.to;
  }

  /** Takes one page of at least `limit` facts, else one of the first sync. False: it has everything. */
  page(db: Sqlite, limit: number): boolean {
    if (this.rev === null || !cursorGood(db, ACCOUNT, EPOCH, this.rev)) {
      this.begin(db);
      return true;
    }
    const delta = deltaPage(db, ACCOUNT, this.rev, limit);
    if (delta) {
      assert.ok(delta.facts.to > this.rev, 'a page goes forward');
      this.apply(delta.facts);
      assert.equal(delta.more, deltaPage(db, ACCOUNT, this.rev, limit) !== null);
      return true;
    }
    if (this.fill === null) return false;
    const { messages, next, left } = fillPage(db, ACCOUNT, this.fill, limit);
    assert.ok(messages.length <= limit && (next !== null || left === 0));
    for (const row of messages) this.#put(row);
    this.fill = next;
    return true;
  }

  /** What it holds, by id. */
  rows(): { mailboxes: Mailbox[]; messages: Message[] } {
    const byId = (a: { id: number }, b: { id: number }) => a.id - b.id;
    return {
      mailboxes: [...this.mailboxes.values()].toSorted(byId),
      messages: [...this.messages.values()].toSorted(byId),
    };
  }

  #put(row: Message): void {
    const known = this.messages.get(row.id);
    if (!known || known.rev <= row.rev) this.messages.set(row.id, row);
  }
}
