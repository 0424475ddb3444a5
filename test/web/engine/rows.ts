/** Rows for tests: plain mail of organisations, as small as the types allow. */
import type { Step } from '../../../shared/commands.ts';
import { SEEN, type Body, type Mailbox, type MailboxRole, type Message } from '../../../shared/mail.ts';
import type { Draft } from '../../../web/engine/engine.ts';

/** A mailbox named after its role or by `name`. */
export function mailbox(id: number, role: MailboxRole | null, name: string = role ?? `box ${id}`): Mailbox {
  return { id, name, delimiter: '/', role, selectable: true, total: 0, unread: 0 };
}

/** A message in mailbox 1; a higher id is newer. */
export function message(id: number, part: Partial<Message> = {}): Message {
  return {
    id,
    rev: 1,
    mailbox: 1,
    flags: [],
    date: id * 1000,
    size: 2000,
    from: [{ name: 'Timetable office', address: 'office@trains.example' }],
    to: [],
    cc: [],
    subject: `Trains on day ${id}`,
    preview: 'All trains run',
    attachments: 0,
    ...part,
  };
}

export function body(id: number): Body {
  return {
    message: id,
    text: `All trains run on day ${id}.`,
    html: null,
    parts: [],
    truncated: false,
    messageId: `<${id}@trains.example>`,
    references: [],
    replyTo: [],
    bcc: [],
    sent: null,
  };
}

export function draft(id: string, part: Partial<Draft> = {}): Draft {
  return {
    id,
    account: 'a1',
    to: [{ name: 'Library', address: 'desk@library.example' }],
    cc: [],
    bcc: [],
    unfinished: { to: '', cc: '', bcc: '' },
    subject: 'Two books',
    text: 'I bring them back on Monday.',
    inReplyTo: null,
    references: [],
    answers: null,
    savedAt: 1,
    ...part,
  };
}

/** What a step of the app's makes of a row, as a mail server would. */
export function partOf(step: Step, row: Message): Partial<Message> {
  if (step.verb === 'move' && typeof step.to === 'number') return { mailbox: step.to };
  if (step.verb === 'archive') return { mailbox: 2 };
  if (step.verb === 'trash') return { mailbox: 3 };
  if (step.verb !== 'flag') throw new Error(`the app does not ask for ${step.verb}`);
  const flags = new Set([...row.flags, ...step.add]);
  for (const flag of step.remove) flags.delete(flag);
  return { flags: [...flags].sort() };
}

/** The mailboxes with what they hold counted. */
export function counted(
  mailboxes: ReadonlyMap<number, Mailbox>,
  messages: ReadonlyMap<number, Message>,
): Mailbox[] {
  return [...mailboxes.values()].map((box) => {
    const inside = [...messages.values()].filter((row) => row.mailbox === box.id);
    return { ...box, total: inside.length, unread: inside.filter((row) => !row.flags.includes(SEEN)).length };
  });
}

export function newestFirst(messages: ReadonlyMap<number, Message>): Message[] {
  return [...messages.values()].sort((a, b) => b.id - a.id);
}
