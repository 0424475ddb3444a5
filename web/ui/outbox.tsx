/**
 * The outbox: all that was asked for and has not ended, in words, with the way out of each.
 *
 * Decision: nothing waits unseen. What cannot go wrong any more has no button; what waits can be taken back; what
 * failed can be read, edited, sent again or put away.
 */
import type { Pending } from '../engine/engine.ts';
import { keep } from './actions.ts';
import { ago } from './dates.ts';
import { Blank } from './empty.tsx';
import { tell } from './pending-words.ts';
import { engine, now, pending } from './state.ts';
import { editRefused, takeBack } from './writing.ts';

export function Outbox() {
  const all = pending.value;
  if (all.length === 0) {
    return (
      <Blank icon="outbox" title="Nothing is waiting">
        What you do without a network waits here and goes out by itself.
      </Blank>
    );
  }
  return (
    <ul class="cards scroll" role="list" aria-label="Waiting">
      {all.map((one) => (
        <Entry key={one.call.id} one={one} />
      ))}
    </ul>
  );
}

function Entry({ one }: { one: Pending }) {
  const told = tell(one, engine().accounts.get(one.call.account) ?? null);
  return (
    <li class="card" data-bad={told.bad}>
      <p class="card-what" dir="auto">
        {told.what}
      </p>
      <p class="card-state" dir="auto">
        {told.state}
      </p>
      <p class="card-age">{ago(one.at, now.value)}</p>
      <div class="card-buttons">
        <Buttons one={one} />
      </div>
    </li>
  );
}

function Buttons({ one }: { one: Pending }) {
  const id = one.call.id;
  const isSend = one.call.steps.some((s) => s.verb === 'send');
  const isWithdraw = one.call.steps.some((s) => s.verb === 'withdraw');
  if (one.state !== 'refused' && one.state !== 'unsure') {
    if (isWithdraw) return null;
    return (
      <button
        type="button"
        class="button"
        onClick={() => void (isSend ? takeBack(id) : keep(engine().withdraw(id)))}
      >
        Withdraw
      </button>
    );
  }
  return (
    <>
      {isSend && one.draft !== null && (
        <button type="button" class="button" onClick={() => void editRefused(one)}>
          Edit
        </button>
      )}
      {isSend && (
        <button type="button" class="button" onClick={() => void keep(engine().sendAgain(id))}>
          Send again
        </button>
      )}
      <button type="button" class="button plain" onClick={() => void keep(engine().dismiss(id))}>
        Dismiss
      </button>
    </>
  );
}
