/**
 * Pictures of the app with the demo mailbox: `npm run screenshots [folder]`.
 *
 * Decision: the pictures in the README are taken, never drawn: real bridge, demo account, phone and desk, light and
 * dark. One list says which, two of them are kept for the README; each starts from a fresh browser, so one that fails does not spoil the next.
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { mailFolder } from '../server/demo/demo.ts';
import { type Ending, after } from './support/after.ts';
import { startBridge } from './support/bridge.ts';
import { type BrowserOptions, startBrowser } from './support/browser.ts';

const FOLDER = process.argv[2] ?? 'test/.tmp/screenshots';

interface Shot {
  name: string;
  look: BrowserOptions;
  /** Goes from the list of messages to what is to be seen. */
  go: (page: Page) => Promise<unknown>;
}

const row = (page: Page, subject: string) =>
  page.getByLabel('Messages', { exact: true }).getByText(subject, { exact: false }).first();

/** Opens a mail and waits until its text, and the frame of an HTML mail, are painted. */
async function read(page: Page, subject: string): Promise<void> {
  await row(page, subject).click();
  const mail = page.getByRole('region', { name: 'Message', exact: true });
  await mail.getByText(subject).first().waitFor();
  await mail.locator('.content').waitFor();
  const frames = mail.locator('iframe');
  const text = mail.locator('.plain-text, iframe').first();
  await text.waitFor();
  if ((await frames.count()) === 0) return;
  await frames.first().contentFrame().locator('body').getByText(/\S/).first().waitFor();
  // Two frames painted after that: what was laid out is on the screen.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
}

const compose = async (page: Page) => {
  await page
    .getByRole('button', { name: 'Compose' })
    .or(page.getByRole('link', { name: 'Compose' }))
    .first()
    .click();
  await page.getByRole('textbox', { name: 'Subject' }).fill('Across the flats');
};

const SIZES = ['phone', 'desk'] as const;
const COLOURS = ['light', 'dark'] as const;

/** A reply to the newest mail, with the text it quotes. */
async function reply(page: Page): Promise<void> {
  await read(page, 'Two books are waiting');
  await page.getByRole('button', { name: 'Reply', exact: true }).first().click();
  await page.getByRole('textbox', { name: 'Text' }).waitFor();
}

const VIEWS: { view: string; go: Shot['go'] }[] = [
  { view: 'list', go: async () => {} },
  { view: 'text', go: (page) => read(page, 'Welcome to Pimento') },
  { view: 'newsletter', go: (page) => read(page, 'Autumn at the market') },
  { view: 'arabic', go: (page) => read(page, 'دعوة إلى أمسية') },
  { view: 'compose', go: compose },
  { view: 'reply', go: reply },
];

/** Every view at both sizes in both colours. */
const SHOTS: Shot[] = SIZES.flatMap((size) =>
  COLOURS.flatMap((colorScheme) =>
    VIEWS.map(({ view, go }) => ({
      name: `${size}-${colorScheme}-${view}`,
      look: { size, colorScheme },
      go,
    })),
  ),
);

/** The two the README shows, kept beside the app. */
const KEPT = new Map([
  ['phone-light-list', 'web/pictures/phone.png'],
  ['desk-dark-text', 'web/pictures/desk.png'],
]);

/** Runs `work` and tidies up whatever it started, also when it fails. */
async function within<T>(work: (t: Ending) => Promise<T>): Promise<T> {
  const hooks: (() => Promise<void>)[] = [];
  try {
    return await work({ after: (task) => void hooks.push(task) });
  } finally {
    for (const hook of hooks) await hook();
  }
}

/** From an empty browser to the list of the demo's messages, wholly loaded. */
async function enterDemo(page: Page, url: string, signIn: string): Promise<void> {
  await page.goto(url);
  const enter = page.getByRole('button', { name: 'Try the demo' });
  await enter.waitFor();
  await page.screenshot({ path: signIn });
  await enter.click();
  await row(page, 'Welcome to Pimento').waitFor();
  await page.getByText(/^Loading/).waitFor({ state: 'detached' });
}

async function take(url: string, { name, look, go }: Shot): Promise<void> {
  await within(async (t) => {
    const { page } = await startBrowser(t, look);
    try {
      await enterDemo(page, url, join(FOLDER, `sign-in-${look.size}.png`));
      await go(page);
      await page.screenshot({ path: join(FOLDER, `${name}.png`) });
      const kept = KEPT.get(name);
      if (kept !== undefined) copyFileSync(join(FOLDER, `${name}.png`), kept);
      console.log(join(FOLDER, `${name}.png`));
    } catch (error) {
      await page.screenshot({ path: join(FOLDER, `${name}-failed.png`) });
      throw error;
    }
  });
}

const failures = await within(async (t) => {
  mkdirSync(FOLDER, { recursive: true });
  const data = mkdtempSync(join(tmpdir(), 'pimento-screenshots-'));
  after(t, () => {
    for (const path of [mailFolder(join(data, 'demo')), data]) rmSync(path, { recursive: true, force: true });
  });
  const bridge = await startBridge(t, { data });
  let failed = 0;
  for (const shot of SHOTS) {
    await take(bridge.url, shot).catch((error: unknown) => {
      failed++;
      console.error(`${shot.name}: ${String(error)}`);
    });
  }
  return failed;
});
process.exitCode = failures === 0 ? 0 : 1;
