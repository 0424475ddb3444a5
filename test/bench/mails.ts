/**
 * As many small mails as are asked for, each different, the same for the same seed.
 *
 * Decision: who writes, to whom, about what and in which words is taken from real mails, for their lengths and
 * their repetitions decide what a row costs on the wire. Only how these go together is drawn by the generator.
 * About a third belongs to a thread. Everything is ASCII: what other alphabets do is measured on the real mails.
 */
import { corpus } from '../support/corpus.ts';

const SOURCES = 1500;

/** What mails are made of: header values and lines of text found in real ones. */
interface Stock {
  from: string[];
  to: string[];
  subject: string[];
  lines: string[];
}

/** A generator of numbers from 0 to below 1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function stockOf(mails: Buffer[]): Stock {
  const stock: Stock = { from: [], to: [], subject: [], lines: [] };
  for (const mail of mails) {
    const [head = '', ...body] = mail.toString('latin1').split('\r\n\r\n');
    const unfolded = head.replaceAll(/\r\n[ \t]+/g, ' ');
    for (const name of ['from', 'to', 'subject'] as const) {
      const value = new RegExp(`^${name}: *([\\x20-\\x7e]{3,120})$`, 'im').exec(unfolded)?.[1];
      if (value !== undefined) stock[name].push(value);
    }
    const lines = body.join('\r\n').split('\r\n');
    stock.lines.push(
      ...lines.filter((line) => /^[A-Za-z][\x20-\x3b\x3f-\x7e]{30,76}$/.test(line)).slice(0, 20),
    );
  }
  return stock;
}

let known: Stock | null = null;

/** An endless row of mails, oldest first, for `seed`. A mail has about 1 KB. */
export function* mails(seed: number): Generator<Buffer, never> {
  known ??= stockOf(corpus(SOURCES));
  const stock = known;
  const random = seeded(seed);
  const pick = (from: string[]) => from[Math.floor(random() * from.length)] ?? '';
  const recent: { id: string; subject: string }[] = [];
  for (let at = 0; ; at++) {
    const id = `<${seed}.${at}.${Math.floor(random() * 1e9).toString(36)}@bench.example>`;
    const before = random() < 0.33 ? recent[Math.floor(random() * recent.length)] : undefined;
    const subject = before?.subject ?? pick(stock.subject);
    const head = [
      `From: ${pick(stock.from)}`,
      `To: ${pick(stock.to)}`,
      `Subject: ${before ? `Re: ${subject}` : subject}`,
      `Date: ${new Date(Date.UTC(2026, 0, 1) + at * 60_000).toUTCString().replace('GMT', '+0000')}`,
      `Message-ID: ${id}`,
      ...(before ? [`In-Reply-To: ${before.id}`, `References: ${before.id}`] : []),
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=us-ascii',
    ];
    const text = Array.from({ length: 4 + Math.floor(random() * 16) }, () => pick(stock.lines));
    recent.push({ id, subject });
    if (recent.length > 40) recent.shift();
    yield Buffer.from([...head, '', ...text, ''].join('\r\n'), 'latin1');
  }
}

/** The next `n` of a row of mails. */
export function take(n: number, from: Generator<Buffer, never>): Buffer[] {
  return Array.from({ length: n }, () => from.next().value);
}
