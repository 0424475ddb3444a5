/**
 * What can be done with an open mail: above it what closes and marks, below it, under the thumb, what answers and files.
 *
 * Decision: the same buttons at every width; only their place differs (CSS). Where "Archive" would do nothing, in
 * Archive itself, the button moves the mail back to the inbox.
 */
import type { Signal } from '@preact/signals';
import { FLAGGED, SEEN, type Message } from '../../shared/mail.ts';
import { archive, markRead, markUnread, restore, toggleStar, trash } from './actions.ts';
import { back } from './history.ts';
import { IconButton } from './icons.tsx';
import { account, mailboxes, wide } from './state.ts';
import { roleMailbox } from '../engine/view.ts';
import { reply } from './writing.ts';

interface ActionsProps {
  message: Message;
  /** Whether the text part is shown instead of the layout; null when there is no choice. */
  plain: Signal<boolean> | null;
}

export function Actions({ message, plain }: ActionsProps) {
  const starred = message.flags.includes(FLAGGED);
  return (
    <>
      <div class="reader-top" role="toolbar" aria-label="Message actions">
        <IconButton icon="back" name="Back" class="back" press={back} />
        {wide.value && <Filing message={message} />}
        <span class="grow" />
        {plain !== null && (
          <IconButton
            icon="text"
            name="Plain text"
            pressed={plain.value}
            press={() => (plain.value = !plain.value)}
          />
        )}
        {message.flags.includes(SEEN) ? (
          <IconButton icon="unread" name="Mark unread" press={() => unread(message)} />
        ) : (
          <IconButton icon="read" name="Mark read" press={() => markRead(message)} />
        )}
        <IconButton
          icon="star"
          name="Star"
          pressed={starred}
          filled={starred}
          class="star"
          press={() => toggleStar(message)}
        />
        {wide.value && <Answering message={message} />}
      </div>
      {!wide.value && (
        <div class="reader-foot" role="toolbar" aria-label="Answer and file">
          <Filing message={message} />
          <Answering message={message} />
        </div>
      )}
    </>
  );
}

/** On a phone the mail is closed too: one stays on it at a desk. */
function unread(message: Message): void {
  markUnread(message);
  if (!wide.peek()) back();
}

function Filing({ message }: { message: Message }) {
  const role = mailboxes.value.find((m) => m.id === message.mailbox)?.role ?? null;
  const mirror = account();
  const inbox = mirror === null ? undefined : roleMailbox(mirror, 'inbox');
  const aside = role === 'archive' || role === 'trash' || role === 'junk';
  return (
    <>
      {aside && inbox !== undefined ? (
        <IconButton
          icon="inbox"
          name="Move to Inbox"
          press={() => restore(message, inbox.id)}
          labelled={!wide.value}
        />
      ) : (
        <IconButton icon="archive" name="Archive" press={() => archive(message)} labelled={!wide.value} />
      )}
      {role !== 'trash' && (
        <IconButton icon="trash" name="Delete" press={() => trash(message)} labelled={!wide.value} />
      )}
    </>
  );
}

function Answering({ message }: { message: Message }) {
  return (
    <>
      <IconButton icon="reply" name="Reply" labelled press={() => void reply(message, false)} />
      <IconButton
        icon="replyAll"
        name="Reply all"
        labelled={!wide.value}
        press={() => void reply(message, true)}
      />
    </>
  );
}
