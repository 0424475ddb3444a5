/**
 * One account of the heart on a real mail server, its waiting in the test's hand.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Account } from '../../server/account.ts';
import { Connections } from '../../server/connections.ts';
import type { Log } from '../../server/log.ts';
import { People } from '../../server/store/people.ts';
import { Sqlite } from '../../server/store/sqlite.ts';
import { Store } from '../../server/store/store.ts';
import { after, type Ending } from '../support/after.ts';
import type { MailServer } from '../support/dovecot.ts';
import { HandTimers } from '../support/hand-timers.ts';
import { Device } from '../support/heart.ts';

/** Watches alice's mail over `port`, with a device in its seat. `lines` is what was logged. */
export async function watching(t: Ending, mail: Pick<MailServer, 'address' | 'password'>, port: number) {
  const dir = mkdtempSync(join(tmpdir(), 'pimento-watch-'));
  after(t, () => rmSync(dir, { recursive: true, force: true }));
  const db = new Sqlite(join(dir, 'db.sqlite'));
  after(t, () => db.close());
  const address = mail.address('alice');
  const credentials = { user: address, password: mail.password('alice') };
  const who = { server: 'test', login: address, address, seal: () => new Uint8Array([1]) };
  const { id, epoch } = await new People(db, Date.now).admit(who);
  const server = { host: '127.0.0.1', port, tls: 'none' as const };
  const timers = new HandTimers();
  const lines: string[] = [];
  const note = (_fields: object, text: string) => void lines.push(text);
  const log: Log = { fatal: note, error: note, warn: note, info: note, debug: note, trace: note };
  const store = new Store(db, Date.now);
  const account = new Account({
    ...{ id, address, epoch, credentials, store, timers, log },
    connections: new Connections(Date.now),
    ...{ imap: server, smtp: server, now: Date.now },
  });
  after(t, () => account.stop());
  await account.start();
  const device = new Device();
  await account.attach(device, null);
  return { account, device, timers, lines };
}
