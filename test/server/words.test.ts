import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import test from 'node:test';
import { previewOf } from '../../server/words.ts';

test('the preview of a text is its first words in one line', () => {
  assert.equal(previewOf('Dear reader,\n\n\twe are  open.\n', null), 'Dear reader, we are open.');
});

test('quoted lines, rules and long links are left out', () => {
  const text = `On Monday the Library wrote:\n> Are you coming?\n>> yes\n-----------\nYes, see https://library.example/${'x'.repeat(40)} there. https://library.example`;
  assert.equal(previewOf(text, null), 'On Monday the Library wrote: Yes, see there. https://library.example');
});

test('the preview of html is what a person would read, not its style, title, script or comments', () => {
  const html = `<!DOCTYPE html><html><head><title>Newsletter</title></head><STYLE type="text/css">p > a {color:red}</STYLE>
    <body><!-- hidden > words --><script>if (a<b) alert(1)</script><p class="x">New <b>hours</b></p></body>`;
  assert.equal(previewOf(null, html), 'New hours');
});

test('a head that is never closed ends where the body begins', () => {
  assert.equal(previewOf(null, '<head><title>News</title><style>p{}<body bgcolor=red>Hello'), 'Hello');
});

test('html that was cut in its style, in a tag or in a comment shows nothing of it', () => {
  assert.equal(previewOf(null, 'Hi <style>p {color:'), 'Hi');
  assert.equal(previewOf(null, 'Hi <a href="https://'), 'Hi');
  assert.equal(previewOf(null, 'Hi <!-- still'), 'Hi');
});

test('entities become characters, also those of German and French mail programs', () => {
  const html =
    'F&uuml;r &Auml;rzte &amp; caf&eacute;&nbsp;&#8364;5 &#x20AC;6 &lt;b&gt; &hellip; &unknown; &#0;&#xD800;&#9999999;.';
  assert.equal(previewOf(null, html), 'Für Ärzte & café €5 €6 <b> … &unknown; .');
});

test('text wins over html unless it is blank', () => {
  assert.equal(previewOf('text', '<p>html'), 'text');
  assert.equal(previewOf(' \n ', '<p>html'), 'html');
  assert.equal(previewOf(null, null), '');
});

test('characters that turn the row around, pad it or cannot be seen are taken out', () => {
  assert.equal(previewOf('pay\u202Egpj.exe\u2066 no\u200Bw\u00ADadays\uFEFF', null), 'paygpj.exe nowadays');
  assert.equal(previewOf('a\u0001b\u007Fc', null), 'a b c');
  assert.equal(previewOf(null, `Hello${'&zwnj;&nbsp;&#847;'.repeat(90)}there`), 'Hello there');
});

test('a preview is at most 200 code points, and no character is cut in two', () => {
  assert.equal(previewOf('é'.repeat(500), null).length, 200);
  const smileys = previewOf(`a${'😀'.repeat(500)}`, null);
  assert.equal(Array.from(smileys).length, 200);
  assert.ok(smileys.isWellFormed());
});

/** Far beyond what quadratic time would end in. */
const LONG = 2 << 20;
for (const piece of [
  '<',
  '<a',
  '<style',
  '<style>',
  '</style ',
  '<!--',
  '&',
  '&#1',
  ' ',
  '>',
  '-',
  '\n>',
  'https://',
  '\u200B',
])
  test(`two megabytes of ${JSON.stringify(piece)} have a preview`, () => {
    const text = piece.repeat(LONG / piece.length);
    for (const preview of [previewOf(text, null), previewOf(null, text), previewOf(null, `<style>${text}`)])
      assert.ok(preview.length <= 200);
  });

test('no text has a preview that is long, of two lines or broken', () => {
  const pieces = fc.constantFrom(
    '<style>',
    '</style>',
    '<',
    '>',
    '&#',
    'x',
    ';',
    '\n',
    '\u202E',
    '😀',
    '\uD83D',
    ' ',
    '<!--',
  );
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 600 }),
    fc.string({ unit: pieces, maxLength: 600 }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      for (const preview of [previewOf(text, null), previewOf(null, text)]) {
        assert.ok(Array.from(preview).length <= 200);
        assert.ok(preview.isWellFormed());
        assert.ok(!/[\p{Cc}\p{Cf}]/u.test(preview));
        assert.equal(preview, preview.trim());
      }
    }),
    { verbose: 1, numRuns: 500 },
  );
});
