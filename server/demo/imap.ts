/**
 * A bare IMAP connection (RFC 3501): commands out, tagged answers in.
 *
 * Decision: the bridge's own IMAP code is the thing under test, so whoever fills a mailbox or asks a server what
 * it really holds must not go through it. This client knows no state and interprets nothing but literals, and it
 * pipelines: thousands of APPENDs cost one round trip.
 */
import { type Socket, connect } from 'node:net';

/** One response line; a literal in it is replaced by `{n}` and found in `literals` in order of appearance. */
export interface ImapLine {
  text: string;
  literals: Buffer[];
}

export interface ImapConnection {
  /** Sends one command without its tag; resolves to its untagged lines, rejects with the server's NO or BAD. */
  command: (line: string) => Promise<ImapLine[]>;
  /**
   * Appends messages in one pipeline, in order. `flags` as IMAP spells them, `date` becomes INTERNALDATE.
   * Needs LITERAL+ (RFC 7888).
   */
  append: (mailbox: string, messages: { raw: Buffer; flags?: string[]; date?: Date }[]) => Promise<void>;
  close: () => void;
}

interface Waiting {
  lines: ImapLine[];
  resolve: (lines: ImapLine[]) => void;
  reject: (error: Error) => void;
}

/** Cuts the byte stream into lines, following literals. Returns a function that takes chunks. */
export function lineReader(onLine: (line: ImapLine) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let line: ImapLine = { text: '', literals: [] };
  let literal = -1;
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      if (literal >= 0) {
        if (rest.length < literal) return;
        line.literals.push(rest.subarray(0, literal));
        rest = rest.subarray(literal);
        literal = -1;
      }
      const end = rest.indexOf('\r\n');
      if (end < 0) return;
      line.text += rest.subarray(0, end).toString('utf8');
      rest = rest.subarray(end + 2);
      literal = Number(/\{(\d+)\}$/.exec(line.text)?.[1] ?? -1);
      if (literal >= 0) continue;
      onLine(line);
      line = { text: '', literals: [] };
    }
  };
}

/** A string as IMAP's quoted string (RFC 3501 §4.3); not for text with line ends or beyond ASCII. */
export function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** date-time of RFC 3501 §9, in UTC. */
export function internalDate(date: Date): string {
  const day = String(date.getUTCDate()).padStart(2, ' ');
  const time = date.toISOString().slice(11, 19);
  return `"${day}-${MONTHS[date.getUTCMonth()]}-${date.getUTCFullYear()} ${time} +0000"`;
}

function connected(port: number, onChunk: (chunk: Buffer) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
    socket.on('data', onChunk);
  });
}

/** Connects to 127.0.0.1:`port` without TLS and signs in. */
export async function connectImap(port: number, user: string, password: string): Promise<ImapConnection> {
  const waiting = new Map<string, Waiting>();
  let tags = 0;
  const onLine = (line: ImapLine) => {
    const [tag = '', status = ''] = line.text.split(' ', 2);
    const [oldest] = waiting.values();
    const own = waiting.get(tag);
    waiting.delete(tag);
    if (own === undefined) oldest?.lines.push(line);
    else if (status === 'OK') own.resolve([...own.lines, line]);
    else own.reject(new Error(`IMAP: ${line.text}`));
  };
  const socket = await connected(port, lineReader(onLine));
  socket.once('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('IMAP: the server hung up'));
  });
  const send = (...pieces: (string | Buffer)[]) =>
    new Promise<ImapLine[]>((resolve, reject) => {
      const tag = `t${++tags}`;
      waiting.set(tag, { lines: [], resolve, reject });
      socket.cork();
      for (const piece of [`${tag} `, ...pieces, '\r\n']) socket.write(piece);
      socket.uncork();
    });
  await send(`LOGIN ${quoted(user)} ${quoted(password)}`);
  return {
    command: (line) => send(line),
    append: async (mailbox, messages) => {
      const answers = messages.map(({ raw, flags = [], date }) => {
        const when = date === undefined ? '' : ` ${internalDate(date)}`;
        return send(`APPEND ${quoted(mailbox)} (${flags.join(' ')})${when} {${raw.length}+}\r\n`, raw);
      });
      await Promise.all(answers);
    },
    close: () => socket.destroy(),
  };
}
