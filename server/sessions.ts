/**
 * Which device a request comes from: a random token in a cookie, its SHA-256 in the store.
 *
 * Decision: the cookie is HttpOnly and SameSite=Strict, so no page reads it and no other site sends it; where
 * people come by https its name is `__Host-pimento`, which no sibling host can set (RFC 6265bis §4.1.3). A session
 * ends thirty days after its sign-in, whatever the browser makes of Max-Age, also for a socket that is open.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Reply, Request } from './http.ts';
import type { Origins } from './origins.ts';
import type { People } from './store/people.ts';

const LIFE = 30 * 24 * 60 * 60 * 1000;

/** A signed-in device. `expires` in milliseconds since 1970. */
export interface Session {
  device: string;
  person: string;
  expires: number;
}

const hash = (token: string) => createHash('sha256').update(token).digest();

export class Sessions {
  readonly #people: People;
  readonly #origins: Origins;
  readonly #clock: () => number;

  constructor(people: People, origins: Origins, clock: () => number) {
    this.#people = people;
    this.#origins = origins;
    this.#clock = clock;
  }

  /** The session of a request; null: nobody is signed in. Removes a session that is over. */
  async of(request: Request): Promise<Session | null> {
    const token = request.cookies[this.#name(request)];
    if (!token || !/^[\w-]{43}$/.test(token)) return null;
    const device = await this.#people.findDevice(hash(token));
    if (!device) return null;
    const expires = device.created + LIFE;
    if (this.#clock() >= expires) {
      await this.#people.deleteDevice(device.id);
      return null;
    }
    await this.#people.touchDevice(device.id);
    return { device: device.id, person: device.person, expires };
  }

  /** Starts a session with a token of 256 random bits, and sets the cookie. */
  async start(person: string, request: Request, reply: Reply): Promise<void> {
    const token = randomBytes(32).toString('base64url');
    await this.#people.createDevice(person, hash(token), request.headers['user-agent'] ?? '');
    reply.setCookie(this.#name(request), token, { ...this.#attributes(request), maxAge: LIFE / 1000 });
  }

  /** Ends the session of a device and clears the cookie. */
  async end(device: string | null, request: Request, reply: Reply): Promise<void> {
    if (device !== null) await this.#people.deleteDevice(device);
    reply.clearCookie(this.#name(request), this.#attributes(request));
  }

  #name(request: Request): string {
    return this.#origins.secure(request.host) ? '__Host-pimento' : 'pimento';
  }

  #attributes(request: Request) {
    return {
      path: '/',
      httpOnly: true,
      sameSite: 'strict',
      secure: this.#origins.secure(request.host),
    } as const;
  }
}
