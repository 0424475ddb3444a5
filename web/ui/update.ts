/**
 * The service worker from the page's side, and the way to a new version.
 *
 * Decision: a new version waits and says so quietly; the person's tap lets it take over, and then the page reloads
 * once. The worker's address passes Trusted Types by a policy that knows this one script and nothing else.
 */
import { Workbox } from 'workbox-window';
import { say } from './toasts.ts';

const HOUR = 3_600_000;
let worker: Workbox | null = null;
let asked = false;

function scriptUrl(): string {
  const types = window.trustedTypes;
  if (types === undefined) return '/sw.js';
  const policy = types.createPolicy('app', {
    createScriptURL(url: string) {
      if (url !== '/sw.js') throw new TypeError('not a script of this app');
      return url;
    },
  });
  return policy.createScriptURL('/sw.js') as unknown as string;
}

/** Registers the worker, looks for a new version hourly and whenever the page is shown again. */
export async function startUpdates(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  worker = new Workbox(scriptUrl(), { updateViaCache: 'none' });
  worker.addEventListener('waiting', () => offer(takeOver));
  worker.addEventListener('controlling', (event) => {
    if (asked) location.reload();
    else if (event.isUpdate === true || event.isExternal === true) offer(() => location.reload());
  });
  try {
    await worker.register();
  } catch (error) {
    console.warn('the app cannot be kept for use without a network', error);
    return;
  }
  const look = () =>
    void worker?.update().catch((error: unknown) => console.warn('no look for updates', error));
  setInterval(look, HOUR);
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && look());
}

function offer(press: () => void): void {
  say('New version ready', { label: 'Reload', press }, null);
}

function takeOver(): void {
  asked = true;
  worker?.messageSkipWaiting();
}

/** For a page the bridge no longer understands: fetches the new version and reloads into it. */
export async function reloadForUpdate(): Promise<void> {
  try {
    await worker?.update();
    const registration = await navigator.serviceWorker?.getRegistration();
    if (registration?.waiting || registration?.installing) {
      asked = true;
      worker?.messageSkipWaiting();
      setTimeout(() => location.reload(), 3000);
      return;
    }
  } catch (error) {
    console.warn('no look for updates', error);
  }
  location.reload();
}

/** A part of an older build is gone from the server: reload, but only once in a minute. */
export function reloadOnLostParts(): void {
  addEventListener('vite:preloadError', (event) => {
    const last = Number(sessionStorage.getItem('pimento.reloaded') ?? 0);
    if (Date.now() - last < 60_000) return;
    event.preventDefault();
    sessionStorage.setItem('pimento.reloaded', String(Date.now()));
    location.reload();
  });
}
