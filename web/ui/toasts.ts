/**
 * The one short notice at the foot of the screen, with at most one button.
 *
 * Decision: one at a time; a new one takes the place of the old. It stays eight seconds, longer while a pointer or
 * the keyboard is on it, and says nothing that cannot be found elsewhere.
 */
import { signal } from '@preact/signals';

export interface Toast {
  key: number;
  text: string;
  button: { label: string; press: () => void } | null;
}

export const toast = signal<Toast | null>(null);

const STAY = 8000;
let count = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let left = STAY;
let since = 0;

/** Shows `text`. `stay` is milliseconds, or null to stay until it is dealt with. */
export function say(text: string, button: Toast['button'] = null, stay: number | null = STAY): void {
  count += 1;
  toast.value = { key: count, text, button };
  clearTimeout(timer);
  left = stay ?? Number.POSITIVE_INFINITY;
  resumeToast();
}

/** Takes the notice away. */
export function hush(): void {
  clearTimeout(timer);
  toast.value = null;
}

/** Stops the clock while a person is on the notice. */
export function holdToast(): void {
  clearTimeout(timer);
  left -= Date.now() - since;
}

/** Lets the clock run on, with at least two seconds. */
export function resumeToast(): void {
  if (left === Number.POSITIVE_INFINITY) return;
  since = Date.now();
  left = Math.max(left, 2000);
  clearTimeout(timer);
  timer = setTimeout(hush, left);
}
