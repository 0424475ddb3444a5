/**
 * The app as a person uses it, in a few verbs: what every journey says and does.
 *
 * Decision: only accessible names and what is on the screen, never a class or a store, so that a journey breaks when
 * the person's way breaks and not when the code is tidied.
 */
import type { Page } from 'playwright-core';

/** Rows of the list of messages whose name contains `words`. */
export const rows = (page: Page, words: string) =>
  page.getByLabel('Messages', { exact: true }).getByRole('listitem').filter({ hasText: words });

export const reading = (page: Page) => page.getByRole('region', { name: 'Message', exact: true });

/** Opens a message by its subject and waits until `text` of it can be read. */
export async function open(page: Page, subject: string, text: string): Promise<void> {
  await rows(page, subject).first().click();
  await reading(page).getByText(text).first().waitFor();
}

/** Goes from the list or the reader to a new mail, fills it in, and leaves it there. */
export async function write(page: Page, mail: { to: string; subject: string; text: string }): Promise<void> {
  await page
    .getByRole('link', { name: 'Compose' })
    .or(page.getByRole('button', { name: 'Compose' }))
    .first()
    .click();
  await page.getByRole('textbox', { name: 'To', exact: true }).fill(mail.to);
  await page.getByRole('textbox', { name: 'Subject' }).fill(mail.subject);
  await page.getByRole('textbox', { name: 'Text' }).fill(mail.text);
}

/** Asks the page again and again until `expression` is true. (waitForFunction would need eval, which the page forbids.) */
export async function holds(page: Page, expression: string): Promise<void> {
  while (!(await page.evaluate(expression)));
}

/** Waits until the service worker controls the page: from here on it starts without a network. */
export const installed = (page: Page) => holds(page, 'navigator.serviceWorker.controller !== null');

/** A plain mail. */
export function plain(subject: string, text: string, more: string[] = []): string {
  const head = ['From: Library <desk@library.example>', 'To: alice@example.org', `Subject: ${subject}`];
  const id = `Message-ID: <${subject.toLowerCase().replaceAll(/[^a-z]+/g, '-')}@library.example>`;
  return [...head, id, 'Date: Tue, 24 Nov 2026 08:00:00 +0100', ...more, '', text, ''].join('\r\n');
}
