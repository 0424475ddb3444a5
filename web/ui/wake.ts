/**
 * What the browser tells us about the page: width, font size, time, visible or not, network back.
 *
 * Decision: one file listens to window and document for all of it and passes it on, to the engine as `kick` and
 * `visible`, to the screens as signals. So no component holds a listener that outlives it.
 */
import { measureRows, writePlaces } from './places.ts';
import { engine, now, wide } from './state.ts';

/** Starts listening; once, before the first screen. */
export function startWake(): void {
  const desk = matchMedia('(min-width: 52.5rem)');
  wide.value = desk.matches;
  desk.addEventListener('change', () => (wide.value = desk.matches));
  measureRows();
  addEventListener('resize', measureRows);
  setInterval(tick, 30_000);
  addEventListener('online', kick);
  addEventListener('pageshow', kick);
  document.addEventListener('resume', kick);
  addEventListener('pagehide', writePlaces);
  document.addEventListener('visibilitychange', () => {
    const visible = document.visibilityState === 'visible';
    engine().visible(visible);
    if (visible) kick();
    else writePlaces();
  });
}

function tick(): void {
  if (document.visibilityState === 'visible') now.value = Date.now();
}

function kick(): void {
  tick();
  engine().kick();
}
