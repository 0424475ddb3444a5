/**
 * The three layers around a stranger's HTML, in a real browser: cleaning, policy, sandbox. Each is taken away in turn;
 * what is left must hold alone. A control shows that the attacks work where nothing stops them.
 */
import test, { before, after } from 'node:test';
import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { build } from 'vite';
import { attacks } from './attacks.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; " +
  "frame-src 'none'; base-uri 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types mail-frame dompurify app";

/** The rooms under test, bundled as the app bundles them. */
async function bundle(): Promise<string> {
  const output = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, lib: { entry: here('probe.ts'), formats: ['es'], fileName: 'probe' } },
  });
  const first = Array.isArray(output) ? output[0]! : output;
  if (!('output' in first)) throw new Error('nothing was built');
  return first.output[0].code;
}

const hits: string[] = [];
let servers: Server[] = [];
let browser: Browser;
let app = '';
let elsewhere = '';

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

before(async () => {
  const code = await bundle();
  elsewhere = await serve((request, response) => {
    hits.push(request.url ?? '');
    response.setHeader('access-control-allow-origin', '*');
    response.end();
  });
  app = await serve((request, response) => {
    const script = request.url === '/probe.js';
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
    if (request.url === '/') response.setHeader('content-security-policy', POLICY);
    response.end(
      script ? code : '<!doctype html><div id="place"></div><script type="module" src="/probe.js"></script>',
    );
  });
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-background-networking',
    ],
  });
});

after(async () => {
  await browser?.close();
  for (const server of servers) server.close();
  servers = [];
});

/** Opens the probe: `/` under the app's policy, `/bare` under none. */
async function open(path: '/' | '/bare'): Promise<Page> {
  const page = await browser.newPage();
  page.on('dialog', (dialog) => void dialog.dismiss());
  await page.goto(app + path);
  await page.waitForFunction(() => 'cage' in window);
  return page;
}

type Layers = { clean: boolean; policy: boolean; sandbox: boolean };

/** Shows every attack with the given layers. Answers how many ran script and which addresses were asked for. */
async function show(page: Page, layers: Layers): Promise<{ ran: number; asked: string[] }> {
  hits.length = 0;
  const mails = attacks((name) => `${elsewhere}/${name}`);
  const ran = await page.evaluate(
    async ({ mails, layers }) => {
      window.ran = 0;
      addEventListener('message', (e) => (window.ran += e.data === 'ran' ? 1 : 0));
      const place = document.getElementById('place')!;
      const put = async (mail: string) => {
        const markup = layers.clean ? window.html.cleanMail(mail, new Map()).html : mail;
        const text = layers.policy ? window.cage.wrapMail(markup) : `<!doctype html><body>${markup}`;
        const frame = window.cage.makeFrame('mail');
        if (!layers.sandbox) frame.removeAttribute('sandbox');
        if (!layers.policy) frame.removeAttribute('csp');
        place.append(frame);
        const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
        window.cage.fill(frame, text);
        await Promise.race([loaded, new Promise((resolve) => setTimeout(resolve, 2000))]);
      };
      await Promise.all(mails.map(put));
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
      return window.ran;
    },
    { mails, layers },
  );
  // A fence: what the frames had asked for before this arrives before this.
  await page.context().request.get(`${elsewhere}/fence`);
  return { ran, asked: hits.filter((url) => url !== '/fence' && url !== '/favicon.ico') };
}

test('control: without any layer the attacks run and ask for remote addresses', async () => {
  const page = await open('/bare');
  const { ran, asked } = await show(page, { clean: false, policy: false, sandbox: false });
  assert.ok(ran >= 10, `only ${ran} ran`);
  assert.ok(asked.length >= 20, `only ${asked.length} asked`);
  await page.close();
});

test('as the app shows it, no attack runs and nothing remote is asked for', async () => {
  const page = await open('/');
  assert.deepEqual(await show(page, { clean: true, policy: true, sandbox: true }), { ran: 0, asked: [] });
  await page.close();
});

test('cleaning alone stops every attack, with neither policy nor sandbox', async () => {
  const page = await open('/bare');
  assert.deepEqual(await show(page, { clean: true, policy: false, sandbox: false }), { ran: 0, asked: [] });
  await page.close();
});

test('with cleaning off, policy and sandbox stop every attack', async () => {
  const page = await open('/bare');
  assert.deepEqual(await show(page, { clean: false, policy: true, sandbox: true }), { ran: 0, asked: [] });
  await page.close();
});

test('with cleaning and policy off, the sandbox still runs nothing', async () => {
  const page = await open('/bare');
  assert.equal((await show(page, { clean: false, policy: false, sandbox: true })).ran, 0);
  await page.close();
});

test('with cleaning and sandbox off, the policy still runs nothing and loads nothing into the mail', async () => {
  const page = await open('/bare');
  // A refresh is no load but a navigation: the sandbox and the app's own frame-src stop that.
  assert.deepEqual(await show(page, { clean: false, policy: true, sandbox: false }), {
    ran: 0,
    asked: ['/refresh'],
  });
  await page.close();
});

