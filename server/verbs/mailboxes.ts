/**
 * Mailboxes: `createMailbox`, `renameMailbox`, `deleteMailbox`.
 *
 * Decision: a mailbox is its row: renaming changes the row's name, never its id, and the rows below it follow, as
 * the server does it (RFC 9051 §6.3.6). Each has its check: made is there; renamed is the old name gone and the
 * new one there; deleted is not listed any more. A name is one level: a delimiter in it would make others.
 */
import { ImapRefused, type Listed } from '../imap-answers.ts';
import type { MailboxRecord } from '../store/records.ts';
import { mailboxById, Refusal, type Bench } from './bench.ts';

/** Where a mailbox of this name lies. Throws Refusal `invalid`. */
async function pathFor(bench: Bench, parent: MailboxRecord | null, name: string): Promise<string> {
  const boxes = await bench.store.mailboxes(bench.account);
  const delimiter = (parent ?? boxes.find((b) => b.role === 'inbox'))?.delimiter ?? '';
  if (delimiter !== '' && name.includes(delimiter))
    throw new Refusal('invalid', `The name of a mailbox cannot have “${delimiter}” in it on this server.`);
  if (!parent) return bench.session.prefix + name;
  if (delimiter === '') throw new Refusal('invalid', 'This server has no mailboxes within mailboxes.');
  return parent.path + delimiter + name;
}

async function recordAt(bench: Bench, path: string): Promise<MailboxRecord | undefined> {
  return (await bench.store.mailboxes(bench.account)).find((box) => box.path === path);
}

/** What the server lists under this name now. The STATUS of a selected mailbox is old news, so it is left first. */
async function listedAt({ session }: Bench, path: string): Promise<Listed | undefined> {
  if (session.selectedPath === path) await session.select('INBOX');
  return (await session.list()).find((box) => box.path === path);
}

/** Answers the id of the mailbox, which may have been there before. */
export async function createMailbox(
  bench: Bench,
  parent: MailboxRecord | null,
  name: string,
): Promise<number> {
  const path = await pathFor(bench, parent, name);
  await bench.session.create(path).catch(async (error: unknown) => {
    // Not every server says that it is there in a way the library knows.
    if (!(error instanceof ImapRefused) || !(await listedAt(bench, path))) throw error;
  });
  const known = await recordAt(bench, path);
  if (known) return known.id;
  const listed = await listedAt(bench, path);
  if (!listed) throw new ImapRefused('The mail server made no such mailbox.');
  const [id] = await bench.store.newIds(bench.account, 1);
  const { delimiter, role, selectable } = listed;
  bench.doing.mailboxes.push({
    ...{ id: id!, path, delimiter, role, selectable, total: 0, unread: 0 },
    ...{ uidvalidity: null, uidnext: 1, modseq: null, lowest: null, mirrored: false },
  });
  bench.doing.doubt.add(id!);
  return id!;
}

/** Answers the id of the mailbox: its own. */
export async function renameMailbox(
  bench: Bench,
  mailbox: number,
  parent: MailboxRecord | null,
  name: string,
): Promise<number> {
  const path = await pathFor(bench, parent, name);
  const box = await mailboxById(bench, mailbox);
  if (box.role === 'inbox') throw new Refusal('invalid', 'The inbox cannot be renamed.');
  if (box.path === path) return mailbox;
  if (parent && isBelow(parent, box)) throw new Refusal('invalid', 'A mailbox cannot lie within itself.');
  const happened = bench.again && !(await listedAt(bench, box.path)) && (await listedAt(bench, path));
  if (!happened) {
    // A record whose mailbox is gone must not stand in the way.
    if (await recordAt(bench, path)) await bench.relist();
    if (await recordAt(bench, path)) throw new Refusal('invalid', 'There is a mailbox of that name already.');
    await bench.session.rename(box.path, path);
  }
  for (const one of await bench.store.mailboxes(bench.account)) {
    if (one.id !== mailbox && !isBelow(one, box)) continue;
    const now = path + one.path.slice(box.path.length);
    bench.doing.mailboxes.push({ ...one, path: now });
    await bench.session.subscribe(one.path, false);
    await bench.session.subscribe(now, true);
  }
  return mailbox;
}

/** Whether a mailbox is this one or lies within it. */
function isBelow(box: MailboxRecord, above: MailboxRecord): boolean {
  const level = above.path + above.delimiter;
  return box.id === above.id || (above.delimiter !== '' && box.path.startsWith(level));
}

/** Deletes the mailbox and drops its rows. */
export async function deleteMailbox(bench: Bench, mailbox: number): Promise<void> {
  const boxes = await bench.store.mailboxes(bench.account);
  const box = boxes.find((b) => b.id === mailbox);
  // Its row left since the first try: the mirror found it gone.
  if (!box && bench.again) return;
  if (!box) throw new Refusal('gone', 'The mailbox is not there any more.');
  if (box.role !== null)
    throw new Refusal('invalid', 'The inbox and mailboxes the server uses itself cannot be deleted.');
  if (boxes.some((b) => b.id !== mailbox && isBelow(b, box)))
    throw new Refusal('invalid', 'Other mailboxes lie within this one. Delete them first.');
  const listed = await listedAt(bench, box.path);
  if (listed?.status && box.uidvalidity !== null && listed.status.uidvalidity !== box.uidvalidity)
    throw new Refusal('gone', 'Another mailbox has this name now.');
  if (listed) await bench.session.deleteMailbox(box.path);
  await bench.session.subscribe(box.path, false);
  bench.doing.drop.push(...(await bench.store.placesIn(bench.account, mailbox)).map((place) => place.id));
  bench.doing.dropMailboxes.push(mailbox);
}
