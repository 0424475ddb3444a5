/**
 * Mailboxes that another program renamed: which new name belongs to a mailbox we know.
 *
 * Decision: a record has lost its name when the name is not listed any more, or is listed with another
 * UIDVALIDITY. A listed name that is new to us, or stands for such a record, is its new name when UIDVALIDITY is
 * the same, UIDNEXT has not gone back, and the mail at our UIDs is the mail we know. The last is looked at, not
 * believed: some servers give every mailbox the same UIDVALIDITY.
 */
import { ImapRefused, type Listed } from './imap-answers.ts';
import type { ImapSession } from './imap.ts';
import type { MailboxRecord, Place } from './store/records.ts';
import type { Store } from './store/store.ts';

/** How many of the newest messages are compared. */
const SAMPLE = 20;

/**
 * New name → the record it belongs to now, as it stands in the store. Selects other mailboxes where there is a
 * candidate. Throws ImapDown.
 */
export async function renames(
  session: ImapSession,
  { account, store }: { account: string; store: Store },
  listed: Listed[],
): Promise<Map<string, MailboxRecord>> {
  const boxes = await store.mailboxes(account);
  const now = new Map(listed.map((answer) => [answer.path, answer.status?.uidvalidity]));
  const astray = (box: MailboxRecord) =>
    box.uidvalidity !== null && (now.get(box.path) ?? null) !== box.uidvalidity;
  const lost = new Map(boxes.filter(astray).map((box) => [box.path, box]));
  for (const { path, status } of listed) if (!status) lost.delete(path);
  const settled = new Set(boxes.filter((box) => !lost.has(box.path)).map((box) => box.path));
  const found = new Map<string, MailboxRecord>();
  for (const { path, selectable, status } of listed) {
    if (!selectable || !status || settled.has(path)) continue;
    for (const box of lost.values()) {
      if (box.uidvalidity !== status.uidvalidity || status.uidnext < box.uidnext) continue;
      if (!(await sameMail(session, path, await store.placesIn(account, box.id)))) continue;
      found.set(path, box);
      lost.delete(box.path);
      break;
    }
  }
  return found;
}

/** Whether the mailbox at `path` holds mail we know under the UIDs we know, and no other under these. */
async function sameMail(session: ImapSession, path: string, places: Place[]): Promise<boolean> {
  const sample = new Map(places.slice(-SAMPLE).map((p) => [p.uid, p]));
  if (sample.size === 0) return true; // Nothing of it to keep but its id.
  try {
    await session.select(path);
    const there = await session.rows([...sample.keys()].join(','), true);
    return (
      there.length > 0 &&
      there.every((m) => {
        const place = sample.get(m.uid);
        return place?.size === m.size && place.date === m.date && place.messageId === m.messageId;
      })
    );
  } catch (error) {
    if (error instanceof ImapRefused) return false; // It cannot be opened, so nobody can say.
    throw error;
  }
}
