/**
 * Part `bytes`: what the bridge sends, against what raw IMAP sends for the same mailbox and the same data.
 *
 * Decision: real mails, for what a row costs depends on what people write. "Raw IMAP" is not simulated: it is what this
 * Dovecot answers to the FETCH a client needs for the same rows, uncompressed. A first sync counts everything from the
 * upgrade on until the device holds every row, mailboxes and welcome with it. One event counts the frames it caused.
 */
import { CORPUS_SIZE, corpus } from '../support/corpus.ts';
import { Device, signIn } from './device.ts';
import { dated, startFarm, type Farm } from './farm.ts';
import type { RawImap } from './imap.ts';
import type { Stage } from './stage.ts';
import { grouped, percent, table } from './table.ts';

const SIZES = [50, 500, 5_000];
/** Most percent of raw IMAP (protocol §7). */
const SHARES = new Map([
  [50, 16],
  [500, 13.5],
  [5_000, 13],
]);
const ITEMS = '(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE PREVIEW)';
/** Bytes. A new mail: payload with preview. */
const EVENT = { mail: 220, one: 12, hundred: 200 } as const;

type Line = (string | number)[];

export async function bytes(stage: Stage): Promise<void> {
  const farm = await startFarm(stage, SIZES.map(userOf), async (imap) => {
    for (const n of SIZES) {
      stage.say(`filling ${grouped(n)} real mails`);
      const connection = await imap(userOf(n));
      await connection.fill('INBOX', dated(n, corpus(n).values()));
      connection.close();
    }
  });
  const lines: Line[] = [];
  for (const n of SIZES) lines.push(await firstSync(stage, farm, n));
  lines.push(...(await events(stage, farm)));
  table(
    'bytes: the bridge against raw IMAP, same mailbox, same data',
    ['what', 'raw IMAP', 'payload', 'wire', 'payload of raw', 'budget', ''],
    lines,
  );
}

function userOf(n: number): string {
  return `rows${n}`;
}

async function firstSync(stage: Stage, farm: Farm, n: number): Promise<Line> {
  const cookie = await signIn(farm, userOf(n));
  // The first device only waits until the mailbox has been mirrored, so the second is told everything at rest.
  const waiting = new Device(farm, cookie);
  await waiting.whole(n);
  await waiting.leave();
  const device = new Device(farm, cookie);
  await device.whole(n);
  const { payload, wire } = device;
  await device.leave();
  const imap = await farm.imap(userOf(n));
  const select = await imap.command('SELECT INBOX');
  const fetch = await imap.command(`UID FETCH 1:* ${ITEMS}`);
  imap.close();
  stage.say(`first sync of ${grouped(n)} done`);
  const [raw, share] = [select.down + fetch.down, SHARES.get(n) ?? 0];
  return [
    ...[
      `first sync, ${grouped(n)} rows`,
      grouped(raw),
      grouped(payload),
      grouped(wire),
      percent(payload, raw),
    ],
    ...[`${share} %`, payload <= (raw * share) / 100 ? 'met' : 'missed'],
  ];
}

/** New mail and flags at a device that is live, beside an IMAP client that hears the same by IDLE. */
async function events(stage: Stage, farm: Farm): Promise<Line[]> {
  const user = userOf(5_000);
  const device = new Device(farm, await signIn(farm, user));
  await device.whole(5_000);
  const client = await farm.imap(user);
  await client.command('SELECT INBOX');
  const other = await farm.imap(user);
  await other.command('SELECT INBOX');
  const lines = [await newMails(farm, user, device, client)];
  stage.say('new mails done');
  await other.command('NOOP');
  lines.push(await flags('flag of 1 message', device, client, other, [2500], EVENT.one));
  const scattered = Array.from({ length: 100 }, (_, at) => 30 + at * 19);
  lines.push(await flags('flags of 100 scattered', device, client, other, scattered, EVENT.hundred));
  await device.leave();
  for (const imap of [client, other]) imap.close();
  return lines;
}

const MAILS = 20;

/** The mean over some mails, one at a time, that no earlier row has told of. */
async function newMails(farm: Farm, user: string, device: Device, client: RawImap): Promise<Line> {
  const sums = { raw: 0, payload: 0, wire: 0 };
  for (const raw of corpus(MAILS, CORPUS_SIZE - MAILS)) {
    const [payload, wire, rows] = [device.payload, device.wire, device.changed.size];
    await farm.deliver(user, raw);
    await device.until(
      () => device.changed.size === rows + 1 && device.status?.mirrored === device.messages.size,
    );
    sums.payload += device.payload - payload;
    sums.wire += device.wire - wire;
    // What IDLE would say, and what the client asks then.
    const told = await client.command('NOOP');
    sums.raw += told.down + (await client.command(`FETCH * ${ITEMS}`)).down;
  }
  return line('new mail (mean)', sums, EVENT.mail, MAILS);
}

async function flags(
  ...[name, device, client, other, set, budget]: [string, Device, RawImap, RawImap, number[], number]
): Promise<Line> {
  await client.command('NOOP');
  device.changed.clear();
  const [payload, wire] = [device.payload, device.wire];
  await other.command(`STORE ${set.join(',')} +FLAGS.SILENT ($Forwarded)`);
  await device.until(() => device.changed.size === set.length);
  const sums = {
    raw: (await client.command('NOOP')).down,
    payload: device.payload - payload,
    wire: device.wire - wire,
  };
  return line(name, sums, budget, 1);
}

function line(
  name: string,
  sums: { raw: number; payload: number; wire: number },
  budget: number,
  of: number,
): Line {
  const { raw, payload, wire } = sums;
  return [
    ...[name, grouped(raw / of), grouped(payload / of), grouped(wire / of), percent(payload, raw)],
    ...[`${budget} B`, payload / of <= budget ? 'met' : 'missed'],
  ];
}
