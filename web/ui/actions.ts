/**
 * What a tap means: a few lines each, always a call to the engine or a step of history.
 *
 * Decision: an action never edits what is shown. It adds a call, with the inverse beside it for "Undo", and the
 * screen follows from the fold. If the call cannot be kept on this device, the person is told.
 */
import type { Step } from '../../shared/commands.ts';
import { FLAGGED, SEEN, type Message } from '../../shared/mail.ts';
import { HOME, type Sheet } from './route.ts';
import { back, go } from './history.ts';
import { account, cursor, engine, listed, mailbox, mailPlace, opened, route, wide } from './state.ts';
import { say } from './toasts.ts';

/** Runs what the engine must make durable, and says so if it could not. */
export async function keep<T>(work: Promise<T>, done?: (value: T) => void): Promise<void> {
  try {
    const value = await work;
    done?.(value);
  } catch (error) {
    say(`This could not be kept on the device: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function ask(steps: Step[], undo: Step[], text: string | null): void {
  const mirror = account();
  if (mirror === null) return;
  void keep(engine().act(mirror.id, steps, undo), (id) => {
    if (text !== null) say(text, { label: 'Undo', press: () => void keep(engine().undo(id)) });
  });
}

/** Opens a message of the shown list. At a desk it takes the place of the one that was open. */
export function openMessage(message: Message): void {
  cursor.value = message.id;
  const at = {
    ...HOME,
    at: 'mail',
    mailbox: mailbox.value?.id ?? message.mailbox,
    message: message.id,
  } as const;
  go(at, mailPlace.value.message !== null && route.value.at === 'mail' ? 'replace' : 'push');
}

/** Opens a mailbox. On a phone it takes the place of the sheet it was chosen from. */
export function openMailbox(id: number): void {
  go(
    { at: 'mail', mailbox: id, message: null, sheet: null },
    route.value.sheet === null ? 'push' : 'replace',
  );
}

export function openSheet(sheet: Sheet): void {
  go({ ...route.value, sheet });
}

/** Moves on from a message that leaves the list: the next one at a desk, the list on a phone. */
function leave(message: Message): void {
  if (mailPlace.value.message !== message.id || route.value.at !== 'mail') return;
  const next = neighbour(message.id, 1) ?? neighbour(message.id, -1);
  if (wide.value && next !== null) openMessage(next);
  else back();
}

/** The row `by` places after `id` in the shown list, or null. */
export function neighbour(id: number | null, by: number): Message | null {
  const rows = listed.value;
  const at = rows.findIndex((m) => m.id === id);
  if (at < 0) return rows[0] ?? null;
  return rows[at + by] ?? null;
}

/** Moves the keyboard's place in the list, and the open message with it. */
export function step(by: number): void {
  const next = neighbour(opened.value?.id ?? cursor.value, by);
  if (next === null) return;
  if (opened.value === null) cursor.value = next.id;
  else openMessage(next);
}

/** Whether archiving would change anything: not in Archive itself. */
export function canArchive(): boolean {
  return mailbox.value?.role !== 'archive';
}

/** Whether deleting would change anything: not in Trash itself. */
export function canTrash(): boolean {
  return mailbox.value?.role !== 'trash';
}

export function archive(message: Message): void {
  if (!canArchive()) return;
  leave(message);
  const messages = [message.id];
  ask([{ verb: 'archive', messages }], [{ verb: 'move', messages, to: message.mailbox }], 'Archived');
}

export function trash(message: Message): void {
  if (!canTrash()) return;
  leave(message);
  const messages = [message.id];
  ask([{ verb: 'trash', messages }], [{ verb: 'move', messages, to: message.mailbox }], 'Deleted');
}

/** Back to the inbox, from Archive, Trash or Junk. */
export function restore(message: Message, inbox: number): void {
  leave(message);
  const messages = [message.id];
  ask(
    [{ verb: 'move', messages, to: inbox }],
    [{ verb: 'move', messages, to: message.mailbox }],
    'Moved to Inbox',
  );
}

function flag(message: Message, name: string, on: boolean): void {
  const messages = [message.id];
  const yes: Step = { verb: 'flag', messages, add: [name], remove: [] };
  const no: Step = { verb: 'flag', messages, add: [], remove: [name] };
  ask([on ? yes : no], [on ? no : yes], null);
}

export function markRead(message: Message): void {
  if (!message.flags.includes(SEEN)) flag(message, SEEN, true);
}

export function markUnread(message: Message): void {
  if (message.flags.includes(SEEN)) flag(message, SEEN, false);
}

export function toggleStar(message: Message): void {
  flag(message, FLAGGED, !message.flags.includes(FLAGGED));
}

/** Asks the bridge to look at the mail server now. */
export function refresh(): void {
  const mirror = account();
  engine().kick();
  if (mirror !== null) engine().refresh(mirror.id, mailbox.value?.id ?? null);
}

/** Opens the sign-in form over the mail on this device, which stays. */
export function signInAgain(): void {
  go({ at: 'sign-in', sheet: null });
}
