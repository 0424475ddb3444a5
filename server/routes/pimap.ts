/**
 * POST /pimap: one call without a socket, for scripts and for workers that may not hold one open (protocol C7).
 *
 * Decision: the ledger is the only memory. The call is handed to the account as a socket would hand it, and handed
 * again under its id until the ledger answers with the receipt: handing again has no effect, and is how any other
 * way learns the end too. After twenty seconds, or when the bridge stops, the present state is answered with 202,
 * and whoever asked comes again.
 */
import type { Settled } from '../../shared/commands.ts';
import { type Down, LIMITS, parseUp, type Progress, type Up } from '../../shared/protocol.ts';
import type { AccountDoor, AccountsDoor, Viewer } from '../doors.ts';
import { type App, Refusal, type Reply } from '../http.ts';
import type { Origins } from '../origins.ts';
import type { Sessions } from '../sessions.ts';
import { Throttle } from '../throttle.ts';
import { ownPage } from './session.ts';

export interface PimapDeps {
  accounts: Pick<AccountsDoor, 'of'>;
  sessions: Sessions;
  origins: Origins;
  clock: () => number;
  /** Milliseconds a request may wait for its receipt. */
  patience: number;
}

type Call = Extract<Up, { t: 'call' }>['call'];
type Answer = Extract<Down, { t: 'receipt' }> | Progress;

/** Calls of one device in a minute. */
const CALLS = 120;
const MINUTE = 60_000;
/** Milliseconds between two looks at the ledger. */
const LOOK = { first: 20, most: 500 } as const;

export function pimapRoute(app: App, deps: PimapDeps): void {
  const throttle = new Throttle(CALLS, MINUTE, deps.clock);
  const stopping = new AbortController();
  app.addHook('preClose', async () => stopping.abort());
  app.post('/pimap', { bodyLimit: LIMITS.frameUp }, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    ownPage(deps.origins, request);
    const session = await deps.sessions.of(request);
    if (!session) throw new Refusal(401, 'signed-out', 'You are not signed in.');
    const wait = throttle.wait(session.device);
    if (wait > 0)
      throw new Refusal(429, 'slow-down', 'Too many calls. Try again in a minute.', Math.ceil(wait / 1000));
    throttle.count(session.device);
    const call = read(request.body);
    const door = (await deps.accounts.of(session.person)).find(({ id }) => id === call.account);
    if (!door) throw new Refusal(403, 'forbidden', 'This account is not yours.');
    const over = AbortSignal.any([stopping.signal, gone(reply), AbortSignal.timeout(deps.patience)]);
    const answer = await settle(door, session.device, call, over);
    return reply.code(answer.t === 'receipt' ? 200 : 202).send(answer);
  });
}

/** The body as a call. Throws a Refusal with 400 that names the place. */
function read(body: unknown): Call {
  try {
    const frame = parseUp(JSON.stringify({ t: 'call', call: body }));
    if (frame.t === 'call') return frame.call;
  } catch (error) {
    const why = error instanceof Error ? error.message : 'not understood';
    throw new Refusal(400, 'bad-request', `This is not a call: ${why}.`);
  }
  throw new Refusal(400, 'bad-request', 'This is not a call.');
}

/** Aborts when whoever asked has hung up. */
function gone(reply: Reply): AbortSignal {
  const hungUp = new AbortController();
  reply.raw.once('close', () => hungUp.abort());
  return hungUp.signal;
}

async function settle(door: AccountDoor, device: string, call: Call, over: AbortSignal): Promise<Answer> {
  const listener = new Listener(device, call.id);
  for (let look: number = LOOK.first; ; look = Math.min(LOOK.most, look * 2)) {
    // Awaited also when nobody waits any more: a call that has arrived is carried out.
    await door.call(listener, call);
    const { settled } = listener;
    if (settled) return { t: 'receipt', account: door.id, settled: [settled] };
    if (over.aborted) return listener.progress ?? accepted(call);
    await pause(look, over);
  }
}

function accepted({ account, id }: Call): Progress {
  return { t: 'progress', account, id, state: 'accepted', text: '' };
}

/** What the account says to whoever hands it a call again. */
class Listener implements Viewer {
  readonly device: string;
  readonly closed = false;
  readonly #id: string;
  settled: Settled | null = null;
  progress: Progress | null = null;

  constructor(device: string, id: string) {
    this.device = device;
    this.#id = id;
  }

  send(frame: Down): void {
    if (frame.t === 'progress' && frame.id === this.#id) this.progress = frame;
    if (frame.t === 'receipt') this.settled = frame.settled.find(({ id }) => id === this.#id) ?? null;
  }

  buffered(): number {
    return 0;
  }

  async drained(): Promise<void> {}
}

function pause(milliseconds: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      over.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    over.addEventListener('abort', end);
  });
}
