import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { createTransport } from 'nodemailer';
import { type Demo, mailFolder, startDemo } from '../../../server/demo/demo.ts';
import { after } from '../../support/after.ts';
import { oracle } from '../../support/imap.ts';
import { arrival } from '../../support/arrival.ts';

async function demo(t: TestContext, dir: string): Promise<Demo> {
  const lines: string[] = [];
  const started = await startDemo({ dir, log: (line) => lines.push(line) });
  assert.ok(started !== null, lines.join('\n'));
  after(t, () => started.stop());
  return started;
}

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'pimento-demo-'));
  after(t, () => {
    for (const path of [mailFolder(dir), dir]) rmSync(path, { recursive: true, force: true });
  });
  return dir;
}

const holds = ({ imap, address, password }: Demo) => oracle(imap.port, address, password);

function send({ smtp, address, password }: Demo, to: string, how: { from?: string; pass?: string } = {}) {
  const { from = address, pass = password } = how;
  const auth = { user: address, pass };
  return createTransport({ host: smtp.host, port: smtp.port, secure: false, ignoreTLS: true, auth }).sendMail(
    {
      from,
      to,
      subject: 'Grüße',
      text: 'A mail.',
      messageId: '<one@pimento.example>',
    },
  );
}

test('the demo offers a filled mailbox, and it is the same after a restart', async (t) => {
  const dir = folder(t);
  const first = await demo(t, dir);
  assert.deepEqual(
    (await holds(first).mailboxes()).filter((name) => name === 'Travel' || name === 'Choir'),
    ['Choir', 'Travel'],
  );
  const inbox = await holds(first).messages('INBOX');
  assert.equal(inbox.at(-1)?.subject, 'Welcome to Pimento');
  assert.deepEqual(inbox.at(-1)?.flags, []);
  await holds(first).act('INBOX', 'UID STORE 1 +FLAGS (\\Deleted)', 'EXPUNGE');
  await first.stop();
  const second = await demo(t, dir);
  assert.deepEqual([second.imap, second.smtp, second.password], [first.imap, first.smtp, first.password]);
  assert.equal((await holds(second).messages('INBOX')).length, inbox.length - 1);
  assert.equal(statSync(join(dir, 'demo.json')).mode & 0o777, 0o600);
});

test('mail to oneself arrives, and mail to others is answered, not delivered', async (t) => {
  const started = await demo(t, folder(t));
  const arrived = await arrival(t, started.imap.port, started.address, started.password);
  await send(started, started.address);
  await arrived(1);
  const own = (await holds(started).messages('INBOX')).at(-1);
  assert.equal(own?.messageId, '<one@pimento.example>');
  await send(started, 'desk@library.example');
  await arrived(2);
  const uid = (await holds(started).messages('INBOX')).at(-1)?.uid ?? 0;
  const answer = (await holds(started).raw('INBOX', uid)).toString();
  assert.match(answer, /^Auto-Submitted: auto-replied\r$/m);
  assert.match(answer, /^In-Reply-To: <one@pimento\.example>\r$/m);
  assert.match(answer, /^Subject: Re: =\?UTF-8\?Q\?Gr=C3=BC=C3=9Fe\?=\r$/m);
  assert.match(answer, /Nothing left this machine: your mail to desk@library\.example/);
});

test('nobody sends through the demo without its password, or in another name', async (t) => {
  const started = await demo(t, folder(t));
  await assert.rejects(send(started, started.address, { pass: 'wrong' }), /535/);
  await assert.rejects(send(started, started.address, { from: 'desk@library.example' }), /553/);
});
