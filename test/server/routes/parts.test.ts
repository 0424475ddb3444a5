import test from 'node:test';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { partHeaders } from '../../../server/routes/parts.ts';
import { type Edge, startEdge } from '../edge.ts';

const LIBRARY = 'library@example.org';

async function get(edge: Edge, path: string, cookie: string): Promise<Response> {
  return edge.ask(path, { headers: { cookie } });
}

test('a part is a download that can run nothing and may be kept for good', async (t) => {
  const edge = await startEdge(t);
  const response = await get(edge, '/part/acc-library/7/2.1', await edge.signIn(LIBRARY));
  assert.equal(await response.text(), '<b>hi');
  const headers = Object.fromEntries(
    [...response.headers].filter(([name]) =>
      ['content-', 'cache-', 'x-content', 'cross-origin-r'].some((start) => name.startsWith(start)),
    ),
  );
  assert.deepEqual(headers, {
    'content-type': 'application/octet-stream',
    'content-length': '5',
    'content-disposition': `attachment; filename="plan.html"; filename*=UTF-8''plan.html`,
    'content-security-policy': "sandbox; default-src 'none'",
    'cache-control': 'private, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
  });
  assert.deepEqual(edge.accounts.library.log, ['part 7 2.1']);
});

test('only types that cannot run anything keep their name', () => {
  const type = (type: string) => partHeaders({ type, name: 'a', size: null })['content-type'];
  for (const plain of [
    ...['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'],
    ...['application/pdf', 'audio/mpeg', 'video/mp4', 'text/plain'],
  ])
    assert.equal(type(plain), plain);
  for (const other of [
    ...['text/html', 'image/svg+xml', 'application/xhtml+xml', 'text/xml', 'application/xml', 'text/css'],
    ...['text/javascript', 'application/javascript', 'multipart/related', 'message/rfc822', 'text/calendar'],
    ...['application/x-msdownload', 'application/zip', 'image/bmp', 'text/html, image/png', 'png', '', ' '],
    ...['image/png\r\nset-cookie: a=b', 'text/vcard', 'application/x-shockwave-flash', 'application/mbox'],
  ])
    assert.equal(type(other), 'application/octet-stream', other);
  assert.equal(type('IMAGE/PNG; name="a.html"'), 'image/png');
});

test('what belongs to someone else looks like what is not there', async (t) => {
  const edge = await startEdge(t);
  const cookies = {
    library: await edge.signIn(LIBRARY),
    timetable: await edge.signIn('timetable@example.org'),
  };
  const answers = [
    await get(edge, '/part/acc-timetable/7/2', cookies.library),
    await get(edge, '/part/acc-library/7/2', cookies.timetable),
    await get(edge, '/part/acc-nobody/7/2', cookies.library),
    await get(edge, '/part/acc-library/8/2', cookies.library),
  ];
  for (const answer of answers) {
    assert.equal(answer.status, 404);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.deepEqual(await answer.json(), {
      code: 'not-found',
      message: 'This attachment is not there any more.',
    });
  }
  assert.deepEqual(edge.accounts.library.log, ['part 8 2']);
  assert.deepEqual(edge.accounts.timetable.log, []);
});

test('without a session there are no parts', async (t) => {
  const edge = await startEdge(t);
  const response = await get(edge, '/part/acc-library/7/2', '');
  assert.equal(response.status, 401);
  assert.equal(response.headers.get('cache-control'), 'no-store');
});

test('an address that names no message or part never reaches the account', async (t) => {
  const edge = await startEdge(t);
  const cookie = await edge.signIn(LIBRARY);
  for (const rest of [
    '7/1.',
    '7/.1',
    '7/1..2',
    '7/TEXT',
    '7/1%20BODY',
    '7/1%0d%0aA',
    '-7/1',
    '7e1/1',
    'x/1',
    '9/%00',
  ])
    assert.equal((await get(edge, `/part/acc-library/${rest}`, cookie)).status, 404, rest);
  assert.equal((await get(edge, `/part/acc-library/7/${'1.'.repeat(60)}1`, cookie)).status, 404);
  assert.deepEqual(edge.accounts.library.log, []);
});

test('a mail server that is away is told apart from a part that is gone', async (t) => {
  const edge = await startEdge(t);
  const response = await get(edge, '/part/acc-library/500/1', await edge.signIn(LIBRARY));
  assert.equal(response.status, 502);
  assert.equal((await response.json()).code, 'unreachable');
  assert.equal(response.headers.get('cache-control'), 'no-store');
});

test('a reader that leaves ends the stream from the mail server', async (t) => {
  const edge = await startEdge(t);
  const cookie = await edge.signIn(LIBRARY);
  const stream = new Readable({ read: () => undefined });
  stream.push('the beginning');
  edge.accounts.library.part = async () => ({ type: 'image/png', name: 'a.png', size: null, stream });
  const reader = new AbortController();
  const response = await edge.ask('/part/acc-library/7/2', { headers: { cookie }, signal: reader.signal });
  assert.equal(response.status, 200);
  reader.abort();
  await once(stream, 'close');
});

test('a stream that breaks off does not look like a whole file', async (t) => {
  const edge = await startEdge(t);
  const cookie = await edge.signIn(LIBRARY);
  const stream = new Readable({ read: () => undefined });
  stream.push('the beginning');
  edge.accounts.library.part = async () => ({ type: 'image/png', name: 'a.png', size: null, stream });
  const response = await get(edge, '/part/acc-library/7/2', cookie);
  stream.destroy(new Error('connection lost'));
  await assert.rejects(response.text());
});
