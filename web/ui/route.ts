/**
 * Where the person is, as data, and its address.
 *
 * Decision: one value says which screen and which sheet is open; the address bar says the same. So reload, a
 * shared link and the phone's Back button need no code of their own: each screen and each sheet is one history
 * entry, and Back closes the top layer. A sheet is the hash, so it lies over any screen.
 */
export type Sheet = 'mailboxes' | 'leave';

export type Place =
  /** `mailbox` null means the inbox, whatever its id is. */
  | { at: 'mail'; mailbox: number | null; message: number | null }
  /** `draft` null asks for a new one. */
  | { at: 'compose'; draft: string | null }
  | { at: 'drafts' }
  | { at: 'outbox' }
  | { at: 'sign-in' };

export type Route = Place & { sheet: Sheet | null };

/** The inbox with nothing open. */
export const HOME: Route = { at: 'mail', mailbox: null, message: null, sheet: null };

const SHEETS: readonly string[] = ['mailboxes', 'leave'];

/** Reads `path` ("/m/4/7") and `hash` ("#mailboxes"). An address we do not know is the inbox. */
export function parseRoute(path: string, hash: string): Route {
  const name = hash.slice(1);
  const sheet = SHEETS.includes(name) ? (name as Sheet) : null;
  return { ...parsePlace(path.split('/').filter((s) => s !== '')), sheet };
}

function parsePlace([first, second, third]: string[]): Place {
  if (first === 'm') {
    const mailbox = parseId(second);
    return { at: 'mail', mailbox, message: mailbox === null ? null : parseId(third) };
  }
  if (first === 'compose')
    return { at: 'compose', draft: /^[\w-]{1,64}$/.test(second ?? '') ? second! : null };
  if (first === 'drafts' || first === 'outbox' || first === 'sign-in') return { at: first };
  return { at: 'mail', mailbox: null, message: null };
}

function parseId(text: string | undefined): number | null {
  const id = Number(text);
  return /^\d+$/.test(text ?? '') && id > 0 && Number.isSafeInteger(id) ? id : null;
}

/** The address of a route: path and hash, without origin. `parseRoute` reads it back. */
export function addressOf(route: Route): string {
  return pathOf(route) + (route.sheet === null ? '' : `#${route.sheet}`);
}

function pathOf(route: Place): string {
  switch (route.at) {
    case 'mail':
      if (route.mailbox === null) return '/';
      return route.message === null ? `/m/${route.mailbox}` : `/m/${route.mailbox}/${route.message}`;
    case 'compose':
      return route.draft === null ? '/compose' : `/compose/${route.draft}`;
    default:
      return `/${route.at}`;
  }
}

/** What lies under a route when no history does: Back goes there. Null at the bottom. */
export function parentOf(route: Route): Route | null {
  if (route.sheet !== null) return { ...route, sheet: null };
  if (route.at === 'mail') {
    if (route.message !== null) return { ...route, message: null };
    return route.mailbox === null ? null : HOME;
  }
  return HOME;
}

/** The route with all that lies under it, bottom first: the history a deep link should have had. */
export function layersOf(route: Route): Route[] {
  const layers = [route];
  for (let under = parentOf(route); under !== null; under = parentOf(under)) layers.unshift(under);
  return layers;
}
