/**
 * The demo account: a mailbox of one's own to try everything in, on this machine only.
 *
 * Decision: it is real mail through real servers, so what works here works elsewhere. It survives a restart (same
 * ports and password, same mail), so devices that signed in stay signed in; deleting its folder makes a new one.
 *
 * Where the mail lies: in the data directory. Root must not run a mail server, and `nobody` cannot enter root's data
 * directory; then it lies in /var/tmp, in a folder named after the data directory and owned by `nobody`.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { MailServer } from '../mailserver.ts';
import { type Dovecot, dovecotIdentity, giveToDovecot, startDovecot } from './dovecot.ts';
import { connectImap, quoted } from './imap.ts';
import { ensureDovecot } from './install.ts';
import { OWN_MAILBOXES, sampleMailbox } from './mailbox/mailbox.ts';
import { DEMO_ADDRESS } from './mailbox/sample.ts';
import { startDemoSmtp } from './smtp.ts';

export interface DemoOptions {
  /** A folder of the demo's own, made if missing, mode 0700. */
  dir: string;
  /** Told what happens, one line each. */
  log: (line: string) => void;
}

export interface Demo {
  imap: MailServer;
  smtp: MailServer;
  address: string;
  password: string;
  /** Ends its servers; the mail stays for the next start. */
  stop: () => Promise<void>;
}

/** What is kept between two starts. */
interface Kept {
  password: string;
  imapPort?: number;
  lmtpPort?: number;
  smtpPort?: number;
  /** False until the sample mailbox is wholly there. */
  filled: boolean;
}

function remember(dir: string, kept: Kept): void {
  const path = join(dir, 'demo.json');
  writeFileSync(`${path}.new`, JSON.stringify(kept), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** What the last start kept, if it came to its end and can be read. */
function recall(dir: string, log: (line: string) => void): Kept | null {
  const path = join(dir, 'demo.json');
  if (!existsSync(path)) return null;
  try {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as Kept;
    return typeof kept.password === 'string' && kept.filled ? kept : null;
  } catch (error) {
    log(`demo: starting afresh, ${path} cannot be read: ${String(error)}`);
    return null;
  }
}

/** Where the mail of the demo in `dir` lies, see above. A folder of that name that is not ours is an error. */
export function mailFolder(dir: string): string {
  if (process.getuid?.() !== 0) return join(dir, 'dovecot');
  const folder = `/var/tmp/pimento-demo-${createHash('sha256').update(resolve(dir)).digest('hex').slice(0, 12)}`;
  if (!existsSync(folder)) return folder;
  const { uid } = dovecotIdentity();
  const found = lstatSync(folder);
  if (found.isDirectory() && found.uid === uid) return folder;
  throw new Error(`${folder} is there and is not the demo's; remove it or choose another PIMENTO_DATA`);
}

async function fill(dovecot: Dovecot, password: string): Promise<void> {
  const connection = await connectImap(dovecot.imapPort, DEMO_ADDRESS, password);
  try {
    for (const name of OWN_MAILBOXES) {
      await connection.command(`CREATE ${quoted(name)}`);
      await connection.command(`SUBSCRIBE ${quoted(name)}`);
    }
    for (const [mailbox, mails] of Map.groupBy(sampleMailbox(new Date()), (mail) => mail.mailbox)) {
      await connection.append(mailbox, mails);
    }
  } finally {
    connection.close();
  }
}

async function start(dir: string, log: (line: string) => void): Promise<Demo> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const folder = mailFolder(dir);
  const before = existsSync(folder) ? recall(dir, log) : null;
  if (before === null) rmSync(folder, { recursive: true, force: true });
  const kept: Kept = before ?? { password: randomBytes(18).toString('base64url'), filled: false };
  const { password } = kept;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  giveToDovecot(folder);
  const users = [{ name: DEMO_ADDRESS.split('@')[0] ?? '', password }];
  const dovecot = await startDovecot({
    dir: folder,
    users,
    imapPort: kept.imapPort,
    lmtpPort: kept.lmtpPort,
  });
  try {
    const { imapPort, lmtpPort } = dovecot;
    if (!kept.filled) await fill(dovecot, password);
    const smtp = await startDemoSmtp({ address: DEMO_ADDRESS, password, lmtpPort, port: kept.smtpPort, log });
    remember(dir, { password, imapPort, lmtpPort, smtpPort: smtp.port, filled: true });
    const at = (port: number): MailServer => ({ host: '127.0.0.1', port, tls: 'none' });
    const stop = async () => void (await Promise.all([smtp.stop(), dovecot.stop()]));
    return { imap: at(imapPort), smtp: at(smtp.port), address: DEMO_ADDRESS, password, stop };
  } catch (error) {
    await dovecot.stop();
    throw error;
  }
}

/** Starts the demo; null, with the reason told to `log`, when it cannot run here. Never throws. */
export async function startDemo({ dir, log }: DemoOptions): Promise<Demo | null> {
  try {
    return (await ensureDovecot(log)) ? await start(dir, log) : null;
  } catch (error) {
    log(`No demo: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}
