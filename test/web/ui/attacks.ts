/**
 * Mails that attack their reader, by class. `RUN` is script that reports to the page around it, `HIT` an address of
 * a server that counts who asks.
 */
const RUN = "(window.top||parent).postMessage('ran','*')";

/** Each is a whole mail body. `hit` makes an address that is counted. */
export function attacks(hit: (name: string) => string): string[] {
  return [...scripts(), ...confusions(), ...fetches(hit)];
}

function scripts(): string[] {
  const handlers = ['onerror', 'onload', 'onclick', 'onfocus', 'onmouseover', 'onanimationstart', 'ontoggle'];
  return [
    `<script>${RUN}</script>`,
    `<script src="data:text/javascript,${encodeURIComponent(RUN)}"></script>`,
    ...handlers.map(
      (h) => `<img src="data:,x" ${h}="${RUN}"><div tabindex="0" autofocus ${h}="${RUN}">x</div>`,
    ),
    `<body onload="${RUN}">`,
    `<svg onload="${RUN}"></svg>`,
    `<svg><script>${RUN}</script></svg>`,
    `<svg><animate onbegin="${RUN}" attributeName="x" dur="1s"></animate></svg>`,
    `<math><mi xlink:href="javascript:${RUN}">x</mi></math>`,
    `<iframe srcdoc="<script>parent.${RUN}</script>"></iframe>`,
    `<iframe src="javascript:${RUN}"></iframe>`,
    `<object data="data:text/html,<script>${RUN}</script>"></object>`,
    `<embed src="data:text/html,<script>${RUN}</script>">`,
    `<details open ontoggle="${RUN}"><summary>x</summary></details>`,
    `<video><source onerror="${RUN}"></video>`,
    `<audio src="x" onerror="${RUN}"></audio>`,
    `<form action="javascript:${RUN}"><input type="submit" autofocus onfocus="${RUN}"></form>`,
    `<a href="javascript:${RUN}" autofocus onfocus="${RUN}">x</a>`,
    `<a href="java&#10;script:${RUN}">x</a>`,
    `<meta http-equiv="refresh" content="0;url=javascript:${RUN}">`,
    `<base href="javascript:/"><a href="${RUN}">x</a>`,
    `<style>@keyframes a{}</style><b style="animation-name:a" onanimationstart="${RUN}">x</b>`,
  ];
}

/** Markup two parsers read differently. */
function confusions(): string[] {
  const img = `<img src=x onerror=${RUN}>`;
  return [
    `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;${img.replaceAll('<', '&lt;')}">`,
    `<form><math><mtext></form><form><mglyph><style></math>${img}`,
    `<svg></p><style><a id="</style>${img}">`,
    `<noscript><p title="</noscript>${img}">`,
    `<textarea><p title="</textarea>${img}">`,
    `<title><p title="</title>${img}">`,
    `<xmp><p title="</xmp>${img}">`,
    `<select><template><style><!--</style><a rel="--></style></template></select>${img}">`,
    `<!--><img src=x onerror=${RUN}>-->`,
    `<![CDATA[>${img}]]>`,
    `<div title="\`" style="x:expression(${RUN})">x</div>`,
    `<img src="x\`\`\`onerror=${RUN}">`,
    `<a@a.co?]<img/src="x"/onerror=${RUN}>`,
    `${'<div>'.repeat(150)}${img}`,
    `<iframe><p title="</iframe>${img}">`,
    `<div id="attributes"><form id="f"><input name="attributes"><input name="parentNode">${img}</form></div>`,
  ];
}

/** Ways to tell a server that the mail is being read. */
function fetches(hit: (name: string) => string): string[] {
  const css = (value: string) => `<div style="${value}">x</div>`;
  return [
    `<img src="${hit('img')}">`,
    `<img srcset="${hit('srcset')} 1x">`,
    `<img src="//${hit('scheme').slice('http://'.length)}">`,
    `<picture><source srcset="${hit('picture')}"><img></picture>`,
    `<table background="${hit('background')}"><tr><td background="${hit('td')}">x</td></tr></table>`,
    `<body background="${hit('body')}">`,
    css(`background:url(${hit('css')})`),
    css(`background-image:\\75 \\72 \\6C (${hit('escape')})`),
    css(`background-image:u\\r\\l(${hit('escape2')})`),
    css(`background-image:image-set('${hit('set')}' 1x)`),
    css(`list-style-image:url(${hit('list')});display:list-item`),
    css(`border-image:url(${hit('border')}) 1`),
    css(`content:url(${hit('content')})`),
    css(`cursor:url(${hit('cursor')}),auto`),
    css(`--x:url(${hit('var')});background:var(--x)`),
    css(`background:var(--y,url(${hit('fallback')}))`),
    css(`background:url(${hit('unclosed')}`),
    css(`filter:url(${hit('filter')}#f)`),
    css(`mask:url(${hit('mask')})`),
    `<style>@import url(${hit('import')});body{background:url(${hit('sheet')})}</style>`,
    `<style>@font-face{font-family:x;src:url(${hit('font')})}*{font-family:x}</style>x`,
    `<link rel="stylesheet" href="${hit('link')}">`,
    `<link rel="preload" as="image" href="${hit('preload')}">`,
    `<link rel="prefetch" href="${hit('prefetch')}">`,
    `<video poster="${hit('poster')}" src="${hit('video')}" autoplay></video>`,
    `<audio src="${hit('audio')}" autoplay></audio>`,
    `<iframe src="${hit('iframe')}"></iframe>`,
    `<object data="${hit('object')}"></object>`,
    `<embed src="${hit('embed')}">`,
    `<input type="image" src="${hit('input')}">`,
    `<svg><image href="${hit('svg')}"/></svg>`,
    `<svg><use href="${hit('use')}#x"/></svg>`,
    `<meta http-equiv="refresh" content="0;url=${hit('refresh')}">`,
    `<base href="${hit('base')}/"><img src="relative">`,
    `<noscript><img src="${hit('noscript')}"></noscript>`,
    `<script src="${hit('script')}"></script>`,
    `<frameset><frame src="${hit('frame')}"></frameset>`,
    `<blockquote cite="${hit('cite')}">x</blockquote><q cite="${hit('q')}">x</q>`,
  ];
}
