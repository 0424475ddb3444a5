/**
 * The composer: plain text, kept on this device at every pause.
 *
 * Decision: one signal holds the whole draft, and `saving.ts` keeps it, so Back is "keep" and needs no question.
 * Only Discard throws away, and can be undone.
 */
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { useSignal, type Signal } from '@preact/signals';
import type { Draft } from '../engine/engine.ts';
import { clockTime } from './dates.ts';
import { back } from './history.ts';
import { IconButton } from './icons.tsx';
import { knownPeople } from './known.ts';
import { FieldError, Recipients } from './recipients.tsx';
import { account, link } from './state.ts';
import { faultsOf, isWorth, settled, type Faults } from './sendable.ts';
import { useSaving } from './saving.ts';
import { discard, draftFor, send } from './writing.ts';

type Field = 'to' | 'cc' | 'bcc';

export function Compose({ id }: { id: string }) {
  const draft = useSignal<Draft | null>(draftFor(id));
  if (draft.value === null) return null;
  return <Form key={id} first={draft.value} />;
}

/** The draft, its faults, and what can be done with it. */
function useDraft(first: Draft) {
  const draft = useSignal(first);
  const faults = useSignal<Faults>({});
  const saving = useSaving(draft, first);
  return {
    draft,
    faults,
    saved: saving.at,
    set: (change: Partial<Draft>) => {
      draft.value = { ...draft.value, ...change };
      faults.value = {};
      saving.touch();
    },
    submit: () => {
      if (saving.ended()) return;
      const ready = settled(draft.value);
      const found = faultsOf(ready, faults.value);
      draft.value = ready;
      faults.value = found;
      if (Object.keys(found).length > 0) return;
      saving.stop();
      back();
      void send(ready);
    },
    drop: () => {
      saving.stop();
      discard(draft.value, saving.at.value !== null || isWorth(draft.value));
      back();
    },
  };
}

type Writing = ReturnType<typeof useDraft>;

function Form({ first }: { first: Draft }) {
  const writing = useDraft(first);
  const { draft, faults, submit } = writing;
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
      <Top saved={writing.saved.value} discard={writing.drop} />
      <div class="compose-scroll">
        <Envelope first={first} writing={writing} />
        <Words
          draft={draft}
          fault={faults.value.subject ?? null}
          set={writing.set}
          focus={first.to.length > 0}
        />
      </div>
    </form>
  );
}

/** To, and Cc and Bcc once they are wanted. */
function Envelope({ first, writing }: { first: Draft; writing: Writing }) {
  const more = useSignal(first.cc.length > 0 || first.bcc.length > 0);
  const suggest = useMemo(() => {
    const mirror = account();
    return mirror === null ? () => [] : knownPeople(mirror.messages.values(), mirror.mailboxes);
  }, []);
  const { draft, faults, set } = writing;
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
    <>
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
    </>
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
        {fault !== null && <FieldError id="subject-error" text={fault} />}
      </div>
      <textarea
        ref={area}
        class="compose-text"
        aria-label="Text"
        placeholder="Write your mail"
        dir="auto"
        maxLength={200_000}
        value={draft.value.text}
        onInput={(e) => set({ text: e.currentTarget.value })}
      />
    </>
  );
}
