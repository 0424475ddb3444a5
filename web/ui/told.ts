/**
 * Ends that need a word but no screen: a refused filing or flag.
 *
 * Decision: "that mail is gone" is said once, quietly, and put away; any other refusal is said once and stays in the
 * outbox until it is dismissed. Refused and unsure sends point to the outbox.
 */
import { effect } from '@preact/signals';
import type { Pending } from '../engine/engine.ts';
import { keep } from './actions.ts';
import { go } from './history.ts';
import { tell } from './pending-words.ts';
import { engine, pending, route } from './state.ts';
import { say } from './toasts.ts';

const seen = new Set<string>();

/** Watches the outbox for ends to tell. Those already there at start are in the outbox and not told again. */
export function startTelling(): void {
  for (const one of pending.peek()) if (isEnd(one)) seen.add(one.call.id);
  effect(() => {
    for (const one of pending.value) {
      if (!isEnd(one) || seen.has(one.call.id)) continue;
      seen.add(one.call.id);
      queueMicrotask(() => announce(one));
    }
  });
}

function isEnd(one: Pending): boolean {
  return one.state === 'refused' || one.state === 'unsure';
}

function isGone(one: Pending): boolean {
  return one.outcomes.length > 0 && one.outcomes.every((o) => o.as !== 'refused' || o.code === 'gone');
}

function announce(one: Pending): void {
  const isSend = one.call.steps.some((s) => s.verb === 'send');
  if (one.state === 'refused' && !isSend && isGone(one)) {
    say('That mail is no longer on the server.');
    void keep(engine().dismiss(one.call.id));
    return;
  }
  if (route.peek().at === 'outbox') return;
  const { what } = tell(one, engine().accounts.get(one.call.account) ?? null);
  const look = { label: 'Outbox', press: () => go({ at: 'outbox', sheet: null }) };
  say(one.state === 'unsure' ? notCertain(what) : notDone(what), look);
}

const notDone = (what: string) => `Not done: ${what}`;
const notCertain = (what: string) => `Not certain, please look: ${what}`;
