/**
 * /session: sign in, sign out, and what the app asks first.
 *
 * Decision: there is no account of our own to make. Whoever the mail server lets in is signed in; we keep its
 * words to ourselves and answer in ours, the same for an unknown address and a wrong password. Guessing is slowed
 * per address and per network before the mail server hears of it. Only requests our own page can make are heard:
 * a header no form can send, and Fetch Metadata where there is any.
 */
import * as v from 'valibot';
import type { SessionInfo } from '../../shared/protocol.ts';
import { CLOSE } from '../../shared/protocol.ts';
import { type AccountsDoor, SignInRefused } from '../doors.ts';
import { type App, Refusal, type Reply, type Request } from '../http.ts';
import type { Log } from '../log.ts';
import type { Origins } from '../origins.ts';
import type { Session, Sessions } from '../sessions.ts';
import { networkOf, Throttle } from '../throttle.ts';
import type { LiveSockets } from './live.ts';

export interface SessionDeps {
  accounts: Pick<AccountsDoor, 'signIn' | 'of'>;
  sessions: Sessions;
  origins: Origins;
  live: LiveSockets;
  clock: () => number;
  log: Log;
  demo: boolean;
  /** Host people sign in to; null where none is configured. */
  server: string | null;
}

const Credentials = v.strictObject({
  email: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(320), v.regex(/^[^\p{Cc}]*$/u)),
  password: v.pipe(v.string(), v.minLength(1), v.maxLength(1024), v.regex(/^[^\r\n\0]*$/)),
});
const SignIn = v.union([v.strictObject({ demo: v.literal(true) }), Credentials]);
type SignIn = v.InferOutput<typeof SignIn>;

const WINDOW = 15 * 60 * 1000;
/** Tries in a window. */
const TRIES = { address: 5, network: 20 } as const;

const REFUSALS = {
  auth: [401, 'The mail server did not accept this address and password.'],
  unreachable: [502, 'The mail server cannot be reached right now. Try again in a moment.'],
  'no-server': [503, 'No mail server is known here for this address.'],
} as const;

export function sessionRoutes(app: App, deps: SessionDeps): void {
  const guard = new Guard(deps.clock);
  app.get('/session', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    return info(deps, await deps.sessions.of(request));
  });
  app.post('/session', { bodyLimit: 4096 }, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    ownPage(deps.origins, request);
    const parsed = v.safeParse(SignIn, request.body);
    if (!parsed.success) throw new Refusal(400, 'bad-request', 'Give an address and a password.');
    const person = await signIn(deps, guard, parsed.output, request.ip);
    return info(deps, await replace(deps, person, request, reply));
  });
  app.delete('/session', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    ownPage(deps.origins, request);
    const session = await deps.sessions.of(request);
    await deps.sessions.end(session?.device ?? null, request, reply);
    if (session) deps.live.endDevice(session.device, CLOSE.signIn, 'signed out');
    return reply.code(204).send();
  });
}

/** Lets only our own page change something: no form and no other site's script can make such a request. */
export function ownPage(origins: Origins, request: Request): void {
  const { origin, 'sec-fetch-site': site, 'x-requested-with': by } = request.headers;
  const strange =
    by !== 'pimento' ||
    (site !== undefined && site !== 'same-origin') ||
    (origin !== undefined && !origins.allows(origin));
  if (strange) throw new Refusal(403, 'forbidden', 'Only the app itself may ask for this.');
}

async function info(deps: SessionDeps, session: { person: string } | null): Promise<SessionInfo> {
  const doors = session ? await deps.accounts.of(session.person) : [];
  return {
    signedIn: session !== null,
    accounts: doors.map(({ id, address }) => ({ id, address })),
    demo: deps.demo,
    server: deps.server,
  };
}

/** A new token for every sign-in; what this browser had before ends (no session fixation). */
async function replace(
  deps: SessionDeps,
  person: string,
  request: Request,
  reply: Reply,
): Promise<{ person: string }> {
  const before: Session | null = await deps.sessions.of(request);
  if (before) {
    await deps.sessions.end(before.device, request, reply);
    deps.live.endDevice(before.device, CLOSE.signIn, 'signed in anew');
  }
  await deps.sessions.start(person, request, reply);
  return { person };
}

async function signIn(deps: SessionDeps, guard: Guard, who: SignIn, ip: string): Promise<string> {
  if ('demo' in who && !deps.demo) throw new Refusal(404, 'no-demo', 'This bridge offers no demo.');
  const attempt = guard.enter('demo' in who ? null : who.email, ip);
  try {
    const { person } = await deps.accounts.signIn(who, networkOf(ip));
    attempt.end('in');
    return person;
  } catch (error) {
    if (!(error instanceof SignInRefused)) throw error;
    attempt.end(error.code);
    deps.log.info({ code: error.code }, 'sign-in refused');
    if (error.code === 'slow-down') throw tooMany(60_000);
    const [status, message] = REFUSALS[error.code];
    throw new Refusal(status, error.code, message);
  }
}

/** Counts sign-ins per address and per network. Only what could be a guess stays counted against an address. */
class Guard {
  readonly #addresses: Throttle;
  readonly #networks: Throttle;

  constructor(clock: () => number) {
    this.#addresses = new Throttle(TRIES.address, WINDOW, clock);
    this.#networks = new Throttle(TRIES.network, WINDOW, clock);
  }

  /** Throws a Refusal with 429 when it is too many. `end` tells how it went. */
  enter(email: string | null, ip: string): { end(how: 'in' | SignInRefused['code']): void } {
    const address = email?.normalize('NFC').toLowerCase();
    const network = networkOf(ip);
    const wait = Math.max(address ? this.#addresses.wait(address) : 0, this.#networks.wait(network));
    if (wait > 0) throw tooMany(wait);
    if (address) this.#addresses.count(address);
    this.#networks.count(network);
    return {
      end: (how) => {
        if (how !== 'auth' && address) this.#addresses.forgive(address);
        if (how === 'in') this.#networks.forgive(network);
      },
    };
  }
}

function tooMany(wait: number): Refusal {
  const minutes = Math.ceil(wait / 60_000);
  const when = minutes === 1 ? 'a minute' : `${minutes} minutes`;
  return new Refusal(429, 'slow-down', `Too many attempts. Try again in ${when}.`, Math.ceil(wait / 1000));
}
