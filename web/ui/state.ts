/**
 * What the screens read: signals, and the one listener to the engine.
 *
 * Decision: the engine's maps are live, so they are never copied. Each kind of change has a counter; a computed
 * value reads the counter and then the map. Screens read these values and call `actions.ts`; they set none.
 */
import { batch, computed, signal, type Signal } from '@preact/signals';
import { namedMessages } from '../../shared/commands.ts';
import type { Mailbox, Message } from '../../shared/mail.ts';
import type { AccountStatus, SessionInfo } from '../../shared/protocol.ts';
import type { AccountMirror, Change, Draft, Engine, LinkState, Pending } from '../engine/engine.ts';
import { roleMailbox, shownMailboxes, shownMessage, shownMessages } from '../engine/view.ts';
import { HOME, type Place, type Route } from './route.ts';

let held: Engine | null = null;

const told: Record<Change, Signal<number>> = {
  session: signal(0),
  rows: signal(0),
  pending: signal(0),
  link: signal(0),
  bodies: signal(0),
  drafts: signal(0),
};

/** The engine the page was started with. */
export function engine(): Engine {
  if (held === null) throw new Error('the engine is not open yet');
  return held;
}

/** Starts reading from `opened`. Called once, before the first screen. */
export function attend(opened: Engine): void {
  held = opened;
  opened.listen((changes) => {
    batch(() => {
      for (const change of changes) told[change].value += 1;
    });
  });
}

/** Where the person is. Set by `history.ts` alone. */
export const route = signal<Route>(HOME);
/** The mail place last seen: what lies beside a composer at a desk. Set by `history.ts` alone. */
export const mailPlace = signal<Extract<Place, { at: 'mail' }>>({ at: 'mail', mailbox: null, message: null });
/** True from 840 px: list and reader stand side by side. Set by `wake.ts` alone. */
export const wide = signal(false);
/** The device's clock, milliseconds since 1970, a tick every half minute. Set by `wake.ts` alone. */
export const now = signal(Date.now());
/** The message the keyboard stands on in the list. Set by `actions.ts` alone. */
export const cursor = signal<number | null>(null);

export const session = computed<SessionInfo | null>(() => {
  void told.session.value;
  return engine().session;
});

export const link = computed<LinkState>(() => {
  void told.link.value;
  return engine().link;
});

/** True when this device holds an account, signed in or not. */
export const hasAccount = computed(() => {
  void told.session.value;
  void told.rows.value;
  return engine().accounts.size > 0;
});

export const pending = computed<readonly Pending[]>(() => {
  void told.pending.value;
  return engine().pending;
});

/** Drafts on this device, latest first. */
export const drafts = computed<Draft[]>(() => {
  void told.drafts.value;
  return [...engine().drafts.values()].toSorted((a, b) => b.savedAt - a.savedAt);
});

/** The account that owns what is on screen. The object is live: read `told` changes by way of other values here. */
export function account(): AccountMirror | null {
  void told.rows.value;
  void told.session.value;
  const all = [...engine().accounts.values()];
  const id = mailPlace.value.mailbox;
  return all.find((a) => id !== null && a.mailboxes.has(id)) ?? all[0] ?? null;
}

/** State of the bridge's own line to the mail server. */
export const status = computed<AccountStatus | null>(() => {
  void told.link.value;
  return account()?.status ?? null;
});

/** First sync of this device: rows here and rows in all, or null when it holds everything. */
export const filling = computed<{ here: number; of: number } | null>(() => {
  void told.link.value;
  const mirror = account();
  if (mirror === null) return null;
  const here = mirror.messages.size;
  const left = mirror.filling ?? 0;
  const mirroring = mirror.status === null ? 0 : mirror.status.of - mirror.status.mirrored;
  if (left === 0 && (mirroring <= 0 || here >= (mirror.status?.of ?? 0))) return null;
  return { here, of: Math.max(here + left, mirror.status?.of ?? 0) };
});

export const mailboxes = computed<Mailbox[]>(() => {
  const mirror = account();
  return mirror === null ? [] : shownMailboxes(mirror, pending.value);
});

/** The mailbox whose list is shown. */
export const mailbox = computed<Mailbox | null>(() => {
  const mirror = account();
  if (mirror === null) return null;
  const id = mailPlace.value.mailbox ?? roleMailbox(mirror, 'inbox')?.id;
  return mailboxes.value.find((m) => m.id === id) ?? null;
});

/** The list, newest first, with what is pending laid over it. */
export const listed = computed<Message[]>(() => {
  const mirror = account();
  const at = mailbox.value;
  return mirror === null || at === null ? [] : shownMessages(mirror, pending.value, at.id);
});

/** The message that is open, or null. */
export const opened = computed<Message | null>(() => {
  const mirror = account();
  const id = mailPlace.value.message;
  return mirror === null || id === null ? null : (shownMessage(mirror, pending.value, id) ?? null);
});

/** Ids of messages with something pending. */
export const pendingMessages = computed<Set<number>>(() => {
  const ids = new Set<number>();
  for (const { call, state } of pending.value) {
    if (state === 'refused' || state === 'unsure') continue;
    for (const step of call.steps) for (const id of namedMessages(call.steps, step)) ids.add(id);
  }
  return ids;
});

/** How many pending calls deserve a person's eye: sends, refusals, and all of them while there is no network. */
export const waiting = computed<number>(() => {
  const quiet = link.value.is === 'live';
  return pending.value.filter(
    (p) =>
      !quiet || p.state === 'refused' || p.state === 'unsure' || p.call.steps.some((s) => s.verb === 'send'),
  ).length;
});
