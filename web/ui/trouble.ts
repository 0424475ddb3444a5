/**
 * What the connection bar says, from the two lines: device to bridge, bridge to mail server. Pure.
 *
 * Decision: silence when all is well. One trouble at a time, the one nearest to the person first, in words that say
 * who failed and what happens next. Nothing here stops anyone from reading.
 */
import type { AccountStatus } from '../../shared/protocol.ts';
import type { LinkState } from '../engine/engine.ts';
import { clockTime } from './dates.ts';
import { secondsLeft } from './words.ts';

export interface Trouble {
  /** Same kind, same trouble: it is announced once. */
  kind: 'connecting' | 'offline' | 'signed-out' | 'outdated' | 'unreachable' | 'refused';
  text: string;
  button: { label: string; does: 'retry' | 'sign-in' | 'reload' } | null;
}

/** The trouble to tell at `now` (milliseconds), or null when there is none. */
export function troubleOf(link: LinkState, status: AccountStatus | null, now: number): Trouble | null {
  switch (link.is) {
    case 'outdated':
      return {
        kind: 'outdated',
        text: 'This version is too old.',
        button: { label: 'Reload', does: 'reload' },
      };
    case 'signed-out':
      return {
        kind: 'signed-out',
        text: 'You are signed out. What you wrote is kept.',
        button: { label: 'Sign in again', does: 'sign-in' },
      };
    case 'offline':
      return { kind: 'offline', text: offline(link.since), button: { label: 'Try now', does: 'retry' } };
    case 'connecting':
      return { kind: 'connecting', text: 'Connecting…', button: null };
    default:
      return status === null ? null : serverTrouble(status, now);
  }
}

const offline = (since: number) => `Offline, showing mail from ${clockTime(since)}.`;

function serverTrouble(status: AccountStatus, now: number): Trouble | null {
  if (status.state === 'unreachable') {
    const button = { label: 'Try now', does: 'retry' } as const;
    return { kind: 'unreachable', text: unreachable(status, now), button };
  }
  if (status.state === 'refused') {
    const button = { label: 'Sign in again', does: 'sign-in' } as const;
    return { kind: 'refused', text: refused(status.text), button };
  }
  return null;
}

function unreachable(status: AccountStatus, now: number): string {
  const why = status.text === '' ? '' : ` (${status.text})`;
  if (status.retryAt === null || status.retryAt <= now)
    return `Mail server not reachable, trying again${why}.`;
  return `Mail server not reachable, trying again in ${secondsLeft(Math.ceil((status.retryAt - now) / 1000))}${why}.`;
}

const refused = (text: string) =>
  text === '' ? 'The mail server refused the password.' : `The mail server refused the password: ${text}`;
