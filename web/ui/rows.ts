/**
 * Which rows of a long list stand in the page.
 *
 * Decision: row height is fixed, so the place of a row is a product and no layout is ever read while scrolling. The
 * first row moves in steps of four: a scroll of one row draws nothing. Never more than forty rows, whatever the
 * length of the list or the height of the screen.
 */
export const MOST = 40;
const STEP = 4;
const SPARE = 8;

/** Rows to draw, `from` inclusive, `to` exclusive. `top` and the heights are CSS pixels. */
export function rowsInView(
  top: number,
  view: number,
  row: number,
  count: number,
): { from: number; to: number } {
  const seen = Math.ceil(view / row) + 1;
  const spare = Math.max(0, Math.min(SPARE, Math.floor((MOST - STEP - seen) / 2)));
  const first = Math.floor(Math.max(0, top) / row / STEP) * STEP;
  const from = Math.max(0, Math.min(first - spare, count - seen - spare));
  return { from, to: Math.min(count, from + Math.min(MOST, seen + 2 * spare + STEP)) };
}

/** A place in a list that survives rows coming and going: the topmost row, and how far it is scrolled past. */
export interface Anchor {
  id: number;
  index: number;
  /** Pixels of the row above the edge. */
  offset: number;
}

/** The anchor at scroll position `top`; null at the very top, where new mail shall be seen. */
export function anchorAt(top: number, row: number, ids: readonly { id: number }[]): Anchor | null {
  const index = Math.floor(top / row);
  const at = ids[index];
  return at === undefined || top < 1 ? null : { id: at.id, index, offset: top - index * row };
}

/** The scroll position that shows `anchor` again. If its row has gone, the row now in its place. */
export function topOf(anchor: Anchor, row: number, ids: readonly { id: number }[]): number {
  const found = ids[anchor.index]?.id === anchor.id ? anchor.index : ids.findIndex((m) => m.id === anchor.id);
  return (found < 0 ? Math.min(anchor.index, Math.max(0, ids.length - 1)) : found) * row + anchor.offset;
}
