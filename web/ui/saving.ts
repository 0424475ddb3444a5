/**
 * Keeping a draft while it is written.
 *
 * Decision: a second after the last change, and at once when the page is hidden, left, or the composer closes. A
 * draft nobody typed into is never kept.
 */
import { useEffect, useRef } from 'preact/hooks';
import { useSignal, type Signal } from '@preact/signals';
import type { Draft } from '../engine/engine.ts';
import { isWorth } from './sendable.ts';
import { isKept, saveDraft } from './writing.ts';

const PAUSE = 1000;

/** Saves the draft in pauses, and at once when the page is hidden or the composer closes. */
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
    if (!s.dirty || s.ended || !isWorth(draft.peek())) return;
    s.dirty = false;
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
      state.current.dirty = true;
      clearTimeout(state.current.timer);
      state.current.timer = setTimeout(save, PAUSE);
    },
    stop() {
      state.current.ended = true;
      clearTimeout(state.current.timer);
    },
  };
}
