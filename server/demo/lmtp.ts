/**
 * Delivery of one mail by LMTP (RFC 2033), the way a mail server hands it to a mailbox.
 *
 * Decision: our own sixty lines and no library. Delivery must be a real delivery, so that IDLE, \Recent and
 * INTERNALDATE are what they are in life; the demo and the tests both use it.
 */
import { type Socket, connect } from 'node:net';
import { createInterface } from 'node:readline';

/** Reads replies; a reply ends with the first line whose fourth character is not a hyphen (RFC 5321 §4.2.1). */
async function* replies(socket: Socket): AsyncGenerator<string> {
  let reply = '';
  for await (const line of createInterface({ input: socket, crlfDelay: Infinity })) {
    reply += `${line}\n`;
    if (line[3] !== '-') {
      yield reply.trim();
      reply = '';
    }
  }
}

/** `raw` as DATA wants it: CRLF line ends, dots doubled, one dot at the end (RFC 5321 §4.5.2). */
function dotted(raw: Buffer | string): Buffer {
  const text = Buffer.from(raw)
    .toString('latin1')
    .replaceAll(/\r\n|\r|\n/g, '\r\n')
    .replaceAll(/^\./gm, '..');
  return Buffer.from(`${text}${text.endsWith('\r\n') ? '' : '\r\n'}.\r\n`, 'latin1');
}

/**
 * Delivers `raw` to `recipient` at 127.0.0.1:`port`. Resolves when the server has the mail (its 250), rejects with
 * the server's words when it says no.
 */
export async function deliver(
  port: number,
  recipient: string,
  raw: Buffer | string,
  sender = '',
): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    const from = replies(socket);
    const expect = async (code: string) => {
      const { value } = (await from.next()) as { value: string | undefined };
      if (value === undefined) throw new Error('LMTP: the server hung up');
      if (!value.startsWith(code)) throw new Error(`LMTP: ${value}`);
    };
    await expect('220');
    const steps: [string | Buffer, string][] = [
      ['LHLO localhost\r\n', '250'],
      [`MAIL FROM:<${sender}>\r\n`, '250'],
      [`RCPT TO:<${recipient}>\r\n`, '250'],
      ['DATA\r\n', '354'],
      [dotted(raw), '250'],
    ];
    for (const [line, code] of steps) {
      socket.write(line);
      await expect(code);
    }
    socket.write('QUIT\r\n');
  } finally {
    socket.end();
  }
}
