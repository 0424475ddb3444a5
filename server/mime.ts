/**
 * What a BODYSTRUCTURE says a person would read, and the decoding of a text section.
 *
 * Decision: the bridge never parses a whole message. The IMAP server has taken it apart already; we choose the
 * sections to show (RFC 9051 §7.5.2), fetch those with a cap, and decode transfer encoding and charset here, for
 * previews and bodies alike, so that the two can never disagree. Nothing in this file throws on bad mail.
 */
import type { Part } from '../shared/mail.ts';

/** One node of a BODYSTRUCTURE, as the IMAP library gives it. */
export interface Structure {
  part?: string | undefined;
  type: string;
  parameters?: Record<string, string> | undefined;
  id?: string | undefined;
  encoding?: string | undefined;
  size?: number | undefined;
  disposition?: string | undefined;
  dispositionParameters?: Record<string, string> | undefined;
  childNodes?: Structure[] | undefined;
}

/** A section of text to fetch and decode. */
export interface TextSection {
  part: string;
  encoding: string;
  charset: string;
  flowed: boolean;
  delSp: boolean;
  /** Encoded bytes. */
  size: number;
}

export interface Layout {
  text: TextSection | null;
  html: TextSection | null;
  parts: Part[];
  /** Parts a person would count as attachments. */
  attachments: number;
}

/** Deepest nesting followed; deeper parts are not shown. */
const DEPTH = 20;
/** Most parts listed. */
const PARTS = 1000;

/** Chooses what is text, what is html and what is a part beside them. */
export function layoutOf(root: Structure | undefined): Layout {
  const layout: Layout = { text: null, html: null, parts: [], attachments: 0 };
  if (root) visit(root, layout, 0, false);
  layout.attachments = layout.parts.filter((part) => !part.inline).length;
  return layout;
}

function visit(node: Structure, layout: Layout, depth: number, related: boolean): void {
  if (depth > DEPTH || layout.parts.length >= PARTS) return;
  const type = node.type.toLowerCase();
  if (type.startsWith('multipart/')) {
    const within = related || type === 'multipart/related';
    for (const child of node.childNodes ?? []) visit(child, layout, depth + 1, within);
    return;
  }
  const attached = node.disposition?.toLowerCase() === 'attachment';
  if (!attached && type === 'text/plain' && !layout.text && !nameOf(node)) layout.text = sectionOf(node);
  else if (!attached && type === 'text/html' && !layout.html && !nameOf(node)) layout.html = sectionOf(node);
  else layout.parts.push(partOf(node, type, related && !attached));
}

function nameOf(node: Structure): string {
  return node.dispositionParameters?.['filename'] ?? node.parameters?.['name'] ?? '';
}

function sectionOf(node: Structure): TextSection {
  const parameters = node.parameters ?? {};
  return {
    part: node.part ?? '1',
    encoding: (node.encoding ?? '').toLowerCase(),
    charset: parameters['charset'] ?? '',
    flowed: parameters['format']?.toLowerCase() === 'flowed',
    delSp: parameters['delsp']?.toLowerCase() === 'yes',
    size: node.size ?? 0,
  };
}

function partOf(node: Structure, type: string, related: boolean): Part {
  const base64 = node.encoding?.toLowerCase() === 'base64';
  const size = node.size ?? 0;
  return {
    part: node.part ?? '1',
    type,
    name: nameOf(node),
    size: base64 ? Math.floor((size * 3) / 4.1) : size,
    cid: node.id ? node.id.replace(/^<|>$/g, '') : null,
    inline: related && node.id !== undefined && type.startsWith('image/'),
  };
}

/**
 * Decodes one text section to a string with LF line ends (RFC 2045 §6; charsets as the WHATWG lists them, unknown
 * ones as windows-1252). `cut` says the bytes may end in the middle of something.
 */
