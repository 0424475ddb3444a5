/**
 * GET /ws: who may open a tunnel.
 *
 * Decision: every check is made before the 101, so that a stranger's page never has an open socket: exact Origin
 * (a sibling host would send our cookie along), Sec-Fetch-Site where the browser tells it, a valid session, and not
 * too many sockets of one device (protocol S1).
 */
import type { App, Request } from '../http.ts';
import { Refusal } from '../http.ts';
import type { Traffic } from '../metrics.ts';
import type { Origins } from '../origins.ts';
import type { Session, Sessions } from '../sessions.ts';
import type { LiveSockets } from './live.ts';
import { Tunnel, type TunnelDeps } from './tunnel.ts';

const SOCKETS = 10;

export interface SocketDeps extends TunnelDeps {
  origins: Origins;
  sessions: Sessions;
  live: LiveSockets;
  traffic: Traffic;
}

export function socketRoute(app: App, deps: SocketDeps): void {
  const admitted = new WeakMap<Request, Session>();
  app.route({
    method: 'GET',
    url: '/ws',
    websocket: true,
    preValidation: async (request) => {
      const site = request.headers['sec-fetch-site'];
      if (!deps.origins.allows(request.headers.origin) || (site !== undefined && site !== 'same-origin'))
        throw new Refusal(403, 'forbidden', 'This page may not open a connection to this bridge.');
      const session = await deps.sessions.of(request);
      if (!session) throw new Refusal(401, 'signed-out', 'You are not signed in.');
      if (deps.live.count(session.device) >= SOCKETS)
        throw new Refusal(429, 'slow-down', 'This browser has too many connections open.', 30);
      admitted.set(request, session);
    },
    handler: (socket, request) => {
      const session = admitted.get(request);
      if (!session) return socket.terminate();
      const tunnel = new Tunnel(socket, session, deps);
      deps.live.add(tunnel);
      const line = request.socket;
      deps.traffic.opened(line);
      socket.on('message', () => deps.traffic.frame());
      socket.on('close', () => {
        deps.live.remove(tunnel);
        deps.traffic.closed(line);
      });
    },
  });
}
