/**
 * The triage verbs: what each does on the IMAP server, and the check that makes a second try harmless.
 *
 * Decision: every verb answers an outcome and the writes that are its effect; the account lands both together. A
 * verb never trusts its own wish: flags are read back after STORE, places come from COPYUID. MOVE is not
 * idempotent, so a try after the first looks for the mail in the target before it moves anything again.
 */
import type { Outcome, Step } from '../shared/commands.ts';
import type { MailboxRole } from '../shared/mail.ts';
import { ImapRefused } from './imap-answers.ts';
import type { ImapSession } from './imap.ts';
import type { MailboxRecord, Place, Writes } from './store/records.ts';
import type { Store } from './store/store.ts';

export type Triage = Exclude<Step, { verb: 'send' } | { verb: 'withdraw' }>;

export interface Effect {
  outcome: Outcome;
  writes: Writes;
  /** Mailboxes whose content the server may show differently from what `writes` says. */
  doubt: number[];
}

export interface Bench {
  account: string;
  store: Store;
  session: ImapSession;
  /** Looks at the mailbox list again: one was created. */
  relist: () => Promise<void>;
  /** This step may have been carried out before, wholly or in part. */
  again: boolean;
}

/** Carries out one step. Throws ImapDown when the line breaks; every word of the server's becomes an outcome. */
export async function execute(bench: Bench, step: Triage): Promise<Effect> {
  try {
    const places = await placesOf(bench, step.messages);
    if (places.length === 0) return refused('gone', 'The message is not there any more.');
    if (step.verb === 'flag') return await flag(bench, places, step.add, step.remove);
    return await move(bench, places, await targetOf(bench, step));
  } catch (error) {
    if (error instanceof ImapRefused) return refused('server', error.message);
    throw error;
  }
}

function refused(code: 'gone' | 'server', text: string, doubt: number[] = []): Effect {
  return { outcome: { as: 'refused', code, text }, writes: {}, doubt };
}

async function placesOf(bench: Bench, messages: number[]): Promise<Place[]> {
  const places = await Promise.all(messages.map((id) => bench.store.place(bench.account, id)));
  return places.filter((place) => place !== null);
}

async function mailboxById(bench: Bench, id: number): Promise<MailboxRecord> {
  const box = (await bench.store.mailboxes(bench.account)).find((b) => b.id === id && b.selectable);
  if (!box) throw new ImapRefused('There is no such mailbox any more.');
  return box;
}

function targetOf(bench: Bench, step: Exclude<Triage, { verb: 'flag' }>): Promise<MailboxRecord> {
  if (step.verb === 'move') return mailboxById(bench, step.to);
  return step.verb === 'archive'
    ? mailboxFor(bench, 'archive', 'Archive')
    : mailboxFor(bench, 'trash', 'Trash');
}

/** The mailbox of a role, by SPECIAL-USE, else by name; made when there is none. */
async function mailboxFor(bench: Bench, role: MailboxRole, name: string): Promise<MailboxRecord> {
  const find = async () => {
    const boxes = await bench.store.mailboxes(bench.account);
    return (
      boxes.find((b) => b.role === role) ?? boxes.find((b) => b.path.toLowerCase() === name.toLowerCase())
    );
  };
  const there = await find();
  if (there) return there;
  await bench.session.create(name);
  await bench.relist();
  const made = await find();
  if (!made) throw new ImapRefused(`The mail server made no mailbox ${name}.`);
  return made;
}

function byMailbox(places: Place[]): Map<number, Place[]> {
  return Map.groupBy(places, (place) => place.mailbox);
}

const setOf = (places: Place[]) => places.map((place) => place.uid).join(',');

async function enter(bench: Bench, mailbox: number): Promise<MailboxRecord> {
  const box = await mailboxById(bench, mailbox);
  await bench.session.enter(box.path, box.uidvalidity);
  return box;
}

async function flag(bench: Bench, places: Place[], add: string[], remove: string[]): Promise<Effect> {
  const flags: NonNullable<Writes['flags']> = [];
  const doubt: number[] = [];
  for (const [mailbox, group] of byMailbox(places)) {
    await enter(bench, mailbox);
    await bench.session.store(setOf(group), add, remove);
    const now = new Map((await bench.session.flags(setOf(group), null)).map((m) => [m.uid, m.flags]));
    for (const place of group) {
      const seen = now.get(place.uid);
      if (seen) flags.push({ id: place.id, flags: seen });
    }
    if (now.size < group.length) doubt.push(mailbox);
  }
  if (flags.length === 0) return refused('gone', 'The message is not there any more.', doubt);
  return { outcome: { as: 'done' }, writes: { flags }, doubt };
}

async function move(bench: Bench, places: Place[], target: MailboxRecord): Promise<Effect> {
  const moved: NonNullable<Writes['places']> = [];
  const lost: number[] = [];
  const doubt = new Set<number>();
  let there = 0;
  for (const [mailbox, group] of byMailbox(places)) {
    if (mailbox === target.id) {
      there += group.length;
      continue;
    }
    const source = await mailboxById(bench, mailbox);
    const already = bench.again ? await arrived(bench, source, group, target) : new Map<number, number>();
    for (const [id, uid] of already) moved.push({ id, mailbox: target.id, uid });
    const rest = group.filter((place) => !already.has(place.id));
    if (rest.length === 0) continue;
    await bench.session.enter(source.path, source.uidvalidity);
    const map = await bench.session.move(setOf(rest), target.path);
    for (const place of rest) {
      const uid = map.get(place.uid);
      if (uid === undefined) lost.push(place.id);
      else moved.push({ id: place.id, mailbox: target.id, uid });
    }
    if (map.size < rest.length) doubt.add(mailbox).add(target.id);
  }
  if (moved.length + there === 0 && !doubtless(bench, lost))
    return refused('gone', 'The message is not there any more.', [...doubt]);
  // Without UIDPLUS the new places are unknown: the rows go, and the target is read again.
  const drop = bench.session.has('UIDPLUS') ? [] : lost;
  return { outcome: { as: 'done' }, writes: { places: moved, drop }, doubt: [...doubt] };
}

/** Whether messages without a new place were moved all the same: yes where the server never tells places. */
function doubtless(bench: Bench, lost: number[]): boolean {
  return lost.length > 0 && !bench.session.has('UIDPLUS');
}

/**
 * The check of MOVE: which of `group` a broken-off try already brought into `target`. Looks for those that are no
 * longer in the source among the target's messages we have not mirrored. Answers message id → UID in the target.
 */
async function arrived(
  bench: Bench,
  source: MailboxRecord,
  group: Place[],
  target: MailboxRecord,
): Promise<Map<number, number>> {
  await bench.session.enter(source.path, source.uidvalidity);
  const still = new Set((await bench.session.flags(setOf(group), null)).map((m) => m.uid));
  const missing = group.filter((place) => !still.has(place.uid));
  const found = new Map<number, number>();
  if (missing.length === 0) return found;
  const selected = await bench.session.select(target.path);
  const from = selected.uidvalidity === target.uidvalidity ? target.uidnext : 1;
  const fresh = (await bench.session.rows(`${from}:*`, true)).filter((m) => m.uid >= from);
  for (const place of missing) {
    const match = fresh.find(
      (m) =>
        m.size === place.size &&
        (place.messageId ? m.messageId === place.messageId : m.date === place.date) &&
        ![...found.values()].includes(m.uid),
    );
    if (match) found.set(place.id, match.uid);
  }
  return found;
}
