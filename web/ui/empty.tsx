/**
 * What stands where there is nothing: a calm word, never a spinner.
 *
 * Decision: an empty mailbox and one that is still loading are told apart, because "No mail" over a mailbox on its
 * way would be a lie.
 */
import type { ComponentChildren } from 'preact';
import type { Mailbox } from '../../shared/mail.ts';
import { Icon, type IconName } from './icons.tsx';
import { filling } from './state.ts';
import { mailboxName } from './words.ts';

export function Blank({
  icon,
  title,
  children,
}: {
  icon: IconName;
  title: string;
  children?: ComponentChildren;
}) {
  return (
    <div class="blank">
      <span class="blank-sign">
        <Icon name={icon} />
      </span>
      <p class="blank-title">{title}</p>
      {children !== undefined && <p>{children}</p>}
    </div>
  );
}

export function Empty({ mailbox }: { mailbox: Mailbox }) {
  if (mailbox.total > 0 && filling.value !== null) {
    return (
      <Blank icon="inbox" title="Mail is on its way">
        Newest first. You can start reading as soon as it appears.
      </Blank>
    );
  }
  if (mailbox.role === 'inbox') {
    return (
      <Blank icon="inbox" title="All read, all filed">
        New mail appears here by itself.
      </Blank>
    );
  }
  return <Blank icon="folder" title={`Nothing in ${mailboxName(mailbox)}`} />;
}
