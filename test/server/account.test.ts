import assert from 'node:assert/strict';
import test from 'node:test';
import { corpus } from '../support/corpus.ts';
import { startMailServer } from '../support/dovecot.ts';
import { call, Device, Heart } from '../support/heart.ts';
import { startSmtpSink } from '../support/smtp.ts';
import { startWire } from '../support/wire.ts';
import type { TestContext } from 'node:test';

async function house(t: TestContext, mails: number, capabilities?: string) {
  const mail = await startMailServer(t, capabilities ? { capabilities } : {});
  await mail.fill(
    'alice',
    'INBOX',
    corpus(mails).map((raw, i) => ({ raw, date: new Date(1.7e12 + i * 6e4) })),
  );
  const smtp = await startSmtpSink(t, new Map([[mail.address('alice'), mail.password('alice')]]));
  const wire = await startWire(t, mail.imapPort);
  const ports = { imap: wire.port, smtp: smtp.port };
  const { heart, file } = await Heart.open(t, ports);
  const { account, device } = await heart.enter(mail.address('alice'), mail.password('alice'));
  await device.whole(mails);
  return { mail, smtp, wire, ports, heart, file, account, device };
}

const simple = (subject: string) =>
  `From: Library <desk@library.example>\r\nSubject: ${subject}\r\n\r\nHello.\r\n`;

for (const [grade, capabilities] of [
  ['with CONDSTORE and QRESYNC', undefined],
  ['with plain IMAP4rev1', 'IMAP4rev1 LITERAL+ IDLE UIDPLUS'],
  ['without UIDPLUS and MOVE', 'IMAP4rev1 LITERAL+ IDLE'],
] as const) {
  test(`a mailbox ${grade} is followed: new mail, flags and removals by another program`, async (t) => {
    const { mail, account, device } = await house(t, 12, capabilities);
    assert.equal(device.list('INBOX').length, 12);
    await mail.deliver('alice', simple('Opening hours'));
    await device.until(() => device.list('INBOX').some((m) => m.subject === 'Opening hours'));
    assert.equal(device.list('INBOX')[0]?.preview, 'Hello.');
    await mail
      .holds('alice')
      .act('INBOX', 'UID STORE 3 +FLAGS (\\Flagged)', 'UID STORE 5 +FLAGS (\\Deleted)', 'EXPUNGE');
    account.refresh(null);
    await device.until(() => device.list('INBOX').length === 12);
    await device.until(() => device.list('INBOX').some((m) => m.flags.includes('\\Flagged')));
    assert.equal(device.box('INBOX')?.total, 12);
  });

  test(`archive, flag and trash ${grade} are done on the server, and the rows agree`, async (t) => {
    const { mail, account, device } = await house(t, 5, capabilities);
    const [first, second, third] = device.list('INBOX');
    const done = [{ as: 'done' }];
    assert.deepEqual(await call(account, device, { verb: 'archive', messages: [first!.id] }), done);
    assert.deepEqual(
      await call(account, device, {
        verb: 'flag',
        messages: [second!.id],
        add: ['\\Seen', '\\Flagged'],
        remove: [],
      }),
      done,
    );
    assert.deepEqual(await call(account, device, { verb: 'trash', messages: [third!.id] }), done);
    await device.until(() => device.list('Archive').length === 1 && device.list('Trash').length === 1);
    assert.equal(device.list('Archive')[0]?.subject, first!.subject);
    assert.deepEqual(device.messages.get(second!.id)?.flags, ['\\Flagged', '\\Seen']);
    const held = await mail.holds('alice').messages('INBOX');
    assert.equal(held.length, 3);
    assert.equal((await mail.holds('alice').messages('Archive')).length, 1);
    assert.equal((await mail.holds('alice').messages('Trash')).length, 1);
  });
}

test('a moved message keeps its id', async (t) => {
  const { account, device } = await house(t, 3);
  const [first] = device.list('INBOX');
  await call(account, device, { verb: 'archive', messages: [first!.id] });
  assert.equal(device.list('Archive')[0]?.id, first!.id);
});

test('the frame that carries an effect also carries its receipt', async (t) => {
  const { account, device } = await house(t, 3);
  const [first] = device.list('INBOX');
  await call(account, device, { verb: 'archive', messages: [first!.id] });
  const frame = device.frames.find((f) => f.t === 'changes' && f.settled.length > 0);
  assert.ok(frame?.t === 'changes' && frame.messages.some((m) => m.id === first!.id));
});

test('a message that is gone refuses, quietly and finally', async (t) => {
  const { mail, account, device } = await house(t, 3);
  const [first] = device.list('INBOX');
  await mail.holds('alice').act('INBOX', 'UID STORE 1:* +FLAGS (\\Deleted)', 'EXPUNGE');
  await device.until(() => device.list('INBOX').length === 0);
  const [outcome] = await call(account, device, { verb: 'archive', messages: [first!.id] });
  assert.equal(outcome?.as === 'refused' && outcome.code, 'gone');
});

