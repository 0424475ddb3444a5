/**
 * The device for the command line: a client of the tunnel without a screen, for operators and scripts.
 *
 * Decision: it asks for nothing a page could not ask for. Frames go to stdout, one a line; everything else goes to
 * stderr. Caught up means: every row has come and two pings in a row came back with no fact before them.
 */
import type { Settled } from '../../shared/commands.ts';
import { type Down, parseUp, type Up } from '../../shared/protocol.ts';
import { lineOf } from './line.ts';
import { follow, NotLetIn, signIn } from './link.ts';
import { type Options, readOptions, readPassword, UsageError } from './options.ts';
import { Place } from './place.ts';

const QUIET = 2;

class Device {
  readonly #options: Options;
  readonly #place: Place;
  readonly #over = new AbortController();
  readonly #callId = crypto.randomUUID();
  #accounts: string[] = [];
  #quiet = 0;
  /** 0: done; 1: the call was refused, or its end is not known. */
  exit = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#place = new Place(options.cursorFile);
    if (options.steps) this.#callTo('', options.steps);
  }

  async run(cookie: string): Promise<void> {
    const note = (text: string) => void process.stderr.write(`${text}\n`);
    const { url } = this.#options;
    const frame = (down: Down, send: (up: Up) => void) => this.#frame(down, send);
    await follow({ url, cookie, cursors: () => this.#place.list(), frame, note }, this.#over.signal);
  }

  stop(): void {
    this.#over.abort();
  }

  #frame(frame: Down, send: (up: Up) => void): boolean {
    const { json, steps, once } = this.#options;
    if (frame.t !== 'pong') process.stdout.write(`${json ? JSON.stringify(frame) : lineOf(frame)}\n`);
    if (!this.#place.take(frame)) return false;
    if (frame.t === 'welcome') {
      this.#accounts = frame.accounts.map(({ id }) => id);
      this.#quiet = 0;
      if (steps) send(this.#call(steps));
      else if (once) send({ t: 'ping' });
    }
    if (frame.t === 'changes' || frame.t === 'receipt') this.#settled(frame.settled);
    if (steps || !once) return true;
    if (frame.t !== 'pong') this.#quiet = 0;
    else if (this.#accounts.every((id) => this.#place.whole(id)) && ++this.#quiet > QUIET) this.stop();
    else send({ t: 'ping' });
    return true;
  }

  #call(steps: unknown[]): Up {
    const [account, ...more] = this.#accounts;
    if (account === undefined || more.length > 0) throw new UsageError('--call needs exactly one account.');
    return this.#callTo(account, steps);
  }

  /** Throws UsageError when the steps are not of the protocol. The id stays: a second try has no second effect. */
  #callTo(account: string, steps: unknown[]): Up {
    const frame = { t: 'call', call: { id: this.#callId, account, steps } };
    try {
      return parseUp(JSON.stringify(frame));
    } catch (error) {
      const why = error instanceof Error ? error.message : 'not understood';
      throw new UsageError(`--call: ${why}.`, { cause: error });
    }
  }

  #settled(settled: Settled[]): void {
    const mine = settled.find(({ id }) => id === this.#callId);
    if (!mine) return;
    this.exit = mine.outcomes.every(({ as }) => as === 'done') ? 0 : 1;
    if (!this.#options.json)
      process.stdout.write(`settled ${mine.id} ${mine.outcomes.map(({ as }) => as).join(' ')}\n`);
    this.stop();
  }
}

async function main(): Promise<number> {
  try {
    const options = readOptions(process.argv.slice(2));
    const device = new Device(options);
    process.once('SIGINT', () => device.stop());
    process.once('SIGTERM', () => device.stop());
    const password = await readPassword(options.passwordFile);
    await device.run(await signIn(options.url, options.user, password));
    return device.exit;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof NotLetIn)) throw error;
    process.stderr.write(`${error.message}\n`);
    return error instanceof UsageError ? 2 : 3;
  }
}

process.exitCode = await main();
