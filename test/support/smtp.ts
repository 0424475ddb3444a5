/**
 * An SMTP server that keeps what it accepts and can be told to misbehave at a named step.
 *
 * Decision: "accepted" means the server has taken responsibility for the mail, whether or not the sender heard
 * the 250. Counting that, and nothing softer, is how "one send, one delivery" is tested:
 *
 *   connect → auth → mail → rcpt → data        → kept                → said
 *                                  content came  mail counts as         the 250
 *                                  wholly        accepted from here     has left
 */
import type { Socket } from 'node:net';
import { callbackify } from 'node:util';
import {
  SMTPServer,
  type SMTPServerAddress,
  type SMTPServerAuthentication,
  type SMTPServerDataStream,
  type SMTPServerSession,
} from 'smtp-server';
import { freePort } from '../../server/demo/ports.ts';
import { type Ending, after } from './after.ts';

/** Steps at which a server may still say no. */
export type RefusableStep = 'connect' | 'auth' | 'mail' | 'rcpt' | 'data';
export type SmtpStep = RefusableStep | 'kept' | 'said';

export interface AcceptedMail {
  from: string;
  to: string[];
  raw: string;
}

/** A step the server stands still at, until released. */
export interface Fence {
  /** Resolves when a sender has come to the step. */
  reached: Promise<void>;
  release: () => void;
}

export interface SmtpSink {
  port: number;
  /** Every mail ever accepted, in order. */
  accepted: AcceptedMail[];
  /** Resolves when `n` mails in all have been accepted. */
  until: (n: number) => Promise<void>;
  /** Answers a step with an SMTP code, once unless told otherwise; at `rcpt` for one recipient if given. */
  refuse: (
    step: RefusableStep,
    code: number,
    text: string,
    how?: { recipient?: string; times?: number },
  ) => void;
  /** Breaks the connection at a step, once. */
  cut: (step: SmtpStep) => void;
  /** Stands still at a step, once. */
  hold: (step: SmtpStep) => Fence;
  /** Forgets all refusals, cuts and fences not yet used. */
  behave: () => void;
}

interface Trouble {
  step: SmtpStep;
  recipient?: string;
  times: number;
  run: (socket: Socket | undefined) => Promise<void>;
}

/** A refusal in the form smtp-server takes. */
class Refusal extends Error {
  readonly responseCode: number;
  constructor(code: number, text: string) {
    super(text);
    this.responseCode = code;
  }
}

/** Never answers: for a step whose connection was cut. */
const silence = new Promise<void>(() => {});

class Script {
  private troubles: Trouble[] = [];

  refuse(
    step: RefusableStep,
    code: number,
    text: string,
    how: { recipient?: string; times?: number } = {},
  ): void {
    const { times = 1, ...to } = how;
    this.troubles.push({ step, ...to, times, run: () => Promise.reject(new Refusal(code, text)) });
  }

  cut(step: SmtpStep): void {
    const run = (socket: Socket | undefined) => {
      // After 'said' the reply must leave first, so close in order; before it, break at once.
      if (step === 'said') socket?.end();
      else socket?.destroy();
      return silence;
    };
    this.troubles.push({ step, times: 1, run });
  }

  hold(step: SmtpStep): Fence {
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const run = () => {
      reached.resolve();
      return released.promise;
    };
    this.troubles.push({ step, times: 1, run });
    return { reached: reached.promise, release: released.resolve };
  }

  behave(): void {
    this.troubles = [];
  }

  /** Runs what was planned for this step, oldest first. */
  async at(step: SmtpStep, socket: Socket | undefined, recipient?: string): Promise<void> {
    const due = this.troubles.filter((t) => t.step === step && (t.recipient ?? recipient) === recipient);
    for (const trouble of due) {
      trouble.times -= 1;
      if (trouble.times <= 0) this.troubles = this.troubles.filter((t) => t !== trouble);
      await trouble.run(socket);
    }
  }
}

class Accepted {
  readonly mails: AcceptedMail[] = [];
  private waiting: { n: number; resolve: () => void }[] = [];

  add(mail: AcceptedMail): void {
    this.mails.push(mail);
    for (const { n, resolve } of this.waiting) if (this.mails.length >= n) resolve();
  }

  until(n: number): Promise<void> {
    if (this.mails.length >= n) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ n, resolve }));
  }
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function envelope(session: SMTPServerSession): { from: string; to: string[] } {
  const { mailFrom, rcptTo } = session.envelope;
  return { from: mailFrom === false ? '' : mailFrom.address, to: rcptTo.map(({ address }) => address) };
}

function createServer(script: Script, accepted: Accepted, accounts: Map<string, string>): SMTPServer {
  const sockets = new Map<number, Socket>();
  const of = (session: SMTPServerSession) => sockets.get(session.remotePort);
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    authOptional: accounts.size === 0,
    disableReverseLookup: true,
    closeTimeout: 100,
    onConnect: callbackify((session: SMTPServerSession) => script.at('connect', of(session))),
    onAuth: callbackify(async (auth: SMTPServerAuthentication, session: SMTPServerSession) => {
      await script.at('auth', of(session));
      const right = auth.username !== undefined && accounts.get(auth.username) === auth.password;
      if (!right) throw new Refusal(535, 'Invalid username or password');
      return { user: auth.username };
    }),
    onMailFrom: callbackify((_from: SMTPServerAddress, session: SMTPServerSession) =>
      script.at('mail', of(session)),
    ),
    onRcptTo: callbackify((to: SMTPServerAddress, session: SMTPServerSession) =>
      script.at('rcpt', of(session), to.address),
    ),
    onData: callbackify(async (stream: SMTPServerDataStream, session: SMTPServerSession) => {
      const raw = await text(stream);
      await script.at('data', of(session));
      accepted.add({ ...envelope(session), raw });
      await script.at('kept', of(session));
      // The 250 is written when this returns; an immediate comes after it.
      setImmediate(() => void script.at('said', of(session)));
      return 'kept';
    }),
  });
  server.server.on('connection', (socket: Socket) => {
    const { remotePort = 0 } = socket;
    sockets.set(remotePort, socket);
    socket.once('close', () => sockets.delete(remotePort));
  });
  // Errors of single connections are what this server is for; they end with their connection.
  server.on('error', () => {});
  return server;
}

/** Starts an SMTP server on loopback for the length of `t`; senders must sign in if `accounts` names any. */
export async function startSmtpSink(t: Ending, accounts = new Map<string, string>()): Promise<SmtpSink> {
  const script = new Script();
  const accepted = new Accepted();
  const server = createServer(script, accepted, accounts);
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  after(t, () => new Promise<void>((resolve) => server.close(resolve)));
  return {
    port,
    accepted: accepted.mails,
    until: (n) => accepted.until(n),
    refuse: (...what) => script.refuse(...what),
    cut: (step) => script.cut(step),
    hold: (step) => script.hold(step),
    behave: () => script.behave(),
  };
}
