/**
 * Who wrote, to whom, and when.
 *
 * Decision: one card. Name and address both, because a name alone proves nothing. Recipients fold into one line and
 * open to all of them with the full date.
 */
import type { Address, Body, Message } from '../../shared/mail.ts';
import { fullDate, listDate } from './dates.ts';
import { Sign } from './row.tsx';
import { now } from './state.ts';
import { andOthers, nameOf } from './words.ts';

export function Header({ message, body }: { message: Message; body: Body | null }) {
  const from = message.from[0];
  const all = [...message.to, ...message.cc];
  return (
    <header class="mail-header">
      <Sign name={nameOf(from)} address={from?.address ?? ''} />
      <div class="mail-from">
        <bdi class="mail-name">{nameOf(from)}</bdi>
        {from !== undefined && from.name !== '' && <bdi class="mail-address">{from.address}</bdi>}
      </div>
      <time class="mail-date" dateTime={new Date(message.date).toISOString()} title={fullDate(message.date)}>
        {listDate(message.date, now.value)}
      </time>
      <details class="mail-to">
        <summary>
          <span>
            to <bdi>{nameOf(all[0] ?? { name: 'undisclosed recipients', address: '' })}</bdi>
            {all.length > 1 && ` ${andOthers(all.length - 1)}`}
          </span>
        </summary>
        <dl>
          <Line name="From" list={message.from} />
          <Line name="To" list={message.to} />
          <Line name="Cc" list={message.cc} />
          <Line name="Bcc" list={body?.bcc ?? []} />
          <Line name="Reply to" list={body?.replyTo ?? []} />
          <dt>Date</dt>
          <dd>{fullDate(body?.sent ?? message.date)}</dd>
        </dl>
      </details>
    </header>
  );
}

function Line({ name, list }: { name: string; list: Address[] }) {
  if (list.length === 0) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {list.map((a, i) => (
          <span class="one-address" key={i}>
            {a.name !== '' && <bdi>{a.name}</bdi>} <bdi class="mail-address">{a.address}</bdi>
          </span>
        ))}
      </dd>
    </>
  );
}
