/** An engine in a test: on a fresh database unless named, closed with the test, its failures collected. */
import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { Engine, type AccountMirror, type Surroundings } from '../../../web/engine/engine.ts';
import type { Bridge } from './bridge.ts';
import { ACCOUNT } from './door.ts';

export interface Device {
  engine: Engine;
  errors: Error[];
  /** The one account of the test bridge. */
  mirror(): AccountMirror;
}

/** Opens an engine towards `bridge`. `part` replaces surroundings, for instance the database of another tab. */
export async function openDevice(
  t: TestContext,
  bridge: Bridge,
  part: Partial<Surroundings> = {},
): Promise<Device> {
  const errors: Error[] = [];
  const engine = await Engine.open({
    base: part.base ?? bridge.base,
    fetch,
    WebSocket,
    now: Date.now,
    database: `test-${randomUUID()}`,
    build: 'test',
    sparing: () => true,
    onError: (error) => errors.push(error),
    ...part,
  });
  t.after(() => engine.close());
  const mirror = (): AccountMirror => {
    const found = engine.accounts.get(ACCOUNT);
    assert.ok(found, 'the account is on the device');
    return found;
  };
  return { engine, errors, mirror };
}

/** Resolves as soon as `holds`, looked at after every change the engine tells. The fence of these tests. */
export function until(engine: Engine, holds: () => boolean): Promise<void> {
  if (holds()) return Promise.resolve();
  return new Promise((resolve) => {
    const end = engine.listen(() => {
      if (!holds()) return;
      end();
      resolve();
    });
  });
}

/** Resolves when the device is live and holds every row. */
export function synced({ engine }: Device): Promise<void> {
  return until(engine, () => {
    const mirror = engine.accounts.get(ACCOUNT);
    return (
      engine.link.is === 'live' && mirror !== undefined && mirror.epoch !== null && mirror.filling === null
    );
  });
}
