/**
 * The demo's SMTP server: takes the demo person's mail and brings it back.
 *
 * Decision: nothing leaves this machine. What is addressed to the demo person is delivered for real, by LMTP; what is
 * addressed to anybody else is answered by a short automatic reply that says so, so that writing a mail never
 * ends in silence. It is the only file of the bridge that knows smtp-server.
 */
import { randomUUID, timingSafeEqual } from 'node:crypto';
import { callbackify } from 'node:util';
import {
  SMTPServer,
  type SMTPServerAddress,
  type SMTPServerAuthentication,
  type SMTPServerDataStream,
  type SMTPServerSession,
} from 'smtp-server';
import { deliver } from './lmtp.ts';
import { compose } from './mailbox/compose.ts';
import { freePort } from './ports.ts';

export interface DemoSmtpOptions {
  /** The one person who may send and receive here. */
  address: string;
  password: string;
  /** Where mail is delivered: an LMTP server on 127.0.0.1. */
  lmtpPort: number;
  /** Wanted, used if free. */
  port?: number | undefined;
  log: (line: string) => void;
}

export interface DemoSmtp {
  port: number;
  stop: () => Promise<void>;
}

const LARGEST = 40 * 1024 * 1024;

/** One field of a mail's header, unfolded; empty when it is not there. */
function field(raw: Buffer, name: string): string {
  const header = raw.toString('utf8').split(/\r?\n\r?\n/, 1)[0] ?? '';
  const unfolded = header.replaceAll(/\r?\n[ \t]+/g, ' ');
  return new RegExp(`^${name}:[ \t]*(.*)$`, 'im').exec(unfolded)?.[1]?.trim() ?? '';
}

function replyText(recipients: string[]): string {
  return `Thank you for your mail.

This is the demo of Pimento. Nothing left this machine: your mail to ${recipients.join(', ')} was accepted by a small server that keeps it to itself and sends you this answer instead. A copy is in Sent, as it would be in life.

Write to yourself to see a mail come all the way back.

Pimento demo
`;
}

/** The answer to `raw`, as from its first recipient's side (RFC 3834: marked as automatic). */
function automaticReply(raw: Buffer, to: string, recipients: string[]): Buffer {
  const subject = field(raw, 'Subject');
  const answered = field(raw, 'Message-ID');
  const sample = {
    key: randomUUID(),
    hours: 0,
    from: 'Pimento demo <demo-reply@pimento.example>',
    to: [to],
    // A subject of encoded words stays as it is: they are text to nobody but a mail program.
    subject: /^re:/i.test(subject) ? subject : `Re: ${subject}`,
    text: replyText(recipients),
    headers: { 'Auto-Submitted': 'auto-replied' },
  };
  const references = answered === '' ? [] : [answered];
  return compose(sample, new Date(), { messageId: `<${sample.key}@pimento.example>`, references });
}

async function bytes(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** An error with the reply code the sender gets. */
function refusal(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}

async function accept(raw: Buffer, recipients: string[], options: DemoSmtpOptions): Promise<void> {
  const { address, lmtpPort, log } = options;
  const own = recipients.filter((recipient) => recipient.toLowerCase() === address);
  const others = recipients.filter((recipient) => recipient.toLowerCase() !== address);
  if (own.length > 0) await deliver(lmtpPort, address, raw, address);
  if (others.length === 0) return;
  // The mail is accepted; a lost automatic reply is not a reason to refuse it now.
  deliver(lmtpPort, address, automaticReply(raw, address, others)).catch((error: unknown) =>
    log(`demo: the automatic reply could not be delivered: ${String(error)}`),
  );
}

function createServer(options: DemoSmtpOptions): SMTPServer {
  return new SMTPServer({
    banner: 'Pimento demo',
    disabledCommands: ['STARTTLS'],
    // Only loopback can reach it.
    allowInsecureAuth: true,
    disableReverseLookup: true,
    size: LARGEST,
    closeTimeout: 1000,
    onAuth: callbackify(async (auth: SMTPServerAuthentication, _session: SMTPServerSession) => {
      const [user, password] = [auth.username ?? '', auth.password ?? ''];
      if (user.toLowerCase() === options.address && same(password, options.password)) return { user };
      throw refusal(535, 'Wrong password');
    }),
    onMailFrom: callbackify(async ({ address }: SMTPServerAddress, _session: SMTPServerSession) => {
      if (address.toLowerCase() !== options.address)
        throw refusal(553, `You may only send as ${options.address}`);
    }),
    onData: callbackify(async (stream: SMTPServerDataStream, session: SMTPServerSession) => {
      const raw = await bytes(stream);
      if (stream.sizeExceeded) throw refusal(552, 'The mail is too large');
      await accept(
        raw,
        session.envelope.rcptTo.map(({ address }) => address),
        options,
      );
      return 'Taken';
    }),
  });
}

/** Starts it on loopback. */
export async function startDemoSmtp(options: DemoSmtpOptions): Promise<DemoSmtp> {
  const server = createServer(options);
  // A connection that breaks is its own affair, but it is told.
  server.on('error', (error) => options.log(`demo: SMTP: ${error.message}`));
  const port = await freePort(options.port);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { port, stop: () => new Promise((resolve) => server.close(resolve)) };
}
