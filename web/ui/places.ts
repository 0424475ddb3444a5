/**
 * Where each list was left.
 *
 * Decision: anchors live in memory and, once scrolling rests, in sessionStorage, so a reload or an update lands on
 * the same mail. They are worth nothing to anyone else and go with the tab.
 */
import { signal } from '@preact/signals';
import type { Anchor } from './rows.ts';

/** Row height of lists in CSS pixels. Follows the person's font size. */
export const rowHeight = signal(84);
/** True while the shown list stands at its top. */
export const listTop = signal(true);

const KEY = 'pimento.places';
const places = new Map<number, Anchor>(read());
let timer: ReturnType<typeof setTimeout> | undefined;

function read(): [number, Anchor][] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? (kept as [number, Anchor][]) : [];
  } catch (error) {
    console.warn('places of lists were not readable and start anew', error);
    return [];
  }
}

/** Measures the font size once; `wake.ts` calls it again when the window changes. */
export function measureRows(): void {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  rowHeight.value = Math.round(5.25 * (Number.isFinite(rem) ? rem : 16));
}

export function savedAnchor(mailbox: number): Anchor | null {
  return places.get(mailbox) ?? null;
}

export function saveAnchor(mailbox: number, anchor: Anchor | null): void {
  if (anchor === null) places.delete(mailbox);
  else places.set(mailbox, anchor);
  clearTimeout(timer);
  timer = setTimeout(writePlaces, 300);
}

/** Writes the anchors down. Also called when the page goes away. */
export function writePlaces(): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify([...places]));
  } catch (error) {
    console.warn('places of lists could not be kept', error);
  }
}

/** Forgets all places: another person may sign in. */
export function forgetPlaces(): void {
  places.clear();
  writePlaces();
}