export function decodeText(bytes: Buffer, section: TextSection, cut: boolean): string {
  const raw = decodeTransfer(cut ? withoutHalfEscape(bytes, section.encoding) : bytes, section.encoding);
  let text = decodeCharset(raw, section.charset, cut);
  text = text.replace(/\r\n?/g, '\n').replaceAll('\0', '');
  return section.flowed ? unflow(text, section.delSp) : text;
}

/** A cut in the middle of `=C3` leaves `=` or `=C`, which is no text. */
function withoutHalfEscape(bytes: Buffer, encoding: string): Buffer {
  const at = encoding === 'quoted-printable' ? bytes.lastIndexOf(0x3d) : -1;
  return at !== -1 && at >= bytes.length - 2 ? bytes.subarray(0, at) : bytes;
}

function decodeTransfer(bytes: Buffer, encoding: string): Buffer {
  if (encoding === 'base64')
    return Buffer.from(bytes.toString('latin1').replace(/[^A-Za-z0-9+/]/g, ''), 'base64');
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(bytes);
  return bytes;
}

/** RFC 2045 §6.7, forgiving: what is not an escape stays as it is. */
export function decodeQuotedPrintable(bytes: Buffer): Buffer {
  const lines = bytes.toString('latin1').split('\n').map(trimEnd);
  const joined = lines.map((line, i) =>
    line.endsWith('=') ? line.slice(0, -1) : i < lines.length - 1 ? `${line}\n` : line,
  );
  const text = joined
    .join('')
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(text, 'latin1');
}

/** Cuts blanks and CR at the end, in linear time whatever the line. */
function trimEnd(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t' || line[end - 1] === '\r')) end -= 1;
  return line.slice(0, end);
}

const decoders = new Map<string, TextDecoder>();

/** Without a usable charset: UTF-8 if it is valid UTF-8, else windows-1252, as browsers do. */
function decodeCharset(raw: Buffer, charset: string, cut: boolean): string {
  const label = charset.trim().toLowerCase();
  const stated = label !== '' && label !== 'us-ascii' && label !== 'unknown-8bit';
  const text = decoderOf(stated ? label : 'utf-8').decode(raw);
  const clean = cut ? withoutHalfCharacter(text) : text;
  return !stated && clean.includes('\uFFFD') ? decoderOf('windows-1252').decode(raw) : clean;
}

/** Without the replacement characters at the end, in linear time whatever the text. */
function withoutHalfCharacter(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === '\uFFFD') end -= 1;
  return text.slice(0, end);
}

function decoderOf(label: string): TextDecoder {
  let decoder = decoders.get(label);
  if (!decoder) {
    try {
      decoder = new TextDecoder(label);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      decoder = new TextDecoder('windows-1252');
    }
    if (decoders.size < 200) decoders.set(label, decoder);
  }
  return decoder;
}

/** Joins the soft breaks of format=flowed (RFC 3676 §4.2), quote depth by quote depth. */
export function unflow(text: string, delSp: boolean): string {
  const out: string[] = [];
  let open: { quote: string; text: string } | null = null;
  for (const line of text.split('\n')) {
    const quote = /^>*/.exec(line)?.[0] ?? '';
    let rest = line.slice(quote.length);
    if (rest.startsWith(' ')) rest = rest.slice(1);
    // The line before a signature is neither fixed nor flowed, and nothing is joined to it (RFC 3676 §4.3).
    const signature = rest === '-- ';
    const soft = rest.endsWith(' ') && !signature;
    const body = soft && delSp ? rest.slice(0, -1) : rest;
    if (open && open.quote === quote && !signature) open.text += body;
    else {
      if (open) out.push(joined(open));
      open = { quote, text: body };
    }
    if (!soft) {
      out.push(joined(open));
      open = null;
    }
  }
  if (open) out.push(joined(open));
  return out.join('\n');
}

function joined(line: { quote: string; text: string }): string {
  return line.quote ? `${line.quote} ${line.text}` : line.text;
}