test('the same call again answers the same receipt and has one effect', async (t) => {
  const { mail, account, device } = await house(t, 3);
  const [first] = device.list('INBOX');
  const made = {
    id: crypto.randomUUID(),
    account: account.id,
    steps: [{ verb: 'archive' as const, messages: [first!.id] }],
  };
  await Promise.all([account.call(device, made), account.call(device, made)]);
  await device.until(() => device.settled.get(made.id));
  const other = new Device();
  await account.call(other, made);
  assert.deepEqual(other.settled.get(made.id), [{ as: 'done' }]);
  assert.equal((await mail.holds('alice').messages('Archive')).length, 1);
  await account.call(other, { ...made, steps: [{ verb: 'trash', messages: [first!.id] }] });
  assert.equal(other.settled.get(made.id)?.[0]?.as, 'refused');
});

test('calls wait while the mail server is away, say so, and settle when it is back', async (t) => {
  const { mail, wire, account, device } = await house(t, 4);
  await wire.refuse();
  const ids = device.list('INBOX').map((m) => m.id);
  const made = {
    id: crypto.randomUUID(),
    account: account.id,
    steps: [{ verb: 'archive' as const, messages: ids }],
  };
  await account.call(device, made);
  await device.until(() => device.progress.get(made.id)?.state === 'waiting');
  await device.until(() => device.status?.state === 'unreachable');
  await wire.open();
  await device.until(() => device.settled.get(made.id));
  assert.equal((await mail.holds('alice').messages('Archive')).length, 4);
});

test('a MOVE whose answer was lost is found out and not done twice', async (t) => {
  const { mail, wire, account, device } = await house(t, 4, 'IMAP4rev1 LITERAL+ IDLE UIDPLUS MOVE');
  const [first] = device.list('INBOX');
  const made = {
    id: crypto.randomUUID(),
    account: account.id,
    steps: [{ verb: 'archive' as const, messages: [first!.id] }],
  };
  wire.holdAnswersTo('UID MOVE');
  await account.call(device, made);
  while ((await mail.holds('alice').messages('Archive')).length === 0);
  assert.equal(device.settled.size, 0);
  wire.cut();
  await wire.open();
  await device.until(() => device.settled.get(made.id));
  assert.deepEqual(device.settled.get(made.id), [{ as: 'done' }]);
  assert.equal((await mail.holds('alice').messages('Archive')).length, 1);
  assert.equal(device.messages.get(first!.id)?.mailbox, device.box('Archive')?.id);
});

test('a device resumes from its cursor with what changed while it was away, and a lost cursor starts anew', async (t) => {
  const { mail, heart, account, device } = await house(t, 30);
  account.detach(device);
  await mail.deliver('alice', simple('While you were away'));
  const witness = new Device();
  witness.status = account.info().status;
  await account.attach(witness, null);
  await witness.until(() => witness.list('INBOX').some((m) => m.subject === 'While you were away'));
  const frames = device.frames.length;
  await heart.enter(mail.address('alice'), mail.password('alice'), device);
  await device.until(() => device.messages.size === 31);
  const news = device.frames.slice(frames).filter((f) => f.t === 'changes');
  assert.deepEqual(
    news.flatMap((f) => (f.t === 'changes' ? f.messages : [])).map((m) => m.subject),
    ['While you were away'],
  );
  const stranger = new Device();
  await account.attach(stranger, { account: account.id, epoch: 'another', rev: 3, fill: null });
  assert.equal(stranger.frames[0]?.t, 'reset');
  await stranger.until(() => stranger.messages.size === 31);
});

test('a new life of the bridge takes up what was accepted, without asking the device again', async (t) => {
  const { mail, wire, ports, heart, file, account, device } = await house(t, 3);
  await wire.refuse();
  const [first] = device.list('INBOX');
  const made = {
    id: crypto.randomUUID(),
    account: account.id,
    steps: [{ verb: 'archive' as const, messages: [first!.id] }],
  };
  await account.call(device, made);
  await heart.close();
  await wire.open();
  const next = await Heart.open(t, ports, file);
  const { device: same } = await next.heart.enter(mail.address('alice'), mail.password('alice'), device);
  await same.until(() => same.settled.get(made.id));
  assert.deepEqual(same.settled.get(made.id), [{ as: 'done' }]);
  assert.equal((await mail.holds('alice').messages('Archive')).length, 1);
});

test('a mailbox whose UIDVALIDITY changed is mirrored anew', async (t) => {
  const { mail, account, device } = await house(t, 3);
  await mail.fill(
    'alice',
    'Travel',
    corpus(4).map((raw) => ({ raw })),
  );
  account.refresh(null);
  await device.until(() => device.list('Travel').length === 4);
  await mail.holds('alice').act('INBOX', 'DELETE Travel', 'CREATE Travel');
  await mail.fill(
    'alice',
    'Travel',
    corpus(2, 10).map((raw) => ({ raw })),
  );
  account.refresh(null);
  await device.until(() => device.list('Travel').length === 2 && device.box('Travel')?.total === 2);
});

test('a mailbox that is deleted leaves with its messages', async (t) => {
  const { mail, account, device } = await house(t, 2);
  await mail.fill(
    'alice',
    'Travel',
    corpus(4).map((raw) => ({ raw })),
  );
  account.refresh(null);
  await device.until(() => device.list('Travel').length === 4);
  await mail.holds('alice').act('INBOX', 'DELETE Travel');
  account.refresh(null);
  await device.until(() => !device.box('Travel') && device.messages.size === 2);
});
