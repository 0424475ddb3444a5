/**
 * A reply as a draft: to whom, about what, with which quote. Pure.
 *
 * Decision: replies go to Reply-To where there is one; a reply to one's own mail goes to those it was sent to. The
 * subject gets one "Re:", however many it had. References are those of RFC 5322 §3.6.4, first one and the latest
 * kept when there are more than a hundred.
 */
import type { Address, Body, Message } from '../../shared/mail.ts';
import type { Draft } from '../engine/engine.ts';
import { distinct, isAddress, isSame } from './addresses.ts';
import { fullDate } from './dates.ts';
import { nameOf } from './words.ts';

const LONGEST = 150_000;

/** An empty draft. `id` is a UUID, `now` milliseconds since 1970. */
export function newDraft(id: string, account: string, now: number): Draft {
  return {
    id,
    account,
    to: [],
    cc: [],
    bcc: [],
    unfinished: { to: '', cc: '', bcc: '' },
    subject: '',
    text: '',
    inReplyTo: null,
    references: [],
    answers: null,
    savedAt: now,
  };
}

/** "Re: " once, whatever stood before. Knows the forms other programs write. */
export function replySubject(subject: string): string {
  return `Re: ${subject.replace(/^(?:\s*(?:re|aw|sv|vs|antw|odp|ynt)\s*(?:\[\d+\])?:)+/i, '').trim()}`;
}

/** Who a reply goes to. `own` is the person's own address. */
export function replyRecipients(
  message: Message,
  body: Body | null,
  own: string,
  all: boolean,
): { to: Address[]; cc: Address[] } {
  const valid = (list: Address[]) => list.filter((a) => isAddress(a.address));
  const others = (list: Address[]) => valid(list).filter((a) => !isSame(a.address, own));
  const back = valid(body !== null && body.replyTo.length > 0 ? body.replyTo : message.from);
  const mine = back.every((a) => isSame(a.address, own));
  const to = distinct(mine ? valid(message.to) : back);
  if (!all) return { to, cc: [] };
  const copied = mine ? others(message.cc) : others([...message.to, ...message.cc]);
  return { to, cc: distinct(copied).filter((a) => !to.some((t) => isSame(t.address, a.address))) };
}

const attribution = (message: Message, date: number) =>
  `On ${fullDate(date)}, ${nameOf(message.from[0])} wrote:`;

/** Each line behind "> ", quotes of quotes without a gap. */
export function quote(text: string): string {
  return text
    .replaceAll('\r', '')
    .trimEnd()
    .split('\n')
    .map((line) => (line.startsWith('>') ? `>${line}` : `> ${line}`))
    .join('\n');
}

interface Source {
  message: Message;
  /** Null when the text is not on this device: the reply then quotes nothing. */
  body: Body | null;
  /** The readable words of the body. */
  text: string;
}

/** The draft of a reply, laid over an empty one. */
export function replyDraft(empty: Draft, { message, body, text }: Source, own: string, all: boolean): Draft {
  const isId = (id: string) => /^<[^<>\s]+>$/.test(id) && id.length <= 998;
  const parent = body?.messageId ?? null;
  const chain = [...(body?.references ?? []), ...(parent === null ? [] : [parent])].filter(isId);
  const quoted =
    text === ''
      ? ''
      : `\n\n${attribution(message, body?.sent ?? message.date)}\n${quote(text.slice(0, LONGEST))}\n`;
  return {
    ...empty,
    ...replyRecipients(message, body, own, all),
    subject: replySubject(message.subject).slice(0, 1000),
    text: quoted,
    inReplyTo: parent !== null && isId(parent) ? parent : null,
    references: chain.length > 100 ? [chain[0]!, ...chain.slice(-99)] : chain,
    answers: message.id,
  };
}

/** What a mailto: link may fill (RFC 6068): never an attachment, never an unknown field. */
export function linkDraft(empty: Draft, href: string, parse: (text: string) => Address[]): Draft {
  const url = new URL(href);
  const field = (name: string) =>
    [...url.searchParams].filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  const to = [decode(url.pathname), ...field('to')].join(',');
  const replyTo = field('in-reply-to')[0] ?? null;
  return {
    ...empty,
    to: distinct(parse(to)),
    cc: distinct(parse(field('cc').join(','))),
    bcc: distinct(parse(field('bcc').join(','))),
    subject: (field('subject')[0] ?? '').replaceAll(/\s+/g, ' ').slice(0, 1000),
    text: (field('body')[0] ?? '').slice(0, LONGEST),
    inReplyTo: replyTo !== null && /^<[^<>\s]+>$/.test(replyTo) ? replyTo : null,
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray percent sign in a link: the address is meant as it stands.
    return text;
  }
}
