/**
 * The first words of a mail, for a list row.
 *
 * Decision: one pass of plain substitutions, each linear in the length of what it is given, because whoever writes
 * the mail chooses it. HTML is not parsed here: what looks like a tag goes, and what a browser would not show as
 * text goes with it. Invisible characters are taken out, so that a row cannot be turned around or padded.
 */

/** The named characters of Latin-1, from U+00A0 on (HTML §13.5). */
const LATIN1 =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 ' +
  'acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde ' +
  'Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc ' +
  'Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml ' +
  'aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc ' +
  'otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml';

/** Others that mail programs write by name. */
const NAMED: Record<string, string> = {
  ...Object.fromEntries(LATIN1.split(' ').map((name, i) => [name, String.fromCharCode(0xa0 + i)])),
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" },
  ...{ ndash: '–', mdash: '—', hellip: '…', bull: '•', euro: '€', trade: '™', OElig: 'Œ', oelig: 'œ' },
  ...{ lsquo: '‘', rsquo: '’', sbquo: '‚', ldquo: '“', rdquo: '”', bdquo: '„', lsaquo: '‹', rsaquo: '›' },
  ...{ ensp: ' ', emsp: ' ', thinsp: ' ', zwnj: '', zwj: '', lrm: '', rlm: '' },
};

/** The first words of a text: one line, at most `max` characters, quotes and links left out. */
export function previewOf(text: string | null, html: string | null, max = 200): string {
  const plain = text?.trim() ? text.replace(/^>.*$/gm, ' ') : wordsOfHtml(html ?? '');
  const line = plain
    .replace(/https?:\/\/\S{30,}/g, ' ')
    .replace(/\p{Cc}+/gu, ' ')
    .replace(/[\p{Cf}\p{Cs}\u034F\u115F\u3164]+/gu, '')
    .replace(/[-=_*~#]{4,}/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return Array.from(line.slice(0, max * 2))
    .slice(0, max)
    .join('');
}

function wordsOfHtml(html: string): string {
  return html
    .replace(/<(style|script|title|head)\b[^<>]*>[\s\S]*?(?:<\/\1\s*>|(?=<body\b)|$)/gi, ' ')
    .replace(/<!--[\s\S]*?(?:-->|$)/g, ' ')
    .replace(/<[^>]*(?:>|$)/g, ' ')
    .replace(
      /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{1,6}\d{0,2}));/gi,
      (whole, dec?: string, hex?: string, name?: string) => {
        if (name) return NAMED[name] ?? NAMED[name.toLowerCase()] ?? whole;
        const code = dec ? Number(dec) : Number.parseInt(hex ?? '', 16);
        return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ' ';
      },
    );
}
