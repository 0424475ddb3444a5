/**
 * A stranger's HTML, made fit to be shown: cleaned here, then caged by `cage.ts`.
 *
 * Decision: three layers, each of which would do alone. DOMPurify with a profile of HTML only (no SVG, no MathML) and
 * hooks that tighten addresses and styles; a policy as the first thing in the frame's head, so nothing is fetched
 * whatever got through; a sandbox without scripts and without our origin. The attributes it keeps are those old
 * newsletters are laid out with. Images appear as data: addresses only, because a frame without an origin can
 * load no other kind without the network.
 */
import createPurifier from 'dompurify';
import { filterStyle } from './style-filter.ts';

const CONFIG = {
  USE_PROFILES: { html: true },
  FORBID_TAGS: [
    ...[
      'style',
      'form',
      'input',
      'button',
      'select',
      'textarea',
      'option',
      'optgroup',
      'datalist',
      'fieldset',
    ],
    ...['video', 'audio', 'source', 'track', 'picture', 'map', 'area', 'dialog', 'template', 'slot', 'base'],
    ...['link', 'meta', 'marquee'],
  ],
  FORBID_ATTR: [
    ...[
      'srcset',
      'poster',
      'background',
      'ping',
      'action',
      'formaction',
      'autofocus',
      'is',
      'slot',
      'popover',
    ],
    ...[
      'popovertarget',
      'id',
      'name',
      'contenteditable',
      'accesskey',
      'tabindex',
      'cite',
      'longdesc',
      'usemap',
    ],
  ],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  SANITIZE_NAMED_PROPS: true,
  // Text, because it is not yet a document: `cage.ts` makes the trusted value, policy and all.
  RETURN_TRUSTED_TYPE: false as const,
  ALLOWED_URI_REGEXP: /^(?:(?:https?|mailto|tel|cid):|[^a-z]|[a-z+.-]+(?:[^a-z+.\-:]|$))/i,
};
const IMAGE = /^data:image\/(?:png|jpe?g|gif|webp|avif);base64,[a-z0-9+/=\s]*$/i;
const LINK = /^(?:https?:\/\/|mailto:|tel:)/i;
const REMOTE = /^(?:https?:)?\/\//i;
const VOID =
  /^(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr|p|li|td|th|tr|dt|dd|option|tbody|thead|tfoot)$/i;

/** Content-ID (without brackets) to a `data:` address of a raster image. */
export type Pictures = ReadonlyMap<string, string>;

export interface CleanMail {
  /** Cleaned markup of a body; still to be shown in the frame only. */
  html: string;
  /** How many remote images and backgrounds were left out. */
  blocked: number;
}

const purifier = createPurifier(window);
let run: { pictures: Pictures; blocked: number } = { pictures: new Map(), blocked: 0 };

purifier.addHook('uponSanitizeAttribute', (node, data) => {
  const value = data.attrValue.trim();
  if (data.attrName === 'href') {
    if (node.localName !== 'a' || !LINK.test(value)) data.keepAttr = false;
  } else if (data.attrName === 'src') {
    const picture = node.localName === 'img' ? pictureOf(value) : null;
    if (picture === null) data.keepAttr = false;
    else data.attrValue = picture;
    if (picture === null && REMOTE.test(value)) run.blocked += 1;
  } else if (data.attrName === 'background') {
    if (REMOTE.test(value)) run.blocked += 1;
  } else if (data.attrName === 'style') {
    data.attrValue = filterStyle((node as HTMLElement).style, (n) => (run.blocked += n));
    if (data.attrValue === '') data.keepAttr = false;
  }
});
purifier.addHook('afterSanitizeAttributes', (node) => {
  if (node.localName === 'a' && node.hasAttribute('href')) {
    node.setAttribute('target', '_blank');
    node.setAttribute('rel', 'noopener noreferrer nofollow');
  }
});

/** What an image address becomes: itself if it is a raster `data:`, the inline part for `cid:`, else null. */
function pictureOf(src: string): string | null {
  if (IMAGE.test(src)) return src;
  if (!/^cid:/i.test(src)) return null;
  const cid = src.slice(4);
  let plain = cid;
  try {
    plain = decodeURIComponent(cid);
  } catch {
    // A stray percent sign: the Content-ID is meant as it stands.
    plain = cid;
  }
  return run.pictures.get(plain) ?? run.pictures.get(cid) ?? null;
}

/** Whether `html` is within what we parse: 2 MiB, 20 000 tags, 200 levels; and the purifier works here. */
export function isShowable(html: string): boolean {
  if (!purifier.isSupported || html.length > 2_097_152) return false;
  let tags = 0;
  let depth = 0;
  for (const [, close, name] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)/gi)) {
    tags += 1;
    if (!VOID.test(name!)) depth = Math.max(0, depth + (close === '/' ? -1 : 1));
    if (tags > 20_000 || depth > 200) return false;
  }
  return true;
}

/** Cleans the HTML of a mail. `pictures` are its inline parts by Content-ID. */
export function cleanMail(html: string, pictures: Pictures): CleanMail {
  run = { pictures, blocked: 0 };
  const clean = purifier.sanitize(html, CONFIG);
  return { html: clean, blocked: run.blocked };
}

/** The Content-IDs an HTML text refers to, without brackets. */
export function cidsIn(html: string): Set<string> {
  return new Set(Array.from(html.matchAll(/cid:([^"'\s)>]+)/gi), (m) => m[1]!));
}

/** The words of an HTML mail, block by block, for a quote or a mail without a text part. */
export function htmlToText(html: string): string {
  run = { pictures: new Map(), blocked: 0 };
  const fragment = purifier.sanitize(html, {
    ...CONFIG,
    RETURN_DOM_FRAGMENT: true as const,
  });
  const out: string[] = [];
  collectText(fragment, out);
  return out
    .join('')
    .replaceAll('\u00a0', ' ')
    .replaceAll(/[ \t]*\n[ \t]*/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}

const BLOCK = /^(?:p|div|h[1-6]|ul|ol|table|tr|blockquote|pre|section|article|header|footer|hr)$/;

function collectText(node: Node, out: string[]): void {
  for (const child of node.childNodes) {
    if (child instanceof Text) out.push(child.data.replaceAll(/(?:\s|\u200b|\u200c|\u034f|\ufeff)+/g, ' '));
    else if (child instanceof HTMLElement) {
      if (child.style.display === 'none') continue;
      const block = BLOCK.test(child.localName);
      if (child.localName === 'br') out.push('\n');
      if (child.localName === 'li') out.push('\n- ');
      if (block) out.push('\n');
      collectText(child, out);
      if (child.localName === 'td' || child.localName === 'th') out.push(' ');
      if (block) out.push(child.localName === 'p' || child.localName === 'table' ? '\n\n' : '\n');
    }
  }
}
