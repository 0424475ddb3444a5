/** Addresses and layers: what Back, reload and a shared link rely on. */
import test from 'node:test';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { addressOf, HOME, layersOf, parentOf, parseRoute, type Route } from '../../../web/ui/route.ts';

const read = (address: string) => {
  const url = new URL(address, 'http://mail.example');
  return parseRoute(url.pathname, url.hash);
};

const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const sheet = fc.constantFrom(null, 'mailboxes' as const, 'leave' as const);
/** Plain objects, as the code makes them. */
const PLAIN = { noNullPrototype: true };
const routes: fc.Arbitrary<Route> = fc.oneof(
  fc.record(
    {
      at: fc.constant('mail' as const),
      mailbox: fc.constant(null),
      message: fc.constant(null),
      sheet,
    },
    PLAIN,
  ),
  fc.record({ at: fc.constant('mail' as const), mailbox: id, message: fc.option(id), sheet }, PLAIN),
  fc.record({ at: fc.constant('compose' as const), draft: fc.option(fc.uuid()), sheet }, PLAIN),
  fc.record({ at: fc.constantFrom('drafts' as const, 'outbox' as const, 'sign-in' as const), sheet }, PLAIN),
);

test('every route has an address that reads back as the same route', () => {
  fc.assert(
    fc.property(routes, (route) => assert.deepEqual(read(addressOf(route)), route)),
    { verbose: true },
  );
});

test('an address nobody made is the inbox, not an error', () => {
  for (const address of [
    '/nowhere',
    '/m/x/y',
    '/m/-1',
    '/m/0',
    '/m/1e3',
    '/m/99999999999999999999',
    '/?src=pwa',
  ]) {
    assert.deepEqual(read(address), HOME, address);
  }
  assert.deepEqual(read('/#elsewhere'), HOME);
  assert.deepEqual(read('/compose/%3Cscript%3E'), { at: 'compose', draft: null, sheet: null });
});

test('Back closes the sheet before the mail, the mail before the mailbox, and ends at the inbox', () => {
  assert.deepEqual(layersOf(read('/m/4/7#mailboxes')).map(addressOf), [
    '/',
    '/m/4',
    '/m/4/7',
    '/m/4/7#mailboxes',
  ]);
  assert.deepEqual(layersOf(read('/outbox')).map(addressOf), ['/', '/outbox']);
  assert.equal(parentOf(HOME), null);
});

test('whatever the route, its layers end at the inbox', () => {
  fc.assert(
    fc.property(routes, (route) => {
      const layers = layersOf(route);
      assert.ok(layers.length <= 4);
      assert.deepEqual(layers[0], HOME);
      assert.deepEqual(layers.at(-1), route);
    }),
    { verbose: true },
  );
});
