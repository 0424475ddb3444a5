/**
 * A real Chromium with its own profile, as a phone or at a desk.
 *
 * Decision: a persistent profile, because what is promised (installed worker, stored mail, a second start without
 * a network) lives in it: `reopen` starts the same profile again, as if the phone had been switched off. Errors
 * of any page are collected; a test that ends with one nobody expected should fail, see `calm`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type Page, chromium } from 'playwright-core';
import { type Ending, after } from './after.ts';

export type Size = 'phone' | 'desk';

export interface BrowserOptions {
  size?: Size;
  locale?: string;
  colorScheme?: 'light' | 'dark';
  timezone?: string;
}

export interface Browser {
  /** Changes with `reopen`. */
  readonly context: BrowserContext;
  /** The first page; changes with `reopen`. */
  readonly page: Page;
  /** Uncaught errors and console errors of all pages, oldest first. */
  errors: string[];
  /** Throws when an error was collected that none of `expected` matches. */
  calm: (...expected: RegExp[]) => void;
  /** Closes the browser and starts it again with the same profile: a cold start. */
  reopen: () => Promise<Page>;
}

const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

function look(options: BrowserOptions) {
  const { size = 'desk', locale = 'en-GB', colorScheme = 'light', timezone = 'Europe/Berlin' } = options;
  const shape =
    size === 'phone'
      ? { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }
      : { viewport: { width: 1280, height: 800 } };
  return { ...shape, locale, colorScheme, timezoneId: timezone };
}

/** Chromium's own sandbox cannot be had as root. */
function flags(): string[] {
  return process.getuid?.() === 0 ? ['--no-sandbox', ...FLAGS] : FLAGS;
}

function watch(page: Page, errors: string[]): void {
  page.on('pageerror', (error) => errors.push(`${page.url()}: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`${page.url()}: ${message.text()}`);
  });
}

async function open(profile: string, options: BrowserOptions, errors: string[]) {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    headless: true,
    args: flags(),
    // The command line is ours to end, by `close`; signals to the test reach the browser through that.
    handleSIGINT: false,
    handleSIGTERM: false,
    ...look(options),
  });
  const page = context.pages()[0] ?? (await context.newPage());
  context.on('page', (opened) => watch(opened, errors));
  watch(page, errors);
  return { context, page };
}

/** Starts Chromium for the length of `t`. */
export async function startBrowser(t: Ending, options: BrowserOptions = {}): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'pimento-profile-'));
  after(t, () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
  const errors: string[] = [];
  let now = await open(profile, options, errors);
  after(t, () => now.context.close());
  return {
    get context() {
      return now.context;
    },
    get page() {
      return now.page;
    },
    errors,
    calm: (...expected) => {
      const surprises = errors.filter((error) => !expected.some((pattern) => pattern.test(error)));
      if (surprises.length > 0) throw new Error(`The browser met errors:\n${surprises.join('\n')}`);
    },
    reopen: async () => {
      await now.context.close();
      now = await open(profile, options, errors);
      return now.page;
    },
  };
}
