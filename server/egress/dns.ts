/**
 * The questions the bridge asks DNS about hosts it was not told by the operator.
 *
 * Decision: DNS alone is asked, not the system's host file and search list, so a name means the same here as in
 * the world, and nothing local has a say. "No such name" and "no such record" are an empty answer; any other
 * failure is one too where another question may still be answered, and is thrown where none was.
 */
import { Resolver } from 'node:dns/promises';

/** One SRV record (RFC 2782). */
export interface Service {
  host: string;
  port: number;
  priority: number;
  weight: number;
}

export interface Dns {
  /** All A and AAAA records of a name, in one look-up. Throws when neither could be asked. */
  addresses(name: string): Promise<string[]>;
  /** SRV records of a service such as `_imaps._tcp.example.org`. */
  services(name: string): Promise<Service[]>;
  /** Names of the mail exchangers, most wanted first. */
  exchangers(domain: string): Promise<string[]>;
}

const NOTHING = new Set(['ENODATA', 'ENOTFOUND']);

/** The answer, or nothing where DNS says there is nothing. Throws what else went wrong. */
async function records<T>(asked: Promise<T[]>): Promise<T[]> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && 'code' in error && NOTHING.has(String(error.code))) return [];
    throw error;
  }
}

/** DNS as this machine is set up to ask it; each question has two tries of a second and a half. */
export function systemDns(): Dns {
  const resolver = new Resolver({ timeout: 1_500, tries: 2 });
  return {
    addresses: async (name) => {
      const asked = [records(resolver.resolve4(name)), records(resolver.resolve6(name))];
      const answers = await Promise.allSettled(asked);
      const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
      const failed = answers.find((answer) => answer.status === 'rejected');
      if (failed && found.length === 0) throw failed.reason;
      return found;
    },
    services: async (name) =>
      (await records(resolver.resolveSrv(name))).map(({ name: host, port, priority, weight }) => ({
        host,
        port,
        priority,
        weight,
      })),
    exchangers: async (domain) =>
      (await records(resolver.resolveMx(domain)))
        .toSorted((a, b) => a.priority - b.priority)
        .map(({ exchange }) => exchange),
  };
}
