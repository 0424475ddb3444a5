/**
 * Drafts that live on this device.
 *
 * Decision: they are listed apart from the server's Drafts mailbox and say so: another device does not see them.
 */
import { clockTime, listDate } from './dates.ts';
import { Blank } from './empty.tsx';
import { drafts, now } from './state.ts';
import { nameOf, subjectOf } from './words.ts';
import { openDraft } from './writing.ts';
import type { Draft } from '../engine/engine.ts';

export function Drafts() {
  if (drafts.value.length === 0) {
    return (
      <Blank icon="draft" title="No drafts on this device">
        What you begin to write is kept here until it is sent.
      </Blank>
    );
  }
  return (
    <ul class="cards scroll" role="list" aria-label="Drafts on this device">
      {drafts.value.map((draft) => (
        <li key={draft.id}>
          <button type="button" class="card draft" onClick={() => openDraft(draft)}>
            <span class="card-age">{listDate(draft.savedAt, now.value) || clockTime(draft.savedAt)}</span>
            <bdi class="card-to">{recipientsOf(draft)}</bdi>
            <bdi class="card-what">{subjectOf(draft.subject)}</bdi>
            <bdi class="card-state">{draft.text.trim().slice(0, 120)}</bdi>
          </button>
        </li>
      ))}
    </ul>
  );
}

function recipientsOf(draft: Draft): string {
  const names = [...draft.to, ...draft.cc, ...draft.bcc].map(nameOf).join(', ');
  return names || draft.unfinished.to || 'No recipient yet';
}
