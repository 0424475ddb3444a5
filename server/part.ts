/**
 * One MIME part as a stream, on a connection of its own.
 *
 * Decision: the lane is held while the part flows, so it is not the lane that works for the account. A reader who
 * stops reading is given up after a minute. Nothing is held in memory beyond the piece on its way.
 */
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { PartStream } from './doors.ts';
import type { ImapSession } from './imap.ts';
import { URGENT, type Lane } from './lane.ts';
import { layoutOf } from './mime.ts';
import type { MailboxRecord } from './store/records.ts';

const STALLED = 60_000;

/** Opens `part` of `uid`; resolves when its first bytes may flow. Null: no such message or part. */
export function openPart(
  lane: Lane,
  box: MailboxRecord,
  uid: number,
  part: string,
): Promise<PartStream | null> {
  return new Promise((resolve, reject) => {
    lane
      .run(URGENT.person, async (session) => {
        const found = await describe(session, box, uid, part);
        const source = found && (await session.stream(uid, part));
        if (!found || !source) return resolve(null);
        const stream = new PassThrough();
        resolve({ type: found.type, name: found.name, size: null, stream });
        await flow(source, stream);
      })
      .catch(reject);
  });
}

async function describe(session: ImapSession, box: MailboxRecord, uid: number, part: string) {
  await session.enter(box.path, box.uidvalidity);
  const detail = await session.detail(uid, []);
  return detail ? (layoutOf(detail.structure).parts.find((p) => p.part === part) ?? null) : null;
}

/** Copies `source` to `sink` until either ends or the reader stalls. */
async function flow(source: NodeJS.ReadableStream, sink: PassThrough): Promise<void> {
  try {
    for await (const piece of source) {
      if (sink.destroyed) break;
      if (!sink.write(piece)) await Promise.race([drained(sink), once(sink, 'close')]);
    }
    sink.end();
  } catch (error) {
    sink.destroy(error as Error);
  }
}

async function drained(sink: PassThrough): Promise<void> {
  const timer = setTimeout(() => sink.destroy(new Error('The reader stopped reading.')), STALLED);
  try {
    await once(sink, 'drain');
  } finally {
    clearTimeout(timer);
  }
}
