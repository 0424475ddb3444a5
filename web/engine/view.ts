/**
 * What is shown: facts with pending calls laid over them. Pure.
 *
 * Decision: optimism is a fold at reading time and never touches a row. Taking a change back is dropping its call;
 * there is no undo code. The fold is an overlay by message id, made once for each list of pending calls, and the
 * facts are sorted once for each version of the mirror; a row nobody touched comes out as the very same object, so
 * a list of 20 000 repaints only what changed.
 */
import { namedMessages, type Step } from '../../shared/commands.ts';
import { SEEN, type Mailbox, type MailboxRole, type Message } from '../../shared/mail.ts';
import { unsettled, type AccountMirror, type Pending } from './model.ts';

/** Where a message is shown to be: an id, a role still to be looked up, nowhere, or undefined for where the facts say. */
type Place = number | 'archive' | 'trash' | 'junk' | 'inbox' | null | undefined;

interface Patch {
  to: Place;
  /** Flag → set or cleared. */
  flags: Map<string, boolean>;
}

interface Sorted {
  version: number;
  list: Message[];
}

/** Message id → what is pending for it, in the order of the calls. */
type Overlay = Map<number, Patch>;

const NOTHING: Overlay = new Map();
const overlays = new WeakMap<readonly Pending[], Map<string, Overlay>>();
const shown = new WeakMap<Patch, { fact: Message; mailbox: number | null; row: Message }>();
const sorted = new WeakMap<AccountMirror, Map<number, Sorted>>();

/** Calls whose withdrawal is itself pending: the person took them back, so they are not shown. */
function takenBack(pending: readonly Pending[]): Set<string> {
  const ids = new Set<string>();
  for (const one of pending.filter(unsettled)) {
    for (const step of one.call.steps) if (step.verb === 'withdraw') ids.add(step.call);
  }
  return ids;
}

function lay(overlay: Overlay, { call }: Pending): void {
  for (const step of call.steps) {
    // What only the bridge can name (a search, a mailbox still to be made) is not shown before it is done.
    for (const id of namedMessages(call.steps, step)) {
      const patch = overlay.get(id) ?? { to: undefined, flags: new Map() };
      overlay.set(id, patch);
      layStep(patch, step);
    }
  }
}

function layStep(patch: Patch, step: Step): void {
  switch (step.verb) {
    case 'flag':
      for (const flag of step.add) patch.flags.set(flag, true);
      for (const flag of step.remove) patch.flags.set(flag, false);
      break;
    case 'move':
      if (typeof step.to === 'number') patch.to = step.to;
      break;
    case 'archive':
    case 'trash':
    case 'junk':
      patch.to = step.verb;
      break;
    case 'notjunk':
      patch.to = 'inbox';
      break;
    case 'delete':
      patch.to = null;
      break;
    default: // A copy leaves the mail where it is; other verbs name no messages.
  }
}

function overlayOf(pending: readonly Pending[], account: string): Overlay {
  let all = overlays.get(pending);
  if (all === undefined) {
    all = new Map();
    const back = takenBack(pending);
    for (const one of pending) {
      if (!unsettled(one) || back.has(one.call.id)) continue;
      const overlay = all.get(one.call.account) ?? new Map<number, Patch>();
      all.set(one.call.account, overlay);
      lay(overlay, one);
    }
    overlays.set(pending, all);
  }
  return all.get(account) ?? NOTHING;
}

/** The mailbox a patched message is shown in; null: in none, or its archive or trash is not known yet. */
function placeOf(mirror: AccountMirror, fact: Message, patch: Patch): number | null {
  if (patch.to === undefined) return fact.mailbox;
  if (patch.to === null || typeof patch.to === 'number') return patch.to;
  return roleMailbox(mirror, patch.to)?.id ?? null;
}

function flagsOf(fact: Message, patch: Patch): string[] {
  const same = [...patch.flags].every(([flag, on]) => fact.flags.includes(flag) === on);
  if (same) return fact.flags;
  const flags = new Set(fact.flags);
  for (const [flag, on] of patch.flags)
    if (on) flags.add(flag);
    else flags.delete(flag);
  return [...flags].sort();
}

/** One row with its patch; null where it is shown in no mailbox. The fact itself where the patch changes nothing. */
function patched(mirror: AccountMirror, fact: Message, patch: Patch): Message | null {
  const mailbox = placeOf(mirror, fact, patch);
  if (mailbox === null) return null;
  const before = shown.get(patch);
  if (before?.fact === fact && before.mailbox === mailbox) return before.row;
  const flags = flagsOf(fact, patch);
  const row = mailbox === fact.mailbox && flags === fact.flags ? fact : { ...fact, mailbox, flags };
  shown.set(patch, { fact, mailbox, row });
  return row;
}

/** Newest first; the higher id first within one millisecond. */
function byDate(a: Message, b: Message): number {
  return b.date - a.date || b.id - a.id;
}

/**
 * The facts of one mailbox, newest first, given its list of before: what is still there is in order already, so
 * sorting it again with a few new rows is one pass.
 */
function sortFacts(mirror: AccountMirror, mailbox: number, before: Message[]): Message[] {
  const list: Message[] = [];
  const known = new Set<number>();
  for (const old of before) {
    const row = mirror.messages.get(old.id);
    if (row?.mailbox !== mailbox) continue;
    list.push(row);
    known.add(row.id);
  }
  for (const row of mirror.messages.values()) {
    if (row.mailbox === mailbox && !known.has(row.id)) list.push(row);
  }
  return list.sort(byDate);
}

