/**
 * The keyboard at a desk: the keys people know from other mail programs.
 *
 * Decision: one listener for the page and one table. Keys do nothing in fields, with a modifier, or while a word is
 * being composed by an input method.
 */
import type { Message } from '../../shared/mail.ts';
import { archive, markUnread, openMessage, step, toggleStar, trash } from './actions.ts';
import { back } from './history.ts';
import { cursor, listed, opened, route } from './state.ts';
import { compose, reply } from './writing.ts';

/** The message a key is about: the open one, else the one the keyboard stands on. */
function subject(): Message | null {
  return opened.peek() ?? listed.peek().find((m) => m.id === cursor.peek()) ?? null;
}

const about = (act: (message: Message) => void) => () => {
  const message = subject();
  if (message !== null) act(message);
};

/** Takes the keyboard to the neighbour when the row it stands on goes away. */
const filing = (act: (message: Message) => void) =>
  about((message) => {
    const rows = listed.peek();
    const at = rows.findIndex((m) => m.id === message.id);
    const next = rows[at + 1] ?? rows[at - 1];
    const inList = opened.peek() === null;
    act(message);
    if (inList) cursor.value = next?.id ?? null;
  });

const KEYS: Record<string, () => void> = {
  j: () => step(1),
  k: () => step(-1),
  Enter: about((m) => opened.peek() === null && openMessage(m)),
  o: about((m) => opened.peek() === null && openMessage(m)),
  u: () => opened.peek() !== null && back(),
  U: about(markUnread),
  e: filing(archive),
  '#': filing(trash),
  s: about(toggleStar),
  r: about((m) => void reply(m, false)),
  a: about((m) => void reply(m, true)),
  c: () => compose(),
};

/** Starts listening; once. */
export function startKeys(): void {
  addEventListener('keydown', (e) => {
    if (e.isComposing || e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return;
    if (e.key === 'Escape') return closeTop();
    const target = e.target as Element;
    if (target.closest('input, textarea, select, [contenteditable]') !== null) return;
    if (inList(target) && moveInList(e)) return;
    const act = KEYS[e.key];
    const here = route.peek();
    if (act === undefined || here.at !== 'mail' || here.sheet !== null) return;
    if (e.key === 'Enter' && target.closest('a, button, summary') !== null) return;
    e.preventDefault();
    act();
  });
}

function closeTop(): void {
  const here = route.peek();
  if (here.sheet !== null || here.at !== 'mail' || here.message !== null) back();
}

const inList = (target: Element) => target.closest('[aria-label="Messages"]') !== null;

const PAGE = 8;
const MOVES: Record<string, (at: number, count: number) => number> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  PageDown: (at) => at + PAGE,
  PageUp: (at) => at - PAGE,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** Arrow keys with the focus in the list: the one tab stop moves. */
function moveInList(e: KeyboardEvent): boolean {
  const move = MOVES[e.key];
  if (move === undefined) return false;
  const rows = listed.peek();
  const focused = Number(
    (e.target as Element).closest<HTMLElement>('[data-id]')?.dataset['id'] ?? Number.NaN,
  );
  const from = cursor.peek() ?? focused;
  const at = rows.findIndex((m) => m.id === from);
  const next = rows[Math.max(0, Math.min(rows.length - 1, move(at, rows.length)))];
  e.preventDefault();
  if (next !== undefined) cursor.value = next.id;
  return true;
}
