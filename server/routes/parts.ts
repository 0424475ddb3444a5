/**
 * GET /part/{account}/{message}/{part}: an attachment, streamed from the mail server.
 *
 * Decision: an attachment is hostile. It is always a download, has a type only if that type cannot run anything,
 * and even opened directly it runs in a sandbox without an origin. What is not there and what belongs to someone
 * else look the same. A part never changes, so the browser may keep it for good (protocol B2).
 */
import type { AccountsDoor, PartStream } from '../doors.ts';
import { type App, Refusal } from '../http.ts';
import type { Log } from '../log.ts';
import type { Sessions } from '../sessions.ts';
import { dispositionOf } from './filename.ts';

export interface PartDeps {
  accounts: Pick<AccountsDoor, 'of'>;
  sessions: Sessions;
  log: Log;
}

/** Types that may keep their name; everything else is application/octet-stream. */
const PLAIN_TYPES = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'application/pdf',
  'audio/mpeg',
  'video/mp4',
  'text/plain',
]);

/** The headers of every part (security: an attachment runs nothing and is read by our own pages only). */
export function partHeaders(part: Pick<PartStream, 'type' | 'name' | 'size'>): Record<string, string> {
  const type = (part.type.split(';')[0] ?? '').trim().toLowerCase();
  return {
    'content-type': PLAIN_TYPES.has(type) ? type : 'application/octet-stream',
    'content-disposition': dispositionOf(part.name),
    'content-security-policy': "sandbox; default-src 'none'",
    'cache-control': 'private, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    ...(part.size === null ? {} : { 'content-length': String(part.size) }),
  };
}

const absent = () => new Refusal(404, 'not-found', 'This attachment is not there any more.');

export function partRoute(app: App, deps: PartDeps): void {
  app.get<{ Params: { account: string; message: string; part: string } }>(
    '/part/:account/:message/:part',
    async (request, reply) => {
      const session = await deps.sessions.of(request);
      if (!session) throw new Refusal(401, 'signed-out', 'You are not signed in.');
      const { account, message, part } = request.params;
      if (!/^\d{1,16}$/.test(message) || !/^[0-9]+(\.[0-9]+)*$/.test(part)) throw absent();
      const doors = await deps.accounts.of(session.person);
      const door = doors.find((each) => each.id === account);
      if (!door) throw absent();
      const found = await fetched(deps, () => door.part(Number(message), part));
      if (!found) throw absent();
      // Fastify ends the stream when the reader leaves, so the mail server's connection is free again.
      return reply.headers(partHeaders(found)).send(found.stream);
    },
  );
}

async function fetched(deps: PartDeps, part: () => Promise<PartStream | null>): Promise<PartStream | null> {
  try {
    return await part();
  } catch (error) {
    deps.log.warn({ err: error }, 'a part could not be fetched');
    throw new Refusal(
      502,
      'unreachable',
      'The mail server cannot be reached right now. Try again in a moment.',
    );
  }
}
