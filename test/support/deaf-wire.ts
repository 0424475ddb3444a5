/**
 * A wire to an IMAP server on which IDLE goes deaf: the line stays, commands are answered, events never come.
 *
 * Decision: no IMAP server of ours can be brought to this, so untagged lines are taken out between the
 * client's IDLE and its DONE, on the connections that are open when the test says so. Later ones hear.
 */
import { connect, createServer } from 'node:net';
import { freePort } from '../../server/demo/ports.ts';
import { type Ending, after } from './after.ts';

export interface DeafWire {
  port: number;
  /** From now on the connections that idle hear nothing. */
  deafen: () => void;
  /** Connections idling now: those that hear, and those that do not. */
  idling: () => { hearing: number; deaf: number };
  /** Resolves when `condition` holds; looks again after each chunk and each end. */
  until: (condition: () => boolean) => Promise<void>;
  /** Untagged lines that idling connections were told so far, and those that were taken out. */
  carried: string[];
  swallowed: string[];
}

interface Ear {
  idling: boolean;
  deaf: boolean;
}

/** Starts such a wire to 127.0.0.1:`target` for the length of `t`. */
export async function startDeafWire(t: Ending, target: number): Promise<DeafWire> {
  const ears = new Set<Ear>();
  const carried: string[] = [];
  const swallowed: string[] = [];
  const ends = new Set<() => void>();
  let told: (() => void)[] = [];
  const tell = () => {
    for (const resolve of told.splice(0)) resolve();
  };
  const server = createServer((near) => {
    const ear: Ear = { idling: false, deaf: false };
    const far = connect({ port: target, host: '127.0.0.1' });
    const end = () => {
      ears.delete(ear);
      ends.delete(end);
      near.destroy();
      far.destroy();
      tell();
    };
    ears.add(ear);
    ends.add(end);
    near.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      if (/^\S+ IDLE\r\n/im.test(text)) ear.idling = true;
      if (/^DONE\r\n/im.test(text)) ear.idling = false;
      far.write(chunk);
      tell();
    });
    far.on('data', (chunk: Buffer) => {
      const { tagged, untagged } = apart(chunk);
      if (ear.idling) (ear.deaf ? swallowed : carried).push(...untagged);
      near.write(ear.idling && ear.deaf ? tagged : chunk);
      tell();
    });
    // A broken end is this proxy's trade: 'close' follows and takes the other with it.
    for (const socket of [near, far]) socket.on('error', () => {}).on('close', end);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  after(t, async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const end of ends) end();
    await closed;
  });
  return {
    port,
    carried,
    swallowed,
    deafen: () => ears.forEach((ear) => (ear.deaf = ear.idling)),
    idling: () => {
      const all = [...ears].filter((ear) => ear.idling);
      return { hearing: all.filter((ear) => !ear.deaf).length, deaf: all.filter((ear) => ear.deaf).length };
    },
    until: async (condition) => {
      while (!condition()) await new Promise<void>((resolve) => told.push(resolve));
    },
  };
}

/** The lines of a chunk that begin with `*`, and the chunk without them. */
function apart(chunk: Buffer): { tagged: Buffer; untagged: string[] } {
  const lines = chunk.toString('latin1').split(/(?<=\r\n)/);
  const tagged = lines.filter((line) => !line.startsWith('*')).join('');
  return { tagged: Buffer.from(tagged, 'latin1'), untagged: lines.filter((line) => line.startsWith('*')) };
}
