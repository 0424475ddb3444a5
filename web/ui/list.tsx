/**
 * The message list: any length, at most forty rows in the page, a true scrollbar.
 *
 * Decision: our own windowing, because the row height is fixed and the rest is arithmetic (`rows.ts`). The place is
 * kept by the topmost message, not by pixels: it survives Back, reload, and new mail arriving above. At the very
 * top there is no anchor, so new mail is seen as it comes.
 */
import { useEffect, useRef } from 'preact/hooks';
import type { Mailbox, Message } from '../../shared/mail.ts';
import { archive, canArchive, canTrash, openMessage, trash } from './actions.ts';
import { Row } from './row.tsx';
import { Empty } from './empty.tsx';
import { Icon } from './icons.tsx';
import { cursor, listed, now, opened, pendingMessages } from './state.ts';
import { rowHeight } from './places.ts';
import { watchSwipes } from './swipe.ts';
import { useWindow } from './window.ts';
import { newAbove } from './words.ts';

export function List({ mailbox }: { mailbox: Mailbox }) {
  const rows = listed.value;
  const box = useRef<HTMLDivElement>(null);
  const { place, fresh, scrolled } = useWindow(box, rows, mailbox.id);
  useSwipes(box);
  useCursor(box, rows);
  return (
    <div class="scroll" ref={box} onScroll={scrolled} style={{ '--row': `${rowHeight.value}px` }}>
      {fresh.value > 0 && <Pill count={fresh.value} top={() => box.current?.scrollTo({ top: 0 })} />}
      {rows.length === 0 ? (
        <Empty mailbox={mailbox} />
      ) : (
        <Rows mailbox={mailbox} rows={rows} place={place.value} />
      )}
    </div>
  );
}

interface RowsProps {
  mailbox: Mailbox;
  rows: Message[];
  place: { from: number; to: number };
}

function Rows({ mailbox, rows, place }: RowsProps) {
  const row = rowHeight.value;
  const current = opened.value?.id ?? null;
  const held = cursor.value === null ? -1 : rows.findIndex((m) => m.id === cursor.value);
  const stop = held < 0 ? place.from : held;
  const pendings = pendingMessages.value;
  const draw = (i: number) => {
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
        stop={i === stop}
        isPending={pendings.has(m.id)}
        open={openMessage}
      />
    );
  };
  return (
    <ul role="list" aria-label="Messages" class="rows" style={{ height: `${rows.length * row}px` }}>
      {drawn(rows.length, place, held).map(draw)}
    </ul>
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

/** Indexes to draw: those in view, and the one the keyboard stands on, which is never taken out of the page. */
function drawn(count: number, { from, to }: RowsProps['place'], held: number): number[] {
  const last = Math.min(to, count);
  const out = Array.from({ length: Math.max(0, last - from) }, (_, i) => from + i);
  if (held >= 0 && held < from) out.unshift(held);
  if (held >= last) out.push(held);
  return out;
}

type Box = { current: HTMLDivElement | null };

function useSwipes(box: Box) {
  useEffect(
    () =>
      watchSwipes(box.current!, {
        may: (way) => (way === 'archive' ? canArchive() : canTrash()),
        commit(id, way) {
          const message = listed.peek().find((m) => m.id === id);
          if (message !== undefined) (way === 'archive' ? archive : trash)(message);
        },
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
