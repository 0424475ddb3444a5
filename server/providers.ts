/**
 * Which mail server an address belongs to.
 *
 *   forAddress(email)  PROVIDERS file → the configured server's own domain → discovery, if open → configured → null
 *   byName(name)       the same server again after a restart, from the name kept with the account
 *   attempt(…)         tries a password there: guarded where the server was found rather than configured
 *
 * Decision: a name is stable and says all there is to know. The configured server keeps `host:port`; any other is
 * its own two addresses, `imaps://host:993 smtps://host:465`, so that one found by discovery can be made again
 * without asking anybody. What a name says is never believed: unless the operator's settings name that very server,
 * it is taken only while PIMENTO_OPEN is set, and each connection passes the egress guard (`MailServer.check`, which
 * `reach` in mailserver.ts asks). The operator's own servers go before discovery, so opening the bridge to others
 * renames nobody's account.
 */
import { domainToASCII } from 'node:url';
import type { Found, Login } from './discovery/found.ts';
import type { Guard } from './egress/guard.ts';
import { formatMailServer, type MailServer, parseMailServer } from './mailserver.ts';

/** Where people sign in, under a name that stays the same between starts. */
export interface Provider {
  name: string;
  imap: MailServer;
  smtp: MailServer;
  /** What the server calls a person; absent: what was typed. See `loginOf`. */
  login?: Login;
}

type Servers = Pick<Provider, 'imap' | 'smtp'>;

export interface ProvidersOptions {
  /** PIMENTO_IMAP and PIMENTO_SMTP under their name, or null. */
  configured: Provider | null;
  /** PIMENTO_PROVIDERS: domain (ASCII, lower case) → servers, or null. */
  file: ReadonlyMap<string, Servers> | null;
  /** PIMENTO_OPEN: servers nobody configured may be used. */
  open: boolean;
  guard: Guard;
  /** Finds the servers of a domain; never throws. `Discovery.find`. */
  discover: (domain: string) => Promise<Found | null>;
}

/** Ends a name whose server takes the part before the @ as the user. */
const LOCAL_PART = ' local-part';

function nameOf({ imap, smtp }: Servers, login: Login): string {
  const servers = `${formatMailServer('imap', imap)} ${formatMailServer('smtp', smtp)}`;
  return login === 'local part' ? servers + LOCAL_PART : servers;
}

/** The user name to sign in with at `provider` for what a person typed as their address. */
export function loginOf({ login }: Pick<Provider, 'login'>, email: string): string {
  return login === 'local part' ? email.slice(0, Math.max(email.lastIndexOf('@'), 0)) || email : email;
}

/** The domain of an address in ASCII and lower case; null when it has none. */
function domainOf(email: string): string | null {
  const at = email.lastIndexOf('@');
  return at === -1 ? null : domainToASCII(email.slice(at + 1).replace(/\.$/, '')).toLowerCase() || null;
}

const same = (one: MailServer, other: MailServer) =>
  formatMailServer('imap', one) === formatMailServer('imap', other);

export class Providers {
  readonly #options: ProvidersOptions;
  readonly #filed: ReadonlyMap<string, Provider>;

  constructor(options: ProvidersOptions) {
    this.#options = options;
    this.#filed = new Map(
      [...(options.file ?? [])].map(([domain, servers]) => [
        domain,
        { name: nameOf(servers, 'address'), imap: servers.imap, smtp: servers.smtp },
      ]),
    );
  }

  /** What the sign-in page may call the place people sign in to; null when there is none. */
  get offered(): string | null {
    const { configured, open } = this.#options;
    if (open) return 'found from your address';
    const domains = [...this.#filed.keys()];
    const names = configured ? [configured.imap.host, ...domains] : domains;
    return names.length > 3 ? `${names.slice(0, 3).join(', ')} …` : names.join(', ') || null;
  }

  /** The servers an address belongs to; null: none that may be used. Takes up to 3 s where it has to be found. */
  async forAddress(email: string): Promise<Provider | null> {
    const { configured, open, discover } = this.#options;
    const domain = domainOf(email);
    const filed = domain === null ? undefined : this.#filed.get(domain);
    if (filed) return filed;
    if (configured && (domain === null || !open || this.#isHome(domain))) return configured;
    if (!open || domain === null) return null;
    const found = await discover(domain);
    return found ? this.#foundProvider(found) : configured;
  }

  /** The provider an account was made with, or null when this configuration does not reach it any more. */
  byName(name: string): Provider | null {
    const { configured, open } = this.#options;
    if (configured?.name === name) return configured;
    const filed = [...this.#filed.values()].find((each) => each.name === name);
    if (filed) return filed;
    return open ? this.#remake(name) : null;
  }

  /**
   * Runs `work`, which tries a password at `provider` for the one who asks (`asker`: their network). Where the
   * server was found and not configured: at most 5 a minute and 300 to 700 ms long at least, and all errors become
   * EgressRefused but those `tell` says true of (a refused password). Throws TooManyAttempts.
   */
  attempt<T>(
    provider: Provider,
    asker: string,
    work: () => Promise<T>,
    tell: (error: unknown) => boolean,
  ): Promise<T> {
    const guarded = provider.imap.check !== undefined;
    return guarded ? this.#options.guard.attempt(asker, work, tell) : work();
  }

  /** True for the configured server's own domain: the one its host is in. */
  #isHome(domain: string): boolean {
    const host = this.#options.configured?.imap.host ?? '';
    return domain === host || (domain.includes('.') && host.endsWith(`.${domain}`));
  }

  /** A server that was found; the operator's own entry where it is the same IMAP server. */
  #foundProvider({ imap, smtp, login }: Found): Provider {
    const { configured } = this.#options;
    const ours = [configured, ...this.#filed.values()].find((each) => each && same(each.imap, imap));
    return ours ?? this.#guarded({ imap, smtp }, login);
  }

  #guarded(servers: Servers, login: Login): Provider {
    const { guard } = this.#options;
    return {
      name: nameOf(servers, login),
      imap: guard.guarded(servers.imap, 'imap'),
      smtp: guard.guarded(servers.smtp, 'smtp'),
      login,
    };
  }

  #remake(name: string): Provider | null {
    const login: Login = name.endsWith(LOCAL_PART) ? 'local part' : 'address';
    const [imap, smtp, ...rest] = (login === 'address' ? name : name.slice(0, -LOCAL_PART.length)).split(' ');
    if (imap === undefined || smtp === undefined || rest.length > 0) return null;
    const servers = { imap: readServer('imap', imap), smtp: readServer('smtp', smtp) };
    if (!servers.imap || !servers.smtp) return null;
    return this.#guarded({ imap: servers.imap, smtp: servers.smtp }, login);
  }
}

/** A server with TLS, or null when the text is no address of one: then it is the name of something else. */
function readServer(kind: 'imap' | 'smtp', text: string): MailServer | null {
  try {
    const server = parseMailServer(kind, text);
    return server.tls === 'none' ? null : server;
  } catch {
    return null; // For instance `demo`, or the `host:port` of a server that is no longer configured.
  }
}
