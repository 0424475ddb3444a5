/**
 * One bridge for one data directory.
 *
 * Decision: two bridges on the same ledger could send one mail twice, so the second does not start. The lock is a
 * socket that is listened on, named after the directory: the kernel takes it away with the process, however that
 * died, so there is no stale lock and no file to clean up. On Linux the name is abstract (unix(7)); elsewhere
 * it is a file, and one that nobody answers on is removed. It does not reach across containers.
 */
import { createHash } from 'node:crypto';
import { realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Locks an existing directory; the answer unlocks it. Null: another process holds it. */
export async function lockDirectory(dir: string): Promise<(() => Promise<void>) | null> {
  const name = `pimento-${createHash('sha256').update(realpathSync(dir)).digest('hex').slice(0, 32)}`;
  const path = process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
  const server = (await listen(path)) ?? (await afterStale(path));
  if (!server) return null;
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}

/** Null: the name is taken. */
function listen(path: string): Promise<Server | null> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    );
    server.listen(path, () => resolve(server));
  });
}

async function afterStale(path: string): Promise<Server | null> {
  if (path.startsWith('\0') || (await answers(path))) return null;
  rmSync(path, { force: true });
  return listen(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
