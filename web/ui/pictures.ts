/**
 * Inline pictures of a mail, fetched as parts and turned into `data:` addresses.
 *
 * Decision: the first bytes decide what a picture is, never its label; anything but the five raster kinds stays an
 * attachment. Caps: 5 MiB each, 20 MiB and 50 pictures a mail.
 */
import type { Part } from '../../shared/mail.ts';
import type { Pictures } from './html.ts';

const ONE = 5 * 1024 * 1024;
const ALL = 20 * 1024 * 1024;
const MOST = 50;

/** Address of a part, same origin, authenticated by the cookie. */
export function partPath(account: string, message: number, part: string): string {
  return `/part/${encodeURIComponent(account)}/${message}/${encodeURIComponent(part)}`;
}

/** The media type by the first bytes, or null if it is no raster image we show. */
export function sniff(b: Uint8Array): string | null {
  const ascii = (from: number, to: number) => String.fromCharCode(...b.subarray(from, to));
  if (ascii(0, 8) === '\u0089PNG\r\n\u001a\n') return 'image/png';
  if (b[0] === 0xff && b[1] === 0xd8 && b[2] === 0xff) return 'image/jpeg';
  if (ascii(0, 6) === 'GIF87a' || ascii(0, 6) === 'GIF89a') return 'image/gif';
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WEBP') return 'image/webp';
  if (ascii(4, 8) === 'ftyp' && /^avi[fs]$/.test(ascii(8, 12))) return 'image/avif';
  return null;
}

/** Fetches the pictures of `parts` that `wanted` names. Those that cannot be had are counted as missing. */
export async function fetchPictures(
  account: string,
  message: number,
  parts: Part[],
  wanted: Set<string>,
): Promise<{ pictures: Pictures; missing: number }> {
  const pictures = new Map<string, string>();
  let missing = 0;
  let total = 0;
  for (const part of parts.filter((p) => p.cid !== null && wanted.has(p.cid)).slice(0, MOST)) {
    if (part.size > ONE || total + part.size > ALL) continue;
    const bytes = await fetchPart(partPath(account, message, part.part));
    if (bytes === null) missing += 1;
    const type = bytes === null ? null : sniff(bytes);
    if (bytes === null || type === null || bytes.length > ONE) continue;
    total += bytes.length;
    pictures.set(part.cid!, `data:${type};base64,${base64(bytes)}`);
  }
  return { pictures, missing };
}

async function fetchPart(path: string): Promise<Uint8Array | null> {
  try {
    const answer = await fetch(path);
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
  } catch (error) {
    console.info('a picture is not here without the network', error);
    return null;
  }
}

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += 32_768)
    binary += String.fromCharCode(...bytes.subarray(i, i + 32_768));
  return btoa(binary);
}
