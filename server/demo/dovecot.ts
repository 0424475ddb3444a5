/**
 * A Dovecot of our own, as a child process: for the demo and for the tests.
 *
 * Decision: a real mail server, not a pretended one. It runs in the foreground and writes its log to our pipe, so
 * "ready" is a line of its log and not a guess. It never runs as root: started by root, it becomes `nobody`.
 * On Linux the kernel ends it when we die (`setpriv --pdeathsig`), so a killed bridge leaves nothing behind.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { dovecotConf } from './dovecot-conf.ts';
import { freePort } from './ports.ts';

export interface DovecotUser {
  /** The local part; `name@any.example` signs in too. */
  name: string;
  password: string;
}

export interface DovecotOptions {
  /** Where mail and configuration live. Made if missing; must be reachable by the user it runs as. */
  dir: string;
  users: DovecotUser[];
  tls?: boolean;
  /** Replaces the capability list, to play a poorer server. */
  capabilities?: string;
  /** Wanted, used if free. */
  imapPort?: number | undefined;
  lmtpPort?: number | undefined;
}

export interface Dovecot {
  imapPort: number;
  imapsPort: number | null;
  lmtpPort: number;
  /** The last thousand lines of its log. */
  log: () => string;
  /** Ends it in good order. Harmless when it is down. */
  stop: () => Promise<void>;
  /** Ends all its processes at once, as a power cut would. */
  kill: () => Promise<void>;
  /** Starts it again on the same ports and mail; stops it first if it runs. */
  restart: () => Promise<void>;
}

const BINARIES = ['/usr/sbin/dovecot', '/usr/local/sbin/dovecot', '/opt/homebrew/sbin/dovecot'];
/** What Debian calls what we need. */
export const DOVECOT_PACKAGES = ['dovecot-imapd', 'dovecot-lmtpd'];

function binary(): string | null {
  return BINARIES.find((path) => existsSync(path)) ?? null;
}

/** Null when a usable Dovecot is installed, else one sentence that says what is missing and how to get it. */
export function dovecotMissing(): string | null {
  const line = `sudo apt-get install ${DOVECOT_PACKAGES.join(' ')}`;
  const path = binary();
  if (path === null) return `Dovecot is not installed. On Debian: ${line}`;
  const parts = ['imap', 'lmtp'].filter((part) => !existsSync(join('/usr/lib/dovecot', part)));
  if (path === '/usr/sbin/dovecot' && parts.length > 0) {
    return `Dovecot is installed without ${parts.join(' and ')}. On Debian: ${line}`;
  }
  const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim();
  return version.startsWith('2.3.') ? null : `Dovecot ${version} is installed; 2.3 is needed.`;
}

/** Whom Dovecot runs as: ourselves, or `nobody` when we are root. */
export function dovecotIdentity(): { uid: number; gid: number; user: string; group: string } {
  const fields = (file: string, key: string, at: number) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .find((row) => row[at] === key);
  const uid = process.getuid?.() ?? 0;
  const row = uid === 0 ? fields('/etc/passwd', 'nobody', 0) : fields('/etc/passwd', String(uid), 2);
  if (row === undefined) throw new Error(`user ${uid === 0 ? 'nobody' : uid} is not in /etc/passwd`);
  const gid = Number(row[3]);
  return {
    uid: Number(row[2]),
    gid,
    user: row[0] ?? '',
    group: fields('/etc/group', String(gid), 2)?.[0] ?? '',
  };
}

/** Gives `path` to the user Dovecot runs as; nothing to do unless we are root. */
export function giveToDovecot(path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = dovecotIdentity();
  chownSync(path, uid, gid);
}

function certificate(dir: string): void {
  if (existsSync(join(dir, 'cert.pem'))) return;
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    join(dir, 'key.pem'),
  ];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', '-days', '30', ...key, ...names, '-out', join(dir, 'cert.pem')], {
    stdio: 'pipe',
  });
  for (const file of ['cert.pem', 'key.pem']) giveToDovecot(join(dir, file));
}

function prepare(dir: string, users: DovecotUser[], tls: boolean): void {
  for (const folder of ['', 'state', 'mail']) {
    mkdirSync(join(dir, folder), { recursive: true, mode: 0o700 });
    giveToDovecot(join(dir, folder));
  }
  const lines = users.map(({ name, password }) => `${name}:{PLAIN}${password}::::::\n`);
  writeFileSync(join(dir, 'users'), lines.join(''), { mode: 0o600 });
  giveToDovecot(join(dir, 'users'));
  if (tls) certificate(dir);
}

interface Running {
  child: ChildProcess;
  exited: Promise<void>;
}

/** Starts the processes; resolves when Dovecot says it is up, rejects with its log when it ends before. */
function launch(dir: string, lines: string[]): Promise<Running> {
  const path = binary();
  if (path === null) throw new Error(dovecotMissing() ?? 'no dovecot');
  const { uid, gid } = dovecotIdentity();
  const watched = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'TERM'] : [];
  const [command, ...args] = [...watched, path, '-F', '-c', join(dir, 'dovecot.conf')];
  // Its own process group, so that kill() reaches every service.
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    uid,
    gid,
    cwd: dir,
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => reject(new Error(`Dovecot ended at start:\n${lines.slice(-20).join('\n')}`)));
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      if (lines.length > 1000) lines.shift();
      if (line.includes('starting up for')) resolve({ child, exited });
    });
  });
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, name);
  } catch (error) {
    // ESRCH: the last of them has just ended, which is what was wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/**
 * The signal goes to the whole group: the master alone waits seconds for services that had hardly begun. One that
 * was caught just then may not listen at all, so after a second there is no more asking.
 */
async function end({ child, exited }: Running, how: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return exited;
  signal(pid, how);
  const insist = setTimeout(() => signal(pid, 'SIGKILL'), 1000);
  await exited;
  clearTimeout(insist);
}

/** Writes a configuration into `dir` and starts Dovecot there. */
export async function startDovecot(options: DovecotOptions): Promise<Dovecot> {
  const { dir, users, tls = false } = options;
  const { user, group } = dovecotIdentity();
  prepare(dir, users, tls);
  const run = mkdtempSync(join(tmpdir(), 'pimento-run-'));
  giveToDovecot(run);
  const ports = {
    imapPort: await freePort(options.imapPort),
    lmtpPort: await freePort(options.lmtpPort),
    imapsPort: tls ? await freePort() : null,
  };
  const conf = dovecotConf({ dir, run, user, group, ...ports, capabilities: options.capabilities ?? null });
  writeFileSync(join(dir, 'dovecot.conf'), conf, { mode: 0o600 });
  giveToDovecot(join(dir, 'dovecot.conf'));
  const lines: string[] = [];
  let running = await launch(dir, lines);
  const stop = async () => {
    await end(running, 'SIGTERM');
    rmSync(run, { recursive: true, force: true });
  };
  const restart = async () => {
    await end(running, 'SIGTERM');
    mkdirSync(run, { recursive: true, mode: 0o700 });
    giveToDovecot(run);
    running = await launch(dir, lines);
  };
  return { ...ports, log: () => lines.join('\n'), stop, kill: () => end(running, 'SIGKILL'), restart };
}
