/**
 * Keeping a draft while it is written.
 *
 * Decision: no change waits longer than a second, also while a person types on, and none when the page is hidden or
 * left, or the composer closes. A draft nobody typed into is never kept.
 */
import { useEffect, useRef } from 'preact/hooks';
import { useSignal, type Signal } from '@preact/signals';
import type { Draft } from '../engine/engine.ts';
import { isWorth } from './sendable.ts';
import { isKept, saveDraft } from './writing.ts';

const PAUSE = 1000;

/** Saves the draft at most a second after a change, and at once when the page is hidden or the composer closes. */
export function useSaving(draft: Signal<Draft>, first: Draft) {
  const at = useSignal<number | null>(isKept(first) ? first.savedAt : null);
  const state = useRef({
    dirty: false,
    ended: false,
    timer: undefined as ReturnType<typeof setTimeout> | undefined,
  });
  const save = () => {
    const s = state.current;
    clearTimeout(s.timer);
    if (!s.dirty || s.ended) return;
    s.dirty = false;
    if (at.peek() === null && !isWorth(draft.peek())) return;
    const kept = { ...draft.peek(), savedAt: Date.now() };
    at.value = kept.savedAt;
    void saveDraft(kept);
  };
  useEffect(() => {
    const hidden = () => document.visibilityState === 'hidden' && save();
    addEventListener('pagehide', save);
    document.addEventListener('visibilitychange', hidden);
    return () => {
      removeEventListener('pagehide', save);
      document.removeEventListener('visibilitychange', hidden);
      save();
    };
  }, []);
  return {
    at,
    touch() {
      if (!state.current.dirty) state.current.timer = setTimeout(save, PAUSE);
      state.current.dirty = true;
    },
    /** Whether the draft has been sent or thrown away. */
    ended: () => state.current.ended,
    stop() {
      state.current.ended = true;
      clearTimeout(state.current.timer);
    },
  };
}
