/** `/session` of the test bridge: one account, one wrong password, and a switch that cuts every request off. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export const ACCOUNT = 'a1';

export interface DoorState {
  signedIn: boolean;
  /** Requests are cut off without an answer. */
  down: boolean;
}

/** Answers one request. */
export function answerSession(state: DoorState, request: IncomingMessage, response: ServerResponse): void {
  if (state.down) return void request.socket.destroy();
  const known = request.headers['x-requested-with'] === 'pimento';
  if (request.method === 'POST' && known) return void signIn(state, request, response);
  if (request.method === 'DELETE' && known) {
    state.signedIn = false;
    return void response.writeHead(204).end();
  }
  answer(response, 200, infoOf(state));
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function infoOf({ signedIn }: DoorState): unknown {
  const accounts = signedIn ? [{ id: ACCOUNT, address: 'reader@library.example' }] : [];
  return { signedIn, accounts, demo: true, server: 'mail.library.example' };
}

async function signIn(state: DoorState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const who = JSON.parse(text) as { password?: string };
  if (who.password === 'wrong') {
    return answer(response, 401, { code: 'auth', message: 'The Library does not know this password.' });
  }
  state.signedIn = true;
  answer(response, 200, infoOf(state));
}
