/**
 * A second IMAP server for one test: a fresh Cyrus in a temporary folder with two people, alice and bob.
 *
 * Decision: Cyrus was written by others and answers in its own order and words, and it comes from Debian too. The two
 * packages exclude each other, so test/setup.sh unpacks this one into node_modules/.cache and none of its scripts is
 * ever run. Like Dovecot it never runs as root, and who signs in is answered by this process, over the socket that
 * saslauthd would listen on.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { dovecotIdentity, giveToDovecot } from '../../server/demo/dovecot.ts';
import { connectImap } from '../../server/demo/imap.ts';
import { deliver } from '../../server/demo/lmtp.ts';
import { freePort } from '../../server/demo/ports.ts';
import { type Ending, after } from './after.ts';
import { cyrusConf, imapdConf } from './cyrus-conf.ts';
import type { Filling, MailServer, User } from './dovecot.ts';
import { oracle } from './imap.ts';

/** What a test needs of a mail server, in the shape Dovecot's has. */
export type Cyrus = Pick<
  MailServer,
  'imapPort' | 'lmtpPort' | 'address' | 'password' | 'holds' | 'deliver' | 'fill' | 'log' | 'stop'
>;

/** Where test/setup.sh unpacks it. */
const ROOT = resolve(import.meta.dirname, '../../node_modules/.cache/cyrus');
const BIN = join(ROOT, 'usr/lib/cyrus/bin');

/** Debian's word for this processor. */
const MACHINE = process.arch === 'arm64' ? 'aarch64' : 'x86_64';

/** saslauthd's protocol: four counted strings (login, password, service, realm) come, one goes back. */
function authority(passwords: Map<string, string>): Server {
  return createServer((socket) => {
    let read: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      read = Buffer.concat([read, chunk]);
      const fields: string[] = [];
      for (let at = 0; fields.length < 4;) {
        if (read.length < at + 2) return;
        const length = read.readUInt16BE(at);
        if (read.length < at + 2 + length) return;
        fields.push(read.subarray(at + 2, at + 2 + length).toString('utf8'));
        at += 2 + length;
      }
      const [login = '', password = ''] = fields;
      const right = password !== '' && passwords.get(login.split('@')[0] ?? '') === password;
      socket.end(right ? '\0\x02OK' : '\0\x02NO');
    });
    // A process of Cyrus that is stopped breaks off what it asked.
    socket.on('error', () => {});
  });
}

interface Launched {
  child: ChildProcess;
  exited: Promise<void>;
  lines: string[];
}

function launch(dir: string): Launched {
  const { uid, gid } = dovecotIdentity();
  const files = ['-C', join(dir, 'imapd.conf'), '-M', join(dir, 'cyrus.conf')];
  const watched = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'TERM'] : [];
  const [command, ...args] = [...watched, join(BIN, 'master'), '-D', ...files, '-p', join(dir, 'pid')];
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own process group, so that stop() reaches every service.
    detached: true,
    uid,
    gid,
    cwd: dir,
    env: { LD_LIBRARY_PATH: join(ROOT, 'usr/lib', `${MACHINE}-linux-gnu`), PATH: '/usr/bin:/bin' },
  });
  const lines: string[] = [];
  for (const out of [child.stdout, child.stderr])
    out?.on('data', (chunk: Buffer) => lines.push(chunk.toString('utf8')));
  const exited = new Promise<void>((done) => child.once('close', () => done()));
  return { child, exited, lines };
}

/** Resolves with the greeting of the IMAP port; asks again until there is one or the server has ended. */
async function greeted(port: number, { child, lines }: Launched): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Cyrus ended at start:\n${lines.join('')}`);
    const greeting = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('data', () => done(true));
      // Refused: it does not listen yet.
      socket.once('error', () => done(false));
      socket.once('close', () => done(false));
      socket.once('data', () => socket.destroy());
    });
    if (greeting) return;
    await new Promise((again) => setTimeout(again, 20));
  }
}

async function stop({ child, exited }: Launched): Promise<void> {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return exited;
  process.kill(-pid, 'SIGTERM');
  const insist = setTimeout(() => process.kill(-pid, 'SIGKILL'), 1000);
  await exited;
  clearTimeout(insist);
}

async function fill(port: number, user: string, password: string, mailbox: string, mails: Filling[]) {
  const connection = await connectImap(port, user, password);
  try {
    const there = await connection.command(`LIST "" "${mailbox}"`);
    if (there.length === 1) await connection.command(`CREATE "${mailbox}"`);
    await connection.append(mailbox, mails);
  } finally {
    connection.close();
  }
}

/** Starts Cyrus for the length of `t`. */
export async function startCyrus(t: Ending): Promise<Cyrus> {
  if (!existsSync(join(BIN, 'imapd'))) throw new Error('Cyrus is not there; run: sh test/setup.sh');
  const dir = mkdtempSync(join(tmpdir(), 'pimento-cyrus-'));
  after(t, () => rmSync(dir, { recursive: true, force: true }));
  for (const folder of ['', 'config', 'config/socket', 'config/proc', 'spool'])
    mkdirSync(join(dir, folder), { recursive: true, mode: 0o700 });
  const secret = { alice: randomBytes(12).toString('hex'), bob: randomBytes(12).toString('hex') };
  const ports = { imap: await freePort(), lmtp: await freePort() };
  writeFileSync(join(dir, 'imapd.conf'), imapdConf(dir, dovecotIdentity().user));
  writeFileSync(join(dir, 'cyrus.conf'), cyrusConf(dir, BIN, ports));
  const folders = ['', 'config', 'config/socket', 'config/proc', 'spool', 'imapd.conf', 'cyrus.conf'];
  const saslauthd = authority(new Map(Object.entries(secret)));
  await new Promise<void>((done) => saslauthd.listen(join(dir, 'mux'), done));
  after(t, () => new Promise<void>((done) => saslauthd.close(() => done())));
  for (const path of [...folders, 'mux']) giveToDovecot(join(dir, path));
  const launched = launch(dir);
  after(t, () => stop(launched));
  await greeted(ports.imap, launched);
  const address = (user: User) => `${user}@example.org`;
  return {
    imapPort: ports.imap,
    lmtpPort: ports.lmtp,
    address,
    password: (user) => secret[user],
    holds: (user) => oracle(ports.imap, address(user), secret[user]),
    deliver: (user, raw) => deliver(ports.lmtp, address(user), raw),
    fill: (user, mailbox, mails) => fill(ports.imap, address(user), secret[user], mailbox, mails),
    log: () => launched.lines.join(''),
    stop: () => stop(launched),
  };
}
