/**
 * /healthz, /readyz, /metrics: what a supervisor and a scraper ask.
 *
 * Decision: alive and ready are two questions. Alive is that we answer; ready is that the accounts were started,
 * the database answers and we are not stopping. Figures are shown only to who has the token the operator set;
 * without a token there is no such page. Accounts are counted when they are asked for.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { AccountsDoor } from '../doors.ts';
import { type App, Refusal, type Request } from '../http.ts';
import type { Log } from '../log.ts';
import { EXPOSITION, expose, type Figure, type Traffic } from '../metrics.ts';
import type { People } from '../store/people.ts';

export interface HealthDeps {
  accounts: Pick<AccountsDoor, 'of'>;
  people: Pick<People, 'allAccounts' | 'findDevice'>;
  traffic: Traffic;
  /** What a scraper has to show; null: there are no figures. */
  token: string | null;
  log: Log;
}

export function healthRoutes(app: App, deps: HealthDeps): void {
  let stopping = false;
  app.addHook('preClose', async () => {
    stopping = true;
  });
  app.get('/healthz', async () => ({ ok: true }));
  app.get('/readyz', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
    if (stopping) throw new Refusal(503, 'stopping', 'The bridge is stopping.');
    await databaseAnswers(deps);
    return { ok: true };
  });
  app.get('/metrics', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    if (deps.token === null) throw new Refusal(404, 'not-found', 'There is nothing here.');
    if (!shows(request, deps.token)) throw new Refusal(401, 'forbidden', 'The figures need a token.');
    return reply.type(EXPOSITION).send(expose(await figures(deps)));
  });
}

async function databaseAnswers({ people, log }: HealthDeps): Promise<void> {
  try {
    await people.findDevice(new Uint8Array(32));
  } catch (error) {
    log.error({ err: error }, 'the database does not answer');
    throw new Refusal(503, 'no-database', 'The database does not answer.');
  }
}

/** RFC 6750 §2.1. Compared by hash, so that neither length nor content shows in the time it takes. */
function shows(request: Request, token: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(request.headers.authorization ?? ''), hash(`Bearer ${token}`));
}

/** Accounts by the state of their line; `asleep` are those this configuration does not watch. */
async function states({ people, accounts }: HealthDeps): Promise<Record<string, number>> {
  const counts = { ok: 0, connecting: 0, unreachable: 0, refused: 0, asleep: 0 };
  const rows = await people.allAccounts();
  counts.asleep = rows.length;
  for (const person of new Set(rows.map((row) => row.person)))
    for (const door of await accounts.of(person)) {
      counts[door.info().status.state] += 1;
      counts.asleep -= 1;
    }
  return Object.fromEntries(Object.entries(counts).map(([state, n]) => [`{state="${state}"}`, n]));
}

async function figures(deps: HealthDeps): Promise<Figure[]> {
  const { sockets, up, down, frames } = deps.traffic.figures();
  const figure = (name: string, type: Figure['type'], help: string, value: number): Figure => ({
    ...{ name, type, help, values: { '': value } },
  });
  return [
    figure('sockets', 'gauge', 'Open tunnels.', sockets),
    { name: 'accounts', type: 'gauge', help: 'Accounts by state.', values: await states(deps) },
    figure('received_bytes_total', 'counter', 'Bytes from devices over tunnels.', up),
    figure('sent_bytes_total', 'counter', 'Bytes to devices over tunnels.', down),
    figure('received_frames_total', 'counter', 'Frames from devices.', frames),
    figure('uptime_seconds', 'gauge', 'Since the process started.', process.uptime()),
    figure('resident_memory_bytes', 'gauge', 'Memory the process holds.', process.memoryUsage.rss()),
  ];
}
