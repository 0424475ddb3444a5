/**
 * Plain text as nodes of the page, never as an HTML string.
 *
 * Decision: links are found by us and made as elements, so nothing in the text can be markup. Quoted lines fold
 * into one row; what follows a signature mark ("-- ") is dimmed. A mailto: opens our own composer with the fields
 * a link may fill, and never an attachment.
 */
import type { ComponentChildren } from 'preact';
import { composeFromLink } from './writing.ts';

const FOUND = /\bhttps?:\/\/[^\s<>"'“”]+|\bmailto:[^\s<>"']+|\b[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+/gi;
const TRAILING = /[.,;:!?'")\]}>]+$/;

/** Text with its web and mail addresses as links. */
export function linked(text: string): ComponentChildren[] {
  const out: ComponentChildren[] = [];
  let from = 0;
  for (const match of text.matchAll(FOUND)) {
    const address = trimmed(match[0]);
    out.push(text.slice(from, match.index), link(address));
    from = match.index + address.length;
  }
  out.push(text.slice(from));
  return out;
}

/** Without the punctuation that ends a sentence; a bracket opened inside stays closed. */
function trimmed(address: string): string {
  const tail = TRAILING.exec(address)?.[0] ?? '';
  const keep = tail.startsWith(')') && address.includes('(') ? 1 : 0;
  return address.slice(0, address.length - tail.length + keep);
}

function link(address: string) {
  if (/^https?:/i.test(address)) {
    return (
      <a href={address} target="_blank" rel="noopener noreferrer nofollow">
        {address}
      </a>
    );
  }
  const href = /^mailto:/i.test(address) ? address : `mailto:${address}`;
  return (
    <a
      href={href}
      onClick={(e) => {
        e.preventDefault();
        composeFromLink(href);
      }}
    >
      {address}
    </a>
  );
}

interface Piece {
  kind: 'text' | 'quote' | 'signature';
  lines: string[];
}

/** Splits text into what was written, what was quoted, and the signature. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let signed = false;
  for (const line of text.replaceAll('\r', '').split('\n')) {
    const quoted = line.startsWith('>');
    if (line === '-- ' && !quoted) signed = true;
    const kind = quoted ? 'quote' : signed ? 'signature' : 'text';
    const last = pieces.at(-1);
    if (last?.kind === kind) last.lines.push(line);
    else pieces.push({ kind, lines: [line] });
  }
  return pieces;
}

export function PlainText({ text }: { text: string }) {
  const pieces = piecesOf(text.trimEnd());
  return (
    <div class="plain-text" dir="auto">
      {pieces.map((piece, i) => (
        <PieceView key={i} piece={piece} folded={pieces.length > 1 && piece.lines.length > 3} />
      ))}
    </div>
  );
}

function PieceView({ piece, folded }: { piece: Piece; folded: boolean }) {
  const text = piece.lines.join('\n');
  if (piece.kind !== 'quote') {
    return (
      <div class={piece.kind} dir="auto">
        {linked(text)}
      </div>
    );
  }
  const quote = (
    <blockquote class="quote" dir="auto">
      {linked(text.replaceAll(/^> ?/gm, ''))}
    </blockquote>
  );
  return folded ? (
    <details class="quoted">
      <summary>Quoted text</summary>
      {quote}
    </details>
  ) : (
    quote
  );
}
