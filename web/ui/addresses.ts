/**
 * Recipients as people type them: names, brackets, commas, pasted lists.
 *
 * Decision: what is an address becomes one at the comma; what is not stays text in the field, with a reason. The
 * test is the one the bridge will make (AddressField in shared/commands.ts), so it never refuses what we took.
 */
import type { Address } from '../../shared/mail.ts';

const SPEC = /^[^\s<>,;:"()[\]\\]+@[^\s<>,;:"()[\]\\@]+$/;

/** True for an address the bridge will accept. */
export function isAddress(text: string): boolean {
  return text.length <= 320 && SPEC.test(text);
}

/** Cuts a list at commas, semicolons and line ends, but not inside quotes or brackets. */
function cut(text: string): string[] {
  const parts = [''];
  let quoted = false;
  let bracketed = false;
  for (const c of text) {
    if (c === '"') quoted = !quoted;
    if (c === '<') bracketed = true;
    if (c === '>') bracketed = false;
    if (/[,;\n]/.test(c) && !quoted && !bracketed) parts.push('');
    else parts[parts.length - 1] += c;
  }
  return parts.map((p) => p.trim()).filter((p) => p !== '');
}

/** One recipient, "Library <desk@library.example>" or the bare address; null if it is neither. */
export function parseAddress(text: string): Address | null {
  const named = /^(.*)<([^<>]*)>$/s.exec(text.trim());
  const address = (named === null ? text : named[2]!).trim();
  const name = (named?.[1] ?? '')
    .trim()
    .replace(/^"(.*)"$/s, '$1')
    .replaceAll('\\"', '"')
    .slice(0, 500);
  // eslint-disable-next-line no-control-regex -- header text must not hold line ends or NUL
  return isAddress(address) ? { name: name.replaceAll(/[\r\n\0]+/g, ' '), address } : null;
}

/** The addresses of a typed or pasted list, and what could not be read as one. */
export function parseRecipients(text: string): { good: Address[]; rest: string } {
  const good: Address[] = [];
  const rest: string[] = [];
  for (const part of cut(text)) {
    const one = parseAddress(part);
    if (one === null) rest.push(part);
    else good.push(one);
  }
  return { good, rest: rest.join(', ') };
}

/** Same mailbox, as far as a client may judge: the whole address without regard to case. */
export function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Without repetitions, first one kept. */
export function distinct(list: Address[]): Address[] {
  const seen = new Set<string>();
  return list.filter((a) => {
    const key = a.address.toLowerCase();
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** How a recipient is written back into a field for editing. */
export function writeAddress(a: Address): string {
  if (a.name === '') return a.address;
  return /[",;<>]/.test(a.name)
    ? `"${a.name.replaceAll('"', '\\"')}" <${a.address}>`
    : `${a.name} <${a.address}>`;
}
