import assert from 'node:assert/strict';
import { test } from 'node:test';
import { print } from '../../shared/query-print.ts';
import { parse, type Field, type Query, type State, type Unit } from '../../shared/query.ts';

const text = (words: string): Query => ({ is: 'text', words });
const field = (name: Field, words: string): Query => ({ is: 'field', field: name, words });
const state = (name: State): Query => ({ is: 'state', state: name });
const within = (mailbox: string): Query => ({ is: 'in', mailbox });
const label = (name: string): Query => ({ is: 'label', label: name });
const date = (side: 'before' | 'after', day: string): Query => ({ is: 'date', side, day });
const size = (side: 'larger' | 'smaller', bytes: number): Query => ({ is: 'size', side, bytes });
const age = (side: 'older' | 'newer', count: number, unit: Unit): Query => ({ is: 'age', side, count, unit });
const has = (what: 'attachment' | 'image' | 'pdf'): Query => ({ is: 'has', what });
const and = (...of: Query[]): Query => ({ is: 'and', of });
const or = (...of: Query[]): Query => ({ is: 'or', of });
const not = (of: Query): Query => ({ is: 'not', of });
const all: Query = { is: 'all' };
const [a, b, c, d] = [text('a'), text('b'), text('c'), text('d')];

const CASES: [typed: string, means: Query][] = [
  ['', all],
  ['   ', all],
  ['hours', text('hours')],
  ['opening hours', and(text('opening'), text('hours'))],
  ['"opening hours"', text('opening hours')],
  ['"opening   \t hours "', text('opening hours')],
  ['“opening hours”', text('opening hours')],
  ['„Öffnungszeiten heute“', text('Öffnungszeiten heute')],
  ['"open end', text('open end')],
  ['""', all],
  ['"say \\"yes\\""', text('say "yes"')],
  ['"back\\\\slash"', text('back\\slash')],
  ['back\\slash', text('back\\slash')],
  ['"a"b', and(a, b)],
  ['a"b"', and(a, b)],
  ['from:desk', field('from', 'desk')],
  ['FROM:desk', field('from', 'desk')],
  ['from:desk@library.example', field('from', 'desk@library.example')],
  ['from:"Library desk"', field('from', 'Library desk')],
  ['from:“Library desk”', field('from', 'Library desk')],
  ['to:me', field('to', 'me')],
  ['cc:team', field('cc', 'team')],
  ['subject:invoice', field('subject', 'invoice')],
  ['subject:Zürich', field('subject', 'Zürich')],
  ['body:timetable', field('body', 'timetable')],
  ['filename:plan.pdf', field('filename', 'plan.pdf')],
  ['list:announce.example', field('list', 'announce.example')],
  ['in:Archive', within('archive')],
  ['in:anywhere', within('anywhere')],
  ['in:"Lists/Linux kernel"', within('lists/linux kernel')],
  ['label:Work', label('Work')],
  ['is:unread', state('unread')],
  ['is:read', state('read')],
  ['is:starred', state('starred')],
  ['is:answered', state('answered')],
  ['is:draft', state('draft')],
  ['IS:Unread', state('unread')],
  ['is:purple', text('is:purple')],
  ['has:attachment', has('attachment')],
  ['has:image', has('image')],
  ['has:pdf', has('pdf')],
  ['has:fun', text('has:fun')],
  ['larger:5M', size('larger', 5_242_880)],
  ['larger:1.5m', size('larger', 1_572_864)],
  ['larger:10kb', size('larger', 10_240)],
  ['smaller:900', size('smaller', 900)],
  ['smaller:1G', size('smaller', 1_073_741_824)],
  ['larger:900G', size('larger', 4_294_967_295)],
  ['larger:0', size('larger', 0)],
  ['larger:big', text('larger:big')],
  ['larger:-5', text('larger:-5')],
  ['before:2026-01-31', date('before', '2026-01-31')],
  ['after:2026/1/3', date('after', '2026-01-03')],
  ['after:2026-02', date('after', '2026-02-01')],
  ['before:2026', date('before', '2026-01-01')],
  ['before:2026-02-30', text('before:2026-02-30')],
  ['before:2024-02-29', date('before', '2024-02-29')],
  ['before:soon', text('before:soon')],
  ['before:0000-01-01', text('before:0000-01-01')],
  ['older_than:30d', age('older', 30, 'd')],
  ['newer_than:2W', age('newer', 2, 'w')],
  ['newer_than:6m', age('newer', 6, 'm')],
  ['older_than:1y', age('older', 1, 'y')],
  ['older_than:soon', text('older_than:soon')],
  ['colour:red', text('colour:red')],
  ['https://example.org/a', text('https://example.org/a')],
  ['10:30', text('10:30')],
  ['from:', all],
  ['from: desk', text('desk')],
  ['from:""', all],
  ['-from:', all],
  ['-spam', not(text('spam'))],
  ['-"not this"', not(text('not this'))],
  ['-from:desk', not(field('from', 'desk'))],
  ['-is:read a', and(not(state('read')), a)],
  ['-', text('-')],
  ['--a', text('--a')],
  ['a - b', and(a, text('-'), b)],
  ['e-mail', text('e-mail')],
  ['-(a b)', not(and(a, b))],
  ['-(-a)', a],
  ['-()', all],
  ['a OR b', or(a, b)],
  ['a OR b OR c', or(a, b, c)],
  ['a b OR c', and(a, or(b, c))],
  ['a OR b c', and(or(a, b), c)],
  ['a OR b c OR d', and(or(a, b), or(c, d))],
  ['a or b', and(a, text('or'), b)],
  ['ORB', text('ORB')],
  ['"OR"', text('OR')],
  ['OR a', a],
  ['a OR', a],
  ['a OR OR b', or(a, b)],
  ['a OR -b', or(a, not(b))],
  ['(a b) OR c', or(and(a, b), c)],
  ['(a OR b) c', and(or(a, b), c)],
  ['a OR (b OR c)', or(a, b, c)],
  ['a (b c)', and(a, b, c)],
  ['((a))', a],
  ['()', all],
  ['a () b', and(a, b)],
  ['(a', a],
  ['a) b', and(a, b)],
  ['(a OR b', or(a, b)],
  ['a(b)c', and(a, b, c)],
  ['from:(a OR b)', or(field('from', 'a'), field('from', 'b'))],
  ['subject:(a -b) c', and(field('subject', 'a'), not(field('subject', 'b')), c)],
  ['subject:(from:a b)', and(field('from', 'a'), field('subject', 'b'))],
  ['a\u0000b', and(a, b)],
  ['"a\r\nb"', text('a b')],
  ['\ud800', text('\ufffd')],
  ['会議 議事録', and(text('会議'), text('議事録'))],
  ['from:desk is:unread has:attachment', and(field('from', 'desk'), state('unread'), has('attachment'))],
];

