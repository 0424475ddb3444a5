/**
 * The environment, read and checked once: the only file in server/ that looks at process.env.
 *
 * Decision: a wrong value stops the start with one sentence that names the variable, the value and the reason.
 * So does a name this version does not know or cannot honour yet: a setting that is silently ignored is a lie.
 * An empty value counts as not set, as container tools pass unset variables on like that.
 */
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { isLoopback, type MailServer, parseMailServer } from './mailserver.ts';
import { type ProvidersFile, readProvidersFile } from './providers-file.ts';

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type Level = (typeof LEVELS)[number];

export interface Config {
  host: string;
  /** 0: any free port. */
  port: number;
  /** Absolute directory of database and key; made by the edge, mode 0700. */
  data: string;
  keyFile: string;
  /** The servers people sign in to; null: none, so the demo may run. */
  mail: { imap: MailServer; smtp: MailServer } | null;
  /** Servers of several domains, from the file; null: no such file. */
  providers: ProvidersFile | null;
  /** Servers that nobody configured may be found and used. */
  open: boolean;
  /** Exact public origins; null: those of localhost at the port the bridge listens on. */
  origins: string[] | null;
  /** Addresses or networks whose forwarded headers are believed; null: nobody's. */
  trustProxy: string[] | null;
  /** Longest idle time the proxy in front allows, milliseconds. */
  heartbeatMax: number;
  /** What a request for /metrics must show; null: none is answered from outside. */
  metricsToken: string | null;
  log: Level;
}

export class ConfigError extends Error {}

type Env = Readonly<Record<string, string | undefined>>;

const KNOWN = [
  'PIMENTO_DATA',
  'PIMENTO_IMAP',
  'PIMENTO_SMTP',
  'PIMENTO_PROVIDERS',
  'PIMENTO_OPEN',
  'PIMENTO_ORIGIN',
  'PIMENTO_TRUST_PROXY',
  'PIMENTO_KEY_FILE',
  'PIMENTO_HEARTBEAT_MAX',
  'PIMENTO_METRICS_TOKEN',
  'PIMENTO_LOG',
];

/** Of the contract, not in this version: what each would do. A value that asks for nothing is let through. */
const LATER: Readonly<Record<string, { why: string; idle?: string }>> = {
  PIMENTO_BASE_PATH: { why: 'it serves the app at / only', idle: '/' },
  PIMENTO_PUSH_SUBJECT: { why: 'it does not send Web Push' },
  PIMENTO_PUSH_PROXY: { why: 'it does not send Web Push' },
  PIMENTO_GRACE_MS: { why: 'it does not send Web Push' },
  PIMENTO_DATABASE: { why: 'it keeps its data in SQLite in PIMENTO_DATA' },
};

/** Reads and checks the whole configuration. Pure but for the working directory and the file of providers. Throws ConfigError. */
export function readConfig(env: Env = process.env): Config {
  const set = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value?.trim() ? [[name, value.trim()]] : [])),
  );
  refuseUnknown(set);
  const data = resolve(set['PIMENTO_DATA'] ?? 'data');
  const host = readHost(set['HOST'] ?? '127.0.0.1');
  const origins = readOrigins(set['PIMENTO_ORIGIN']);
  if (!origins && !isLoopback(host))
    throw new ConfigError(
      `HOST is ${host}, which others can reach: set PIMENTO_ORIGIN to the address people open, for instance https://mail.example.org.`,
    );
  return {
    host,
    port: readPort(set['PORT'] ?? '8080'),
    data,
    keyFile: set['PIMENTO_KEY_FILE'] ? resolve(set['PIMENTO_KEY_FILE']) : join(data, 'key'),
    mail: readMail(set['PIMENTO_IMAP'], set['PIMENTO_SMTP']),
    providers: readProviders(set['PIMENTO_PROVIDERS']),
    open: readOpen(set['PIMENTO_OPEN'] ?? '0'),
    origins,
    trustProxy: readProxies(set['PIMENTO_TRUST_PROXY']),
    heartbeatMax: readHeartbeat(set['PIMENTO_HEARTBEAT_MAX'] ?? '50'),
    metricsToken: readToken(set['PIMENTO_METRICS_TOKEN']),
    log: readLevel(set['PIMENTO_LOG'] ?? 'info'),
  };
}

/** A value as it may be shown: whatever stands before an @ could be credentials. */
function shown(value: string): string {
  return JSON.stringify(value.replace(/^([a-z]*:\/\/)?.*@/is, '$1…@').slice(0, 200));
}

function wrong(name: string, value: string, reason: string): ConfigError {
  return new ConfigError(`${name} is ${shown(value)}: ${reason}.`);
}

