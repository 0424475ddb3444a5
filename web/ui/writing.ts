/**
 * What a tap means where mail is written: begin, reply, send, take back, throw away.
 *
 * Decision: a draft that nobody has typed into is not saved; it lives in `begun` until it is. Sending hands the
 * draft to the engine, which keeps it inside the call; taking it back opens it again only when the bridge has
 * said that nothing was sent.
 */
import { effect, untracked } from '@preact/signals';
import type { Body, Message } from '../../shared/mail.ts';
import type { Draft, Pending } from '../engine/engine.ts';
import { parseRecipients } from './addresses.ts';
import { keep } from './actions.ts';
import { go } from './history.ts';
import { linkDraft, newDraft, replyDraft } from './reply.ts';
import { account, drafts, engine, link, pending, route } from './state.ts';
import { hush, say } from './toasts.ts';
import { mintUuid } from '../engine/mint.ts';

/** Milliseconds in which a send can be taken back. */
export const HOLD = 10_000;

const begun = new Map<string, Draft>();

function open(draft: Draft, how: 'push' | 'replace' = 'push'): void {
  begun.set(draft.id, draft);
  go({ at: 'compose', draft: draft.id, sheet: null }, how);
}

function empty(): Draft | null {
  const mirror = account();
  return mirror === null ? null : newDraft(mintUuid(), mirror.id, Date.now());
}

/** Opens an empty draft. */
export function compose(how: 'push' | 'replace' = 'push'): void {
  const draft = empty();
  if (draft !== null) open(draft, how);
}

/** The draft to show for an id of the address bar; null when there is no account. */
export function draftFor(id: string): Draft | null {
  const mirror = account();
  return (
    engine().drafts.get(id) ?? begun.get(id) ?? (mirror === null ? null : newDraft(id, mirror.id, Date.now()))
  );
}

export function openDraft(draft: Draft): void {
  open(draft);
}

/** Opens what a mailto: link asks for. */
export function composeFromLink(href: string): void {
  const draft = empty();
  if (draft !== null) open(linkDraft(draft, href, (text) => parseRecipients(text).good));
}

/** Opens a reply. Without the text on this device it quotes nothing, and says so. */
export async function reply(message: Message, all: boolean): Promise<void> {
  const draft = empty();
  const mirror = account();
  if (draft === null || mirror === null) return;
  const asked = route.peek();
  const body = await bodyIfHere(mirror.id, message.id);
  const text = body === null ? '' : await wordsOf(body);
  // The person has gone on, or asked twice: nothing opens over what is there now.
  if (route.peek() !== asked) return;
  open(replyDraft(draft, { message, body, text }, mirror.address, all));
  if (body === null) say('The text of that mail is not on this device, so it is not quoted.');
}

async function bodyIfHere(mirror: string, message: number): Promise<Body | null> {
  try {
    return await engine().body(mirror, message);
  } catch (error) {
    console.info('a reply without a quote', error);
    return null;
  }
}

async function wordsOf(body: Body): Promise<string> {
  if (body.text !== null) return body.text;
  if (body.html === null) return '';
  const { htmlToText, isShowable } = await import('./html.ts');
  return isShowable(body.html) ? htmlToText(body.html) : '';
}

/** Whether this device holds the draft already. */
export function isKept(draft: Draft): boolean {
  return engine().drafts.has(draft.id);
}

/** Keeps a draft on this device. */
export async function saveDraft(draft: Draft): Promise<void> {
  begun.set(draft.id, draft);
  await keep(engine().saveDraft(draft));
}

/** Throws a draft away; "Undo" brings it back. */
export function discard(draft: Draft, kept: boolean): void {
  begun.delete(draft.id);
  void keep(engine().deleteDraft(draft.id));
  if (kept)
    say('Draft discarded', { label: 'Undo', press: () => void saveDraft(draft).then(() => open(draft)) });
}

/** Hands a draft over to be sent, with time to take it back. */
export async function send(draft: Draft): Promise<void> {
  await keep(engine().sendDraft(draft, HOLD), (id) => {
    begun.delete(draft.id);
    const live = link.peek().is === 'live';
    say(
      live ? 'Sending' : 'It goes out when there is a network',
      { label: 'Undo', press: () => void takeBack(id) },
      HOLD,
    );
  });
}

/** Takes a send back; its draft opens when the engine has it again, and not before: it might still go out. */
export async function takeBack(id: string): Promise<void> {
  const draft = pending.peek().find((p) => p.call.id === id)?.draft ?? null;
  say('Taking it back…', null, null);
  await keep(engine().withdraw(id), () => draft !== null && reopenWhenBack(id, draft.id));
}

/** Follows a withdrawal to its end, whichever way the bridge decides. */
function reopenWhenBack(call: string, draft: string): void {
  let done = false;
  const stop: { now?: () => void } = {};
  const settle = (act: () => void) => {
    done = true;
    stop.now?.();
    untracked(act);
  };
  stop.now = effect(() => {
    const kept = drafts.value.find((d) => d.id === draft);
    const calls = pending.value;
    if (done) return;
    if (kept !== undefined) settle(() => reopened(kept));
    else if (!calls.some((p) => p.call.id === call))
      settle(() => say('Too late to take it back: it has been sent.'));
  });
  if (done) stop.now();
}

function reopened(draft: Draft): void {
  if (route.peek().at === 'compose') say('Taken back. It is among the drafts on this device.');
  else {
    hush();
    open(draft);
  }
}

/** Opens the draft of a send that was refused, and takes the refused call away. */
export async function editRefused(one: Pending): Promise<void> {
  await keep(engine().reopen(one.call.id), (draft) => draft !== null && open(draft));
}
