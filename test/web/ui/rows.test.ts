/** The window of a long list, and the place that survives what happens above it. */
import test from 'node:test';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { anchorAt, MOST, rowsInView, topOf } from '../../../web/ui/rows.ts';

const ROW = 84;
const list = (n: number) => Array.from({ length: n }, (_, i) => ({ id: 1000 - i }));

test('all rows in view are drawn, and never more than forty', () => {
  const top = fc.integer({ min: 0, max: 9_000_000 });
  const view = fc.integer({ min: 100, max: 2500 });
  const count = fc.integer({ min: 0, max: 100_000 });
  fc.assert(
    fc.property(top, view, count, (wanted, height, rows) => {
      const at = Math.min(wanted, Math.max(0, rows * ROW - height));
      const { from, to } = rowsInView(at, height, ROW, rows);
      assert.ok(to - from <= MOST);
      assert.ok(from <= Math.floor(at / ROW), 'the first row in view');
      assert.ok(to >= Math.min(rows, Math.ceil((at + height) / ROW)), 'the last row in view');
    }),
    { verbose: true },
  );
});

test('a scroll by one row draws nothing new', () => {
  assert.deepEqual(rowsInView(ROW * 100, 700, ROW, 5000), rowsInView(ROW * 101, 700, ROW, 5000));
});

test('mail that arrives above leaves the reader on the same row and pixel', () => {
  const before = list(500);
  const anchor = anchorAt(100 * ROW + 30, ROW, before);
  assert.ok(anchor !== null);
  const after = [{ id: 5001 }, { id: 5000 }, ...before];
  assert.equal(topOf(anchor, ROW, after), 102 * ROW + 30);
});

test('at the very top there is no anchor, so new mail is seen', () => {
  assert.equal(anchorAt(0, ROW, list(10)), null);
});

test('when the anchored row is gone, the list stays where it was', () => {
  const before = list(500);
  const anchor = anchorAt(100 * ROW, ROW, before)!;
  assert.equal(
    topOf(
      anchor,
      ROW,
      before.filter((m) => m.id !== anchor.id),
    ),
    100 * ROW,
  );
  assert.equal(topOf(anchor, ROW, []), 0);
});
