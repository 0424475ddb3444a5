import test from 'node:test';
import assert from 'node:assert/strict';
import { Heartbeat } from '../../../server/routes/heartbeat.ts';

test('while data flows both ways nobody is pinged', () => {
  const heart = new Heartbeat();
  for (let beat = 0; beat < 5; beat += 1) {
    heart.heard();
    heart.spoke();
    assert.equal(heart.look(), 'fine');
  }
});

test('silence is pinged at every beat, and two unanswered pings are the end', () => {
  const heart = new Heartbeat();
  assert.equal(heart.look(), 'ping');
  heart.heard();
  assert.equal(heart.look(), 'fine');
  assert.equal(heart.look(), 'ping');
  assert.equal(heart.look(), 'ping');
  assert.equal(heart.look(), 'dead');
});

test('an answer after one missed ping wipes the slate', () => {
  const heart = new Heartbeat();
  assert.deepEqual([heart.look(), heart.look()], ['ping', 'ping']);
  heart.heard();
  assert.deepEqual(
    [heart.look(), heart.look(), heart.look(), heart.look()],
    ['fine', 'ping', 'ping', 'dead'],
  );
});

test('a peer we only talk at is pinged too, and found dead', () => {
  const heart = new Heartbeat();
  const verdicts = Array.from({ length: 4 }, () => {
    heart.spoke();
    return heart.look();
  });
  assert.deepEqual(verdicts, ['fine', 'ping', 'ping', 'dead']);
});
