/**
 * The edge of the bridge for tests: real HTTP on a free port, a real database in a fresh directory, a fake heart.
 *
 * Decision: the clock stands still until a test moves it, and everything logged is kept at the most talkative
 * level, so that a test can look for what must not be there.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { createApp } from '../../server/app.ts';
import { readConfig } from '../../server/config.ts';
import { createLog } from '../../server/http.ts';
import type { Pace } from '../../server/routes/pace.ts';
import { People } from '../../server/store/people.ts';
import { Sqlite } from '../../server/store/sqlite.ts';
import { type Down, parseDown, PROTOCOL } from '../../shared/protocol.ts';
import { FakeAccounts, PASSWORD } from './heart.ts';

export interface EdgeOptions {
  env?: Record<string, string>;
  pace?: Partial<Pace>;
  demo?: boolean;
  /** Milliseconds a call by HTTP waits. */
  patience?: number;
}

export interface Edge {
  url: string;
  accounts: FakeAccounts;
  people: People;
  clock: { now: number };
  /** Everything logged so far. */
  logged: () => string;
  /** A request as the app makes it; `headers` over the app's own. */
  ask: (path: string, init?: RequestInit) => Promise<Response>;
  /** Signs in and gives the cookie as a request sends it. */
  signIn: (email: string) => Promise<string>;
  /** Opens a tunnel; `headers` over the app's own (Origin, cookie). */
  tunnel: (cookie: string, headers?: Record<string, string>) => TestTunnel;
  close: () => Promise<void>;
}

/** Starts an edge that ends with the test. */
export async function startEdge(t: TestContext, options: EdgeOptions = {}): Promise<Edge> {
  const dir = mkdtempSync(join(tmpdir(), 'pimento-edge-'));
  buildPages(join(dir, 'dist'));
  const db = new Sqlite(join(dir, 'db'));
  const clock = { now: Date.UTC(2026, 0, 5, 9) };
  const people = new People(db, () => clock.now);
  const accounts = new FakeAccounts(people);
  let lines = '';
  const config = readConfig({ PORT: '0', ...options.env });
  const app = await createApp({
    config,
    people,
    accounts,
    server: config.mail?.imap.host ?? null,
    demo: options.demo ?? false,
    dist: join(dir, 'dist'),
    clock: () => clock.now,
    log: createLog('trace', { write: (line) => (lines += line) }),
    build: 'test',
    ...(options.pace ? { pace: options.pace } : {}),
    ...(options.patience === undefined ? {} : { patience: options.patience }),
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  t.after(async () => {
    await app.close();
    db.close();
    rmSync(dir, { recursive: true });
  });
  const ask = asker(url);
  return {
    url,
    accounts,
    people,
    clock,
    logged: () => lines,
    ask,
    signIn: async (email) => cookieOf(await ask('/session', signInBody(email, PASSWORD))),
    tunnel: (cookie, headers = {}) => new TestTunnel(url, { origin: url, cookie, ...headers }),
    close: () => app.close(),
  };
}

function buildPages(dist: string): void {
  mkdirSync(join(dist, 'assets'), { recursive: true });
  writeFileSync(join(dist, 'index.html'), '<!doctype html><title>Pimento</title>');
  writeFileSync(join(dist, 'sw.js'), '// worker');
  writeFileSync(join(dist, 'assets', 'main-4f2a.js'), '// page');
}

function asker(url: string): Edge['ask'] {
  const own = { 'x-requested-with': 'pimento', 'sec-fetch-site': 'same-origin', origin: url };
  return (path, init = {}) => {
    const headers = new Headers(own);
    for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
    return fetch(url + path, { redirect: 'error', ...init, headers });
  };
}

export function signInBody(email: string, password: string): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  };
}

/** `name=value` of the one cookie an answer sets. */
export function cookieOf(response: Response): string {
  const [cookie, ...more] = response.headers.getSetCookie();
  if (!cookie || more.length > 0) throw new Error(`expected one cookie, status ${response.status}`);
  return cookie.split(';')[0] ?? '';
}

/** A device's side of the tunnel. */
export class TestTunnel {
  readonly socket: WebSocket;
  /** HTTP status of the answer to the upgrade; 101 when it was let in. */
  readonly status: Promise<number>;
  readonly closed: Promise<number>;
  readonly frames: Down[] = [];
  #told: (() => void)[] = [];

  constructor(url: string, headers: Record<string, string>) {
    this.socket = new WebSocket(url.replace(/^http/, 'ws') + '/ws', { headers });
    this.status = new Promise((resolve) => {
      this.socket.on('open', () => resolve(101));
      this.socket.on('unexpected-response', (request, response) => {
        resolve(response.statusCode ?? 0);
        request.destroy();
      });
    });
    this.closed = new Promise((resolve) => this.socket.on('close', resolve));
    // After a refused upgrade ws also tells an error; `status` is what the test looks at.
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data) => {
      this.frames.push(parseDown(Buffer.isBuffer(data) ? data.toString() : ''));
      for (const resolve of this.#told.splice(0)) resolve();
    });
  }

  async send(...frames: (object | string)[]): Promise<void> {
    await this.status;
    for (const frame of frames) this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** The first frame of this kind that `which` accepts, now or later. */
  async frame<T extends Down['t']>(
    t: T,
    which: (frame: Extract<Down, { t: T }>) => boolean = () => true,
  ): Promise<Extract<Down, { t: T }>> {
    for (;;) {
      const found = this.frames.find((frame) => isA(frame, t) && which(frame));
      if (found && isA(found, t)) return found;
      await new Promise<void>((resolve) => this.#told.push(resolve));
    }
  }

  /** Says hello and waits for the welcome. */
  async greet(cursors: object[] = []): Promise<Extract<Down, { t: 'welcome' }>> {
    await this.send({ t: 'hello', protocol: PROTOCOL, build: 'test', visible: true, cursors });
    return this.frame('welcome');
  }
}

function isA<T extends Down['t']>(frame: Down, t: T): frame is Extract<Down, { t: T }> {
  return frame.t === t;
}
