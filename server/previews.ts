/**
 * The first words of many messages at once.
 *
 * Decision: not every server has PREVIEW (RFC 8970), and none gives it in a charset we can trust, so we fetch the
 * first bytes of the section a person would read. Messages that keep it in the same section share one FETCH, which
 * makes two or three for a chunk. A message whose text cannot be read has an empty preview, never an error.
 */
import { ImapRefused, type Fetched } from './imap-answers.ts';
import type { ImapSession } from './imap.ts';
import { decodeText, type TextSection } from './mime.ts';
import { previewOf } from './words.ts';

/** Encoded bytes fetched: plain text begins at once, html begins with its style. */
const TEXT_BYTES = 1024;
const HTML_BYTES = 6144;

interface Wanted {
  uid: number;
  section: TextSection;
  html: boolean;
}

type Sections = Awaited<ReturnType<ImapSession['sections']>>;

/** Previews by UID, for messages of the selected mailbox. */
export async function previewsOf(session: ImapSession, messages: Fetched[]): Promise<Map<number, string>> {
  const groups = new Map<string, Wanted[]>();
  for (const { uid, layout } of messages) {
    const text = layout.text && layout.text.size > 0 ? layout.text : null;
    const section = text ?? layout.html;
    if (!section || section.size === 0) continue;
    const key = `${section.part} ${text ? 'text' : 'html'}`;
    const group = groups.get(key) ?? [];
    group.push({ uid, section, html: !text });
    groups.set(key, group);
  }
  const previews = new Map<number, string>();
  for (const group of groups.values()) await readGroup(session, group, previews);
  return previews;
}

async function readGroup(
  session: ImapSession,
  group: Wanted[],
  previews: Map<number, string>,
): Promise<void> {
  const { section, html } = group[0]!;
  const max = html ? HTML_BYTES : TEXT_BYTES;
  const uids = group.map((w) => w.uid);
  const answers = await read(session, uids, section.part, max);
  for (const wanted of group) {
    const bytes = answers.get(wanted.uid)?.get(section.part);
    if (!bytes) continue;
    const text = decodeText(bytes, wanted.section, bytes.length >= max);
    previews.set(wanted.uid, wanted.html ? previewOf(null, text) : previewOf(text, null));
  }
}

/** A section a server will not give is found by halving: it keeps no other message from its preview. */
async function read(session: ImapSession, uids: number[], part: string, max: number): Promise<Sections> {
  try {
    return await session.sections(uids, [part], max);
  } catch (error) {
    if (!(error instanceof ImapRefused)) throw error;
    if (uids.length === 1) return new Map();
    const half = uids.length >> 1;
    const first = await read(session, uids.slice(0, half), part, max);
    return new Map([...first, ...(await read(session, uids.slice(half), part, max))]);
  }
}
