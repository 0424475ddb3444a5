/**
 * The one way rows change: a commit, one transaction, one new rev for all it touches.
 *
 * Decision: the caller hands over data, not code, so a commit is short and another database can do the same. The
 * rev is given here and nowhere else. Effect and receipt land together: a ledger change that settles a call
 * shares the rev of the rows it changed. Counts of a mirrored mailbox are counted from its rows, never guessed.
 */
import type { Settled } from '../../shared/commands.ts';
import { SEEN, type Mailbox, type Message } from '../../shared/mail.ts';
import type { Facts, LedgerChange, MailboxRecord, MessageRecord, Writes } from './records.ts';
import { textOf, type Row, type Sqlite } from './sqlite.ts';

/** What a device sees of a stored mailbox. */
export function mailboxOf(row: Row): Mailbox {
  return {
    id: Number(row['id']),
    name: textOf(row, 'path'),
    delimiter: textOf(row, 'delimiter'),
    role: (row['role'] as Mailbox['role']) ?? null,
    selectable: row['selectable'] === 1,
    total: Number(row['total']),
    unread: Number(row['unread']),
  };
}

/** What a device sees of a stored message. */
export function messageOf(row: Row): Message {
  return {
    id: Number(row['id']),
    rev: Number(row['rev']),
    mailbox: Number(row['mailbox']),
    flags: flagsOf(row),
    date: Number(row['date']),
    size: Number(row['size']),
    ...(JSON.parse(textOf(row, 'envelope')) as object),
  } as Message;
}

export function flagsOf(row: Row): string[] {
  return row['flags'] === '' ? [] : textOf(row, 'flags').split(' ');
}

/** One commit in progress: collects what devices must be told. */
class Commit {
  readonly #db: Sqlite;
  readonly #account: string;
  readonly #now: number;
  readonly rev: number;
  readonly messages = new Set<number>();
  readonly goneMessages = new Set<number>();
  readonly mailboxes = new Set<number>();
  readonly goneMailboxes = new Set<number>();
  readonly settled: Settled[] = [];
  readonly #recount = new Set<number>();

  constructor(db: Sqlite, account: string, rev: number, now: number) {
    this.#db = db;
    this.#account = account;
    this.rev = rev;
    this.#now = now;
  }

