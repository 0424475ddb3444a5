/**
 * Frames a device sends, for the tests of the tunnel, and a tunnel that has been greeted.
 */
import { PROTOCOL } from '../../shared/protocol.ts';
import type { Edge, TestTunnel } from './edge.ts';
import type { FakeAccount } from './heart.ts';

export const LIBRARY = 'library@example.org';
export const TIMETABLE = 'timetable@example.org';
export const HELLO = { t: 'hello', protocol: PROTOCOL, build: 'test', visible: true, cursors: [] };

/** Id of the call with this index. */
export const callId = (index: number) =>
  `5f0c1a52-7c1e-4b52-9f6e-0000000000${String(index).padStart(2, '0')}`;

export const refresh = (account: string, mailbox: number | null = null) => ({
  t: 'refresh',
  account,
  mailbox,
});
export const want = (account: string) => ({ t: 'want', account, messages: [1, 2], ahead: false });
export const call = (account: string, index: number) => ({
  t: 'call',
  call: { id: callId(index), account, steps: [{ verb: 'archive', messages: [1] }] },
});

export interface Welcomed {
  tunnel: TestTunnel;
  account: FakeAccount;
}

/** Signs the library in and opens a tunnel that was welcomed. */
export async function welcomed(edge: Edge): Promise<Welcomed> {
  const tunnel = edge.tunnel(await edge.signIn(LIBRARY));
  await tunnel.greet();
  return { tunnel, account: edge.accounts.library };
}
