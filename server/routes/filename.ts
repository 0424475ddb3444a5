/**
 * The file name a download gets, out of a name that a stranger chose.
 *
 * Decision: cleaned here, before any browser sees it: nothing that steers a path, hides the real ending (bidi
 * controls make `gpj.exe` read `exe.jpg`), or names a device. The ending survives the cut to 150 bytes. Sent as
 * plain ASCII and as UTF-8 (RFC 6266, RFC 8187).
 */
const BYTES = 150;
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=$|[.\s])/i;

/** A safe file name of at most 150 bytes of UTF-8; `attachment` when nothing is left. */
export function cleanName(raw: string): string {
  const flat = raw
    .normalize('NFC')
    .toWellFormed()
    .replace(CONTROL, '')
    .replace(/[/\\:*?"<>|]/g, '_')
    .replace(/\s+/g, ' ')
    .replace(/^[.\s]+|[.\s]+$/g, '')
    .replace(DEVICE, '_$&');
  return cut(flat).replace(/[.\s]+$/, '') || 'attachment';
}

function cut(name: string): string {
  if (Buffer.byteLength(name) <= BYTES) return name;
  const ending = /\.[\w-]{1,10}$/.exec(name)?.[0] ?? '';
  let stem = '';
  let left = BYTES - ending.length;
  for (const char of name.slice(0, name.length - ending.length)) {
    left -= Buffer.byteLength(char);
    if (left < 0) break;
    stem += char;
  }
  return stem.replace(/[.\s]+$/, '') + ending;
}

/** A Content-Disposition value that makes a download of it (RFC 6266 §4). */
export function dispositionOf(raw: string): string {
  const name = cleanName(raw);
  const ascii = name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/g, '_')
    .replace(/[%"\\]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii || 'attachment'}"; filename*=UTF-8''${encoded}`;
}
