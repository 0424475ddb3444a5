/**
 * The egress guard against what people have tried on others: addresses in disguise, inside names, names whose
 * address changes. Decision: DNS, clock, chance and waiting are given in, so every case is exact and takes no time.
 */
import test from 'node:test';
import assert from 'node:assert/strict';
import { isPublicAddress } from '../../../server/egress/address.ts';
import { EgressRefused, Guard, type GuardOptions, TooManyAttempts } from '../../../server/egress/guard.ts';
import { reach } from '../../../server/mailserver.ts';

const WORDS = 'That server cannot be reached from here.';
const PUBLIC = '9.9.9.9';

function guardWith(addresses: (name: string) => string[], more: Partial<GuardOptions> = {}): Guard {
  return new Guard({ dns: { addresses: async (name) => addresses(name) }, own: () => [], ...more });
}

const refused = (error: unknown) => error instanceof EgressRefused && error.message === WORDS;

test('a public name is let through to the address that was checked, with the name for the certificate', async () => {
  const guard = guardWith(() => ['2620:fe::fe', PUBLIC]);
  const want = { host: PUBLIC, port: 993, servername: 'imap.example.org' };
  assert.deepEqual(await guard.check('IMAP.example.org.', 993, 'imap'), want);
  assert.equal((await guard.check('bücher.example', 993, 'imap')).servername, 'xn--bcher-kva.example');
  assert.equal((await guardWith(() => ['2620:fe::fe']).check('a.example', 465, 'smtp')).host, '2620:fe::fe');
});

test('addresses in any spelling and inside names are refused before DNS is asked', async () => {
  const asked: string[] = [];
  const guard = guardWith((name) => {
    asked.push(name);
    return [PUBLIC];
  });
  const table = `2130706433 0x7f000001 0177.0.0.1 127.1 0 0.0.0.0 [::1] ::1 [::ffff:127.0.0.1] [fc00::1] [fe80::1]
    100.64.0.1 169.254.169.254 9.9.9.9 [2620:fe::fe] 0x7f.1 1.2.3.0x4 １２７.0.0.1 127.0.0.1. localhost localhost.
    LOCALHOST a.localhost metadata metadata.google.internal instance-data.ec2.internal printer.local nas.lan
    box.home.arpa //example.org user@example.org imap.example.org:993 imap.example.org/x imap.example.org#x
    imap..example.org -imap.example.org imap.example.org.. %6cocalhost x\\y.example ${'a'.repeat(64)}.example`;
  for (const host of table.split(/\s+/))
    await assert.rejects(guard.check(host, 993, 'imap'), refused, `let through: ${host}`);
  for (const host of ['', ' ', 'a b.example', 'a.example\n'])
    await assert.rejects(guard.check(host, 993, 'imap'), refused, JSON.stringify(host));
  assert.deepEqual(asked, []);
});

test('names that lead inside are refused, also by one address of several', async () => {
  const inside = `127.0.0.1 127.255.255.254 0.0.0.0 10.0.0.1 172.16.0.1 192.168.1.1 100.64.0.1 169.254.169.254
    224.0.0.1 240.0.0.1 255.255.255.255 192.0.2.1 198.18.0.1 ::1 :: ::127.0.0.1 fc00::1 fd00:ec2::254 fe80::1
    fec0::1 ff02::1 2001:db8::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe
    64:ff9b:1::9.9.9.9 2002:7f00:1:: 2002:c0a8:101::1 2001:0:7f00:1::f6f6:f6f6 2001:0:909:909::80ff:fffe
    ::ffff:0:127.0.0.1 4000::1 100::1 fe80::1%eth0 nonsense`;
  for (const address of inside.split(/\s+/)) {
    for (const answer of [[address], [PUBLIC, address], [address, PUBLIC]])
      await assert.rejects(guardWith(() => answer).check('7F000001.nip.io', 993, 'imap'), refused, address);
  }
  const outside =
    '9.9.9.9 2620:fe::fe ::ffff:9.9.9.9 64:ff9b::9.9.9.9 2002:909:909:: 2001:0:909:909::f6f6:f6f6';
  for (const address of outside.split(' ')) assert(isPublicAddress(address), address);
});

