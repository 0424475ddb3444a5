/**
 * What a try settles on before its first effect, so that every later try means the same.
 *
 * Decision: a search answers differently once half of its hits have moved, and a copy looks like mail that was
 * always there. So which messages are meant, and where the target's UIDs stood, go to the disk first. They lie in
 * the ledger entry behind the outcomes of the steps that have ended, and only while a step is running.
 */
import type { Outcome } from '../../shared/commands.ts';

export interface Begun {
  as: 'begun';
  /** The messages a search found; null when the call named them. */
  messages: number[] | null;
  /** UIDVALIDITY and UIDNEXT of the target before anything came to it; null where they are not needed. */
  before: { uidvalidity: string; uidnext: number } | null;
}

/** Outcomes as they are stored while a step is running. */
export function withBegun(outcomes: Outcome[], begun: Begun | null): Outcome[] {
  return begun ? [...outcomes, begun as unknown as Outcome] : outcomes;
}

/** Takes apart what `withBegun` put together. */
export function apart(stored: Outcome[]): { outcomes: Outcome[]; begun: Begun | null } {
  const last = stored.at(-1) as Outcome | Begun | undefined;
  return last?.as === 'begun'
    ? { outcomes: stored.slice(0, -1), begun: last }
    : { outcomes: stored, begun: null };
}
