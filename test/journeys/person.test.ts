/**
 * What went wrong in the hands of a person: twice where once was meant, away in the middle, changed elsewhere.
 *
 * Decision: one test for each way that once disappointed, found by using the app and not by reading it. Fingers are
 * quick and doubtful: a double tap is two real clicks, as close together as the browser can make them.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Locator, Page } from 'playwright-core';
import type { MailServer } from '../support/dovecot.ts';
import { connectImap } from '../../server/demo/imap.ts';
import { build } from '../support/house.ts';
import { open, plain, reading, rows, write } from './app.ts';

const fill = async (mail: MailServer) => {
  await mail.deliver('alice', plain('Opening hours', 'Closed on Monday.'));
  await mail.deliver('alice', plain('Reading evening', 'Thursday at seven.'));
};

/** Two clicks with nothing in between, as of a finger that trembles. */
const twice = (button: Locator) =>
  button.evaluate((element) => {
    const clickable = element as unknown as { click: () => void };
    clickable.click();
    clickable.click();
  });

const compose = (page: Page) => page.getByRole('textbox', { name: 'Text' });

test('Send pressed twice sends once, and the person is still in the app', async (t) => {
  const { smtp, signedIn, url } = await build(t, { before: fill });
  const { page, calm } = await signedIn('alice', { size: 'phone' });
  await rows(page, 'Opening hours').waitFor();
  for (const subject of ['Pressed twice', 'The next one']) {
    await write(page, { to: 'bob@example.org', subject, text: 'Once.' });
    await twice(page.getByRole('button', { name: 'Send', exact: true }));
    await rows(page, 'Opening hours').waitFor();
  }
  await smtp.until(2);
  const subjects = smtp.accepted.map(({ raw }) => /^Subject: (.*)$/m.exec(raw)?.[1]?.trim());
  assert.deepEqual(subjects, ['Pressed twice', 'The next one']);
  assert.equal(page.url(), `${url}/`);
  calm();
});

test('Archive or Back tapped twice closes one mail, not the app; Reply tapped twice opens one answer', async (t) => {
  const { mail, signedIn, url } = await build(t, { before: fill });
  const { page, calm } = await signedIn('alice', { size: 'phone' });
  await open(page, 'Opening hours', 'Closed on Monday.');
  await twice(reading(page).getByRole('button', { name: 'Back' }));
  await reading(page).waitFor({ state: 'detached' });
  await open(page, 'Opening hours', 'Closed on Monday.');
  await twice(reading(page).getByRole('button', { name: 'Reply', exact: true }));
  await compose(page).waitFor();
  await page.getByRole('button', { name: 'Back' }).first().click();
  await reading(page).getByText('Closed on Monday.').waitFor();
  await twice(reading(page).getByRole('button', { name: 'Archive' }));
  await rows(page, 'Opening hours').waitFor({ state: 'detached' });
  await rows(page, 'Reading evening').waitFor();
  assert.equal(page.url(), `${url}/`);
  while ((await mail.holds('alice').messages('INBOX')).length !== 1);
  calm();
});

test('words typed a moment before the page is closed are there when it opens again', async (t) => {
  const { signedIn } = await build(t, { before: fill });
  const { page, calm } = await signedIn('alice');
  await write(page, { to: 'bob@example.org', subject: 'Half a letter', text: 'Dear' });
  await compose(page).press('End');
  await compose(page).pressSequentially(' Bob');
  await page.reload();
  await compose(page).waitFor();
  assert.equal(await compose(page).inputValue(), 'Dear Bob');
  calm();
});

test('going to and fro between Outbox and Mail leaves nothing to go back through', async (t) => {
  const { signedIn, url } = await build(t, { before: fill });
  const { page, calm } = await signedIn('alice', { size: 'phone' });
  await rows(page, 'Opening hours').waitFor();
  const before = await page.evaluate('history.length');
  for (let i = 0; i < 3; i += 1) {
    await page.getByRole('link', { name: /Outbox/ }).click();
    await page.getByText('Nothing is waiting').waitFor();
    await page.getByRole('link', { name: 'Mail', exact: true }).click();
    await rows(page, 'Opening hours').waitFor();
  }
  assert.equal(page.url(), `${url}/`);
  assert.equal(await page.evaluate('history.length'), Number(before) + 1);
  calm();
});

test('a draft open in two tabs is sent once: the other tab closes it and says why', async (t) => {
  const { smtp, signedIn } = await build(t, { before: fill });
  const { context, page, calm } = await signedIn('alice');
  await write(page, { to: 'bob@example.org', subject: 'In two tabs', text: 'Once.' });
  await page.getByText(/^Saved/).waitFor();
  const other = await context.newPage();
  await other.goto(page.url());
  await compose(other).waitFor();
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await other.getByText('sent or discarded in another tab').waitFor();
  await compose(other).waitFor({ state: 'detached' });
  await smtp.until(1);
  calm();
});

test('a mailbox renamed elsewhere is found by Refresh, under its new name and with its mail', async (t) => {
  const raw = Buffer.from(plain('The plan', 'Three steps.'));
  const { mail, signedIn } = await build(t, {
    before: (server) => server.fill('alice', 'Projects', [{ raw }]),
  });
  const { page, calm } = await signedIn('alice');
  await page.getByRole('link', { name: 'Projects' }).click();
  await open(page, 'The plan', 'Three steps.');
  const elsewhere = await connectImap(mail.imapPort, mail.address('alice'), mail.password('alice'));
  t.after(() => elsewhere.close());
  await elsewhere.command('RENAME Projects Works');
  await page.getByRole('button', { name: 'Refresh' }).click();
  await page.getByRole('link', { name: 'Works' }).click();
  await open(page, 'The plan', 'Three steps.');
  assert.equal(await page.getByRole('link', { name: 'Projects' }).count(), 0);
  calm();
});

test('at 320 pixels with letters twice as large and a very long name, Send and Sign out are in reach', async (t) => {
  const name = 'Averyverylongofficename'.repeat(6);
  const long = plain('Opening hours', 'Closed on Monday.').replace('Library', name);
  const { signedIn } = await build(t, { before: (mail) => mail.deliver('alice', long) });
  const { page } = await signedIn('alice', { size: 'phone' });
  await page.setViewportSize({ width: 320, height: 640 });
  await page.evaluate(`document.documentElement.style.fontSize = '200%'`);
  const inReach = async (button: Locator) => {
    const box = await button.boundingBox();
    assert.ok(box !== null && box.x >= 0 && box.x + box.width <= 320, JSON.stringify(box));
  };
  await open(page, 'Opening hours', 'Closed on Monday.');
  await reading(page).getByRole('button', { name: 'Reply', exact: true }).click();
  await compose(page).waitFor();
  await inReach(page.getByRole('button', { name: 'Send', exact: true }));
  await inReach(page.getByRole('button', { name: 'Cc, Bcc' }));
  await page.goBack();
  await page.goBack();
  await page.getByRole('button', { name: 'Mailboxes' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await inReach(page.getByRole('button', { name: 'Sign out and erase' }));
});
