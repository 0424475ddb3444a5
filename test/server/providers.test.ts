import test from 'node:test';
import assert from 'node:assert/strict';
import type { Found } from '../../server/discovery/found.ts';
import { EgressRefused, Guard } from '../../server/egress/guard.ts';
import { type MailServer, reach } from '../../server/mailserver.ts';
import { loginOf, type Provider, Providers, type ProvidersOptions } from '../../server/providers.ts';

const tls = (host: string, port: number): MailServer => ({ host, port, tls: 'implicit' });
const servers = (name: string) => ({ imap: tls(`imap.${name}`, 993), smtp: tls(`smtp.${name}`, 465) });
const CONFIGURED: Provider = { name: 'imap.home.example:993', ...servers('home.example') };
const FILE = new Map([['work.example', servers('hoster.example')]]);

const found = (name: string, login: Found['login'] = 'address'): Found => ({
  ...servers(name),
  login,
  source: 'autoconfig',
});

/** Providers whose DNS gives `address` for every name and whose discovery knows `known`. */
function providers(
  options: Partial<ProvidersOptions>,
  known: Record<string, Found> = {},
  address = '9.9.9.9',
) {
  const dns = { addresses: async () => [address] };
  const guard = new Guard({ dns, own: () => [], wait: async () => undefined });
  const discover = async (domain: string) => known[domain] ?? null;
  return new Providers({ configured: null, file: null, open: false, guard, discover, ...options });
}

const closed = { discover: () => assert.fail('it went looking') };
const nameFor = async (all: Providers, email: string) => (await all.forAddress(email))?.name ?? null;

test('a closed bridge knows its own servers and looks for no other', async () => {
  const both = providers({ configured: CONFIGURED, file: FILE, ...closed });
  assert.equal(
    await nameFor(both, 'desk@WORK.example'),
    'imaps://imap.hoster.example:993 smtps://smtp.hoster.example:465',
  );
  for (const email of ['desk@home.example', 'desk@else.example', 'desk', 'desk@'])
    assert.equal(await nameFor(both, email), CONFIGURED.name, email);
  const file = providers({ file: FILE, ...closed });
  assert.equal(await nameFor(file, 'desk@else.example'), null);
  assert.equal(await nameFor(providers(closed), 'desk@work.example'), null);
});

test('an open bridge finds the servers of other domains and asks its own first', async () => {
  const known = {
    'else.example': found('else.example'),
    'home.example': found('trap.example'),
    'work.example': found('trap.example'),
  };
  const open = providers({ configured: CONFIGURED, file: FILE, open: true }, known);
  assert.equal(
    await nameFor(open, 'desk@else.example'),
    'imaps://imap.else.example:993 smtps://smtp.else.example:465',
  );
  assert.equal(await nameFor(open, 'desk@home.example'), CONFIGURED.name);
  assert.match((await nameFor(open, 'desk@work.example')) ?? '', /hoster/);
  assert.equal(await nameFor(open, 'desk@unknown.example'), CONFIGURED.name);
  assert.equal(await nameFor(open, 'desk'), CONFIGURED.name);
  assert.equal(await nameFor(providers({ open: true }), 'desk@unknown.example'), null);
});

test('a server that is found and is one of the operator keeps the name it has there, unguarded', async () => {
  const known = { 'a.example': found('home.example'), 'b.example': found('hoster.example') };
  const open = providers({ configured: CONFIGURED, file: FILE, open: true }, known);
  assert.equal(await nameFor(open, 'desk@a.example'), CONFIGURED.name);
  assert.equal((await open.forAddress('desk@b.example'))?.imap.check, undefined);
});

test('each name gives the same provider again after a restart', async () => {
  const local = found('else.example', 'local part');
  const starttls = {
    ...found('third.example'),
    imap: { host: 'imap.third.example', port: 143, tls: 'starttls' },
  } as const;
  const known = { 'else.example': local, 'third.example': starttls };
  for (const email of ['desk@home.example', 'desk@work.example', 'desk@else.example', 'desk@third.example']) {
    const first = await providers({ configured: CONFIGURED, file: FILE, open: true }, known).forAddress(
      email,
    );
    assert(first);
    const again = providers({ configured: CONFIGURED, file: FILE, open: true }).byName(first.name);
    assert(again);
    const plain = ({ imap, smtp, login, name }: Provider) => JSON.stringify([imap, smtp, login, name]);
    assert.equal(plain(again), plain(first));
    assert.equal(loginOf(again, email), email === 'desk@else.example' ? 'desk' : email);
    assert.equal(typeof again.imap.check, typeof first.imap.check);
  }
});

test('a name this configuration does not reach gives nothing', () => {
  const found = 'imaps://imap.else.example:993 smtps://smtp.else.example:465';
  assert.equal(providers({ configured: CONFIGURED, file: FILE }).byName(found), null);
  const open = providers({ open: true });
  assert(open.byName(found));
  for (const name of [
    'demo',
    '',
    'imap.old.example:993',
    'imaps://imap.else.example',
    `${found} x`,
    'imap://127.0.0.1:143?tls=none smtp://127.0.0.1:587?tls=none',
    'https://a.example smtps://b.example',
  ])
    assert.equal(open.byName(name), null, name);
});

test('what was found is guarded at each connection, for both of its servers', async () => {
  const open = providers({ open: true }, { 'else.example': found('else.example') });
  const provider = await open.forAddress('desk@else.example');
  assert(provider);
  assert.deepEqual(await reach(provider.imap), {
    host: '9.9.9.9',
    port: 993,
    servername: 'imap.else.example',
  });
  assert.deepEqual(await reach(provider.smtp), {
    host: '9.9.9.9',
    port: 465,
    servername: 'smtp.else.example',
  });
  const inside = providers({ open: true }, {}, '127.0.0.1').byName(provider.name);
  assert(inside);
  await assert.rejects(reach(inside.imap), EgressRefused);
  await assert.rejects(reach(inside.smtp), EgressRefused);
  for (const name of [
    'imaps://127.0.0.1:993 smtps://smtp.else.example:465',
    'imaps://imap.else.example:22 smtps://smtp.else.example:465',
  ]) {
    const forged = open.byName(name);
    assert(forged);
    await assert.rejects(reach(forged.imap), EgressRefused, name);
  }
});

test('an attempt tells why at a configured server and not at one that was found', async () => {
  const open = providers({ configured: CONFIGURED, open: true }, { 'else.example': found('else.example') });
  const [ours, other] = [
    await open.forAddress('desk@home.example'),
    await open.forAddress('desk@else.example'),
  ];
  assert(ours && other);
  const down = new Error('ECONNREFUSED');
  const fails = () => Promise.reject(down);
  await assert.rejects(
    open.attempt(ours, 'net', fails, () => false),
    down,
  );
  await assert.rejects(
    open.attempt(other, 'net', fails, () => false),
    EgressRefused,
  );
  await assert.rejects(
    open.attempt(other, 'net', fails, (error) => error === down),
    down,
  );
});

test('the sign-in page hears where people may sign in', () => {
  assert.equal(providers({}).offered, null);
  assert.equal(providers({ configured: CONFIGURED }).offered, 'imap.home.example');
  assert.equal(providers({ file: FILE }).offered, 'work.example');
  assert.equal(providers({ configured: CONFIGURED, open: true }).offered, 'found from your address');
});
