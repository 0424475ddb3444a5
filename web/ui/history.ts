/**
 * The History API, held by one file.
 *
 * Decision: each entry knows its depth, so "Back" in the app is the browser's own Back whenever there is something
 * behind, and a step to the layer below when a deep link has nothing behind. A deep link gets the layers it lacks
 * at start, so the phone's Back button closes the mail, not the app. The browser goes back a moment after it is
 * asked: a second tap in that moment closes nothing more, and a step to what lies right beneath is a step back.
 */
import { batch } from '@preact/signals';
import { addressOf, layersOf, parentOf, parseRoute, type Route } from './route.ts';
import { mailPlace, route } from './state.ts';

/** What is written beside each history entry. */
interface Entry {
  depth: number;
  /** The address of the entry right beneath, where there is one. */
  under: string | null;
}

function entry(): Entry {
  const state = history.state as Partial<Entry> | null;
  return { depth: state?.depth ?? 0, under: state?.under ?? null };
}

/** The screen that is being closed. */
let closing: Route | null = null;

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
    const layers = layersOf(here).map(addressOf);
    layers.forEach((address, i) => {
      const at: Entry = { depth: i, under: layers[i - 1] ?? null };
      if (i === 0) history.replaceState(at, '', address);
      else history.pushState(at, '', address);
    });
  }
  show(here);
  addEventListener('popstate', () => show(parseRoute(location.pathname, location.hash)));
}

/** Goes to a route: `push` for a new layer, `replace` for a change of the same one. */
export function go(to: Route, how: 'push' | 'replace' = 'push'): void {
  const from = addressOf(route.value);
  const address = addressOf(to);
  const { depth, under } = entry();
  if (address === from) return;
  if (how === 'replace' && address === under) return back();
  if (how === 'push') history.pushState({ depth: depth + 1, under: from }, '', address);
  else history.replaceState({ depth, under }, '', address);
  show(to);
}

/** Closes the top layer, once however often it is asked. */
export function back(): void {
  if (closing === route.value) return;
  if (entry().depth > 0) {
    closing = route.value;
    history.back();
  } else {
    const under = parentOf(route.value);
    if (under !== null) go(under, 'replace');
  }
}
