import test from 'node:test';
import assert from 'node:assert/strict';
import { networkOf, Throttle } from '../../server/throttle.ts';

test('a network is one IPv4 address, or the first 64 bits of an IPv6 one', () => {
  const table = [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
  ] as const;
  for (const [ip, network] of table) assert.equal(networkOf(ip), network, ip);
});

test('the window slides: each try counts for its own time', () => {
  let now = 0;
  const throttle = new Throttle(2, 100, () => now);
  throttle.count('a');
  now = 60;
  throttle.count('a');
  assert.equal(throttle.wait('a'), 40);
  now = 100;
  assert.equal(throttle.wait('a'), 0);
  throttle.count('a');
  assert.equal(throttle.wait('a'), 60);
  assert.equal(throttle.wait('b'), 0);
});

test('a try taken back does not count', () => {
  const throttle = new Throttle(1, 100, () => 0);
  throttle.count('a');
  throttle.forgive('a');
  assert.equal(throttle.wait('a'), 0);
});

test('the table does not grow without bound, and forgets the quietest first', () => {
  const throttle = new Throttle(1, 100, () => 0);
  throttle.count('first');
  throttle.count('second');
  throttle.count('first');
  for (let key = 0; key < 19_999; key += 1) throttle.count(`k${key}`);
  assert.equal(throttle.wait('second'), 0);
  assert.equal(throttle.wait('first'), 100);
});
