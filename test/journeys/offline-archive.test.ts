/**
 * Journey (b): on the train. The app starts without a network, reads, archives; later everything settles, once.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Page } from 'playwright-core';
import type { MailServer } from '../support/dovecot.ts';
import { build } from '../support/house.ts';
import { holds, installed, open, plain, rows } from './app.ts';

const OFFLINE = [/Failed to load resource/, /WebSocket connection/, /ERR_/];

const fill = async (mail: MailServer) => {
  for (const [subject, text] of [
    ['Two books are waiting', 'Please fetch them by Friday.'],
    ['Opening hours', 'Closed on Monday.'],
    ['Reading evening', 'Thursday at seven.'],
  ] as const)
    await mail.deliver('alice', plain(subject, text));
};

/** Everything this device will need has come: rows, bodies read ahead, the shell. */
async function ready(page: Page): Promise<void> {
  await installed(page);
  for (const subject of ['Two books are waiting', 'Opening hours', 'Reading evening'])
    await rows(page, subject).waitFor();
  await holds(
    page,
    `(async () => {
    const bases = await indexedDB.databases();
    for (const { name } of bases) {
      const db = await new Promise((done, fail) => { const r = indexedDB.open(name); r.onsuccess = () => done(r.result); r.onerror = fail; });
      const count = db.objectStoreNames.contains('bodies') ? await new Promise((done) => { const r = db.transaction('bodies').objectStore('bodies').count(); r.onsuccess = () => done(r.result); }) : 0;
      db.close();
      if (count >= 3) return true;
    }
    return false;
  })()`,
  );
}

const archive = (page: Page) => page.getByRole('button', { name: 'Archive' }).first().click();

test('after one visit the app starts, lists and reads with the bridge gone, and archives once it is back', async (t) => {
  const { mail, bridge, signedIn, url } = await build(t, { before: fill });
  const browser = await signedIn('alice', { size: 'phone' });
  await ready(browser.page);
  await bridge.kill9();
  const page = await browser.reopen();
  await page.goto(url);
  await rows(page, 'Opening hours').waitFor();
  await open(page, 'Opening hours', 'Closed on Monday.');
  await archive(page);
  await page.getByText(/Archived/).waitFor();
  await page.goto(url);
  await rows(page, 'Reading evening').waitFor();
  assert.equal(await rows(page, 'Opening hours').count(), 0);
  assert.equal((await mail.holds('alice').messages('Archive')).length, 0);
  await bridge.restart();
  while ((await mail.holds('alice').messages('Archive')).length === 0);
  assert.deepEqual(
    (await mail.holds('alice').messages('Archive')).map((m) => m.subject),
    ['Opening hours'],
  );
  assert.equal((await mail.holds('alice').messages('INBOX')).length, 2);
  browser.calm(...OFFLINE);
});

test('a tab killed with pending calls loses none of them', async (t) => {
  const { mail, bridge, signedIn, url } = await build(t, { before: fill });
  const browser = await signedIn('alice');
  await ready(browser.page);
  await bridge.kill9();
  const { page } = browser;
  await open(page, 'Opening hours', 'Closed on Monday.');
  await archive(page);
  await rows(page, 'Opening hours').waitFor({ state: 'detached' });
  const session = await browser.context.newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  // A page that is dead answers nothing: only its end is waited for.
  session.send('Page.crash').then(undefined, () => undefined);
  await crashed;
  await bridge.restart();
  const again = await browser.context.newPage();
  await again.goto(url);
  while ((await mail.holds('alice').messages('Archive')).length === 0);
  assert.equal((await mail.holds('alice').messages('INBOX')).length, 2);
  await again
    .getByRole('link', { name: /Outbox/ })
    .first()
    .click();
  await again
    .getByText(/Nothing is waiting|Nothing waiting|empty/i)
    .first()
    .waitFor();
});

test('a bridge killed between accepting and doing does it after its restart, without the tab', async (t) => {
  const { mail, bridge, wires, browser: start, signedIn } = await build(t, { before: fill });
  assert.ok(start);
  const browser = await signedIn('alice');
  await ready(browser.page);
  await wires.imap.refuse();
  await open(browser.page, 'Opening hours', 'Closed on Monday.');
  await archive(browser.page);
  await browser.page
    .getByRole('link', { name: /Outbox/ })
    .first()
    .click();
  await browser.page
    .getByText(/cannot be reached|waiting for the mail server/i)
    .first()
    .waitFor();
  await browser.context.close();
  await bridge.kill9();
  await wires.imap.open();
  await bridge.restart();
  while ((await mail.holds('alice').messages('Archive')).length === 0);
  assert.equal((await mail.holds('alice').messages('INBOX')).length, 2);
});

test('the mail server stops and starts again: the bar says so, reading goes on, and the archive is done', async (t) => {
  const { mail, signedIn } = await build(t, { before: fill });
  const browser = await signedIn('alice');
  const { page } = browser;
  await ready(page);
  await mail.stop();
  const bar = page.getByText(/Mail server not reachable/).first();
  await bar.waitFor();
  await open(page, 'Opening hours', 'Closed on Monday.');
  await archive(page);
  await rows(page, 'Opening hours').waitFor({ state: 'detached' });
  await mail.restart();
  while ((await mail.holds('alice').messages('Archive')).length === 0);
  await bar.waitFor({ state: 'detached' });
  browser.calm();
});

test('undo brings the mail back, on the screen and on the server', async (t) => {
  const { mail, signedIn } = await build(t, { before: fill });
  const { page, calm } = await signedIn('alice', { size: 'phone' });
  await ready(page);
  await open(page, 'Opening hours', 'Closed on Monday.');
  await archive(page);
  await rows(page, 'Opening hours').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Undo' }).click();
  await rows(page, 'Opening hours').waitFor();
  while (
    (await mail.holds('alice').messages('INBOX')).length !== 3 ||
    (await mail.holds('alice').messages('Archive')).length !== 0
  );
  calm();
});
