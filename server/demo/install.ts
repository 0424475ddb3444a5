/**
 * Gets Dovecot from Debian for the demo, if we may.
 *
 * Decision: root on Debian in a fresh container is the common case, and there the demo should simply appear. Nobody
 * else's machine is changed: a normal user gets the line to type and the bridge starts without the demo.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { DOVECOT_PACKAGES, dovecotMissing } from './dovecot.ts';

/** Runs a command, passing its lines on as they come; resolves to its exit code. */
function run(command: string, args: string[], log: (line: string) => void): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const output of [child.stdout, child.stderr]) {
      createInterface({ input: output }).on('line', (line) => log(`  ${line}`));
    }
    child.once('error', reject);
    child.once('close', resolve);
  });
}

/** True when Dovecot is there, installed now or before. Says what it does, and what the person can do. */
export async function ensureDovecot(log: (line: string) => void): Promise<boolean> {
  const missing = dovecotMissing();
  if (missing === null) return true;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    log(`No demo: ${missing}`);
    return false;
  }
  log(`Installing a mail server for the demo: ${DOVECOT_PACKAGES.join(', ')} (about 10 MB, once)…`);
  const quiet = ['-q', '-o', 'Dpkg::Use-Pty=0'];
  const updated = await run('apt-get', ['update', ...quiet], log);
  const install = ['install', '-y', '--no-install-recommends', ...quiet, ...DOVECOT_PACKAGES];
  if (updated === 0) await run('env', ['DEBIAN_FRONTEND=noninteractive', 'apt-get', ...install], log);
  const still = dovecotMissing();
  if (still !== null) log(`No demo: ${still}`);
  return still === null;
}
