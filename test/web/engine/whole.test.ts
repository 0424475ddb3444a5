/** The engine and the real bridge, over a real mail server: that both read the protocol in the same way. */
import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import { Engine } from '../../../web/engine/engine.ts';
import { roleMailbox, shownMessages } from '../../../web/engine/view.ts';
import { corpus } from '../../support/corpus.ts';
import { build, type House } from '../../support/house.ts';
import { until } from './device.ts';
import { draft } from './rows.ts';

/** What a browser adds by itself: cookies and an Origin. Sockets are kept so that the test can cut them. */
class Browser {
  readonly origin: string;
  readonly sockets: WebSocket[] = [];
  #cookie = '';

  constructor(origin: string) {
    this.origin = origin;
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const headers = {
      ...(init?.headers as Record<string, string>),
      origin: this.origin,
      cookie: this.#cookie,
    };
    const response = await fetch(input, { ...init, headers });
    const [cookie] = response.headers.getSetCookie();
    if (cookie !== undefined) this.#cookie = cookie.split(';')[0] ?? '';
    return response;
  };

  socketClass(): new (url: string) => WebSocket {
    const open = (url: string): WebSocket => {
      const headers = { origin: this.origin, cookie: this.#cookie };
      const socket = new WebSocket(url, { headers } as unknown as string);
      this.sockets.push(socket);
      return socket;
    };
    // A plain function: called with `new` it gives the object it returns.
    return function (url: string) {
      return open(url);
    } as unknown as new (url: string) => WebSocket;
  }
}

interface Rig {
  house: House;
  engine: Engine;
  browser: Browser;
  errors: Error[];
}

async function start(t: test.TestContext, mails: number): Promise<Rig> {
  const before = async (mail: House['mail']): Promise<void> => {
    for (const raw of corpus(mails)) await mail.deliver('alice', raw);
  };
  const house = await build(t, { before });
  const browser = new Browser(house.url);
  const errors: Error[] = [];
  const engine = await Engine.open({
    base: `${house.url}/`,
    fetch: browser.fetch,
    WebSocket: browser.socketClass(),
    now: Date.now,
    database: `whole-${randomUUID()}`,
    build: 'test',
    sparing: () => false,
    onError: (error) => errors.push(error),
  });
  t.after(() => engine.close());
  await engine.signIn({ email: house.mail.address('alice'), password: house.mail.password('alice') });
  return { house, engine, browser, errors };
}

test('first sync, bodies, archive and a send over broken sockets: everything once, and rows as the mail server has them', async (t) => {
  const { house, engine, browser, errors } = await start(t, 120);
  const mirror = [...engine.accounts.values()][0];
  assert.ok(mirror);
  await until(engine, () => mirror.messages.size === 120 && mirror.filling === null);
  const inbox = roleMailbox(mirror, 'inbox')?.id ?? assert.fail('an inbox');
  const newest = shownMessages(mirror, engine.pending, inbox)[0] ?? assert.fail('a mail');
  assert.equal((await engine.body(mirror.id, newest.id)).message, newest.id);
  await until(engine, () => [...mirror.messages.keys()].every((id) => engine.hasBody(mirror.id, id)));

  await engine.act(mirror.id, [{ verb: 'archive', messages: [newest.id] }]);
  browser.sockets.at(-1)?.close();
  await until(engine, () => engine.pending.length === 0);
  assert.equal((await house.mail.holds('alice').messages('INBOX')).length, 119);

  const to = [{ name: '', address: house.mail.address('bob') }];
  await engine.sendDraft(draft('d1', { account: mirror.id, to }), 0);
  browser.sockets.at(-1)?.close();
  await until(engine, () => engine.pending.length === 0);
  assert.equal(house.smtp.accepted.length, 1);
  assert.deepEqual(errors, []);
});

test('a bridge killed while calls are under way: they settle, a resume without news lets a send go, and it goes once', async (t) => {
  const { house, engine, errors } = await start(t, 5);
  const mirror = [...engine.accounts.values()][0];
  assert.ok(mirror);
  await until(engine, () => mirror.messages.size === 5 && mirror.filling === null);
  await house.bridge.kill9();
  await until(engine, () => engine.link.is === 'offline');
  const to = [{ name: '', address: house.mail.address('bob') }];
  await engine.sendDraft(draft('d1', { account: mirror.id, to }), 0);
  await house.bridge.restart();
  engine.kick();
  await until(engine, () => engine.pending.length === 0);
  assert.equal(house.smtp.accepted.length, 1);
  assert.equal(engine.drafts.size, 0);
  assert.deepEqual(errors, []);
});

test('signing out ends the session on the bridge and empties the device', async (t) => {
  const { house, engine, browser } = await start(t, 1);
  assert.deepEqual(await engine.signOut(), { server: true });
  assert.equal(engine.accounts.size, 0);
  const answer = (await (await browser.fetch(`${house.url}/session`)).json()) as { signedIn: boolean };
  assert.equal(answer.signedIn, false);
});
