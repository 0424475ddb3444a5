import assert from 'node:assert/strict';
import test from 'node:test';
import type { Message } from '../../shared/mail.ts';
import { matches } from '../../shared/query-match.ts';
import { print } from '../../shared/query-print.ts';
import { parse } from '../../shared/query.ts';
import { corpus } from '../support/corpus.ts';
import { room } from './search-room.ts';

/** Words of plain letters: what a header or a text holds in the same spelling whatever its encoding. */
const plain = (text: string) =>
  text.split(/[^\p{L}\p{N}&;=<>]+/u).filter((word) => /^[A-Za-z]{4,12}$/.test(word));

function questions(row: Message, pick: (n: number) => number): string[] {
  const one = (words: string[]) => words[pick(words.length)];
  const out = [
    ['subject:', one(plain(row.subject))],
    ['', one(plain(row.subject))],
    ['', one(plain(row.preview))],
    ['from:', row.from[0]?.address.split('@')[0]],
    ['to:', row.to[0]?.address],
  ].flatMap(([operator, words]) => (words && /^[\w.@-]+$/.test(words) ? [`${operator}${words}`] : []));
  const [a = 'a', b = 'b'] = [one(out), one(out)];
  return [...out, `${a} OR ${b}`, `${a} -${b}`, `${a} has:attachment`, `${a} is:unread larger:3K`, `-${a}`];
}

test('what the device finds in its rows, the server finds too, over real mail', async (t) => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));
  let state = seed;
  const pick = (n: number) => (
    (state = (state * 1_103_515_245 + 12_345) % 2 ** 31),
    Math.floor((state / 2 ** 31) * n)
  );
  const mails = corpus(120).map((raw, i) => ({
    raw,
    flags: i % 3 ? ['\\Seen'] : [],
    date: new Date(1.7e12 + i * 6e4),
  }));
  const { found } = await room(t, { INBOX: mails });
  const rows = (await found('')).messages;
  assert.equal(rows.length, 120);
  const context = { now: Date.now(), midnight: null, mailbox: () => undefined, text: null };
  let agreed = 0;
  for (let i = 0; i < 12; i++) {
    for (const typed of questions(rows[pick(rows.length)]!, pick)) {
      const query = parse(typed);
      const there = new Set((await found(print(query))).messages.map((m) => m.id));
      const here = rows.filter((row) => matches(query, row, context) === 'yes');
      for (const row of here) assert.ok(there.has(row.id), `seed ${seed}: ${typed} → ${row.subject}`);
      agreed += here.length;
    }
  }
  assert.ok(agreed > 50, `seed ${seed}: only ${agreed} found`);
});
