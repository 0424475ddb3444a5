/**
 * The command-line device as a process, against the real bridge on a real mail server.
 */
import test, { type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Cursor, Down } from '../../shared/protocol.ts';
import { after } from '../support/after.ts';
import { startBridge } from '../support/bridge.ts';
import { startMailServer } from '../support/dovecot.ts';
import { startSmtpSink } from '../support/smtp.ts';

const MAIN = fileURLToPath(new URL('../../server/device/main.ts', import.meta.url));

async function run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { code, out, err };
}

const framesOf = (out: string) =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Down);

async function house(t: TestContext) {
  const mail = await startMailServer(t);
  const smtp = await startSmtpSink(t, new Map([[mail.address('alice'), mail.password('alice')]]));
  const bridge = await startBridge(t, { imapPort: mail.imapPort, smtpPort: smtp.port });
  const dir = mkdtempSync(join(tmpdir(), 'pimento-device-'));
  after(t, () => rmSync(dir, { recursive: true }));
  const password = join(dir, 'password');
  writeFileSync(password, `${mail.password('alice')}\n`);
  const args = ['--url', bridge.url, '--user', mail.address('alice'), '--password-file', password];
  return { args, dir, bridge };
}

test('the device ends when it is caught up, goes on from its cursor, and gets a receipt for a call', async (t) => {
  const { args, dir, bridge } = await house(t);
  const place = join(dir, 'cursor');
  const first = await run(...args, '--once', '--cursor', place);
  assert.equal(first.code, 0, first.err);
  assert.match(first.out, /^welcome protocol \d+ accounts \S+\nchanges \S+ \(0, \d+\] .* first$/m);
  assert.doesNotMatch(first.out, /@/, 'lines hold no addresses');
  const [kept] = JSON.parse(readFileSync(place, 'utf8')) as Cursor[];
  assert.equal(kept?.fill, null);

  await bridge.restart();
  const again = await run(...args, '--once', '--json', '--cursor', place);
  assert.equal(again.code, 0, again.err);
  const facts = framesOf(again.out).find((frame) => frame.t === 'changes');
  assert.ok(facts && facts.from >= kept.rev && facts.fill === null, 'a continuation, not a first sync');

  const steps = '[{"verb":"withdraw","call":"5f0c1a52-7c1e-4b52-9f6e-000000000001"}]';
  const called = await run(...args, '--call', steps);
  assert.match(called.out, /^settled \S+ refused$/m);
  assert.equal(called.code, 1, 'there was nothing to take back');
});

test('a wrong password, a wrong step and a wrong argument end with one sentence and their own code', async (t) => {
  const { args, dir } = await house(t);
  const wrong = join(dir, 'wrong');
  writeFileSync(wrong, 'not this one');
  const refused = await run(...args, '--password-file', wrong, '--once');
  assert.deepEqual([refused.code, refused.err.trim().split('\n').length], [3, 1]);
  const step = await run(...args, '--call', '[{"verb":"dance"}]');
  assert.equal(step.code, 2);
  assert.match(step.err, /^--call: /);
  const argument = await run(...args, '--password', 'on the command line');
  assert.equal(argument.code, 2);
  assert.match(argument.err, /--password/);
});
