/**
 * Coming in and going out, in words.
 *
 * Decision: the code of a refusal decides the sentence; the bridge's own message is the detail. Signing out erases
 * this device and therefore asks first when something would be lost.
 */
import { SignInError, type SignIn } from '../engine/engine.ts';
import { go } from './history.ts';
import { forgetPlaces } from './places.ts';
import { HOME } from './route.ts';
import { engine, session } from './state.ts';
import { say } from './toasts.ts';

/** Signs in. Answers null when it worked, else the sentence to show. */
export async function enter(what: SignIn): Promise<string | null> {
  try {
    await engine().signIn(what);
    go(HOME, 'replace');
    return null;
  } catch (error) {
    return refusalText(error, session.peek()?.server ?? null);
  }
}

/** The sentence for a refused sign-in. `server` is the name of the mail server, where it is known. */
export function refusalText(error: unknown, server: string | null): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof SignInError ? error.code : '';
  switch (code) {
    case 'auth':
      return 'The mail server refused this address or password. Some providers want an app password.';
    case 'unreachable':
      return `The mail server ${server ?? ''} does not answer. ${message}`.replace('  ', ' ');
    case 'slow-down':
      return 'Too many tries. Wait a minute, then try again.';
    case 'offline':
      return 'Pimento is not reachable from here. Check the network and try again.';
    default:
      return message;
  }
}

const LATER = 'The mail on this device has been erased. The bridge is told as soon as there is a network.';

/** Signs out and erases this device's copy. */
export async function leaveAccount(): Promise<void> {
  try {
    const { server } = await engine().signOut();
    forgetPlaces();
    go(HOME, 'replace');
    say(server ? 'Signed out. The mail on this device has been erased.' : LATER);
  } catch (error) {
    say(`Signing out failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}
