/**
 * Moving: `move`, `archive`, `trash`, `junk`, `notjunk`.
 *
 * Decision: places come from COPYUID; where the server does not tell them they are looked for, so ids survive on
 * every server. MOVE is not idempotent, so a try after the first looks in the target before it moves anything
 * again. Without MOVE (RFC 6851) a message is copied and then removed; a try that broke off between the two
 * finds the copy and only removes.
 */
import type { MailboxRole } from '../../shared/mail.ts';
import { ImapRefused } from '../imap-answers.ts';
import type { MailboxRecord, Place } from '../store/records.ts';
import { Arrivals } from './arrived.ts';
import { enter, groupsOf, messageGone, Refusal, setOf, type Bench } from './bench.ts';
import { storeFlags } from './flag.ts';
import { alone, expunge, present } from './remove.ts';

export interface Keywords {
  add: string;
  remove: string;
}

/** UIDNEXT of the target, where a later look at it has to know what came since. Selects it. */
export async function markOf(bench: Bench, target: MailboxRecord) {
  const { uidvalidity, uidnext } = await bench.session.select(target.path);
  return { uidvalidity, uidnext };
}

/** Whether a move needs `markOf`. */
export function needsMark({ session }: Bench): boolean {
  return !session.has('MOVE') || !session.has('UIDPLUS');
}

/** Moves the messages and gives their rows the new places. `keywords` are set before, where the server keeps them. */
export async function move(
  bench: Bench,
  places: Place[],
  target: MailboxRecord,
  keywords: Keywords | null,
): Promise<void> {
  if (!target.selectable) throw new Refusal('invalid', 'This mailbox cannot hold messages.');
  const { doing } = bench;
  const arrivals = new Arrivals(bench, target);
  let done = 0;
  for (const [mailbox, group] of groupsOf(places)) {
    if (mailbox === target.id) {
      done += group.length;
      continue;
    }
    const moved = new Map<number, number>();
    try {
      done += await moveGroup(bench, group, arrivals, { target, keywords, moved });
    } catch (error) {
      doing.doubt.add(mailbox).add(target.id);
      throw error;
    } finally {
      for (const [id, uid] of moved) doing.places.push({ id, mailbox: target.id, uid });
    }
    const lost = group.filter((place) => !moved.has(place.id));
    if (lost.length > 0) doing.doubt.add(mailbox).add(target.id);
    // Moved to a place that cannot be found: the target is read again, and the mail is a new row there.
    if (!bench.session.has('UIDPLUS')) doing.drop.push(...lost.map((place) => place.id));
  }
  if (done === 0) throw messageGone();
}

interface Way {
  target: MailboxRecord;
  keywords: Keywords | null;
  /** Message id → UID in the target; filled as far as it gets. */
  moved: Map<number, number>;
}

/** Answers how many messages this try or an earlier one moved. */
async function moveGroup(
  bench: Bench,
  group: Place[],
  arrivals: Arrivals,
  { target, keywords, moved }: Way,
): Promise<number> {
  const { session, again } = bench;
  const source = group[0]!.mailbox;
  await enter(bench, source);
  const whole = session.has('MOVE');
  const told = whole && session.has('UIDPLUS');
  const still = told && !again ? group : await present(bench, group);
  if (again) {
    for (const [id, uid] of await arrivals.of(whole ? group.filter((p) => !still.includes(p)) : group))
      moved.set(id, uid);
    await enter(bench, source);
    const half = still.filter((place) => moved.has(place.id));
    if (half.length > 0) await expunge(bench, half);
  }
  const rest = still.filter((place) => !moved.has(place.id));
  if (rest.length === 0) return moved.size;
  if (keywords && session.keeps(keywords.add))
    await storeFlags(bench, rest, [keywords.add], [keywords.remove]);
  const before = moved.size;
  const map = await carry(bench, rest, target, whole);
  for (const place of rest) {
    const uid = map.get(place.uid);
    if (uid !== undefined) arrivals.take(place.id, uid, moved);
  }
  if (told) return moved.size;
  const unknown = rest.filter((place) => !moved.has(place.id));
  for (const [id, uid] of await arrivals.of(unknown)) moved.set(id, uid);
  return before + rest.length;
}

/** Moves a group of the selected mailbox. Answers source UID → target UID, as far as the server tells. */
async function carry(
  bench: Bench,
  group: Place[],
  target: MailboxRecord,
  whole: boolean,
): Promise<Map<number, number>> {
  if (whole) return bench.session.move(setOf(group), target.path);
  await alone(bench, group);
  const map = await bench.session.copy(setOf(group), target.path);
  await expunge(bench, group);
  return map;
}

/** The mailbox of a role, by SPECIAL-USE, else by name; made when there is none. */
export async function mailboxFor(bench: Bench, role: MailboxRole, name: string): Promise<MailboxRecord> {
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
