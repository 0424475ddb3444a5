import test, { type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

const MAIN = fileURLToPath(new URL('../../server/main.ts', import.meta.url));
/** A mail server that is away; the bridge starts all the same, and without the demo. */
const AWAY = { PIMENTO_IMAP: 'imap://127.0.0.1:1?tls=none', PIMENTO_SMTP: 'smtp://127.0.0.1:1?tls=none' };

interface Run {
  child: ChildProcess;
  out: Promise<string>;
  err: Promise<string>;
  exit: Promise<number | null>;
  /** The address in the one line on stdout. */
  ready: Promise<string>;
}

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'pimento-main-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return join(dir, 'data');
}

function run(t: TestContext, data: string, env: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'], PORT: '0', PIMENTO_DATA: data, ...AWAY, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit').then(([code]: (number | null)[]) => code ?? null);
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (line) => resolve(/http:\S+/.exec(String(line))?.[0] ?? ''));
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready`)));
  });
  ready.catch(() => undefined);
  return { child, out: text(child.stdout), err: text(child.stderr), exit, ready };
}

test('it says one line when it is ready, keeps its data to itself, and ends at SIGTERM', async (t) => {
  const data = folder(t);
  const bridge = run(t, data);
  const url = await bridge.ready;
  assert.deepEqual(await (await fetch(`${url}/healthz`)).json(), { ok: true });
  const session = await (await fetch(`${url}/session`)).json();
  assert.deepEqual(session, { signedIn: false, accounts: [], demo: false, server: '127.0.0.1' });
  assert.equal(statSync(data).mode & 0o777, 0o700);
  assert.equal(statSync(join(data, 'key')).mode & 0o777, 0o400);
  for (const file of ['pimento.db', 'pimento.db-wal', 'pimento.db-shm'])
    assert.equal(statSync(join(data, file)).mode & 0o777, 0o600, file);
  bridge.child.kill('SIGTERM');
  assert.equal(await bridge.exit, 0);
  assert.match(await bridge.out, /^pimento listening on http:\/\/127\.0\.0\.1:\d+\n$/);
});

test('a sign-in while the mail server is away is answered, and a stranger’s socket is not', async (t) => {
  const url = await run(t, folder(t)).ready;
  const response = await fetch(`${url}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-requested-with': 'pimento' },
    body: JSON.stringify({ email: 'library@example.org', password: 'correct horse' }),
  });
  assert.equal(response.status, 502);
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { origin: 'https://evil.example' });
  socket.on('error', () => undefined);
  const [request, refused] = await once(socket, 'unexpected-response');
  assert.equal(refused.statusCode, 403);
  request.destroy();
});

test('a wrong setting stops the start with exit code 2 and one sentence', async (t) => {
  const bridge = run(t, folder(t), { PIMENTO_LOG: 'loud' });
  assert.equal(await bridge.exit, 2);
  assert.equal(await bridge.out, '');
  assert.match(await bridge.err, /^PIMENTO_LOG is "loud": [^\n]*\n$/);
});

test('a port that is taken stops the start with exit code 1 and one sentence', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const address = other.address();
  assert(typeof address === 'object' && address);
  const bridge = run(t, folder(t), { PORT: String(address.port) });
  assert.equal(await bridge.exit, 1);
  assert.equal(await bridge.out, '');
  assert.match(await bridge.err, /^Port \d+ on 127\.0\.0\.1 is taken\. [^\n]*\n$/);
});

test('a key file or a data directory that cannot be used stops the start with a sentence', async (t) => {
  const data = folder(t);
  const file = `${data}-key`;
  writeFileSync(file, 'short');
  chmodSync(file, 0o600);
  const short = run(t, data, { PIMENTO_KEY_FILE: file });
  assert.equal(await short.exit, 1);
  assert.match(await short.err, /^The key file \S+ must hold exactly 32 bytes, it holds 5\.\n$/);
  const nowhere = run(t, join(file, 'deeper'));
  assert.equal(await nowhere.exit, 1);
  assert.match(await nowhere.err, /^PIMENTO_DATA, \S+, cannot be made or written to \(ENOTDIR\)\.\n$/);
});

test('a second bridge on the same data does not start, until the first is gone, even by SIGKILL', async (t) => {
  const data = folder(t);
  const first = run(t, data);
  await first.ready;
  const second = run(t, data);
  assert.equal(await second.exit, 1);
  assert.match(await second.err, /^Another bridge is using /);
  first.child.kill('SIGKILL');
  await first.exit;
  const third = run(t, data);
  await third.ready;
  third.child.kill('SIGINT');
  assert.equal(await third.exit, 0);
});
