/**
 * Keeping a draft while it is written.
 *
 * Decision: no change waits longer than a second, also while a person types on, and none when the page is hidden or
 * left, or the composer closes. A draft nobody typed into is never kept. One that another tab has sent or thrown away
 * closes here too, unless there are newer words in it: else Send would send it a second time.
 */
import { useEffect, useRef } from 'preact/hooks';
import { effect, untracked, useSignal, type Signal } from '@preact/signals';
import type { Draft } from '../engine/engine.ts';
import { back } from './history.ts';
import { isWorth } from './sendable.ts';
import { drafts, hasAccount } from './state.ts';
import { say } from './toasts.ts';
import { isKept, saveDraft } from './writing.ts';

const PAUSE = 1000;

/** Calls `gone` when the draft, once kept, has been taken out of the drafts by another tab. */
function useGone(id: string, gone: () => void) {
  useEffect(() => {
    let was = false;
    return effect(() => {
      const is = drafts.value.some((d) => d.id === id);
      if (was && !is && hasAccount.peek()) untracked(gone);
      was = is;
    });
  }, []);
}

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
  useGone(first.id, () => {
    if (state.current.ended || state.current.dirty) return;
    state.current.ended = true;
    back();
    say('This draft was sent or discarded in another tab.');
  });
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
