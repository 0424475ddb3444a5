import test from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, readConfig } from '../../server/config.ts';
import { after, type Ending } from '../support/after.ts';

/** Reads the configuration with a file of this text. */
function reader(t: Ending): {
  path: string;
  read: (text: string) => ReturnType<typeof readConfig>['providers'];
} {
  const folder = mkdtempSync(join(tmpdir(), 'pimento-providers-'));
  after(t, () => rmSync(folder, { recursive: true }));
  const path = join(folder, 'providers.json');
  return {
    path,
    read: (text) => {
      writeFileSync(path, text);
      return readConfig({ PIMENTO_PROVIDERS: path }).providers;
    },
  };
}

const SMTP = '"smtp": "smtps://smtp.example.org"';
const GOOD = `"imap": "imaps://imap.example.org", ${SMTP}`;

test('each domain of the file has its servers, whichever way it is written', (t) => {
  const { read } = reader(t);
  const local = '"imap": "imap://127.0.0.1:10143?tls=none", "smtp": "smtp://localhost:10587?tls=none"';
  const providers = read(`{ "Example.ORG": { ${GOOD} }, "bücher.example": { ${local} } }`);
  assert.deepEqual([...(providers?.keys() ?? [])], ['example.org', 'xn--bcher-kva.example']);
  assert.deepEqual(providers?.get('example.org'), {
    imap: { host: 'imap.example.org', port: 993, tls: 'implicit' },
    smtp: { host: 'smtp.example.org', port: 465, tls: 'implicit' },
  });
  assert.equal(providers?.get('xn--bcher-kva.example')?.imap.tls, 'none');
});

test('a file that is wrong stops the start with the file, the key and the reason', (t) => {
  const { path, read } = reader(t);
  const table: [string, RegExp][] = [
    ['{', /: it is not JSON\.$/],
    ['[]', /: it must be an object of domains\.$/],
    ['null', /: it must be an object of domains\.$/],
    ['{}', /: it names no domain\.$/],
    [`{"not a domain": {${GOOD}}}`, /: "not a domain" is not a domain\.$/],
    [`{"a.example": {${GOOD}}, "A.example": {${GOOD}}}`, /: "A\.example" is there twice\.$/],
    ['{"a.example": "imaps://x"}', /: "a\.example" must be an object with "imap" and "smtp"\.$/],
    [`{"a.example": {${SMTP}}}`, /: "a\.example" has no "imap", an address like imaps:/],
    ['{"a.example": {"imap": "imaps://imap.example.org"}}', /: "a\.example" has no "smtp"/],
    [`{"a.example": {${GOOD}, "pop3": "x"}}`, /: "a\.example" has "pop3", which means nothing\.$/],
    [
      `{"a.example": {"imap": "imap.example.org", ${SMTP}}}`,
      /: "imap" of "a\.example" is wrong: it is not an address/,
    ],
    [
      `{"a.example": {"imap": "imap://imap.example.org?tls=none", ${SMTP}}}`,
      /is wrong: tls=none is only for/,
    ],
    [
      `{"a.example": {"imap": "imaps://library:hunter2@imap.example.org", ${SMTP}}}`,
      /is wrong: it must not hold a user/,
    ],
  ];
  for (const [text, why] of table) {
    const refusal = (error: unknown) => {
      assert(error instanceof ConfigError, String(error));
      assert(error.message.startsWith(`PIMENTO_PROVIDERS names ${path}: `), error.message);
      assert.match(error.message, why);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    };
    assert.throws(() => read(text), refusal, text);
  }
  assert.throws(() => readConfig({ PIMENTO_PROVIDERS: `${path}.none` }), /: it cannot be read \(ENOENT\)\.$/);
});
