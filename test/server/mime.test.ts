import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  decodeQuotedPrintable,
  decodeText,
  layoutOf,
  unflow,
  type Structure,
  type TextSection,
} from '../../server/mime.ts';

const section = (change: Partial<TextSection> = {}): TextSection => ({
  part: '1',
  encoding: '',
  charset: '',
  flowed: false,
  delSp: false,
  size: 1,
  ...change,
});
const leaf = (part: string, type: string, change: Partial<Structure> = {}): Structure => ({
  part,
  type,
  size: 10,
  ...change,
});
const multi = (subtype: string, ...childNodes: Structure[]): Structure => ({
  type: `multipart/${subtype}`,
  childNodes,
});
const decode = (bytes: string | number[], change: Partial<TextSection>, cut = false) =>
  decodeText(
    typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes),
    section(change),
    cut,
  );

test('of an alternative both text and html are shown, and neither is an attachment', () => {
  const layout = layoutOf(multi('alternative', leaf('1', 'text/plain'), leaf('2', 'TEXT/HTML')));
  assert.deepEqual([layout.text?.part, layout.html?.part, layout.parts], ['1', '2', []]);
});

test('of a mixed mail the first text is shown and the rest are attachments', () => {
  const pdf = leaf('2', 'application/pdf', {
    encoding: 'BASE64',
    size: 4100,
    disposition: 'attachment',
    dispositionParameters: { filename: 'plan.pdf' },
  });
  const layout = layoutOf(multi('mixed', leaf('1', 'text/plain'), pdf));
  assert.equal(layout.text?.part, '1');
  assert.equal(layout.attachments, 1);
  assert.deepEqual(layout.parts, [
    { part: '2', type: 'application/pdf', name: 'plan.pdf', size: 3000, cid: null, inline: false },
  ]);
});

test('an image of a related html is inline and not counted, an attached one is', () => {
  const html = multi(
    'related',
    leaf('1.2.1', 'text/html'),
    leaf('1.2.2', 'image/png', { id: '<logo@library.example>', disposition: 'inline' }),
    leaf('1.2.3', 'image/png', { id: '<map@library.example>', disposition: 'attachment' }),
  );
  const layout = layoutOf(multi('mixed', multi('alternative', leaf('1.1', 'text/plain'), html)));
  assert.deepEqual([layout.text?.part, layout.html?.part], ['1.1', '1.2.1']);
  assert.deepEqual(
    layout.parts.map((p) => [p.cid, p.inline]),
    [
      ['logo@library.example', true],
      ['map@library.example', false],
    ],
  );
  assert.equal(layout.attachments, 1);
});

test('a text that is attached or has a name is not the text of the mail', () => {
  const attached = leaf('1', 'text/plain', { disposition: 'ATTACHMENT' });
  const named = leaf('2', 'text/html', { parameters: { name: 'page.html' } });
  const layout = layoutOf(multi('mixed', attached, named, leaf('3', 'text/plain')));
  assert.deepEqual([layout.text?.part, layout.html, layout.attachments], ['3', null, 2]);
});

test('a mail without any text has attachments only', () => {
  const layout = layoutOf(leaf('1', 'application/zip', { parameters: { name: 'all.zip' } }));
  assert.deepEqual([layout.text, layout.html, layout.attachments], [null, null, 1]);
});

test('a mail within a mail is one part, whatever is in it', () => {
  const inner = leaf('2', 'message/rfc822', { childNodes: [leaf('2.1', 'text/plain')] });
  const layout = layoutOf(multi('mixed', leaf('1', 'text/plain'), inner));
  assert.deepEqual(
    layout.parts.map((p) => p.part),
    ['2'],
  );
});

test('nothing is shown of what has no parts, and a mail of one section is section 1', () => {
  const empty = { text: null, html: null, parts: [], attachments: 0 };
  assert.deepEqual(layoutOf(undefined), empty);
  assert.deepEqual(layoutOf({ type: 'multipart/mixed' }), empty);
  assert.equal(layoutOf({ type: 'text/plain' }).text?.part, '1');
});