for (const [typed, means] of CASES) {
  test(`“${JSON.stringify(typed).slice(1, -1)}” is read as it is meant`, () => {
    assert.deepEqual(parse(typed), means);
    assert.deepEqual(parse(print(means)), means);
  });
}

test('the operators of the tree are printed in their shortest form', () => {
  assert.equal(print(parse('( from:"desk" larger:5120K )  OR  -(a b)')), '(from:desk larger:5M) OR -(a b)');
  assert.equal(print(parse('subject:“a b” c OR (d)')), 'subject:"a b" c OR d');
});

/** Numbers in [0, 1), the same for the same seed (mulberry32's mixing of a counter). */
function numbers(seed: number): () => number {
  let at = seed;
  return () => {
    at = (at + 0x6d2b79f5) | 0;
    let mixed = Math.imul(at ^ (at >>> 15), 1 | at);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const PIECES =
  'a|b:|from:|to:|subject:|in:|is:unread|has:pdf|larger:|5M|before:|2026-01-31|older_than:3d|label:|list:|-|--|(|)| |  |OR|' +
  ' OR |"|“|”|„|\\|\\"|:|é|e\u0301|İ|ß|会|\u0000|\r\n|\t|\ud800|\udc00|😀|*|%|{3}|NIL|~|\u00a0|\u2028|\u0085';

test('whatever is typed parses, and what is printed parses to the same tree', () => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));
  const next = numbers(seed);
  const pieces = PIECES.split('|');
  for (let i = 0; i < 20_000; i++) {
    const typed = Array.from(
      { length: Math.floor(next() * 14) },
      () => pieces[Math.floor(next() * pieces.length)],
    ).join('');
    const tree = parse(typed);
    const printed = print(tree);
    assert.deepEqual(parse(printed), tree, `seed ${seed}: ${JSON.stringify(typed)} → ${printed}`);
    assert.equal(print(parse(printed)), printed, `seed ${seed}: ${JSON.stringify(typed)}`);
  }
});

test('a search nested beyond all reason parses', () => {
  for (const typed of ['('.repeat(50_000), '-('.repeat(50_000), 'from:('.repeat(20_000) + 'a'])
    assert.doesNotThrow(() => print(parse(typed)));
  assert.deepEqual(parse(`${'('.repeat(100)}a${')'.repeat(100)} b`), and(a, b));
});
