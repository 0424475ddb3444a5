/**
 * An open mail's text and its being read, as two hooks.
 *
 * Decision: the body comes from the device or the bridge and is asked for again when the network returns; what is
 * already there is never asked for twice. A mail counts as read after a second in view.
 */
import { useEffect, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { BodyUnavailable } from '../engine/engine.ts';
import { SEEN, type Body, type Message } from '../../shared/mail.ts';
import { markRead } from './actions.ts';
import { account, engine, link } from './state.ts';

export type Loaded =
  | { is: 'loading'; slow: boolean }
  | { is: 'here'; body: Body }
  /** `why` null: it is only that there is no network. */
  | { is: 'failed'; why: string | null };

const READ_AFTER = 1000;

/** The body, from the device or the bridge; asked for again when the network returns. */
export function useBody(message: Message): Loaded {
  const loaded = useSignal<Loaded>({ is: 'loading', slow: false });
  const id = message.id;
  const live = link.value.is === 'live';
  useEffect(() => {
    const mirror = account();
    if (mirror === null || bodyId(loaded.peek()) === id) return undefined;
    let wanted = true;
    loaded.value = { is: 'loading', slow: false };
    const slow = setTimeout(() => wanted && (loaded.value = { is: 'loading', slow: true }), 1000);
    engine()
      .body(mirror.id, id)
      .then(
        (body) => wanted && (loaded.value = { is: 'here', body }),
        (error: unknown) => wanted && (loaded.value = { is: 'failed', why: whyOf(error) }),
      )
      .finally(() => clearTimeout(slow));
    return () => {
      wanted = false;
      clearTimeout(slow);
    };
  }, [id, live]);
  const stale = loaded.value.is === 'here' && bodyId(loaded.value) !== id;
  return stale ? { is: 'loading', slow: false } : loaded.value;
}

function bodyId(loaded: Loaded): number | null {
  return loaded.is === 'here' ? loaded.body.message : null;
}

/** The words of a refusal, or null when it is only that there is no network. */
function whyOf(error: unknown): string | null {
  if (error instanceof BodyUnavailable && error.code === 'offline') return null;
  return error instanceof Error ? error.message : String(error);
}

/** Marks the message read after it was in view for a second, once for each opening. */
export function useReading(message: Message): void {
  const latest = useRef(message);
  latest.current = message;
  useEffect(() => {
    if (message.flags.includes(SEEN)) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const watch = () => {
      clearTimeout(timer);
      if (document.visibilityState === 'visible') timer = setTimeout(read, READ_AFTER);
    };
    const stop = () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', watch);
    };
    const read = () => {
      stop();
      markRead(latest.current);
    };
    document.addEventListener('visibilitychange', watch);
    watch();
    return stop;
  }, [message.id]);
}
