/**
 * The pane with the list and its head; the same place shows Outbox and the drafts on this device.
 *
 * Decision: one head for all three, so nothing jumps when one goes from one to the other. First-sync progress is
 * a slim bar on the edge of the head, with numbers beside the title: it moves nothing when it comes or goes.
 */
import { refresh, openSheet } from './actions.ts';
import { Drafts } from './drafts.tsx';
import { IconButton } from './icons.tsx';
import { List } from './list.tsx';
import { Outbox } from './outbox.tsx';
import { listTop } from './places.ts';
import { filling, mailbox, mailPlace, route } from './state.ts';
import { loadingRows, mailboxName, unreadCount } from './words.ts';
import { Blank } from './empty.tsx';
import { compose } from './writing.ts';

export function ListPane() {
  const { at } = route.value;
  const isList = at !== 'outbox' && at !== 'drafts';
  const box = mailbox.value;
  const title =
    at === 'outbox'
      ? 'Outbox'
      : at === 'drafts'
        ? 'Drafts on this device'
        : box === null
          ? ''
          : mailboxName(box);
  return (
    <>
      <div class="head" data-lifted={isList && !listTop.value}>
        <IconButton icon="menu" name="Mailboxes" class="menu" press={() => openSheet('mailboxes')} />
        <h1 class="grow">
          <bdi>{title}</bdi>
          {isList && <HeadCount unread={box?.unread ?? 0} />}
        </h1>
        {isList && <IconButton icon="refresh" name="Refresh" press={refresh} />}
        <IconButton icon="compose" name="Compose" class="head-compose" press={() => compose()} />
      </div>
      {at === 'outbox' && <Outbox />}
      {at === 'drafts' && <Drafts />}
      {isList && box !== null && <List key={box.id} mailbox={box} />}
      {isList && box === null && mailPlace.value.mailbox !== null && filling.value === null && (
        <Blank icon="folder" title="This mailbox is not here">
          It may have been renamed or removed.
        </Blank>
      )}
    </>
  );
}

/** What stands beside the title: how much is unread, or, while a first sync runs, how far it is. */
function HeadCount({ unread }: { unread: number }) {
  const state = filling.value;
  if (state === null) return unread === 0 ? null : <span class="head-count">{unreadCount(unread)}</span>;
  return (
    <>
      <span class="head-count">{loadingRows(state.here, state.of)}</span>
      <progress
        class="filling"
        value={state.here}
        max={Math.max(1, state.of)}
        aria-label={loadingRows(state.here, state.of)}
      />
    </>
  );
}
