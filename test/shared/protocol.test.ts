import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import type { Outgoing, Step } from '../../shared/commands.ts';
import { LIMITS, parseDown, parseUp, PROTOCOL } from '../../shared/protocol.ts';
import { withoutComments } from '../support/sources.ts';

const PINNED = { protocol: 2, hash: 'b653063bcd4b70377710a2403687109738b7a369990683e80aff1b1cffbe73b0' };

const ID = '11111111-1111-4111-8111-111111111111';
const desk = { name: 'Library', address: 'desk@library.example' };
const mail: Outgoing = {
  messageId: '<1@example.org>',
  date: 1_790_000_000_000,
  from: desk,
  to: [desk],
  cc: [],
  bcc: [],
  subject: 'Opening hours',
  text: 'Open.\n',
  inReplyTo: null,
  references: [],
  answers: null,
};
const cursor = { account: 'a', epoch: 'e', rev: 0, fill: null };
const call = (...steps: object[]) => ({ t: 'call', call: { id: ID, account: 'a', steps } });
const send = (change: object) => call({ verb: 'send', mail: { ...mail, ...change }, hold: 0 });
const archive = (messages: unknown) => call({ verb: 'archive', messages });
const archive1 = { verb: 'archive', messages: [1] };
/** A call whose second step refers to `first`. */
const after = (first: object) => call(first, { verb: 'trash', messages: { step: 0 } });
const create = (name: string) => call({ verb: 'createMailbox', parent: null, name });
const flag = (add: unknown) => call({ verb: 'flag', messages: [1], add, remove: [] });
const hello = (change: object = {}) => ({
  ...{ t: 'hello', protocol: PROTOCOL, build: 'b', visible: true, cursors: [cursor] },
  ...change,
});
const search = (change: object = {}) => ({
  ...{ t: 'search', account: 'a', id: 3, query: 'from:library', mailbox: null, limit: 50, after: null },
  ...change,
});
const want = (messages: unknown) => ({ t: 'want', account: 'a', messages, ahead: false });

const GOOD: object[] = [
  hello(),
  hello({ cursors: [{ ...cursor, fill: 'i:1:2' }] }),
  want([1]),
  { t: 'refresh', account: 'a', mailbox: null },
  { t: 'refresh', account: 'a', mailbox: 5 },
  { t: 'visible', now: false },
  search(),
  search({ mailbox: 5, limit: 200, after: '1790000000000.7' }),
  { t: 'cancel', account: 'a', id: 3 },
  { t: 'ping' },
  archive([1, 2]),
  flag(['\\Seen', '$Forwarded', 'NonJunk', 'a.b-c_1']),
  call({ verb: 'move', messages: [1], to: 2 }, { verb: 'trash', messages: [3] }),
  archive({ query: 'older_than:30d', mailbox: 5 }),
  call(
    { verb: 'createMailbox', parent: null, name: 'Years' },
    { verb: 'createMailbox', parent: { step: 0 }, name: '2026 – "Lists"' },
    { verb: 'copy', messages: { query: 'in:lists', mailbox: null }, to: { step: 1 } },
    { verb: 'flag', messages: { step: 2 }, add: ['\\Seen'], remove: [] },
    { verb: 'delete', messages: [3] },
    { verb: 'junk', messages: [4] },
    { verb: 'notjunk', messages: { step: 5 } },
    { verb: 'markRead', mailbox: 5 },
    { verb: 'renameMailbox', mailbox: 5, parent: null, name: 'Old' },
    { verb: 'move', messages: [6], to: { step: 8 } },
    { verb: 'deleteMailbox', mailbox: 7 },
  ),
  call({ verb: 'withdraw', call: ID }),
  send({}),
  send({ inReplyTo: '<2@example.org>', references: ['<1@example.org>', '<2@example.org>'], answers: 7 }),
  send({ to: [{ name: 'Städtische Bücherei, "Süd"', address: 'süd@bücherei.example' }] }),
];

const accepts = (frame: unknown) => parseUp(JSON.stringify(frame));
const refusal = (text: string): string => {
  try {
    parseUp(text);
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message;
  }
  return assert.fail(`accepted: ${text.slice(0, 200)}`);
};

test('the wire is what it was: its sources, without comments and blanks, have the pinned hash', () => {
  const sources = ['protocol', 'commands', 'mail'].map((name) =>
    withoutComments(readFileSync(new URL(`../../shared/${name}.ts`, import.meta.url), 'utf8')),
  );
  const bare = sources
    .join('')
    .replaceAll(/\s+/g, '')
    .replaceAll(/,(?=[)\]}])/g, '');
  const hash = createHash('sha256').update(bare).digest('hex');
  assert.deepEqual(
    { protocol: PROTOCOL, hash },
    PINNED,
    'shared/ changed. If an old app and a new bridge would not understand each other, raise PROTOCOL and write ' +
      'a line in its history; then pin the new number and hash here.',
  );
});

test('every frame of the protocol is taken as it is', () => {
  for (const frame of GOOD) assert.deepEqual(accepts(frame), frame);
});

