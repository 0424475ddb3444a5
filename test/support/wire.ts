/**
 * A wire one can cut: a TCP proxy on loopback between two parts of the system.
 *
 * Decision: networks fail in four ways that software meets differently, so each has its own verb: the line breaks
 * (`cut`), nobody listens (`refuse`), silence on an open line (`hold`), and back to normal (`open`).
 */
import { type Server, type Socket, connect, createServer } from 'node:net';
import { freePort } from '../../server/demo/ports.ts';
import { type Ending, after } from './after.ts';

export interface Wire {
  /** Connect here to reach the target. */
  port: number;
  /** Breaks every connection now; new ones are let through. */
  cut: () => void;
  /** Breaks every connection and refuses new ones. */
  refuse: () => Promise<void>;
  /** Bytes stop in both directions, connections stay. New ones are accepted and hear nothing. */
  hold: () => void;
  /** From the moment the caller says `words`: what it asks arrives, and no answer comes back. */
  holdAnswersTo: (words: string) => void;
  /** Everything flows again, what was held first. */
  open: () => Promise<void>;
  /** Connections that are open now. */
  connections: () => number;
  /** Bytes carried so far: up is towards the target. */
  bytes: { up: number; down: number };
}

/** One connection through the wire. */
interface Pair {
  near: Socket;
  far: Socket;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
}

/** Closes one end when the other ended, breaks it when the other broke. */
function tie(a: Socket, b: Socket): void {
  a.on('end', () => b.end());
  a.on('close', () => b.destroy());
  // A broken connection is this proxy's trade: 'close' follows and takes the other end with it.
  a.on('error', () => {});
}

/** Starts a wire to 127.0.0.1:`target` for the length of `t`. */
export async function startWire(t: Ending, target: number): Promise<Wire> {
  const pairs = new Set<Pair>();
  const bytes = { up: 0, down: 0 };
  let held = false;
  let deaf = false;
  let words: string | null = null;
  const listenFor = (chunk: Buffer) => {
    if (words === null || !chunk.includes(words)) return;
    words = null;
    deaf = true;
    for (const { far } of pairs) far.pause();
  };
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    const pair = { near, far };
    pairs.add(pair);
    near.once('close', () => pairs.delete(pair));
    near.on('data', (chunk: Buffer) => {
      listenFor(chunk);
      bytes.up += chunk.length;
      far.write(chunk);
    });
    far.on('data', (chunk) => void ((bytes.down += chunk.length), near.write(chunk)));
    tie(near, far);
    tie(far, near);
    if (held) near.pause();
    if (held || deaf) far.pause();
  });
  const port = await freePort();
  const cut = () => {
    for (const { near, far } of pairs) for (const socket of [near, far]) socket.resetAndDestroy();
  };
  const refuse = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    cut();
    if (server.listening) await closed;
  };
  const open = async () => {
    held = false;
    deaf = false;
    for (const { near, far } of pairs) for (const socket of [near, far]) socket.resume();
    if (!server.listening) await listen(server, port);
  };
  const hold = () => {
    held = true;
    for (const { near, far } of pairs) for (const socket of [near, far]) socket.pause();
  };
  const holdAnswersTo = (said: string) => {
    words = said;
  };
  await listen(server, port);
  after(t, async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const { near, far } of pairs) for (const socket of [near, far]) socket.destroy();
    if (server.listening) await closed;
  });
  return { port, cut, refuse, hold, holdAnswersTo, open, connections: () => pairs.size, bytes };
}
