/**
 * Pending calls in words: what was asked, of which mail, and how far it is. Pure.
 *
 * Decision: the outbox speaks of mail and of what a person did, never of verbs and states of a protocol. *Unsure*
 * is told at length, because only the person can decide it.
 */
import { namedMessages, type Call, type MailboxRef, type Outcome, type Step } from '../../shared/commands.ts';
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
  return {
    what: one.call.steps.map((s) => whatOf(s, one.call, mirror)).join(', '),
    state: stateOf(one),
    bad,
  };
}

function whatOf(step: Step, call: Call, mirror: AccountMirror | null): string {
  switch (step.verb) {
    case 'send': {
      const first = step.mail.to[0] ?? step.mail.cc[0] ?? step.mail.bcc[0];
      return sendWords(subjectOf(step.mail.subject), nameOf(first));
    }
    case 'withdraw':
      return 'Take back a mail that is being sent';
    case 'markRead':
      return markReadWords(boxWords(step.mailbox, mirror));
    case 'createMailbox':
      return createWords(step.name);
    case 'renameMailbox':
      return renameWords(boxWords(step.mailbox, mirror), step.name);
    case 'deleteMailbox':
      return deleteBoxWords(boxWords(step.mailbox, mirror));
    default:
      return handlingWords(step, mails(step, call, mirror), mirror);
  }
}

function handlingWords(
  step: Extract<Step, { messages: unknown }>,
  mail: string,
  mirror: AccountMirror | null,
): string {
  switch (step.verb) {
    case 'archive':
      return archiveWords(mail);
    case 'trash':
      return trashWords(mail);
    case 'delete':
      return deleteWords(mail);
    case 'junk':
      return junkWords(mail);
    case 'notjunk':
      return notJunkWords(mail);
    case 'move':
      return moveWords(mail, boxWords(step.to, mirror));
    case 'copy':
      return copyWords(mail, boxWords(step.to, mirror));
    default:
      return flagWords(step.add, step.remove, mail);
  }
}

function boxWords(ref: MailboxRef, mirror: AccountMirror | null): string {
  const box = typeof ref === 'number' ? mirror?.mailboxes.get(ref) : undefined;
  return box === undefined ? 'another mailbox' : mailboxName(box);
}

const sendWords = (subject: string, to: string) => `Send “${subject}” to ${to}`;
const archiveWords = (mail: string) => `Archive ${mail}`;
const trashWords = (mail: string) => `Delete ${mail}`;
const deleteWords = (mail: string) => `Delete ${mail} for good`;
const junkWords = (mail: string) => `Move ${mail} to junk`;
const notJunkWords = (mail: string) => `Take ${mail} out of junk`;
const copyWords = (mail: string, to: string) => `Copy ${mail} to ${to}`;
const markReadWords = (box: string) => `Mark everything in ${box} as read`;
const createWords = (name: string) => `Make the mailbox “${name}”`;
const renameWords = (box: string, name: string) => `Rename ${box} to “${name}”`;
const deleteBoxWords = (box: string) => `Delete the mailbox ${box} with all its mail`;
const moveWords = (mail: string, to: string) => `Move ${mail} to ${to}`;

function flagWords(add: string[], remove: string[], mail: string): string {
  if (add.includes(SEEN)) return `Mark ${mail} as read`;
  if (remove.includes(SEEN)) return `Mark ${mail} as unread`;
  if (add.includes(FLAGGED)) return `Star ${mail}`;
  if (remove.includes(FLAGGED)) return `Take the star off ${mail}`;
  return `Change flags of ${mail}`;
}

function mails(step: Step, call: Call, mirror: AccountMirror | null): string {
  const ids = namedMessages(call.steps, step);
  // A search, or what an earlier step ends with: how many there are only the bridge knows.
  if (ids.length === 0) return 'messages';
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
    case 'skipped':
      return notDoneWords(words);
    case 'late':
      return 'Too late to take it back: it has been sent.';
    case 'server':
      return `The mail server refused it: ${words}`;
    default:
      return words === '' ? 'Refused' : `Refused: ${words}`;
  }
}

const notDoneWords = (why: string) =>
  why === '' ? 'Not done: that mail is no longer on the server.' : `Not done. ${why}`;

const unsureWords = (text: string) =>
  `It may have been sent. The line broke at the one moment in which nobody can tell. Look in Sent, or ask the person, before you send it again. ${text}`.trim();
