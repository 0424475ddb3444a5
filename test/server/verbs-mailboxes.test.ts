import assert from 'node:assert/strict';
import test from 'node:test';
import { ALL, ends, house, loan, loans } from './triage.ts';

for (const grade of ALL)
  test(`a mailbox ${grade} is made within another and filled in the same call`, async (t) => {
    const { ask, idOf, held, shown, device, holds } = await house(t, { INBOX: loans(0, 4) }, grade);
    const outcomes = await ask(
      { verb: 'createMailbox', parent: null, name: 'Jahre' },
      { verb: 'createMailbox', parent: { step: 0 }, name: 'Zürich' },
      { verb: 'move', messages: { query: 'from:library', mailbox: null }, to: { step: 1 } },
      { verb: 'flag', messages: { step: 2 }, add: ['\\Seen'], remove: [] },
    );
    assert.deepEqual(ends(outcomes), ['done', 'done', 'done', 'done']);
    const made = outcomes[1];
    assert.ok(made?.as === 'done' && made.mailbox === device.box('Jahre/Zürich')?.id);
    assert.deepEqual(await held('Jahre/Z&APw-rich'), [0, 2]);
    assert.deepEqual(shown('Jahre/Zürich'), [0, 2]);
    assert.ok(device.list('Jahre/Zürich').every((m) => m.flags.includes('\\Seen')));
    assert.deepEqual(await held('INBOX'), [1, 3]);
    const again = await ask({ verb: 'createMailbox', parent: device.box('Jahre')!.id, name: 'Zürich' });
    assert.deepEqual(again, [{ as: 'done', mailbox: made.mailbox }]);
    assert.equal((await holds.mailboxes()).filter((name) => name.includes('Jahre')).length, 2);
    await device.until(() => device.box('Jahre/Zürich')?.total === 2);
    assert.ok(idOf(0) && idOf(2));
  });

test('the row of a new mailbox comes with its receipt', async (t) => {
  const { ask, device } = await house(t, { INBOX: loans(0, 1) });
  const [outcome] = await ask({ verb: 'createMailbox', parent: null, name: 'New' });
  const frame = device.frames.find((f) => f.t === 'changes' && f.settled.length > 0);
  assert.ok(frame?.t === 'changes' && outcome?.as === 'done');
  assert.deepEqual(
    frame.mailboxes.map((m) => [m.id, m.name]),
    [[outcome.mailbox, 'New']],
  );
});

test('a name of several levels is refused with words, whether made or renamed', async (t) => {
  const { ask, boxId, holds } = await house(t, { INBOX: [], Lists: loans(0, 1) });
  const before = await holds.mailboxes();
  const outcomes = await ask(
    { verb: 'createMailbox', parent: null, name: 'A/B' },
    { verb: 'renameMailbox', mailbox: boxId('Lists'), parent: null, name: 'A/B' },
    { verb: 'createMailbox', parent: { step: 0 }, name: 'C' },
  );
  assert.deepEqual(ends(outcomes), ['invalid', 'invalid', 'skipped']);
  assert.match(outcomes[0]?.as === 'refused' ? outcomes[0].text : '', /“\/”/);
  assert.deepEqual(await holds.mailboxes(), before);
});

test('a renamed mailbox keeps its id, its messages keep theirs, and those below it follow', async (t) => {
  const mails = { INBOX: loans(0, 1), Lists: loans(1, 4), 'Lists/Linux': loans(4, 6), Listserv: loans(6, 7) };
  const { ask, boxId, held, device, holds, account } = await house(t, mails);
  const [lists, linux, rows] = [boxId('Lists'), boxId('Lists/Linux'), new Map(device.messages)];
  const outcomes = await ask(
    { verb: 'createMailbox', parent: null, name: 'Old' },
    { verb: 'renameMailbox', mailbox: lists, parent: { step: 0 }, name: 'Post' },
    { verb: 'flag', messages: [...rows.keys()], add: ['\\Seen'], remove: [] },
  );
  assert.deepEqual(ends(outcomes), ['done', 'done', 'done']);
  assert.deepEqual(outcomes[1], { as: 'done', mailbox: lists });
  assert.deepEqual([boxId('Old/Post'), boxId('Old/Post/Linux')], [lists, linux]);
  assert.deepEqual(
    [await held('Old/Post'), await held('Old/Post/Linux')],
    [
      [1, 2, 3],
      [4, 5],
    ],
  );
  assert.ok(!(await holds.mailboxes()).some((name) => name.startsWith('Lists/') || name === 'Lists'));
  account.refresh(null);
  await device.until(() => device.box('Old')?.id && device.box('Listserv'));
  for (const [id, row] of rows) assert.equal(device.messages.get(id)?.mailbox, row.mailbox);
  assert.ok(!device.frames.some((f) => f.t === 'changes' && f.gone.mailboxes.includes(lists)));
});

