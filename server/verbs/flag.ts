/**
 * Flags: `flag`, `markRead`, and the keywords of junk.
 *
 * Decision: a verb never trusts its own wish: flags are read back after STORE. A second try does no harm. Marking a
 * mailbox read goes by what the server says is unread, so it also covers what is not mirrored yet; mail that came
 * after the bridge last looked was shown to nobody and stays unread.
 */
import { SEEN } from '../../shared/mail.ts';
import type { Place } from '../store/records.ts';
import { enter, groupsOf, messageGone, setOf, type Bench } from './bench.ts';

const SLICE = 500;

export async function flag(bench: Bench, places: Place[], add: string[], remove: string[]): Promise<void> {
  for (const [mailbox, group] of groupsOf(places)) {
    await enter(bench, mailbox);
    await storeFlags(bench, group, add, remove);
  }
  if (bench.doing.flags.length === 0) throw messageGone();
}

/** Changes flags of a group in the selected mailbox, and reads them back. */
export async function storeFlags(
  bench: Bench,
  group: Place[],
  add: string[],
  remove: string[],
): Promise<void> {
  await bench.session.store(setOf(group), add, remove);
  const now = new Map((await bench.session.flags(setOf(group), null)).map((m) => [m.uid, m.flags]));
  for (const place of group) {
    const seen = now.get(place.uid);
    if (seen) bench.doing.flags.push({ id: place.id, flags: seen });
  }
  if (now.size < group.length) bench.doing.doubt.add(group[0]!.mailbox);
}

export async function markRead(bench: Bench, mailbox: number): Promise<void> {
  const box = await enter(bench, mailbox);
  const unread = (await bench.session.search({ seen: false })).filter((uid) => uid < box.uidnext);
  for (let at = 0; at < unread.length; at += SLICE) {
    const uids = unread.slice(at, at + SLICE);
    await bench.session.store(uids.join(','), [SEEN], []);
    const now = new Map((await bench.session.flags(uids.join(','), null)).map((m) => [m.uid, m.flags]));
    const places = await bench.store.placesByUid(bench.account, mailbox, uids);
    for (const place of places) {
      const flags = now.get(place.uid);
      if (flags) bench.doing.flags.push({ id: place.id, flags });
    }
  }
  // What is not mirrored counts as unread until the mailbox is looked at.
  if (unread.length > 0) bench.doing.doubt.add(mailbox);
}
