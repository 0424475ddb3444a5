/**
 * What goes wrong at the door and in the mail itself: each has a clear message, and nothing queued is lost.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { build, signIn } from '../support/house.ts';
import { startBridge } from '../support/bridge.ts';
import { startBrowser } from '../support/browser.ts';
import { installed, plain, reading, rows } from './app.ts';

const REFUSED = [/Failed to load resource/, /WebSocket connection/];

test('a wrong password says so, keeps the address, and the right one goes in', async (t) => {
  const { mail, url, browser: start } = await build(t);
  const browser = await start({ size: 'phone' });
  const { page } = browser;
  await page.goto(url);
  await page.getByRole('textbox', { name: 'Email' }).fill(mail.address('alice'));
  await page.getByLabel('Password', { exact: true }).fill('not this one');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page
    .getByRole('alert')
    .getByText(/refused this address or password/)
    .waitFor();
  assert.equal(await page.getByRole('textbox', { name: 'Email' }).inputValue(), mail.address('alice'));
  await page.getByLabel('Password', { exact: true }).fill(mail.password('alice'));
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page
    .getByRole('button', { name: 'Compose' })
    .or(page.getByRole('link', { name: 'Compose' }))
    .waitFor();
  browser.calm(...REFUSED);
});

for (const [name, imap] of [
  ['an unknown host', 'imaps://mail.nowhere.invalid:993'],
  ['a refused connection', 'imap://127.0.0.1:9?tls=none'],
] as const)
  test(`signing in against ${name} names the server that cannot be reached`, async (t) => {
    const bridge = await startBridge(t, {
      env: { PIMENTO_IMAP: imap, PIMENTO_SMTP: 'smtp://127.0.0.1:9?tls=none' },
    });
    const browser = await startBrowser(t, { size: 'phone' });
    const { page } = browser;
    await page.goto(bridge.url);
    await page.getByRole('textbox', { name: 'Email' }).fill('alice@example.org');
    await page.getByLabel('Password', { exact: true }).fill('secret');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').getByText(new URL(imap).hostname).waitFor();
    browser.calm(...REFUSED);
  });

test('an expired session keeps what was queued, asks to sign in, and then carries it out', async (t) => {
  const { mail, bridge, url, signedIn } = await build(t, {
    before: (mail) => mail.deliver('alice', plain('Opening hours', 'Closed on Monday.')),
  });
  const browser = await signedIn('alice', { size: 'phone' });
  const { page } = browser;
  await rows(page, 'Opening hours').waitFor();
  await installed(page);
  await bridge.stop();
  await rows(page, 'Opening hours').click();
  await page.getByRole('button', { name: 'Archive' }).first().click();
  await rows(page, 'Opening hours').waitFor({ state: 'detached' });
  await browser.context.clearCookies();
  await bridge.restart();
  await page.getByRole('button', { name: 'Sign in again' }).click();
  await page.getByLabel('Password', { exact: true }).fill(mail.password('alice'));
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  while ((await mail.holds('alice').messages('Archive')).length === 0);
  assert.equal((await mail.holds('alice').messages('INBOX')).length, 0);
  assert.ok(url);
  browser.calm(...REFUSED);
});

const BROKEN: [string, string, RegExp][] = [
  ['a mail of nothing but a body', '\r\nJust words.\r\n', /Just words/],
  ['a mail of one empty line', '\r\n', /./],
  [
    'a multipart that never begins',
    'Subject: Never begins\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\nNo boundary.\r\n',
    /./,
  ],
  [
    'a multipart without a boundary',
    'Subject: No boundary\r\nContent-Type: multipart/alternative\r\n\r\n--\r\n\r\nHm.\r\n',
    /./,
  ],
  [
    'base64 that is not',
    'Subject: Not base64\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n*** not base64 ***\r\n',
    /./,
  ],
  [
    'a charset nobody knows',
    'Subject: Odd charset\r\nContent-Type: text/plain; charset=x-klingon\r\n\r\nReadable all the same.\r\n',
    /Readable all the same/,
  ],
  ['a header of 64 KB', `Subject: ${'long '.repeat(13_000)}\r\n\r\nStill here.\r\n`, /Still here/],
  [
    'html that does not end',
    'Subject: Open end\r\nContent-Type: text/html\r\n\r\n<table><tr><td><b>Unclosed <div',
    /./,
  ],
];

test('mail without headers or with broken MIME is listed and opens, each without an error', async (t) => {
  const { mail, signedIn } = await build(t, {
    before: (mail) =>
      mail.fill(
        'alice',
        'INBOX',
        BROKEN.map(([, raw], i) => ({ raw: Buffer.from(raw), date: new Date(1.7e12 + i * 6e4) })),
      ),
  });
  const { page, calm } = await signedIn('alice');
  const list = page.getByLabel('Messages', { exact: true }).getByRole('listitem');
  await list.nth(BROKEN.length - 1).waitFor();
  for (const [at, [name, , words]] of BROKEN.toReversed().entries()) {
    await t.test(name, async () => {
      await list.nth(at).click();
      await reading(page).locator('.content').waitFor();
      await reading(page).getByText(words).first().waitFor();
    });
  }
  assert.equal((await mail.holds('alice').messages('INBOX')).length, BROKEN.length);
  calm();
});

test('signing out leaves nothing on the device and the next person sees only their own', async (t) => {
  const { mail, url, signedIn } = await build(t, {
    before: (mail) => mail.deliver('alice', plain('Only for alice', 'A secret.')),
  });
  const browser = await signedIn('alice');
  const { page } = browser;
  await rows(page, 'Only for alice').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign out and erase' }).click();
  await page.getByRole('textbox', { name: 'Email' }).waitFor();
  await signIn(browser, url, mail.address('bob'), mail.password('bob'));
  assert.equal(await page.getByText('Only for alice').count(), 0);
  browser.calm();
});
