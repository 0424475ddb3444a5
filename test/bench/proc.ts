/**
 * The memory of the bridge, as the kernel counts it (proc(5), smaps_rollup) and as its heap does.
 *
 * Decision: `own` is the private part of what is resident: pages of the program file, shared with every other Node on
 * the machine, are not charged to anybody. It is read after a collection. A bridge has settled when what its
 * heap holds no longer changes; it tells nobody that it has nothing to do, so a clock is all there is.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bridge } from '../support/bridge.ts';
import { inspect, type Kinds } from './inspector.ts';
import type { Stage } from './stage.ts';

/** Kilobytes. */
export interface Reading {
  /** Resident and private. */
  own: number;
  /** In use on V8's heap, and in buffers outside it. */
  heap: number;
  outside: number;
  /** What V8 has taken for its heap, used or not. */
  taken: number;
  /** What the heap is made of, where that was asked for. */
  kinds: Kinds | null;
}

const EVERY = 3000;
const MOST = 100;

/** The process that listens on this TCP port of loopback. */
function listenerOn(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const line = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
    .find((row) => row[1]?.endsWith(`:${hex}`) && row[3] === '0A');
  const socket = `socket:[${line?.[9]}]`;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = pids.find((pid) => holds(pid, socket));
  if (!line || found === undefined) throw new Error(`nobody listens on port ${port}`);
  return Number(found);
}

function holds(pid: string, socket: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === socket);
  } catch (error) {
    // A process or one of its files that ended while we looked, or that is not ours, is not the one.
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (['ENOENT', 'EACCES', 'EPERM', 'ESRCH'].includes(code)) return false;
    throw error;
  }
}

/** Resident and private memory of a process, kilobytes. */
function ownOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kilobytes = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(text)?.[1]);
  return kilobytes('Private_Dirty') + kilobytes('Private_Clean');
}

/** A bridge's memory once it has settled. `inspector`: its port; `why`: also what the heap is made of. */
export async function settled(
  ...[bridge, inspector, stage, what, why]: [Bridge, number, Stage, string, boolean]
): Promise<Reading> {
  const pid = listenerOn(Number(new URL(bridge.url).port));
  const look = await inspect(stage, inspector);
  const reading = async (): Promise<Reading> => {
    await look.collect();
    const { heap, outside, taken } = await look.usage();
    const kb = { heap: heap / 1024, outside: outside / 1024, taken: taken / 1024 };
    return { own: ownOf(pid), ...kb, kinds: null };
  };
  let last = await reading();
  for (let [all, quiet] = [0, 0]; quiet < 3 && all < MOST; all++) {
    await sleep(EVERY);
    const next = await reading();
    const same =
      Math.abs(next.heap - last.heap) < 0.005 * last.heap && Math.abs(next.own - last.own) < 0.01 * last.own;
    quiet = same ? quiet + 1 : 0;
    last = next;
  }
  stage.say(
    `${what}: ${(last.own / 1024).toFixed(1)} MB, heap ${(last.heap / 1024).toFixed(1)} of ${(last.taken / 1024).toFixed(1)} MB`,
  );
  return { ...last, kinds: why ? await look.kinds() : null };
}
