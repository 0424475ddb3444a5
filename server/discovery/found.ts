/**
 * What discovery is about: two servers and what a person is called there.
 *
 * Decision: only a line with TLS counts, from the first byte or by STARTTLS that is insisted on. What is offered
 * in clear is left out as if it had not been said, so nobody on the way can talk a client down.
 */
import type { MailServer } from '../mailserver.ts';

/** What the mail server takes as the user: the whole address, or what stands before the @. */
export type Login = 'address' | 'local part';

export interface Found {
  imap: MailServer;
  smtp: MailServer;
  login: Login;
  /** Where it was found, for the log. */
  source: 'bundled' | 'autoconfig' | 'well-known' | 'srv' | 'mx';
}

/** One way of finding out. Null: nothing of use there. May throw; that too means nothing was found. */
export type Probe = (domain: string, signal: AbortSignal) => Promise<Omit<Found, 'source'> | null>;
