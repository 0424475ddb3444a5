/**
 * A storm: random facts, taps, cut sockets, frames twice or not at all, killed tabs, lost stores, two tabs on one
 * database and a second device beside them. When it is over the devices hold exactly what the bridge holds, and no
 * send has been told to two ledgers.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import {
  array,
  assert as holds,
  asyncProperty,
  constant,
  constantFrom,
  nat,
  oneof,
  record,
} from 'fast-check';
import type { Message } from '../../../shared/mail.ts';
import { openDatabase } from '../../../web/engine/db.ts';
import { Bridge } from './bridge.ts';
import { ACCOUNT } from './door.ts';
import { openDevice, until, type Device } from './device.ts';
import { draft } from './rows.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
/** Milliseconds after which a device that does not come to rest is taken to be stuck. */
const PATIENCE = 10_000;
const RUNS = Number(process.env['RUNS'] ?? 30);

const pick = nat({ max: 50 });
const tab = nat({ max: 2 });
const event = oneof(
  record({ on: constantFrom('new', 'change', 'move', 'expunge'), pick }),
  record({ on: constantFrom('cut', 'twice', 'once', 'deaf', 'hold', 'finish'), pick }),
  record({ on: constantFrom('archive', 'flag', 'undo', 'send', 'withdraw', 'kill'), tab, pick }),
  { arbitrary: record({ on: constantFrom('wait', 'wait', 'wait long'), pick }), weight: 2 },
  { arbitrary: record({ on: constant('lose'), pick }), weight: 1 },
);
type Event = { on: string; pick: number; tab?: number };

class Storm {
  readonly t: test.TestContext;
  readonly bridge: Bridge;
  readonly devices: Device[] = [];
  readonly databases: string[];
  readonly sends = new Set<string>();
  readonly takenBack = new Set<string>();
  readonly errors: Error[] = [];
  newest = 0;

  constructor(t: test.TestContext, bridge: Bridge) {
    this.t = t;
    this.bridge = bridge;
    const shared = randomUUID();
    this.databases = [shared, shared, randomUUID()];
  }

  async open(at: number): Promise<void> {
    const database = this.databases[at] ?? '';
    const onError = (error: Error): void => void this.errors.push(error);
    const device = await openDevice(this.t, this.bridge, { database, onError });
    device.engine.listen(() => {
      if (device.engine.link.is === 'offline' && device.engine.link.retryAt !== null) device.engine.kick();
    });
    this.devices[at] = device;
  }

  row(which: number): number | undefined {
    const ids = [...this.bridge.messages.keys()];
    return ids[which % Math.max(1, ids.length)];
  }

  fact({ on, pick: which }: Event): void {
    const id = this.row(which);
    if (on === 'new') this.bridge.put((this.newest += 1));
    else if (id === undefined) return;
    else if (on === 'change') this.bridge.put(id, { flags: which % 2 === 0 ? [] : ['\\Seen'] });
    else if (on === 'move') this.bridge.put(id, { mailbox: 1 + (which % 3) });
    else this.bridge.expunge(id);
  }

  wire({ on, pick: which }: Event): void {
    const { bridge } = this;
    if (on === 'cut') bridge.cut();
    else if (on === 'twice' || on === 'once') bridge.twice = on === 'twice';
    else if (on === 'hold') bridge.verdict = () => null;
    else if (on === 'finish') this.finish();
    else if (on === 'lose') {
      bridge.lose();
      bridge.cut();
    } else {
      bridge.silent = true;
      this.fact({ on: 'change', pick: which });
      bridge.silent = false;
    }
  }

  finish(): void {
    this.bridge.verdict = (call) => call.steps.map(() => ({ as: 'done' }));
    for (const [id, entry] of this.bridge.ledger) if (entry.outcomes === null) this.bridge.finish(id);
  }

  async tap({ on, pick: which, tab: at = 0 }: Event): Promise<void> {
    const device = this.devices[at];
    if (device === undefined) return;
    const { engine } = device;
    const rows = [...(engine.accounts.get(ACCOUNT)?.messages.keys() ?? [])];
    const messages = rows.slice(which % 5, (which % 5) + 2);
    const pending = engine.pending[which % Math.max(1, engine.pending.length)];
    if (on === 'kill') {
      engine.close();
      await this.open(at);
    } else if (!engine.accounts.has(ACCOUNT)) return;
    else if (on === 'send') this.sends.add(await engine.sendDraft(draft(randomUUID()), 0));
    else if (on === 'withdraw' || on === 'undo') {
      if (pending === undefined) return;
      this.takenBack.add(pending.call.id);
      await engine[on](pending.call.id);
    } else if (on === 'archive' && messages.length > 0)
      await engine.act(ACCOUNT, [{ verb: 'archive', messages }]);
    else if (on === 'flag' && messages.length > 0) {
      await engine.act(ACCOUNT, [{ verb: 'flag', messages, add: ['\\Flagged'], remove: [] }]);
    }
  }