test('the frame is sandboxed without scripts and without our origin, and its policy comes first', async () => {
  const page = await open('/');
  const { sandbox, head } = await page.evaluate(() => ({
    sandbox: window.cage.makeFrame('mail').getAttribute('sandbox'),
    head: window.cage.wrapMail('<p>x').slice(0, 120),
  }));
  assert.equal(sandbox, 'allow-popups allow-popups-to-escape-sandbox');
  assert.match(
    head,
    /^<!doctype html><html[^<]*><head><meta http-equiv="Content-Security-Policy" content="default-src 'none';/,
  );
  await page.close();
});

/** What a cleaned mail became. */
async function cleaned(html: string, pictures: [string, string][] = []) {
  const page = await open('/');
  const result = await page.evaluate(({ html, pictures }) => window.html.cleanMail(html, new Map(pictures)), {
    html,
    pictures,
  });
  await page.close();
  return result;
}

test('the markup old newsletters are laid out with is kept', async () => {
  const { html } = await cleaned(
    '<table width="600" align="center" cellpadding="4" cellspacing="0" border="1" bgcolor="#ffffff"><tr valign="top">' +
      '<td width="50%" height="20" colspan="2" nowrap style="padding:8px;color:#333333;border:1px solid #dddddd">' +
      '<font face="Georgia" color="#336600" size="4" dir="rtl" lang="ar">x</font></td></tr></table><center>y</center>',
  );
  for (const kept of [
    ...[
      'width="600"',
      'align="center"',
      'cellpadding="4"',
      'cellspacing="0"',
      'bgcolor="#ffffff"',
      'valign="top"',
    ],
    ...[
      'width="50%"',
      'height="20"',
      'colspan="2"',
      'face="Georgia"',
      'color="#336600"',
      'size="4"',
      'dir="rtl"',
    ],
    ...['lang="ar"', 'padding: 8px', 'color: rgb(51, 51, 51)', 'border-style: solid', '<center>'],
  ]) {
    assert.ok(html.includes(kept), `${kept} is missing from ${html}`);
  }
});

test('remote images are counted, whichever way they were asked for', async () => {
  const { html, blocked } = await cleaned(
    '<img src="https://t.example/a.png"><img src="//t.example/b.png"><td background="http://t.example/c">' +
      '<table background="http://t.example/c"></table><p style="background:url(https://t.example/d)">x</p>',
  );
  assert.equal(blocked, 4);
  assert.ok(!html.includes('t.example'), html);
});

test('links open elsewhere, without our address, and only web, mail and telephone links are links', async () => {
  const { html } = await cleaned(
    '<a href="https://a.example">a</a><a href="mailto:b@b.example">b</a><a href="ftp://c.example">c</a>' +
      '<a href="/relative">d</a><a href=" JaVaScript:x()">e</a><a href="data:text/html,x">f</a>',
  );
  assert.equal(html.match(/target="_blank" rel="noopener noreferrer nofollow"/g)?.length, 2);
  assert.equal(html.match(/href=/g)?.length, 2);
});

test('CSS that covers, hides or computes is dropped, the rest of the same attribute stays', async () => {
  const { html } = await cleaned(
    '<p style="color:red;position:/**/fixed !important;top:0;z-index:9;opacity:0.01;margin-left:-900px;--a:1;width:calc(1px*var(--a))">x</p>',
  );
  assert.equal(html, '<p style="color: red;">x</p>');
});

const GIF = 'data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=';

test('a picture that came with the mail is shown inside the frame', async () => {
  const page = await open('/');
  await page.evaluate((gif) => {
    const { html } = window.html.cleanMail(
      '<img src="cid:a%40b" alt="Inline" width="80" height="60">',
      new Map([['a@b', gif]]),
    );
    const frame = window.cage.makeFrame('mail');
    document.getElementById('place')!.append(frame);
    window.cage.fill(frame, window.cage.wrapMail(html));
  }, GIF);
  const box = await page.frameLocator('iframe').getByRole('img', { name: 'Inline' }).boundingBox();
  assert.deepEqual([box?.width, box?.height], [80, 60]);
  await page.close();
});

test('an unknown cid: or an SVG as data: leaves no address behind', async () => {
  const { html } = await cleaned('<img src="cid:nobody"><img src="data:image/svg+xml;base64,PHN2Zz4=">');
  assert.equal(html, '<img><img>');
});

test('what is too large or too deep to be parsed is not parsed', async () => {
  const page = await open('/');
  const answers = await page.evaluate(() => [
    window.html.isShowable('<p>x</p>'.repeat(100)),
    window.html.isShowable('<b>'.repeat(20_001)),
    window.html.isShowable('<div>'.repeat(201)),
    window.html.isShowable('x'.repeat(2_097_153)),
  ]);
  assert.deepEqual(answers, [true, false, false, false]);
  await page.close();
});

test('the words of a mail without a text part are its visible words, line by line', async () => {
  const page = await open('/');
  const text = await page.evaluate(() =>
    window.html.htmlToText(
      '<style>p{}</style><div>Good&nbsp;morning,</div><p>two <b>words</b><br>and   more</p><ul><li>a</li><li>b</li></ul><p style="display:none">hidden</p>',
    ),
  );
  assert.equal(text, 'Good morning,\n\ntwo words\nand more\n\n- a\n- b');
  await page.close();
});
