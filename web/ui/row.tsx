/**
 * One row of the list: a link to the mail, with all that can be known without opening it.
 *
 * Decision: a row draws again only when its message, its place or its state changed; rows that nothing touched are
 * the same object, so `===` decides. The two labels under the face are what a swipe uncovers.
 */
import { Component } from 'preact';
import { ANSWERED, FLAGGED, SEEN, type Mailbox, type Message } from '../../shared/mail.ts';
import { listDate } from './dates.ts';
import { Icon } from './icons.tsx';
import { rowName, subjectOf, whoOf } from './words.ts';

export interface RowProps {
  message: Message;
  mailbox: Mailbox;
  index: number;
  count: number;
  top: number;
  now: number;
  selected: boolean;
  /** The one tab stop of the list. */
  stop: boolean;
  isPending: boolean;
  open: (message: Message) => void;
}

/** A hue for a sender that is always the same, 0 to 359. */
export function hueOf(text: string): number {
  let hash = 7;
  for (let i = 0; i < text.length; i += 1) hash = (hash * 31 + text.charCodeAt(i)) | 0;
  return ((hash % 360) + 360) % 360;
}

/** The first letter of a name, for its round sign. */
export function initialOf(name: string): string {
  const letter = /[\p{L}\p{N}]/u.exec(name.replace(/^To: /, ''));
  return letter === null ? '•' : letter[0].toLocaleUpperCase();
}

/** The round sign of a sender. */
export function Sign({ name, address }: { name: string; address: string }) {
  return (
    <span class="sign" aria-hidden="true" style={{ '--hue': hueOf(address || name) }}>
      {initialOf(name)}
    </span>
  );
}

export class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const p = this.props;
    return (Object.keys(next) as (keyof RowProps)[]).some((key) => p[key] !== next[key]);
  }

  override render({
    message: m,
    mailbox,
    index,
    count,
    top,
    now,
    selected,
    stop,
    isPending,
    open,
  }: RowProps) {
    const who = whoOf(m, mailbox);
    const date = listDate(m.date, now);
    const name = rowName(m, who, date, isPending);
    const unread = !m.flags.includes(SEEN);
    return (
      <li
        class="row"
        data-id={m.id}
        data-unread={unread}
        aria-label={name}
        aria-setsize={count}
        aria-posinset={index + 1}
        style={{ transform: `translateY(${top}px)` }}
      >
        <span class="under" aria-hidden="true">
          <span>
            <Icon name="archive" /> Archive
          </span>
          <span>
            Delete <Icon name="trash" />
          </span>
        </span>
        <a
          class="face"
          href={`/m/${mailbox.id}/${m.id}`}
          draggable={false}
          aria-label={name}
          aria-current={selected ? 'true' : undefined}
          tabIndex={stop ? 0 : -1}
          onClick={(e) => {
            if (e.ctrlKey || e.metaKey || e.shiftKey) return;
            e.preventDefault();
            open(m);
          }}
        >
          <Sign name={who} address={m.from[0]?.address ?? ''} />
          <span class="line">
            <span class="who">
              <bdi>{who}</bdi>
            </span>
            <time>{date}</time>
          </span>
          <span class="line">
            <span class="subject">
              <bdi>{subjectOf(m.subject)}</bdi>
            </span>
            <Marks message={m} isPending={isPending} />
          </span>
          <span class="preview">
            <bdi>{m.preview}</bdi>
          </span>
        </a>
      </li>
    );
  }
}

function Marks({ message, isPending }: { message: Message; isPending: boolean }) {
  return (
    <span class="marks" aria-hidden="true">
      {isPending && <Icon name="clock" />}
      {message.flags.includes(ANSWERED) && <Icon name="answered" />}
      {message.attachments > 0 && <Icon name="clip" />}
      {message.flags.includes(FLAGGED) && (
        <span class="starred">
          <Icon name="star" filled />
        </span>
      )}
    </span>
  );
}
