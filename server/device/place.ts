/**
 * Where the device stands in each account, and the file that keeps it.
 *
 * Decision: the same rule as the app's: a frame of facts is taken only if it continues the cursor. The file is
 * replaced in one rename after each frame, so a killed device goes on from a place it has really seen.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Cursor, type Down, parseUp, PROTOCOL } from '../../shared/protocol.ts';
import { UsageError } from './options.ts';

export class Place {
  readonly #cursors = new Map<string, Cursor>();
  readonly #file: string | null;

  /** Continues from the file if it is there. Throws UsageError when it holds no cursors. */
  constructor(file: string | null) {
    this.#file = file;
    if (file === null || !existsSync(file)) return;
    for (const cursor of read(file)) this.#cursors.set(cursor.account, cursor);
  }

  list(): Cursor[] {
    return [...this.#cursors.values()];
  }

  /** True when every row of the account has come. */
  whole(account: string): boolean {
    return this.#cursors.get(account)?.fill === null;
  }

  /** Moves on by one frame; false when it does not continue what was seen (a gap). */
  take(frame: Down): boolean {
    if (frame.t === 'reset') this.#cursors.delete(frame.account);
    else if (frame.t === 'fill') {
      const cursor = this.#cursors.get(frame.account);
      if (cursor) this.#cursors.set(frame.account, { ...cursor, fill: frame.next });
    } else if (frame.t === 'changes') {
      const { account, epoch, from, to } = frame;
      const cursor = this.#cursors.get(account);
      if (cursor ? from > cursor.rev : frame.fill === null && from > 0) return false;
      const fill = cursor ? cursor.fill : frame.fill;
      this.#cursors.set(account, { account, epoch, rev: Math.max(to, cursor?.rev ?? 0), fill });
    } else return true;
    this.#keep();
    return true;
  }

  #keep(): void {
    if (this.#file === null) return;
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.list()), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}

function read(file: string): Cursor[] {
  try {
    const cursors: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const hello = { t: 'hello', protocol: PROTOCOL, build: 'device', visible: false, cursors };
    const frame = parseUp(JSON.stringify(hello));
    return frame.t === 'hello' ? frame.cursors : [];
  } catch (error) {
    throw new UsageError('--cursor names a file that holds no cursors.', { cause: error });
  }
}
