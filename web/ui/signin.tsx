/**
 * The door: address and password, or the demo.
 *
 * Decision: a real form with the names password managers look for. Errors stand where they belong and say who
 * refused: we, the network, or the mail server, and what to try. A bridge without a mail server says what its
 * operator must set, rather than offering a form that cannot work.
 */
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { enter } from './enter.ts';
import { Icon } from './icons.tsx';
import { back } from './history.ts';
import { account, hasAccount, session } from './state.ts';

/** What is being waited for. */
type Busy = 'form' | 'demo' | null;

export function SignInScreen() {
  const busy = useSignal<Busy>(null);
  const error = useSignal('');
  const info = session.value;
  const submit = async (what: Parameters<typeof enter>[0], which: 'form' | 'demo') => {
    busy.value = which;
    error.value = '';
    error.value = (await enter(what)) ?? '';
    busy.value = null;
  };
  return (
    <main class="door">
      <div class="door-card">
        <img class="door-sign" src="/icons/icon.svg" alt="" width="72" height="72" />
        <h1>Pimento</h1>
        <p class="door-word">Your mail, at once, with or without a network.</p>
        {info?.demo === true && (
          <TryDemo
            busy={busy.value}
            alone={info.server === null}
            press={() => void submit({ demo: true }, 'demo')}
          />
        )}
        {info !== null && info.server === null && <NoServer demo={info.demo} />}
        {info?.server !== null && (
          <Form busy={busy.value} submit={(e, p) => void submit({ email: e, password: p }, 'form')} />
        )}
        {error.value !== '' && (
          <p class="door-error" role="alert">
            {error.value}
          </p>
        )}
        {hasAccount.value && (
          <button type="button" class="button plain wide" onClick={back}>
            Back to mail on this device
          </button>
        )}
      </div>
    </main>
  );
}

interface DemoProps {
  busy: Busy;
  /** The one thing that can be done here. */
  alone: boolean;
  press: () => void;
}

function TryDemo({ busy, alone, press }: DemoProps) {
  return (
    <button
      type="button"
      class={`button wide ${alone ? 'primary' : ''}`}
      disabled={busy !== null}
      onClick={press}
    >
      {busy === 'demo' ? 'Opening the demo…' : 'Try the demo'}
    </button>
  );
}

/** What the operator must set, to be copied as it stands. */
function NoServer({ demo }: { demo: boolean }) {
  return (
    <div class="door-note">
      <p>
        {demo
          ? 'For your own mail, start Pimento with these two set to your mail server:'
          : 'No mail server is set yet. Start Pimento with these two set to yours:'}
      </p>
      <code>PIMENTO_IMAP=imaps://mail.example.org:993</code>
      <code>PIMENTO_SMTP=smtps://mail.example.org:465</code>
    </div>
  );
}

interface FormProps {
  busy: Busy;
  submit: (email: string, password: string) => void;
}

function Form({ busy, submit }: FormProps) {
  const email = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const server = session.value?.server ?? null;
  // Who signs in again is known: only the password is missing.
  const known = account()?.address ?? '';
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) (known === '' ? email : password).current?.focus();
  }, []);
  return (
    <form
      method="post"
      action="/"
      class="door-form"
      onSubmit={(e) => {
        e.preventDefault();
        submit(email.current!.value.trim(), password.current!.value);
      }}
    >
      {server !== null && <p class="door-server">Mail server: {server}</p>}
      <label>
        Email
        <input
          ref={email}
          defaultValue={known}
          name="email"
          type="email"
          required
          autocomplete="username"
          autocapitalize="off"
          spellcheck={false}
          inputMode="email"
          enterkeyhint="next"
        />
      </label>
      <Password field={password} />
      <button type="submit" class="button primary wide" disabled={busy !== null}>
        {busy === 'form' ? 'Signing in…' : 'Sign in'}
      </button>
    </form>
  );
}

/** The password, which can be shown: long ones are hard to type blind. */
function Password({ field }: { field: RefObject<HTMLInputElement | null> }) {
  const shown = useSignal(false);
  return (
    <div class="field">
      <label for="password">Password</label>
      <span class="with-button">
        <input
          id="password"
          ref={field}
          name="password"
          {...(shown.value ? { type: 'text' } : { type: 'password' })}
          required
          autocomplete="current-password"
          autocapitalize="off"
          spellcheck={false}
          enterkeyhint="go"
        />
        <button
          type="button"
          aria-label="Show password"
          aria-pressed={shown.value}
          onClick={() => (shown.value = !shown.value)}
        >
          <Icon name="eye" />
          <span>{shown.value ? 'Hide' : 'Show'}</span>
        </button>
      </span>
    </div>
  );
}
