/**
 * The verbs a device may ask for, as data.
 *
 * Decision: a tap becomes one call: an id minted on the device and a list of steps. The bridge answers with one
 * outcome for each step and remembers the id, so the same call may arrive any number of times, by any way, and
 * has one effect. Calls name messages by our ids, never by UID, so they survive moves and days offline. Where a device
 * does not know the ids, a step names them by what an earlier step of the call ended with, or by a search; the
 * bridge works out which they are once, before the first effect, and a second try means the same.
 */
import * as v from 'valibot';

const id = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(Number.MAX_SAFE_INTEGER));
const messages = v.pipe(v.array(id), v.minLength(1), v.maxLength(1000));
/** A string bound for a header field: no CR, LF or NUL may reach one. */
const headerText = (max: number) => v.pipe(v.string(), v.maxLength(max), v.regex(/^[^\r\n\0]*$/));
/** `$` keywords and system flags (RFC 9051 §2.3.2). */
const flag = v.pipe(v.string(), v.regex(/^(?:\\(?:Seen|Flagged|Answered|Draft)|[\w$.-]{1,64})$/));
const flags = v.pipe(v.array(flag), v.maxLength(20));
/** An identifier of RFC 5322 §3.6.4, with its angle brackets. */
const messageId = v.pipe(v.string(), v.maxLength(998), v.regex(/^<[^<>\s\p{Cc}]+>$/u));
export const CallId = v.pipe(v.string(), v.uuid());

/** An earlier step of the same call, counted from 0. */
const Earlier = v.strictObject({
  step: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(19)),
});
/** Grammar of `query.ts`. `mailbox` null: where `in:` says, else everywhere but in junk and trash. */
const Searched = v.strictObject({
  query: v.pipe(v.string(), v.maxLength(500), v.regex(/\S/)),
  mailbox: v.nullable(id),
});
/**
 * The messages a step is for: ids; what an earlier step ended with; or all that answer a search, judged by the rows
 * of the bridge: a row of which it cannot tell is left alone.
 */
export type Selection = number[] | v.InferOutput<typeof Earlier> | v.InferOutput<typeof Searched>;
// Chosen by what came, so that a refusal says where it is.
const Selection: v.GenericSchema<Selection> = v.lazy((input) =>
  Array.isArray(input)
    ? messages
    : typeof input === 'object' && input !== null && 'query' in input
      ? Searched
      : Earlier,
);
/** A mailbox: its id, or the one an earlier step made or renamed. */
export type MailboxRef = number | v.InferOutput<typeof Earlier>;
const MailboxRef: v.GenericSchema<MailboxRef> = v.lazy((input) => (typeof input === 'object' ? Earlier : id));
/** The last level of a mailbox's name, in Unicode. */
const mailboxName = v.pipe(v.string(), v.maxLength(200), v.regex(/^[^\p{Cc}]+$/u), v.regex(/^\S(?:.*\S)?$/u));

export const AddressField = v.strictObject({
  name: headerText(500),
  address: v.pipe(
    v.string(),
    v.maxLength(320),
    v.regex(/^[^\s\p{Cc}<>,;:"()[\]\\]+@[^\s\p{Cc}<>,;:"()[\]\\@]+$/u),
  ),
});
const addresses = v.pipe(v.array(AddressField), v.maxLength(100));

/** A mail as composed. Message-ID and date are minted when it is written, so a second try is the same mail. */
export const Outgoing = v.strictObject({
  messageId,
  /** Milliseconds since 1970, to the end of what a Date can hold. */
  date: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8.64e15)),
  from: AddressField,
  to: addresses,
  cc: addresses,
  bcc: addresses,
  subject: headerText(2000),
  text: v.pipe(v.string(), v.maxLength(200_000)),
  inReplyTo: v.nullable(messageId),
  references: v.pipe(v.array(messageId), v.maxLength(100)),
  /** The message that gets \Answered once this is sent. */
  answers: v.nullable(id),
});
export type Outgoing = v.InferOutput<typeof Outgoing>;

