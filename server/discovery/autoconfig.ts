/**
 * The settings a domain publishes for mail programs (draft-ietf-mailmaint-autoconfig), at its two places.
 *
 * Decision: fetched over https only, so the domain's own certificate vouches for the hosts named. The first
 * server that is of use is taken, as the file lists them in order of preference: TLS, a port of that protocol, a
 * password as the way in, and a user name that can be made from the address. The address itself is never sent.
 */
import type { MailServer } from '../mailserver.ts';
import type { Login, Probe } from './found.ts';
import { type Element, readXml } from './xml.ts';

/** Fetches a text over https, through the guard. */
export type FetchText = (url: string, signal: AbortSignal) => Promise<string>;

interface Offer {
  server: MailServer;
  login: Login;
}

const PORTS = { imap: [993, 143], smtp: [465, 587] } as const;
/** Ways in that are a password over TLS; no way named means that one. */
const PASSWORD = new Set(['password-cleartext', 'password-encrypted', 'plain', 'secure']);
const LOGIN: Readonly<Record<string, Login>> = {
  '%EMAILADDRESS%': 'address',
  '%EMAILLOCALPART%@%EMAILDOMAIN%': 'address',
  '%EMAILLOCALPART%': 'local part',
};

/** Looks at `autoconfig.` of the domain. */
export function autoconfig(fetchText: FetchText): Probe {
  return async (domain, signal) =>
    readAutoconfig(await fetchText(`https://autoconfig.${domain}/mail/config-v1.1.xml`, signal), domain);
}

/** Looks below the domain's own `.well-known` (RFC 8615). */
export function wellKnown(fetchText: FetchText): Probe {
  return async (domain, signal) => {
    const url = `https://${domain}/.well-known/autoconfig/mail/config-v1.1.xml`;
    return readAutoconfig(await fetchText(url, signal), domain);
  };
}

/** The servers a configuration file names for addresses at `domain`. Null: none of use. Throws when it is no XML. */
export function readAutoconfig(xml: string, domain: string): Awaited<ReturnType<Probe>> {
  const root = readXml(xml);
  if (root.name !== 'clientConfig') return null;
  const provider = children(root, 'emailProvider')[0];
  if (!provider) return null;
  const incoming = offers(provider, 'incomingServer', 'imap', domain);
  const outgoing = offers(provider, 'outgoingServer', 'smtp', domain);
  for (const { server: imap, login } of incoming) {
    const smtp = outgoing.find((each) => each.login === login)?.server;
    if (smtp) return { imap, smtp, login };
  }
  return null;
}

const children = ({ children }: Element, name: string) => children.filter((each) => each.name === name);
const textOf = (element: Element, name: string) => children(element, name)[0]?.text ?? '';

function offers(provider: Element, name: string, kind: 'imap' | 'smtp', domain: string): Offer[] {
  return children(provider, name)
    .filter(({ attributes }) => attributes['type']?.toLowerCase() === kind)
    .flatMap((element) => offer(element, kind, domain) ?? []);
}

function offer(element: Element, kind: 'imap' | 'smtp', domain: string): Offer | null {
  const host = textOf(element, 'hostname').replaceAll('%EMAILDOMAIN%', domain).toLowerCase();
  const port = Number(textOf(element, 'port'));
  const tls = { SSL: 'implicit', STARTTLS: 'starttls' }[textOf(element, 'socketType').toUpperCase()];
  const login = LOGIN[textOf(element, 'username').toUpperCase()];
  const ways = children(element, 'authentication').map(({ text }) => text.toLowerCase());
  if (ways.length > 0 && !ways.some((way) => PASSWORD.has(way))) return null;
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(host) || !login) return null;
  if (tls !== 'implicit' && tls !== 'starttls') return null;
  return PORTS[kind].some((each) => each === port) ? { server: { host, port, tls }, login } : null;
}