for (const [name, frame, reason] of [
  ['not JSON', '{"t":', 'not JSON'],
  ['null', 'null', 'frame: expected Object'],
  ['a number', '5', 'frame: expected Object'],
  ['a list', '[]', /^t: expected/],
  ['no type', {}, /^t: expected/],
  ['an unknown type', { t: 'SECRET' }, /^t: expected/],
  ['a frame of the other direction', { t: 'welcome' }, /^t: expected/],
  ['an unknown key', { t: 'ping', 'SECRET key': 1 }, 'unknown key: expected never'],
  ['a prototype', '{"t":"ping","__proto__":{"SECRET":1}}', 'unknown key: expected never'],
  ['an unknown key within', hello({ cursors: [{ ...cursor, SECRET: 1 }] }), 'unknown key: expected never'],
  ['a missing key', { t: 'visible' }, /^now: expected/],
  ['a text for a number', hello({ protocol: 'SECRET' }), 'protocol: expected number'],
  ['a rev below zero', hello({ cursors: [{ ...cursor, rev: -1 }] }), /^cursors\.0\.rev: expected >=0/],
  ['a rev that is no integer', hello({ cursors: [{ ...cursor, rev: 1.5 }] }), /^cursors\.0\.rev: expected/],
  [
    'an id that is no UUID',
    { t: 'call', call: { id: 'SECRET', account: 'a', steps: [] } },
    /^call\.id: expected uuid/,
  ],
  ['an unknown verb', call({ verb: 'SECRET' }), /^call\.steps\.0\.verb: expected/],
  ['no step', call(), /^call\.steps: expected >=1/],
  [
    'a send beside another step',
    call({ verb: 'withdraw', call: ID }, { verb: 'trash', messages: [1] }),
    /^call: expected/,
  ],
  ['a reference to the step itself', archive({ step: 0 }), /^call: expected/],
  [
    'a reference to a later step',
    call({ verb: 'trash', messages: { step: 1 } }, archive1),
    /^call: expected/,
  ],
  ['a reference to a step without messages', after({ verb: 'markRead', mailbox: 5 }), /^call: expected/],
  ['a reference to messages that were deleted', after({ verb: 'delete', messages: [1] }), /^call: expected/],
  [
    'a reference to a step that makes no mailbox',
    call(archive1, { verb: 'move', messages: [1], to: { step: 0 } }),
    /^call: expected/,
  ],
  ['half a step', archive({ step: 0.5 }), /^call\.steps\.0\.messages\.step: expected/],
  ['a reference with an unknown key', archive({ step: 0, SECRET: 1 }), /: expected/],
  ['a selection of text', archive('SECRET'), /^call\.steps\.0\.messages: expected/],
  [
    'a search without a mailbox',
    archive({ query: 'SECRET' }),
    /^call\.steps\.0\.messages\.mailbox: expected/,
  ],
  [
    'a search for nothing',
    archive({ query: ' ', mailbox: null }),
    /^call\.steps\.0\.messages\.query: expected/,
  ],
  [
    'a mailbox that is text',
    call({ verb: 'move', messages: [1], to: 'SECRET' }),
    /^call\.steps\.0\.to: expected/,
  ],
  ['a mailbox without a name', create(''), /^call\.steps\.0\.name: expected/],
  ['a mailbox name that ends the line', create('a\r\nA1 LOGOUT'), /^call\.steps\.0\.name: expected/],
  ['a mailbox name between blanks', create(' SECRET'), /^call\.steps\.0\.name: expected/],
  ['no message', archive([]), /^call\.steps\.0\.messages: expected >=1/],
  ['a message that is no number', archive(['SECRET']), 'call.steps.0.messages.0: expected number'],
  ['message zero', archive([0]), /^call\.steps\.0\.messages\.0: expected >=1/],
  ['a message beyond 2^53', archive([2 ** 53]), /^call\.steps\.0\.messages\.0: expected <=/],
  ['half a message', archive([1.5]), /^call\.steps\.0\.messages\.0: expected/],
  ['a flag with a blank', flag(['SECRET flag']), /^call\.steps\.0\.add\.0: expected/],
  ['a system flag the server keeps', flag(['\\Deleted']), /^call\.steps\.0\.add\.0: expected/],
  ['a flag that ends the line', flag(['a)\r\nA1 LOGOUT']), /^call\.steps\.0\.add\.0: expected/],
  ['a want of half a message', want([0.5]), /^messages\.0: expected/],
  [
    'an address without a host',
    send({ to: [{ name: '', address: 'SECRET' }] }),
    /^call\.steps\.0\.mail\.to\.0\.address/,
  ],
  ['a Message-ID without brackets', send({ messageId: 'SECRET' }), /^call\.steps\.0\.mail\.messageId/],
  ['a date no calendar has', send({ date: 1e300 }), /^call\.steps\.0\.mail\.date: expected <=/],
  ['a date that is none', send({ date: 'SECRET' }), /^call\.steps\.0\.mail\.date/],
] as [string, unknown, string | RegExp][])
  test(`${name} is refused, and the reason repeats nothing of it`, () => {
    const message = refusal(typeof frame === 'string' ? frame : JSON.stringify(frame));
    if (typeof reason === 'string') assert.equal(message, reason);
    else assert.match(message, reason);
    assert.doesNotMatch(message, /SECRET|[\r\n]/);
    assert.ok(message.length < 200, message);
  });

