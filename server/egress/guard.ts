/**
 * The one way out to hosts that the operator did not choose: who may be connected to, and at which address.
 *
 *   name and port → is it a public name, a port of that purpose → A and AAAA, once → every one public → the address
 *
 * Decision: the name is resolved here and the caller connects to the address given back, with the name for SNI and
 * the certificate; so what was checked is what is connected to, whatever DNS says a moment later. One bad address
 * among good ones refuses the name. Every refusal has the same words, and an attempt a person asked for takes a
 * random while however it ends, so the guard is no way to look round the inside of a network. What the operator
 * configured is allowed by name and port, as it may well be inside.
 */
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MailServer, Reached } from '../mailserver.ts';
import { Throttle } from '../throttle.ts';
import { canonicalAddress, isPublicAddress, publicName } from './address.ts';
import type { Dns } from './dns.ts';

export type Purpose = 'imap' | 'smtp' | 'https';

/** RFC 8314 §7.3, RFC 6409 §3.1, RFC 9051 §2.1. Port 25 and plain http are left out on purpose. */
const PORTS: Readonly<Record<Purpose, readonly number[]>> = {
  imap: [993, 143],
  smtp: [465, 587],
  https: [443],
};

/** Shortest and longest time of an attempt, milliseconds. */
const FLOOR = { from: 300, to: 700 } as const;
/** Attempts of one key in a minute. */
const ATTEMPTS = 5;

/** The guard said no, or a guarded connection failed. Always the same words: why is for nobody outside to know. */
export class EgressRefused extends Error {
  constructor(cause?: unknown) {
    super('That server cannot be reached from here.', { cause });
  }
}

/** Too many attempts with one key. `wait`: milliseconds until the next may be made. */
export class TooManyAttempts extends Error {
  readonly wait: number;

  constructor(wait: number) {
    super('Too many attempts. Try again in a minute.');
    this.wait = wait;
  }
}

export interface GuardOptions {
  dns: Pick<Dns, 'addresses'>;
  /** Hosts and ports the operator configured; those are let through as they are. */
  allowed?: readonly { host: string; port: number }[];
  /** Addresses of this machine, asked at each check. */
  own?: () => string[];
  /** Milliseconds. */
  clock?: () => number;
  /** From 0 up to 1. */
  random?: () => number;
  wait?: (ms: number) => Promise<unknown>;
}

/** Addresses of all network interfaces of this machine. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
}

/** Why is kept in the cause, for the log, where an error's code is shown and its message is not. */
const refuse = (why: string) => new EgressRefused(Object.assign(new Error(why), { code: why }));

export class Guard {
  readonly #options: Required<GuardOptions>;
  readonly #throttle: Throttle;

  constructor(options: GuardOptions) {
    this.#options = {
      allowed: [],
      own: ownAddresses,
      clock: Date.now,
      random: Math.random,
      wait: (ms) => sleep(ms),
      ...options,
    };
    this.#throttle = new Throttle(ATTEMPTS, 60_000, this.#options.clock);
  }

  /** Where to connect for a host and port named by somebody else; for one connection. Throws EgressRefused. */
  async check(host: string, port: number, purpose: Purpose): Promise<Reached> {
    const name = publicName(host);
    const known = this.#options.allowed.find((each) => each.port === port && sameHost(each.host, host));
    if (known)
      return { host: known.host, port, servername: canonicalAddress(known.host) ? undefined : known.host };
    if (!PORTS[purpose].includes(port)) throw refuse(`port ${port} is not for ${purpose}`);
    if (name === null) throw refuse('not a public name');
    return { host: await this.#resolve(name), port, servername: name };
  }

  /** `server` with this guard's check upon it, to be asked by `reach` before each connection. */
  guarded(server: MailServer, purpose: 'imap' | 'smtp'): MailServer {
    const { host, port, tls } = server;
    return { host, port, tls, check: () => this.check(host, port, purpose) };
  }

  /**
   * Runs one attempt that a person asked for, against a server of their naming. Takes 300 to 700 ms at least.
   * Errors become EgressRefused, but for those `tell` says true of. Throws TooManyAttempts beyond 5 a minute for
   * one `key`, which names who asks (a network, an account).
   */
  async attempt<T>(key: string, work: () => Promise<T>, tell: (error: unknown) => boolean): Promise<T> {
    const { clock, random, wait } = this.#options;
    const pause = this.#throttle.wait(key);
    if (pause > 0) throw new TooManyAttempts(pause);
    this.#throttle.count(key);
    const until = clock() + FLOOR.from + random() * (FLOOR.to - FLOOR.from);
    try {
      return await work();
    } catch (error) {
      if (error instanceof EgressRefused || tell(error)) throw error;
      throw new EgressRefused(error);
    } finally {
      const left = until - clock();
      if (left > 0) await wait(left);
    }
  }

  /** One address of a name, IPv4 first; all of them must be public and none this machine's. */
  async #resolve(name: string): Promise<string> {
    let found: string[];
    try {
      found = await this.#options.dns.addresses(name);
    } catch (error) {
      throw new EgressRefused(error);
    }
    const own = new Set(this.#options.own().map(canonicalAddress));
    const first = found.find((address) => !address.includes(':')) ?? found[0];
    if (first === undefined) throw refuse('the name has no address');
    if (!found.every(isPublicAddress)) throw refuse('the name has an address that is not public');
    if (found.some((address) => own.has(canonicalAddress(address))))
      throw refuse('the name has an address of this machine');
    return first;
  }
}

/** The same name or the same address, however written. */
function sameHost(one: string, other: string): boolean {
  const plain = (host: string) => canonicalAddress(host) ?? host.toLowerCase().replace(/\.$/, '');
  return plain(one) === plain(other);
}
