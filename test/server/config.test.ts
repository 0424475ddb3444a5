import test from 'node:test';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { ConfigError, readConfig } from '../../server/config.ts';

const MAIL = { PIMENTO_IMAP: 'imaps://mail.example.org', PIMENTO_SMTP: 'smtps://mail.example.org' };

/** The sentence a start with this environment stops with. */
function refusal(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    assert(error instanceof ConfigError, String(error));
    return error.message;
  }
  throw new Error(`accepted: ${JSON.stringify(env)}`);
}

test('an empty environment gives the defaults of the contract', () => {
  const config = readConfig({});
  assert.deepEqual(config, {
    host: '127.0.0.1',
    port: 8080,
    data: join(process.cwd(), 'data'),
    keyFile: join(process.cwd(), 'data', 'key'),
    mail: null,
    providers: null,
    open: false,
    origins: null,
    trustProxy: null,
    heartbeatMax: 50_000,
    metricsToken: null,
    log: 'info',
  });
});

test('every setting is read in each of its spellings', () => {
  const mail = (imap: string, smtp: string) => readConfig({ PIMENTO_IMAP: imap, PIMENTO_SMTP: smtp }).mail;
  const table: [unknown, unknown][] = [
    [readConfig({ PORT: '0' }).port, 0],
    [readConfig({ PORT: ' 65535 ' }).port, 65_535],
    [readConfig({ HOST: '[::1]' }).host, '::1'],
    [readConfig({ HOST: '0.0.0.0', PIMENTO_ORIGIN: 'https://mail.example.org' }).host, '0.0.0.0'],
    [readConfig({ PIMENTO_DATA: '/srv/mail' }).keyFile, '/srv/mail/key'],
    [readConfig({ PIMENTO_KEY_FILE: '/run/key' }).keyFile, '/run/key'],
    [readConfig({ PIMENTO_HEARTBEAT_MAX: '60' }).heartbeatMax, 60_000],
    [readConfig({ PIMENTO_HEARTBEAT_MAX: '60s' }).heartbeatMax, 60_000],
    [readConfig({ PIMENTO_OPEN: '1' }).open, true],
    [readConfig({ PIMENTO_METRICS_TOKEN: 'sixteen-letters.' }).metricsToken, 'sixteen-letters.'],
    [readConfig({ PIMENTO_LOG: 'trace' }).log, 'trace'],
    [readConfig({ PIMENTO_TRUST_PROXY: 'off' }).trustProxy, null],
    [readConfig({ PIMENTO_TRUST_PROXY: '10.0.0.0/8, loopback' }).trustProxy, ['10.0.0.0/8', 'loopback']],
    [
      readConfig({
        PIMENTO_ORIGIN: 'https://A.example.org, https://b.example.org:8443,http://localhost:3000',
      }).origins,
      ['https://a.example.org', 'https://b.example.org:8443', 'http://localhost:3000'],
    ],
    [
      mail('imaps://mail.example.org', 'smtps://[2001:db8::1]:4650'),
      {
        imap: { host: 'mail.example.org', port: 993, tls: 'implicit' },
        smtp: { host: '2001:db8::1', port: 4650, tls: 'implicit' },
      },
    ],
    [
      mail('imap://mail.example.org?tls=starttls', 'smtp://mail.example.org?tls=starttls'),
      {
        imap: { host: 'mail.example.org', port: 143, tls: 'starttls' },
        smtp: { host: 'mail.example.org', port: 587, tls: 'starttls' },
      },
    ],
    [
      mail('imap://127.0.0.1:10143?tls=none', 'smtp://[::1]:25/?tls=none'),
      {
        imap: { host: '127.0.0.1', port: 10_143, tls: 'none' },
        smtp: { host: '::1', port: 25, tls: 'none' },
      },
    ],
  ];
  for (const [got, want] of table) assert.deepEqual(got, want);
});

