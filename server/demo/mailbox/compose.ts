/**
 * From a sample to the bytes of a mail (RFC 5322, RFC 2045-2047, RFC 2183, RFC 2387).
 *
 * Decision: our own hundred lines. The bridge's mail composer belongs to sending; the sample mailbox must also hold
 * what that never writes: inline pictures, invitations, list headers.
 */
import { type Attached, type Sample, YOU } from './sample.ts';

/** One part with its header fields. */
interface Part {
  headers: string[];
  body: string;
}

const ascii = (text: string) => /^[\x20-\x7e]*$/.test(text);

/** Text for a header field: as it is, or in encoded words of at most 75 characters (RFC 2047 §2). */
export function headerText(text: string): string {
  if (ascii(text)) return text;
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    if (Buffer.byteLength(word + character) > 45) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  return [...words, word].map((w) => `=?utf-8?B?${Buffer.from(w).toString('base64')}?=`).join('\r\n ');
}

/** `Name <address>` for a header field; a name with specials is quoted (RFC 5322 §3.2.4). */
export function mailboxText(who: string): string {
  const [, name = '', address = who] = /^(.*?) ?<(.+)>$/.exec(who) ?? [];
  if (name === '') return address;
  const shown =
    ascii(name) && /[^\w .'-]/.test(name) ? `"${name.replaceAll(/["\\]/g, '\\$&')}"` : headerText(name);
  return `${shown} <${address}>`;
}

/** The address in `Name <address>`. */
export const addressOf = (who: string) => /<(.+)>$/.exec(who)?.[1] ?? who;

function base64(content: Buffer | string): string {
  return Buffer.from(content)
    .toString('base64')
    .replaceAll(/.{76}(?=.)/g, '$&\r\n');
}

function textPart(type: string, text: string): Part {
  const lines = text.replaceAll('\n', '\r\n');
  const plain = /^[\x20-\x7e\r\n\t]*$/.test(text) && text.split('\n').every((line) => line.length < 900);
  const encoding = plain ? '7bit' : 'base64';
  return {
    headers: [`Content-Type: ${type}; charset=utf-8`, `Content-Transfer-Encoding: ${encoding}`],
    body: plain ? lines : base64(lines),
  };
}

function attachedPart({ name, type, content, cid }: Attached): Part {
  const file = ascii(name)
    ? `filename="${name}"`
    : `filename*=utf-8''${encodeURIComponent(name).replaceAll("'", '%27')}`;
  return {
    headers: [
      `Content-Type: ${type}`,
      'Content-Transfer-Encoding: base64',
      `Content-Disposition: ${cid === undefined ? 'attachment' : 'inline'}; ${file}`,
      ...(cid === undefined ? [] : [`Content-ID: <${cid}>`]),
    ],
    body: base64(content),
  };
}

function multipart(subtype: string, key: string, parts: Part[]): Part {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const boundary = `=_${key}_${subtype}`;
  const sections = parts.map(
    (part) => `--${boundary}\r\n${part.headers.join('\r\n')}\r\n\r\n${part.body}\r\n`,
  );
  return {
    headers: [`Content-Type: multipart/${subtype}; boundary="${boundary}"`],
    body: `${sections.join('')}--${boundary}--`,
  };
}

function content({ key, text, html, attached = [] }: Sample): Part {
  const pictures = attached.filter(({ cid }) => cid !== undefined).map(attachedPart);
  const files = attached.filter(({ cid }) => cid === undefined).map(attachedPart);
  const rich =
    html === undefined ? [] : [multipart('related', key, [textPart('text/html', html), ...pictures])];
  const readable = multipart('alternative', key, [textPart('text/plain', text), ...rich]);
  return multipart('mixed', key, [readable, ...files]);
}

/** What a mail tells of its place in a thread. Identifiers with angle brackets. */
export interface Threading {
  messageId: string;
  references: string[];
}

function threadFields({ messageId, references }: Threading): string[] {
  const parent = references.at(-1);
  const answering =
    parent === undefined ? [] : [`In-Reply-To: ${parent}`, `References: ${references.join('\r\n ')}`];
  return [`Message-ID: ${messageId}`, ...answering];
}

/** The bytes of a sample, dated `date`. */
export function compose(sample: Sample, date: Date, thread: Threading): Buffer {
  const { from, to = [YOU], cc = [], subject, headers = {} } = sample;
  const list = (people: string[]) => people.map(mailboxText).join(',\r\n ');
  const part = content(sample);
  const fields = [
    `Date: ${date.toUTCString().replace('GMT', '+0000')}`,
    `From: ${mailboxText(from)}`,
    ...(to.length === 0 ? [] : [`To: ${list(to)}`]),
    ...(cc.length === 0 ? [] : [`Cc: ${list(cc)}`]),
    ...(subject === '' ? [] : [`Subject: ${headerText(subject)}`]),
    ...threadFields(thread),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    'MIME-Version: 1.0',
    ...part.headers,
  ];
  return Buffer.from(`${fields.join('\r\n')}\r\n\r\n${part.body}\r\n`);
}
