/**
 * Finds the mail servers of a domain: every way at once, the most trustworthy answer wins.
 *
 * Decision: the ways are ranked by who vouches for the answer: our own list, the domain's certificate, then DNS.
 * All start together; a better one that is still under way is waited for, but only until the budget of three
 * seconds is spent, then the best of what is there is taken. When it is decided, the rest is called off. A domain
 * is asked once and the answer kept for a while, so that a hundred sign-ins are not a hundred look-ups at somebody
 * else's server.
 */
import { describeError, type Log } from '../log.ts';
import type { Found, Probe } from './found.ts';

export interface DiscoverOptions {
  /** Best first. */
  probes: readonly { source: Found['source']; probe: Probe }[];
  log: Log;
  /** Milliseconds. */
  clock?: () => number;
  /** A signal that fires after so many milliseconds. */
  deadline?: (ms: number) => AbortSignal;
}

/** Time for all of it, milliseconds. */
const BUDGET = 3_000;
/** How long an answer is kept, milliseconds; nothing found is forgotten sooner. */
const KEEP = { found: 600_000, nothing: 30_000 } as const;
/** Domains that are remembered or under way at most. */
const DOMAINS = 1_000;

export class Discovery {
  readonly #options: Required<DiscoverOptions>;
  readonly #known = new Map<string, { answer: Promise<Found | null>; until: number }>();

  constructor(options: DiscoverOptions) {
    this.#options = { clock: Date.now, deadline: (ms) => AbortSignal.timeout(ms), ...options };
  }

  /** The servers of `domain` (ASCII, lower case), or null. Never throws. */
  find(domain: string): Promise<Found | null> {
    const { clock } = this.#options;
    const known = this.#known.get(domain);
    if (known && known.until > clock()) return known.answer;
    const entry: { answer: Promise<Found | null>; until: number } = {
      until: Infinity,
      answer: this.#look(domain).then((found) => {
        entry.until = clock() + (found ? KEEP.found : KEEP.nothing);
        return found;
      }),
    };
    this.#known.delete(domain);
    this.#known.set(domain, entry);
    if (this.#known.size > DOMAINS)
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    return entry.answer;
  }

  async #look(domain: string): Promise<Found | null> {
    const { probes, deadline } = this.#options;
    const decided = new AbortController();
    const budget = deadline(BUDGET);
    const signal = AbortSignal.any([budget, decided.signal]);
    const over = new Promise<null>((resolve) => {
      if (budget.aborted) resolve(null);
      budget.addEventListener('abort', () => resolve(null));
    });
    const answers = probes.map(({ source, probe }) => this.#run(source, probe, domain, signal));
    try {
      for (const answer of answers) {
        // An answer that is there already comes first in the race, also after the time is over.
        const found = await Promise.race([answer, over]);
        if (found) return found;
      }
      return null;
    } finally {
      decided.abort();
    }
  }

  /** One way to its end; trouble on it is no answer, and noted. */
  async #run(
    source: Found['source'],
    probe: Probe,
    domain: string,
    signal: AbortSignal,
  ): Promise<Found | null> {
    try {
      const found = await probe(domain, signal);
      return found && { ...found, source };
    } catch (error) {
      if (!signal.aborted) this.#options.log.debug({ source, error: describeError(error) }, 'not found here');
      return null;
    }
  }
}
