/**
 * Every verb that is not idempotent, with the wire cut at each of its steps: the server carried the command out and
 * the bridge never heard. However it comes back, there is one effect.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Outcome, Step } from '../../shared/commands.ts';
import { Heart } from '../support/heart.ts';
import { ends, house, loan, loans, type Grade, type House } from './triage.ts';

/** Asks for `steps`, and cuts the wire once the server did `words`, which `happened` tells. */
async function cutAt(
  at: House,
  words: string,
  happened: () => Promise<boolean>,
  ...steps: Step[]
): Promise<Outcome[]> {
  const { wire, device } = at;
  wire.holdAnswersTo(words);
  const id = await at.begin(...steps);
  while (!(await happened()));
  assert.equal(device.settled.size, 0, 'it settled before the wire was cut');
  wire.cut();
  await wire.open();
  return device.until(() => device.settled.get(id));
}

/** Numbers of mails in INBOX that are marked as deleted. */
const marked = async ({ holds }: House) =>
  (await holds.messages('INBOX')).filter((m) => m.flags.includes('\\Deleted')).length;

const COPIED = [
  ['with all Dovecot has', 'UID COPY'],
  ['without UIDPLUS and MOVE', 'UID COPY'],
] as const satisfies [Grade, string][];
for (const [grade, words] of COPIED)
  test(`a copy ${grade} whose answer was lost is not made twice, though one was there before`, async (t) => {
    const at = await house(t, { INBOX: loans(0, 3), Lists: [loan(1)] }, grade);
    const { boxId, held, device } = at;
    const [one, two] = device.list('INBOX').map((m) => m.id);
    const outcomes = await cutAt(
      at,
      words,
      async () => (await held('Lists')).length === 3,
      { verb: 'copy', messages: [one!, two!], to: boxId('Lists') },
      { verb: 'flag', messages: { step: 0 }, add: ['\\Flagged'], remove: [] },
    );
    assert.deepEqual(ends(outcomes), ['done', 'done']);
    assert.deepEqual(await held('Lists'), [1, 1, 2]);
    assert.deepEqual(await held('INBOX'), [0, 1, 2]);
    const flagged = device.list('Lists').filter((m) => m.flags.includes('\\Flagged'));
    assert.deepEqual(flagged.map((m) => m.subject).toSorted(), ['Loan 1', 'Loan 2']);
    assert.equal(device.list('Lists').length, 3);
  });

const BARE: Grade = 'without UIDPLUS and MOVE';
for (const [grade, words, what] of [
  [BARE, 'UID COPY', 'copied'],
  [BARE, 'UID STORE', 'marked'],
  [BARE, ' EXPUNGE', 'gone'],
  ['with UIDPLUS but without MOVE', 'UID COPY', 'copied'],
  ['with UIDPLUS but without MOVE', 'UID STORE', 'marked'],
  ['with UIDPLUS but without MOVE', 'UID EXPUNGE', 'gone'],
  ['with MOVE but without UIDPLUS', 'UID MOVE', 'gone'],
  ['with all Dovecot has', 'UID MOVE', 'gone'],
] as [Grade, string, 'copied' | 'marked' | 'gone'][])
  test(`an archive ${grade} cut after ${words.trim()} moves the mail once, and it keeps its id`, async (t) => {
    const at = await house(t, { INBOX: loans(0, 3), Archive: [loan(7)] }, grade);
    const { held, idOf, shown, device } = at;
    const id = idOf(1);
    const happened = {
      copied: async () => (await held('Archive')).length === 2,
      marked: async () => (await marked(at)) === 1,
      gone: async () => (await held('INBOX')).length === 2,
    };
    const outcomes = await cutAt(at, words, happened[what], { verb: 'archive', messages: [id] });
    assert.deepEqual(outcomes, [{ as: 'done' }]);
    assert.deepEqual(
      [await held('INBOX'), await held('Archive')],
      [
        [0, 2],
        [1, 7],
      ],
    );
    assert.equal(device.messages.get(id)?.mailbox, device.box('Archive')?.id);
    await device.until(() => shown('Archive').length === 2 && shown('INBOX').length === 2);
  });

for (const [grade, words, what] of [
  ['with all Dovecot has', 'UID STORE', 'marked'],
  ['with all Dovecot has', 'UID EXPUNGE', 'gone'],
  [BARE, 'UID STORE', 'marked'],
  [BARE, ' EXPUNGE', 'gone'],
] as [Grade, string, 'marked' | 'gone'][])
  test(`a deletion ${grade} cut after ${words.trim()} is done, and takes nothing else`, async (t) => {
    const at = await house(t, { INBOX: loans(0, 3) }, grade);
    const { held, idOf, shown } = at;
    const happened = async () =>
      what === 'marked' ? (await marked(at)) === 1 : (await held('INBOX')).length === 2;
    const outcomes = await cutAt(at, words, happened, { verb: 'delete', messages: [idOf(1)] });
    assert.deepEqual(outcomes, [{ as: 'done' }]);
    assert.deepEqual(
      [await held('INBOX'), shown('INBOX')],
      [
        [0, 2],
        [0, 2],
      ],
    );
  });

