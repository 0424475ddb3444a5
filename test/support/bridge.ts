/**
 * The real bridge as a child process, so that it can be killed the way a machine kills it.
 *
 * Decision: tests meet the bridge only where the world does: environment in, one line out when it is ready, HTTP
 * and signals. Data and port stay the same over a restart, as they would on a real machine.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../server/demo/ports.ts';
import { type Ending, after } from './after.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The kernel ends the bridge should the test die without a word, as one that has hung does. */
const WATCHED = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL'] : [];

export interface BridgeOptions {
  /** Ports on loopback, spoken to without TLS; without both the bridge may offer its demo. */
  imapPort?: number;
  smtpPort?: number;
  env?: Record<string, string>;
  /** Data directory; a fresh one unless given. */
  data?: string;
  /** Longest time to get ready, milliseconds. The demo may install and fill first. */
  patience?: number;
}

export interface Bridge {
  /** `http://127.0.0.1:PORT`, without a trailing slash. */
  url: string;
  data: string;
  /** Everything it printed, over all its lives. */
  log: () => string;
  /** SIGTERM; resolves to its exit code (null: it had to be killed). Harmless when it is down. */
  stop: () => Promise<number | null>;
  /** SIGKILL; nothing of it runs when this resolves. */
  kill9: () => Promise<void>;
  /** Starts it again on the same port and data; stops it first if it runs. */
  restart: () => Promise<void>;
}

interface Life {
  child: ChildProcess;
  exited: Promise<number | null>;
}

/** The test's environment without what would configure the bridge, and with what should. */
function environment(options: BridgeOptions, port: number, data: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('PIMENTO_') && !name.startsWith('NODE_TEST') && name !== 'HOST',
  );
  const { imapPort, smtpPort } = options;
  return {
    ...Object.fromEntries(inherited),
    PORT: String(port),
    PIMENTO_DATA: data,
    ...(imapPort === undefined ? {} : { PIMENTO_IMAP: `imap://127.0.0.1:${imapPort}?tls=none` }),
    ...(smtpPort === undefined ? {} : { PIMENTO_SMTP: `smtp://127.0.0.1:${smtpPort}?tls=none` }),
    ...options.env,
  };
}

function launch(env: NodeJS.ProcessEnv, lines: string[], patience: number): Promise<Life> {
  const [command, ...args] = [...WATCHED, process.execPath, 'server/main.ts'];
  const child = spawn(command, args, {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${why}\n${lines.slice(-60).join('\n')}`));
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`The bridge was not ready after ${patience} ms:`);
    }, patience);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(late);
      fail(`The bridge ended with ${code} before it was ready:`);
    });
    createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      if (!line.includes('listening on http://')) return;
      clearTimeout(late);
      resolve({ child, exited });
    });
  });
}

/** Ends it; a bridge that does not end within ten seconds of SIGTERM is killed, and its code is null. */
async function end({ child, exited }: Life, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  child.kill(signal);
  const insist = setTimeout(() => child.kill('SIGKILL'), 10_000);
  const code = await exited;
  clearTimeout(insist);
  return code;
}

/** Starts the bridge for the length of `t`; resolves when it listens. */
export async function startBridge(t: Ending, options: BridgeOptions = {}): Promise<Bridge> {
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'pimento-data-'));
  if (options.data === undefined) after(t, () => rmSync(data, { recursive: true, force: true }));
  const port = await freePort();
  const env = environment(options, port, data);
  const patience = options.patience ?? 60_000;
  const lines: string[] = [];
  let life = await launch(env, lines, patience);
  const stop = () => end(life, 'SIGTERM');
  after(t, stop);
  return {
    url: `http://127.0.0.1:${port}`,
    data,
    log: () => lines.join('\n'),
    stop,
    kill9: async () => void (await end(life, 'SIGKILL')),
    restart: async () => {
      await stop();
      life = await launch(env, lines, patience);
    },
  };
}
