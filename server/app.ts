/**
 * Puts the bridge's edge together: every answer's headers, the Host check, the routes, the farewell.
 *
 * Decision: everything from outside comes in as an argument (clock, log, accounts, store), so a test builds the
 * same app with a fake heart. A request for a host that is not ours is refused before any route: a page that
 * points its own name at this address (DNS rebinding) gets nothing. Supervisors ask by any name: `/healthz` and
 * `/readyz` tell nothing of anybody, `/metrics` asks for a token.
 */
import type { AddressInfo } from 'node:net';
import { CLOSE } from '../shared/protocol.ts';
import type { Config } from './config.ts';
import type { AccountsDoor } from './doors.ts';
import { securityHeaders } from './headers.ts';
import { type App, type AppLog, createHttp, Refusal } from './http.ts';
import { Origins } from './origins.ts';
import { Traffic } from './metrics.ts';
import { healthRoutes } from './routes/health.ts';
import { LiveSockets } from './routes/live.ts';
import { type Pace, paceFor } from './routes/pace.ts';
import { pageRoutes } from './routes/pages.ts';
import { partRoute } from './routes/parts.ts';
import { pimapRoute } from './routes/pimap.ts';
import { sessionRoutes } from './routes/session.ts';
import { socketRoute } from './routes/socket.ts';
import { Sessions } from './sessions.ts';
import type { People } from './store/people.ts';

export interface AppDeps {
  config: Config;
  people: People;
  accounts: AccountsDoor;
  /** What people sign in to, in words for the page; null: nothing is configured. */
  server: string | null;
  /** A demo account can be signed in to. */
  demo: boolean;
  /** Directory of the built app. */
  dist: string;
  /** Milliseconds since 1970. */
  clock: () => number;
  log: AppLog;
  /** Told to devices in `welcome`. */
  build: string;
  /** Waiting times of the sockets; tests shorten them. */
  pace?: Partial<Pace>;
  /** Milliseconds a call by HTTP waits for its receipt; tests shorten it. */
  patience?: number;
}

const FOR_ANY_NAME: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

/** Builds the app; the caller lets it listen, and closes it before the accounts. */
export async function createApp(deps: AppDeps): Promise<App> {
  const { config, accounts, clock, log, demo, server } = deps;
  const app = await createHttp(log, config.trustProxy);
  const origins = new Origins(config.origins, () => portOf(app, config.port));
  const sessions = new Sessions(deps.people, origins, clock);
  const live = new LiveSockets();
  const traffic = new Traffic();
  const pace = { ...paceFor(config.heartbeatMax), ...deps.pace };

  guard(app, origins);
  const { people } = deps;
  healthRoutes(app, { accounts, people, traffic, token: config.metricsToken, log });
  sessionRoutes(app, { accounts, sessions, origins, live, clock, log, demo, server });
  socketRoute(app, { accounts, sessions, origins, live, traffic, clock, log, pace, build: deps.build });
  pimapRoute(app, { accounts, sessions, origins, clock, patience: deps.patience ?? 20_000 });
  partRoute(app, { accounts, sessions, log });
  await pageRoutes(app, deps.dist);
  app.addHook('preClose', () => live.endAll(CLOSE.goingAway, 'the bridge is restarting', pace.goodbye));
  return app;
}

function portOf(app: App, configured: number): number {
  const address: AddressInfo | string | null = app.server.address();
  return typeof address === 'object' && address ? address.port : configured;
}

function guard(app: App, origins: Origins): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders(origins, request.host));
    const route = request.routeOptions.url;
    if (!FOR_ANY_NAME.has(route ?? '') && !origins.knows(request.host))
      throw new Refusal(
        421,
        'wrong-host',
        'This bridge does not serve this host. Its operator sets PIMENTO_ORIGIN.',
      );
    if (request.ws && route !== '/ws') throw new Refusal(404, 'not-found', 'There is nothing here.');
  });
}
