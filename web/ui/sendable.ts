/**
 * Whether a draft can be sent as it stands. Pure.
 *
 * Decision: a missing recipient and a half-typed one stop a send, with the reason at the field; a missing subject asks
 * once. Everything else is the person's own business.
 */
import type { Draft } from '../engine/engine.ts';
import { parseRecipients } from './addresses.ts';

/** What is wrong, by field. */
export type Faults = Partial<Record<'to' | 'cc' | 'bcc' | 'subject', string>>;

/** A draft with something in it that a person put there. */
export function isWorth(d: Draft): boolean {
  const typed = d.unfinished.to + d.unfinished.cc + d.unfinished.bcc + d.subject + d.text;
  return typed.trim() !== '' || d.to.length + d.cc.length + d.bcc.length > 0;
}

/** The draft with half-typed recipients taken in where they are addresses. */
export function settled(d: Draft): Draft {
  const out = { ...d, unfinished: { ...d.unfinished } };
  for (const name of ['to', 'cc', 'bcc'] as const) {
    const { good, rest } = parseRecipients(d.unfinished[name]);
    out[name] = [...d[name], ...good];
    out.unfinished[name] = rest;
  }
  return out;
}

/** What stops this draft from being sent. `before` are the faults of the last try: a missing subject is asked once. */
export function faultsOf(d: Draft, before: Faults): Faults {
  const faults: Faults = {};
  for (const name of ['to', 'cc', 'bcc'] as const) {
    if (d.unfinished[name] !== '') faults[name] = notAnAddress(d.unfinished[name]);
  }
  if (d.to.length + d.cc.length + d.bcc.length === 0 && faults.to === undefined) {
    faults.to = 'Say who it is for: at least one address.';
  }
  if (d.subject.trim() === '' && Object.keys(faults).length === 0 && before.subject === undefined) {
    faults.subject = 'No subject. Press Send again to send it without one.';
  }
  return faults;
}

const notAnAddress = (text: string) => `“${text}” is not an address. It should look like name@example.org.`;
