/**
 * Which addresses are out in the world, and which names could never be: the only file that knows ipaddr.js.
 *
 * Decision: an address is refused unless it is known to be global unicast, never the other way round. An IPv6
 * address that carries an IPv4 one (mapped, NAT64, 6to4, Teredo) is judged by what it carries, because that is
 * where the packet ends up. Names are judged before DNS is asked: an address in any spelling is no name, and
 * a name without a dot or below a private top is an inside name of somebody's network.
 */
import { domainToASCII } from 'node:url';
import ipaddr from 'ipaddr.js';

const { IPv4, IPv6 } = ipaddr;

/** RFC 4291 §2.4: the only part of IPv6 that is handed out as global unicast. `::/96` and the like are outside. */
const GLOBAL6 = IPv6.parse('2000::');
/** RFC 6052 §2.1. The local-use prefix of RFC 8215 is somebody's own network, so it is not here. */
const NAT64 = IPv6.parse('64:ff9b::');

/** Names nobody may ask for, with all below them (RFC 6761, RFC 6762, RFC 8375, RFC 9476 and common usage). */
const INSIDE = [
  'localhost',
  'localdomain',
  'local',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'home.arpa',
  'in-addr.arpa',
  'ip6.arpa',
  'onion',
  'alt',
  'test',
  'invalid',
];

/** The IPv4 addresses an IPv6 one leads to: none for an ordinary one. */
function carried(address: InstanceType<typeof IPv6>): InstanceType<typeof IPv4>[] {
  const bytes = address.toByteArray();
  const at = (from: number) => new IPv4(bytes.slice(from, from + 4));
  if (address.isIPv4MappedAddress() || address.match(NAT64, 96)) return [at(12)];
  if (address.range() === '6to4') return [at(2)];
  // RFC 4380 §4: the server in clear, the client with all its bits turned over.
  if (address.range() === 'teredo') return [at(4), new IPv4(bytes.slice(12).map((byte) => byte ^ 0xff))];
  return [];
}

/** True for an address that is global unicast, in itself and in what it carries. Anything else is not. */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text) || text.includes('%')) return false;
  const address = ipaddr.parse(text);
  if (address instanceof IPv4) return address.range() === 'unicast';
  const inner = carried(address);
  if (inner.length > 0) return inner.every((each) => each.range() === 'unicast');
  return address.range() === 'unicast' && address.match(GLOBAL6, 3);
}

/** The same address always in the same letters, a mapped one as the IPv4 it is; null when it is none. */
export function canonicalAddress(text: string): string | null {
  const bare = text.replace(/%.*$/, '');
  return ipaddr.isValid(bare) ? ipaddr.process(bare).toString() : null;
}

/**
 * A host name as DNS is asked for it: lower case, ASCII, without the last dot. Null when it is not a name that
 * could be a public server: an address in any spelling, an inside name, or something that is no name at all.
 */
export function publicName(raw: string): string | null {
  if (!/^[^\s/\\@:?#%[\]]+$/.test(raw)) return null;
  const name = domainToASCII(raw.replace(/\.$/, '')).toLowerCase();
  const labels = name.split('.');
  if (name.length > 253 || labels.length < 2) return null;
  if (!labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))) return null;
  // What a URL parser or inet_aton reads as an address ends in a number: 127.1, 0x7f.1, 0177.0.0.1.
  if (/^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')) return null;
  return INSIDE.some((top) => name === top || name.endsWith(`.${top}`)) ? null : name;
}
