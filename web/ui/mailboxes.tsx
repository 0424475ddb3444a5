/**
 * The mailboxes: a pane at a desk, a sheet on a phone; the same links in both.
 *
 * Decision: special mailboxes first, by what they are for; the rest as the server names them, indented by level.
 * What is on this device only (Outbox, Drafts on this device) stands apart. The account and the way out are at the foot.
 */
import type { Mailbox } from '../../shared/mail.ts';
import { openMailbox, openSheet } from './actions.ts';
import { go } from './history.ts';
import { Icon, IconButton, type IconName } from './icons.tsx';
import { account, drafts, mailbox, mailboxes, route, waiting } from './state.ts';
import { mailboxName, plainNumber, unreadCount, waitingCount } from './words.ts';
import { compose } from './writing.ts';

const ICONS: Record<NonNullable<Mailbox['role']>, IconName> = {
  inbox: 'inbox',
  archive: 'archive',
  drafts: 'draft',
  sent: 'sent',
  junk: 'junk',
  trash: 'trash',
  all: 'archive',
  flagged: 'star',
};

export function Mailboxes({ desk }: { desk: boolean }) {
  const at = route.value.at;
  return (
    <nav class="mailboxes" aria-label="Mailboxes">
      {desk && (
        <IconButton icon="compose" name="Compose" labelled class="compose-button" press={() => compose()} />
      )}
      <ul role="list">
        {mailboxes.value.map((m) => (
          <Entry
            key={m.id}
            mailbox={m}
            current={(at === 'mail' || at === 'compose') && m.id === mailbox.value?.id}
          />
        ))}
      </ul>
      <ul role="list" class="device">
        <Local
          at="drafts"
          icon="draft"
          name="Drafts on this device"
          count={drafts.value.length}
          say={String}
        />
        <Local at="outbox" icon="outbox" name="Outbox" count={waiting.value} say={waitingCount} />
      </ul>
      <div class="account">
        <bdi class="account-name">{account()?.address}</bdi>
        <IconButton icon="door" name="Sign out" labelled press={() => openSheet('leave')} />
      </div>
    </nav>
  );
}

function Entry({ mailbox: m, current }: { mailbox: Mailbox; current: boolean }) {
  const depth = m.role === null && m.delimiter !== '' ? m.name.split(m.delimiter).length - 1 : 0;
  const inside = (
    <>
      <Icon name={m.role === null ? 'folder' : ICONS[m.role]} />
      <bdi class="mailbox-name">{mailboxName(m)}</bdi>
      {m.unread > 0 && m.role !== 'trash' && (
        <span class="count" aria-label={unreadCount(m.unread)}>
          {plainNumber(m.unread)}
        </span>
      )}
    </>
  );
  return (
    <li style={{ '--depth': depth }}>
      {m.selectable ? (
        <a
          href={`/m/${m.id}`}
          aria-current={current ? 'page' : undefined}
          onClick={(e) => {
            e.preventDefault();
            openMailbox(m.id);
          }}
        >
          {inside}
        </a>
      ) : (
        <span class="level">{inside}</span>
      )}
    </li>
  );
}

interface LocalProps {
  at: 'drafts' | 'outbox';
  icon: IconName;
  name: string;
  count: number;
  say: (n: number) => string;
}

function Local({ at, icon, name, count, say }: LocalProps) {
  return (
    <li>
      <a
        href={`/${at}`}
        aria-current={route.value.at === at ? 'page' : undefined}
        onClick={(e) => {
          e.preventDefault();
          go({ at, sheet: null }, route.value.sheet === null ? 'push' : 'replace');
        }}
      >
        <Icon name={icon} />
        <span class="mailbox-name">{name}</span>
        {count > 0 && (
          <span class="count" aria-label={say(count)}>
            {count}
          </span>
        )}
      </a>
    </li>
  );
}
