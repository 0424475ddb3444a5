/**
 * The calls of one account from acceptance to settlement.
 *
 * Decision: a call is on the disk before anything happens for it, and every call settles. Triage runs one after
 * another in the order accepted, in the worker's lane, and its effect and receipt land in one commit; trouble
 * with the line is not an outcome, the call waits and the person is told for what. A step that refers to one that
 * was not carried out is skipped; the others go on. Mail that is not where our rows say is looked for before that is
 * an outcome: another program may have moved it. A withdrawal acts at once and only on a call that has had no
 * effect.
 */
import { namedMessages, type Call, type Outcome, type Step } from '../shared/commands.ts';
import type { Down, Progress } from '../shared/protocol.ts';
import type { Viewer } from './doors.ts';
import { execute, type Triage } from './execute.ts';
import { ImapAuth, ImapDown } from './imap-answers.ts';
import type { ImapSession } from './imap.ts';
import { URGENT, type Lane } from './lane.ts';
import { describeError, type Log } from './log.ts';
import type { Mirror } from './mirror.ts';
import type { Outbox } from './outbox.ts';
import { digestOf } from './store/ledger.ts';
import type { LedgerChange, LedgerEntry, Writes } from './store/records.ts';
import type { Store } from './store/store.ts';
import type { Effect } from './verbs/bench.ts';
import { apart, withBegun, type Begun } from './verbs/begun.ts';

export interface CallsOptions {
  account: string;
  store: Store;
  lane: Lane;
  mirror: Mirror;
  outbox: Outbox;
  commit: (writes: Writes) => Promise<void>;
  tell: (frame: Down) => void;
  /** These mailboxes may differ from our rows: look again. */
  doubt: (mailboxes: number[]) => void;
  now: () => number;
  log: Log;
}

/** Milliseconds before another try after a fault that is not the line's. */
const FAULT_WAIT = 5_000;
/** Most rows of one kind in one commit, which is one frame to every device. */
const PORTION = 500;

export class Calls {
  readonly #options: CallsOptions;
  readonly #queue: LedgerEntry[] = [];
  /** What the step that is running settled on, by call. */
  readonly #begun = new Map<string, Begun>();
  #busy = false;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** Takes up what an earlier run of the bridge left open. */
  async start(): Promise<void> {
    for (const stored of await this.#options.store.openCalls(this.#options.account)) {
      const { outcomes, begun } = apart(stored.outcomes);
      if (begun) this.#begun.set(stored.id, begun);
      this.#enqueue({ ...stored, outcomes });
    }
  }

  /** Accepts a call durably and answers how it stands, to `viewer` alone if it came before. */
  async accept(viewer: Viewer | null, call: Call): Promise<void> {
    const { store, now } = this.#options;
    const step = call.steps[0]!;
    const holdUntil = step.verb === 'send' && step.hold > 0 ? now() + step.hold : 0;
    const { entry, fresh } = await store.accept(call, holdUntil);
    if (!fresh) return this.#answerAgain(viewer, entry, call);
    if (step.verb === 'withdraw') return this.#withdraw(entry, step.call);
    this.#progress(entry.id, entry.state === 'held' ? 'held' : 'accepted', '');
    this.#enqueue(entry);
  }

  /** The line stands again: what waited for it goes on. */
  pump(): void {
    void this.#run();
    this.#options.outbox.pump();
  }

