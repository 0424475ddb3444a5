/**
 * Which messages and which mailbox a step is for.
 *
 * Decision: a search is judged by the rows of the bridge, and only a row that surely answers is chosen, for what
 * follows cannot always be taken back. It is made once: the hits are on the disk before the first effect.
 * A reference to a step that was refused skips the step that refers, and so on down the call.
 */
import type { MailboxRef, Outcome, Selection, Step } from '../../shared/commands.ts';
import { namedMessages } from '../../shared/commands.ts';
import { matches, type SearchContext } from '../../shared/query-match.ts';
import { parse, type Query } from '../../shared/query.ts';
import { namedOf } from '../search/one-mailbox.ts';
import { asksFor } from '../search/plan.ts';
import type { MailboxRecord, Place } from '../store/records.ts';
import { mailboxById, Refusal, type Bench } from './bench.ts';

/** The steps of the call and how the earlier ones ended. */
export interface Before {
  steps: readonly Step[];
  outcomes: readonly Outcome[];
}

export interface Chosen {
  /** Ids in the order named, those that are gone included. */
  ids: number[];
  /** The call does not name them itself: the outcome has to. */
  told: boolean;
  /** Found by a search in this try or an earlier one. */
  searched: boolean;
}

/** Most messages one search may choose. */
const MOST = 10_000;
const SLICE = 200;

/** Throws Refusal: `skipped`, `gone` for a mailbox, `invalid` when a search finds too many. */
export async function choose(bench: Bench, before: Before, selection: Selection): Promise<Chosen> {
  if (Array.isArray(selection)) return { ids: selection, told: false, searched: false };
  if ('step' in selection) {
    const outcome = endOf(before, selection.step);
    const step = before.steps[selection.step]!;
    const ids = outcome.messages ?? namedMessages(before.steps, step);
    return { ids: [...ids], told: true, searched: false };
  }
  const ids = bench.begun?.messages ?? (await search(bench, selection.query, selection.mailbox));
  return { ids, told: true, searched: true };
}

/** The mailbox meant. Throws Refusal `skipped` or `gone`. */
export async function mailboxOf(bench: Bench, before: Before, ref: MailboxRef): Promise<MailboxRecord> {
  if (typeof ref === 'number') return mailboxById(bench, ref);
  const { mailbox } = endOf(before, ref.step);
  if (mailbox === undefined) throw skipped(ref.step);
  return mailboxById(bench, mailbox);
}

function endOf({ outcomes }: Before, step: number): Extract<Outcome, { as: 'done' }> {
  const outcome = outcomes[step];
  if (outcome?.as !== 'done') throw skipped(step);
  return outcome;
}

function skipped(step: number): Refusal {
  return new Refusal('skipped', `Step ${step + 1}, which this one builds on, was not carried out.`);
}

/** Places of messages that are still there, each once. */
export async function placesOf(bench: Bench, ids: number[]): Promise<Place[]> {
  const places: Place[] = [];
  for (const id of new Set(ids)) {
    const place = await bench.store.place(bench.account, id);
    if (place) places.push(place);
  }
  return places;
}

async function search(bench: Bench, text: string, only: number | null): Promise<number[]> {
  const query = parse(text);
  const boxes = await bench.store.mailboxes(bench.account);
  const byId = new Map(boxes.map((box) => [box.id, namedOf(box)]));
  if (only !== null) await mailboxById(bench, only);
  const context: SearchContext = {
    now: bench.now,
    midnight: null,
    mailbox: (id) => byId.get(id),
    text: null,
  };
  const found: number[] = [];
  for (const box of boxes) {
    if (only === null ? !isOpen(box, query) : box.id !== only) continue;
    const places = await bench.store.placesIn(bench.account, box.id);
    for (let at = 0; at < places.length; at += SLICE) {
      const ids = places.slice(at, at + SLICE).map((place) => place.id);
      const rows = await bench.store.messagesById(bench.account, ids);
      for (const row of rows) if (matches(query, row, context) === 'yes') found.push(row.id);
      if (found.length > MOST)
        throw new Refusal('invalid', `More than ${MOST} messages answer this search. Narrow it down.`);
      // A long scan leaves the loop to others between two slices.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
  return found;
}

/** Junk, trash, and mailboxes that only show what lies elsewhere, are searched when `in:` names them. */
function isOpen(box: MailboxRecord, query: Query): boolean {
  const apart = box.role === 'junk' || box.role === 'trash' || box.role === 'all' || box.role === 'flagged';
  return box.selectable && (!apart || asksFor(query, namedOf(box)));
}
