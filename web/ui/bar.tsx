/**
 * The connection bar.
 *
 * Decision: it speaks after two seconds of trouble, so a short gap stays unseen, and goes at once when all is well.
 * What needs the person (sign in, reload) is said without waiting.
 */
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { refresh, signInAgain } from './actions.ts';
import { hasAccount, link, route, status } from './state.ts';
import { troubleOf, type Trouble } from './trouble.ts';
import { reloadForUpdate } from './update.ts';

const PATIENCE = 2000;

export function Bar() {
  const shown = useTrouble();
  return (
    <div class="bar-place">
      <p class="unseen" role="status">
        {shown === null || shown.kind === 'unreachable' ? announced(shown) : shown.text}
      </p>
      {shown !== null && (
        <div class="bar" data-kind={shown.kind}>
          <span>{shown.text}</span>
          {shown.button !== null && (
            <button type="button" onClick={() => act(shown.button!.does)}>
              {shown.button.label}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

/** The trouble to show now, once patience has run out. */
function useTrouble(): Trouble | null {
  const clock = useSignal(Date.now());
  const patient = useSignal(true);
  const all = troubleOf(link.value, status.value, clock.value);
  const atDoor = route.value.at === 'sign-in' || !hasAccount.value;
  const trouble = atDoor && all?.button?.does === 'sign-in' ? null : all;
  const kind = trouble?.kind ?? null;
  const troubled = kind !== null;
  useEffect(() => {
    if (!troubled) return undefined;
    const timer = setTimeout(() => (patient.value = false), PATIENCE);
    return () => {
      clearTimeout(timer);
      patient.value = true;
    };
  }, [troubled]);
  useEffect(() => {
    if (kind !== 'unreachable') return undefined;
    clock.value = Date.now();
    const timer = setInterval(() => (clock.value = Date.now()), 1000);
    return () => clearInterval(timer);
  }, [kind]);
  const urgent = kind === 'outdated' || kind === 'signed-out' || kind === 'refused';
  return urgent || !patient.value ? trouble : null;
}

/** The countdown is for the eye; the ear hears the state once. */
function announced(trouble: Trouble | null): string {
  return trouble === null ? '' : 'Mail server not reachable, trying again.';
}

function act(does: 'retry' | 'sign-in' | 'reload'): void {
  if (does === 'retry') refresh();
  else if (does === 'sign-in') signInAgain();
  else void reloadForUpdate();
}
