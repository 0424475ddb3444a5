/**
 * Names that are made on the device: ids of calls and drafts, and Message-IDs.
 *
 * Decision: made from `crypto.getRandomValues`, not `randomUUID`, which browsers hide on plain-http addresses; a
 * self-hoster's first look at the app is often one of those.
 */

/** A random UUID (RFC 9562 §5.4). */
export function mintUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** A Message-ID (RFC 5322 §3.6.4) in the domain of the sender's address. */
export function mintMessageId(from: string): string {
  const domain = from.slice(from.lastIndexOf('@') + 1).replaceAll(/[<>\s]/g, '');
  return `<${mintUuid()}@${domain === '' ? 'localhost' : domain}>`;
}
