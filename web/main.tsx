/**
 * The edge of the page: reads the world, opens the engine, shows the app.
 *
 * Decision: the store is opened before the first frame, so the first frame already has mail; the network is asked
 * for nothing before that. If the browser lets us keep nothing, it says so instead of pretending.
 */
import { render } from 'preact';
import { Engine } from './engine/engine.ts';
import { App } from './ui/app.tsx';
import { Broken } from './ui/broken.tsx';
import { startHistory } from './ui/history.ts';
import { startKeys } from './ui/keys.ts';
import { loadRooms } from './ui/lazily.tsx';
import { attend } from './ui/state.ts';
import { startTelling } from './ui/told.ts';
import { reloadOnLostParts, startUpdates } from './ui/update.ts';
import { startWake } from './ui/wake.ts';

declare const PIMENTO_BUILD: string;

/** Save-Data or a metered line, where the browser tells (Network Information). */
function sparing(): boolean {
  const line: unknown = 'connection' in navigator ? navigator.connection : null;
  return typeof line === 'object' && line !== null && 'saveData' in line && line.saveData === true;
}

async function start(place: HTMLElement): Promise<void> {
  reloadOnLostParts();
  const engine = await Engine.open({
    base: new URL('/', location.href).href,
    fetch: (input, init) => fetch(input, init),
    WebSocket,
    now: () => Date.now(),
    database: 'pimento',
    build: PIMENTO_BUILD,
    sparing,
  });
  attend(engine);
  startHistory();
  startWake();
  startKeys();
  startTelling();
  render(<App />, place);
  requestAnimationFrame(() => setTimeout(() => void loadRooms()));
  await startUpdates();
}

const place = document.getElementById('app')!;
start(place).catch((error: unknown) => {
  console.error(error);
  render(<Broken error={error} />, place);
});
