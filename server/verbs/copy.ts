/**
 * Copying, with rows for the copies in the same commit as the receipt.
 *
 * Decision: COPY is not idempotent and leaves the source as it was, so a try after the first looks for each
 * message in the target, among what came since the UIDNEXT that went to the disk before the first try. The copy's
 * row is the original's with a new id and place: COPY keeps flags and INTERNALDATE (RFC 9051 §6.4.7). What lies in
 * the target already is not copied onto itself.
 */
import type { MailboxRecord, Place } from '../store/records.ts';
import { Arrivals } from './arrived.ts';
import { enter, groupsOf, messageGone, Refusal, setOf, type Bench } from './bench.ts';

/** Copies the messages. Answers the ids of the copies, and of what lay there already. */
export async function copy(bench: Bench, places: Place[], target: MailboxRecord): Promise<number[]> {
  if (!target.selectable) throw new Refusal('invalid', 'This mailbox cannot hold messages.');
  const arrivals = new Arrivals(bench, target);
  const ids: number[] = [];
  for (const [mailbox, group] of groupsOf(places)) {
    if (mailbox === target.id) {
      ids.push(...group.map((place) => place.id));
      continue;
    }
    const copied = await copyGroup(bench, group, target, arrivals);
    ids.push(...(await rowsFor(bench, group, target, copied)));
    if (copied.size < group.length) bench.doing.doubt.add(mailbox).add(target.id);
  }
  if (ids.length === 0) throw messageGone();
  return ids;
}

/** Message id → UID of its copy, of those that this try or an earlier one copied. */
async function copyGroup(
  bench: Bench,
  group: Place[],
  target: MailboxRecord,
  arrivals: Arrivals,
): Promise<Map<number, number>> {
  const copied = bench.again ? await arrivals.of(group) : new Map<number, number>();
  const rest = group.filter((place) => !copied.has(place.id));
  if (rest.length === 0) return copied;
  await enter(bench, group[0]!.mailbox);
  const map = await bench.session.copy(setOf(rest), target.path);
  for (const place of rest) {
    const uid = map.get(place.uid);
    if (uid !== undefined) arrivals.take(place.id, uid, copied);
  }
  const unknown = bench.session.has('UIDPLUS') ? [] : rest.filter((place) => !copied.has(place.id));
  for (const [id, uid] of await arrivals.of(unknown)) copied.set(id, uid);
  return copied;
}

/** Makes rows for copies that have none. Answers the ids of all of them. */
async function rowsFor(
  bench: Bench,
  group: Place[],
  target: MailboxRecord,
  copied: Map<number, number>,
): Promise<number[]> {
  const { account, store, doing } = bench;
  const known = new Map(
    (await store.placesByUid(account, target.id, [...copied.values()])).map((p) => [p.uid, p.id]),
  );
  const fresh = group.filter((place) => copied.has(place.id) && !known.has(copied.get(place.id)!));
  const rows = new Map(
    (
      await store.messagesById(
        account,
        fresh.map((p) => p.id),
      )
    ).map((row) => [row.id, row]),
  );
  const ids = await store.newIds(account, fresh.length);
  for (const [i, place] of fresh.entries()) {
    const { from, to, cc, subject, preview, attachments } = rows.get(place.id)!;
    doing.messages.push({
      ...place,
      id: ids[i]!,
      mailbox: target.id,
      uid: copied.get(place.id)!,
      envelope: { from, to, cc, subject, preview, attachments },
    });
  }
  return [...known.values(), ...ids];
}
