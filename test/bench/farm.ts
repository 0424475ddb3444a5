/**
 * A Dovecot with as many people as a part needs, and a bridge in front of it.
 *
 * Decision: the Dovecot of the tests and the demo, with another list of people. Mail is put in by IMAP itself
 * (MULTIAPPEND), never by files: what Dovecot's indexes hold is then what they would hold in life.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDovecot, type Dovecot } from '../../server/demo/dovecot.ts';
import { deliver } from '../../server/demo/lmtp.ts';
import { after, type Ending } from '../support/after.ts';
import { startBridge, type Bridge } from '../support/bridge.ts';
import { startWire, type Wire } from '../support/wire.ts';
import { RawImap, type Filling } from './imap.ts';

/** The same for all: nothing here is secret, and nothing leaves the machine. */
const PASSWORD = 'bench';

export interface Farm {
  dovecot: Dovecot;
  bridge: Bridge;
  /** Between devices and the bridge: counts the bytes of TCP. */
  wire: Wire;
  address: (user: string) => string;
  password: string;
  imap: (user: string) => Promise<RawImap>;
  deliver: (user: string, raw: Buffer) => Promise<void>;
}

/** Starts Dovecot with `users`, fills it, then starts the bridge. */
export async function startFarm(
  t: Ending,
  users: string[],
  fill: (imap: (user: string) => Promise<RawImap>) => Promise<void>,
  env: Record<string, string> = {},
): Promise<Farm> {
  const dir = mkdtempSync(join(tmpdir(), 'pimento-bench-'));
  after(t, () => rmSync(dir, { recursive: true, force: true }));
  const dovecot = await startDovecot({ dir, users: users.map((name) => ({ name, password: PASSWORD })) });
  after(t, () => dovecot.stop());
  const imap = (user: string) => RawImap.open(t, dovecot.imapPort, user, PASSWORD);
  await fill(imap);
  // No part sends mail: the address of an SMTP server is asked for, but nobody calls.
  const ports = { imapPort: dovecot.imapPort, smtpPort: dovecot.lmtpPort };
  const bridge = await startBridge(t, { ...ports, env: { PIMENTO_LOG: 'warn', ...env } });
  const wire = await startWire(t, Number(new URL(bridge.url).port));
  const address = (user: string) => `${user}@example.org`;
  return {
    ...{ dovecot, bridge, wire, address, password: PASSWORD, imap },
    deliver: (user, raw) => deliver(dovecot.lmtpPort, address(user), raw),
  };
}

/** Mails one minute apart that end at the end of last week's Friday; a third unread, every tenth flagged. */
export function* dated(n: number, raws: Iterator<Buffer>): Generator<Filling> {
  const newest = Date.UTC(2026, 10, 20, 8);
  for (let at = 0; at < n; at++) {
    const { value, done } = raws.next();
    if (done) throw new Error(`only ${at} mails of ${n}`);
    const flags = [...(at % 3 === 0 ? [] : ['\\Seen']), ...(at % 10 === 0 ? ['\\Flagged'] : [])];
    yield { raw: value, flags, date: new Date(newest - (n - 1 - at) * 60_000) };
  }
}