test('a wrong value is refused with the variable, the value and the reason', () => {
  const table: [Record<string, string>, RegExp][] = [
    [{ PORT: '80a' }, /^PORT is "80a": it must be a number/],
    [{ PORT: '65536' }, /^PORT is "65536"/],
    [{ HOST: 'not a host' }, /^HOST is "not a host"/],
    [{ HOST: '0.0.0.0' }, /^HOST is 0\.0\.0\.0, .*set PIMENTO_ORIGIN/],
    [{ PIMENTO_IMAP: 'imaps://mail.example.org' }, /^PIMENTO_IMAP is set but PIMENTO_SMTP is not/],
    [{ PIMENTO_SMTP: 'smtps://mail.example.org' }, /^PIMENTO_SMTP is set but PIMENTO_IMAP is not/],
    [{ ...MAIL, PIMENTO_IMAP: 'mail.example.org' }, /^PIMENTO_IMAP is "mail\.example\.org": /],
    [{ ...MAIL, PIMENTO_IMAP: 'https://mail.example.org' }, /must begin with imaps:\/\/ or imap:\/\//],
    [{ ...MAIL, PIMENTO_SMTP: 'imaps://mail.example.org' }, /must begin with smtps:\/\/ or smtp:\/\//],
    [{ ...MAIL, PIMENTO_IMAP: 'imap://mail.example.org' }, /needs \?tls=starttls/],
    [{ ...MAIL, PIMENTO_IMAP: 'imap://mail.example.org?tls=none' }, /only for a server on this machine/],
    [{ ...MAIL, PIMENTO_IMAP: 'imap://localhost.example.org?tls=none' }, /only for a server on this machine/],
    [{ ...MAIL, PIMENTO_IMAP: 'imaps://mail.example.org?tls=none' }, /is always TLS/],
    [{ ...MAIL, PIMENTO_IMAP: 'imap://mail.example.org?tls=starttls&x=1' }, /only tls=… is known/],
    [{ ...MAIL, PIMENTO_IMAP: 'imaps://mail.example.org/INBOX' }, /must end after the host and port/],
    [{ ...MAIL, PIMENTO_SMTP: 'smtp://mail.example.org:25?tls=starttls' }, /use 465 or 587/],
    [{ PIMENTO_ORIGIN: 'mail.example.org' }, /^PIMENTO_ORIGIN is "mail\.example\.org": it must be like/],
    [{ PIMENTO_ORIGIN: 'https://mail.example.org/' }, /without a slash/],
    [{ PIMENTO_ORIGIN: 'https://mail.example.org/app' }, /must end after the host and port/],
    [{ PIMENTO_ORIGIN: 'http://mail.example.org' }, /it must be https/],
    [{ PIMENTO_TRUST_PROXY: 'on' }, /^PIMENTO_TRUST_PROXY is "on": it must be off, or/],
    [{ PIMENTO_TRUST_PROXY: '0.0.0.0/0' }, /^PIMENTO_TRUST_PROXY/],
    [{ PIMENTO_HEARTBEAT_MAX: '50 minutes' }, /^PIMENTO_HEARTBEAT_MAX is "50 minutes"/],
    [{ PIMENTO_HEARTBEAT_MAX: '1' }, /from 5 to 3600/],
    [{ PIMENTO_OPEN: 'yes' }, /^PIMENTO_OPEN is "yes": it must be 1/],
    [{ PIMENTO_METRICS_TOKEN: 'fifteen-letters' }, /^PIMENTO_METRICS_TOKEN must have 16 characters/],
    [{ PIMENTO_LOG: 'loud' }, /^PIMENTO_LOG is "loud": it must be one of fatal, error/],
    [{ PIMENTO_IMAPS: 'x' }, /^PIMENTO_IMAPS is not a setting of Pimento/],
  ];
  for (const [env, sentence] of table) assert.match(refusal(env), sentence, JSON.stringify(env));
});

test('a setting of the contract that this version cannot honour stops the start', () => {
  for (const name of ['PUSH_SUBJECT', 'PUSH_PROXY', 'GRACE_MS', 'DATABASE'])
    assert.match(
      refusal({ [`PIMENTO_${name}`]: '1' }),
      new RegExp(`^PIMENTO_${name} is set, but this version`),
    );
  assert.match(refusal({ PIMENTO_BASE_PATH: '/mail' }), /^PIMENTO_BASE_PATH is set/);
});

test('a value that asks for nothing is let through', () => {
  const env = {
    PIMENTO_BASE_PATH: '/',
    PIMENTO_OPEN: '0',
    PIMENTO_IMAP: '',
    PIMENTO_DATABASE: ' ',
    PATH: '/bin',
  };
  assert.equal(readConfig(env).mail, null);
});

test('a metrics token that is refused is not shown', () => {
  assert.doesNotMatch(refusal({ PIMENTO_METRICS_TOKEN: 'hunter2 hunter2 hunter2' }), /hunter2/);
});

test('credentials in an address are refused and never shown', () => {
  for (const [user, password] of [
    ['library', 'hunter2'],
    ['library@example.org', 'hun/ter2'],
  ])
    for (const env of credentials(user ?? '', password ?? ''))
      assert.doesNotMatch(refusal(env), /library|hun/);
});

function credentials(user: string, password: string): Record<string, string>[] {
  return [
    { ...MAIL, PIMENTO_IMAP: `imaps://${user}:${password}@mail.example.org` },
    { ...MAIL, PIMENTO_SMTP: `smtp://${user}:${password}@mail.example.org?tls=starttls` },
    { PIMENTO_ORIGIN: `https://${user}:${password}@mail.example.org` },
  ];
}
