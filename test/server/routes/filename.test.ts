import test from 'node:test';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { cleanName, dispositionOf } from '../../../server/routes/filename.ts';

test('a name loses what steers a path, hides its ending or names a device', () => {
  const table = [
    ['plan.pdf', 'plan.pdf'],
    ['../../etc/passwd', '_.._etc_passwd'],
    ['C:\\Windows\\a.exe', 'C__Windows_a.exe'],
    ['.htaccess', 'htaccess'],
    ['holiday\u202egpj.exe', 'holidaygpj.exe'],
    ['a\u2066b\u200fc\u0000d\r\ne.txt', 'abcde.txt'],
    ['name. . ', 'name'],
    ['CON', '_CON'],
    ['nul.txt', '_nul.txt'],
    ['console.txt', 'console.txt'],
    ['', 'attachment'],
    ['...', 'attachment'],
    ['u\u0308ber.txt', 'über.txt'],
    ['\ud800.txt', '\ufffd.txt'],
  ] as const;
  for (const [raw, clean] of table) assert.equal(cleanName(raw), clean, JSON.stringify(raw));
});

test('a name that is too long keeps its ending', () => {
  const clean = cleanName(`${'ü'.repeat(200)}.pdf`);
  assert.equal(clean, `${'ü'.repeat(73)}.pdf`);
});

test('a disposition says the name in ASCII and in UTF-8', () => {
  assert.equal(
    dispositionOf(`Fahrplan für 'März'.pdf`),
    `attachment; filename="Fahrplan fur 'Marz'.pdf"; filename*=UTF-8''Fahrplan%20f%C3%BCr%20%27M%C3%A4rz%27.pdf`,
  );
  assert.equal(
    dispositionOf('時刻表.pdf'),
    `attachment; filename="___.pdf"; filename*=UTF-8''%E6%99%82%E5%88%BB%E8%A1%A8.pdf`,
  );
  assert.equal(
    dispositionOf('a"; filename=b.exe'),
    `attachment; filename="a_; filename=b.exe"; filename*=UTF-8''a_%3B%20filename%3Db.exe`,
  );
});

test('whatever the stranger chose, the header is one line of ASCII and the name stays small', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (raw) => {
      const header = dispositionOf(raw);
      assert.match(
        header,
        /^attachment; filename="[\x20-\x21\x23-\x5b\x5d-\x7e]+"; filename\*=UTF-8''[\w!#$&+.^`|~%-]+$/,
      );
      const clean = cleanName(raw);
      assert(Buffer.byteLength(clean) <= 150);
      assert.doesNotMatch(clean, /^[.\s]|[.\s]$|[/\\\p{Cc}\p{Cf}]/u);
      assert.equal(cleanName(clean), clean);
      assert.equal(decodeURIComponent(header.split("''")[1] ?? ''), clean);
    }),
    { numRuns: 500 },
  );
});