  async happen(one: Event): Promise<void> {
    if (['new', 'change', 'move', 'expunge'].includes(one.on)) this.fact(one);
    else if (one.tab !== undefined) await this.tap(one);
    else if (one.on.startsWith('wait')) {
      for (let turns = one.on === 'wait' ? 3 : 60; turns > 0; turns -= 1) await new Promise(setImmediate);
    } else this.wire(one);
  }

  /** The sky clears: every device comes to hold what the bridge holds. */
  async settle(): Promise<void> {
    this.bridge.twice = false;
    this.finish();
    this.bridge.cut();
    let stuck: (error: Error) => void = () => {};
    const never = new Promise<never>((_, reject) => (stuck = reject));
    const timer = setTimeout(() => stuck(new Error(this.describe())), PATIENCE);
    while (!this.devices.every((device) => this.calm(device))) {
      for (const device of this.devices)
        await Promise.race([never, until(device.engine, () => this.calm(device))]);
    }
    clearTimeout(timer);
  }

  describe(): string {
    const { rev, epoch } = this.bridge;
    const each = this.devices.map(({ engine }) => {
      const { version, filling, messages, epoch } = engine.accounts.get(ACCOUNT) ?? {};
      const pending = engine.pending.map((one) => [one.state, one.call.steps[0]?.verb, one.text]);
      return { link: engine.link, version, filling, epoch, rows: messages?.size, pending };
    });
    return JSON.stringify({ bridge: { rev, epoch, rows: this.bridge.messages.size }, each }, null, 1);
  }

  calm({ engine }: Device): boolean {
    const mirror = engine.accounts.get(ACCOUNT);
    if (mirror === undefined || mirror.epoch !== this.bridge.epoch || mirror.filling !== null) return false;
    if (engine.pending.some((one) => one.state !== 'unsure')) return false;
    const counted = [...mirror.mailboxes.values()].every((box) => box.total === countIn(this.bridge, box.id));
    return counted && sameRows(mirror.messages, this.bridge.messages);
  }
}

function sameRows<T extends { rev: number }>(a: ReadonlyMap<number, T>, b: ReadonlyMap<number, T>): boolean {
  return a.size === b.size && [...b].every(([id, row]) => a.get(id)?.rev === row.rev);
}

async function weather(t: test.TestContext, events: Event[]): Promise<void> {
  const bridge = await Bridge.start(t);
  const storm = new Storm(t, bridge);
  for (let id = 0; id < 8; id += 1) bridge.put((storm.newest += 1));
  for (const at of storm.databases.keys()) await storm.open(at);
  for (const one of events) await storm.happen(one);
  await storm.settle();
  for (const { engine } of storm.devices) {
    const mirror = engine.accounts.get(ACCOUNT);
    assert.deepEqual(new Map(mirror?.messages), bridge.messages);
  }
  for (const id of storm.sends) {
    const told = bridge.accepted.filter((one) => one === id).length;
    assert.ok(told <= 1, 'a send told to two ledgers');
    const asked = storm.devices.some(({ engine }) => engine.pending.some((one) => one.call.id === id));
    assert.ok(told === 1 || asked || storm.takenBack.has(id), 'a send that was lost');
  }
  for (const entry of bridge.ledger.values()) assert.equal(entry.effects, 1);
  const told = storm.errors.map((error) => error.message);
  assert.deepEqual(told, []);
  for (const { engine } of storm.devices) engine.close();
  bridge.stop();
  for (const database of new Set(storm.databases)) assert.deepEqual(await stored(database), bridge.messages);
}

/** The rows as the next start would find them. */
async function stored(name: string): Promise<Map<number, Message>> {
  const db = await openDatabase(name, { lost: () => {}, blocked: () => {} });
  const rows = await db.getAll('messages');
  db.close();
  return new Map(rows.map((row) => [row.id, row]));
}

function countIn(bridge: Bridge, mailbox: number): number {
  return [...bridge.messages.values()].filter((row) => row.mailbox === mailbox).length;
}

test('after any storm the devices hold what the bridge holds, and nothing was sent twice', async (t) => {
  t.diagnostic(`seed ${SEED}, ${RUNS} runs`);
  const property = asyncProperty(array(event, { minLength: 5, maxLength: 40 }), (events) =>
    weather(t, events),
  );
  await holds(property, {
    seed: SEED,
    numRuns: RUNS,
    endOnFailure: true,
    interruptAfterTimeLimit: 60_000,
  });
});