for (const [words, what] of [
  ['UID STORE', 'marked'],
  ['UID MOVE', 'moved'],
] as const)
  test(`junk cut after ${words} is moved once and marked`, async (t) => {
    const at = await house(t, { INBOX: loans(0, 2) });
    const { held, holds, idOf } = at;
    const happened = async () =>
      what === 'moved'
        ? (await held('Junk')).length === 1
        : (await holds.messages('INBOX')).some((m) => m.flags.includes('$Junk'));
    const outcomes = await cutAt(at, words, happened, { verb: 'junk', messages: [idOf(1)] });
    assert.deepEqual(outcomes, [{ as: 'done' }]);
    assert.deepEqual(
      (await holds.messages('Junk')).map((m) => [m.subject, m.flags]),
      [['Loan 1', ['$Junk']]],
    );
    assert.deepEqual(await held('INBOX'), [0]);
  });

test('a mailbox whose making was not answered is made once, and what follows finds it', async (t) => {
  const at = await house(t, { INBOX: loans(0, 2) });
  const { held, holds, idOf, device } = at;
  const made = async () => (await holds.mailboxes()).includes('New');
  const outcomes = await cutAt(
    at,
    'CREATE',
    made,
    { verb: 'createMailbox', parent: null, name: 'New' },
    { verb: 'move', messages: [idOf(1)], to: { step: 0 } },
  );
  assert.deepEqual(ends(outcomes), ['done', 'done']);
  assert.deepEqual(await held('New'), [1]);
  assert.deepEqual(outcomes[0], { as: 'done', mailbox: device.box('New')?.id });
  assert.equal([...device.mailboxes.values()].filter((box) => box.name === 'New').length, 1);
});

test('a mailbox whose renaming was not answered is renamed, with its id and its mail', async (t) => {
  const at = await house(t, { INBOX: loans(0, 1), Lists: loans(1, 4) });
  const { boxId, held, holds, shown } = at;
  const lists = boxId('Lists');
  const renamed = async () => (await holds.mailboxes()).includes('Post');
  const outcomes = await cutAt(at, 'RENAME', renamed, {
    ...{ verb: 'renameMailbox', mailbox: lists, parent: null, name: 'Post' },
  });
  assert.deepEqual(outcomes, [{ as: 'done', mailbox: lists }]);
  assert.equal(boxId('Post'), lists);
  assert.deepEqual(
    [await held('Post'), shown('Post')],
    [
      [1, 2, 3],
      [1, 2, 3],
    ],
  );
  assert.ok(!(await holds.mailboxes()).includes('Lists'));
});

test('a mailbox whose deletion was not answered is deleted, and settles as done', async (t) => {
  const at = await house(t, { INBOX: loans(0, 1), Lists: loans(1, 4) });
  const { boxId, holds, device } = at;
  const deleted = async () => !(await holds.mailboxes()).includes('Lists');
  const outcomes = await cutAt(at, 'DELETE', deleted, { verb: 'deleteMailbox', mailbox: boxId('Lists') });
  assert.deepEqual(outcomes, [{ as: 'done' }]);
  await device.until(() => !device.box('Lists') && device.messages.size === 1);
});

test('a search means the same after a cut: what it chose first is handled to the end, and no more', async (t) => {
  const at = await house(t, { INBOX: loans(0, 3), Lists: loans(3, 5) });
  const { held, holds, mail, device } = at;
  // The first mailbox is marked when the wire breaks; by then its mail does not answer the search any more.
  const half = async () => (await holds.messages('INBOX')).every((m) => m.flags.includes('\\Seen'));
  at.wire.holdAnswersTo('UID STORE');
  const id = await at.begin(
    { verb: 'flag', messages: { query: 'is:unread', mailbox: null }, add: ['\\Seen'], remove: [] },
    { verb: 'archive', messages: { step: 0 } },
  );
  while (!(await half()));
  await mail.deliver('alice', loan(9).raw);
  at.wire.cut();
  await at.wire.open();
  const outcomes = await device.until(() => device.settled.get(id));
  assert.deepEqual(ends(outcomes), ['done', 'done']);
  assert.deepEqual([await held('INBOX'), await held('Lists')], [[9], []]);
  assert.deepEqual(await held('Archive'), [0, 1, 2, 3, 4]);
});

test('a copy by search that a killed bridge left half-way is finished by its next life, once', async (t) => {
  const at = await house(t, { INBOX: loans(0, 4), Lists: [] });
  const { held, boxId, wire, heart, ports, file, mail, account, device } = at;
  wire.holdAnswersTo('UID COPY');
  const id = await at.begin({
    ...{ verb: 'copy', messages: { query: 'from:library', mailbox: null }, to: boxId('Lists') },
  });
  while ((await held('Lists')).length < 2);
  account.detach(device);
  await wire.refuse();
  await heart.close();
  await wire.open();
  const next = await Heart.open(t, ports, file);
  await next.heart.enter(mail.address('alice'), mail.password('alice'), device);
  const [outcome] = await device.until(() => device.settled.get(id));
  assert.deepEqual(await held('Lists'), [0, 2]);
  assert.equal(outcome?.as === 'done' && outcome.messages?.length, 2);
  await device.until(() => device.list('Lists').length === 2);
});
