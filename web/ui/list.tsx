/**
 * The message list: any length, at most forty rows in the page, a true scrollbar.
 *
 * Decision: our own windowing, because the row height is fixed and the rest is arithmetic (`rows.ts`). The place is
 * kept by the topmost message, not by pixels: it survives Back, reload, and new mail arriving above. At the very
 * top there is no anchor, so new mail is seen as it comes.
 */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { Mailbox, Message } from '../../shared/mail.ts';
import { archive, openMessage, trash } from './actions.ts';
import { anchorAt, rowsInView, topOf, type Anchor } from './rows.ts';
import { Row } from './row.tsx';
import { Empty } from './empty.tsx';
import { Icon } from './icons.tsx';
import { cursor, listed, now, opened, pendingMessages } from './state.ts';
import { listTop, rowHeight, saveAnchor, savedAnchor } from './places.ts';
import { watchSwipes } from './swipe.ts';
import { newAbove } from './words.ts';

export function List({ mailbox }: { mailbox: Mailbox }) {
  const rows = listed.value;
  const box = useRef<HTMLDivElement>(null);
  const place = useSignal({ from: 0, to: 0 });
  const fresh = useSignal(0);
  const scrolling = useScrolling(box, rows, mailbox.id, place, fresh);
  useSwipes(box);
  useCursor(box, rows);
  const row = rowHeight.value;
  const current = opened.value?.id ?? null;
  const stop = cursor.value ?? rows[0]?.id ?? null;
  const pendings = pendingMessages.value;
  const { from, to } = place.value;
  return (
    <div class="scroll" ref={box} onScroll={scrolling} style={{ '--row': `${row}px` }}>
      {fresh.value > 0 && <Pill count={fresh.value} top={() => box.current?.scrollTo({ top: 0 })} />}
      {rows.length === 0 ? (
        <Empty mailbox={mailbox} />
      ) : (
        <ul role="list" aria-label="Messages" class="rows" style={{ height: `${rows.length * row}px` }}>
          {drawn(rows, from, to, stop).map((i) => {
            const m = rows[i]!;
            return (
              <Row
                key={m.id}
                message={m}
                mailbox={mailbox}
                index={i}
                count={rows.length}
                top={i * row}
                now={now.value}
                selected={m.id === current}
                stop={m.id === stop}
                isPending={pendings.has(m.id)}
                open={openMessage}
              />
            );
          })}
        </ul>
      )}
    </div>
  );
}

/** Tells of mail that came in above while the list was scrolled down. */
function Pill({ count, top }: { count: number; top: () => void }) {
  return (
    <div class="pill-place">
      <button type="button" class="pill" onClick={top}>
        <Icon name="up" />
        {newAbove(count)}
      </button>
    </div>
  );
}

/** Indexes to draw: those in view, and the one with the focus, which is never taken out of the page. */
function drawn(rows: Message[], from: number, to: number, stop: number | null): number[] {
  const last = Math.min(to, rows.length);
  const out = Array.from({ length: Math.max(0, last - from) }, (_, i) => from + i);
  const held = stop === null || cursor.value === null ? -1 : rows.findIndex((m) => m.id === stop);
  if (held >= 0 && held < from) out.unshift(held);
  if (held >= last) out.push(held);
  return out;
}

type Box = { current: HTMLDivElement | null };

/** Keeps the window, the anchor and the count of new rows above. Returns the scroll listener. */
function useScrolling(
  box: Box,
  rows: Message[],
  mailbox: number,
  place: { value: { from: number; to: number }; peek(): { from: number; to: number } },
  fresh: { value: number },
) {
  const anchor = useRef<Anchor | null>(savedAnchor(mailbox));
  const height = useRef(0);
  const latest = useRef(rows);
  latest.current = rows;
  const row = rowHeight.value;
  const draw = (top: number) => {
    const next = rowsInView(top, height.current, row, latest.current.length);
    const is = place.peek();
    if (is.from !== next.from || is.to !== next.to) place.value = next;
  };
  useLayoutEffect(() => {
    const el = box.current!;
    height.current = el.clientHeight;
    const sized = new ResizeObserver(() => {
      height.current = el.clientHeight;
      draw(el.scrollTop);
    });
    sized.observe(el);
    return () => sized.disconnect();
  }, [row]);
  useLayoutEffect(() => {
    const el = box.current!;
    const was = anchor.current;
    const top = was === null ? 0 : topOf(was, row, rows);
    if (was !== null && Math.abs(el.scrollTop - top) > 1) {
      const moved = Math.round((top - was.offset) / row) - was.index;
      if (moved > 0 && el.scrollTop > 0) fresh.value += moved;
      el.scrollTop = top;
    }
    anchor.current = anchorAt(top, row, rows);
    draw(top);
  }, [rows, row]);
  return (e: Event) => {
    const top = (e.currentTarget as HTMLElement).scrollTop;
    anchor.current = anchorAt(top, row, latest.current);
    saveAnchor(mailbox, anchor.current);
    listTop.value = top < 8;
    if (top < row) fresh.value = 0;
    draw(top);
  };
}

function useSwipes(box: Box) {
  useEffect(
    () =>
      watchSwipes(box.current!, (id, way) => {
        const message = listed.peek().find((m) => m.id === id);
        if (message !== undefined) (way === 'archive' ? archive : trash)(message);
      }),
    [],
  );
}

/** Brings the row the keyboard stands on into view and gives it the focus. */
function useCursor(box: Box, rows: Message[]) {
  const id = cursor.value;
  const row = rowHeight.value;
  useEffect(() => {
    const el = box.current!;
    const at = id === null ? -1 : rows.findIndex((m) => m.id === id);
    if (at < 0) return;
    if (at * row < el.scrollTop) el.scrollTop = at * row;
    if ((at + 1) * row > el.scrollTop + el.clientHeight) el.scrollTop = (at + 1) * row - el.clientHeight;
    const face = el.querySelector<HTMLElement>(`[data-id="${id}"] .face`);
    const here = opened.peek() === null || el.contains(document.activeElement);
    if (here && face !== null && !face.closest('[inert]')) face.focus({ preventScroll: true });
  }, [id]);
}
