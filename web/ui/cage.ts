/**
 * The cage a mail's HTML is shown in, and the only place that writes a frame's document.
 *
 * Decision: a frame whose document is given as text, with a sandbox that allows nothing but opening links in a new
 * window: no scripts, no forms, and never our origin. The policy stands first in its head, before any byte of the
 * mail. The element is made by hand, because the sandbox must be there before the document is. It grows with
 * its content where the browser can do that (frame-sizing), else it scrolls inside.
 */

const POLICY =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'";
const SANDBOX = 'allow-popups allow-popups-to-escape-sandbox';

/** Colours of a mail that brings none of its own follow the app; one that does gets a light card. */
const LOOK = `
  html { color-scheme: light; background: #fff; color: #1f1c18; }
  html[data-bare] { background: #fffefb; }
  @media (prefers-color-scheme: dark) {
    html[data-bare] { color-scheme: dark; background: #1c1b19; color: #efebe4; }
    html[data-bare] a { color: #ff9a86; }
  }
  body { margin: 0; padding: 4px 16px 16px; font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word; overflow-x: auto; }
  html:not([data-bare]) body { padding-top: 16px; }
  a { color: #a82a17; }
  img { max-width: 100%; object-fit: contain; }
  img:not([height]) { height: auto; }
  img:not([src]) { display: none; }
  pre { white-space: pre-wrap; }
  blockquote { margin: 0.5em 0; padding-inline-start: 12px; border-inline-start: 3px solid #b8b0a4; }
  @media (max-width: 640px) {
    table, tbody, tr, td, th, div, center { max-width: 100% !important; min-width: 0 !important; }
    table[width], td[width], th[width] { width: auto !important; }
    table[width] { width: 100% !important; }
    table { height: auto !important; }
  }`;

const policy = window.trustedTypes?.createPolicy('mail-frame', { createHTML: (html: string) => html });

/** True for a mail that sets no colours: it can be shown in the colours of the app. */
function isBare(html: string): boolean {
  return !/\b(?:bgcolor|color)\s*=|(?:background|color)(?:-color)?\s*:/i.test(html);
}

/** The whole document of a frame around cleaned markup. The policy comes before anything else. */
export function wrapMail(html: string): string {
  const head =
    `<!doctype html><html${isBare(html) ? ' data-bare' : ''}><head><meta http-equiv="Content-Security-Policy" content="${POLICY}">` +
    '<meta charset="utf-8"><meta name="referrer" content="no-referrer">' +
    '<meta name="viewport" content="width=device-width">' +
    `<meta name="responsive-embedded-sizing" content="allow-origins=*"><base target="_blank"><style>${LOOK}</style></head><body>`;
  return `${head}${html}</body></html>`;
}

/** An empty caged frame. Its document is given to it once it stands in the page. */
export function makeFrame(title: string): HTMLIFrameElement {
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', SANDBOX);
  frame.setAttribute('referrerpolicy', 'no-referrer');
  frame.setAttribute('csp', POLICY);
  frame.setAttribute('credentialless', '');
  frame.setAttribute('allow', '');
  frame.className = 'mail-frame';
  frame.title = title;
  return frame;
}

/** Gives a frame a document made by `wrapMail`: the only place where a frame gets one. */
export function fill(frame: HTMLIFrameElement, text: string): void {
  frame.srcdoc = (policy === undefined ? text : policy.createHTML(text)) as string;
}

/**
 * Shows a document in `place`. The browser measures the content once, when it has loaded, and gets it wrong unless
 * the frame already has its width and a fixed height by then; so it is laid out empty, filled, and let go at load.
 */
export function show(place: HTMLElement, text: string, title: string): void {
  const frame = makeFrame(title);
  frame.dataset['loading'] = '';
  place.replaceChildren(frame);
  const release = () => delete frame.dataset['loading'];
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      frame.addEventListener('load', release, { once: true });
      fill(frame, text);
    }),
  );
}
