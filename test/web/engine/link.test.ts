/** The socket's life, on a clock the test turns: when it tries again, and when it stops believing. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { PROTOCOL, type Up } from '../../../shared/protocol.ts';
import type { LinkState } from '../../../web/engine/engine.ts';
import { Link, TIMES } from '../../../web/engine/link.ts';

/** A socket whose other end is the test. */
class Wire extends EventTarget {
  static all: Wire[] = [];
  readyState = 0;
  readonly sent: Up[] = [];
  constructor() {
    super();
    Wire.all.push(this);
  }
  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }
  say(frame: object | string): void {
    const data = typeof frame === 'string' ? frame : JSON.stringify(frame);
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
  end(code: number): void {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event('close'), { code }));
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Up);
  }
  close(): void {
    this.readyState = 2;
  }
}

interface Rig {
  link: Link;
  states: LinkState[];
  errors: Error[];
  refused: () => number;
  tick: (ms: number) => void;
  /** The latest socket. */
  wire: () => Wire;
  /** Opens the latest socket and is welcomed. */
  live: () => Promise<void>;
}

function rig(t: test.TestContext, random = 0.5): Rig {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  Wire.all = [];
  const states: LinkState[] = [];
  const errors: Error[] = [];
  let refused = 0;
  const link = new Link({
    address: 'ws://bridge.example/ws',
    WebSocket: Wire as unknown as new (url: string) => WebSocket,
    now: Date.now,
    random: () => random,
    hello: () => ({ t: 'hello', protocol: PROTOCOL, build: 'test', visible: true, cursors: [] }),
    opened: () => {},
    frame: (frame) => Promise.resolve(frame.t === 'reset' ? 'gap' : 'fine'),
    closed: () => {},
    refused: () => (refused += 1),
    state: (state) => states.push(state),
    failed: (error) => errors.push(error),
  });
  t.after(() => link.close());
  const wire = (): Wire => Wire.all.at(-1) ?? assert.fail('no socket');
  const live = async (): Promise<void> => {
    wire().open();
    wire().say({ t: 'welcome', protocol: PROTOCOL });
    await new Promise(setImmediate);
    assert.equal(link.state.is, 'live');
  };
  return { link, states, errors, refused: () => refused, tick: (ms) => t.mock.timers.tick(ms), wire, live };
}

test('the first frame up is hello, and the link is live when it is welcomed', async (t) => {
  const { link, states, wire, live } = rig(t);
  link.start();
  assert.equal(link.send({ t: 'ping' }), false);
  await live();
  assert.equal(wire().sent[0]?.t, 'hello');
  assert.deepEqual(
    states.map((state) => state.is),
    ['connecting', 'live'],
  );
});

for (const code of [1001, 1006, 1012]) {
  test(`a socket lost with ${code} is replaced at once, and the next one after a pause`, async (t) => {
    const { link, live, wire, tick } = rig(t);
    link.start();
    await live();
    wire().end(code);
    assert.equal(Wire.all.length, 2);
    assert.equal(link.state.is, 'connecting');
    wire().end(code);
    assert.equal(link.state.is, 'offline');
    tick(TIMES.backOffLeast);
    assert.equal(Wire.all.length, 2);
    tick(TIMES.backOffMost);
    assert.equal(Wire.all.length, 3);
  });
}

test('the pause grows to a minute, keeps its beginning, and is forgotten after a minute of health', async (t) => {
  const { link, live, wire, tick } = rig(t, 0.999_999);
  link.start();
  const waits: number[] = [];
  let since: number | undefined;
  for (let round = 0; round < 8; round += 1) {
    wire().end(4429);
    assert.ok(link.state.is === 'offline' && link.state.retryAt !== null);
    since ??= link.state.since;
    assert.equal(link.state.since, since);
    waits.push(Math.round((link.state.retryAt - Date.now()) / 1000));
    tick(TIMES.backOffMost);
  }
  assert.deepEqual(waits, [2, 4, 8, 16, 32, 60, 60, 60]);
  await live();
  tick(TIMES.healthy);
  wire().end(1006);
  assert.equal(link.state.is, 'connecting', 'at once again');
});

