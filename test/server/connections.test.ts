import assert from 'node:assert/strict';
import test from 'node:test';
import { Connections, FIRST_PAUSE, LONGEST_PAUSE } from '../../server/connections.ts';
import { ImapAuth, ImapBusy, ImapDown } from '../../server/imap-answers.ts';

const busy = async () => Promise.reject(new ImapBusy('too many connections'));
const opens = async () => 'open';

test('no more than the budget are opened to one host at a time, in the order they came', async () => {
  const connections = new Connections(() => 0, 3);
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  const lines = Array.from({ length: 10 }, (_, at) =>
    connections.open('mail.example.org', () => {
      begun.push(at);
      return new Promise<void>((resolve) => ends.push(resolve));
    }),
  );
  for (let at = 0; at < 10; at += 1) {
    await turns();
    assert.deepEqual(
      begun,
      Array.from({ length: Math.min(10, at + 3) }, (_, line) => line),
    );
    ends[at]?.();
  }
  await Promise.all(lines);
});

test('one host does not wait for another', async () => {
  const connections = new Connections(() => 0, 1);
  void connections.open('slow.example.org', () => new Promise(() => {}));
  assert.equal(await connections.open('mail.example.org', opens), 'open');
});

test('an opening that fails gives its place to the next', async () => {
  const connections = new Connections(() => 0, 1);
  const fails = connections.open('mail.example.org', async () => Promise.reject(new ImapDown('down')));
  const next = connections.open('mail.example.org', opens);
  await assert.rejects(fails, ImapDown);
  assert.equal(await next, 'open');
});

test('after "too many connections" nobody asks the host until the pause is over, those in line included', async () => {
  let now = 1_000;
  const connections = new Connections(() => now, 1);
  let asked = 0;
  const asks = async () => void (asked += 1);
  const refused = connections.open('mail.example.org', busy);
  const inLine = connections.open('MAIL.example.org', asks);
  await assert.rejects(refused, ImapBusy);
  await assert.rejects(inLine, ImapBusy);
  now += FIRST_PAUSE - 1;
  await assert.rejects(connections.open('mail.example.org', asks), ImapBusy);
  assert.equal(asked, 0);
  now += 1;
  await connections.open('mail.example.org', asks);
  assert.equal(asked, 1);
});

test('pauses double up to the longest, and a line that opens ends them', async () => {
  let now = 1_000;
  const connections = new Connections(() => now);
  for (let pause = FIRST_PAUSE; pause < LONGEST_PAUSE; pause *= 2) {
    await assert.rejects(connections.open('mail.example.org', busy), /too many connections$/);
    now += pause - 1;
    await assert.rejects(connections.open('mail.example.org', opens), /left in peace/);
    now += 1;
  }
  await assert.rejects(connections.open('mail.example.org', busy), /too many connections$/);
  now += LONGEST_PAUSE;
  assert.equal(await connections.open('mail.example.org', opens), 'open');
  await assert.rejects(connections.open('mail.example.org', busy), /too many connections$/);
  now += FIRST_PAUSE;
  assert.equal(await connections.open('mail.example.org', opens), 'open');
});

test('many refused together make one pause', async () => {
  let now = 1_000;
  const connections = new Connections(() => now);
  const refused = Array.from({ length: 8 }, () => connections.open('mail.example.org', busy));
  for (const line of refused) await assert.rejects(line, ImapBusy);
  now += FIRST_PAUSE;
  assert.equal(await connections.open('mail.example.org', opens), 'open');
});

test('refused credentials and a dead line make no pause for others', async () => {
  const connections = new Connections(() => 0);
  for (const error of [new ImapAuth('no'), new ImapDown('down')])
    await assert.rejects(connections.open('mail.example.org', async () => Promise.reject(error)));
  assert.equal(await connections.open('mail.example.org', opens), 'open');
});

/** Lets everything happen that waits for nothing but its turn. */
function turns(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
