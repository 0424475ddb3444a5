/**
 * The servers a domain names in DNS: `_imaps._tcp` and `_submissions._tcp` (RFC 6186, RFC 8314 §5.1).
 *
 * Decision: DNS answers are not proven, and the password goes to whoever is named. RFC 6186 §6 asks a person to
 * confirm a host outside the domain; nobody is asked here, so only a host within the domain, or of the bundled
 * list, is believed: its certificate then proves the rest. Only the services with TLS from the first byte are
 * looked for. A record whose target is the root says the service is not offered.
 */
import type { Dns, Service } from '../egress/dns.ts';
import type { MailServer } from '../mailserver.ts';
import { isBundledHost } from './bundled.ts';
import type { Probe } from './found.ts';

const SERVICES = { imap: '_imaps._tcp', smtp: '_submissions._tcp' } as const;
const PORTS = { imap: 993, smtp: 465 } as const;

/** Asks DNS for both services. Both or nothing. */
export function bySrv(dns: Pick<Dns, 'services'>): Probe {
  return async (domain) => {
    const [imap, smtp] = await Promise.all([ask(dns, 'imap', domain), ask(dns, 'smtp', domain)]);
    // RFC 6186 §4: the user name to try first is the whole address.
    return imap && smtp ? { imap, smtp, login: 'address' } : null;
  };
}

async function ask(
  dns: Pick<Dns, 'services'>,
  kind: 'imap' | 'smtp',
  domain: string,
): Promise<MailServer | null> {
  const services = await dns.services(`${SERVICES[kind]}.${domain}`);
  // RFC 2782: the lowest priority first. Among equals the heaviest, so that every start finds the same.
  const ranked = services.toSorted(
    (a, b) => a.priority - b.priority || b.weight - a.weight || a.host.localeCompare(b.host),
  );
  const first = ranked.find((service) => believed(service, kind, domain));
  return first ? { host: plain(first.host), port: first.port, tls: 'implicit' } : null;
}

const plain = (host: string) => host.toLowerCase().replace(/\.$/, '');

function believed(service: Service, kind: 'imap' | 'smtp', domain: string): boolean {
  const host = plain(service.host);
  const near = host === domain || host.endsWith(`.${domain}`);
  return service.port === PORTS[kind] && (near || isBundledHost(host));
}
