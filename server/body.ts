/**
 * One message's readable content, taken from the IMAP server section by section.
 *
 * Decision: text and html are fetched by section with a cap, never the whole message, so a 40 MB mail costs as
 * much as its text. Sanitising is not done here: the browser that shows the mail does it, with its own parser.
 */
import type { Body } from '../shared/mail.ts';
import { LIMITS } from '../shared/protocol.ts';
import { addressesOf } from './imap-answers.ts';
import type { ImapSession } from './imap.ts';
import { decodeText, layoutOf, type TextSection } from './mime.ts';

const FIELDS = ['references', 'in-reply-to'];

/** Reads the body of `uid` in the selected mailbox. Null: the message is not there any more. */
export async function readBody(session: ImapSession, message: number, uid: number): Promise<Body | null> {
  const detail = await session.detail(uid, FIELDS);
  if (!detail) return null;
  const { text, html, parts } = layoutOf(detail.structure);
  const wanted = [text, html].filter((section) => section !== null);
  const found =
    wanted.length === 0
      ? undefined
      : (
          await session.sections(
            [uid],
            wanted.map((s) => s.part),
            LIMITS.bodyBytes,
          )
        ).get(uid);
  const read = (section: TextSection | null): { text: string; cut: boolean } | null => {
    const bytes = section && found?.get(section.part);
    if (!section || !bytes) return null;
    const cut = bytes.length >= LIMITS.bodyBytes;
    return { text: decodeText(bytes, section, cut), cut };
  };
  const plain = read(text);
  const rich = read(html);
  const envelope = detail.envelope;
  const sent = envelope?.date ? new Date(envelope.date).getTime() : Number.NaN;
  return {
    message,
    text: plain?.text ?? null,
    html: rich?.text ?? null,
    parts,
    truncated: Boolean(plain?.cut || rich?.cut),
    messageId: messageIds(envelope?.messageId ?? '')[0] ?? null,
    references: messageIds(detail.headers.toString('latin1')),
    replyTo: addressesOf(envelope?.replyTo),
    bcc: addressesOf(envelope?.bcc),
    sent: Number.isFinite(sent) ? sent : null,
  };
}

/** The Message-IDs in a text, in order, each once, at most 100 (RFC 5322 §3.6.4). */
function messageIds(text: string): string[] {
  return [...new Set(text.match(/<[^<>\s]{1,990}>/g) ?? [])].slice(-100);
}
