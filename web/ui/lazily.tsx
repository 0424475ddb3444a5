/**
 * Rooms that are not needed for the first rows: the reader with its purifier, and the composer.
 *
 * Decision: they load after the first paint, so they are there before the first tap; the service worker keeps them
 * for use without a network. Until one is there, its place is empty for a moment, not a spinner.
 */
import { signal } from '@preact/signals';
import type { Message } from '../../shared/mail.ts';

type Rooms = { reader: typeof import('./reader.tsx'); compose: typeof import('./compose.tsx') };

const reader = signal<Rooms['reader'] | null>(null);
const composer = signal<Rooms['compose'] | null>(null);

/** Loads what comes after the first rows. May be called again after a failure. */
export async function loadRooms(): Promise<void> {
  try {
    reader.value ??= await import('./reader.tsx');
    composer.value ??= await import('./compose.tsx');
  } catch (error) {
    console.warn('a part of the app could not be loaded; it is tried again in a moment', error);
    setTimeout(() => void loadRooms(), 3000);
  }
}

export function LazyReader({ message }: { message: Message }) {
  const room = reader.value;
  return room === null ? null : <room.Reader message={message} />;
}

export function LazyCompose({ id }: { id: string }) {
  const room = composer.value;
  return room === null ? null : <room.Compose key={id} id={id} />;
}