test('the pause is never below a second', (t) => {
  const { link, wire } = rig(t, 0);
  link.start();
  wire().end(4400);
  assert.ok(link.state.is === 'offline' && link.state.retryAt === Date.now() + 1000);
});

for (const [code, is] of [
  [4401, 'signed-out'],
  [4426, 'outdated'],
  [4403, 'offline'],
] as const) {
  test(`after ${code} the link is ${is} and does not try again`, async (t) => {
    const { link, live, wire, tick } = rig(t);
    link.start();
    await live();
    wire().end(code);
    assert.equal(link.state.is, is);
    tick(10 * TIMES.backOffMost);
    link.kick();
    assert.equal(Wire.all.length, 1);
    assert.ok(link.state.is !== 'offline' || link.state.retryAt === null);
  });
}

test('a welcome in another protocol is the end of this app', async (t) => {
  const { link, wire } = rig(t);
  link.start();
  wire().open();
  wire().say({ t: 'welcome', protocol: PROTOCOL + 1 });
  await new Promise(setImmediate);
  assert.equal(link.state.is, 'outdated');
});

test('kick skips the pause', (t) => {
  const { link, wire } = rig(t);
  link.start();
  wire().end(4429);
  link.kick();
  assert.equal(Wire.all.length, 2);
  assert.equal(link.state.is, 'connecting');
});

test('kick leaves a young try alone and gives up an old one', (t) => {
  const { link, tick } = rig(t);
  link.start();
  link.kick();
  assert.equal(Wire.all.length, 1);
  tick(TIMES.staleTry + 1);
  link.kick();
  assert.equal(Wire.all.length, 2);
});

test('kick on a live socket pings, and any frame proves it alive', async (t) => {
  const { link, live, wire, tick } = rig(t);
  link.start();
  await live();
  link.kick();
  assert.equal(wire().sent.at(-1)?.t, 'ping');
  tick(TIMES.pong - 1);
  wire().say({ t: 'status' });
  tick(TIMES.pong);
  assert.equal(Wire.all.length, 1);
});

test('a socket that stays silent after a ping is dropped for a new one', async (t) => {
  const { link, live, wire, tick } = rig(t);
  link.start();
  await live();
  link.kick();
  const dead = wire();
  tick(TIMES.pong);
  assert.equal(Wire.all.length, 2);
  dead.say({ t: 'pong' });
  dead.end(1000);
  assert.equal(Wire.all.length, 2, 'what the old one says does not matter');
  assert.equal(link.state.is, 'connecting');
});

test('a call that gets no answer makes the link doubt its socket', async (t) => {
  const { link, live, wire, tick } = rig(t);
  link.start();
  await live();
  const call = { id: crypto.randomUUID(), account: 'a1', steps: [] };
  assert.ok(link.send({ t: 'call', call }));
  tick(TIMES.answer);
  assert.equal(wire().sent.at(-1)?.t, 'ping');
  tick(TIMES.pong);
  assert.equal(Wire.all.length, 2);
});

test('a try that hangs is given up, and the session is asked about', (t) => {
  const { link, tick, refused } = rig(t);
  link.start();
  tick(TIMES.connect);
  assert.equal(Wire.all.length, 2);
  assert.equal(refused(), 1);
});

test('a gap says hello on a new socket, and the frames of the old one are not handled', async (t) => {
  const { link, live, wire } = rig(t);
  link.start();
  await live();
  const old = wire();
  old.say({ t: 'reset' });
  old.say('not a frame');
  await new Promise(setImmediate);
  assert.equal(Wire.all.length, 2);
  assert.equal(link.state.is, 'connecting');
});

test('once closed it cannot be started again by somebody who still waits for the network', (t) => {
  const { link } = rig(t);
  link.close();
  link.start();
  assert.equal(Wire.all.length, 0);
});