test('a name without an address, a failing DNS and an address of this machine get the same words', async () => {
  const broken = guardWith(() => {
    throw new Error('SERVFAIL');
  });
  const own = guardWith(() => [PUBLIC], { own: () => ['::ffff:9.9.9.9'] });
  for (const guard of [guardWith(() => []), broken, own])
    await assert.rejects(guard.check('imap.example.org', 993, 'imap'), refused);
});

test('only the ports of the purpose are let through', async () => {
  const guard = guardWith(() => [PUBLIC]);
  for (const [port, purpose] of [
    [993, 'imap'],
    [143, 'imap'],
    [465, 'smtp'],
    [587, 'smtp'],
    [443, 'https'],
  ] as const)
    assert.equal((await guard.check('mail.example.org', port, purpose)).port, port);
  for (const [port, purpose] of [
    [25, 'smtp'],
    [465, 'imap'],
    [80, 'https'],
    [22, 'imap'],
    [6379, 'smtp'],
    [Number.NaN, 'imap'],
  ] as const)
    await assert.rejects(guard.check('mail.example.org', port, purpose), refused, `${purpose} ${port}`);
});

test('a name that changes its address is checked anew for each connection and never asked twice for one', async () => {
  const answers = [[PUBLIC], ['127.0.0.1'], [PUBLIC]];
  let asked = 0;
  const guard = guardWith(() => answers[asked++] ?? []);
  const server = guard.guarded({ host: 'rebind.example.org', port: 993, tls: 'implicit' }, 'imap');
  assert.equal((await reach(server)).host, PUBLIC);
  assert.equal(asked, 1);
  await assert.rejects(reach(server), refused);
  assert.equal((await reach(server)).host, PUBLIC);
  assert.equal(asked, 3);
});

test('what the operator configured is reached as it is, and only at its port', async () => {
  const allowed = [
    { host: '127.0.0.1', port: 10_993 },
    { host: 'mail.lan', port: 993 },
  ];
  const guard = guardWith(() => ['127.0.0.1'], { allowed });
  assert.deepEqual(await guard.check('127.0.0.1', 10_993, 'imap'), {
    host: '127.0.0.1',
    port: 10_993,
    servername: undefined,
  });
  assert.equal((await guard.check('MAIL.lan.', 993, 'imap')).servername, 'mail.lan');
  await assert.rejects(guard.check('127.0.0.1', 993, 'imap'), refused);
  await assert.rejects(guard.check('mail.lan', 143, 'imap'), refused);
  const server = { host: '::1', port: 143, tls: 'none' } as const;
  assert.deepEqual(await reach(server), { host: '::1', port: 143, servername: undefined });
});

test('an attempt takes a random while and tells one story, however it ends', async () => {
  let now = 0;
  const waits: number[] = [];
  const guard = guardWith(() => [], {
    clock: () => now,
    random: () => 0.5,
    wait: async (ms) => waits.push(ms),
  });
  const wrongPassword = new Error('the password is wrong');
  const run = (work: () => Promise<string>) => guard.attempt('net', work, (error) => error === wrongPassword);
  assert.equal(await run(async () => 'in'), 'in');
  await assert.rejects(
    run(() => Promise.reject(wrongPassword)),
    wrongPassword,
  );
  await assert.rejects(
    run(() => Promise.reject(new Error('ECONNREFUSED'))),
    refused,
  );
  await assert.rejects(
    run(() => guard.check('127.0.0.1', 993, 'imap').then(() => '')),
    refused,
  );
  assert.deepEqual(waits, [500, 500, 500, 500]);
  now = 1_000;
  await run(async () => {
    now += 400;
    return '';
  });
  assert.equal(waits.at(-1), 100);
});

test('a sixth attempt within a minute is refused without being made, for that key alone', async () => {
  let now = 0;
  const guard = guardWith(() => [], { clock: () => now, wait: async () => undefined });
  const run = (key: string) =>
    guard.attempt(
      key,
      async () => key,
      () => false,
    );
  for (let i = 0; i < 5; i += 1) await run('one');
  await assert.rejects(
    guard.attempt(
      'one',
      () => assert.fail('it was made'),
      () => false,
    ),
    (error) => error instanceof TooManyAttempts && error.wait === 60_000,
  );
  assert.equal(await run('other'), 'other');
  now = 60_000;
  assert.equal(await run('one'), 'one');
});
