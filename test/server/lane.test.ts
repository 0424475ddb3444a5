/**
 * The lane against a server made of promises: each connection and each job ends when the test says so.
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { ImapAuth, ImapDown } from '../../server/imap-answers.ts';
import type { ImapSession } from '../../server/imap.ts';
import { Lane, URGENT, type LineState, type Urgency } from '../../server/lane.ts';

const IDLE = 30_000;

/** All that the lane asks of a session. */
class FakeSession {
  usable = true;
  ended: 'closed' | 'logged out' | null = null;

  close(): void {
    this.usable = false;
    this.ended = 'closed';
  }

  async logout(): Promise<void> {
    this.usable = false;
    this.ended = 'logged out';
  }
}

function open(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const sessions: FakeSession[] = [];
  const told: LineState[] = [];
  const world = { connects: 0, opened: 0, error: null as Error | null };
  const lane = new Lane({
    connect: async () => {
      world.connects += 1;
      if (world.error) throw world.error;
      const session = new FakeSession();
      sessions.push(session);
      return session as unknown as ImapSession;
    },
    told: (state) => told.push(state),
    opened: () => (world.opened += 1),
    idle: IDLE,
    now: Date.now,
  });
  return { lane, sessions, told, world, tick: (ms: number) => t.mock.timers.tick(ms) };
}

/** Every promise that can settle now has settled. */
const quiet = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A job that stands still until released. */
function heldJob(lane: Lane, urgency: Urgency = URGENT.live) {
  const started = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const done = lane.run(urgency, async () => {
    started.resolve();
    await release.promise;
  });
  return { started: started.promise, release: release.resolve, fail: release.reject, done };
}

test('jobs run one at a time, the most urgent first, equals in the order they came', async (t) => {
  const { lane, world } = open(t);
  const ran: string[] = [];
  const first = heldJob(lane, URGENT.backfill);
  await first.started;
  const rest = (['backfill', 'person', 'live', 'command', 'person', 'ahead'] as const).map((urgency, i) =>
    lane.run(URGENT[urgency], async () => {
      ran.push(`${urgency} begins`);
      await quiet();
      ran.push(`${urgency} ends ${i}`);
    }),
  );
  await quiet();
  assert.equal(ran.length, 0, 'nothing runs beside the first');
  first.release();
  await Promise.all(rest);
  assert.deepEqual(
    ran.filter((_, i) => i % 2 === 1),
    ['person ends 1', 'person ends 4', 'command ends 3', 'live ends 2', 'ahead ends 5', 'backfill ends 0'],
  );
  assert.ok(ran.every((line, i) => (i % 2 === 0 ? line.endsWith('begins') : line.includes('ends'))));
  assert.equal(world.connects, 1);
  await lane.close();
});

test('a job answers what it found, and its failure is its own', async (t) => {
  const { lane, sessions, world } = open(t);
  assert.equal(await lane.run(URGENT.live, async () => 7), 7);
  await assert.rejects(
    lane.run(URGENT.live, async () => Promise.reject(new RangeError('mine'))),
    RangeError,
  );
  assert.equal(await lane.run(URGENT.live, async (session) => session === (sessions[0] as unknown)), true);
  assert.equal(world.connects, 1);
  await lane.close();
});

test('after a line that broke the next job gets a new one', async (t) => {
  const { lane, sessions, world } = open(t);
  const job = heldJob(lane);
  await job.started;
  sessions[0]!.usable = false;
  job.fail(new ImapDown('reset'));
  const next = lane.run(URGENT.live, async (session) => session === (sessions[1] as unknown));
  await assert.rejects(job.done, ImapDown);
  assert.equal(await next, true);
  assert.deepEqual([world.connects, world.opened], [2, 2]);
  await lane.close();
});

test('a job whose line broke is called again, later each time it breaks the line', async (t) => {
  const { lane, sessions, world, tick } = open(t);
  const opened: number[] = [];
  for (let second = 0; second < 600; second += 1) {
    if (second === 0 || world.opened > opened.length) {
      opened.push(second);
      world.opened = opened.length;
      const poison = lane.run(URGENT.command, async () => {
        sessions.at(-1)!.usable = false;
        throw new ImapDown('reset');
      });
      await assert.rejects(poison, ImapDown);
      world.opened = opened.length;
    }
    tick(1000);
    await quiet();
  }
  assert.deepEqual(opened.slice(0, 6), [0, 1, 3, 7, 15, 31]);
  assert.ok(opened.length <= 16);
  await lane.run(URGENT.live, async () => {});
  await lane.close();
  tick(3_600_000);
  assert.equal(world.opened, opened.length + 1);
});

