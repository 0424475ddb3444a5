import test from 'node:test';
import assert from 'node:assert/strict';
import { SignInRefused } from '../../../server/doors.ts';
import { cookieOf, signInBody, startEdge } from '../edge.ts';
import { PASSWORD } from '../heart.ts';

const LIBRARY = 'library@example.org';
const MINUTE = 60_000;
const problem = async (response: Response) => [response.status, (await response.json()).code];

test('before anybody signs in the session says so, and what is on offer', async (t) => {
  const edge = await startEdge(t, { demo: true });
  const response = await edge.ask('/session');
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.deepEqual(await response.json(), { signedIn: false, accounts: [], demo: true, server: null });
});

test('the session names the mail server people sign in to', async (t) => {
  const server = 'mail.example.org';
  const env = { PIMENTO_IMAP: `imaps://${server}`, PIMENTO_SMTP: `smtps://${server}` };
  const edge = await startEdge(t, { env });
  assert.equal((await (await edge.ask('/session')).json()).server, server);
});

test('signing in gives a cookie no script reads and no other site sends, and the accounts', async (t) => {
  const edge = await startEdge(t);
  const response = await edge.ask('/session', signInBody(`  ${LIBRARY} `, PASSWORD));
  const accounts = [{ id: 'acc-library', address: LIBRARY }];
  assert.deepEqual(await response.json(), { signedIn: true, accounts, demo: false, server: null });
  const set = response.headers.getSetCookie()[0] ?? '';
  assert.match(set, /^pimento=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict$/);
  const again = await edge.ask('/session', { headers: { cookie: cookieOf(response) } });
  assert.deepEqual((await again.json()).accounts, accounts);
});

test('the store holds no token, only its hash', async (t) => {
  const edge = await startEdge(t);
  const token = (await edge.signIn(LIBRARY)).replace('pimento=', '');
  assert.equal(await edge.people.findDevice(Buffer.from(token)), null);
  assert.equal(await edge.people.findDevice(Buffer.from(token, 'base64url')), null);
});

test('signing in again gives a new token and ends the old one', async (t) => {
  const edge = await startEdge(t);
  const first = await edge.signIn(LIBRARY);
  const response = await edge.ask('/session', {
    ...signInBody(LIBRARY, PASSWORD),
    headers: { 'content-type': 'application/json', cookie: first },
  });
  const second = cookieOf(response);
  assert.notEqual(first, second);
  const signedIn = async (cookie: string) =>
    (await (await edge.ask('/session', { headers: { cookie } })).json()).signedIn;
  assert.equal(await signedIn(first), false);
  assert.equal(await signedIn(second), true);
});

test('a token that was not given out is nobody’s', async (t) => {
  const edge = await startEdge(t);
  for (const cookie of ['pimento=', `pimento=${'A'.repeat(43)}`, 'pimento=%00', `__Host-pimento=x`])
    assert.equal((await (await edge.ask('/session', { headers: { cookie } })).json()).signedIn, false);
});

test('a session ends thirty days after its sign-in', async (t) => {
  const edge = await startEdge(t);
  const cookie = await edge.signIn(LIBRARY);
  const signedIn = async () => (await (await edge.ask('/session', { headers: { cookie } })).json()).signedIn;
  edge.clock.now += 30 * 24 * 60 * MINUTE - 1;
  assert.equal(await signedIn(), true);
  edge.clock.now += 1;
  assert.equal(await signedIn(), false);
  edge.clock.now -= 1;
  assert.equal(await signedIn(), false, 'the device is gone for good');
});

test('signing out ends the session and clears the cookie; doing it twice is harmless', async (t) => {
  const edge = await startEdge(t);
  const cookie = await edge.signIn(LIBRARY);
  for (let times = 0; times < 2; times += 1) {
    const response = await edge.ask('/session', { method: 'DELETE', headers: { cookie } });
    assert.equal(response.status, 204);
    assert.match(response.headers.getSetCookie()[0] ?? '', /^pimento=; .*Expires=Thu, 01 Jan 1970/);
    assert.equal((await (await edge.ask('/session', { headers: { cookie } })).json()).signedIn, false);
  }
});

test('another site, a form and a page without our header can neither sign in nor out', async (t) => {
  const edge = await startEdge(t);
  const cookie = await edge.signIn(LIBRARY);
  const asked = edge.accounts.asked.length;
  const strangers: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { 'x-requested-with': 'XMLHttpRequest' },
  ];
  for (const stranger of strangers)
    for (const init of [signInBody(LIBRARY, PASSWORD), { method: 'DELETE' }]) {
      const headers = {
        ...(init.method === 'POST' && { 'content-type': 'application/json' }),
        cookie,
        ...stranger,
      };
      assert.deepEqual(await problem(await edge.ask('/session', { ...init, headers })), [403, 'forbidden']);
    }
  assert.equal(edge.accounts.asked.length, asked);
  assert.equal((await (await edge.ask('/session', { headers: { cookie } })).json()).signedIn, true);
});

test('an unknown address and a wrong password get the same answer, in our words', async (t) => {
  const edge = await startEdge(t);
  for (const [email, password] of [[LIBRARY, 'wrong'] as const, ['nobody@example.org', PASSWORD] as const]) {
    const response = await edge.ask('/session', signInBody(email, password));
    assert.equal(response.status, 401);
    assert.deepEqual(response.headers.getSetCookie(), []);
    assert.deepEqual(await response.json(), {
      code: 'auth',
      message: 'The mail server did not accept this address and password.',
    });
  }
});

