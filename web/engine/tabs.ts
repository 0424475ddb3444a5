/**
 * Several tabs, one database: each tells the others which rows it changed.
 *
 * Decision: no leader and no locks. Every tab has its own socket and may apply the same frames and send the same
 * calls; the cursor rule and the bridge's ledger make that harmless. All that is left to do is to read again what
 * another tab wrote, one reading after another, and words that come meanwhile are gathered.
 */
import type { CameAndGone, Word } from './effect.ts';

export class Tabs {
  readonly #channel: BroadcastChannel;
  readonly #read: (word: Word) => Promise<void>;
  readonly #failed: (error: Error) => void;
  #waiting: Word[] = [];
  /** Until `begin`, words are gathered. */
  #reading = true;

  /** @param read reads the named rows into this tab's memory. */
  constructor(name: string, read: (word: Word) => Promise<void>, failed: (error: Error) => void) {
    this.#channel = new BroadcastChannel(name);
    this.#read = read;
    this.#failed = failed;
    this.#channel.addEventListener('message', (event: MessageEvent<Word>) => {
      this.#waiting.push(event.data);
      if (!this.#reading) void this.#drain();
    });
  }

  /** Memory has been loaded: from now on words are read, those that came meanwhile first. */
  begin(): void {
    void this.#drain();
  }

  /** Tells the other tabs. Call it after the transaction is complete. */
  tell(word: Word | null): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel takes none
    if (word !== null) this.#channel.postMessage(word);
  }

  close(): void {
    this.#channel.close();
    this.#waiting = [];
  }

  async #drain(): Promise<void> {
    this.#reading = true;
    while (this.#waiting.length > 0) {
      for (const word of gather(this.#waiting.splice(0))) {
        try {
          await this.#read(word);
        } catch (error) {
          this.#failed(error instanceof Error ? error : new Error(String(error)));
        }
      }
    }
    this.#reading = false;
  }
}

type Part = Extract<Word, { all: false }>;

/** Joins words about the same account, so that a burst costs one reading. */
export function gather(words: Word[]): Word[] {
  const parts = new Map<string | null, Part>();
  for (const word of words) {
    if (word.all) return [word];
    const before = parts.get(word.account);
    parts.set(word.account, before === undefined ? word : join(before, word));
  }
  return [...parts.values()];
}

function join(a: Part, b: Part): Part {
  return {
    all: false,
    account: a.account,
    messages:
      a.messages === null || b.messages === null ? null : [...new Set([...a.messages, ...b.messages])],
    mailboxes: a.mailboxes || b.mailboxes,
    bodies: later(a.bodies, b.bodies),
    calls: later(a.calls, b.calls),
    drafts: a.drafts || b.drafts,
  };
}

/** What came and went in all, `b` being the later news. */
function later<Id>(a: CameAndGone<Id>, b: CameAndGone<Id>): CameAndGone<Id> {
  const came = new Set(b.came);
  const gone = new Set(b.gone);
  return {
    came: [...new Set([...a.came.filter((id) => !gone.has(id)), ...came])],
    gone: [...new Set([...a.gone.filter((id) => !came.has(id)), ...gone])],
  };
}