  #enqueue(entry: LedgerEntry): void {
    const verb = entry.call.steps[0]!.verb;
    if (verb === 'send') return this.#options.outbox.take(entry);
    if (verb === 'withdraw') {
      void this.#withdraw(entry, (entry.call.steps[0] as { call: string }).call);
      return;
    }
    this.#queue.push(entry);
    void this.#run();
  }

  #answerAgain(viewer: Viewer | null, entry: LedgerEntry, call: Call): void {
    const { account } = this.#options;
    if (entry.digest !== digestOf(call)) {
      const text = 'Another request came under the same id.';
      const outcomes: Outcome[] = call.steps.map(() => ({ as: 'refused', code: 'conflict', text }));
      viewer?.send({ t: 'receipt', account, settled: [{ id: call.id, outcomes }] });
    } else if (entry.state === 'settled') {
      viewer?.send({ t: 'receipt', account, settled: [{ id: entry.id, outcomes: entry.outcomes }] });
    } else {
      const state =
        entry.state === 'held'
          ? 'held'
          : entry.note
            ? 'waiting'
            : entry.attempts > 0
              ? 'running'
              : 'accepted';
      viewer?.send({ t: 'progress', account, id: entry.id, state, text: entry.note });
    }
  }

  #progress(id: string, state: Progress['state'], text: string): void {
    this.#options.tell({ t: 'progress', account: this.#options.account, id, state, text });
  }

  async #withdraw(entry: LedgerEntry, target: string): Promise<void> {
    const known = await this.#options.store.callById(this.#options.account, target);
    const untouched = known?.attempts === 0 && known.outcomes.length === 0;
    const free = known && untouched && (known.state === 'held' || known.state === 'accepted');
    const changes: LedgerChange[] = [];
    if (free && (this.#unqueue(target) || this.#options.outbox.release(target))) {
      const outcome: Outcome = { as: 'refused', code: 'withdrawn', text: 'Taken back.' };
      changes.push(
        settledAs(
          known,
          known.call.steps.map(() => outcome),
        ),
      );
      changes.push(settledAs(entry, [{ as: 'done' }]));
    } else {
      const code = known ? 'late' : 'gone';
      const text = known ? 'It is too late to take this back.' : 'There is nothing to take back.';
      changes.push(settledAs(entry, [{ as: 'refused', code, text }]));
    }
    await this.#options.commit({ durable: true, ledger: changes });
  }

  /** Takes a waiting call out of the queue; false when it is being carried out. */
  #unqueue(id: string): boolean {
    const at = this.#queue.findIndex((entry) => entry.id === id);
    if (at === -1 || (at === 0 && this.#busy)) return false;
    this.#queue.splice(at, 1);
    return true;
  }

  async #run(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#queue.length > 0) {
        await this.#carryOut(this.#queue[0]!);
        this.#queue.shift();
      }
    } catch (error) {
      this.#wait(error);
    } finally {
      this.#busy = false;
    }
  }

  /** The first call of the queue could not be carried out now. What is no fault of the line is tried again too. */
  #wait(error: unknown): void {
    const entry = this.#queue[0];
    const auth = error instanceof ImapAuth;
    if (!auth && !(error instanceof ImapDown)) {
      this.#options.log.error(
        { account: this.#options.account, error: describeError(error) },
        'a call waits',
      );
      setTimeout(() => this.pump(), FAULT_WAIT).unref();
    }
    if (!entry) return;
    entry.note = auth ? 'The mail server refused the password.' : 'The mail server cannot be reached.';
    this.#progress(entry.id, 'waiting', entry.note);
  }

  async #carryOut(entry: LedgerEntry): Promise<void> {
    while (entry.outcomes.length < entry.call.steps.length) {
      const step = entry.call.steps[entry.outcomes.length] as Triage;
      await this.#options.lane.run(URGENT.command, (session) => this.#step(session, entry, step));
    }
  }

  /** One step in the lane: its effect and, with the last step, the receipt land before the next job runs. */
  async #step(session: ImapSession, entry: LedgerEntry, step: Triage): Promise<void> {
    const { account, store, mirror, commit, now } = this.#options;
    const again = entry.attempts > 0;
    entry.attempts += 1;
    entry.note = '';
    if (!HARMLESS.has(step.verb)) await this.#running(entry);
    const bench = () => ({
      ...{ account, store, session, again, begun: this.#begun.get(entry.id) ?? null, now: now() },
      relist: async () => this.#options.doubt(await mirror.list(session)),
      begin: (settled: Begun) => {
        this.#begun.set(entry.id, settled);
        return this.#running(entry);
      },
    });
    const before = { steps: entry.call.steps, outcomes: entry.outcomes };
    const carryOut = async (): Promise<Effect> => {
      const effect = await execute(bench(), step, before);
      const lost = effect.outcome.as === 'refused' && effect.outcome.code === 'gone';
      return lost && (await this.#foundAgain(session, before.steps, step))
        ? execute(bench(), step, before)
        : effect;
    };
    const { outcome, writes, doubt } = await carryOut().catch((error: unknown) => this.#failed(error));
    const { earlier, lasting } = portionsOf(writes);
    for (const portion of earlier) await commit(portion);
    this.#begun.delete(entry.id);
    entry.outcomes.push(outcome);
    entry.attempts = 0;
    const last = entry.outcomes.length === entry.call.steps.length;
    const ledger = last ? settledAs(entry, entry.outcomes) : changeOf(entry);
    await commit({ ...lasting, durable: true, ledger: [ledger] });
    if (doubt.length > 0) this.#options.doubt(doubt);
  }

  /** Looks anew at the mailboxes where the messages of a step should be. True when rows of some are left. */
  async #foundAgain(session: ImapSession, steps: readonly Step[], step: Triage): Promise<boolean> {
    const { account, store, mirror } = this.#options;
    const places = () => Promise.all(namedMessages(steps, step).map((id) => store.place(account, id)));
    for (const mailbox of new Set((await places()).flatMap((place) => place?.mailbox ?? [])))
      await mirror.refresh(session, mailbox);
    return (await places()).some((place) => place !== null);
  }

  /** On the disk: an effect may have begun, and what the step settled on. */
  #running(entry: LedgerEntry): Promise<void> {
    const outcomes = withBegun(entry.outcomes, this.#begun.get(entry.id) ?? null);
    const change: LedgerChange = { ...changeOf(entry), state: 'running', outcomes };
    return this.#options.commit({ durable: true, ledger: [change] });
  }

  /** What is neither the server's word nor the line is a fault of ours: it settles as refused, and is logged. */
  #failed(error: unknown): Effect {
    if (error instanceof ImapDown || error instanceof ImapAuth) throw error;
    this.#options.log.error({ account: this.#options.account, error: describeError(error) }, 'a call failed');
    const text = 'The bridge could not carry this out. Its log says more.';
    return { outcome: { as: 'refused', code: 'server', text }, writes: {}, doubt: [] };
  }
}

