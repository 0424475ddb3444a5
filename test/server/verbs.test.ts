import assert from 'node:assert/strict';
import test from 'node:test';
import { ALL, ends, house, loan, loans } from './triage.ts';

const DONE = { as: 'done' } as const;

for (const grade of ALL) {
  test(`a move ${grade} keeps ids, and what the same call does next finds the mail`, async (t) => {
    const { ask, idOf, boxId, held, shown, device } = await house(
      t,
      { INBOX: loans(0, 4), Lists: [] },
      grade,
    );
    const [one, two] = [idOf(1), idOf(2)];
    const outcomes = await ask(
      { verb: 'move', messages: [one, two], to: boxId('Lists') },
      { verb: 'flag', messages: { step: 0 }, add: ['\\Flagged'], remove: [] },
    );
    assert.deepEqual(outcomes, [DONE, { as: 'done', messages: [one, two] }]);
    assert.deepEqual(await held('Lists'), [1, 2]);
    assert.deepEqual(await held('INBOX'), [0, 3]);
    assert.deepEqual(shown('Lists'), [1, 2]);
    assert.equal(device.messages.get(one)?.mailbox, boxId('Lists'));
    assert.deepEqual(device.messages.get(two)?.flags, ['\\Flagged']);
  });

  test(`a copy ${grade} is a row of its own at once, and the original stays`, async (t) => {
    const house1 = await house(t, { INBOX: [loan(0), loan(1, ['\\Seen'])], Lists: loans(7, 8) }, grade);
    const { ask, idOf, boxId, held, shown, device, holds } = house1;
    const [original, there] = [idOf(1), idOf(7)];
    const [outcome, flagged] = await ask(
      { verb: 'copy', messages: [original, there], to: boxId('Lists') },
      { verb: 'flag', messages: { step: 0 }, add: ['\\Flagged'], remove: [] },
    );
    assert.ok(outcome?.as === 'done' && flagged?.as === 'done');
    const copy = outcome.messages?.find((id) => id !== there);
    assert.deepEqual(new Set(outcome.messages), new Set([copy, there]));
    assert.notEqual(copy, original);
    assert.deepEqual(device.messages.get(copy!)?.flags, ['\\Flagged', '\\Seen']);
    assert.equal(device.messages.get(copy!)?.preview, 'Number 1 is due.');
    assert.deepEqual(device.messages.get(original)?.flags, ['\\Seen']);
    assert.deepEqual(
      [await held('INBOX'), await held('Lists')],
      [
        [0, 1],
        [1, 7],
      ],
    );
    assert.deepEqual(
      [shown('INBOX'), shown('Lists')],
      [
        [0, 1],
        [1, 7],
      ],
    );
    assert.ok((await holds.messages('Lists')).every((m) => m.flags.includes('\\Flagged')));
  });

  test(`junk ${grade} is moved and marked, and the way back undoes both`, async (t) => {
    const { ask, idOf, held, holds, device } = await house(t, { INBOX: loans(0, 2) }, grade);
    const id = idOf(1);
    assert.deepEqual(await ask({ verb: 'junk', messages: [id] }), [DONE]);
    assert.deepEqual([await held('INBOX'), await held('Junk')], [[0], [1]]);
    assert.deepEqual((await holds.messages('Junk'))[0]?.flags, ['$Junk']);
    assert.deepEqual(device.messages.get(id)?.flags, ['$Junk']);
    assert.deepEqual(await ask({ verb: 'notjunk', messages: [id] }), [DONE]);
    assert.deepEqual([await held('INBOX'), await held('Junk')], [[0, 1], []]);
    assert.deepEqual(device.messages.get(id)?.flags, ['$NotJunk']);
    assert.equal(device.messages.get(id)?.mailbox, device.box('INBOX')?.id);
  });

  test(`deleting for good ${grade} takes these messages and no others`, async (t) => {
    const { ask, idOf, held, shown, device } = await house(
      t,
      { INBOX: loans(0, 4), Lists: loans(7, 8) },
      grade,
    );
    const gone = idOf(1);
    assert.deepEqual(await ask({ verb: 'delete', messages: [gone, idOf(3), idOf(7)] }), [DONE]);
    assert.deepEqual([await held('INBOX'), await held('Lists')], [[0, 2], []]);
    assert.deepEqual(shown('INBOX'), [0, 2]);
    assert.deepEqual(ends(await ask({ verb: 'delete', messages: [gone] })), ['gone']);
    assert.equal(device.messages.size, 2);
  });

  test(`a mailbox is marked read ${grade}, and no other`, async (t) => {
    const mails = { INBOX: loans(0, 3), Lists: [...loans(4, 8), loan(9, ['\\Seen', '\\Flagged'])] };
    const { ask, boxId, holds, device, mail } = await house(t, mails, grade);
    assert.deepEqual(await ask({ verb: 'markRead', mailbox: boxId('Lists') }), [DONE]);
    const read = async (name: string) =>
      (await holds.messages(name)).filter((m) => m.flags.includes('\\Seen')).length;
    assert.deepEqual([await read('INBOX'), await read('Lists')], [0, 5]);
    assert.ok(device.list('Lists').every((m) => m.flags.includes('\\Seen')));
    assert.deepEqual([device.box('Lists')?.unread, device.box('INBOX')?.unread], [0, 3]);
    // What came since the bridge last looked was shown to nobody.
    await mail.fill('alice', 'Lists', [loan(10)]);
    await ask(
      { verb: 'flag', messages: [device.list('INBOX')[0]!.id], add: ['\\Flagged'], remove: [] },
      { verb: 'markRead', mailbox: boxId('Lists') },
    );
    assert.equal((await holds.messages('Lists')).length - (await read('Lists')), 1);
  });
}