test('renaming is refused for the inbox, onto a name that is taken, and into itself', async (t) => {
  const { ask, boxId, holds } = await house(t, { INBOX: [], Lists: loans(0, 1), Other: loans(1, 2) });
  const before = await holds.mailboxes();
  const lists = boxId('Lists');
  const outcomes = await ask(
    { verb: 'renameMailbox', mailbox: boxId('INBOX'), parent: null, name: 'In' },
    { verb: 'renameMailbox', mailbox: lists, parent: null, name: 'Other' },
    { verb: 'renameMailbox', mailbox: lists, parent: lists, name: 'Deep' },
    { verb: 'renameMailbox', mailbox: lists, parent: null, name: 'Lists' },
  );
  assert.deepEqual(ends(outcomes), ['invalid', 'invalid', 'invalid', 'done']);
  assert.deepEqual(await holds.mailboxes(), before);
});

test('a name that another program freed a moment ago can be taken', async (t) => {
  const { ask, boxId, held, holds, device } = await house(t, {
    INBOX: [],
    Lists: loans(0, 2),
    Other: [loan(2)],
  });
  const lists = boxId('Lists');
  await holds.act('INBOX', 'DELETE Other');
  const outcomes = await ask({ verb: 'renameMailbox', mailbox: lists, parent: null, name: 'Other' });
  assert.deepEqual(outcomes, [{ as: 'done', mailbox: lists }]);
  assert.equal(device.box('Other')?.id, lists);
  assert.deepEqual(await held('Other'), [0, 1]);
});

test('renaming a mailbox removes nothing that is marked as deleted in it', async (t) => {
  const { ask, boxId, held, holds, idOf } = await house(
    t,
    { INBOX: [], Lists: loans(0, 3) },
    'without UIDPLUS and MOVE',
  );
  await holds.act('Lists', 'UID STORE 1 +FLAGS (\\Deleted)');
  const outcomes = await ask(
    { verb: 'flag', messages: [idOf(1)], add: ['\\Flagged'], remove: [] },
    { verb: 'renameMailbox', mailbox: boxId('Lists'), parent: null, name: 'Post' },
  );
  assert.deepEqual(ends(outcomes), ['done', 'done']);
  assert.deepEqual(await held('Post'), [0, 1, 2]);
});

test('a deleted mailbox leaves with all in it, and its row with the receipt', async (t) => {
  const { ask, boxId, holds, device } = await house(t, { INBOX: loans(0, 1), Lists: loans(1, 4) });
  const lists = boxId('Lists');
  assert.deepEqual(await ask({ verb: 'deleteMailbox', mailbox: lists }), [{ as: 'done' }]);
  assert.equal(device.messages.size, 1);
  assert.equal(device.box('Lists'), undefined);
  assert.ok(!(await holds.mailboxes()).includes('Lists'));
  assert.deepEqual(ends(await ask({ verb: 'deleteMailbox', mailbox: lists })), ['gone']);
});

test('the inbox, mailboxes of a role and those with others below are not deleted', async (t) => {
  const { ask, boxId, held, holds } = await house(t, {
    INBOX: loans(0, 1),
    Lists: [loan(1)],
    'Lists/Linux': [loan(2)],
  });
  const before = await holds.mailboxes();
  const outcomes = await ask(
    { verb: 'deleteMailbox', mailbox: boxId('INBOX') },
    { verb: 'deleteMailbox', mailbox: boxId('Archive') },
    { verb: 'deleteMailbox', mailbox: boxId('Lists') },
  );
  assert.deepEqual(ends(outcomes), ['invalid', 'invalid', 'invalid']);
  assert.deepEqual(await holds.mailboxes(), before);
  assert.deepEqual(await held('Lists'), [1]);
});

test('a mailbox that another program made anew under the same name is not deleted for the old one', async (t) => {
  const { ask, boxId, held, holds, mail } = await house(t, { INBOX: [], Lists: loans(0, 2) });
  await holds.act('INBOX', 'DELETE Lists', 'CREATE Lists');
  await mail.fill('alice', 'Lists', [loan(5)]);
  assert.deepEqual(ends(await ask({ verb: 'deleteMailbox', mailbox: boxId('Lists') })), ['gone']);
  assert.deepEqual(await held('Lists'), [5]);
});