/** Verbs of which a second try is like the first, also after a restart. */
const HARMLESS: ReadonlySet<Triage['verb']> = new Set(['flag', 'markRead']);

/** The writes in portions a frame can hold; the last goes with the receipt, and with the mailboxes. */
function portionsOf(writes: Writes): { earlier: Writes[]; lasting: Writes } {
  const { messages = [], flags = [], places = [], drop = [], ...rest } = writes;
  const most = Math.max(messages.length, flags.length, places.length, drop.length);
  const portion = (from: number, to: number): Writes => ({
    messages: messages.slice(from, to),
    flags: flags.slice(from, to),
    places: places.slice(from, to),
    drop: drop.slice(from, to),
  });
  const earlier: Writes[] = [];
  let at = 0;
  for (; at + PORTION < most; at += PORTION) earlier.push(portion(at, at + PORTION));
  return { earlier, lasting: { ...portion(at, at + PORTION), ...rest } };
}

function changeOf(entry: LedgerEntry): LedgerChange {
  const { id, state, attempts, note, outcomes, copyPending } = entry;
  return { id, state, attempts, note, outcomes, copyPending };
}

/** The ledger change that ends a call. */
export function settledAs(entry: LedgerEntry, outcomes: Outcome[]): LedgerChange {
  return { ...changeOf(entry), state: 'settled', note: '', outcomes };
}
