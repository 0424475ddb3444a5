/**
 * All that an account holds, as the server tells it and as a device shows it, in one form that can be compared.
 *
 * Decision: what no two mails share stands for the mail: INTERNALDATE and size, with its flags, under the name of
 * its mailbox. Nothing here goes through the bridge's IMAP code, and one connection asks everything.
 */
import { type ImapConnection, connectImap, quoted } from '../../server/demo/imap.ts';
import type { Device } from './heart.ts';

/** Mailbox name in Unicode → one line for each message, sorted. */
export type Content = Record<string, string[]>;

/** Modified UTF-7 (RFC 3501 §5.1.3) as Unicode. */
export function unicodeName(name: string): string {
  return name.replaceAll(/&([^-]*)-/g, (_, code: string) => {
    if (code === '') return '&';
    const bytes = Buffer.from(code.replaceAll(',', '/'), 'base64');
    return bytes
      .subarray(0, bytes.length - (bytes.length % 2))
      .swap16()
      .toString('utf16le');
  });
}

function line(date: number, size: number, flags: string[]): string {
  const shown = flags.filter((flag) => flag !== '' && flag !== '\\Recent').toSorted();
  return `${new Date(date).toISOString()} ${size} ${shown.join(' ')}`;
}

async function held(connection: ImapConnection, mailbox: string): Promise<string[]> {
  await connection.command(`EXAMINE ${quoted(mailbox)}`);
  const lines = await connection.command('UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE)');
  return lines
    .filter(({ text }) => /^\* \d+ FETCH /.test(text))
    .map(({ text }) => {
      const date = /INTERNALDATE "([^"]*)"/.exec(text)?.[1] ?? '';
      const flags = (/FLAGS \(([^)]*)\)/.exec(text)?.[1] ?? '').split(' ');
      return line(Date.parse(date.replaceAll('-', ' ').replace(/ (\d{4})$/, '-$1')), sizeIn(text), flags);
    })
    .toSorted();
}

function sizeIn(text: string): number {
  return Number(/RFC822\.SIZE (\d+)/.exec(text)?.[1]);
}

/** What the server at 127.0.0.1:`port` holds for a user. */
export async function contentOnServer(port: number, user: string, password: string): Promise<Content> {
  const connection = await connectImap(port, user, password);
  try {
    const content: Content = {};
    for (const { text } of await connection.command('LIST "" "*"')) {
      const name = /^\* LIST \([^)]*\) \S+ "?(.*?)"?$/.exec(text)?.[1];
      if (name === undefined) continue;
      content[unicodeName(name)] = /\\No(?:Select|nExistent)/i.test(text) ? [] : await held(connection, name);
    }
    return content;
  } finally {
    connection.close();
  }
}

/** What a device shows. */
export function contentOnDevice(device: Device): Content {
  const content: Content = {};
  for (const box of device.mailboxes.values()) content[box.name] = [];
  for (const m of device.messages.values()) {
    const name = device.mailboxes.get(m.mailbox)?.name ?? `no mailbox ${m.mailbox}`;
    (content[name] ??= []).push(line(m.date, m.size, m.flags));
  }
  for (const lines of Object.values(content)) lines.sort();
  return content;
}

/** Whether two contents are the same, whatever the order of their mailboxes. */
export function same(a: Content, b: Content): boolean {
  const names = Object.keys(a).toSorted();
  return (
    names.join('\n') === Object.keys(b).toSorted().join('\n') &&
    names.every((name) => a[name]?.join('\n') === b[name]?.join('\n'))
  );
}
