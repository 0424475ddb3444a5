import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matches, midnightAt, type SearchContext, type SearchRow } from '../../shared/query-match.ts';
import { parse } from '../../shared/query.ts';

const boxes = new Map([
  [1, { name: 'INBOX', delimiter: '/', role: 'inbox' as const }],
  [2, { name: 'Lists/Linux', delimiter: '/', role: null }],
  [3, { name: 'Spam', delimiter: '/', role: 'junk' as const }],
]);
const context: SearchContext = {
  now: Date.parse('2026-03-01T12:00:00Z'),
  midnight: midnightAt(60),
  mailbox: (id) => boxes.get(id),
  text: null,
};
const row: SearchRow = {
  mailbox: 2,
  flags: ['$Work', '\\Flagged', '\\Seen'],
  // Half past midnight on 31 January one hour east of UTC.
  date: Date.parse('2026-01-30T23:30:00Z'),
  size: 5000,
  from: [{ name: 'Library desk', address: 'desk@library.example' }],
  to: [{ name: '', address: 'readers@example.org' }],
  cc: [{ name: 'Archive', address: 'archive@example.org' }],
  subject: 'Öffnungszeiten im Winter',
  preview: 'We are closed on Monday.',
  attachments: 1,
};

function judge(typed: string, change: Partial<SearchRow> = {}, known: Partial<SearchContext> = {}) {
  return matches(parse(typed), { ...row, ...change }, { ...context, ...known });
}

const YES = [
  'winter',
  'ÖFFNUNGSZEITEN',
  'O\u0308ffnungs',
  '"im winter"',
  'closed',
  'from:library',
  'from:"Library desk <desk@"',
  'to:readers',
  'cc:ARCHIVE',
  'subject:zeiten',
  'body:closed',
  'in:linux',
  'in:lists/linux',
  'in:anywhere',
  'label:$work',
  'label:linux',
  'is:read',
  'is:starred',
  '-is:unread',
  'has:attachment',
  'larger:4999',
  'smaller:5K',
  'after:2026-01-31',
  'before:2026-02-01',
  '-before:2026-01-31',
  'older_than:4w',
  'newer_than:30d',
  'winter OR summer',
  '-(summer winter is:unread)',
];
const NO = [
  'from:readers',
  'subject:offnungszeiten',
  'subject:summer',
  'in:inbox',
  'in:list',
  'label:work',
  'is:unread',
  'is:answered',
  'is:draft',
  'larger:5000',
  'smaller:5000',
  'before:2026-01-31',
  'after:2026-02-01',
  'newer_than:4w',
  'older_than:30d',
  '-winter',
  'summer is:unread',
];
const UNSURE = [
  'summer',
  'body:summer',
  '-summer',
  'filename:plan',
  'has:pdf',
  'has:image',
  'list:announce',
  'winter summer',
  'from:readers OR summer',
];

for (const typed of YES)
  test(`a row that shows it answers “${typed}”`, () => assert.equal(judge(typed), 'yes'));
for (const typed of NO)
  test(`a row that shows it does not answer “${typed}”`, () => assert.equal(judge(typed), 'no'));
for (const typed of UNSURE)
  test(`a row alone cannot tell “${typed}”`, () => assert.equal(judge(typed), 'unsure'));

test('the text of the whole message settles what the preview left open', () => {
  assert.equal(judge('body:summer', {}, { text: 'Open again in summer.' }), 'yes');
  assert.equal(judge('summer', {}, { text: 'Open again in\nsummer.' }), 'yes');
  assert.equal(judge('"in summer"', {}, { text: 'Open again in\nsummer.' }), 'yes');
  assert.equal(judge('-autumn', {}, { text: 'Open again in summer.' }), 'yes');
});

test('without attachments nothing is named or of a kind', () => {
  for (const typed of ['has:attachment', 'has:pdf', 'has:image', 'filename:a'])
    assert.equal(judge(typed, { attachments: 0 }), 'no');
});

test('roles have other names, and a mailbox that is not known is no mailbox', () => {
  assert.equal(judge('in:spam', { mailbox: 3 }), 'yes');
  assert.equal(judge('in:junk', { mailbox: 3 }), 'yes');
  assert.equal(judge('in:inbox', { mailbox: 1 }), 'yes');
  assert.equal(judge('in:inbox', { mailbox: 99 }), 'unsure');
});

test('without a time zone a date is certain only where it is so all over the world', () => {
  const at = (date: string, typed: string) => judge(typed, { date: Date.parse(date) }, { midnight: null });
  assert.equal(at('2026-01-30T09:59:00Z', 'before:2026-01-31'), 'yes');
  assert.equal(at('2026-01-30T10:00:00Z', 'before:2026-01-31'), 'unsure');
  assert.equal(at('2026-01-31T11:59:00Z', 'after:2026-01-31'), 'unsure');
  assert.equal(at('2026-01-31T12:00:00Z', 'after:2026-01-31'), 'yes');
  assert.equal(at('2026-01-31T12:00:00Z', 'before:2026-01-31'), 'no');
});