  /** Counts of a mirrored mailbox stay as they were counted, whatever the caller holds. */
  putMailbox(box: MailboxRecord): void {
    const before = this.#db.one('SELECT * FROM mailbox WHERE account = ? AND id = ?', this.#account, box.id);
    const counted = before?.['mirrored'] === 1;
    const total = counted ? Number(before['total']) : box.total;
    const unread = counted ? Number(before['unread']) : box.unread;
    const seen =
      before &&
      before['path'] === box.path &&
      before['delimiter'] === box.delimiter &&
      before['role'] === box.role &&
      before['selectable'] === Number(box.selectable) &&
      before['total'] === total &&
      before['unread'] === unread;
    this.#db.run(
      `INSERT OR REPLACE INTO mailbox (account, id, path, delimiter, role, selectable, total, unread, uidvalidity,
       uidnext, modseq, lowest, mirrored, rev) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
      ...[this.#account, box.id, box.path, box.delimiter, box.role, Number(box.selectable), total],
      ...[unread, box.uidvalidity, box.uidnext, box.modseq, box.lowest, Number(box.mirrored)],
      seen ? Number(before['rev']) : this.rev,
    );
    if (!seen) this.mailboxes.add(box.id);
    if (box.mirrored) this.#recount.add(box.id);
  }

  dropMailbox(id: number): void {
    if (this.#db.run('DELETE FROM mailbox WHERE account = ? AND id = ?', this.#account, id) === 0) return;
    this.#tombstone('mailbox', id);
    this.mailboxes.delete(id);
    this.goneMailboxes.add(id);
  }

  putMessage(message: MessageRecord): void {
    this.#clearPlace(message.id, message.mailbox, message.uid);
    this.#db.run(
      `INSERT OR REPLACE INTO message (account, id, rev, mailbox, uid, flags, unread, date, size, message_id, envelope)
       VALUES (?,?,?,?,?,?,?,?,?,?,?)`,
      ...[this.#account, message.id, this.rev, message.mailbox, message.uid, message.flags.join(' ')],
      ...[Number(!message.flags.includes(SEEN)), message.date, message.size, message.messageId],
      JSON.stringify(message.envelope),
    );
    this.#touch(message.id, message.mailbox);
  }

  setFlags(id: number, flags: string[]): void {
    const text = flags.join(' ');
    const row = this.#db.one(
      'SELECT mailbox, flags FROM message WHERE account = ? AND id = ?',
      this.#account,
      id,
    );
    if (!row || row['flags'] === text) return;
    this.#db.run(
      'UPDATE message SET flags = ?, unread = ?, rev = ? WHERE account = ? AND id = ?',
      ...[text, Number(!flags.includes(SEEN)), this.rev, this.#account, id],
    );
    this.#touch(id, Number(row['mailbox']));
  }

  setPlace(id: number, mailbox: number, uid: number): void {
    const row = this.#db.one('SELECT mailbox FROM message WHERE account = ? AND id = ?', this.#account, id);
    if (!row) return;
    this.#clearPlace(id, mailbox, uid);
    this.#db.run(
      'UPDATE message SET mailbox = ?, uid = ?, rev = ? WHERE account = ? AND id = ?',
      ...[mailbox, uid, this.rev, this.#account, id],
    );
    this.#touch(id, Number(row['mailbox']));
    this.#touch(id, mailbox);
  }

  drop(id: number): void {
    const row = this.#db.one('SELECT mailbox FROM message WHERE account = ? AND id = ?', this.#account, id);
    if (!row) return;
    this.#db.run('DELETE FROM message WHERE account = ? AND id = ?', this.#account, id);
    this.#tombstone('message', id);
    this.#recount.add(Number(row['mailbox']));
    this.messages.delete(id);
    this.goneMessages.add(id);
  }

  changeLedger(change: LedgerChange): void {
    const before = this.#db.one(
      'SELECT state, rev FROM ledger WHERE account = ? AND id = ?',
      ...[this.#account, change.id],
    );
    const settles = change.state === 'settled' && before?.['state'] !== 'settled';
    this.#db.run(
      `UPDATE ledger SET state = ?, attempts = ?, note = ?, outcomes = ?, copy = ?, rev = ?
       WHERE account = ? AND id = ?`,
      ...[change.state, change.attempts, change.note, JSON.stringify(change.outcomes)],
      ...[change.copyPending ? 'pending' : null, settles ? this.rev : (before?.['rev'] ?? null)],
      ...[this.#account, change.id],
    );
    if (settles) this.settled.push({ id: change.id, outcomes: change.outcomes });
  }

  /** Counts again what changed and says whether devices have anything to learn. */
  finish(): boolean {
    for (const id of this.#recount) this.#count(id);
    return (
      this.messages.size + this.goneMessages.size + this.mailboxes.size + this.goneMailboxes.size > 0 ||
      this.settled.length > 0
    );
  }

  #touch(id: number, mailbox: number): void {
    this.messages.add(id);
    this.#recount.add(mailbox);
  }

  #tombstone(kind: 'message' | 'mailbox', id: number): void {
    this.#db.run(
      'INSERT OR REPLACE INTO gone (account, kind, id, rev, at) VALUES (?,?,?,?,?)',
      ...[this.#account, kind, id, this.rev, this.#now],
    );
  }

  #clearPlace(id: number, mailbox: number, uid: number): void {
    const other = this.#db.one(
      'SELECT id FROM message WHERE account = ? AND mailbox = ? AND uid = ?',
      ...[this.#account, mailbox, uid],
    );
    if (other && other['id'] !== id) this.drop(Number(other['id']));
  }

  #count(id: number): void {
    const box = this.#db.one(
      'SELECT total, unread, mirrored FROM mailbox WHERE account = ? AND id = ?',
      ...[this.#account, id],
    );
    if (!box || box['mirrored'] !== 1) return;
    const count = (where: string) =>
      Number(
        this.#db.one(
          `SELECT count(*) AS n FROM message WHERE account = ? AND mailbox = ?${where}`,
          ...[this.#account, id],
        )?.['n'],
      );
    const total = count('');
    const unread = count(' AND unread = 1');
    if (total === box['total'] && unread === box['unread']) return;
    this.#db.run(
      'UPDATE mailbox SET total = ?, unread = ?, rev = ? WHERE account = ? AND id = ?',
      ...[total, unread, this.rev, this.#account, id],
    );
    this.mailboxes.add(id);
  }
}

/** Lands `writes`; answers the facts devices must hear, or null when they see no difference. */
export function commitRows(db: Sqlite, account: string, writes: Writes, now: number): Facts | null {
  return db.transaction(writes.durable ?? false, () => {
    const from = Number(db.one('SELECT rev FROM account WHERE id = ?', account)?.['rev']);
    const commit = new Commit(db, account, from + 1, now);
    for (const box of writes.mailboxes ?? []) commit.putMailbox(box);
    for (const id of writes.drop ?? []) commit.drop(id);
    for (const message of writes.messages ?? []) commit.putMessage(message);
    for (const place of writes.places ?? []) commit.setPlace(place.id, place.mailbox, place.uid);
    for (const change of writes.flags ?? []) commit.setFlags(change.id, change.flags);
    for (const id of writes.dropMailboxes ?? []) commit.dropMailbox(id);
    for (const change of writes.ledger ?? []) commit.changeLedger(change);
    if (!commit.finish()) return null;
    db.run('UPDATE account SET rev = ? WHERE id = ?', commit.rev, account);
    return {
      from,
      to: commit.rev,
      mailboxes: [...commit.mailboxes].map((id) =>
        mailboxOf(db.one('SELECT * FROM mailbox WHERE account = ? AND id = ?', account, id)!),
      ),
      messages: [...commit.messages].map((id) =>
        messageOf(db.one('SELECT * FROM message WHERE account = ? AND id = ?', account, id)!),
      ),
      gone: { mailboxes: [...commit.goneMailboxes], messages: [...commit.goneMessages] },
      settled: commit.settled,
    };
  });
}
