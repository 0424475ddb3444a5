/**
 * Removing messages for good, and these alone.
 *
 * Decision: with UIDPLUS the server is told which. Without it EXPUNGE takes everything that is marked \Deleted, so
 * it is asked first whether anything else is; if so the step is refused, and what another program marked stays
 * recoverable. The check is made again between marking and removing, to leave as small a gap as IMAP allows.
 * Removal is its own check: what is not on the server any more has been removed.
 */
import type { Place } from '../store/records.ts';
import { enter, groupsOf, messageGone, Refusal, setOf, type Bench } from './bench.ts';

const DELETED = '\\Deleted';

/** Removes the messages from the server and drops their rows. */
export async function remove(bench: Bench, places: Place[]): Promise<void> {
  // Rows that left since the first try were removed by it.
  if (places.length === 0 && !bench.again) throw messageGone();
  let kept = 0;
  for (const [mailbox, group] of groupsOf(places)) {
    await enter(bench, mailbox);
    const still = await present(bench, group);
    if (still.length > 0) await expunge(bench, still);
    const left = await present(bench, group);
    kept += left.length;
    bench.doing.drop.push(...group.filter((place) => !left.includes(place)).map((place) => place.id));
    if (left.length > 0) bench.doing.doubt.add(mailbox);
  }
  if (kept > 0) throw new Refusal('server', 'The mail server did not remove all of it.');
}

/** Which of the group are in the selected mailbox. */
export async function present(bench: Bench, group: Place[]): Promise<Place[]> {
  if (group.length === 0) return [];
  const uids = new Set((await bench.session.flags(setOf(group), null)).map((m) => m.uid));
  return group.filter((place) => uids.has(place.uid));
}

/** Expunges the group from the selected mailbox, and nothing else. Throws Refusal `server`. */
export async function expunge(bench: Bench, group: Place[]): Promise<void> {
  const { session } = bench;
  if (!session.has('UIDPLUS')) {
    await alone(bench, group);
    await session.store(setOf(group), [DELETED], []);
    await alone(bench, group).catch(async (error: unknown) => {
      await session.store(setOf(group), [], [DELETED]);
      throw error;
    });
  }
  await session.expunge(setOf(group));
}

/** Throws Refusal unless nothing but the group is marked in the selected mailbox, or the server can tell them apart. */
export async function alone(bench: Bench, group: Place[]): Promise<void> {
  if (bench.session.has('UIDPLUS')) return;
  const ours = new Set(group.map((place) => place.uid));
  if ((await bench.session.deleted()).every((uid) => ours.has(uid))) return;
  throw new Refusal(
    'server',
    'The mail server cannot remove single messages, and others in this mailbox are marked as deleted.',
  );
}
