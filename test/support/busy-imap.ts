/**
 * An IMAP server that takes nobody, scripted: it is full, and says so as servers do.
 *
 * Decision: Dovecot can be full of one person only; others refuse at the door or after the password, each in words of
 * its own. It also counts who knocks.
 */
import { createServer } from 'node:net';
import { freePort } from '../../server/demo/ports.ts';
import { type Ending, after } from './after.ts';

/** `greeting`: the whole greeting line, null for a friendly one. `login`: what follows the tag of LOGIN. */
export async function startBusyImap(t: Ending, says: { greeting: string | null; login: string }) {
  const port = await freePort();
  const knocks = { count: 0 };
  const server = createServer((socket) => {
    knocks.count += 1;
    socket.on('error', () => {}); // A client that leaves is not this server's concern.
    if (says.greeting !== null) {
      socket.end(`${says.greeting}\r\n`);
      return;
    }
    socket.write('* OK [CAPABILITY IMAP4rev1] ready\r\n');
    socket.on('data', (chunk) => {
      for (const line of chunk.toString('latin1').split('\r\n').filter(Boolean)) {
        const [tag = '*', verb = ''] = line.split(' ');
        socket.write(verb.toUpperCase() === 'LOGIN' ? `${tag} ${says.login}\r\n` : `${tag} OK done\r\n`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  after(t, () => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port, knocks };
}