test('with UIDPLUS what another program marked as deleted outlives a deletion and a move', async (t) => {
  const { ask, idOf, held, holds } = await house(t, { INBOX: loans(0, 4) }, 'with UIDPLUS but without MOVE');
  await holds.act('INBOX', 'UID STORE 1 +FLAGS (\\Deleted)');
  assert.deepEqual(await ask({ verb: 'delete', messages: [idOf(1)] }), [DONE]);
  assert.deepEqual(await ask({ verb: 'archive', messages: [idOf(2)] }), [DONE]);
  assert.deepEqual([await held('INBOX'), await held('Archive')], [[0, 3], [2]]);
});

test('without UIDPLUS nothing is removed while another program has marked mail as deleted', async (t) => {
  const { ask, idOf, held, holds } = await house(t, { INBOX: loans(0, 4) }, 'without UIDPLUS and MOVE');
  await holds.act('INBOX', 'UID STORE 1 +FLAGS (\\Deleted)');
  assert.deepEqual(
    ends(await ask({ verb: 'delete', messages: [idOf(1)] }, { verb: 'archive', messages: [idOf(2)] })),
    ['server', 'server'],
  );
  assert.deepEqual([await held('INBOX'), await held('Archive')], [[0, 1, 2, 3], []]);
  const marked = (await holds.messages('INBOX')).filter((m) => m.flags.includes('\\Deleted'));
  assert.deepEqual(
    marked.map((m) => m.subject),
    ['Loan 0'],
  );
  await holds.act('INBOX', 'EXPUNGE');
  assert.deepEqual(await ask({ verb: 'delete', messages: [idOf(1)] }), [DONE]);
  assert.deepEqual(await held('INBOX'), [2, 3]);
});

test('a search chooses what surely answers it, in open mailboxes, and says which', async (t) => {
  const mails = { INBOX: loans(0, 4), Lists: loans(4, 6), Junk: loans(8, 9) };
  const { ask, idOf, boxId, held } = await house(t, mails);
  const meant = [idOf(0), idOf(2), idOf(4)];
  const [outcome, here] = await ask(
    { verb: 'archive', messages: { query: 'from:library', mailbox: null } },
    { verb: 'trash', messages: { query: 'from:lending', mailbox: boxId('Lists') } },
  );
  assert.ok(outcome?.as === 'done');
  assert.deepEqual(new Set(outcome.messages), new Set(meant));
  assert.deepEqual(here, { as: 'done', messages: [idOf(5)] });
  assert.deepEqual(
    [await held('INBOX'), await held('Archive'), await held('Trash')],
    [[1, 3], [0, 2, 4], [5]],
  );
  // Whether an attachment has this name no row tells: nothing is chosen by a guess.
  for (const query of ['filename:loan', 'body:nothing', 'from:nobody', 'older_than:1d newer_than:1d'])
    assert.deepEqual(await ask({ verb: 'delete', messages: { query, mailbox: null } }), [
      { as: 'done', messages: [] },
    ]);
  assert.deepEqual(ends(await ask({ verb: 'notjunk', messages: { query: 'in:junk', mailbox: null } })), [
    'done',
  ]);
  assert.deepEqual(await held('INBOX'), [1, 3, 8]);
});

test('a step that builds on a refused one is skipped, down the call; the others are carried out', async (t) => {
  const { ask, idOf, held, holds, device } = await house(t, { INBOX: loans(0, 3) });
  const gone = idOf(0);
  await holds.act('INBOX', 'UID STORE 1 +FLAGS (\\Deleted)', 'EXPUNGE');
  await device.until(() => device.messages.size === 2);
  const outcomes = await ask(
    { verb: 'archive', messages: [gone] },
    { verb: 'flag', messages: { step: 0 }, add: ['\\Flagged'], remove: [] },
    { verb: 'copy', messages: { step: 1 }, to: device.box('Trash')!.id },
    { verb: 'archive', messages: [idOf(1)] },
  );
  assert.deepEqual(ends(outcomes), ['gone', 'skipped', 'skipped', 'done']);
  assert.deepEqual([await held('INBOX'), await held('Archive'), await held('Trash')], [[2], [1], []]);
});

test('a mailbox that is gone refuses as gone, and one that only holds others as what it is', async (t) => {
  const { ask, idOf, held } = await house(t, { INBOX: loans(0, 2) });
  const nowhere = 2 ** 40 + 1;
  assert.deepEqual(
    ends(
      await ask(
        { verb: 'move', messages: [idOf(0)], to: nowhere },
        { verb: 'copy', messages: [idOf(0)], to: nowhere },
        { verb: 'markRead', mailbox: nowhere },
        { verb: 'renameMailbox', mailbox: nowhere, parent: null, name: 'New' },
        { verb: 'createMailbox', parent: nowhere, name: 'New' },
        { verb: 'deleteMailbox', mailbox: nowhere },
        { verb: 'trash', messages: { query: 'from:library', mailbox: nowhere } },
      ),
    ),
    Array.from({ length: 7 }, () => 'gone'),
  );
  assert.deepEqual(await held('INBOX'), [0, 1]);
});

test('a search over more messages than one command holds moves them all, in frames of bounded size', async (t) => {
  const { ask, held, shown, device } = await house(t, { INBOX: loans(0, 1203) });
  const outcomes = await ask({ verb: 'archive', messages: { query: 'subject:loan', mailbox: null } });
  assert.deepEqual(ends(outcomes), ['done']);
  assert.equal((await held('Archive')).length, 1203);
  assert.deepEqual(await held('INBOX'), []);
  assert.equal(shown('Archive').length, 1203);
  const most = Math.max(...device.frames.map((f) => (f.t === 'changes' ? f.messages.length : 0)));
  assert.ok(most <= 500, `${most} rows in one frame`);
});
