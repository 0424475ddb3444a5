/**
 * The servers of large public mail providers, as those document them for mail programs.
 *
 * Decision: a short list, written by hand and kept as data: what most people have, found without asking anybody.
 * A domain of its own that is run by one of them is known by its mail exchanger; that answer of DNS is not
 * proven, but it can only lead to a host of this list. Providers that take no password over IMAP are left out.
 */
import type { Dns } from '../egress/dns.ts';
import type { MailServer } from '../mailserver.ts';
import type { Probe } from './found.ts';

interface Known {
  domains: readonly string[];
  /** Names the mail exchangers of customers' own domains end in. */
  exchangers: readonly string[];
  imap: MailServer;
  smtp: MailServer;
}

const tls = (host: string, port: number): MailServer => ({ host, port, tls: 'implicit' });
const startTls = (host: string): MailServer => ({ host, port: 587, tls: 'starttls' });

function known(domains: string, exchangers: string, imap: string, smtp: MailServer): Known {
  const words = (text: string) => text.split(' ').filter((word) => word !== '');
  return { domains: words(domains), exchangers: words(exchangers), imap: tls(imap, 993), smtp };
}

const LIST: readonly Known[] = [
  known(
    'gmail.com googlemail.com',
    'google.com googlemail.com',
    'imap.gmail.com',
    tls('smtp.gmail.com', 465),
  ),
  known('icloud.com me.com mac.com', 'mail.icloud.com', 'imap.mail.me.com', startTls('smtp.mail.me.com')),
  known(
    'yahoo.com ymail.com rocketmail.com yahoo.co.uk yahoo.de yahoo.fr yahoo.it yahoo.es',
    'yahoodns.net',
    'imap.mail.yahoo.com',
    tls('smtp.mail.yahoo.com', 465),
  ),
  known('aol.com', '', 'imap.aol.com', tls('smtp.aol.com', 465)),
  known(
    'fastmail.com fastmail.fm',
    'messagingengine.com',
    'imap.fastmail.com',
    tls('smtp.fastmail.com', 465),
  ),
  known('gmx.de gmx.net gmx.at gmx.ch', '', 'imap.gmx.net', startTls('mail.gmx.net')),
  known('gmx.com gmx.co.uk', '', 'imap.gmx.com', startTls('mail.gmx.com')),
  known('web.de', '', 'imap.web.de', startTls('smtp.web.de')),
  known('t-online.de', '', 'secureimap.t-online.de', tls('securesmtp.t-online.de', 465)),
  known('mailbox.org', 'mailbox.org', 'imap.mailbox.org', tls('smtp.mailbox.org', 465)),
  known('posteo.de posteo.net posteo.org', '', 'posteo.de', tls('posteo.de', 465)),
  known('zoho.com zohomail.com', 'zoho.com', 'imap.zoho.com', tls('smtp.zoho.com', 465)),
  known('zohomail.eu', 'zoho.eu', 'imap.zoho.eu', tls('smtp.zoho.eu', 465)),
  known('orange.fr wanadoo.fr', '', 'imap.orange.fr', tls('smtp.orange.fr', 465)),
  known('yandex.com yandex.ru', 'mx.yandex.net', 'imap.yandex.com', tls('smtp.yandex.com', 465)),
  known('mail.ru inbox.ru bk.ru list.ru', 'mail.ru', 'imap.mail.ru', tls('smtp.mail.ru', 465)),
];

/** True for a host of this list. */
export function isBundledHost(host: string): boolean {
  return LIST.some(({ imap, smtp }) => imap.host === host || smtp.host === host);
}

const answer = (entry: Known | undefined): Awaited<ReturnType<Probe>> =>
  entry ? { imap: entry.imap, smtp: entry.smtp, login: 'address' } : null;

/** Looks the domain up in the list. */
export const bundled: Probe = async (domain) => answer(LIST.find(({ domains }) => domains.includes(domain)));

/** Asks who takes in the domain's mail, and looks that up (RFC 5321 §5.1). The most wanted exchanger decides. */
export function byExchanger(dns: Pick<Dns, 'exchangers'>): Probe {
  return async (domain) => {
    const exchanger = (await dns.exchangers(domain))[0]?.toLowerCase().replace(/\.$/, '');
    if (exchanger === undefined) return null;
    return answer(
      LIST.find(({ exchangers }) =>
        exchangers.some((end) => exchanger === end || exchanger.endsWith(`.${end}`)),
      ),
    );
  };
}
