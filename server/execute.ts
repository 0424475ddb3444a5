/**
 * The triage verbs: which does what, and how each ends.
 *
 * Decision: every verb answers an outcome and the writes that are its effect; the account lands both together.
 * What a verb does on the server, and the check that makes its second try harmless, are in `verbs/`. Here a step's
 * messages and mailbox are found out, what must outlive a broken line is put on the disk before the first effect,
 * and every refusal, the server's or ours, becomes an outcome.
 */
import type { Outcome, RefusalCode, Step } from '../shared/commands.ts';
import { ImapAnew, ImapRefused } from './imap-answers.ts';
import { Doing, messageGone, Refusal, type Bench, type Effect } from './verbs/bench.ts';
import { choose, mailboxOf, placesOf, type Before, type Chosen } from './verbs/choose.ts';
import { copy } from './verbs/copy.ts';
import { flag, markRead } from './verbs/flag.ts';
import { createMailbox, deleteMailbox, renameMailbox } from './verbs/mailboxes.ts';
import { mailboxFor, markOf, move, needsMark, type Keywords } from './verbs/move.ts';
import { remove } from './verbs/remove.ts';
import type { MailboxRecord, Place } from './store/records.ts';

export type Triage = Exclude<Step, { verb: 'send' } | { verb: 'withdraw' }>;
/** The verbs that are for messages. */
type Handling = Extract<Triage, { messages: unknown }>;

type Done = Extract<Outcome, { as: 'done' }>;

const KEYWORDS: Partial<Record<Triage['verb'], Keywords>> = {
  junk: { add: '$Junk', remove: '$NotJunk' },
  notjunk: { add: '$NotJunk', remove: '$Junk' },
};

/**
 * Carries out one step of the call; `before` tells of the earlier ones. Throws ImapDown when the line breaks; every
 * word of the server's becomes an outcome.
 */
export async function execute(tools: Omit<Bench, 'doing'>, step: Triage, before: Before): Promise<Effect> {
  const bench = { ...tools, doing: new Doing() };
  try {
    return bench.doing.effect(await carryOut(bench, step, before));
  } catch (error) {
    const code = codeOf(error);
    if (code === null) throw error;
    return bench.doing.effect({ as: 'refused', code, text: (error as Error).message });
  }
}

/** Null: no word about the step, but trouble with the line or a fault of ours. */
function codeOf(error: unknown): RefusalCode | null {
  if (error instanceof Refusal) return error.code;
  if (error instanceof ImapAnew) return 'gone';
  return error instanceof ImapRefused ? 'server' : null;
}

async function carryOut(bench: Bench, step: Triage, before: Before): Promise<Done> {
  switch (step.verb) {
    case 'markRead':
      await markRead(bench, step.mailbox);
      return { as: 'done' };
    case 'createMailbox': {
      const parent = step.parent === null ? null : await mailboxOf(bench, before, step.parent);
      return { as: 'done', mailbox: await createMailbox(bench, parent, step.name) };
    }
    case 'renameMailbox': {
      const parent = step.parent === null ? null : await mailboxOf(bench, before, step.parent);
      return { as: 'done', mailbox: await renameMailbox(bench, step.mailbox, parent, step.name) };
    }
    case 'deleteMailbox':
      await deleteMailbox(bench, step.mailbox);
      return { as: 'done' };
    default:
      return handle(bench, step, before);
  }
}

/** A step for messages. A search that finds none has nothing to do; ids of which none is there are refused. */
async function handle(bench: Bench, step: Handling, before: Before): Promise<Done> {
  const chosen = await choose(bench, before, step.messages);
  const end = (ids: number[]): Done => (chosen.told ? { as: 'done', messages: ids } : { as: 'done' });
  if (chosen.told && chosen.ids.length === 0) return end([]);
  const places = await placesOf(bench, chosen.ids);
  if (places.length === 0 && step.verb !== 'delete') throw messageGone();
  const target = await targetOf(bench, before, step);
  bench = { ...bench, begun: await begin(bench, chosen, step, target) };
  if (step.verb === 'copy') return { as: 'done', messages: await copy(bench, places, target!) };
  if (step.verb === 'delete') await remove(bench, places);
  else if (step.verb === 'flag') await flag(bench, places, step.add, step.remove);
  else await move(bench, places, target!, KEYWORDS[step.verb] ?? null);
  return end(stayed(bench, chosen, places));
}

/** The messages of a step that are still there after it. */
function stayed({ doing }: Bench, { told }: Chosen, places: Place[]): number[] {
  const gone = new Set(doing.drop);
  return told ? places.map((place) => place.id).filter((id) => !gone.has(id)) : [];
}

/** Settles on what a later try must know. Answers it, from an earlier try where there was one. */
async function begin(bench: Bench, chosen: Chosen, step: Handling, target: MailboxRecord | null) {
  if (bench.begun) return bench.begun;
  const marked = target !== null && (step.verb === 'copy' || needsMark(bench));
  if (!marked && !chosen.searched) return null;
  const begun = {
    as: 'begun' as const,
    messages: chosen.searched ? chosen.ids : null,
    before: marked ? await markOf(bench, target) : null,
  };
  await bench.begin(begun);
  return begun;
}

async function targetOf(bench: Bench, before: Before, step: Handling): Promise<MailboxRecord | null> {
  switch (step.verb) {
    case 'move':
    case 'copy':
      return mailboxOf(bench, before, step.to);
    case 'archive':
      return mailboxFor(bench, 'archive', 'Archive');
    case 'trash':
      return mailboxFor(bench, 'trash', 'Trash');
    case 'junk':
      return mailboxFor(bench, 'junk', 'Junk');
    case 'notjunk':
      return mailboxFor(bench, 'inbox', 'INBOX');
    default:
      return null;
  }
}
