/**
 * What the mail server really holds: the oracle of every test that claims something about a mailbox.
 *
 * Decision: each question opens its own connection and asks with plain IMAP4rev1, so the answer owes nothing to
 * the bridge, to a cache or to an earlier question.
 */
import { type ImapConnection, connectImap, quoted } from '../../server/demo/imap.ts';

/** One message as the server tells it. */
export interface Held {
  uid: number;
  /** Sorted, without \Recent. */
  flags: string[];
  /** With angle brackets; empty when the mail has none. */
  messageId: string;
  subject: string;
}

function field(header: string, name: string): string {
  const unfolded = header.replaceAll(/\r\n[ \t]+/g, ' ');
  return new RegExp(`^${name}:\\s*(.*?)\\s*$`, 'im').exec(unfolded)?.[1] ?? '';
}

/** Every message of the selected mailbox. */
async function held(connection: ImapConnection): Promise<Held[]> {
  const lines = await connection.command(
    'UID FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID SUBJECT)])',
  );
  return lines
    .filter(({ text }) => /^\* \d+ FETCH /.test(text))
    .map(({ text, literals }) => {
      const header = literals[0]?.toString('utf8') ?? '';
      const flags = (/FLAGS \(([^)]*)\)/.exec(text)?.[1] ?? '').split(' ');
      return {
        uid: Number(/UID (\d+)/.exec(text)?.[1]),
        flags: flags.filter((flag) => flag !== '' && flag !== '\\Recent').sort(),
        messageId: field(header, 'message-id'),
        subject: field(header, 'subject'),
      };
    });
}

/** Questions about one user's mail. Mailbox names in IMAP's spelling (INBOX, Archive, Travel/2026). */
export interface Oracle {
  mailboxes: () => Promise<string[]>;
  messages: (mailbox: string) => Promise<Held[]>;
  /** UIDs that match a search key (RFC 3501 §6.4.4), for instance `HEADER Message-ID "<a@b.example>"`. */
  search: (mailbox: string, key: string) => Promise<number[]>;
  /** The whole message as stored. */
  raw: (mailbox: string, uid: number) => Promise<Buffer>;
  /** Runs commands as another mail program would, in one connection with `mailbox` selected. */
  act: (mailbox: string, ...commands: string[]) => Promise<void>;
}

/** The oracle for the server at 127.0.0.1:`port`. */
export function oracle(port: number, user: string, password: string): Oracle {
  const asking = async <T>(mailbox: string | null, ask: (c: ImapConnection) => Promise<T>): Promise<T> => {
    const connection = await connectImap(port, user, password);
    try {
      if (mailbox !== null) await connection.command(`SELECT ${quoted(mailbox)}`);
      return await ask(connection);
    } finally {
      connection.close();
    }
  };
  return {
    mailboxes: () =>
      asking(null, async (c) => {
        const lines = await c.command('LIST "" "*"');
        const names = lines.map(({ text }) => /^\* LIST \([^)]*\) \S+ "?(.*?)"?$/.exec(text)?.[1] ?? '');
        return names.filter((name) => name !== '').sort();
      }),
    messages: (mailbox) => asking(mailbox, held),
    search: (mailbox, key) =>
      asking(mailbox, async (c) => {
        const lines = await c.command(`UID SEARCH ${key}`);
        const found = lines.find(({ text }) => text.startsWith('* SEARCH'))?.text ?? '';
        return found.split(' ').slice(2).map(Number);
      }),
    raw: (mailbox, uid) =>
      asking(mailbox, async (c) => {
        const lines = await c.command(`UID FETCH ${uid} (BODY.PEEK[])`);
        const body = lines.find(({ literals }) => literals.length > 0)?.literals[0];
        if (body === undefined) throw new Error(`no message ${uid} in ${mailbox}`);
        return body;
      }),
    act: (mailbox, ...commands) =>
      asking(mailbox, async (c) => {
        for (const command of commands) await c.command(command);
      }),
  };
}