test('nesting is followed to a depth, and parts are listed to a number', () => {
  const nest = (depth: number): Structure =>
    depth === 0 ? leaf('1', 'text/plain') : multi('mixed', nest(depth - 1));
  assert.equal(layoutOf(nest(20)).text?.part, '1');
  assert.equal(layoutOf(nest(21)).text, null);
  assert.equal(layoutOf(nest(5000)).text, null);
  const many = Array.from({ length: 5000 }, (_, i) => leaf(String(i + 1), 'image/png'));
  assert.equal(layoutOf(multi('mixed', ...many)).parts.length, 1000);
});

test('quoted-printable: soft breaks are joined, blanks at the end go, what is no escape stays', () => {
  const bytes = Buffer.from('caf=C3=A9 is =  \r\nopen =3D yes\t \r\n50=% =zz =c3=a9\r\nend=', 'latin1');
  assert.equal(decodeQuotedPrintable(bytes).toString(), 'café is open = yes\n50=% =zz é\nend');
});

test('base64 is read through line breaks, junk and missing padding', () => {
  assert.equal(decode('SGVs\r\nbG8s\r\n *d29y\0-bGQ', { encoding: 'base64' }), 'Hello,world');
});

test('a text that was cut ends with its last whole character', () => {
  const utf8 = { charset: 'utf-8' };
  assert.equal(decode([0x68, 0x69, 0xe2, 0x82], utf8, true), 'hi');
  assert.equal(decode([0x68, 0x69, 0xe2, 0x82], {}, true), 'hi');
  assert.equal(decode([0x68, 0x69, 0xe2, 0x82], utf8, false), 'hi\uFFFD');
  for (const end of ['=', '=C', '=C3', '=C3=', '=C3=A', '=\r'])
    assert.equal(decode(`caf=C3=A9${end}`, { ...utf8, encoding: 'quoted-printable' }, true), 'café', end);
  for (const end of ['', 'w', 'w6'])
    assert.equal(decode(`Y2Fmw6k${end}`, { ...utf8, encoding: 'base64' }, true).slice(0, 4), 'café');
});

for (const [charset, bytes, text] of [
  ['iso-8859-1', [0x67, 0xfc, 0x6e], 'gün'],
  ['ISO-8859-15', [0xa4], '€'],
  ['windows-1252', [0x80, 0x93, 0xe9, 0x94], '€“é”'],
  ['iso-8859-1', [0x93, 0x94], '“”'],
  [' UTF-8 ', [0xef, 0xbb, 0xbf, 0xc3, 0xa9], 'é'],
  ['iso-2022-jp', [0x1b, 0x24, 0x42, 0x24, 0x33, 0x24, 0x73, 0x1b, 0x28, 0x42, 0x21], 'こん!'],
  ['koi8-r', [0xd0, 0xd2, 0xc9], 'при'],
  ['gb2312', [0xc4, 0xe3, 0xba, 0xc3], '你好'],
  ['utf-7', [0x61, 0xe9], 'aé'],
  ['x-made-up; nothing', [0x61, 0x80], 'a€'],
  ['', [0xc3, 0xa9], 'é'],
  ['us-ascii', [0xc3, 0xa9], 'é'],
  ['', [0x63, 0xe9, 0x80], 'cé€'],
  ['us-ascii', [0x63, 0xe9], 'cé'],
] as [string, number[], string][])
  test(`bytes ${Buffer.from(bytes).toString('hex')} stated as "${charset}" read ${text}`, () => {
    assert.equal(decode(bytes, { charset }), text);
    assert.equal(decode(bytes, { charset }), text, 'and again by the same decoder');
  });

test('lines end with LF, and NUL is left out', () => {
  assert.equal(decode('a\r\nb\rc\nd\0e', {}), 'a\nb\nc\nde');
});

test('format=flowed: soft breaks are joined, each depth of quoting for itself', () => {
  const lines = [
    'The reading room ',
    'is open.',
    '>Is it open ',
    '> on Sunday?',
    '>> ever? ',
    'No.',
    '  two',
    '',
  ];
  const joined = ['The reading room is open.', '> Is it open on Sunday?', '>> ever? ', 'No.', ' two', ''];
  assert.equal(unflow(lines.join('\n'), false), joined.join('\n'));
});

