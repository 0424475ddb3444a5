/**
 * The ways to find the servers of a domain, in the order of whom they make us believe.
 *
 * Decision: our own list first, then what the domain itself serves over HTTPS, then its DNS, which nobody vouches
 * for, last the list again by the host its mail goes to. Every one that leaves this machine goes through the guard.
 */
import type { Dns } from '../egress/dns.ts';
import { fetchText, type Gate } from '../egress/fetch.ts';
import { autoconfig, wellKnown, type FetchText } from './autoconfig.ts';
import { bundled, byExchanger } from './bundled.ts';
import type { DiscoverOptions } from './discover.ts';
import { bySrv } from './srv.ts';

/** The probes `Discovery` runs, best first. */
export function probesOf(dns: Dns, gate: Gate): DiscoverOptions['probes'] {
  const fetched: FetchText = (url, signal) => fetchText(gate, url, { signal });
  return [
    { source: 'bundled', probe: bundled },
    { source: 'autoconfig', probe: autoconfig(fetched) },
    { source: 'well-known', probe: wellKnown(fetched) },
    { source: 'srv', probe: bySrv(dns) },
    { source: 'mx', probe: byExchanger(dns) },
  ];
}
