/**
 * One mail of the sample mailbox, as data.
 *
 * Decision: the mails are written, not recorded: senders are offices and clubs at `.example` domains, so nobody's
 * letter is shown. Ages are in hours before the demo began, so the mailbox is always of this week. A thread is
 * told by the key of the mail answered; Message-ID and References follow from it.
 */

/** The person the demo mailbox belongs to. */
export const DEMO_ADDRESS = 'demo@pimento.example';
export const YOU = `You <${DEMO_ADDRESS}>`;

export interface Attached {
  name: string;
  type: string;
  content: Buffer | string;
  /** Content-ID, for a picture the HTML shows itself. */
  cid?: string;
}

export interface Sample {
  /** Local part of the Message-ID; unique in the mailbox. */
  key: string;
  /** Where it lies; INBOX unless said. */
  folder?: string;
  /** Age in hours. */
  hours: number;
  /** `Name <address>`. */
  from: string;
  /** The demo person unless said. */
  to?: string[];
  cc?: string[];
  subject: string;
  text: string;
  html?: string;
  /** Read and nothing else unless said. */
  flags?: string[];
  /** Key of the mail this one answers. */
  answers?: string;
  attached?: Attached[];
  headers?: Record<string, string>;
}

/** Flags of a mail nobody has opened yet. */
export const UNREAD: string[] = [];
export const STARRED = ['\\Seen', '\\Flagged'];
export const ANSWERED = ['\\Seen', '\\Answered'];
