import assert from 'node:assert/strict';
import test from 'node:test';
import { type Ending, after } from './after.ts';

test('tidying runs newest first, and goes on past a failure', async () => {
  const done: string[] = [];
  const hooks: (() => Promise<void>)[] = [];
  const t: Ending = { after: (run) => void hooks.push(run) };
  after(t, () => done.push('server'));
  after(t, () => {
    throw new Error('stuck');
  });
  after(t, () => done.push('client'));
  await assert.rejects(async () => hooks[0]?.(), /tidying up failed/);
  assert.equal(hooks.length, 1);
  assert.deepEqual(done, ['client', 'server']);
});
