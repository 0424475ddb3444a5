import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test from 'node:test';
import { freePort } from '../../server/demo/ports.ts';
import { startBrowser } from './browser.ts';

test('a browser keeps its profile over a cold start and collects what goes wrong', async (t) => {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(
      '<!doctype html><meta name="viewport" content="width=device-width"><title>page</title><link rel="icon" href="data:,"><p>here</p>',
    );
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const browser = await startBrowser(t, { size: 'phone' });
  await browser.page.goto(`http://127.0.0.1:${port}/`);
  assert.equal(await browser.page.evaluate('innerWidth'), 390);
  await browser.page.evaluate("localStorage.setItem('kept', 'yes')");
  browser.calm();
  const page = await browser.reopen();
  await page.goto(`http://127.0.0.1:${port}/`);
  assert.equal(await page.evaluate("localStorage.getItem('kept')"), 'yes');
  await page.evaluate("console.error('spilt milk')");
  assert.throws(() => browser.calm(), /spilt milk/);
  browser.calm(/milk/);
});
