/**
 * A mirrored account on a real Dovecot without its heart: the store, a lane and the search. And mails to find.
 *
 * Decision: the mirror is driven by hand, so a test decides what is mirrored and what is not yet.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ImapSession } from '../../server/imap.ts';
import { Lane, URGENT } from '../../server/lane.ts';
import { Mirror } from '../../server/mirror.ts';
import { Search, type Question } from '../../server/search.ts';
import { People } from '../../server/store/people.ts';
import { Sqlite } from '../../server/store/sqlite.ts';
import { Store } from '../../server/store/store.ts';
import type { Found } from '../../shared/protocol.ts';
import { after } from '../support/after.ts';
import { startMailServer, type Filling } from '../support/dovecot.ts';
import { startWire } from '../support/wire.ts';

/** A mirrored account without its heart: the store, a lane and the search. */
export async function room(t: TestContext, mailboxes: Record<string, Filling[]>) {
  const mail = await startMailServer(t);
  for (const [name, mails] of Object.entries(mailboxes)) await mail.fill('alice', name, mails);
  const dir = mkdtempSync(join(tmpdir(), 'pimento-search-'));
  after(t, () => rmSync(dir, { recursive: true, force: true }));
  const db = new Sqlite(join(dir, 'db.sqlite'));
  after(t, () => db.close());
  const who = {
    server: 'test',
    login: 'alice',
    address: mail.address('alice'),
    seal: () => new Uint8Array([1]),
  };
  const { person } = await new People(db, Date.now).admit(who);
  const account = String(db.one('SELECT id FROM account WHERE person = ?', person)?.['id']);
  const store = new Store(db, Date.now);
  const wire = await startWire(t, mail.imapPort);
  const at = { host: '127.0.0.1', port: wire.port, tls: 'none' as const };
  const credentials = { user: mail.address('alice'), password: mail.password('alice') };
  const quiet = () => undefined;
  const lane = new Lane({
    connect: () => ImapSession.open(at, credentials, false, quiet),
    ...{ told: quiet, opened: quiet, idle: 60_000, now: Date.now },
  });
  after(t, () => lane.close());
  const commit = async (writes: Parameters<Store['commit']>[1]) => void (await store.commit(account, writes));
  const mirror = new Mirror({ account, store, commit });
  const follow = () =>
    lane.run(URGENT.live, async (session) => {
      for (const id of await mirror.list(session)) {
        await mirror.refresh(session, id);
        while (!(await mirror.descend(session, id)));
      }
    });
  await follow();
  const search = new Search({ account, store, lane });
  const ask = async (query: string, change: Partial<Question> = {}, cancelled = () => false) => {
    const answers: Found[] = [];
    const question = { id: 1, query, mailbox: null, limit: 200, after: null, ...change };
    await search.ask(question, (found) => answers.push(found), cancelled);
    return answers;
  };
  const found = async (query: string, change: Partial<Question> = {}) => {
    const [answer] = await ask(query, change);
    assert.ok(answer);
    assert.equal(answer.error, null, query);
    return answer;
  };
  const subjects = async (query: string) => (await found(query)).messages.map((m) => m.subject);
  const boxId = async (name: string) =>
    (await store.mailboxes(account)).find((b) => b.path === name)?.id ?? 0;
  return { mail, wire, account, store, lane, follow, ask, found, subjects, boxId };
}

export interface Letter {
  subject: string;
  from?: string;
  fields?: string[];
  text?: string;
  part?: string;
  flags?: string[];
  date?: string;
}

/** A mail in UTF-8 with raw 8-bit text, and one attachment if `part` names it. */
export function letter({ subject, from, fields, text, part, flags, date }: Letter): Filling {
  const type = part?.endsWith('.png') ? 'image/png' : 'application/octet-stream';
  const body = text ?? 'Hello.';
  const whole = part
    ? `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${body}\r\n` +
      `--b\r\nContent-Type: ${type}; name="${part}"\r\nContent-Disposition: attachment; filename="${part}"\r\n\r\nx\r\n--b--\r\n`
    : `Content-Type: text/plain; charset=utf-8\r\n\r\n${body}\r\n`;
  const coded = `=?utf-8?B?${Buffer.from(subject).toString('base64')}?=`;
  const more = (fields ?? []).map((field) => `${field}\r\n`).join('');
  const head = `From: ${from ?? 'Library desk <desk@library.example>'}\r\nSubject: ${coded}\r\n${more}MIME-Version: 1.0\r\n`;
  return {
    raw: Buffer.from(head + whole),
    flags: flags ?? [],
    date: new Date(date ?? '2026-03-01T12:00:00Z'),
  };
}
