/** The fold: what is shown is facts with pending calls on top. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Step } from '../../../shared/commands.ts';
import { FLAGGED, SEEN, type Mailbox, type Message } from '../../../shared/mail.ts';
import type { AccountMirror, Pending } from '../../../web/engine/engine.ts';
import {
  pendingOf,
  roleMailbox,
  shownMailboxes,
  shownMessage,
  shownMessages,
} from '../../../web/engine/view.ts';
import { mailbox, message } from './rows.ts';

function mirror(messages: Message[], mailboxes: Mailbox[]): AccountMirror {
  return {
    id: 'a1',
    address: 'reader@library.example',
    epoch: 'e1',
    mailboxes: new Map(mailboxes.map((box) => [box.id, box])),
    messages: new Map(messages.map((row) => [row.id, row])),
    version: 1,
    status: null,
    filling: null,
  };
}

let calls = 0;
function pending(steps: Step[], part: Partial<Pending> = {}, account = 'a1'): Pending {
  calls += 1;
  const call = { id: `call-${calls}`, account, steps };
  return { call, at: calls, state: 'here', text: '', outcomes: [], draft: null, ...part };
}

const BOXES = [mailbox(1, 'inbox'), mailbox(2, 'archive'), mailbox(3, 'trash'), mailbox(4, null, 'Lists')];
const ids = (rows: Message[]): number[] => rows.map((row) => row.id);

test('rows come newest first, the higher id first at the same time', () => {
  const rows = [message(1, { date: 5 }), message(2, { date: 9 }), message(3, { date: 5 })];
  assert.deepEqual(ids(shownMessages(mirror(rows, BOXES), [], 1)), [2, 3, 1]);
});

test('a row nobody touched is the very fact, and a list nobody touched the very same list', () => {
  const rows = [message(1), message(2), message(3, { mailbox: 4 })];
  const facts = mirror(rows, BOXES);
  const list = [pending([{ verb: 'flag', messages: [2], add: [SEEN], remove: [] }])];
  const shown = shownMessages(facts, list, 1);
  assert.equal(shown[1], rows[0]);
  assert.notEqual(shown[0], rows[1]);
  assert.deepEqual(shown[0]?.flags, [SEEN]);
  assert.equal(shownMessages(facts, list, 1)[0], shown[0], 'a changed row is made once');
  assert.equal(shownMessages(facts, list, 4), shownMessages(facts, [], 4));
});

test('a flag that is already as asked leaves the fact untouched', () => {
  const row = message(1, { flags: [SEEN] });
  const list = [pending([{ verb: 'flag', messages: [1], add: [SEEN], remove: [FLAGGED] }])];
  assert.equal(shownMessages(mirror([row], BOXES), list, 1)[0], row);
  assert.ok(pendingOf(list, 1));
});

test('an archived row is in the archive, in its place by date', () => {
  const facts = mirror([message(5), message(4, { mailbox: 2 }), message(6, { mailbox: 2 })], BOXES);
  const list = [pending([{ verb: 'archive', messages: [5] }])];
  assert.deepEqual(ids(shownMessages(facts, list, 1)), []);
  assert.deepEqual(ids(shownMessages(facts, list, 2)), [6, 5, 4]);
  assert.equal(shownMessage(facts, list, 5)?.mailbox, 2);
});

test('archive and trash take a row out of its mailbox even where no archive or trash is known', () => {
  const facts = mirror([message(1), message(2)], [mailbox(1, 'inbox')]);
  const list = [pending([{ verb: 'archive', messages: [1] }]), pending([{ verb: 'trash', messages: [2] }])];
  assert.deepEqual(shownMessages(facts, list, 1), []);
  assert.equal(shownMessage(facts, list, 1)?.id, 1, 'an open message stays open');
});

test('later calls win, and moving back shows the row where it was', () => {
  const facts = mirror([message(1)], BOXES);
  const there = pending([{ verb: 'trash', messages: [1] }]);
  const back = pending([{ verb: 'move', messages: [1], to: 1 }]);
  assert.deepEqual(ids(shownMessages(facts, [there, back], 1)), [1]);
  assert.deepEqual(ids(shownMessages(facts, [there], 3)), [1]);
});

test('refused and unsure calls, calls of other accounts and calls being taken back are not shown', () => {
  const facts = mirror([message(1)], BOXES);
  const steps: Step[] = [{ verb: 'archive', messages: [1] }];
  for (const state of ['refused', 'unsure'] as const) {
    assert.deepEqual(ids(shownMessages(facts, [pending(steps, { state })], 1)), [1]);
  }
  assert.deepEqual(ids(shownMessages(facts, [pending(steps, {}, 'a2')], 1)), [1]);
  const taken = pending(steps);
  const withdraw = pending([{ verb: 'withdraw', call: taken.call.id }]);
  assert.deepEqual(ids(shownMessages(facts, [taken, withdraw], 1)), [1]);
});

test('counts follow what is pending and never fall below nothing', () => {
  const boxes = [
    { ...mailbox(1, 'inbox'), total: 2, unread: 2 },
    { ...mailbox(2, 'archive'), total: 7, unread: 0 },
    mailbox(3, 'trash'),
  ];
  const facts = mirror([message(1), message(2), message(9, { mailbox: 3 })], boxes);
  const list = [
    pending([{ verb: 'archive', messages: [1] }]),
    pending([{ verb: 'flag', messages: [2], add: [SEEN], remove: [] }]),
    pending([{ verb: 'move', messages: [9], to: 1 }]),
  ];
  const shown = shownMailboxes(facts, list).map((box) => [box.id, box.total, box.unread]);
  assert.deepEqual(shown, [
    [1, 2, 1],
    [2, 8, 1],
    [3, 0, 0],
  ]);
  const flag = [pending([{ verb: 'flag', messages: [2], add: [SEEN], remove: [] }])];
  assert.equal(
    shownMailboxes(facts, flag).find((box) => box.id === 2),
    boxes[1],
  );
});

test('mailboxes stand inbox first, then by use, then by name, a child after its parent', () => {
  const names = ['Lists/Zoo', 'Lists', 'Lists/10', 'Lists/9', 'Lists-old', 'äpfel'];
  const boxes = [
    ...names.map((name, at) => mailbox(10 + at, null, name)),
    mailbox(2, 'trash'),
    mailbox(3, 'sent'),
    mailbox(1, 'inbox'),
  ];
  const shown = shownMailboxes(mirror([], boxes), []).map((box) => box.name);
  assert.deepEqual(shown, [
    'inbox',
    'sent',
    'trash',
    'äpfel',
    'Lists',
    'Lists/9',
    'Lists/10',
    'Lists/Zoo',
    'Lists-old',
  ]);
});

test('the mailbox of a role is the one with the lowest id', () => {
  const facts = mirror([], [mailbox(8, 'sent', 'Sent Items'), mailbox(5, 'sent', 'Sent')]);
  assert.equal(roleMailbox(facts, 'sent')?.id, 5);
  assert.equal(roleMailbox(facts, 'junk'), undefined);
});

test('a changed mirror is sorted anew once its version says so: rows that came, went, moved and changed', () => {
  const facts = mirror([message(1), message(4), message(6), message(7)], BOXES);
  assert.deepEqual(ids(shownMessages(facts, [], 1)), [7, 6, 4, 1]);
  facts.messages.delete(4);
  facts.messages.set(6, message(6, { mailbox: 2 }));
  facts.messages.set(1, message(1, { rev: 2, date: 9_000_000 }));
  facts.messages.set(5, message(5));
  facts.messages.set(9, message(9));
  assert.deepEqual(ids(shownMessages(facts, [], 1)), [7, 6, 4, 1], 'not before');
  facts.version += 1;
  const shown = shownMessages(facts, [], 1);
  assert.deepEqual(ids(shown), [1, 9, 7, 5]);
  assert.equal(shown[0], facts.messages.get(1));
});
