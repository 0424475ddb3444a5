/**
 * A recipient field: addresses as chips, and a text box for the next one.
 *
 * Decision: comma, Enter, Tab or leaving the field turns text into an address; what is not one stays as text with
 * the reason below. Suggestions are plain buttons under the field, taken from mail on this device.
 */
import type { RefObject } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { useSignal, type Signal } from '@preact/signals';
import type { Address } from '../../shared/mail.ts';
import { distinct, isSame, parseRecipients, writeAddress } from './addresses.ts';
import { Icon } from './icons.tsx';
import { nameOf } from './words.ts';

interface FieldProps {
  name: string;
  list: Address[];
  text: string;
  error: string | null;
  focus?: boolean;
  suggest: (text: string) => Address[];
  change: (list: Address[], text: string) => void;
}

export function Recipients(props: FieldProps) {
  const { name, list, text, error, focus = false, suggest, change } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const active = useSignal(false);
  useEffect(() => {
    if (focus) input.current?.focus();
  }, []);
  const remove = (a: Address) =>
    change(
      list.filter((b) => b !== a),
      text,
    );
  const take = (a: Address) => {
    change(distinct([...list, a]), '');
    input.current?.focus();
  };
  const found = active.value ? suggestions(suggest, text, list) : [];
  return (
    <div class="recipients" data-error={error !== null}>
      <label for={id}>{name}</label>
      <div class="chips" onClick={(e) => e.target === e.currentTarget && input.current?.focus()}>
        <Chips list={list} remove={remove} />
        <Box {...props} id={id} box={input} active={active} />
      </div>
      <Suggestions found={found} take={take} />
      {error !== null && <FieldError id={`${id}-error`} text={error} />}
    </div>
  );
}

interface BoxProps extends FieldProps {
  id: string;
  box: RefObject<HTMLInputElement | null>;
  active: Signal<boolean>;
}

/** The text box behind the chips. */
function Box({ id, box, active, list, text, error, change }: BoxProps) {
  const commit = (typed: string) => {
    const { good, rest } = parseRecipients(typed);
    if (good.length > 0 || rest !== typed) change(distinct([...list, ...good]), rest);
  };
  return (
    <input
      id={id}
      ref={box}
      {...ADDRESS_BOX}
      value={text}
      aria-invalid={error !== null}
      aria-describedby={error === null ? undefined : `${id}-error`}
      onFocus={() => (active.value = true)}
      onInput={(e) => typed(e.currentTarget.value, list, change, commit)}
      onKeyDown={(e) => onKey(e, text, list, change, commit)}
      onBlur={() => {
        commit(text);
        setTimeout(() => (active.value = false), 150);
      }}
    />
  );
}

/** What a keyboard on glass should know of an address box. */
const ADDRESS_BOX = {
  type: 'text',
  inputMode: 'email',
  autocapitalize: 'off',
  autocomplete: 'off',
  spellcheck: false,
  enterkeyhint: 'next',
} as const;

function Chips({ list, remove }: { list: Address[]; remove: (a: Address) => void }) {
  return list.map((a) => (
    <span class="chip" key={a.address}>
      <bdi title={a.address}>{nameOf(a)}</bdi>
      <button type="button" aria-label={removeName(a)} onClick={() => remove(a)}>
        <Icon name="close" />
      </button>
    </span>
  ));
}

function Suggestions({ found, take }: { found: Address[]; take: (a: Address) => void }) {
  if (found.length === 0) return null;
  return (
    <ul class="suggestions" role="list" aria-label="Suggestions">
      {found.map((a) => (
        <li key={a.address}>
          <button type="button" onPointerDown={(e) => e.preventDefault()} onClick={() => take(a)}>
            <bdi>{nameOf(a)}</bdi> {a.name !== '' && <bdi class="mail-address">{a.address}</bdi>}
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Why a field cannot stay as it is. */
export function FieldError({ id, text }: { id: string; text: string }) {
  return (
    <p class="field-error" id={id} role="alert">
      {text}
    </p>
  );
}

/** Suggestions from the second letter on, without those already there. */
function suggestions(suggest: FieldProps['suggest'], text: string, list: Address[]): Address[] {
  return text.length < 2 ? [] : suggest(text).filter((a) => !list.some((b) => isSame(a.address, b.address)));
}

const removeName = (a: Address) => `Remove ${nameOf(a)}`;

function typed(
  value: string,
  list: Address[],
  change: FieldProps['change'],
  commit: (t: string) => void,
): void {
  if (/[,;\n]/.test(value) && parseRecipients(value).good.length > 0) commit(value);
  else change(list, value);
}

function onKey(
  e: KeyboardEvent,
  text: string,
  list: Address[],
  change: FieldProps['change'],
  commit: (t: string) => void,
): void {
  if (e.isComposing) return;
  if (e.key === 'Enter' && !e.ctrlKey && !e.metaKey) {
    e.preventDefault();
    commit(text);
  }
  const last = list.at(-1);
  if (e.key === 'Backspace' && text === '' && last !== undefined) {
    e.preventDefault();
    change(list.slice(0, -1), writeAddress(last));
  }
}
