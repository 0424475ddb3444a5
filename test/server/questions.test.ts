import assert from 'node:assert/strict';
import test from 'node:test';
import type { Viewer } from '../../server/doors.ts';
import type { Log } from '../../server/log.ts';
import { Questions } from '../../server/questions.ts';
import type { Search } from '../../server/search.ts';
import { type Down, type Found, LIMITS, type SearchAsk } from '../../shared/protocol.ts';
import { startMailServer } from '../support/dovecot.ts';
import { Device, Heart } from '../support/heart.ts';
import { startSmtpSink } from '../support/smtp.ts';

const question = (id: number, query = 'from:library'): SearchAsk => ({
  ...{ t: 'search', account: 'a', id, query, mailbox: null, limit: 50, after: null },
});

/** A search that answers when it is told to. */
class Slow implements Pick<Search, 'ask'> {
  readonly asked: { id: number; end: (error?: Error) => Promise<void> }[] = [];

  ask({ id }: SearchAsk, answer: (found: Found) => void, cancelled: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const frame = { t: 'found', account: 'a', id, next: null, left: 0, note: '' } as const;
    const end = (error?: Error) => {
      if (!cancelled()) answer({ ...frame, messages: [], error: error?.message ?? null });
      if (error) reject(error);
      else resolve();
      return promise.catch(() => undefined);
    };
    this.asked.push({ id, end });
    return promise;
  }
}

function bench() {
  const slow = new Slow();
  const logged: string[] = [];
  const told: Down[] = [];
  const log = { error: (_fields: object, text: string) => logged.push(text) } as unknown as Log;
  const viewer = { closed: false, send: (frame: Down) => told.push(frame) };
  const questions = new Questions('a', slow, log);
  return { slow, logged, told, viewer: viewer as unknown as Viewer & { closed: boolean }, questions };
}

test('a search that is taken back is not answered, and makes room for another', async () => {
  const { slow, told, viewer, questions } = bench();
  for (let id = 1; id <= LIMITS.searches; id += 1) questions.ask(viewer, question(id));
  questions.ask(viewer, question(9));
  assert.match((told[0] as Found).error ?? '', /still under way/);
  assert.equal(slow.asked.length, LIMITS.searches);
  questions.cancel(viewer, 1);
  questions.ask(viewer, question(10));
  assert.equal(slow.asked.at(-1)?.id, 10);
  await slow.asked[0]?.end();
  await slow.asked.at(-1)?.end();
  assert.deepEqual(
    told.slice(1).map((frame) => (frame as Found).id),
    [10],
  );
});

test('the same number again takes the place of the question before', async () => {
  const { slow, told, viewer, questions } = bench();
  questions.ask(viewer, question(1));
  questions.ask(viewer, question(1));
  await slow.asked[0]?.end();
  assert.equal(told.length, 0);
  await slow.asked[1]?.end();
  assert.equal(told.length, 1);
});

test('a fault of the bridge is answered once and told to the operator', async () => {
  const { slow, told, logged, viewer, questions } = bench();
  questions.ask(viewer, question(1));
  await slow.asked[0]?.end(new Error('broken'));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(told.length, 1);
  assert.deepEqual(logged, ['a search failed']);
});

test('a device asks the mail server through its account and hears what is there', async (t) => {
  const [mail, sink] = await Promise.all([startMailServer(t), startSmtpSink(t)]);
  const raw = (n: number, subject: string) =>
    `From: desk@library.example\r\nMessage-ID: <${n}@library.example>\r\nSubject: ${subject}\r\n\r\nHello\r\n`;
  await mail.deliver('alice', raw(1, 'Opening hours'));
  await mail.deliver('alice', raw(2, 'Two books'));
  const { heart } = await Heart.open(t, { imap: mail.imapPort, smtp: sink.port });
  const { account, device } = await heart.enter(mail.address('alice'), mail.password('alice'), new Device());
  await device.whole(2);
  account.search(device, { ...question(7, 'subject:hours'), account: account.id });
  const found = await device.until(() => device.frames.find((frame) => frame.t === 'found'));
  assert.equal(found.id, 7);
  assert.equal(found.error, null);
  assert.deepEqual(
    found.messages.map((row) => row.subject),
    ['Opening hours'],
  );
});
