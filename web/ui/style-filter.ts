/**
 * Which CSS of a mail may stay in a `style` attribute.
 *
 * Decision: an allow-list over what the browser's own CSSOM made of the text, so escapes, comments and broken
 * strings are resolved before we look. What could fetch, cover the page, or compute a value at run time is dropped.
 * This is the second layer; the frame's content security policy is the guarantee.
 */
const ALLOWED = new RegExp(
  `^(?:${[
    'color|background-color|opacity|direction|unicode-bidi|box-sizing|table-layout|float|clear|display',
    'font(?:-(?:family|size|style|weight|variant|variant-caps|stretch))?|line-height|letter-spacing|word-spacing',
    'text-(?:align|decoration(?:-(?:line|style|color|thickness))?|indent|transform|overflow)|white-space(?:-collapse)?',
    'text-wrap(?:-mode)?|word-break|overflow-wrap|vertical-align|hyphens',
    '(?:margin|padding)(?:-(?:top|right|bottom|left|block|inline)(?:-(?:start|end))?)?',
    '(?:min-|max-)?(?:width|height)|border-(?:collapse|spacing)|caption-side|empty-cells',
    'border-(?:(?:top|right|bottom|left)-)?(?:width|style|color)',
    'border-(?:top|bottom)-(?:left|right)-radius|list-style-(?:type|position)|overflow(?:-[xy])?',
    'flex-(?:direction|wrap|grow|shrink|basis)|justify-content|align-(?:items|self|content)|(?:row-|column-)?gap|order',
  ].join('|')})$`,
);
const FORBIDDEN =
  /(?:url|image|image-set|cross-fade|element|src|paint|var|env|attr|if|expression|-webkit-[\w-]+)\s*\(|-moz-binding|behavior|javascript:/i;
const REMOTE = /url\(\s*["']?\s*(?:https?:)?\/\//gi;

/**
 * The allowed part of a parsed style declaration, written by the browser's own serialiser.
 * `blocked` is told of each remote address that was dropped.
 */
export function filterStyle(style: CSSStyleDeclaration, blocked: (count: number) => void): string {
  const kept = document.createElement('span').style;
  blocked(style.cssText.match(REMOTE)?.length ?? 0);
  for (const name of style) {
    const value = style.getPropertyValue(name);
    if (!ALLOWED.test(name) || FORBIDDEN.test(value) || isHarmful(name, value)) continue;
    kept.setProperty(name, value, style.getPropertyPriority(name));
  }
  return kept.cssText;
}

/** Values that hide text or pull a box over its neighbours. */
function isHarmful(name: string, value: string): boolean {
  if (name === 'opacity') return Number.parseFloat(value) < 0.1;
  if (name.startsWith('margin') || name === 'letter-spacing' || name === 'word-spacing')
    return /(?:^|[\s(,])-/.test(value);
  return false;
}
