/**
 * The device's way to the bridge: signs in, opens the tunnel, and opens it again when it breaks.
 *
 * Decision: Node's own WebSocket, which sends the cookie and the Origin we give it, so the device is a page to the
 * bridge and needs no door of its own. Close codes mean what they mean to the app (protocol S6); back-off is
 * exponential with full jitter.
 */
import { CLOSE, type Down, parseDown, PROTOCOL, type Cursor, type Up } from '../../shared/protocol.ts';

/** The bridge does not let this device in; the message is for the person. */
export class NotLetIn extends Error {}

/** Signs in and gives the cookie as a request sends it. Throws NotLetIn with the bridge's words. */
export async function signIn(url: string, email: string, password: string): Promise<string> {
  const response = await fetch(`${url}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-requested-with': 'pimento', origin: url },
    body: JSON.stringify({ email, password }),
    redirect: 'error',
  }).catch((error: unknown) => {
    throw new NotLetIn('The bridge cannot be reached.', { cause: error });
  });
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0];
  if (response.ok && cookie) return cookie;
  const problem = (await response.json()) as { message?: unknown };
  throw new NotLetIn(typeof problem.message === 'string' ? problem.message : `Refused (${response.status}).`);
}

export interface LinkOptions {
  url: string;
  cookie: string;
  cursors: () => Cursor[];
  /** False: the frame cannot be used, begin again from the cursor. */
  frame: (frame: Down, send: (frame: Up) => void) => boolean;
  /** Told in words when the line breaks. */
  note: (text: string) => void;
}

const FINAL: readonly number[] = [CLOSE.signIn, CLOSE.forbidden, CLOSE.update];
/** Milliseconds. */
const BACKOFF = { first: 500, most: 30_000 } as const;

/** Follows the bridge until `over` aborts. Throws NotLetIn when coming again would not help. */
export async function follow(options: LinkOptions, over: AbortSignal): Promise<void> {
  let failures = 0;
  while (!over.aborted) {
    const { code, reason, greeted } = await life(options, over);
    if (over.aborted) return;
    if (FINAL.includes(code)) throw new NotLetIn(`The bridge closed with ${code}: ${reason}.`);
    // A refused upgrade has no code of its own: ask whether we are still signed in.
    if (!greeted) await stillSignedIn(options);
    failures = greeted ? 0 : failures + 1;
    options.note(`closed ${code}, opening again`);
    await pause(Math.random() * Math.min(BACKOFF.most, BACKOFF.first * 2 ** failures), over);
  }
}

function life(
  { url, cookie, cursors, frame, note }: LinkOptions,
  over: AbortSignal,
): Promise<{ code: number; reason: string; greeted: boolean }> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`, { headers: { cookie, origin: url } });
  const send = (up: Up) => socket.send(JSON.stringify(up));
  const end = () => socket.close(1000);
  over.addEventListener('abort', end, { once: true });
  let greeted = false;
  socket.addEventListener('open', () =>
    send({ t: 'hello', protocol: PROTOCOL, build: 'device', visible: false, cursors: cursors() }),
  );
  socket.addEventListener('error', () => note('the line broke'));
  const message = (text: string) => {
    const down = parseDown(text);
    greeted ||= down.t === 'welcome';
    if (!frame(down, send)) socket.close(1000);
  };
  return new Promise((resolve, reject) => {
    socket.addEventListener('message', ({ data }) => {
      try {
        if (!over.aborted) message(String(data));
      } catch (error) {
        socket.close(1000);
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.addEventListener('close', ({ code, reason }) => {
      over.removeEventListener('abort', end);
      resolve({ code, reason, greeted });
    });
  });
}

async function stillSignedIn({ url, cookie, note }: LinkOptions): Promise<void> {
  try {
    const response = await fetch(`${url}/session`, { headers: { cookie }, redirect: 'error' });
    const { signedIn } = (await response.json()) as { signedIn?: unknown };
    if (signedIn === true) return;
  } catch (error) {
    return note(`the bridge cannot be reached (${error instanceof Error ? error.name : 'an error'})`);
  }
  throw new NotLetIn('The session is over.');
}

function pause(milliseconds: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    over.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