export const Step = v.variant('verb', [
  v.strictObject({ verb: v.literal('flag'), messages: Selection, add: flags, remove: flags }),
  v.strictObject({ verb: v.literal('move'), messages: Selection, to: MailboxRef }),
  /** Ends with the copies. What lies there already is not copied. */
  v.strictObject({ verb: v.literal('copy'), messages: Selection, to: MailboxRef }),
  v.strictObject({ verb: v.literal('archive'), messages: Selection }),
  v.strictObject({ verb: v.literal('trash'), messages: Selection }),
  /** For good, and these alone (RFC 4315 UID EXPUNGE); refused where the server could only remove others with them. */
  v.strictObject({ verb: v.literal('delete'), messages: Selection }),
  /** To the junk mailbox, with `$Junk` where the server keeps it (RFC 5788 registry); `notjunk` is the way back. */
  v.strictObject({ verb: v.literal('junk'), messages: Selection }),
  v.strictObject({ verb: v.literal('notjunk'), messages: Selection }),
  /** Everything in it the bridge knows of, mirrored or not. */
  v.strictObject({ verb: v.literal('markRead'), mailbox: id }),
  /** `parent` null: at the top. A mailbox that is there already will do. */
  v.strictObject({ verb: v.literal('createMailbox'), parent: v.nullable(MailboxRef), name: mailboxName }),
  /** Also moves it, with all below it. It keeps its id, and its messages keep theirs. */
  v.strictObject({
    verb: v.literal('renameMailbox'),
    mailbox: id,
    parent: v.nullable(MailboxRef),
    name: mailboxName,
  }),
  /** With all messages in it. Refused for the inbox, mailboxes of a role, and while others lie below it. */
  v.strictObject({ verb: v.literal('deleteMailbox'), mailbox: id }),
  /** `hold`: milliseconds the bridge waits after accepting, so that the person can take it back. */
  v.strictObject({
    verb: v.literal('send'),
    mail: Outgoing,
    hold: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(60_000)),
  }),
  /** Takes back a call that has had no effect yet, above all a send that is still held. */
  v.strictObject({ verb: v.literal('withdraw'), call: CallId }),
]);
export type Step = v.InferOutput<typeof Step>;
export type Verb = Step['verb'];

/** The step that `ref` names, if it is an earlier one. */
function earlier(steps: Step[], at: number, ref: unknown): Step | undefined {
  const named = (ref as { step?: number } | null)?.step;
  return named !== undefined && named < at ? steps[named] : undefined;
}

/** Whether every reference of the step names an earlier one that ends with what is asked of it. */
function refersWell(step: Step, at: number, steps: Step[]): boolean {
  const refers = (ref: unknown) => typeof ref === 'object' && ref !== null && 'step' in ref;
  const made = (ref: unknown) => {
    const verb = earlier(steps, at, ref)?.verb;
    return !refers(ref) || verb === 'createMailbox' || verb === 'renameMailbox';
  };
  if ('messages' in step && refers(step.messages)) {
    const named = earlier(steps, at, step.messages);
    if (!named || !('messages' in named) || named.verb === 'delete') return false;
  }
  return made('to' in step ? step.to : null) && made('parent' in step ? step.parent : null);
}

/** One call. A `send` or `withdraw` stands alone; other steps may come together. */
export const Call = v.pipe(
  v.strictObject({
    id: CallId,
    account: v.pipe(v.string(), v.maxLength(64)),
    steps: v.pipe(v.array(Step), v.minLength(1), v.maxLength(20)),
  }),
  v.check(
    (call) => call.steps.length === 1 || call.steps.every((s) => s.verb !== 'send' && s.verb !== 'withdraw'),
  ),
  v.check((call) => call.steps.every(refersWell)),
);
export type Call = v.InferOutput<typeof Call>;

/**
 * Ids of the messages a step is for as far as the call itself tells: its own, or those of the step it refers to.
 * Empty where only the bridge can say.
 */
export function namedMessages(steps: readonly Step[], step: Step): readonly number[] {
  if (!('messages' in step)) return [];
  if (Array.isArray(step.messages)) return step.messages;
  const before = 'step' in step.messages ? steps[step.messages.step] : undefined;
  // What a copy ends with has ids of its own.
  return before === undefined || before === step || before.verb === 'copy'
    ? []
    : namedMessages(steps, before);
}

/**
 * How one step ended. Temporary trouble is not an outcome: the bridge keeps trying.
 * `unsure` is for sends only: the line broke in the one window SMTP leaves open.
 */
export type Outcome =
  /**
   * `messages`: ids the step ended with, where the call did not name them: by a search, a reference, or a copy.
   * `mailbox`: the one made or renamed.
   */
  | { as: 'done'; messages?: number[]; mailbox?: number }
  | { as: 'refused'; code: RefusalCode; text: string }
  | { as: 'unsure'; text: string };

export type RefusalCode =
  /** The message or mailbox is not there any more. */
  | 'gone'
  /** The mail server said no; `text` is its own words. */
  | 'server'
  /** The call cannot be carried out as asked; `text` says why. */
  | 'invalid'
  /** The step it refers to was not carried out. */
  | 'skipped'
  /** The same id came before with other content. */
  | 'conflict'
  /** Taken back by the person before it had an effect. */
  | 'withdrawn'
  /** Too late to take back. */
  | 'late';

/** The receipt of a call. */
export interface Settled {
  id: string;
  outcomes: Outcome[];
}