function refuseUnknown(set: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(set)) {
    if (!name.startsWith('PIMENTO_') || KNOWN.includes(name)) continue;
    const later = LATER[name];
    if (!later) throw new ConfigError(`${name} is not a setting of Pimento; those are ${KNOWN.join(', ')}.`);
    if (value !== later.idle)
      throw new ConfigError(`${name} is set, but this version cannot honour it: ${later.why}. Unset it.`);
  }
}

function readHost(value: string): string {
  const bare = value.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(bare)) return bare;
  throw wrong('HOST', value, 'it must be an IP address or a host name of this machine');
}

function readPort(value: string): number {
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
  throw wrong('PORT', value, 'it must be a number from 0 to 65535');
}

function readMail(imap: string | undefined, smtp: string | undefined): Config['mail'] {
  if (imap === undefined && smtp === undefined) return null;
  if (imap === undefined)
    throw new ConfigError('PIMENTO_SMTP is set but PIMENTO_IMAP is not: both are needed.');
  if (smtp === undefined)
    throw new ConfigError('PIMENTO_IMAP is set but PIMENTO_SMTP is not: both are needed.');
  return { imap: readServer('imap', 'PIMENTO_IMAP', imap), smtp: readServer('smtp', 'PIMENTO_SMTP', smtp) };
}

function readServer(kind: 'imap' | 'smtp', name: string, value: string): MailServer {
  try {
    return parseMailServer(kind, value);
  } catch (error) {
    throw wrong(name, value, error instanceof Error ? error.message : 'it cannot be read');
  }
}

function readProviders(value: string | undefined): ProvidersFile | null {
  if (value === undefined) return null;
  const path = resolve(value);
  try {
    return readProvidersFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'it cannot be read';
    throw new ConfigError(`PIMENTO_PROVIDERS names ${path}: ${reason}.`, { cause: error });
  }
}

function readOpen(value: string): boolean {
  if (value === '1' || value === '0') return value === '1';
  throw wrong('PIMENTO_OPEN', value, 'it must be 1, to let people use servers nobody configured, or 0');
}

/** The value is a secret, so a wrong one is not shown. */
function readToken(value: string | undefined): string | null {
  if (value === undefined) return null;
  if (/^[\x21-\x7e]{16,}$/.test(value)) return value;
  throw new ConfigError(
    'PIMENTO_METRICS_TOKEN must have 16 characters or more, of printable ASCII without spaces.',
  );
}

/** Splits a comma list; empty items are dropped. */
function list(value: string): string[] {
  return value.split(',').flatMap((item) => item.trim() || []);
}

function readOrigins(value: string | undefined): string[] | null {
  if (value === undefined) return null;
  const origins = list(value).map((item) => readOrigin(item));
  if (origins.length === 0) throw wrong('PIMENTO_ORIGIN', value, 'it names no origin');
  return [...new Set(origins)];
}

function readOrigin(item: string): string {
  const url = URL.canParse(item) ? new URL(item) : null;
  if (!url || !/^https?:$/.test(url.protocol))
    throw wrong('PIMENTO_ORIGIN', item, 'it must be like https://mail.example.org');
  if (url.username || url.password || url.pathname !== '/' || url.search || url.hash || /[^/]\/$/.test(item))
    throw wrong('PIMENTO_ORIGIN', item, 'it must end after the host and port, without a slash');
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    throw wrong(
      'PIMENTO_ORIGIN',
      item,
      'it must be https; browsers give an app on plain http no offline store',
    );
  return url.origin;
}

function readProxies(value: string | undefined): string[] | null {
  if (value === undefined || value === 'off') return null;
  const proxies = list(value);
  if (proxies.length === 0) throw wrong('PIMENTO_TRUST_PROXY', value, 'it names no proxy');
  for (const proxy of proxies) if (!isNetwork(proxy)) throw wrong('PIMENTO_TRUST_PROXY', value, PROXY_RULE);
  return proxies;
}

const PROXY_RULE =
  'it must be off, or a comma list of addresses and networks such as 127.0.0.1, 10.0.0.0/8, loopback';

function isNetwork(item: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(item)) return true;
  const [address = '', bits, ...rest] = item.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  // A network of zero bits is everybody, and then anyone could claim any address.
  return (
    bits === undefined ||
    (/^\d{1,3}$/.test(bits) && Number(bits) > 0 && Number(bits) <= (family === 4 ? 32 : 128))
  );
}

function readHeartbeat(value: string): number {
  const seconds = /^(\d{1,4})\s?s?$/.exec(value)?.[1];
  if (seconds !== undefined && Number(seconds) >= 5 && Number(seconds) <= 3600) return Number(seconds) * 1000;
  throw wrong('PIMENTO_HEARTBEAT_MAX', value, 'it must be seconds from 5 to 3600, for instance 50s');
}

function readLevel(value: string): Level {
  const level = LEVELS.find((each) => each === value);
  if (level) return level;
  throw wrong('PIMENTO_LOG', value, `it must be one of ${LEVELS.join(', ')}`);
}
