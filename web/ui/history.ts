/**
 * The History API, held by one file.
 *
 * Decision: each entry knows its depth, so "Back" in the app is the browser's own Back whenever there is something
 * behind, and a step to the layer below when a deep link has nothing behind. A deep link gets the layers it lacks
 * at start, so the phone's Back button closes the mail, not the app.
 */
import { batch } from '@preact/signals';
import { addressOf, layersOf, parentOf, parseRoute, type Route } from './route.ts';
import { mailPlace, route } from './state.ts';

function depth(): number {
  const state: unknown = history.state;
  return typeof state === 'object' && state !== null && 'depth' in state && typeof state.depth === 'number'
    ? state.depth
    : 0;
}

function show(to: Route): void {
  batch(() => {
    route.value = to;
    if (to.at === 'mail') mailPlace.value = { at: 'mail', mailbox: to.mailbox, message: to.message };
  });
}

/** Reads the address, gives a deep link its layers, and follows the browser from then on. */
export function startHistory(): void {
  history.scrollRestoration = 'manual';
  const here = parseRoute(location.pathname, location.hash);
  if (history.state === null) {
    layersOf(here).forEach((layer, i) => {
      if (i === 0) history.replaceState({ depth: 0 }, '', addressOf(layer));
      else history.pushState({ depth: i }, '', addressOf(layer));
    });
  }
  show(here);
  addEventListener('popstate', () => show(parseRoute(location.pathname, location.hash)));
}

/** Goes to a route: `push` for a new layer, `replace` for a change of the same one. */
export function go(to: Route, how: 'push' | 'replace' = 'push'): void {
  if (addressOf(to) === addressOf(route.value)) return;
  if (how === 'push') history.pushState({ depth: depth() + 1 }, '', addressOf(to));
  else history.replaceState({ depth: depth() }, '', addressOf(to));
  show(to);
}

/** Closes the top layer. */
export function back(): void {
  if (depth() > 0) history.back();
  else {
    const under = parentOf(route.value);
    if (under !== null) go(under, 'replace');
  }
}
