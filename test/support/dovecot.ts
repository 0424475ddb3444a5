/**
 * A mail server for one test: a fresh Dovecot in a temporary folder with two people, alice and bob.
 *
 * Decision: nothing is shared between tests, and everything ends with the test, also when it fails. Passwords are
 * random, so a test that passes proves that they went the whole way.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dovecot, startDovecot } from '../../server/demo/dovecot.ts';
import { connectImap } from '../../server/demo/imap.ts';
import { deliver } from '../../server/demo/lmtp.ts';
import { type Ending, after } from './after.ts';
import { corpus } from './corpus.ts';
import { type Oracle, oracle } from './imap.ts';

export type User = 'alice' | 'bob';

export interface MailServer extends Dovecot {
  /** Mail addresses, which are also the names to sign in with. */
  address: (user: User) => string;
  password: (user: User) => string;
  /** What the server really holds for a user. */
  holds: (user: User) => Oracle;
  /** A real delivery by LMTP: IDLE hears of it. Returns when the server has it. */
  deliver: (user: User, raw: Buffer | string) => Promise<void>;
  /** Puts many messages into a mailbox fast, by APPEND in one pipeline. Makes the mailbox if it is not there. */
  fill: (user: User, mailbox: string, mails: Filling[]) => Promise<void>;
  /**
   * Spreads `n` corpus mails over ten folders, INBOX first and fullest. INTERNALDATEs lie one minute apart and
   * end at `newest`; a third is unread, every tenth flagged. Returns how many each folder got.
   */
  fillTenFolders: (user: User, n: number, newest?: Date) => Promise<Map<string, number>>;
}

export interface Filling {
  raw: Buffer;
  flags?: string[];
  date?: Date;
}

export interface MailServerOptions {
  tls?: boolean;
  capabilities?: string;
}

const TEN = [
  'INBOX',
  'Archive',
  'Sent',
  'Junk',
  'Trash',
  'Lists',
  'Lists/Linux',
  'Travel',
  'Receipts',
  'Zürich',
];
const MAILBOX_UTF7 = new Map([['Zürich', 'Z&APw-rich']]);

async function fill(port: number, user: string, password: string, mailbox: string, mails: Filling[]) {
  const connection = await connectImap(port, user, password);
  try {
    const there = await connection.command(`LIST "" "${mailbox}"`);
    if (there.length === 1) {
      await connection.command(`CREATE "${mailbox}"`);
      await connection.command(`SUBSCRIBE "${mailbox}"`);
    }
    await connection.append(mailbox, mails);
  } finally {
    connection.close();
  }
}

/** Which folder the mail number `at` goes to: half of them to INBOX, the rest evenly. */
function folderOf(at: number): string {
  return at % 2 === 0 ? 'INBOX' : (TEN[1 + (((at - 1) / 2) % (TEN.length - 1))] ?? 'INBOX');
}

function tenFolders(n: number, newest: Date): Map<string, Filling[]> {
  const folders = new Map<string, Filling[]>(TEN.map((name) => [name, []]));
  corpus(n).forEach((raw, at) => {
    const flags = [...(at % 3 === 0 ? [] : ['\\Seen']), ...(at % 10 === 0 ? ['\\Flagged'] : [])];
    const date = new Date(newest.getTime() - (n - 1 - at) * 60_000);
    folders.get(folderOf(at))?.push({ raw, flags, date });
  });
  return folders;
}

/** Starts a mail server for the length of `t`. */
export async function startMailServer(t: Ending, options: MailServerOptions = {}): Promise<MailServer> {
  const dir = mkdtempSync(join(tmpdir(), 'pimento-mail-'));
  after(t, () => rmSync(dir, { recursive: true, force: true }));
  const secret = { alice: randomBytes(12).toString('hex'), bob: randomBytes(12).toString('hex') };
  const users = Object.entries(secret).map(([name, password]) => ({ name, password }));
  const dovecot = await startDovecot({ dir, users, ...options });
  after(t, () => dovecot.stop());
  const { imapPort, lmtpPort } = dovecot;
  return {
    ...dovecot,
    address: (user) => `${user}@example.org`,
    password: (user) => secret[user],
    holds: (user) => oracle(imapPort, user, secret[user]),
    deliver: (user, raw) => deliver(lmtpPort, `${user}@example.org`, raw),
    fill: (user, mailbox, mails) => fill(imapPort, user, secret[user], mailbox, mails),
    fillTenFolders: async (user, n, newest = new Date('2026-11-20T08:00:00Z')) => {
      const folders = tenFolders(n, newest);
      for (const [name, mails] of folders) {
        await fill(imapPort, user, secret[user], MAILBOX_UTF7.get(name) ?? name, mails);
      }
      return new Map([...folders].map(([name, mails]) => [name, mails.length]));
    },
  };
}
