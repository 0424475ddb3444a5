/**
 * The service worker: the app opens without a network.
 *
 * Decision: it keeps the shell and nothing else. Every navigation gets the kept index.html; mail, parts and the
 * session never pass through it, so no stale answer and no private byte can come from here. A new version waits
 * until a page asks for it: the person reloads once, when it suits them.
 */
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';

declare const self: ServiceWorkerGlobalScope & {
  __WB_MANIFEST: { url: string; revision: string | null }[];
};

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('message', (event) => {
  const data: unknown = event.data;
  if (typeof data === 'object' && data !== null && 'type' in data && data.type === 'SKIP_WAITING') {
    event.waitUntil(self.skipWaiting());
  }
});

cleanupOutdatedCaches();
precacheAndRoute(self.__WB_MANIFEST);
registerRoute(
  new NavigationRoute(createHandlerBoundToURL('/index.html'), {
    denylist: [/^\/(?:ws|session|part|healthz|readyz|metrics|pimap|upload|img|push)(?:\/|$)/],
  }),
);
