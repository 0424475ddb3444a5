/**
 * The edge of the process: reads the world, builds the bridge, tells when it is ready, ends it well.
 *
 *   config → data directory → key → store → demo → accounts → app → listen → one line on stdout
 *
 * Decision: stdout carries that one line and nothing else, so a script can wait for it; everything else goes to
 * stderr. A start that cannot succeed ends with one sentence: exit 2 when a setting is wrong, 1 when the world is.
 * The first signal ends in order (sockets told to come back, accounts let finish, demo stopped), the second at
 * once: nothing is lost by that, for what was accepted is on the disk.
 */
import { accessSync, closeSync, constants, mkdirSync, openSync, readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Accounts } from './accounts.ts';
import { createApp } from './app.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { type Demo, startDemo } from './demo/demo.ts';
import { Discovery } from './discovery/discover.ts';
import { probesOf } from './discovery/probes.ts';
import { systemDns } from './egress/dns.ts';
import { Guard } from './egress/guard.ts';
import { type App, type AppLog, createLog } from './http.ts';
import { lockDirectory } from './lock.ts';
import { Providers } from './providers.ts';
import { makeSeal, readKey, SealError } from './seal.ts';
import { beginLife, endLife } from './store/life.ts';
import { People } from './store/people.ts';
import { Sqlite } from './store/sqlite.ts';
import { Store } from './store/store.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** An orderly end that takes longer than this is no end. */
const FAREWELL = 10_000;
const now = () => Date.now();

/** Something outside is not as it must be; the message is for whoever starts the bridge. */
class StartError extends Error {}

/** What must be ended, in the order it was begun. */
type Endings = (() => unknown)[];

async function build(config: Config, log: AppLog, endings: Endings): Promise<App> {
  await openDataDirectory(config.data, endings);
  const seal = makeSeal(readKey(config.keyFile));
  const db = openDatabase(join(config.data, 'pimento.db'));
  endings.push(() => db.close());
  if (beginLife(db, bootId()))
    log.warn({}, 'the machine stopped unexpectedly; devices will fetch their rows again');
  endings.push(() => endLife(db));
  const people = new People(db, now);
  const demo = config.mail || config.providers || config.open ? null : await openDemo(config.data, log);
  if (demo) endings.push(() => demo.stop());
  const providers = openProviders(config, log);
  const accounts = new Accounts({
    people,
    store: new Store(db, now),
    seal,
    providers,
    demo: demo && { name: 'demo', ...demo },
    now,
    log,
  });
  endings.push(() => accounts.close());
  await accounts.start();
  const dist = join(ROOT, 'web', 'dist');
  const offered = demo !== null;
  const { offered: server } = providers;
  const deps = { config, people, server, accounts, demo: offered, dist, clock: now, log, build: version() };
  const app = await createApp(deps);
  endings.push(() => app.close());
  return app;
}

/** The mail servers people may use, and the guard before those that nobody configured. */
function openProviders(config: Config, log: AppLog): Providers {
  const { mail, providers: file, open } = config;
  const dns = systemDns();
  const known = [...(mail ? [mail] : []), ...(file?.values() ?? [])];
  const guard = new Guard({ dns, allowed: known.flatMap(({ imap, smtp }) => [imap, smtp]) });
  const discovery = new Discovery({ probes: probesOf(dns, guard), log });
  return new Providers({
    configured: mail && { name: `${mail.imap.host}:${mail.imap.port}`, ...mail },
    ...{ file, open, guard, discover: (domain) => discovery.find(domain) },
  });
}

function openDemo(data: string, log: AppLog): Promise<Demo | null> {
  return startDemo({ dir: join(data, 'demo'), log: (line) => log.info(line) });
}

/** Makes the directory if it is missing, and takes it for this process alone. */
async function openDataDirectory(path: string, endings: Endings): Promise<void> {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new StartError(`PIMENTO_DATA, ${path}, cannot be made or written to (${codeOf(error)}).`, {
      cause: error,
    });
  }
  const unlock = await lockDirectory(path);
  if (!unlock) throw new StartError(`Another bridge is using ${path}. Stop it, or set PIMENTO_DATA.`);
  endings.push(unlock);
}

function openDatabase(file: string): Sqlite {
  try {
    // Made here so that it, and the files SQLite makes beside it with the same mode, are its owner's alone.
    closeSync(openSync(file, 'a', 0o600));
    return new Sqlite(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : codeOf(error);
    throw new StartError(`The database ${file} cannot be opened: ${why}`, { cause: error });
  }
}

/** Names this running of the machine; by the minute it started where the system gives it no name. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return `since ${Math.round((now() / 1000 - uptime()) / 60)}`;
  }
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const found = typeof manifest === 'object' && manifest && 'version' in manifest ? manifest.version : '';
  return String(found);
}

async function listen(app: App, { host, port }: Config): Promise<void> {
  try {
    const url = new URL(await app.listen({ host, port }));
    process.stdout.write(
      `pimento listening on http://${host.includes(':') ? `[${host}]` : host}:${url.port}\n`,
    );
  } catch (error) {
    const code = codeOf(error);
    const reasons: Record<string, string> = {
      EADDRINUSE: `Port ${port} on ${host} is taken. Stop what listens there, or set PORT.`,
      EACCES: `Port ${port} on ${host} is not for this user. Set PORT to 1024 or above.`,
      EADDRNOTAVAIL: `HOST, ${host}, is not an address of this machine.`,
    };
    throw new StartError(reasons[code] ?? `${host}:${port} cannot be listened on (${code}).`, {
      cause: error,
    });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'an error';
}

/** Ends what was begun, last first; each part also if another failed. */
async function stop(endings: Endings, log: AppLog): Promise<void> {
  for (const end of endings.splice(0).toReversed()) {
    try {
      await end();
    } catch (error) {
      log.error({ err: error }, 'a part of the bridge did not end well');
    }
  }
}

function fail(error: unknown): never {
  const expected = error instanceof ConfigError || error instanceof SealError || error instanceof StartError;
  const text = error instanceof Error ? (expected ? error.message : error.stack) : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(error instanceof ConfigError ? 2 : 1);
}

/** Ends the process at a signal: in order once `started` has settled, which has no longer than the farewell. */
function endOnSignal(started: Promise<unknown>, endings: Endings, log: AppLog): void {
  let ending = false;
  const end = () => {
    if (ending) process.exit(1);
    ending = true;
    setTimeout(() => process.exit(1), FAREWELL);
    void started
      // A start that failed has been told where it is awaited; what it had begun is ended all the same.
      .catch(() => null)
      .then(() => stop(endings, log))
      .then(() => process.exit(0));
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

async function main(): Promise<void> {
  const config = readConfig();
  const log = createLog(config.log);
  const endings: Endings = [];
  const started = build(config, log, endings).then((app) => listen(app, config));
  endOnSignal(started, endings, log);
  try {
    await started;
  } catch (error) {
    await stop(endings, log);
    throw error;
  }
}

await main().catch(fail);
