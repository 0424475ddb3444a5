/**
 * Finding the servers of a domain: each way alone, then all of them against each other and against the clock.
 *
 * Decision: autoconfig is served by a real https server; DNS and the deadline are given in, so that slowness is a
 * promise that does not end and the end of the budget is a call.
 */
import test from 'node:test';
import assert from 'node:assert/strict';
import { autoconfig, wellKnown } from '../../../server/discovery/autoconfig.ts';
import { bundled, byExchanger, isBundledHost } from '../../../server/discovery/bundled.ts';
import { Discovery } from '../../../server/discovery/discover.ts';
import type { Found, Probe } from '../../../server/discovery/found.ts';
import { bySrv } from '../../../server/discovery/srv.ts';
import { fetchText } from '../../../server/egress/fetch.ts';
import type { Log } from '../../../server/log.ts';
import { startSecure } from '../egress/secure.ts';

const quiet = () => undefined;
const log: Log = { fatal: quiet, error: quiet, warn: quiet, info: quiet, debug: quiet, trace: quiet };
const never = new AbortController().signal;

const server = (host: string, port = 993) => ({ host, port, tls: 'implicit' }) as const;
const pair = (name: string) =>
  ({ imap: server(`imap.${name}`), smtp: server(`smtp.${name}`, 465), login: 'address' }) as const;
const answers =
  (name: string): Probe =>
  async () =>
    pair(name);
const nothing: Probe = async () => null;
const fails: Probe = () => Promise.reject(new Error('no'));
/** Ends only when it is called off. */
const slow: Probe = (_, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('called off')));
  });

const XML = `<clientConfig version="1.1"><emailProvider id="one.example">
  <incomingServer type="imap"><hostname>imap.%EMAILDOMAIN%</hostname><port>993</port><socketType>SSL</socketType>
  <username>%EMAILADDRESS%</username></incomingServer>
  <outgoingServer type="smtp"><hostname>smtp.%EMAILDOMAIN%</hostname><port>465</port><socketType>SSL</socketType>
  <username>%EMAILADDRESS%</username></outgoingServer></emailProvider></clientConfig>`;

test('a configuration file is found at both of its places, over https', async (t) => {
  const asked: string[] = [];
  const { ca, gate } = await startSecure(
    t,
    ['one.example', 'autoconfig.one.example'],
    (request, response) => {
      asked.push(`${request.headers.host}${request.url}`);
      response.end(XML);
    },
  );
  const fetch = (url: string, signal: AbortSignal) => fetchText(gate, url, { signal, ca });
  for (const way of [autoconfig(fetch), wellKnown(fetch)])
    assert.deepEqual(await way('one.example', never), pair('one.example'));
  assert.deepEqual(asked, [
    'autoconfig.one.example/mail/config-v1.1.xml',
    'one.example/.well-known/autoconfig/mail/config-v1.1.xml',
  ]);
  await assert.rejects(autoconfig(fetch)('inside.example.org', never), /cannot be reached from here/);
});

test('SRV names the servers by priority and weight, within the domain or of the bundled list', async () => {
  const found = async (
    imap: [host: string, port: number, priority: number, weight: number][],
    smtp = 'smtp.example.org',
  ) => {
    const services = async (name: string) =>
      name === '_imaps._tcp.example.org'
        ? imap.map(([host, port, priority, weight]) => ({ host, port, priority, weight }))
        : [{ host: smtp, port: 465, priority: 0, weight: 0 }];
    return (await bySrv({ services })('example.org', never))?.imap.host;
  };
  assert.equal(
    await found([
      ['b.example.org', 993, 10, 9],
      ['a.example.org', 993, 5, 1],
      ['C.example.org.', 993, 5, 7],
    ]),
    'c.example.org',
  );
  assert.equal(await found([['imap.fastmail.com', 993, 0, 0]]), 'imap.fastmail.com');
  assert.equal(
    await found([
      ['imap.elsewhere.example', 993, 0, 0],
      ['example.org', 993, 1, 0],
    ]),
    'example.org',
  );
  assert.equal(await found([['notexample.org', 993, 0, 0]]), undefined);
  assert.equal(await found([['imap.example.org', 22, 0, 0]]), undefined);
  assert.equal(await found([['.', 0, 0, 0]]), undefined);
  assert.equal(await found([['imap.example.org', 993, 0, 0]], 'smtp.elsewhere.example'), undefined);
});

