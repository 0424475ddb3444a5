/**
 * Journey (a), as far as it goes today: a mail is delivered, and the open page shows it by itself.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { build } from '../support/house.ts';
import { installed, open, plain, reading, rows } from './app.ts';

test('a delivered mail appears in an open page by itself, can be read, and becomes read on the server', async (t) => {
  const { mail, signedIn } = await build(t);
  const { page, calm } = await signedIn('alice', { size: 'phone' });
  await mail.deliver('alice', plain('Two books are waiting', 'Please fetch them by Friday.'));
  await rows(page, 'Two books are waiting').waitFor();
  await rows(page, 'Please fetch them').waitFor();
  await open(page, 'Two books', 'Please fetch them by Friday.');
  const seen = async () => (await mail.holds('alice').messages('INBOX'))[0]?.flags.includes('\\Seen');
  while (!(await seen()));
  calm();
});

test('two open pages show the same mail, and what one does the other shows', async (t) => {
  const { mail, signedIn, url } = await build(t, {
    before: (mail) => mail.deliver('alice', plain('Opening hours', 'Closed on Monday.')),
  });
  const { page, context, calm } = await signedIn('alice');
  const second = await context.newPage();
  await second.goto(url);
  await rows(second, 'Opening hours').waitFor();
  await open(page, 'Opening hours', 'Closed on Monday.');
  await reading(page)
    .getByRole('button', { name: 'Archive' })
    .or(page.getByRole('button', { name: 'Archive' }))
    .first()
    .click();
  await rows(second, 'Opening hours').waitFor({ state: 'detached' });
  while ((await mail.holds('alice').messages('Archive')).length === 0);
  assert.equal((await mail.holds('alice').messages('INBOX')).length, 0);
  calm();
});

test('another mail program reads, stars and deletes, and the open page follows', async (t) => {
  const { mail, signedIn } = await build(t, {
    before: async (mail) => {
      await mail.deliver('alice', plain('First', 'One.'));
      await mail.deliver('alice', plain('Second', 'Two.'));
    },
  });
  const { page, calm } = await signedIn('alice');
  await rows(page, 'Second').waitFor();
  await installed(page);
  await mail
    .holds('alice')
    .act('INBOX', 'UID STORE 1 +FLAGS (\\Deleted)', 'EXPUNGE', 'UID STORE 2 +FLAGS (\\Seen)');
  await rows(page, 'First').waitFor({ state: 'detached' });
  await page
    .getByLabel('Messages', { exact: true })
    .getByRole('link', { name: /^(?!Unread).*Second/ })
    .waitFor();
  calm();
});
