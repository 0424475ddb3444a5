/**
 * The sample mailbox as messages ready to be stored.
 *
 * Decision: pure. Given the moment the demo begins it yields the same mails, so a test can hold them to what they
 * must show: threads that hang together, several scripts, every kind of attachment, and nothing from a real person.
 */
import { choir } from './choir.ts';
import { type Threading, addressOf, compose } from './compose.ts';
import { languages } from './languages.ts';
import { lists } from './lists.ts';
import { newsletters } from './newsletters.ts';
import type { Sample } from './sample.ts';
import { town } from './town.ts';
import { travel } from './travel.ts';
import { welcome } from './welcome.ts';

/** One message to store. */
export interface Stored {
  mailbox: string;
  raw: Buffer;
  flags: string[];
  date: Date;
}

/** Mailboxes beside the usual ones. */
export const OWN_MAILBOXES = ['Travel', 'Choir'];

/** All samples; events in them lie a few days after `now`. */
export function samples(now: Date): Sample[] {
  return [welcome(), town(), newsletters(), languages(), choir(now), travel(now), lists()].flat();
}

function threading(all: Map<string, Sample>, sample: Sample): Threading {
  const id = ({ key, from }: Sample) => `<${key}@${addressOf(from).split('@')[1]}>`;
  const references: string[] = [];
  for (let next = sample.answers; next !== undefined;) {
    const parent = all.get(next);
    if (parent === undefined) throw new Error(`${sample.key} answers ${next}, which is not there`);
    references.unshift(id(parent));
    next = parent.answers;
  }
  return { messageId: id(sample), references };
}

/** The whole mailbox, oldest first, as it is at `now`. */
export function sampleMailbox(now: Date): Stored[] {
  const all = new Map(samples(now).map((sample) => [sample.key, sample]));
  const stored = [...all.values()].map((sample) => {
    const date = new Date(now.getTime() - sample.hours * 3_600_000);
    const { folder: mailbox = 'INBOX', flags = ['\\Seen'] } = sample;
    return { mailbox, flags, date, raw: compose(sample, date, threading(all, sample)) };
  });
  return stored.sort((a, b) => a.date.getTime() - b.date.getTime());
}
