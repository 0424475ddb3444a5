/**
 * A mailbox on the server against our rows: what is new, what changed, what is gone.
 *
 * Decision: the mirror only reads IMAP and hands over writes; it keeps no state but what the mailbox record holds,
 * so it may be cut anywhere and go on. New mail first, then flags, then removals, then one step of the first
 * mirroring, which goes from the newest UID down in chunks. With CONDSTORE flags cost only what changed; without
 * it they are compared in slices. Removals are looked for only when the counts disagree, and before a row is dropped
 * new mail elsewhere is read: what another program moved keeps its id (rematch.ts).
 */
import type { Listed, Fetched, Selected } from './imap-answers.ts';
import type { ImapSession } from './imap.ts';
import { previewsOf } from './previews.ts';
import { Rematch, writesOf } from './rematch.ts';
import { renames } from './rename.ts';
import type { MailboxRecord, MessageRecord, Place, Writes } from './store/records.ts';
import type { Store } from './store/store.ts';

export interface MirrorOptions {
  account: string;
  store: Store;
  /** Lands writes and tells devices, in a turn of the account. */
  commit: (writes: Writes) => Promise<void>;
}

const CHUNK = 200;
const FLAG_SLICE = 2000;

export class Mirror {
  readonly #options: MirrorOptions;
  readonly #rematch: Rematch;
  /** UIDs a first mirroring has still to read, by mailbox. */
  readonly #below = new Map<number, number[]>();

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.#rematch = new Rematch(options);
  }

  /** Compares the list of mailboxes. Answers the ids of those whose content must be looked at. */
  async list(session: ImapSession): Promise<number[]> {
    return (await this.#compare(session)).dirty;
  }

  async #compare(session: ImapSession): Promise<{ listed: Listed[]; fresh: number[]; dirty: number[] }> {
    const { account, store } = this.#options;
    // The STATUS of a selected mailbox is old news, and hides that it was renamed. INBOX cannot be.
    if ((session.selectedPath ?? 'INBOX') !== 'INBOX') await session.select('INBOX');
    const listed = await session.list();
    await this.#rename(await renames(session, this.#options, listed));
    const known = new Map((await store.mailboxes(account)).map((box) => [box.path, box]));
    const changed: MailboxRecord[] = [];
    const fresh: number[] = [];
    const dirty: number[] = [];
    for (const answer of listed) {
      const box = known.get(answer.path) ?? (await this.#fresh(answer));
      if (!known.has(answer.path)) fresh.push(box.id);
      known.delete(answer.path);
      const next: MailboxRecord = {
        ...box,
        delimiter: answer.delimiter,
        role: answer.role,
        selectable: answer.selectable,
        ...(answer.status && !box.mirrored
          ? { total: answer.status.total, unread: answer.status.unread }
          : {}),
      };
      changed.push(next);
      const unsure = answer.path === session.selectedPath;
      if (answer.selectable && (unsure || this.#stale(next, answer))) dirty.push(box.id);
    }
    await this.#options.commit({ mailboxes: changed });
    for (const box of known.values()) await this.#forget(box);
    return { listed, fresh, dirty };
  }

  /** Gives records their new paths; a mailbox over which another was renamed leaves first. */
  async #rename(found: Map<string, MailboxRecord>): Promise<void> {
    if (found.size === 0) return;
    const { account, store, commit } = this.#options;
    const ids = new Set([...found.values()].map((box) => box.id));
    for (const box of await store.mailboxes(account))
      if (found.has(box.path) && !ids.has(box.id)) await this.#forget(box);
    // Two that changed names with each other: no two records may have one path, not even in between.
    const aside = [...found.values()].map((box) => ({ ...box, path: `\0${box.id}` }));
    const named = [...found].map(([path, box]) => ({ ...box, path }));
    await commit({ mailboxes: [...aside, ...named] });
  }

  async #fresh(answer: Listed): Promise<MailboxRecord> {
    const [id] = await this.#options.store.newIds(this.#options.account, 1);
    return {
      id: id!,
      path: answer.path,
      delimiter: answer.delimiter,
      role: answer.role,
      selectable: answer.selectable,
      total: 0,
      unread: 0,
      uidvalidity: null,
      uidnext: 1,
      modseq: null,
      lowest: null,
      mirrored: false,
    };
  }

  #stale(box: MailboxRecord, { status }: Listed): boolean {
    if (!status || !box.mirrored) return true;
    return (
      status.uidvalidity !== box.uidvalidity ||
      status.uidnext !== box.uidnext ||
      (status.modseq !== null && status.modseq !== box.modseq) ||
      status.total !== box.total ||
      status.unread !== box.unread
    );
  }

  /** A mailbox that is not listed any more: its rows go, then itself. */
  async #forget(box: MailboxRecord): Promise<void> {
    await this.#dropRows(await this.#options.store.placesIn(this.#options.account, box.id));
    await this.#options.commit({ dropMailboxes: [box.id] });
  }

  async #dropRows(places: Place[]): Promise<void> {
    for (let at = 0; at < places.length; at += 500)
      await this.#options.commit({ drop: places.slice(at, at + 500).map((p) => p.id) });
  }

  /** Brings one mailbox up to date, except what its first mirroring has not reached yet. */
  async refresh(session: ImapSession, id: number): Promise<void> {
    const { account, store } = this.#options;
    const before = (await store.mailboxes(account)).find((b) => b.id === id);
    if (!before?.selectable) return;
    const selected = await session.select(before.path);
    const box = await this.#begin(session, before, selected);
    await this.#newMail(session, box, selected);
    if (box.lowest !== null && box.lowest < box.uidnext) await this.#flags(session, box, selected);
    box.modseq = selected.modseq;
    await this.#options.commit({ mailboxes: [box] });
    if (box.mirrored) await this.#removals(session, box, selected.exists);
  }

  /** The record to go on with: as it was, or started anew when UIDVALIDITY differs (RFC 9051 §2.3.1.1). */
  async #begin(session: ImapSession, before: MailboxRecord, selected: Selected): Promise<MailboxRecord> {
    if (before.uidvalidity === selected.uidvalidity) return { ...before };
    this.#below.delete(before.id);
    if (before.uidvalidity !== null) await this.#rematch.renumber(session, before, selected);
    return {
      ...before,
      uidvalidity: selected.uidvalidity,
      uidnext: selected.uidnext,
      lowest: selected.uidnext,
      modseq: selected.modseq,
      mirrored: selected.exists === 0,
      total: selected.exists,
    };
  }

  async #newMail(session: ImapSession, box: MailboxRecord, selected: Selected): Promise<void> {
    if (selected.uidnext <= box.uidnext) return;
    const fresh = await session.flags(`${box.uidnext}:*`, null);
    const uids = fresh.map((m) => m.uid).filter((uid) => uid >= box.uidnext);
    uids.sort((a, b) => a - b);
    for (let at = 0; at < uids.length; at += CHUNK) {
      const chunk = uids.slice(at, at + CHUNK);
      const writes = await this.#read(session, box, chunk);
      box.uidnext = chunk.at(-1)! + 1;
      if (!box.mirrored) box.total += (writes.messages?.length ?? 0) + (writes.places?.length ?? 0);
      await this.#options.commit({ ...writes, mailboxes: [box] });
    }
    box.uidnext = selected.uidnext;
  }

  /** Rows for UIDs of the selected mailbox: those that lay elsewhere, and new ones with previews. */
  async #read(session: ImapSession, box: MailboxRecord, uids: number[]): Promise<Writes> {
    const { account, store } = this.#options;
    const known = new Set((await store.placesByUid(account, box.id, uids)).map((p) => p.uid));
    const unknown = uids.filter((uid) => !known.has(uid));
    if (unknown.length === 0) return {};
    const fetched = await session.rows(unknown.join(','), true);
    const moved = await this.#rematch.moved(session, box, fetched);
    const fresh = fetched.filter((m) => !moved.has(m.uid));
    const previews = await previewsOf(session, fresh);
    const ids = await store.newIds(account, fresh.length);
    return {
      messages: fresh.map((m, i) => recordOf(m, ids[i]!, box.id, previews.get(m.uid))),
      ...writesOf(
        fetched.flatMap((m) => (moved.has(m.uid) ? [[m, moved.get(m.uid)!]] : [])),
        box.id,
      ),
    };
  }

  async #flags(session: ImapSession, box: MailboxRecord, selected: Selected): Promise<void> {
    if (selected.modseq !== null && selected.modseq === box.modseq) return;
    const { account, store } = this.#options;
    const since = selected.modseq === null ? null : box.modseq;
    // With CONDSTORE a change costs what changed: the whole mailbox is read from the store only without it.
    const slices =
      since === null
        ? slicesOf(
            (await store.placesIn(account, box.id)).map((p) => p.uid),
            FLAG_SLICE,
          )
        : [`${box.lowest ?? 1}:${box.uidnext - 1}`];
    for (const slice of slices) {
      const answers = await session.flags(slice, since);
      const uids = answers.map((answer) => answer.uid);
      const places = await store.placesByUid(account, box.id, uids);
      const byUid = new Map(places.map((p) => [p.uid, p]));
      const flags = answers.flatMap((answer) => {
        const place = byUid.get(answer.uid);
        return place && place.flags.join(' ') !== answer.flags.join(' ')
          ? [{ id: place.id, flags: answer.flags }]
          : [];
      });
      for (let at = 0; at < flags.length; at += 500)
        await this.#options.commit({ flags: flags.slice(at, at + 500) });
    }
  }

  async #removals(session: ImapSession, box: MailboxRecord, exists: number): Promise<void> {
    const { account, store } = this.#options;
    if ((await store.countIn(account, box.id)) === exists) return;
    let there = new Set(await session.uids());
    const known = new Set((await store.placesIn(account, box.id)).map((p) => p.uid));
    const missed = [...there].filter((uid) => !known.has(uid) && uid < box.uidnext);
    for (let at = 0; at < missed.length; at += CHUNK)
      await this.#options.commit(await this.#read(session, box, missed.slice(at, at + CHUNK)));
    if ([...known].every((uid) => there.has(uid))) return;
    await this.#elsewhere(session, box);
    await session.enter(box.path, box.uidvalidity);
    there = new Set(await session.uids());
    const left = await store.placesIn(account, box.id);
    await this.#dropRows(left.filter((p) => !there.has(p.uid) && p.uid < box.uidnext));
  }

  /** Reads what is new in the other mailboxes, so that mail moved there finds its row before it is dropped. */
  async #elsewhere(session: ImapSession, from: MailboxRecord): Promise<void> {
    const { listed, fresh } = await this.#compare(session);
    const boxes = await this.#options.store.mailboxes(this.#options.account);
    const known = new Map(boxes.map((box) => [box.path, box]));
    for (const { path, status } of listed) {
      const box = known.get(path);
      // Made just now, perhaps for this mail; a large one waits for its turn.
      if (box && status && fresh.includes(box.id) && status.total <= CHUNK) {
        await this.refresh(session, box.id);
        await this.descend(session, box.id);
      }
      if (!box || !status || box.id === from.id || status.uidvalidity !== box.uidvalidity) continue;
      if (status.uidnext <= box.uidnext) continue;
      await this.#newMail(session, box, await session.select(path));
      await this.#options.commit({ mailboxes: [box] });
    }
  }

  /** One step of a first mirroring, newest first: about 200 messages. True when the mailbox has been mirrored whole. */
  async descend(session: ImapSession, id: number): Promise<boolean> {
    const { account, store } = this.#options;
    const box = (await store.mailboxes(account)).find((b) => b.id === id);
    if (!box?.selectable || box.mirrored) return true;
    await session.enter(box.path, box.uidvalidity);
    const lowest = box.lowest ?? box.uidnext;
    const below = this.#below.get(id) ?? (await session.uids()).filter((uid) => uid < lowest);
    const chunk = below.slice(-CHUNK);
    const left = below.slice(0, -CHUNK);
    const writes = await this.#read(session, box, chunk);
    box.lowest = chunk[0] ?? 1;
    box.mirrored = left.length === 0;
    await this.#options.commit({ ...writes, mailboxes: [box] });
    if (box.mirrored) this.#below.delete(id);
    else this.#below.set(id, left);
    if (box.mirrored) await this.refresh(session, id);
    return box.mirrored;
  }
}

function recordOf(m: Fetched, id: number, mailbox: number, preview: string | undefined): MessageRecord {
  return {
    id,
    mailbox,
    uid: m.uid,
    flags: m.flags,
    date: m.date,
    size: m.size,
    messageId: m.messageId,
    envelope: {
      from: m.from,
      to: m.to,
      cc: m.cc,
      subject: m.subject,
      preview: preview ?? '',
      attachments: m.attachments,
    },
  };
}

/** UID sets of at most `size` members each. */
function slicesOf(uids: number[], size: number): string[] {
  const out: string[] = [];
  for (let at = 0; at < uids.length; at += size) {
    const slice = uids.slice(at, at + size);
    out.push(`${slice[0]!}:${slice.at(-1)!}`);
  }
  return out;
}
