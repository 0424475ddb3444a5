/**
 * The whole system for one test: mail server, SMTP server, bridge, and wires between them that can be cut.
 *
 * Decision: one call, so that a journey test begins with its journey. Every part is the real one. The bridge reaches
 * IMAP and SMTP through wires, and devices may reach the bridge through a third; uncut they change nothing.
 */
import type { Ending } from './after.ts';
import { type Bridge, type BridgeOptions, startBridge } from './bridge.ts';
import { type Browser, type BrowserOptions, startBrowser } from './browser.ts';
import { type MailServer, type MailServerOptions, type User, startMailServer } from './dovecot.ts';
import { type SmtpSink, startSmtpSink } from './smtp.ts';
import { type Wire, startWire } from './wire.ts';

export interface House {
  mail: MailServer;
  smtp: SmtpSink;
  bridge: Bridge;
  wires: {
    /** Bridge to mail server. */
    imap: Wire;
    /** Bridge to SMTP server. */
    smtp: Wire;
  };
  /** The address people open. */
  url: string;
  /** Starts a browser with an empty profile, at no page yet. */
  browser: (options?: BrowserOptions) => Promise<Browser>;
  /** Starts a browser and signs a person in; resolves when the mailbox stands. */
  signedIn: (user: User, options?: BrowserOptions) => Promise<Browser>;
}

export interface HouseOptions extends MailServerOptions {
  /** Runs before the bridge starts: fill mailboxes here. */
  before?: (mail: MailServer) => Promise<unknown>;
  bridge?: Pick<BridgeOptions, 'env' | 'patience'>;
}

/** Opens the app and signs in through the form, as a person does; resolves when the mailbox stands. */
export async function signIn(
  browser: Browser,
  url: string,
  address: string,
  password: string,
): Promise<void> {
  const { page } = browser;
  await page.goto(url);
  await page.getByRole('textbox', { name: 'Email' }).fill(address);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  // An empty inbox shows no list: what a signed-in person always sees is Compose.
  await page
    .getByRole('button', { name: 'Compose' })
    .or(page.getByRole('link', { name: 'Compose' }))
    .waitFor();
}

/** Builds the system for the length of `t`. */
export async function build(t: Ending, options: HouseOptions = {}): Promise<House> {
  const { before, bridge: how, ...server } = options;
  const mail = await startMailServer(t, server);
  await before?.(mail);
  const people = (['alice', 'bob'] as const).map(
    (user) => [mail.address(user), mail.password(user)] as const,
  );
  const smtp = await startSmtpSink(t, new Map(people));
  const wires = { imap: await startWire(t, mail.imapPort), smtp: await startWire(t, smtp.port) };
  const bridge = await startBridge(t, { imapPort: wires.imap.port, smtpPort: wires.smtp.port, ...how });
  const browser = (look?: BrowserOptions) => startBrowser(t, look);
  return {
    mail,
    smtp,
    bridge,
    wires,
    url: bridge.url,
    browser,
    signedIn: async (user, look) => {
      const started = await browser(look);
      await signIn(started, bridge.url, mail.address(user), mail.password(user));
      return started;
    },
  };
}
