/**
 * Reads the file PIMENTO_PROVIDERS names: which domain has which servers.
 *
 *   { "example.org": { "imap": "imaps://imap.example.org", "smtp": "smtps://smtp.example.org" } }
 *
 * Decision: read whole at the start and refused whole. An entry that is wrong is named by its key, with the reason;
 * a key that means nothing here is an error, as in the environment. The addresses are written as in PIMENTO_IMAP.
 */
import { readFileSync } from 'node:fs';
import { domainToASCII } from 'node:url';
import { type MailServer, parseMailServer } from './mailserver.ts';

export type ProvidersFile = ReadonlyMap<string, { imap: MailServer; smtp: MailServer }>;

/** More is no list that anybody keeps by hand. */
const DOMAINS = 10_000;

/** Reads the file. Throws an Error whose message is the reason, to follow the name of the file. */
export function readProvidersFile(path: string): ProvidersFile {
  const entries = Object.entries(objectOf(parse(path), 'it must be an object of domains'));
  if (entries.length === 0) throw new Error('it names no domain');
  if (entries.length > DOMAINS) throw new Error(`it names more than ${DOMAINS} domains`);
  const providers = new Map<string, { imap: MailServer; smtp: MailServer }>();
  for (const [key, value] of entries) {
    const domain = readDomain(key);
    if (providers.has(domain)) throw new Error(`${JSON.stringify(key)} is there twice`);
    providers.set(domain, readServers(key, value));
  }
  return providers;
}

function parse(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an error';
    throw new Error(`it cannot be read (${code})`, { cause: error });
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    // The parser's message quotes the text, which could hold what is not for a log.
    throw new Error('it is not JSON', { cause: error });
  }
}

function objectOf(value: unknown, reason: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(reason);
  return { ...value };
}

function readDomain(key: string): string {
  const domain = domainToASCII(key.trim()).toLowerCase();
  if (/^[a-z0-9_]([a-z0-9._-]*[a-z0-9])?$/.test(domain)) return domain;
  throw new Error(`${JSON.stringify(key.slice(0, 100))} is not a domain`);
}

function readServers(key: string, value: unknown): { imap: MailServer; smtp: MailServer } {
  const where = JSON.stringify(key);
  const entry = objectOf(value, `${where} must be an object with "imap" and "smtp"`);
  const unknown = Object.keys(entry).find((name) => name !== 'imap' && name !== 'smtp');
  if (unknown !== undefined) throw new Error(`${where} has ${JSON.stringify(unknown)}, which means nothing`);
  return { imap: readServer('imap', where, entry['imap']), smtp: readServer('smtp', where, entry['smtp']) };
}

function readServer(kind: 'imap' | 'smtp', where: string, value: unknown): MailServer {
  if (typeof value !== 'string')
    throw new Error(`${where} has no "${kind}", an address like ${kind}s://mail.example.org`);
  try {
    return parseMailServer(kind, value);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'it cannot be read';
    throw new Error(`"${kind}" of ${where} is wrong: ${reason}`, { cause: error });
  }
}
