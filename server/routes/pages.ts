/**
 * The built app: files with a hash in their name for good, everything else asked for anew.
 *
 * Decision: `index.html` and `sw.js` are never kept without asking, so an update reaches every device at its next
 * start. A path that is no file is the app itself, but only for a person who navigates there: a script that asks
 * for what is not there must be told so, not handed a page. This is the only file that knows @fastify/static.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import statics from '@fastify/static';
import { type App, Refusal, type Request } from '../http.ts';

const FOR_GOOD = 'public, max-age=31536000, immutable';
/** Doors of the bridge: never the app, whatever asks. */
const DOORS = /^\/(?:ws|session|part|healthz)(?:[/?]|$)/;

/** Serves the directory `dist`, which may be built later. */
export async function pageRoutes(app: App, dist: string): Promise<void> {
  await app.register(statics, {
    root: dist,
    cacheControl: false,
    decorateReply: true,
    dotfiles: 'ignore',
    setHeaders: (reply, path) => {
      reply.header('cache-control', /[\\/]assets[\\/]/.test(path) ? FOR_GOOD : 'no-cache');
    },
  });
  app.setNotFoundHandler((request, reply) => {
    if (!navigates(request)) throw new Refusal(404, 'not-found', 'There is nothing here.');
    if (!existsSync(join(dist, 'index.html')))
      throw new Refusal(503, 'not-built', 'The app has not been built yet. Run: npm run build');
    return reply.sendFile('index.html');
  });
}

function navigates(request: Request): boolean {
  const mode = request.headers['sec-fetch-mode'];
  const html = request.headers.accept?.includes('text/html') ?? false;
  return request.method === 'GET' && html && (mode ?? 'navigate') === 'navigate' && !DOORS.test(request.url);
}
