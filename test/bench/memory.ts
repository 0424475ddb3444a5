/**
 * Part `memory`: what one more watched account and one more connected device cost the bridge, in resident memory.
 *
 *   npm run bench -- memory           100 accounts, 200 devices
 *   npm run bench -- memory full      1 000 accounts, 2 000 devices
 *   npm run bench -- memory 300 600   as many as that
 *   npm run bench -- memory why       instead: what the heap is made of
 *
 * Decision: the bridge is the real process, watched from outside (/proc/PID/smaps_rollup: what is its own), and the
 * devices live in another process. Memory is read after a collection, when it has settled. The bridge is started anew
 * before the accounts are counted, so what first mirroring left behind is not charged to watching; that first run
 * is shown beside it.
 *
 * People sign in by the real route, ten at a time: a sign-in that succeeds is not held against its network.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../server/demo/ports.ts';
import { after } from '../support/after.ts';
import { settled, type Reading } from './proc.ts';
import { dated, startFarm, type Farm } from './farm.ts';
import { signIn } from './device.ts';
import type { RawImap } from './imap.ts';
import { mails } from './mails.ts';
import type { Stage } from './stage.ts';
import { grouped, table, verdict } from './table.ts';

const BUDGET = { account: 64, device: 24 };
const MAILS = 10;
const AT_ONCE = 10;

/** What the process of the devices is told first. */
export interface Crowd {
  url: string;
  cookies: string[];
}

export async function memory(stage: Stage, words: string[]): Promise<void> {
  const why = words.includes('why');
  const [accounts, devices] = sizes(words.filter((word) => word !== 'why'));
  const users = Array.from({ length: accounts }, (_, at) => `user${at}`);
  const port = await freePort();
  const env = { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` };
  const farm = await startFarm(stage, users, (imap) => fill(stage, users, imap), env);
  const look = (what: string) => settled(farm.bridge, port, stage, what, why);
  const empty = await look('no account');
  const cookies = await everybodySignsIn(stage, farm, users, devices);
  const first = await look('signed in');
  await farm.bridge.restart();
  const watching = await look('accounts watched');
  await connect(stage, { url: farm.bridge.url, cookies });
  const connected = await look('devices connected');
  // Writing a heap out leaves a hundred megabytes behind in the process that was asked: then only the heap is shown.
  if (!why) return print(accounts, devices, { empty, first, watching, connected });
  kinds('one account', empty, watching, accounts);
  kinds('one device', watching, connected, devices);
}

/** The kinds that grew most between two readings, for each of `n`. */
function kinds(what: string, before: Reading, later: Reading, n: number): void {
  const grown = [...(later.kinds ?? [])].map(([kind, { bytes, count }]) => {
    const was = before.kinds?.get(kind);
    return { kind, bytes: (bytes - (was?.bytes ?? 0)) / n, count: (count - (was?.count ?? 0)) / n };
  });
  grown.sort((a, b) => b.bytes - a.bytes);
  table(
    `what ${what} is made of on the heap (shallow sizes)`,
    ['kind', 'bytes each', 'objects each'],
    grown.slice(0, 20).map(({ kind, bytes, count }) => [kind.slice(0, 50), grouped(bytes), count.toFixed(1)]),
  );
}

function sizes(words: string[]): [accounts: number, devices: number] {
  if (words.length === 0) return [100, 200];
  if (words[0] === 'full') return [1000, 2000];
  const [accounts = 0, devices = 2 * accounts] = words.map(Number);
  if (!(accounts > 0) || !(devices >= 0)) throw new Error('memory: say full, or two numbers');
  return [accounts, devices];
}

async function fill(stage: Stage, users: string[], imap: (user: string) => Promise<RawImap>): Promise<void> {
  stage.say(`filling ${users.length} mailboxes with ${MAILS} mails each`);
  const from = mails(7);
  await inTurns(users, async (user) => {
    const connection = await imap(user);
    await connection.fill('INBOX', dated(MAILS, from));
    connection.close();
  });
}

/** Runs `work` for each, a few at a time. */
async function inTurns<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** As many cookies as devices; devices are shared out evenly. Everybody signs in at least once. */
async function everybodySignsIn(
  stage: Stage,
  farm: Farm,
  users: string[],
  devices: number,
): Promise<string[]> {
  const cookies: string[] = [];
  const times = Math.max(devices, users.length);
  stage.say(`${times} sign-ins`);
  const who = Array.from({ length: times }, (_, at) => users[at % users.length] ?? '');
  await inTurns(who, async (user) => {
    cookies.push(await signIn(farm, user));
    if (cookies.length % 500 === 0) stage.say(`${cookies.length} sign-ins`);
  });
  return cookies.slice(0, devices);
}

/** Starts the process of the devices; resolves when all are connected and hold their rows. */
async function connect(stage: Stage, crowd: Crowd): Promise<void> {
  stage.say(`connecting ${crowd.cookies.length} devices`);
  const child = fork(fileURLToPath(new URL('crowd.ts', import.meta.url)));
  after(stage, () => child.kill());
  child.send(crowd);
  const ended = once(child, 'exit').then(([code]) => `the devices ended with ${String(code)}`);
  const said: unknown = await Promise.race([once(child, 'message').then(([word]: unknown[]) => word), ended]);
  if (said !== 'connected') throw new Error(String(said));
}

function print(
  accounts: number,
  devices: number,
  at: Record<'empty' | 'first' | 'watching' | 'connected', Reading>,
) {
  const row = (name: string, reading: Reading, before: Reading, n: number) => {
    const each = (key: 'own' | 'heap' | 'outside') =>
      n > 0 ? ((reading[key] - before[key]) / n).toFixed(1) : '';
    return [name, (reading.own / 1024).toFixed(1), each('own'), each('heap'), each('outside')];
  };
  const judged = (before: Reading, later: Reading, n: number, budget: number) =>
    n > 0 ? [`${budget} KB`, verdict((later.own - before.own) / n, budget)] : ['', ''];
  table(
    `memory: ${accounts} accounts of ${MAILS} mails watched, ${devices} devices connected, one bridge process`,
    ['state', 'own MB', 'KB each', 'heap KB each', 'buffers KB each', 'budget', ''],
    [
      [...row('no account', at.empty, at.empty, 0), '', ''],
      [...row('signed in, first mirroring done', at.first, at.empty, accounts), '', ''],
      [
        ...row(`started anew, ${accounts} accounts`, at.watching, at.empty, accounts),
        ...judged(at.empty, at.watching, accounts, BUDGET.account),
      ],
      [
        ...row(`and ${devices} devices`, at.connected, at.watching, devices),
        ...judged(at.watching, at.connected, devices, BUDGET.device),
      ],
    ],
  );
  // Compiled code and caches of a bridge at work are paid once; among few accounts they weigh much.
  if (accounts < 1000)
    process.stdout.write('Few accounts share the fixed costs here: `memory full` judges.\n');
}
