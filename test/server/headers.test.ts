import test, { type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type Edge, startEdge } from './edge.ts';

/** GET with a Host header of the test's choosing; fetch would not let it. */
async function get(edge: Edge, path: string, headers: Record<string, string>): Promise<IncomingMessage> {
  const sent = request(edge.url + path, { headers }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  return response;
}

const PUBLIC = 'https://mail.example.org';
const atPublic = (t: TestContext) => startEdge(t, { env: { PIMENTO_ORIGIN: PUBLIC } });

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
  "font-src 'self'; connect-src 'self' wss://mail.example.org; worker-src 'self'; manifest-src 'self'; " +
  "media-src blob:; frame-src 'none'; form-action 'self'; base-uri 'none'; object-src 'none'; " +
  "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types mail-frame dompurify app";

/** Headers that belong to the file and the connection, not to the policy. */
const OF_HTTP = [
  ...['date', 'connection', 'keep-alive', 'transfer-encoding', 'content-length', 'content-type'],
  ...['etag', 'last-modified', 'accept-ranges', 'cache-control'],
];

test('every answer carries exactly the headers it should', async (t) => {
  const edge = await atPublic(t);
  for (const path of [
    '/',
    '/sw.js',
    '/assets/main-4f2a.js',
    '/session',
    '/healthz',
    '/nothing',
    '/part/a/1/1',
  ]) {
    const { headers } = await get(edge, path, { host: 'mail.example.org' });
    const rest = Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_HTTP.includes(name)));
    assert.deepEqual(
      rest,
      {
        'content-security-policy': CSP,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'permissions-policy': 'camera=(), microphone=(), geolocation=(), usb=(), payment=()',
        'x-dns-prefetch-control': 'off',
        'origin-agent-cluster': '?1',
        'strict-transport-security': 'max-age=31536000',
      },
      path,
    );
  }
});

test('on localhost the policy names the sockets of localhost that a policy can name, and there is no HSTS', async (t) => {
  const edge = await startEdge(t);
  const { port } = new URL(edge.url);
  const { headers } = await edge.ask('/');
  assert.match(
    headers.get('content-security-policy') ?? '',
    new RegExp(`connect-src 'self' ws://localhost:${port} ws://127\\.0\\.0\\.1:${port};`),
  );
  assert.equal(headers.get('strict-transport-security'), null);
});

test('a host that is not ours gets nothing, whatever it asks for', async (t) => {
  const edge = await startEdge(t);
  const { port } = new URL(edge.url);
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1',
    'localhost:1',
    `127.0.0.1.evil.example:${port}`,
  ])
    for (const path of ['/', '/session', '/assets/main-4f2a.js', '/nothing', '/ws'])
      assert.equal((await get(edge, path, { host })).statusCode, 421, `${host}${path}`);
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`])
    assert.equal((await get(edge, '/', { host })).statusCode, 200, host);
  assert.equal((await get(edge, '/healthz', { host: 'evil.example' })).statusCode, 200);
});

test('behind https the port may be left out or said', async (t) => {
  const edge = await atPublic(t);
  assert.equal((await get(edge, '/', { host: 'mail.example.org' })).statusCode, 200);
  assert.equal((await get(edge, '/', { host: 'mail.example.org:443' })).statusCode, 200);
  assert.equal((await get(edge, '/', { host: 'mail.example.org:80' })).statusCode, 421);
});

test('forwarded headers are believed only of a proxy that is trusted', async (t) => {
  const headers = { host: '10.0.0.9', 'x-forwarded-host': 'mail.example.org' };
  const plain = await atPublic(t);
  assert.equal((await get(plain, '/', headers)).statusCode, 421);
  const env = { PIMENTO_ORIGIN: PUBLIC, PIMENTO_TRUST_PROXY: 'loopback' };
  const trusting = await startEdge(t, { env });
  assert.equal((await get(trusting, '/', headers)).statusCode, 200);
});

test('where people come by https the cookie is bound to the host and to TLS', async (t) => {
  const edge = await atPublic(t);
  const sent = request(`${edge.url}/session`, {
    method: 'POST',
    headers: {
      host: 'mail.example.org',
      origin: PUBLIC,
      'x-requested-with': 'pimento',
      'content-type': 'application/json',
    },
  }).end(JSON.stringify({ email: 'library@example.org', password: 'correct horse' }));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  assert.match(
    response.headers['set-cookie']?.[0] ?? '',
    /^__Host-pimento=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  );
});

test('files with a hash in their name are kept for good, the rest is asked for anew', async (t) => {
  const edge = await startEdge(t);
  const kept = async (path: string) => (await edge.ask(path)).headers.get('cache-control');
  assert.equal(await kept('/assets/main-4f2a.js'), 'public, max-age=31536000, immutable');
  for (const path of ['/', '/index.html', '/sw.js']) assert.equal(await kept(path), 'no-cache', path);
  assert.equal(await kept('/session'), 'no-store');
});

test('a person who navigates anywhere gets the app; a script that asks for what is not there is told', async (t) => {
  const edge = await startEdge(t);
  const page = { accept: 'text/html,*/*', 'sec-fetch-mode': 'navigate' };
  for (const path of ['/m/123', '/settings', '/sessions']) {
    const { statusCode, headers } = await get(edge, path, page);
    assert.deepEqual([statusCode, headers['content-type']], [200, 'text/html; charset=utf-8'], path);
    assert.equal(headers['cache-control'], 'no-cache');
  }
  for (const path of ['/part/a', '/session/x', '/healthz/x'])
    assert.equal((await get(edge, path, page)).statusCode, 404, path);
  assert.equal((await get(edge, '/ws', page)).statusCode, 403);
  assert.equal((await get(edge, '/m/123', { ...page, accept: '*/*' })).statusCode, 404);
  assert.equal((await get(edge, '/m/123', { ...page, 'sec-fetch-mode': 'cors' })).statusCode, 404);
  assert.equal((await edge.ask('/m/123', { method: 'POST', headers: page })).status, 404);
});

test('nothing outside the built app is served', async (t) => {
  const edge = await startEdge(t);
  for (const path of [
    '/../db',
    '/%2e%2e/db',
    '/assets/..%2f..%2fdb',
    '/.env',
    '/assets/%00',
    '/assets/',
    '/assets',
  ])
    assert.notEqual((await get(edge, path, {})).statusCode, 200, path);
});

test('no answer tells about the inside', async (t) => {
  const edge = await startEdge(t);
  edge.accounts.of = () => Promise.reject(new Error('SQLITE_CORRUPT at /srv/mail/db'));
  const response = await edge.ask('/session', { headers: { cookie: await signedIn(edge) } });
  assert.equal(response.status, 500);
  assert.deepEqual(await response.json(), {
    code: 'internal',
    message: 'Something went wrong on the bridge. Try again.',
  });
});

async function signedIn(edge: Edge): Promise<string> {
  const { person } = await edge.accounts.signIn({ demo: true });
  const { createHash } = await import('node:crypto');
  const token = 'A'.repeat(43);
  await edge.people.createDevice(person, createHash('sha256').update(token).digest(), '');
  return `pimento=${token}`;
}
