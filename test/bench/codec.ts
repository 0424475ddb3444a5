/**
 * The tunnel's frames as the bench's device writes and reads them.
 *
 * Decision: the only file of the bench that knows how frames are written. Everything else counts bytes at the socket, so
 * the figures stay comparable when the wire changes.
 */
import { parseDown, PROTOCOL, type Down } from '../../shared/protocol.ts';

/** Where a device stands: a cursor as the protocol has it. */
export interface Place {
  account: string;
  epoch: string;
  rev: number;
  fill: string | null;
}

/** The first frame of a socket. */
export function hello(places: Place[]): string {
  return JSON.stringify({ t: 'hello', protocol: PROTOCOL, build: 'bench', visible: true, cursors: places });
}

/** One frame from the bridge. */
export function read(data: Buffer): Down {
  return parseDown(data.toString());
}