test('a mail exchanger leads to the bundled list and nowhere else', async () => {
  const found = async (...exchangers: string[]) =>
    (await byExchanger({ exchangers: async () => exchangers })('example.org', never))?.imap.host;
  assert.equal(await found('IN1-SMTP.messagingengine.com.', 'mx.example.org'), 'imap.fastmail.com');
  assert.equal(await found('mx.example.org', 'in1-smtp.messagingengine.com'), undefined);
  assert.equal(await found('notmessagingengine.com'), undefined);
  assert.equal(await found(), undefined);
  assert.equal((await bundled('gmail.com', never))?.imap.host, 'imap.gmail.com');
  assert(isBundledHost('smtp.gmail.com'));
  assert.equal(await bundled('example.org', never), null);
});

type Ranked = [Found['source'], Probe][];

/** The finder with these ways, best first, and a call that ends its budget. */
function finder(
  ways: Ranked,
  clock = () => 0,
): { find: (domain: string) => Promise<Found | null>; end: () => void } {
  const budget = new AbortController();
  const deadline = (ms: number) => {
    assert.equal(ms, 3_000);
    return budget.signal;
  };
  const probes = ways.map(([source, probe]) => ({ source, probe }));
  const discovery = new Discovery({ probes, log, clock, deadline });
  return { find: (domain) => discovery.find(domain), end: () => budget.abort() };
}

test('the best answer wins, whichever comes first, and failures count for nothing', async () => {
  let release: (found: Awaited<ReturnType<Probe>>) => void = quiet;
  const late: Probe = () =>
    new Promise((resolve) => {
      release = resolve;
    });
  const { find } = finder([
    ['autoconfig', late],
    ['srv', answers('srv.example')],
  ]);
  const finding = find('example.org');
  release(pair('file.example'));
  assert.equal((await finding)?.source, 'autoconfig');
  const rest = finder([
    ['bundled', nothing],
    ['autoconfig', fails],
    ['well-known', nothing],
    ['mx', answers('mx.example')],
  ]);
  assert.deepEqual(await rest.find('example.org'), { ...pair('mx.example'), source: 'mx' });
  assert.equal(
    await finder([
      ['srv', fails],
      ['mx', nothing],
    ]).find('example.org'),
    null,
  );
});

test('all ways start at once and are called off when it is decided', async () => {
  const signals: AbortSignal[] = [];
  const noting: Probe = (domain, signal) => {
    signals.push(signal);
    return slow(domain, signal);
  };
  const { find } = finder([
    ['bundled', answers('one.example')],
    ['autoconfig', noting],
    ['srv', noting],
  ]);
  const finding = find('example.org');
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [false, false],
  );
  assert.equal((await finding)?.source, 'bundled');
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, true],
  );
});

test('when the time is over, the best of what is there is taken, also past a way that never ends', async () => {
  const deaf: Probe = () => new Promise(quiet);
  const { find, end } = finder([
    ['autoconfig', slow],
    ['well-known', deaf],
    ['srv', answers('srv.example')],
    ['mx', answers('mx.example')],
  ]);
  const finding = find('example.org');
  end();
  assert.equal((await finding)?.source, 'srv');
  const empty = finder([
    ['autoconfig', deaf],
    ['srv', slow],
  ]);
  const waiting = empty.find('example.org');
  empty.end();
  assert.equal(await waiting, null);
});

test('an answer is kept for ten minutes, none for half a minute, and one look serves all who ask meanwhile', async () => {
  let [now, looks] = [0, 0];
  const counting =
    (probe: Probe): Probe =>
    (domain, signal) => {
      looks += 1;
      return probe(domain, signal);
    };
  const some = finder([['srv', counting(answers('one.example'))]], () => now);
  await Promise.all([some.find('example.org'), some.find('example.org')]);
  now = 599_999;
  await some.find('example.org');
  assert.equal(looks, 1);
  now = 600_000;
  await some.find('example.org');
  assert.equal(looks, 2);
  const none = finder([['srv', counting(nothing)]], () => now);
  await none.find('example.org');
  now += 30_000;
  await none.find('example.org');
  assert.equal(looks, 4);
});