/** The facts of one mailbox, sorted. Kept until the mirror's version changes, and then still of use. */
function sortedFacts(mirror: AccountMirror, mailbox: number): Message[] {
  const lists = sorted.get(mirror) ?? new Map<number, Sorted>();
  sorted.set(mirror, lists);
  const before = lists.get(mailbox);
  if (before?.version === mirror.version) return before.list;
  const list = sortFacts(mirror, mailbox, before?.list ?? []);
  lists.set(mailbox, { version: mirror.version, list });
  return list;
}

/**
 * The rows of one mailbox as the person should see them: newest first (date, then id, falling).
 * The array must not be changed; it is the same array while neither facts nor overlay touch this mailbox.
 */
export function shownMessages(
  mirror: AccountMirror,
  pending: readonly Pending[],
  mailbox: number,
): Message[] {
  const facts = sortedFacts(mirror, mailbox);
  const overlay = overlayOf(pending, mirror.id);
  const changed = new Map<number, Message | null>();
  const arrived: Message[] = [];
  for (const [id, patch] of overlay) {
    const fact = mirror.messages.get(id);
    if (fact === undefined) continue;
    const row = patched(mirror, fact, patch);
    if (fact.mailbox === mailbox && row !== fact) changed.set(id, row?.mailbox === mailbox ? row : null);
    else if (fact.mailbox !== mailbox && row?.mailbox === mailbox) arrived.push(row);
  }
  if (changed.size === 0 && arrived.length === 0) return facts;
  const rows: Message[] = [];
  for (const fact of facts) {
    const row = changed.get(fact.id);
    if (row !== null) rows.push(row ?? fact);
  }
  return arrived.length === 0 ? rows : [...rows, ...arrived].sort(byDate);
}

/** One message as the person should see it; undefined when this device does not hold its row. */
export function shownMessage(
  mirror: AccountMirror,
  pending: readonly Pending[],
  id: number,
): Message | undefined {
  const fact = mirror.messages.get(id);
  const patch = overlayOf(pending, mirror.id).get(id);
  if (fact === undefined || patch === undefined) return fact;
  return patched(mirror, fact, patch) ?? { ...fact, flags: flagsOf(fact, patch) };
}

/** True when something is pending for this message: it should look so. */
export function pendingOf(pending: readonly Pending[], message: number, account?: string): boolean {
  if (account !== undefined) return overlayOf(pending, account).has(message);
  return pending.some((one) => overlayOf(pending, one.call.account).has(message));
}

/** The mailbox that has this role; the one with the lowest id where a server names several. */
export function roleMailbox(mirror: AccountMirror, role: MailboxRole): Mailbox | undefined {
  let found: Mailbox | undefined;
  for (const mailbox of mirror.mailboxes.values()) {
    if (mailbox.role === role && (found === undefined || mailbox.id < found.id)) found = mailbox;
  }
  return found;
}

/** How pending calls change the counts of each mailbox: [total, unread] to add. */
function countChanges(mirror: AccountMirror, pending: readonly Pending[]): Map<number, [number, number]> {
  const changes = new Map<number, [number, number]>();
  const add = (mailbox: number, row: Message, sign: 1 | -1): void => {
    const [total, unread] = changes.get(mailbox) ?? [0, 0];
    changes.set(mailbox, [total + sign, unread + (row.flags.includes(SEEN) ? 0 : sign)]);
  };
  for (const [id, patch] of overlayOf(pending, mirror.id)) {
    const fact = mirror.messages.get(id);
    if (fact === undefined) continue;
    const row = patched(mirror, fact, patch);
    if (row === fact) continue;
    add(fact.mailbox, fact, -1);
    if (row !== null) add(row.mailbox, row, 1);
  }
  return changes;
}

const ROLES: (MailboxRole | null)[] = [
  'inbox',
  'drafts',
  'sent',
  'archive',
  'junk',
  'trash',
  'all',
  'flagged',
];
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

function byPlace(a: Mailbox, b: Mailbox): number {
  const rank = (m: Mailbox): number => (m.role === null ? ROLES.length : ROLES.indexOf(m.role));
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  const [left, right] = [a, b].map((m) => (m.delimiter === '' ? [m.name] : m.name.split(m.delimiter)));
  for (const [at, level] of (left ?? []).entries()) {
    const other = right?.[at];
    if (other === undefined) return 1;
    const order = collator.compare(level, other);
    if (order !== 0) return order;
  }
  return (left?.length ?? 0) - (right?.length ?? 0) || a.id - b.id;
}

/**
 * The mailboxes as the person should see them: inbox, then special uses in a fixed order, then by name, level by
 * level. `total` and `unread` count pending calls in; a mailbox they do not touch is the very same object.
 */
export function shownMailboxes(mirror: AccountMirror, pending: readonly Pending[]): Mailbox[] {
  const changes = countChanges(mirror, pending);
  const rows = [...mirror.mailboxes.values()].map((mailbox) => {
    const [total, unread] = changes.get(mailbox.id) ?? [0, 0];
    if (total === 0 && unread === 0) return mailbox;
    return {
      ...mailbox,
      total: Math.max(0, mailbox.total + total),
      unread: Math.max(0, mailbox.unread + unread),
    };
  });
  return rows.sort(byPlace);
}
