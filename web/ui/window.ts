/**
 * The window over a list and its anchor, as one hook.
 *
 * Decision: scrolling reads one number and sets the window only when it has moved by a step. When rows come or go, the
 * scroll position is set right before the frame is painted, so nothing is seen to jump.
 */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { Message } from '../../shared/mail.ts';
import { listTop, rowHeight, saveAnchor, savedAnchor } from './places.ts';
import { anchorAt, rowsInView, topOf, type Anchor } from './rows.ts';

type Box = { current: HTMLElement | null };

/** `place`: rows to draw. `fresh`: how many came in above. `scrolled`: the listener of the scrolling box. */
export function useWindow(box: Box, rows: Message[], mailbox: number) {
  const place = useSignal({ from: 0, to: 0 });
  const fresh = useSignal(0);
  const anchor = useRef<Anchor | null>(savedAnchor(mailbox));
  const latest = useRef(rows);
  latest.current = rows;
  const row = rowHeight.value;
  const height = useHeight(box, () => draw(box.current!.scrollTop));
  const draw = (top: number) => {
    const next = rowsInView(top, height.current, row, latest.current.length);
    const is = place.peek();
    if (is.from !== next.from || is.to !== next.to) place.value = next;
  };
  useLayoutEffect(() => {
    const { top, above } = keepPlace(box.current!, anchor.current, row, rows);
    fresh.value += above;
    anchor.current = anchorAt(top, row, rows);
    draw(top);
  }, [rows, row]);
  const scrolled = (e: Event) => {
    const top = (e.currentTarget as HTMLElement).scrollTop;
    anchor.current = anchorAt(top, row, latest.current);
    saveAnchor(mailbox, anchor.current);
    listTop.value = top < 8;
    if (top < row) fresh.value = 0;
    draw(top);
  };
  return { place, fresh, scrolled };
}

/** The height of the box, watched; read before the first frame. */
function useHeight(box: Box, changed: () => void) {
  const height = useRef(0);
  const tell = useRef(changed);
  tell.current = changed;
  useLayoutEffect(() => {
    const el = box.current!;
    height.current = el.clientHeight;
    const sized = new ResizeObserver(() => {
      height.current = el.clientHeight;
      tell.current();
    });
    sized.observe(el);
    return () => sized.disconnect();
  }, []);
  return height;
}

/** Scrolls so that the anchored row stands where it stood. Answers the position, and how many rows came in above. */
function keepPlace(
  el: HTMLElement,
  was: Anchor | null,
  row: number,
  rows: Message[],
): { top: number; above: number } {
  if (was === null) return { top: 0, above: 0 };
  const top = topOf(was, row, rows);
  if (Math.abs(el.scrollTop - top) <= 1) return { top, above: 0 };
  const moved = Math.round((top - was.offset) / row) - was.index;
  const above = el.scrollTop > 0 ? Math.max(0, moved) : 0;
  el.scrollTop = top;
  return { top, above };
}
