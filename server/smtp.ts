/**
 * The only file that knows nodemailer: a composed mail to bytes, and bytes to an SMTP server.
 *
 * Decision: what matters about a failure is when it happened, so the mail goes as a stream that notes the moment
 * its last byte is handed over. Trouble before that: nothing was sent, try again. Trouble after it and before the
 * server's answer: unknown, and said so. A mail goes to all its recipients or to none: if one is refused, the
 * line is dropped before the text is, and the person hears which. The bytes depend on the mail alone, so a
 * second try and the copy in Sent are the same mail.
 */
import { Readable } from 'node:stream';
import { domainToASCII } from 'node:url';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Outgoing } from '../shared/commands.ts';
import type { Credentials } from './imap-answers.ts';
import { reach, type MailServer, type Reached } from './mailserver.ts';

export type Delivery =
  | { as: 'sent' }
  /** Nothing was sent; may work later. */
  | { as: 'later'; text: string }
  /** Nothing was sent and will not be; the server's words. */
  | { as: 'refused'; text: string }
  /** The line broke after the last byte and before the answer. */
  | { as: 'unknown'; text: string };

interface SmtpError extends Error {
  code?: string;
  responseCode?: number;
  response?: string;
}

/** RFC 5322 bytes of a mail. `withBcc` keeps the Bcc field: for the copy in Sent, never for the wire. */
export async function compose(mail: Outgoing, withBcc: boolean): Promise<Buffer> {
  const node = new MailComposer({
    from: mail.from,
    to: mail.to,
    cc: mail.cc,
    bcc: mail.bcc,
    subject: mail.subject,
    text: mail.text,
    messageId: mail.messageId,
    date: new Date(mail.date),
    ...(mail.inReplyTo ? { inReplyTo: mail.inReplyTo } : {}),
    ...(mail.references.length > 0 ? { references: mail.references } : {}),
    disableFileAccess: true,
    disableUrlAccess: true,
    newline: '\r\n',
  }).compile();
  node.keepBcc = withBcc;
  return node.build();
}

/** Every recipient of a mail, each once, as SMTP takes them. */
export function recipientsOf(mail: Outgoing): string[] {
  return [...new Set([...mail.to, ...mail.cc, ...mail.bcc].map((a) => wireAddress(a.address)))];
}

const ascii = (text: string) => /^[\x20-\x7e]*$/.test(text);

/** An address with its domain in ASCII (RFC 5891), as in the header; one that needs SMTPUTF8 anyway stays as it is. */
function wireAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = domainToASCII(address.slice(at + 1));
  return domain && ascii(address.slice(0, at)) ? `${address.slice(0, at)}@${domain}` : address;
}

/** Hands one mail to the server: to all of `to` or to none. Never throws for what a server or a line may do. */
export async function deliver(
  server: MailServer,
  credentials: Credentials,
  from: string,
  to: string[],
  raw: Buffer,
): Promise<Delivery> {
  let at: Reached;
  try {
    at = await reach(server);
  } catch (error) {
    return verdict(error as SmtpError, false);
  }
  const connection = new SMTPConnection({
    host: at.host,
    port: at.port,
    ...(at.servername === undefined ? {} : { servername: at.servername }),
    secure: server.tls === 'implicit',
    requireTLS: server.tls === 'starttls',
    ignoreTLS: server.tls === 'none',
    connectionTimeout: 15_000,
    greetingTimeout: 15_000,
    socketTimeout: 120_000,
  });
  let handedOver = false;
  try {
    await connected(connection);
    await signedIn(connection, credentials);
    // RFC 6531 §3.2: such an address must not be given to a server that does not know them.
    if (![wireAddress(from), ...to].every(ascii) && !extensions(connection).includes('SMTPUTF8'))
      return { as: 'refused', text: 'The mail server takes no addresses with letters beyond ASCII.' };
    const mail = new MailStream(raw, () => refusals(connection));
    mail.on('end', () => {
      handedOver = true;
    });
    await sent(connection, wireAddress(from), to, mail);
    return { as: 'sent' };
  } catch (error) {
    return verdict(error as SmtpError, handedOver);
  } finally {
    if (handedOver) connection.quit();
    else connection.close();
  }
}

/** One recipient or more was refused: the text must not go out. */
class SomeRefused extends Error {}

/** Gives the mail's bytes once asked for them, which is after the server took DATA, unless a recipient was refused. */
class MailStream extends Readable {
  readonly #raw: Buffer;
  readonly #refused: () => SmtpError[];

  constructor(raw: Buffer, refused: () => SmtpError[]) {
    super();
    this.#raw = raw;
    this.#refused = refused;
  }

  override _read(): void {
    const refused = this.#refused();
    if (refused.length > 0) {
      const lasting = refused.find((e) => (e.responseCode ?? 0) >= 500);
      const words = refused.map((e) => e.response ?? e.message).join('\n');
      this.destroy(
        Object.assign(new SomeRefused(words), { responseCode: lasting ? 550 : 450, response: words }),
      );
      return;
    }
    this.push(this.#raw);
    this.push(null);
  }
}

/** The library keeps what each RCPT was answered on the connection and tells it only after the text went. */
function refusals(connection: SMTPConnection): SmtpError[] {
  const envelope = (connection as unknown as { _envelope?: { rejectedErrors?: SmtpError[] } })._envelope;
  return envelope?.rejectedErrors ?? [];
}

/** What EHLO was answered; the library keeps it to itself. */
function extensions(connection: SMTPConnection): string[] {
  return (connection as unknown as { _supportedExtensions?: string[] })._supportedExtensions ?? [];
}

function connected(connection: SMTPConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.on('error', reject);
    connection.on('end', () => reject(new Error('The mail server closed the line.')));
    connection.connect((error) => (error ? reject(error) : resolve()));
  });
}

function signedIn(connection: SMTPConnection, { user, password }: Credentials): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.on('error', reject);
    connection.login({ credentials: { user, pass: password } }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

function sent(connection: SMTPConnection, from: string, to: string[], mail: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.on('error', reject);
    connection.on('end', () => reject(new Error('The mail server closed the line.')));
    mail.on('error', reject);
    connection.send({ from, to }, mail, (error) => (error ? reject(error) : resolve()));
  });
}

function verdict(error: SmtpError, handedOver: boolean): Delivery {
  const code = error.responseCode ?? 0;
  const text = error.response ?? error.message;
  // A login or a TLS that is refused says nothing about the mail.
  const early = error.code === 'EAUTH' || error.code === 'ETLS';
  if (code >= 500) return { as: early ? 'later' : 'refused', text };
  if (code >= 400) return { as: 'later', text };
  return handedOver ? { as: 'unknown', text } : { as: 'later', text };
}
