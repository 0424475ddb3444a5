/**
 * Reading ahead: the mail a person is likely to open is on the device before they open it.
 *
 * Decision: the newest 200 of the inbox, then the newest 50 of every other mailbox except junk and trash, newest
 * first, twenty at a time and one batch outstanding, so that it never piles up in front of a person's own wish. It
 * begins when the rows are complete and stops where it costs the person money. What the bridge cannot give is not
 * asked for again in this session.
 */
import type { Message } from '../../shared/mail.ts';
import type { Up } from '../../shared/protocol.ts';
import type { AccountMirror } from './model.ts';

export const AHEAD = { inbox: 200, others: 50, batch: 20 } as const;

/** Ids of the messages of one account whose bodies should be here, in the order of their worth. */
export function worthKeeping(mirror: AccountMirror): number[] {
  const byMailbox = Map.groupBy(mirror.messages.values(), (message) => message.mailbox);
  const inbox: Message[] = [];
  const others: Message[] = [];
  for (const [id, messages] of byMailbox) {
    const mailbox = mirror.mailboxes.get(id);
    if (mailbox === undefined || mailbox.role === 'junk' || mailbox.role === 'trash') continue;
    messages.sort(newestFirst);
    if (mailbox.role === 'inbox') inbox.push(...messages.slice(0, AHEAD.inbox));
    else others.push(...messages.slice(0, AHEAD.others));
  }
  return [...inbox, ...others.sort(newestFirst)].map((message) => message.id);
}

function newestFirst(a: Message, b: Message): number {
  return b.date - a.date || b.id - a.id;
}

export interface AheadNeeds {
  accounts: () => Iterable<AccountMirror>;
  hasBody: (account: string, message: number) => boolean;
  send: (frame: Up) => boolean;
  /** Live, not sparing, and nobody waits for a body of their own. */
  free: () => boolean;
}

export class Ahead {
  readonly #needs: AheadNeeds;
  #outstanding = new Set<string>();
  readonly #refused = new Set<string>();
  /** For each account: the version of the mirror it was made from, and what is still worth asking for. */
  readonly #lists = new Map<string, { version: number; ids: number[] }>();

  constructor(needs: AheadNeeds) {
    this.#needs = needs;
  }

  /** Something changed: asks for the next batch if it may. */
  nudge(): void {
    if (this.#outstanding.size > 0 || !this.#needs.free()) return;
    for (const mirror of this.#needs.accounts()) {
      if (mirror.epoch === null || mirror.filling !== null) continue;
      const messages = this.#next(mirror);
      if (messages.length === 0) continue;
      if (this.#needs.send({ t: 'want', account: mirror.id, messages, ahead: true })) {
        this.#outstanding = new Set(messages.map((id) => keyOf(mirror.id, id)));
      }
      return;
    }
  }

  #next(mirror: AccountMirror): number[] {
    let list = this.#lists.get(mirror.id);
    if (list?.version !== mirror.version) {
      list = { version: mirror.version, ids: worthKeeping(mirror) };
      this.#lists.set(mirror.id, list);
    }
    const missing = (id: number): boolean =>
      !this.#needs.hasBody(mirror.id, id) && !this.#refused.has(keyOf(mirror.id, id));
    list.ids = list.ids.filter(missing);
    return list.ids.slice(0, AHEAD.batch);
  }

  /** A body frame came. `kept`: it is in the store now. */
  arrived(account: string, message: number, kept: boolean): void {
    const key = keyOf(account, message);
    this.#outstanding.delete(key);
    if (!kept) this.#refused.add(key);
    this.nudge();
  }

  /** The socket is gone, and with it what was outstanding. */
  closed(): void {
    this.#outstanding.clear();
  }
}

function keyOf(account: string, message: number): string {
  return `${message} ${account}`;
}