test('no header field can be ended early: CR, LF and NUL are refused in every one', () => {
  for (const bad of ['\r', '\n', '\0', '\r\nBcc: other@example.org']) {
    const address = `desk${bad}@library.example`;
    for (const change of [
      { subject: `Hours${bad}` },
      { from: { ...desk, name: `Lib${bad}rary` } },
      { messageId: `<1${bad}@example.org>` },
      { inReplyTo: `<1${bad}@example.org>` },
      { references: [`<1@example.org>${bad}`] },
      ...['to', 'cc', 'bcc'].flatMap((field) => [
        { [field]: [{ ...desk, name: bad }] },
        { [field]: [{ name: '', address }] },
      ]),
    ])
      refusal(JSON.stringify(send(change)));
  }
});

const many = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
const ids = (n: number) => many(n).map((i) => `<${i}@example.org>`);
for (const [name, limit, frame] of [
  ['messages of a step', 1000, (n) => archive(many(n))],
  ['steps of a call', 20, (n) => call(...many(n).map((id): Step => ({ verb: 'trash', messages: [id] })))],
  ['characters of a mailbox name', 200, (n) => create('x'.repeat(n))],
  ['characters of a selecting search', 500, (n) => archive({ query: 'x'.repeat(n), mailbox: null })],
  ['flags of a step', 20, (n) => flag(many(n).map((i) => `f${i}`))],
  ['characters of a flag', 64, (n) => flag(['x'.repeat(n)])],
  ['recipients of a field', 100, (n) => send({ cc: many(n).map(() => desk) })],
  ['characters of a name', 500, (n) => send({ from: { ...desk, name: 'é'.repeat(n) } })],
  ['characters of an address', 320, (n) => send({ to: [{ name: '', address: `${'x'.repeat(n - 2)}@y` }] })],
  ['characters of a subject', 2000, (n) => send({ subject: 'x'.repeat(n) })],
  ['characters of a text', 200_000, (n) => send({ text: 'x'.repeat(n) })],
  ['characters of a Message-ID', 998, (n) => send({ messageId: `<${'x'.repeat(n - 2)}>` })],
  ['references', 100, (n) => send({ references: ids(n) })],
  ['milliseconds of holding', 60_000, (n) => call({ verb: 'send', mail, hold: n })],
  ['bodies of a want', LIMITS.bodiesPerWant, (n) => want(many(n))],
  ['hits of a page', 200, (n) => search({ limit: n })],
  ['characters of a search', 500, (n) => search({ query: 'x'.repeat(n) })],
  ['cursors', 50, (n) => hello({ cursors: many(n).map(() => cursor) })],
  ['characters of a build', 100, (n) => hello({ build: 'x'.repeat(n) })],
  [
    'characters of an account',
    64,
    (n) => ({ t: 'call', call: { ...archive([1]).call, account: 'x'.repeat(n) } }),
  ],
] as [string, number, (n: number) => object][])
  test(`${limit} ${name} are taken, one more is refused`, () => {
    accepts(frame(limit));
    refusal(JSON.stringify(frame(limit + 1)));
  });

test('whatever is broken in a frame, the reason is short and repeats nothing', () => {
  const junk = fc.constantFrom<unknown>(
    'SECRET',
    -1,
    1e300,
    null,
    true,
    [],
    ['SECRET'],
    {},
    { SECRET: 'SECRET' },
  );
  const path = fc.array(fc.nat(8), { maxLength: 6 });
  /** Puts `value` where `at` leads, choosing among the keys there are. */
  const broken = (node: unknown, [step, ...rest]: number[], value: unknown): unknown => {
    if (step === undefined || typeof node !== 'object' || node === null) return value;
    const copy = structuredClone(node) as Record<string, unknown>;
    const keys = [...Object.keys(node), 'SECRET'];
    const key = keys[step % keys.length]!;
    copy[key] = key === 'SECRET' ? value : broken(copy[key], rest, value);
    return copy;
  };
  fc.assert(
    fc.property(fc.constantFrom(...GOOD), path, junk, (frame, at, value) => {
      try {
        accepts(broken(frame, at, value));
      } catch (error) {
        assert.ok(error instanceof Error);
        assert.doesNotMatch(error.message, /SECRET/);
        assert.ok(error.message.length < 200, error.message);
      }
    }),
    { verbose: 1, numRuns: 1000 },
  );
});

test('what comes from the bridge must at least be a frame', () => {
  assert.deepEqual(parseDown('{"t":"pong"}'), { t: 'pong' });
  for (const text of ['null', '5', '{}', '{"t":1}']) assert.throws(() => parseDown(text), /not a frame/);
  assert.throws(() => parseDown('{'), SyntaxError);
});
