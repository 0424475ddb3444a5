/**
 * The composer: plain text, kept on this device at every pause.
 *
 * Decision: one signal holds the whole draft. It is saved a second after the last change, and at once when the page
 * is hidden or left, so Back is "keep" and needs no question. Only Discard throws away, and can be undone. A
 * missing recipient stops a send; a missing subject asks once.
 */
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { useSignal, type Signal } from '@preact/signals';
import type { Draft } from '../engine/engine.ts';
import { parseRecipients } from './addresses.ts';
import { clockTime } from './dates.ts';
import { back } from './history.ts';
import { IconButton } from './icons.tsx';
import { knownPeople } from './known.ts';
import { Recipients } from './recipients.tsx';
import { account, link } from './state.ts';
import { discard, draftFor, isKept, saveDraft, send } from './writing.ts';

type Field = 'to' | 'cc' | 'bcc';
type Faults = Partial<Record<Field | 'subject', string>>;

const PAUSE = 1000;

export function Compose({ id }: { id: string }) {
  const draft = useSignal<Draft | null>(draftFor(id));
  if (draft.value === null) return null;
  return <Form key={id} first={draft.value} />;
}

function Form({ first }: { first: Draft }) {
  const draft = useSignal(first);
  const faults = useSignal<Faults>({});
  const more = useSignal(first.cc.length > 0 || first.bcc.length > 0);
  const saving = useSaving(draft, first);
  const suggest = useMemo(() => {
    const mirror = account();
    return mirror === null ? () => [] : knownPeople(mirror.messages.values(), mirror.mailboxes);
  }, []);
  const set = (change: Partial<Draft>) => {
    draft.value = { ...draft.value, ...change };
    faults.value = {};
    saving.touch();
  };
  const submit = () => {
    const ready = settled(draft.value);
    const found = faultsOf(ready, faults.value);
    draft.value = ready;
    faults.value = found;
    if (Object.keys(found).length > 0) return;
    saving.stop();
    back();
    void send(ready);
  };
  const field = (name: Field, label: string, focus = false) => (
    <Recipients
      name={label}
      list={draft.value[name]}
      text={draft.value.unfinished[name]}
      error={faults.value[name] ?? null}
      focus={focus}
      suggest={suggest}
      change={(list, text) => set({ [name]: list, unfinished: { ...draft.value.unfinished, [name]: text } })}
    />
  );
  return (
    <form
      class="compose"
      aria-label="New message"
      onSubmit={(e) => {
        e.preventDefault();
        submit();
      }}
      onKeyDown={(e) => {
        if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) {
          e.preventDefault();
          submit();
        }
      }}
    >
      <Top
        saved={saving.at.value}
        discard={() => {
          saving.stop();
          discard(draft.value, saving.at.value !== null || isWorth(draft.value));
          back();
        }}
      />
      <div class="compose-scroll">
        <div class="to-line">
          {field('to', 'To', first.to.length === 0)}
          {!more.value && (
            <button type="button" class="button plain small" onClick={() => (more.value = true)}>
              Cc, Bcc
            </button>
          )}
        </div>
        {more.value && field('cc', 'Cc')}
        {more.value && field('bcc', 'Bcc')}
        <Words draft={draft} fault={faults.value.subject ?? null} set={set} focus={first.to.length > 0} />
      </div>
    </form>
  );
}

function Top({ saved, discard }: { saved: number | null; discard: () => void }) {
  return (
    <div class="compose-top">
      <IconButton icon="back" name="Back" press={back} />
      <span class="grow saved" role="status">
        {link.value.is === 'live' ? '' : 'Offline: it goes out later. '}
        {saved === null ? '' : savedAt(saved)}
      </span>
      <IconButton icon="trash" name="Discard" press={discard} />
      <button type="submit" class="button primary">
        Send
      </button>
    </div>
  );
}

const savedAt = (at: number) => `Saved ${clockTime(at)}`;

interface WordsProps {
  draft: Signal<Draft>;
  fault: string | null;
  focus: boolean;
  set: (change: Partial<Draft>) => void;
}

function Words({ draft, fault, focus, set }: WordsProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (!focus || area.current === null) return;
    area.current.focus();
    area.current.setSelectionRange(0, 0);
    area.current.scrollTop = 0;
  }, []);
  return (
    <>
      <div class="subject-line" data-error={fault !== null}>
        <label for="subject">Subject</label>
        <input
          id="subject"
          type="text"
          value={draft.value.subject}
          maxLength={1000}
          enterkeyhint="next"
          aria-describedby={fault === null ? undefined : 'subject-error'}
          onInput={(e) => set({ subject: e.currentTarget.value })}
          onKeyDown={(e) => e.key === 'Enter' && !e.ctrlKey && !e.metaKey && e.preventDefault()}
        />
        {fault !== null && (
          <p class="field-error" id="subject-error" role="alert">
            {fault}
          </p>
        )}
      </div>
      <textarea
        ref={area}
        class="compose-text"
        aria-label="Text"
        dir="auto"
        maxLength={200_000}
        value={draft.value.text}
        onInput={(e) => set({ text: e.currentTarget.value })}
      />
    </>
  );
}

/** A draft with something in it that a person put there. */
function isWorth(d: Draft): boolean {
  const typed = d.unfinished.to + d.unfinished.cc + d.unfinished.bcc + d.subject + d.text;
  return typed.trim() !== '' || d.to.length + d.cc.length + d.bcc.length > 0;
}

/** The draft with half-typed recipients taken in where they are addresses. */
function settled(d: Draft): Draft {
  const out = { ...d, unfinished: { ...d.unfinished } };
  for (const name of ['to', 'cc', 'bcc'] as const) {
    const { good, rest } = parseRecipients(d.unfinished[name]);
    out[name] = [...d[name], ...good];
    out.unfinished[name] = rest;
  }
  return out;
}

/** What stops this draft from being sent. `before` are the faults of the last try: a missing subject is asked once. */
function faultsOf(d: Draft, before: Faults): Faults {
  const faults: Faults = {};
  for (const name of ['to', 'cc', 'bcc'] as const) {
    if (d.unfinished[name] !== '') faults[name] = notAnAddress(d.unfinished[name]);
  }
  if (d.to.length + d.cc.length + d.bcc.length === 0 && faults.to === undefined) {
    faults.to = 'Say who it is for: at least one address.';
  }
  if (d.subject.trim() === '' && Object.keys(faults).length === 0 && before.subject === undefined) {
    faults.subject = 'No subject. Press Send again to send it without one.';
  }
  return faults;
}

const notAnAddress = (text: string) => `“${text}” is not an address. It should look like name@example.org.`;

/** Saves the draft in pauses, and at once when the page is hidden or the composer closes. */
function useSaving(draft: Signal<Draft>, first: Draft) {
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
