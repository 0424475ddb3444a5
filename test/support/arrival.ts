/**
 * A fence for mail on its way: resolves when the server itself has announced it.
 *
 * Decision: an IDLE connection of our own (RFC 2177) instead of polling or sleeping.
 */
import { connect } from 'node:net';
import { lineReader, quoted } from '../../server/demo/imap.ts';
import { type Ending, after } from './after.ts';

/** Watches a user's INBOX from now on; the function it gives resolves when `n` more mails have come since. */
export async function arrival(t: Ending, port: number, user: string, password: string) {
  const idling = Promise.withResolvers<void>();
  const waiting: { n: number; resolve: () => void }[] = [];
  let [exists, before] = [0, 0];
  const socket = connect(port, '127.0.0.1');
  after(t, () => socket.destroy());
  socket.once('error', idling.reject);
  socket.on(
    'data',
    lineReader(({ text }) => {
      if (text.startsWith('a OK')) socket.write('b SELECT INBOX\r\n');
      if (text.startsWith('b OK')) socket.write('c IDLE\r\n');
      if (text.startsWith('+')) {
        before = exists;
        idling.resolve();
      }
      exists = Number(/^\* (\d+) EXISTS/.exec(text)?.[1] ?? exists);
      for (const { n, resolve } of waiting) if (exists - before >= n) resolve();
    }),
  );
  socket.write(`a LOGIN ${quoted(user)} ${quoted(password)}\r\n`);
  await idling.promise;
  return (n: number) =>
    new Promise<void>((resolve) => {
      if (exists - before >= n) resolve();
      else waiting.push({ n, resolve });
    });
}
