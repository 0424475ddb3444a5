/**
 * The strip of attachments.
 *
 * Decision: plain links that download, so the browser shows progress and keeps the file. A picture that stands in
 * the text is not listed again. The end of a file name is never cut: it says what the file is.
 */
import type { Message, Part } from '../../shared/mail.ts';
import { cidsIn } from './html.ts';
import { Icon } from './icons.tsx';
import { partPath } from './pictures.ts';
import { account } from './state.ts';
import { attachmentCount, bytes } from './words.ts';

// eslint-disable-next-line no-control-regex -- control and direction characters disguise what a file is
const DISGUISE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A file name as base and ending, without characters that disguise it. */
export function fileName(part: Part): { base: string; ending: string } {
  const name = part.name.normalize('NFC').replaceAll(DISGUISE, '').replaceAll(/[\\/]/g, '_').trim();
  const dot = name.lastIndexOf('.');
  if (name === '') return { base: part.type.startsWith('message/') ? 'Mail' : 'Attachment', ending: '' };
  return dot > 0 ? { base: name.slice(0, dot), ending: name.slice(dot) } : { base: name, ending: '' };
}

/** Parts a person would call attachments: all but the pictures the text shows. */
export function attachmentsOf(parts: Part[], html: string | null): Part[] {
  const inText = html === null ? new Set<string>() : cidsIn(html);
  return parts.filter((p) => !(p.cid !== null && inText.has(p.cid) && p.type.startsWith('image/')));
}

export function Attachments({
  message,
  parts,
  html,
}: {
  message: Message;
  parts: Part[];
  html: string | null;
}) {
  const list = attachmentsOf(parts, html);
  const mirror = account();
  if (list.length === 0 || mirror === null) return null;
  return (
    <ul class="attachments" role="list" aria-label={attachmentCount(list.length)}>
      {list.map((part) => {
        const { base, ending } = fileName(part);
        return (
          <li key={part.part}>
            <a href={partPath(mirror.id, message.id, part.part)} download={base + ending}>
              <Icon name="clip" />
              <span class="file">
                <bdi class="file-base">{base}</bdi>
                <bdi>{ending}</bdi>
              </span>
              <span class="file-size">{bytes(part.size)}</span>
            </a>
          </li>
        );
      })}
    </ul>
  );
}
