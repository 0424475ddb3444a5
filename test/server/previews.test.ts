import assert from 'node:assert/strict';
import test from 'node:test';
import { ImapDown, ImapRefused, type Fetched } from '../../server/imap-answers.ts';
import type { ImapSession } from '../../server/imap.ts';
import { layoutOf } from '../../server/mime.ts';
import { previewsOf } from '../../server/previews.ts';

/** A message of one section, as far as previews look at it. */
const message = (uid: number, type = 'text/plain', size = 9) =>
  ({ uid, layout: layoutOf({ part: '1', type, size }) }) as Fetched;

/** A server that gives sections, except of the UIDs in `bad`. */
function server(bad: number[], error: Error = new ImapRefused('corrupted')) {
  const asked: number[][] = [];
  const sections: ImapSession['sections'] = async (uids, [part]) => {
    asked.push(uids);
    if (uids.some((uid) => bad.includes(uid))) throw error;
    return new Map(uids.map((uid) => [uid, new Map([[part!, Buffer.from(`<b>words ${uid}`)]])]));
  };
  return { session: { sections } as ImapSession, asked };
}

test('messages that keep their text in the same place share one question', async () => {
  const { session, asked } = server([]);
  const previews = await previewsOf(session, [message(1), message(2), message(3, 'text/html')]);
  assert.deepEqual(asked, [[1, 2], [3]]);
  assert.deepEqual(
    [...previews],
    [
      [1, '<b>words 1'],
      [2, '<b>words 2'],
      [3, 'words 3'],
    ],
  );
});

test('a message without text, or with an empty one, is not asked for', async () => {
  const { session, asked } = server([]);
  const previews = await previewsOf(session, [message(1, 'image/png'), message(2, 'text/plain', 0)]);
  assert.deepEqual([asked, previews.size], [[], 0]);
});

test('a section the server will not give costs no other message its preview', async () => {
  const { session, asked } = server([7, 120]);
  const all = Array.from({ length: 200 }, (_, i) => message(i + 1));
  const previews = await previewsOf(session, all);
  assert.equal(previews.size, 198);
  assert.deepEqual([previews.has(7), previews.has(120), previews.get(8)], [false, false, '<b>words 8']);
  assert.ok(asked.length < 40, `${asked.length} questions`);
});

test('a line that broke is not a section that is not there', async () => {
  const { session } = server([1], new ImapDown('reset'));
  await assert.rejects(previewsOf(session, [message(1), message(2)]), ImapDown);
});
