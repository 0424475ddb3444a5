/**
 * Part `resume`: a device comes back to mailboxes of several sizes after the same thirty changes.
 *
 * Decision: the thirty changes are those of protocol §7 (12 new, 10 flag changes, 8 removed) and the twelve mails are
 * the same in every mailbox, so the cost may differ only by the size of the mailbox. A second device stays and says
 * when the bridge has seen everything. The first then comes back several times with the same old cursor: bytes of
 * the last time, the median of the times. Raw IMAP does the same by QRESYNC (RFC 7162) on the same server.
 */
import { dated, startFarm, type Farm } from './farm.ts';
import { Device, signIn } from './device.ts';
import { numberIn, type RawImap } from './imap.ts';
import { mails, take } from './mails.ts';
import { median, type Stage } from './stage.ts';
import { grouped, percent, table, verdict } from './table.ts';

const SIZES = [1_000, 10_000, 20_000, 100_000];
const AGAIN = 7;
const BUDGET = 2048;
const ITEMS = '(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE PREVIEW)';

interface Figures {
  n: number;
  trips: number;
  frames: number;
  payload: number;
  wire: number;
  ms: number;
  qresync: number;
  imapMs: number;
}

/** What QRESYNC continues from. */
interface Known {
  uidvalidity: string;
  modseq: string;
  uidnext: string;
}

/** Sizes to measure: those named on the command line, or all. */
export async function resume(stage: Stage, words: string[]): Promise<void> {
  const sizes = words.length > 0 ? words.map(Number) : SIZES;
  if (!sizes.every((n) => n >= 100)) throw new Error('resume: sizes are numbers from 100 on');
  const farm = await startFarm(stage, sizes.map(userOf), async (imap) => {
    for (const n of sizes) {
      stage.say(`filling ${grouped(n)} messages`);
      const connection = await imap(userOf(n));
      await connection.fill('INBOX', dated(n, mails(n)));
      connection.close();
    }
  });
  const figures: Figures[] = [];
  for (const n of sizes) figures.push(await measure(stage, farm, n));
  print(figures);
}

function userOf(n: number): string {
  return `box${n}`;
}

async function measure(stage: Stage, farm: Farm, n: number): Promise<Figures> {
  const user = userOf(n);
  const cookie = await signIn(farm, user);
  const first = new Device(farm, cookie);
  await first.whole(n);
  stage.say(`${grouped(n)} messages mirrored and held`);
  await first.leave();
  const { place } = first;
  const other = await farm.imap(user);
  const known = await select(other);
  const witness = new Device(farm, cookie, place);
  await change(farm, user, other, n);
  await witness.until(() => witness.gone.size === 8 && witness.changed.size >= 22);
  // Facts of one moment may come in several commits; the last word is the server's.
  await witness.until(() => witness.status?.mirrored === n + 4);
  await witness.leave();
  const back = await returns(farm, cookie, place, witness);
  const imap = await qresync(await farm.imap(user), known);
  other.close();
  return { n, ...back, ...imap };
}

async function select(imap: RawImap): Promise<Known> {
  await imap.command('ENABLE QRESYNC');
  const answer = await imap.command('SELECT INBOX');
  return {
    uidvalidity: numberIn(answer, /UIDVALIDITY (\d+)/),
    modseq: numberIn(answer, /HIGHESTMODSEQ (\d+)/),
    uidnext: numberIn(answer, /UIDNEXT (\d+)/),
  };
}

/** Twelve new, ten flagged, eight removed, all scattered. */
async function change(farm: Farm, user: string, imap: RawImap, n: number): Promise<void> {
  const scattered = (count: number, shift: number) =>
    Array.from({ length: count }, (_, at) => Math.floor(((at + 0.5) * n) / count) + shift).join(',');
  await imap.command(`STORE ${scattered(10, 0)} +FLAGS.SILENT ($Forwarded)`);
  await imap.command(`STORE ${scattered(8, 3)} +FLAGS.SILENT (\\Deleted)`, 'EXPUNGE');
  for (const raw of take(12, mails(30))) await farm.deliver(user, raw);
}

async function returns(
  farm: Farm,
  cookie: string,
  place: Device['place'],
  witness: Device,
): Promise<Omit<Figures, 'n' | 'qresync' | 'imapMs'>> {
  const times: number[] = [];
  let last = witness;
  for (let round = 0; round < AGAIN; round++) {
    // The last one goes by the wire that counts bytes, the others show the time without it.
    const direct = round < AGAIN - 1;
    last = new Device(farm, cookie, place, direct);
    const device = last;
    await device.until(() => device.place?.rev === witness.place?.rev && device.gone.size === 8);
    if (direct) times.push(performance.now() - device.began);
    if (device.changed.size !== 22) throw new Error(`${device.changed.size} rows came, not 22`);
    if (direct) await device.leave();
  }
  const { sent: trips, received: frames, payload, wire } = last;
  await last.leave();
  return { trips, frames, payload, wire, ms: median(times) };
}

async function qresync(imap: RawImap, known: Known): Promise<{ qresync: number; imapMs: number }> {
  await imap.command('ENABLE QRESYNC');
  const { uidvalidity, modseq, uidnext } = known;
  const changes = await imap.command(`SELECT INBOX (QRESYNC (${uidvalidity} ${modseq}))`);
  const rows = await imap.command(`UID FETCH ${uidnext}:* ${ITEMS}`);
  imap.close();
  return { qresync: changes.down + rows.down, imapMs: changes.ms + rows.ms };
}

function print(figures: Figures[]): void {
  const [smallest] = figures;
  if (!smallest) return;
  table(
    `resume: 30 changes (12 new, 10 flags, 8 removed); at most 1 round trip, ${grouped(BUDGET)} bytes, 13 % of QRESYNC`,
    [
      'messages',
      'trips',
      'frames',
      'payload',
      'wire',
      '× smallest',
      'QRESYNC',
      'of it',
      'ms',
      'IMAP ms',
      'trips',
      'bytes',
      'ratio',
    ],
    figures.map((f) => [
      ...[grouped(f.n), f.trips, f.frames, grouped(f.payload), grouped(f.wire)],
      ...[(f.payload / smallest.payload).toFixed(2), grouped(f.qresync), percent(f.payload, f.qresync)],
      ...[f.ms.toFixed(0), f.imapMs.toFixed(0)],
      ...[verdict(f.trips, 1), verdict(f.payload, BUDGET), verdict(f.payload / f.qresync, 0.13)],
    ]),
  );
}
