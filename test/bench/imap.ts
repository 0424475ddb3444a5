/**
 * An IMAP connection that is only bytes: what a raw IMAP client pays, to be compared with.
 *
 * Decision: nothing is parsed and nothing is simulated. What is counted is what passed the socket in both
 * directions from the command to its tagged answer. Filling goes by MULTIAPPEND (RFC 3502), some hundred messages
 * a command, because a transaction for each would take minutes for a large mailbox.
 */
import { type Socket, connect } from 'node:net';
import { internalDate, lineReader, quoted, type ImapLine } from '../../server/demo/imap.ts';
import { after, type Ending } from '../support/after.ts';

export interface Answer {
  lines: ImapLine[];
  /** Bytes of TCP payload. */
  up: number;
  down: number;
  ms: number;
}

export interface Filling {
  raw: Buffer;
  flags: string[];
  date: Date;
}

const BATCH = 300;

export class RawImap {
  readonly #socket: Socket;
  #tags = 0;
  #down = 0;
  #lines: ImapLine[] = [];
  #told: (() => void)[] = [];
  #broken: Error | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const read = lineReader((line) => this.#lines.push(line));
    socket.on('data', (chunk: Buffer) => {
      this.#down += chunk.length;
      read(chunk);
      this.#tell();
    });
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(new Error('IMAP: the server hung up')));
  }

  /** Connects to 127.0.0.1:`port` and signs in, for the length of `t`. */
  static async open(t: Ending, port: number, user: string, password: string): Promise<RawImap> {
    const imap = new RawImap(connect(port, '127.0.0.1'));
    after(t, () => imap.close());
    await imap.line((text) => text.startsWith('* OK'));
    await imap.command(`LOGIN ${quoted(user)} ${quoted(password)}`);
    return imap;
  }

  #tell(): void {
    for (const resolve of this.#told.splice(0)) resolve();
  }

  #end(error: Error): void {
    this.#broken ??= error;
    this.#tell();
  }

  /** Resolves with the first line not yet asked for that `which` accepts, and forgets all before it. */
  async line(which: (text: string) => boolean): Promise<string> {
    return (await this.#until(which)).at(-1)?.text ?? '';
  }

  async #until(which: (text: string) => boolean): Promise<ImapLine[]> {
    for (let seen = 0; ;) {
      for (; seen < this.#lines.length; seen++)
        if (which(this.#lines[seen]?.text ?? '')) return this.#lines.splice(0, seen + 1);
      if (this.#broken) throw this.#broken;
      await new Promise<void>((resolve) => this.#told.push(resolve));
    }
  }

  /** Sends without a tag, as the DONE of IDLE is. */
  say(text: string): void {
    this.#socket.write(`${text}\r\n`);
  }

  /** Sends one command, or several in one flight, and resolves after the last tagged answer. Rejects at NO and BAD. */
  async command(...commands: (string | (string | Buffer)[])[]): Promise<Answer> {
    const [began, before] = [performance.now(), this.#down];
    let up = 0;
    let tag = '';
    this.#socket.cork();
    for (const command of commands) {
      tag = `b${++this.#tags}`;
      for (const piece of [`${tag} `, ...[command].flat(), '\r\n']) {
        up += piece.length;
        this.#socket.write(piece);
      }
    }
    this.#socket.uncork();
    const bad = /^b\d+ (?:NO|BAD)/;
    const lines = await this.#until((text) => text.startsWith(`${tag} `) || bad.test(text));
    const last = lines.at(-1)?.text ?? '';
    if (bad.test(last)) throw new Error(`IMAP: ${last}`);
    return { lines, up, down: this.#down - before, ms: performance.now() - began };
  }

  /** Appends many messages, in order. */
  async fill(mailbox: string, mails: Iterable<Filling>): Promise<void> {
    let batch: (string | Buffer)[] = [];
    let inIt = 0;
    const flush = async () => {
      if (inIt > 0) await this.command([`APPEND ${quoted(mailbox)}`, ...batch]);
      [batch, inIt] = [[], 0];
    };
    for (const { raw, flags, date } of mails) {
      batch.push(` (${flags.join(' ')}) ${internalDate(date)} {${raw.length}+}\r\n`, raw);
      if (++inIt === BATCH) await flush();
    }
    await flush();
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** The number in the first answer that matches, for instance `/UIDNEXT (\d+)/`. Throws when there is none. */
export function numberIn({ lines }: Answer, pattern: RegExp): string {
  const found = lines.map(({ text }) => pattern.exec(text)?.[1]).find((text) => text !== undefined);
  if (found === undefined) throw new Error(`IMAP: no answer like ${String(pattern)}`);
  return found;
}
