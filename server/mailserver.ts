/**
 * The address of one mail server, as a setting writes it (`imaps://host:993`, `smtp://host:587?tls=starttls`) and
 * as a connection needs it.
 *
 * Decision: the operator chooses the servers and the kind of TLS, the sign-in form never does. There is no
 * "try TLS, else go without": `imaps`/`smtps` is TLS from the first byte, `tls=starttls` refuses to go on
 * without it, `tls=none` is for a server on this very machine. Anything not understood is an error. A server that
 * nobody configured carries its check with it, so whoever connects cannot forget to ask: see `reach`.
 */
import { BlockList, isIP, isIPv4 } from 'node:net';
import { domainToASCII } from 'node:url';

/** Where a mail server is and how its line is protected. `implicit`: TLS from the first byte (RFC 8314 §3). */
export interface MailServer {
  host: string;
  port: number;
  tls: 'implicit' | 'starttls' | 'none';
  /** Of a server nobody configured: says before each connection where to connect, or throws. See egress/guard.ts. */
  check?: (server: MailServer) => Promise<Reached>;
}

/** Where to connect, and the name the certificate must bear. */
export interface Reached {
  /** An address that was checked, or the configured name. */
  host: string;
  port: number;
  /** For SNI and the certificate (RFC 6066 §3); undefined where the configuration names an address. */
  servername: string | undefined;
}

/**
 * Where to connect for `server`: to be called before every connection, and its answer used for that one only.
 * Throws EgressRefused (egress/guard.ts) when the server was found by discovery and its address is not allowed.
 */
export async function reach(server: MailServer): Promise<Reached> {
  if (server.check) return server.check(server);
  const { host, port } = server;
  return { host, port, servername: isIP(host) ? undefined : host };
}

/** The address as `parseMailServer` reads it; the same server always gives the same text. */
export function formatMailServer(kind: 'imap' | 'smtp', { host, port, tls }: MailServer): string {
  const authority = `${host.includes(':') ? `[${host}]` : host.toLowerCase()}:${port}`;
  return tls === 'implicit' ? `${kind}s://${authority}` : `${kind}://${authority}?tls=${tls}`;
}

/** Ports where none is given (RFC 8314 §7.3, RFC 6409 §3.1, RFC 9051 §2.1). */
const PORTS = { imap: { clear: 143, tls: 993 }, smtp: { clear: 587, tls: 465 } } as const;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** True for names and addresses that never leave this machine (RFC 6761 §6.3). IPv6 with or without brackets. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (isIP(bare)) return loopback.check(bare, isIPv4(bare) ? 'ipv4' : 'ipv6');
  return bare === 'localhost' || bare.endsWith('.localhost');
}

/** Parses `value` for the protocol `kind`. Throws an Error whose message is the reason, without the value. */
export function parseMailServer(kind: 'imap' | 'smtp', value: string): MailServer {
  if (!URL.canParse(value)) throw new Error(`it is not an address like ${kind}s://mail.example.org`);
  const url = new URL(value);
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== kind && scheme !== `${kind}s`)
    throw new Error(`it must begin with ${kind}s:// or ${kind}://`);
  if (url.username || url.password)
    throw new Error('it must not hold a user or a password; people give theirs when they sign in');
  if (!['', '/'].includes(url.pathname) || url.hash) throw new Error('it must end after the host and port');
  const host = parseHost(url.hostname);
  const tls = parseTls(scheme, url, host);
  const port = url.port === '' ? PORTS[kind][tls === 'implicit' ? 'tls' : 'clear'] : Number(url.port);
  if (port === 0) throw new Error('port 0 is not a port');
  if (port === 25 && !isLoopback(host))
    throw new Error('port 25 is for servers among themselves; use 465 or 587');
  return { host, port, tls };
}

function parseHost(raw: string): string {
  const bare = raw.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare)) return bare;
  const host = domainToASCII(decodeURIComponent(bare));
  if (!/^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(host)) throw new Error('it names no host');
  return host;
}

function parseTls(scheme: string, url: URL, host: string): MailServer['tls'] {
  const query = [...url.searchParams];
  if (query.some(([name]) => name !== 'tls') || query.length > 1)
    throw new Error('after ? only tls=… is known');
  const wish = query[0]?.[1];
  if (scheme.endsWith('s')) {
    if (wish !== undefined) throw new Error(`${scheme}:// is always TLS, so tls=… has no place in it`);
    return 'implicit';
  }
  if (wish === 'starttls') return 'starttls';
  if (wish !== 'none') throw new Error(`${scheme}:// needs ?tls=starttls, or ?tls=none on this machine`);
  if (!isLoopback(host))
    throw new Error('tls=none is only for a server on this machine (localhost, 127.0.0.1, [::1])');
  return 'none';
}
