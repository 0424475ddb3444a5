/**
 * Pending calls in words: what was asked, of which mail, and how far it is. Pure.
 *
 * Decision: the outbox speaks of mail and of what a person did, never of verbs and states of a protocol. *Unsure*
 * is told at length, because only the person can decide it.
 */
import type { Outcome, Step } from '../../shared/commands.ts';
import { FLAGGED, SEEN } from '../../shared/mail.ts';
import type { AccountMirror, Pending } from '../engine/engine.ts';
import { mailboxName, messageCount, nameOf, subjectOf } from './words.ts';

export interface Told {
  what: string;
  state: string;
  bad: boolean;
}

/** One pending call in words. */
export function tell(one: Pending, mirror: AccountMirror | null): Told {
  const bad = one.state === 'refused' || one.state === 'unsure';
  return { what: one.call.steps.map((s) => whatOf(s, mirror)).join(', '), state: stateOf(one), bad };
}

function whatOf(step: Step, mirror: AccountMirror | null): string {
  switch (step.verb) {
    case 'send': {
      const first = step.mail.to[0] ?? step.mail.cc[0] ?? step.mail.bcc[0];
      return sendWords(subjectOf(step.mail.subject), nameOf(first));
    }
    case 'withdraw':
      return 'Take back a mail that is being sent';
    case 'archive':
      return archiveWords(mails(step.messages, mirror));
    case 'trash':
      return trashWords(mails(step.messages, mirror));
    case 'move': {
      const box = mirror?.mailboxes.get(step.to);
      return moveWords(
        mails(step.messages, mirror),
        box === undefined ? 'another mailbox' : mailboxName(box),
      );
    }
    default:
      return flagWords(step.add, step.remove, mails(step.messages, mirror));
  }
}

const sendWords = (subject: string, to: string) => `Send “${subject}” to ${to}`;
const archiveWords = (mail: string) => `Archive ${mail}`;
const trashWords = (mail: string) => `Delete ${mail}`;
const moveWords = (mail: string, to: string) => `Move ${mail} to ${to}`;

function flagWords(add: string[], remove: string[], mail: string): string {
  if (add.includes(SEEN)) return `Mark ${mail} as read`;
  if (remove.includes(SEEN)) return `Mark ${mail} as unread`;
  if (add.includes(FLAGGED)) return `Star ${mail}`;
  if (remove.includes(FLAGGED)) return `Take the star off ${mail}`;
  return `Change flags of ${mail}`;
}

function mails(ids: number[], mirror: AccountMirror | null): string {
  const known = ids.length === 1 ? mirror?.messages.get(ids[0]!) : undefined;
  return known === undefined ? messageCount(ids.length) : `“${subjectOf(known.subject)}”`;
}

function stateOf({ state, text, outcomes }: Pending): string {
  switch (state) {
    case 'here':
      return 'Kept on this device until there is a network';
    case 'sent':
      return 'On its way to the bridge';
    case 'accepted':
      return 'The bridge has it';
    case 'held':
      return 'Waiting, so that you can take it back';
    case 'running':
      return 'Being done now';
    case 'waiting':
      return text === '' ? 'The bridge keeps trying' : keepsTrying(text);
    case 'refused':
      return refusedWords(
        outcomes.find((o) => o.as === 'refused'),
        text,
      );
    default:
      return unsureWords(text);
  }
}

const keepsTrying = (text: string) => `The bridge keeps trying: ${text}`;

/** Why a call was refused. */
export function refusedWords(outcome: Extract<Outcome, { as: 'refused' }> | undefined, text: string): string {
  const words = outcome?.text || text;
  switch (outcome?.code) {
    case 'gone':
      return 'Not done: that mail is no longer on the server.';
    case 'late':
      return 'Too late to take it back: it has been sent.';
    case 'server':
      return `The mail server refused it: ${words}`;
    default:
      return words === '' ? 'Refused' : `Refused: ${words}`;
  }
}

const unsureWords = (text: string) =>
  `It may have been sent. The line broke at the one moment in which nobody can tell. Look in Sent, or ask the person, before you send it again. ${text}`.trim();
