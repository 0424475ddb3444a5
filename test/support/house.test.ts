import assert from 'node:assert/strict';
import test from 'node:test';
import { build } from './house.ts';

test('a house stands, a person gets in, and the bridge can be killed and come back', async (t) => {
  const house = await build(t, { before: (mail) => mail.fillTenFolders('alice', 50) });
  assert.match(house.bridge.log(), /listening on http:\/\/127\.0\.0\.1:\d+/);
  assert.equal((await fetch(`${house.url}/healthz`)).status, 200);
  const { page } = await house.signedIn('alice', { size: 'phone' });
  await house.bridge.kill9();
  await assert.rejects(fetch(`${house.url}/healthz`));
  await house.bridge.restart();
  assert.equal((await fetch(`${house.url}/healthz`)).status, 200);
  await page.getByLabel('Messages', { exact: true }).waitFor();
  assert.equal(await house.bridge.stop(), 0);
});
