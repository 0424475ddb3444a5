/**
 * The bridge's `/session`, by plain HTTP.
 *
 * Decision: the session itself is an HttpOnly cookie this code never sees; it comes and goes with these three
 * requests. A refusal keeps the bridge's own words for the person; a status without words (a proxy in front) gets
 * ours.
 */
import type { Problem, SessionInfo } from '../../shared/protocol.ts';
import type { SignIn, Surroundings } from './model.ts';

/** Milliseconds. A sign-in waits for the mail server. */
const PATIENCE = { signIn: 60_000, other: 15_000 } as const;
const HEADERS = { 'x-requested-with': 'pimento' };

/** Why a sign-in failed. `code` is the bridge's, or `offline` when there was no answer; `message` is for the person. */
export class SignInError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'SignInError';
    this.code = code;
  }
}

const CODES: Record<number, [code: string, message: string]> = {
  400: ['invalid', 'The bridge could not read this.'],
  401: ['auth', 'The mail server does not accept this email and password.'],
  429: ['slow-down', 'Too many tries. Wait a minute.'],
  502: ['unreachable', 'The mail server cannot be reached.'],
  503: ['busy', 'The bridge cannot do this now.'],
};

/** Where the bridge is, and how to ask it. */
export type Place = Pick<Surroundings, 'base' | 'fetch'>;

function request(place: Place, init: RequestInit, patience: number): Promise<Response> {
  const { fetch } = place;
  return fetch(new URL('session', place.base).href, {
    ...init,
    credentials: 'same-origin',
    cache: 'no-store',
    signal: AbortSignal.timeout(patience),
  });
}

/** Asks the bridge who is signed in. Throws when there is no answer, or none that makes sense. */
export async function askSession(place: Place): Promise<SessionInfo> {
  const response = await request(place, { method: 'GET' }, PATIENCE.other);
  if (!response.ok) throw new Error(`the bridge answers ${response.status}`);
  return (await response.json()) as SessionInfo;
}

/** @throws SignInError */
export async function postSession(place: Place, who: SignIn): Promise<SessionInfo> {
  let response: Response;
  try {
    const headers = { ...HEADERS, 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(who) };
    response = await request(place, init, PATIENCE.signIn);
  } catch {
    // Every failure of fetch means the same to a person: no answer.
    throw new SignInError('offline', 'The bridge cannot be reached. Are you connected?');
  }
  if (response.ok) return (await response.json()) as SessionInfo;
  throw await refusal(response);
}

async function refusal(response: Response): Promise<SignInError> {
  const [code, message] = CODES[response.status] ?? ['failed', `The bridge answers ${response.status}.`];
  try {
    const problem = (await response.json()) as Partial<Problem> | null;
    return new SignInError(problem?.code ?? code, problem?.message ?? message);
  } catch {
    // Not JSON: a proxy in front answered, not the bridge. The status still says what it is.
    return new SignInError(code, message);
  }
}

/** Ends the session on the bridge. False when the bridge could not be told. */
export async function deleteSession(place: Place): Promise<boolean> {
  try {
    const response = await request(place, { method: 'DELETE', headers: HEADERS }, PATIENCE.other);
    return response.status < 500;
  } catch {
    // Told by the answer: the caller notes it as owed.
    return false;
  }
}
