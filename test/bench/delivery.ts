/**
 * Part `delivery`: from the delivery of a mail to its row at a device, against raw IDLE's own latency.
 *
 * Decision: the same mail goes to two people in the same run, one watched by the bridge and one by a raw client in
 * IDLE, so what Dovecot itself takes (half a second before it looks) is in both and falls out. Two watchers of one
 * inbox would not do: within one process Dovecot tells only one of them at once. The clock starts before the LMTP
 * conversation. "IDLE" is the EXISTS alone: a raw client would still have to fetch.
 */
import { Device, signIn } from './device.ts';
import { dated, startFarm } from './farm.ts';
import { mails, take } from './mails.ts';
import { median, type Stage } from './stage.ts';
import { table, verdict } from './table.ts';

const ROUNDS = 30;
const BEFORE = 1000;
/** Milliseconds that the row may come after the EXISTS, as a median. */
const BUDGET = 100;

/** Milliseconds of one mail: to the EXISTS of IDLE, and to the row. */
interface Round {
  idle: number;
  row: number;
}

export async function delivery(stage: Stage): Promise<void> {
  const farm = await startFarm(stage, ['raw', 'bridged'], async (imap) => {
    for (const user of ['raw', 'bridged']) {
      const connection = await imap(user);
      await connection.fill('INBOX', dated(BEFORE, mails(1)));
      connection.close();
    }
  });
  const device = new Device(farm, await signIn(farm, 'bridged'), null, true);
  await device.whole(BEFORE);
  const idle = await farm.imap('raw');
  await idle.command('SELECT INBOX');
  idle.say('i IDLE');
  await idle.line((text) => text.startsWith('+'));
  stage.say(`${ROUNDS} mails to each`);
  const rounds: Round[] = [];
  for (const raw of take(ROUNDS, mails(2))) {
    device.changed.clear();
    const exists = async () => void (await idle.line((text) => text.endsWith('EXISTS')));
    rounds.push({
      idle: await timed(farm.deliver('raw', raw), exists()),
      row: await timed(
        farm.deliver('bridged', raw),
        device.until(() => device.changed.size > 0),
      ),
    });
  }
  await device.leave();
  print(rounds);
}

/** Milliseconds from now until `seen`; both were begun just now, and `delivered` must end well too. */
async function timed(delivered: Promise<void>, seen: Promise<void>): Promise<number> {
  const began = performance.now();
  const [ms] = await Promise.all([seen.then(() => performance.now() - began), delivered]);
  return ms;
}

function print(rounds: Round[]): void {
  const later = rounds.map(({ idle, row }) => row - idle);
  const figures = (name: string, times: number[]) => [
    ...[name, median(times).toFixed(1), Math.min(...times).toFixed(1), Math.max(...times).toFixed(1)],
  ];
  table(
    `delivery: LMTP to the row at a device, ${ROUNDS} mails; milliseconds`,
    ['what', 'median', 'least', 'most', 'budget', ''],
    [
      [
        ...figures(
          'raw IDLE: EXISTS',
          rounds.map(({ idle }) => idle),
        ),
        '',
        '',
      ],
      [
        ...figures(
          'row at the device',
          rounds.map(({ row }) => row),
        ),
        '',
        '',
      ],
      [...figures('row after EXISTS', later), `${BUDGET}`, verdict(median(later), BUDGET)],
    ],
  );
}
