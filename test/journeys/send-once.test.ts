/**
 * Journey (c): a mail is composed without a network and sent exactly once, whatever breaks.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { build, type House } from '../support/house.ts';
import { installed, plain, rows, write } from './app.ts';

const LETTER = { to: 'desk@library.example', subject: 'Sunday', text: 'Is the reading room open?' };

async function ready(house: House) {
  const browser = await house.signedIn('alice', { size: 'phone' });
  await rows(browser.page, 'Opening hours').waitFor();
  await installed(browser.page);
  return browser;
}

const house = (t: Parameters<typeof build>[0]) =>
  build(t, { before: (mail) => mail.deliver('alice', plain('Opening hours', 'Closed on Monday.')) });

const send = (page: import('playwright-core').Page) =>
  page.getByRole('button', { name: 'Send', exact: true }).click();

test('a mail composed without a network survives a killed browser and goes out once when the network is back', async (t) => {
  const all = await house(t);
  const browser = await ready(all);
  await all.bridge.kill9();
  await write(browser.page, LETTER);
  await send(browser.page);
  await browser.page.getByRole('button', { name: 'Undo' }).waitFor();
  const page = await browser.reopen();
  await page.goto(all.url);
  await page
    .getByRole('link', { name: /Outbox/ })
    .first()
    .click();
  await page.getByText('Sunday').first().waitFor();
  await all.bridge.restart();
  await all.smtp.until(1);
  while ((await all.mail.holds('alice').messages('Sent')).length === 0);
  const [sent] = await all.mail.holds('alice').messages('Sent');
  assert.equal(sent?.subject, 'Sunday');
  assert.deepEqual(
    all.smtp.accepted.map((m) => m.to),
    [['desk@library.example']],
  );
  assert.match(all.smtp.accepted[0]?.raw ?? '', /Is the reading room open\?/);
});

test('undo takes a mail back before it leaves, and gives the draft again', async (t) => {
  const all = await house(t);
  const { page, calm } = await ready(all);
  await write(page, LETTER);
  await send(page);
  await page.getByRole('button', { name: 'Undo' }).click();
  const text = page.getByRole('textbox', { name: 'Text' });
  await text.waitFor();
  assert.match(await text.inputValue(), /Is the reading room open/);
  assert.equal(all.smtp.accepted.length, 0);
  calm();
});

test('a reply goes to the sender with the thread kept, and the answered mail is marked', async (t) => {
  const all = await house(t);
  const { page, calm } = await ready(all);
  await rows(page, 'Opening hours').first().click();
  await page.getByRole('button', { name: 'Reply', exact: true }).first().click();
  const text = page.getByRole('textbox', { name: 'Text' });
  await text.waitFor();
  assert.match(await text.inputValue(), /> Closed on Monday\./);
  await text.fill('Thank you.');
  await send(page);
  await all.smtp.until(1);
  const raw = all.smtp.accepted[0]?.raw ?? '';
  assert.match(raw, /^Subject: Re: Opening hours$/m);
  assert.match(raw, /^In-Reply-To: <opening-hours@library\.example>$/m);
  const answered = async () =>
    (await all.mail.holds('alice').messages('INBOX'))[0]?.flags.includes('\\Answered');
  while (!(await answered()));
  calm();
});

for (const step of ['mail', 'data', 'kept', 'said'] as const)
  test(`a bridge killed while the mail server stands at "${step}" sends at most once, and the person learns how it ended`, async (t) => {
    const all = await house(t);
    const { page } = await ready(all);
    const fence = all.smtp.hold(step);
    await write(page, LETTER);
    await send(page);
    await fence.reached;
    await all.bridge.kill9();
    fence.release();
    await all.bridge.restart();
    await page
      .getByRole('link', { name: /Outbox/ })
      .first()
      .click();
    await page
      .getByText(/may have been sent/)
      .first()
      .waitFor();
    assert.ok(all.smtp.accepted.length <= 1);
    // The person decides: send again, with the same Message-ID.
    const before = all.smtp.accepted.length;
    await page.getByRole('button', { name: 'Send again' }).click();
    await all.smtp.until(before + 1);
    const ids = all.smtp.accepted.map((m) => /^Message-ID: (.*)$/im.exec(m.raw)?.[1]);
    assert.equal(new Set(ids).size, 1);
  });

test('a refused recipient brings the mail back with the words of the server', async (t) => {
  const all = await house(t);
  const { page, calm } = await ready(all);
  all.smtp.refuse('rcpt', 550, 'No such mailbox here', { recipient: 'desk@library.example' });
  await write(page, LETTER);
  await send(page);
  await page
    .getByRole('link', { name: /Outbox/ })
    .first()
    .click();
  await page
    .getByText(/No such mailbox here/)
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Edit' }).first().click();
  assert.match(await page.getByRole('textbox', { name: 'Text' }).inputValue(), /reading room/);
  assert.equal(all.smtp.accepted.length, 0);
  calm();
});
