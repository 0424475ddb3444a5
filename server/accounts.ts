/**
 * All accounts of this process: opened at sign-in, watched from the start of the bridge on.
 *
 * Decision: who proves a login on a server the operator allows (providers.ts) is the person of that account. The
 * password is tried there first and kept only sealed. An account whose server is no longer allowed stays in
 * the database and sleeps; one whose secret does not open is not watched, and its person is asked to sign in.
 */
import { Account } from './account.ts';
import { Connections } from './connections.ts';
import { SignInRefused, type AccountDoor, type AccountsDoor } from './doors.ts';
import { ImapAuth, ImapDown, type Credentials } from './imap-answers.ts';
import { ImapSession } from './imap.ts';
import { TooManyAttempts } from './egress/guard.ts';
import { describeError, type Log } from './log.ts';
import { loginOf, type Provider, type Providers } from './providers.ts';
import type { Seal } from './seal.ts';
import type { AccountRow, People } from './store/people.ts';
import type { Store } from './store/store.ts';

export interface AccountsOptions {
  people: People;
  store: Store;
  seal: Seal;
  /** Which server an address belongs to. */
  providers: Pick<Providers, 'forAddress' | 'byName' | 'attempt'>;
  /** The demo account, with its own throw-away server, or null. */
  demo: (Provider & { address: string; password: string }) | null;
  now: () => number;
  log: Log;
}

export class Accounts implements AccountsDoor {
  readonly #options: AccountsOptions;
  readonly #accounts = new Map<string, Account>();
  readonly #byPerson = new Map<string, Account[]>();
  readonly #connections: Connections;

  constructor(options: AccountsOptions) {
    this.#options = options;
    this.#connections = new Connections(options.now);
  }

  /** Watches every account the database knows and this configuration can reach. */
  async start(): Promise<void> {
    for (const row of await this.#options.people.allAccounts()) {
      const provider = this.#providerOf(row.server);
      if (!provider) continue;
      try {
        const password = Buffer.from(this.#options.seal.open(row.secret, row.id)).toString('utf8');
        await this.#open(row, provider, { user: row.login, password });
      } catch (error) {
        this.#options.log.error(
          { account: row.id, error: describeError(error) },
          'an account cannot be watched',
        );
      }
    }
  }

  async signIn(
    who: { email: string; password: string } | { demo: true },
    asker: string,
  ): Promise<{ person: string }> {
    const { demo, providers } = this.#options;
    if ('demo' in who) {
      if (!demo) throw new SignInRefused('no-server', 'There is no demo account here.');
      return this.#admit(demo, demo.address, demo.password, asker);
    }
    const home = demo?.address === who.email ? demo : null;
    const target = (await providers.forAddress(who.email)) ?? home;
    if (!target)
      throw new SignInRefused('no-server', 'No mail server is known for this address that may be used here.');
    return this.#admit(target, who.email, who.password, asker);
  }

  async of(person: string): Promise<AccountDoor[]> {
    return this.#byPerson.get(person) ?? [];
  }

  async close(): Promise<void> {
    await Promise.all([...this.#accounts.values()].map((account) => account.stop()));
    this.#accounts.clear();
    this.#byPerson.clear();
  }

  #providerOf(name: string): Provider | null {
    const { providers, demo } = this.#options;
    return demo?.name === name ? demo : providers.byName(name);
  }

  async #admit(
    provider: Provider,
    email: string,
    password: string,
    asker: string,
  ): Promise<{ person: string }> {
    const credentials = { user: loginOf(provider, email), password };
    await this.#prove(provider, credentials, asker);
    const row = await this.#options.people.admit({
      server: provider.name,
      login: credentials.user,
      address: email.includes('@') ? email : `${email}@${provider.imap.host}`,
      seal: (account) => this.#options.seal.seal(password, account),
    });
    const open = this.#accounts.get(row.id);
    if (open) open.renew(credentials);
    else await this.#open(row, provider, credentials);
    return { person: row.person };
  }

  /** Tries the credentials on the mail server itself. */
  async #prove(provider: Provider, credentials: Credentials, asker: string): Promise<void> {
    const tryIt = async () => {
      const session = await ImapSession.open(provider.imap, credentials, false, () => undefined);
      await session.logout();
    };
    try {
      await this.#options.providers.attempt(provider, asker, tryIt, (error) => error instanceof ImapAuth);
    } catch (error) {
      if (error instanceof TooManyAttempts) throw new SignInRefused('slow-down', error.message);
      if (error instanceof ImapAuth)
        throw new SignInRefused('auth', 'The mail server did not accept this address and password.');
      this.#options.log.warn({ error: describeError(error) }, 'sign-in could not reach the mail server');
      const why = error instanceof ImapDown ? `: ${error.message}` : '';
      throw new SignInRefused(
        'unreachable',
        `The mail server ${provider.imap.host} cannot be reached${why}.`,
      );
    }
  }

  async #open(row: AccountRow, provider: Provider, credentials: Credentials): Promise<void> {
    const { store, now, log } = this.#options;
    const { id, address, epoch } = row;
    const { imap, smtp } = provider;
    const connections = this.#connections;
    const account = new Account({
      ...{ id, address, epoch, credentials, imap, smtp },
      ...{ connections, store, now, log },
    });
    this.#accounts.set(id, account);
    this.#byPerson.set(row.person, [...(this.#byPerson.get(row.person) ?? []), account]);
    await account.start();
  }
}
