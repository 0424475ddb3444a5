/**
 * A heart made of memory, for tests of the edge: it lets in whom it knows and writes down what it was asked.
 *
 * Decision: no mail server, no queue; only what the routes can see through the doors. Everything that happens can
 * be awaited, so a test never sleeps.
 */
import { Readable } from 'node:stream';
import type { Call } from '../../shared/commands.ts';
import type { AccountInfo, Cursor, SearchAsk } from '../../shared/protocol.ts';
import {
  type AccountDoor,
  type AccountsDoor,
  type PartStream,
  SignInRefused,
  type Viewer,
} from '../../server/doors.ts';
import type { People } from '../../server/store/people.ts';

export const PASSWORD = 'correct horse';

export class FakeAccount implements AccountDoor {
  readonly id: string;
  readonly address: string;
  readonly log: string[] = [];
  viewers = new Set<Viewer>();
  cursor: Cursor | null = null;
  /** Replaced by tests that want attaching or calling to take its time. */
  attaching: () => Promise<void> = async () => undefined;
  calling: (call: Call) => Promise<void> = async () => undefined;
  #told: (() => void)[] = [];

  constructor(id: string, address: string) {
    this.id = id;
    this.address = address;
  }

  info(): AccountInfo {
    const status = { state: 'ok', text: '', retryAt: null, mirrored: 0, of: 0 } as const;
    return { id: this.id, address: this.address, status };
  }

  async attach(viewer: Viewer, cursor: Cursor | null): Promise<void> {
    this.#note('attaching');
    await this.attaching();
    this.viewers.add(viewer);
    this.cursor = cursor;
    this.#note('attached');
  }

  detach(viewer: Viewer): void {
    this.viewers.delete(viewer);
    this.#note('detached');
  }

  async call(viewer: Viewer | null, call: Call): Promise<void> {
    this.#note(`call ${call.id}`);
    await this.calling(call);
    viewer?.send({ t: 'progress', account: this.id, id: call.id, state: 'accepted', text: '' });
  }

  want(viewer: Viewer, messages: number[]): void {
    this.#note(`want ${messages.join()}`);
    for (const message of messages)
      viewer.send({ t: 'body', account: this.id, message, body: null, error: 'none here' });
  }

  search(viewer: Viewer, { id, query }: SearchAsk): void {
    this.#note(`search ${id} ${query}`);
    const nothing = { messages: [], next: null, left: 0, note: '', error: null };
    viewer.send({ t: 'found', account: this.id, id, ...nothing });
  }

  cancel(_viewer: Viewer, id: number): void {
    this.#note(`cancel ${id}`);
  }

  refresh(mailbox: number | null): void {
    this.#note(`refresh ${mailbox}`);
  }

  async part(message: number, part: string): Promise<PartStream | null> {
    this.#note(`part ${message} ${part}`);
    if (message === 500) throw new Error(`IMAP says ${PASSWORD}`);
    if (message !== 7) return null;
    return { type: 'text/html', name: 'plan.html', size: 5, stream: Readable.from([Buffer.from('<b>hi')]) };
  }

  /** Resolves when the log holds `entry` at least `times` times. */
  async saw(entry: string, times = 1): Promise<void> {
    while (this.log.filter((each) => each === entry).length < times)
      await new Promise<void>((resolve) => this.#told.push(resolve));
  }

  #note(entry: string): void {
    this.log.push(entry);
    for (const resolve of this.#told.splice(0)) resolve();
  }
}

/** Two offices, each with an account of its own; both have the same password. */
export class FakeAccounts implements AccountsDoor {
  readonly library = new FakeAccount('acc-library', 'library@example.org');
  readonly timetable = new FakeAccount('acc-timetable', 'timetable@example.org');
  readonly asked: string[] = [];
  fails: Error | null = null;
  readonly #people: People;
  readonly #persons = new Map<string, FakeAccount>();

  constructor(people: People) {
    this.#people = people;
  }

  async signIn(who: { email: string; password: string } | { demo: true }): Promise<{ person: string }> {
    const email = 'demo' in who ? this.library.address : who.email;
    this.asked.push(email);
    if (this.fails) throw this.fails;
    const account = [this.library, this.timetable].find((each) => each.address === email);
    if (!account || ('password' in who && who.password !== PASSWORD))
      throw new SignInRefused('auth', 'NO [AUTHENTICATIONFAILED]');
    const seal = () => new Uint8Array([1]);
    const { person } = await this.#people.admit({ server: 'mail', login: email, address: email, seal });
    this.#persons.set(person, account);
    return { person };
  }

  async of(person: string): Promise<AccountDoor[]> {
    const account = this.#persons.get(person);
    return account ? [account] : [];
  }

  async close(): Promise<void> {
    this.asked.push('close');
  }
}