test('format=flowed: DelSp takes the blank before the break away', () => {
  assert.equal(unflow('Straßen \nbahn\n> ab \n> c', true), 'Straßenbahn\n> abc');
});

test('format=flowed: the line before a signature stays a line of its own', () => {
  assert.equal(unflow('Regards \n-- \nThe library', false), 'Regards \n-- \nThe library');
  assert.equal(unflow('> Regards \n> -- \n> The library', true), '> Regards\n> -- \n> The library');
});

test('a section says by its own parameters whether it is flowed', () => {
  const parameters = { charset: 'UTF-8', format: 'Flowed', delsp: 'YES' };
  const { text } = layoutOf(leaf('1', 'text/plain', { parameters, encoding: 'QUOTED-PRINTABLE' }));
  assert.ok(text);
  assert.equal(decodeText(Buffer.from('caf=C3=A9=20\r\nbar'), text, false), 'cafébar');
});

/** Sizes to a whole body of 256 KiB, far beyond what quadratic time would end in. */
const LONG = 2 << 20;
for (const [name, bytes, change] of [
  ['bytes that are no text, and one that is', `${'\xff'.repeat(LONG)}a`, { charset: 'utf-8' }],
  ['equals signs', '='.repeat(LONG), { encoding: 'quoted-printable' }],
  ['blanks before a line end', `${' '.repeat(LONG)}x\n`, { encoding: 'quoted-printable' }],
  ['base64 that is only padding', '='.repeat(LONG), { encoding: 'base64' }],
  ['quote marks', '>'.repeat(LONG), { flowed: true }],
  ['soft breaks', 'a \n'.repeat(LONG / 3), { flowed: true }],
  ['carriage returns', '\r'.repeat(LONG), {}],
] as [string, string, Partial<TextSection>][])
  test(`two megabytes of ${name} are decoded to the end`, () => {
    assert.equal(typeof decode(bytes, change, true), 'string');
  });

const word = fc.constantFrom(
  '',
  'text/plain',
  'TEXT/HTML',
  'multipart/mixed',
  'multipart/related',
  'image/png',
  '/',
  'é',
);
const anything = fc.option(fc.string(), { nil: undefined });
const tree = fc.letrec<{ node: Structure }>((tie) => ({
  node: fc.record(
    {
      type: fc.oneof(word, fc.string()),
      part: anything,
      parameters: fc.dictionary(fc.constantFrom('charset', 'name', 'format', 'delsp'), fc.string()),
      id: anything,
      encoding: anything,
      size: fc.oneof(fc.integer(), fc.constant(Number.NaN)),
      disposition: anything,
      dispositionParameters: fc.dictionary(fc.constantFrom('filename', 'size'), fc.string()),
      childNodes: fc.option(fc.array(tie('node'), { maxLength: 4 }), { nil: undefined, depthSize: 'small' }),
    },
    { requiredKeys: ['type'] },
  ),
})).node;

test('no tree a server may send is too much for the layout', () => {
  fc.assert(
    fc.property(tree, (root) => {
      const { parts, attachments } = layoutOf(root);
      assert.ok(attachments <= parts.length);
    }),
    { verbose: 1 },
  );
});

test('no bytes, encoding and charset are too much for the decoder', () => {
  const sections = fc.record({
    encoding: fc.constantFrom('', '7bit', 'base64', 'quoted-printable', 'x-uuencode'),
    charset: fc.oneof(
      fc.constantFrom(
        '',
        'utf-8',
        'utf-16le',
        'iso-2022-jp',
        'gb18030',
        'big5',
        'replacement',
        'x-user-defined',
      ),
      fc.string(),
    ),
    flowed: fc.boolean(),
    delSp: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), sections, fc.boolean(), (bytes, change, cut) => {
      const text = decodeText(Buffer.from(bytes), section(change), cut);
      assert.ok(!/[\r\0]/.test(text));
      assert.ok(text.isWellFormed());
    }),
    { verbose: 1, numRuns: 500 },
  );
});
