/**
 * An account of 6 000 real messages in ten folders: mirrored, listed, scrolled, and every one of them opened.
 *
 * Decision: every body goes through the bridge and over the tunnel, and every one is shown by the app, in the real
 * reader, one after the other. An exception on either side, a body refused or a row that never comes fails.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Page } from 'playwright-core';
import { CORPUS_SIZE } from '../support/corpus.ts';
import { build } from '../support/house.ts';
import { holds, installed } from './app.ts';

const COUNT = Math.min(6000, CORPUS_SIZE);

/** The address of every message this device holds. */
const HELD = `new Promise((done) => {
  const read = async () => {
    const [{ name }] = await indexedDB.databases();
    const request = indexedDB.open(name);
    request.onsuccess = () => {
      const db = request.result;
      const rows = db.transaction('messages').objectStore('messages').getAll();
      rows.onsuccess = () => {
        done(rows.result.map((row) => '/m/' + (row.message ?? row).mailbox + '/' + (row.message ?? row).id));
        db.close();
      };
    };
  };
  void read();
})`;

/**
 * Shows messages one after another by their addresses, as links from outside would. Answers what went wrong. The
 * reader makes a new article for each message, and a place for the content once it is there.
 */
const SHOW = `async (paths) => {
  const article = () => document.querySelector('[aria-label="Message"] article');
  const wrong = [];
  for (const path of paths) {
    const before = article();
    const shown = () => article() !== before && article()?.querySelector('.content');
    history.pushState(history.state, '', path);
    dispatchEvent(new PopStateEvent('popstate', { state: history.state }));
    await new Promise((done) => {
      const end = () => { observer.disconnect(); clearTimeout(late); done(); };
      const observer = new MutationObserver(() => shown() && end());
      const late = setTimeout(end, 20000);
      observer.observe(document.body, { childList: true, subtree: true });
      if (shown()) end();
    });
    if (!shown()) wrong.push(path + ': ' + (article()?.querySelector('[role="status"]')?.textContent ?? 'never shown'));
  }
  return wrong;
}`;

async function wholeAccount(page: Page): Promise<void> {
  await holds(page, `${HELD}.then((paths) => paths.length >= ${COUNT})`);
}

test('6 000 real messages in ten folders are listed, scrolled, and every one opens without an error on either side', async (t) => {
  const { mail, bridge, signedIn } = await build(t, {
    before: (mail) => mail.fillTenFolders('alice', COUNT),
  });
  const browser = await signedIn('alice');
  const { page } = browser;
  await installed(page);
  await wholeAccount(page);
  await t.test('every folder holds as many on the device as on the server', async () => {
    const paths = await page.evaluate<string[]>(HELD);
    const perFolder = [...Map.groupBy(paths, (path) => path.split('/')[2]).values()].map((p) => p.length);
    const held: number[] = [];
    for (const name of await mail.holds('alice').mailboxes())
      held.push((await mail.holds('alice').messages(name)).length);
    assert.deepEqual(
      perFolder.toSorted((a, b) => a - b),
      held.filter((n) => n > 0).toSorted((a, b) => a - b),
    );
  });
  await t.test('the list scrolls to its end with few rows in the page', async () => {
    const list = page.getByLabel('Messages', { exact: true });
    const last = page.getByRole('listitem').and(page.locator('[aria-posinset="3000"]'));
    while ((await last.count()) === 0) {
      await list.hover();
      await page.mouse.wheel(0, 60_000);
    }
    assert.ok((await list.getByRole('listitem').count()) <= 60);
  });
  await t.test('every message opens', async () => {
    const paths = await page.evaluate<string[]>(HELD);
    const wrong: string[] = [];
    for (let at = 0; at < paths.length; at += 200)
      wrong.push(
        ...(await page.evaluate<string[]>(`(${SHOW})(${JSON.stringify(paths.slice(at, at + 200))})`)),
      );
    assert.deepEqual(wrong, []);
  });
  assert.doesNotMatch(bridge.log(), /could not be read|"level":50/);
  browser.calm(/violates the following Content Security Policy/);
});