test('a server that is away is asked less and less often, whatever the jobs want, and no job waits for ever', async (t) => {
  const { lane, told, world, tick } = open(t);
  world.error = new Error('refused');
  for (let second = 0; second < 600; second += 1) {
    const before = world.connects;
    // Somebody always wants something.
    const jobs = Promise.allSettled([
      lane.run(URGENT.person, async () => {}),
      lane.run(URGENT.live, async () => {}),
    ]);
    await quiet();
    if (world.connects > before) assert.ok((await jobs).every((j) => j.status === 'rejected'));
    tick(1000);
    await quiet();
  }
  assert.ok(world.connects >= 10 && world.connects <= 32, `${world.connects} tries in ten minutes`);
  const waits = told.flatMap((state) => (state.is === 'down' ? [state.retryAt] : []));
  assert.equal(waits.length, world.connects);
  assert.equal(told.filter((state) => state.is === 'connecting').length, 1, 'the person sees no flicker');
  await lane.close();
});

test('when the server is back the line is told, and jobs that waited run', async (t) => {
  const { lane, told, world, tick } = open(t);
  world.error = new Error('refused');
  await assert.rejects(
    lane.run(URGENT.live, async () => {}),
    /refused/,
  );
  world.error = null;
  const waiting = lane.run(URGENT.live, async () => 'ran');
  await quiet();
  assert.equal(world.connects, 1, 'not before its time');
  tick(1000);
  assert.equal(await waiting, 'ran');
  assert.deepEqual(
    told.map((state) => state.is),
    ['connecting', 'down', 'up'],
  );
  await lane.close();
});

test('refused credentials are not tried again until there are new ones', async (t) => {
  const { lane, told, world, tick } = open(t);
  world.error = new ImapAuth('no such user');
  await assert.rejects(
    lane.run(URGENT.live, async () => {}),
    ImapAuth,
  );
  await assert.rejects(
    lane.run(URGENT.person, async () => {}),
    ImapAuth,
  );
  tick(3_600_000);
  await quiet();
  await assert.rejects(
    lane.run(URGENT.person, async () => {}),
    ImapAuth,
  );
  assert.equal(world.connects, 1);
  assert.deepEqual(told.at(-1), { is: 'refused', text: 'no such user' });
  world.error = null;
  lane.revive();
  assert.equal(await lane.run(URGENT.person, async () => 'in'), 'in');
  await lane.close();
});

test('revive does not wait for the back-off', async (t) => {
  const { lane, world } = open(t);
  world.error = new Error('refused');
  await assert.rejects(lane.run(URGENT.live, async () => {}));
  const waiting = lane.run(URGENT.live, async () => 'ran');
  world.error = null;
  lane.revive();
  assert.equal(await waiting, 'ran');
  await lane.close();
});

test('a line nobody uses is closed after a while, and opened when it is wanted', async (t) => {
  const { lane, sessions, tick } = open(t);
  await lane.run(URGENT.live, async () => {});
  await quiet();
  tick(IDLE - 1);
  assert.equal(sessions[0]!.ended, null);
  tick(1);
  assert.equal(sessions[0]!.ended, 'logged out');
  await lane.run(URGENT.live, async () => {});
  assert.equal(sessions.length, 2);
  await lane.close();
});

test('a line is not closed under a job, however long that takes', async (t) => {
  const { lane, sessions, tick } = open(t);
  await lane.run(URGENT.live, async () => {});
  await quiet();
  tick(IDLE - 1);
  const long = heldJob(lane);
  await long.started;
  tick(IDLE);
  assert.equal(sessions[0]!.ended, null);
  long.release();
  await long.done;
  await quiet();
  tick(IDLE);
  assert.equal(sessions[0]!.ended, 'logged out');
});

test('closing refuses what waits and what comes, logs out and leaves no timer', async (t) => {
  const { lane, sessions, world, tick } = open(t);
  const job = heldJob(lane);
  await job.started;
  const waiting = lane.run(URGENT.live, async () => {});
  const closing = lane.close();
  await assert.rejects(waiting, ImapDown);
  await assert.rejects(
    lane.run(URGENT.person, async () => {}),
    ImapDown,
  );
  await closing;
  assert.equal(sessions[0]!.ended, 'logged out');
  job.release();
  await job.done;
  tick(3_600_000);
  await quiet();
  assert.equal(world.connects, 1);
});

test('closing during back-off ends it', async (t) => {
  const { lane, world, tick } = open(t);
  world.error = new Error('refused');
  await assert.rejects(lane.run(URGENT.live, async () => {}));
  const waiting = lane.run(URGENT.live, async () => {});
  await Promise.all([lane.close(), assert.rejects(waiting, ImapDown)]);
  tick(3_600_000);
  await quiet();
  assert.deepEqual([world.connects, world.opened], [1, 0]);
});

test('closing while a line is being opened closes that line too', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const coming = Promise.withResolvers<ImapSession>();
  const session = new FakeSession();
  const told: string[] = [];
  const lane = new Lane({
    connect: () => coming.promise,
    told: (state) => told.push(state.is),
    opened: () => told.push('opened'),
    idle: IDLE,
    now: Date.now,
  });
  const job = lane.run(URGENT.live, async () => {});
  const refused = assert.rejects(job, ImapDown);
  await lane.close();
  coming.resolve(session as unknown as ImapSession);
  await refused;
  await quiet();
  assert.equal(session.ended, 'logged out');
  assert.deepEqual(told, ['connecting']);
});
