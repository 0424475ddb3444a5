import test from 'node:test';
import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fetchText } from '../../../server/egress/fetch.ts';
import { EgressRefused } from '../../../server/egress/guard.ts';
import { startSecure } from './secure.ts';

const NAMES = ['one.example', 'two.example'];
const never = new AbortController().signal;

/** Answers by path; a path that is none redirects to what follows `/to/`. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? '';
  if (path === '/host') response.end(request.headers.host);
  else if (path.startsWith('/size/')) response.end('x'.repeat(Number(path.slice(6))));
  else if (path === '/endless') pour(response);
  else if (path === '/packed') response.writeHead(200, { 'content-encoding': 'gzip' }).end('x');
  else if (path === '/silent') response.write('x');
  else if (path.startsWith('/to/'))
    response.writeHead(302, { location: decodeURIComponent(path.slice(4)) }).end();
  else response.writeHead(404).end();
}

function pour(response: ServerResponse): void {
  const more = () => {
    while (!response.destroyed && response.write('x'.repeat(4_096)));
  };
  response.on('drain', more);
  more();
}

const to = (url: string, by = 'https://one.example') => `${by}/to/${encodeURIComponent(url)}`;

test('a text is fetched from the checked address under its name, also by a redirect to another', async (t) => {
  const { ca, gate } = await startSecure(t, NAMES, answer);
  const fetch = (url: string) => fetchText(gate, url, { signal: never, ca });
  assert.equal(await fetch('https://one.example/host'), 'one.example');
  assert.equal(await fetch(to('https://two.example/host')), 'two.example');
  assert.equal(await fetch(to('/host')), 'one.example');
  const three = to(to(to('/host')));
  assert.equal(await fetch(three), 'one.example');
  await assert.rejects(fetch(to(three)), /more than 3 redirects/);
});

test('a redirect to an address, an inside name or plain http is not followed', async (t) => {
  const { ca, gate } = await startSecure(t, NAMES, answer);
  const fetch = (url: string) => fetchText(gate, to(url), { signal: never, ca });
  const inside = `2130706433 0x7f000001 0177.0.0.1 127.1 0 [::1] [::ffff:127.0.0.1] [fc00::1] [fe80::1] 100.64.0.1
    169.254.169.254 localhost localhost. metadata.google.internal 127-0-0-1.nip.io 7F000001.nip.io`;
  for (const host of inside.split(/\s+/)) {
    await assert.rejects(fetch(`https://${host}/host`), EgressRefused, host);
    await assert.rejects(fetch(`//${host}/host`), EgressRefused, host);
  }
  await assert.rejects(fetch('https://two.example.org:22/'), EgressRefused);
  await assert.rejects(fetch('http://two.example/host'), /not https/);
  await assert.rejects(fetch('file:///etc/hostname'), /not https/);
  await assert.rejects(fetch('https://user@two.example/host'), /a user in it/);
});

test('a certificate for another name, or one nobody vouches for, ends it', async (t) => {
  const { ca, gate } = await startSecure(t, ['one.example'], answer);
  const code = (want: RegExp) => (error: NodeJS.ErrnoException) => want.test(error.code ?? '');
  await assert.rejects(fetchText(gate, 'https://two.example/host', { signal: never, ca }), code(/ALTNAME/));
  await assert.rejects(fetchText(gate, 'https://one.example/host', { signal: never }), code(/SELF_SIGNED/));
});

test('an answer that is too long, compressed, not there or too late is refused', async (t) => {
  const { ca, gate } = await startSecure(t, NAMES, answer);
  const fetch = (path: string, signal = never) =>
    fetchText(gate, `https://one.example${path}`, { signal, ca });
  assert.equal((await fetch(`/size/${64 << 10}`)).length, 64 << 10);
  await assert.rejects(fetch(`/size/${(64 << 10) + 1}`), /longer than 65536 bytes/);
  await assert.rejects(fetch('/endless'), /longer than 65536 bytes/);
  await assert.rejects(fetch('/packed'), /compressed/);
  await assert.rejects(fetch('/missing'), /the answer is 404/);
  await assert.rejects(fetch('/silent', AbortSignal.timeout(50)));
});