test('a mail server that is away or not there is told apart from a wrong password', async (t) => {
  const edge = await startEdge(t);
  edge.accounts.fails = new SignInRefused('unreachable', 'ECONNREFUSED 10.0.0.7');
  const away = await edge.ask('/session', signInBody(LIBRARY, PASSWORD));
  assert.equal(away.status, 502);
  assert.doesNotMatch(await away.text(), /10\.0\.0\.7/);
  edge.accounts.fails = new SignInRefused('no-server', '');
  assert.deepEqual(await problem(await edge.ask('/session', signInBody(LIBRARY, PASSWORD))), [
    503,
    'no-server',
  ]);
  edge.accounts.fails = new Error(`surprise with ${PASSWORD}`);
  const broken = await edge.ask('/session', signInBody(LIBRARY, PASSWORD));
  assert.deepEqual(await problem(broken), [500, 'internal']);
});

test('what is not an address and a password is refused before the mail server is asked', async (t) => {
  const edge = await startEdge(t);
  const bodies = [
    'not json',
    '{}',
    '[]',
    JSON.stringify({ email: ' ', password: PASSWORD }),
    JSON.stringify({ email: 'a\nb@example.org', password: PASSWORD }),
    JSON.stringify({ email: 'a'.repeat(321), password: PASSWORD }),
    JSON.stringify({ email: LIBRARY, password: '' }),
    JSON.stringify({ email: LIBRARY, password: 'p'.repeat(1025) }),
    JSON.stringify({ email: LIBRARY, password: 'a\r\nb' }),
    JSON.stringify({ email: LIBRARY, password: PASSWORD, host: 'imap.evil.example' }),
  ];
  for (const body of bodies) {
    const headers = { 'content-type': 'application/json' };
    const response = await edge.ask('/session', { method: 'POST', headers, body });
    assert.deepEqual(await problem(response), [400, 'bad-request'], body.slice(0, 60));
  }
  assert.deepEqual(edge.accounts.asked, []);
});

test('a body over 4 KB and a body that is not JSON are refused', async (t) => {
  const edge = await startEdge(t);
  const post = (body: string, type: string) =>
    edge.ask('/session', { method: 'POST', headers: { 'content-type': type }, body });
  assert.deepEqual(await problem(await post(`"${'a'.repeat(4096)}"`, 'application/json')), [
    413,
    'too-large',
  ]);
  assert.deepEqual(await problem(await post('{}', 'text/plain')), [415, 'bad-request']);
  assert.deepEqual(await problem(await post('a=b', 'application/x-www-form-urlencoded')), [
    415,
    'bad-request',
  ]);
});

test('the demo is signed in to by one tap where it is on offer, and nowhere else', async (t) => {
  const body = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"demo":true}' };
  const without = await startEdge(t);
  assert.deepEqual(await problem(await without.ask('/session', body)), [404, 'no-demo']);
  assert.deepEqual(without.accounts.asked, []);
  const offered = await startEdge(t, { demo: true });
  assert.equal((await offered.ask('/session', body)).status, 200);
});

test('after five wrong passwords an address waits fifteen minutes, and is told how long', async (t) => {
  const edge = await startEdge(t);
  const attempt = (email: string, password: string) => edge.ask('/session', signInBody(email, password));
  for (let tries = 0; tries < 5; tries += 1) {
    assert.equal((await attempt(LIBRARY, `guess ${tries}`)).status, 401);
    edge.clock.now += MINUTE;
  }
  const asked = edge.accounts.asked.length;
  const response = await attempt(LIBRARY.toUpperCase(), PASSWORD);
  assert.equal(response.status, 429);
  assert.equal(response.headers.get('retry-after'), '600');
  assert.deepEqual(await response.json(), {
    code: 'slow-down',
    message: 'Too many attempts. Try again in 10 minutes.',
  });
  assert.equal(edge.accounts.asked.length, asked, 'the mail server does not hear of it');
  assert.equal((await attempt('timetable@example.org', PASSWORD)).status, 200, 'others are not held up');
  edge.clock.now += 10 * MINUTE;
  assert.equal((await attempt(LIBRARY, PASSWORD)).status, 200);
});

test('guesses sent all at once do not slip through', async (t) => {
  const edge = await startEdge(t);
  const attempts = Array.from({ length: 12 }, () => edge.ask('/session', signInBody(LIBRARY, 'guess')));
  const statuses = (await Promise.all(attempts)).map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 401).length, 5);
  assert.equal(statuses.filter((status) => status === 429).length, 7);
});

test('right passwords and a mail server that is away never lock an address out', async (t) => {
  const edge = await startEdge(t);
  for (let times = 0; times < 25; times += 1)
    assert.equal((await edge.ask('/session', signInBody(LIBRARY, PASSWORD))).status, 200);
  edge.accounts.fails = new SignInRefused('unreachable', '');
  for (let times = 0; times < 10; times += 1)
    assert.equal((await edge.ask('/session', signInBody(LIBRARY, PASSWORD))).status, 502);
});

test('after twenty failures one network waits, whatever the address', async (t) => {
  const edge = await startEdge(t);
  for (let tries = 0; tries < 20; tries += 1)
    assert.equal((await edge.ask('/session', signInBody(`reader${tries}@example.org`, 'guess'))).status, 401);
  const response = await edge.ask('/session', signInBody(LIBRARY, PASSWORD));
  assert.deepEqual(await problem(response), [429, 'slow-down']);
});
