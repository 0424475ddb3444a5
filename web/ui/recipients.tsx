/**
 * A recipient field: addresses as chips, and a text box for the next one.
 *
 * Decision: comma, Enter, Tab or leaving the field turns text into an address; what is not one stays as text with
 * the reason below. Suggestions are plain buttons under the field, taken from mail on this device.
 */
import { useEffect, useId, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
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

export function Recipients({ name, list, text, error, focus = false, suggest, change }: FieldProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const active = useSignal(false);
  useEffect(() => {
    if (focus) input.current?.focus();
  }, []);
  const commit = (typed: string) => {
    const { good, rest } = parseRecipients(typed);
    if (good.length > 0 || rest !== typed) change(distinct([...list, ...good]), rest);
  };
  const remove = (a: Address) =>
    change(
      list.filter((b) => b !== a),
      text,
    );
  const found =
    active.value && text.length > 1
      ? suggest(text).filter((a) => !list.some((b) => isSame(a.address, b.address)))
      : [];
  return (
    <div class="recipients" data-error={error !== null}>
      <label for={id}>{name}</label>
      <div class="chips" onClick={(e) => e.target === e.currentTarget && input.current?.focus()}>
        {list.map((a) => (
          <span class="chip" key={a.address}>
            <bdi title={a.address}>{nameOf(a)}</bdi>
            <button type="button" aria-label={removeName(a)} onClick={() => remove(a)}>
              <Icon name="close" />
            </button>
          </span>
        ))}
        <input
          id={id}
          ref={input}
          type="text"
          value={text}
          inputMode="email"
          autocapitalize="off"
          autocomplete="off"
          spellcheck={false}
          enterkeyhint="next"
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
      </div>
      {found.length > 0 && (
        <ul class="suggestions" role="list" aria-label="Suggestions">
          {found.map((a) => (
            <li key={a.address}>
              <button
                type="button"
                onPointerDown={(e) => e.preventDefault()}
                onClick={() => {
                  change(distinct([...list, a]), '');
                  input.current?.focus();
                }}
              >
                <bdi>{nameOf(a)}</bdi> {a.name !== '' && <bdi class="mail-address">{a.address}</bdi>}
              </button>
            </li>
          ))}
        </ul>
      )}
      {error !== null && (
        <p class="field-error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
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
