import test from 'node:test';
import assert from 'node:assert/strict';
import { readAutoconfig } from '../../../server/discovery/autoconfig.ts';
import { readXml } from '../../../server/discovery/xml.ts';

interface Server {
  kind?: string;
  type: string;
  host: string;
  port: number;
  socket: string;
  user?: string;
  ways?: string[];
}

/** One server as such a file writes it. */
function server({ kind, type, host, port, socket, user = '%EMAILADDRESS%', ways = [] }: Server): string {
  const name = kind ?? (type === 'smtp' ? 'outgoingServer' : 'incomingServer');
  const listed = ways.map((way) => `<authentication>${way}</authentication>`).join('');
  return `<${name} type="${type}"><hostname>${host}</hostname><port>${port}</port>
    <socketType>${socket}</socketType><username>${user}</username>${listed}</${name}>`;
}

const file = (...servers: string[]) =>
  `<?xml version="1.0" encoding="UTF-8"?><!-- settings -->
  <clientConfig version="1.1"><emailProvider id="example.org"><domain>example.org</domain>${servers.join('')}
  </emailProvider></clientConfig>`;
const read = (...servers: string[]) => readAutoconfig(file(...servers), 'example.org');

const IMAP: Server = { type: 'imap', host: 'imap.example.org', port: 993, socket: 'SSL' };
const SMTP: Server = { type: 'smtp', host: 'smtp.example.org', port: 465, socket: 'SSL' };

test('the first servers of use are taken, with the domain put in its place', () => {
  const found = read(
    server({ ...IMAP, type: 'pop3', port: 995 }),
    server({
      ...IMAP,
      host: 'IMAP.%EMAILDOMAIN%',
      port: 143,
      socket: 'STARTTLS',
      ways: ['OAuth2', 'password-cleartext'],
    }),
    server(IMAP),
    server({ ...SMTP, port: 587, socket: 'STARTTLS' }),
  );
  assert.deepEqual(found, {
    imap: { host: 'imap.example.org', port: 143, tls: 'starttls' },
    smtp: { host: 'smtp.example.org', port: 587, tls: 'starttls' },
    login: 'address',
  });
});

test('a server in clear, at a foreign port, without a password or with a name of its own is passed over', () => {
  const odd: Partial<Server>[] = [
    { port: 143, socket: 'plain' },
    { port: 993, socket: 'plain' },
    { port: 25 },
    { port: 22 },
    { ways: ['OAuth2'] },
    { user: 'library' },
    { host: '' },
    { host: 'imap.example.org/x' },
    { host: '[::1]' },
  ];
  for (const wrong of odd) {
    assert.equal(read(server({ ...IMAP, ...wrong }), server(SMTP)), null, JSON.stringify(wrong));
    assert.equal(
      read(server({ ...IMAP, ...wrong }), server(IMAP), server(SMTP))?.imap.host,
      'imap.example.org',
    );
    if (wrong.port !== 143) assert.equal(read(server(IMAP), server({ ...SMTP, ...wrong })), null);
  }
  assert.equal(read(server(IMAP)), null);
});

test('both servers take the same user name, or there is no answer', () => {
  const local = { user: '%EMAILLOCALPART%' };
  assert.equal(read(server({ ...IMAP, ...local }), server(SMTP)), null);
  assert.equal(read(server({ ...IMAP, ...local }), server({ ...SMTP, ...local }))?.login, 'local part');
  const whole = { user: '%EMAILLOCALPART%@%EMAILDOMAIN%' };
  assert.equal(read(server({ ...IMAP, ...whole }), server(SMTP))?.login, 'address');
});

test('a file that is something else is no answer', () => {
  assert.equal(readAutoconfig('<html><body/></html>', 'example.org'), null);
  assert.equal(readAutoconfig('<clientConfig/>', 'example.org'), null);
});

test('entities, document types and what is too deep, too much or broken are refused', () => {
  const deep = (levels: number) => '<a>'.repeat(levels) + '</a>'.repeat(levels);
  const bomb = `<!DOCTYPE a [<!ENTITY l0 "x">${Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('')}]><a>&l9;</a>`;
  const table: [string, RegExp][] = [
    [bomb, /a document type/],
    ['<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>', /a document type/],
    ['<a>&xxe;</a>', /undefined entity|entity/],
    [deep(21), /deeper than 20/],
    [`<a>${'<b/>'.repeat(2_000)}</a>`, /more than 2000/],
    ['<a><b></a>', /not XML/],
    ['<a', /not XML/],
    ['', /not XML/],
    ['<a x="1" x="2"/>', /not XML/],
    ['<p>no<br>XML</p>', /not XML/],
  ];
  for (const [text, why] of table) assert.throws(() => readXml(text), why, text.slice(0, 40));
  assert.equal(readXml(deep(20)).name, 'a');
  assert.equal(readXml('\uFEFF<a> &lt;&#65;<![CDATA[<b>]]> </a>').text, '<A<b>');
});
