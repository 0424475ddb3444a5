/**
 * The swipe: right archives, left deletes.
 *
 * Decision: one set of listeners on the list, not one for each row, and styles set by hand while the finger moves,
 * so a swipe costs no render. The axis locks after 10 px; the browser keeps the vertical one (`touch-action:
 * pan-y`). A start at the very edge belongs to the system's Back. Each swipe has a button and a key that do the same.
 */
export type Way = 'archive' | 'trash';

interface Swiping {
  pointer: number;
  row: HTMLElement;
  face: HTMLElement;
  x: number;
  y: number;
  at: number;
  locked: boolean;
  dx: number;
}

const LOCK = 10;
const EDGE = 24;
const ENOUGH = 0.35;
const FAST = 0.6;

interface Listening {
  /** Whether a row may go this way here. */
  may: (way: Way) => boolean;
  commit: (id: number, way: Way) => void;
}

/** Watches `list` for swipes over `[data-id]` rows. Returns the way to stop. */
export function watchSwipes(list: HTMLElement, { may, commit }: Listening): () => void {
  let now: Swiping | null = null;
  const rest = (swiping: Swiping) => {
    delete swiping.row.dataset['swipe'];
    delete swiping.row.dataset['armed'];
    swiping.face.style.transform = '';
    now = null;
  };
  const handlers: Record<string, (e: PointerEvent) => void> = {
    pointerdown: (e) => (now = begin(e)),
    pointermove: (e) => now?.pointer === e.pointerId && follow(now, e, may, rest),
    pointercancel: () => now !== null && rest(now),
    pointerup: (e) => {
      if (now?.pointer !== e.pointerId) return;
      if (now.locked) list.addEventListener('click', swallow, { capture: true, once: true });
      setTimeout(() => list.removeEventListener('click', swallow, { capture: true }), 50);
      if (now.locked && isEnough(now, e.timeStamp)) finish(now, commit, rest);
      else rest(now);
    },
  };
  const all = Object.entries(handlers) as [keyof HTMLElementEventMap, EventListener][];
  for (const [name, handler] of all) list.addEventListener(name, handler);
  return () => {
    for (const [name, handler] of all) list.removeEventListener(name, handler);
  };
}

/** A finger on a row, away from the edges of the screen; else null. */
function begin(e: PointerEvent): Swiping | null {
  if (e.pointerType === 'mouse' || !e.isPrimary || e.clientX < EDGE || e.clientX > innerWidth - EDGE)
    return null;
  const row = (e.target as Element).closest<HTMLElement>('[data-id]');
  const face = row?.querySelector<HTMLElement>('.face');
  if (!row || !face) return null;
  const at = { x: e.clientX, y: e.clientY, at: e.timeStamp };
  return { pointer: e.pointerId, row, face, ...at, locked: false, dx: 0 };
}

function swallow(e: Event): void {
  e.preventDefault();
  e.stopPropagation();
}

function follow(swiping: Swiping, e: PointerEvent, may: Listening['may'], rest: (s: Swiping) => void): void {
  const dx = e.clientX - swiping.x;
  const dy = e.clientY - swiping.y;
  if (!swiping.locked) {
    if (Math.abs(dy) > LOCK) return rest(swiping);
    if (Math.abs(dx) < LOCK || !may(dx > 0 ? 'archive' : 'trash')) return;
    swiping.locked = true;
    swiping.row.setPointerCapture(swiping.pointer);
  }
  if (!may(dx > 0 ? 'archive' : 'trash')) return rest(swiping);
  swiping.dx = dx;
  swiping.row.dataset.swipe = dx > 0 ? 'archive' : 'trash';
  swiping.row.dataset.armed = String(isEnough(swiping, e.timeStamp));
  swiping.face.style.transform = `translateX(${dx}px)`;
}

function isEnough(swiping: Swiping, at: number): boolean {
  const far = Math.abs(swiping.dx);
  const speed = far / Math.max(1, at - swiping.at);
  return far > innerWidth * ENOUGH || (far > 48 && speed > FAST);
}

function finish(swiping: Swiping, commit: (id: number, way: Way) => void, rest: (s: Swiping) => void): void {
  const { row, face, dx } = swiping;
  const way: Way = dx > 0 ? 'archive' : 'trash';
  const id = Number(row.dataset.id);
  face.style.transform = `translateX(${dx > 0 ? 105 : -105}%)`;
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  setTimeout(
    () => {
      commit(id, way);
      rest(swiping);
    },
    still ? 0 : 140,
  );
}
