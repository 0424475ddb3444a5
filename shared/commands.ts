/**
 * The verbs a device may ask for, as data.
 *
 * Decision: a tap becomes one call: an id minted on the device and a list of steps. The bridge answers with one
 * outcome for each step and remembers the id, so the same call may arrive any number of times, by any way, and
 * has one effect. Calls name messages by our ids, never by UID, so they survive moves and days offline.
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
  v.strictObject({ verb: v.literal('flag'), messages, add: flags, remove: flags }),
  v.strictObject({ verb: v.literal('move'), messages, to: id }),
  v.strictObject({ verb: v.literal('archive'), messages }),
  v.strictObject({ verb: v.literal('trash'), messages }),
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
);
export type Call = v.InferOutput<typeof Call>;

/**
 * How one step ended. Temporary trouble is not an outcome: the bridge keeps trying.
 * `unsure` is for sends only: the line broke in the one window SMTP leaves open.
 */
export type Outcome =
  | { as: 'done' }
  | { as: 'refused'; code: RefusalCode; text: string }
  | { as: 'unsure'; text: string };

export type RefusalCode =
  /** The message or mailbox is not there any more. */
  | 'gone'
  /** The mail server said no; `text` is its own words. */
  | 'server'
  /** The call cannot be carried out as asked; `text` says why. */
  | 'invalid'
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
