/**
 * What one part of the bench stands on: it says how far it is, and whatever it started ends with it.
 *
 * Decision: parts borrow the parts of the tests (Dovecot, bridge, wire), which end with a test; a stage plays that
 * test. The tables go to stdout, so they can be kept; everything else goes to stderr.
 */
import type { Ending } from '../support/after.ts';

export interface Stage extends Ending {
  /** One line on stderr, with the seconds since the part began. */
  say: (line: string) => void;
}

/** Runs a part; what it registered is ended afterwards, also when it failed. */
export async function onStage(name: string, run: (stage: Stage) => Promise<void>): Promise<void> {
  const began = performance.now();
  const endings: (() => Promise<void>)[] = [];
  const say = (line: string) => {
    const seconds = ((performance.now() - began) / 1000).toFixed(0).padStart(4);
    process.stderr.write(`${seconds} s  ${name}: ${line}\n`);
  };
  let stopping = false;
  const end = async () => {
    stopping = true;
    for (const ending of endings.splice(0)) await ending();
  };
  // Interrupted, the part still ends what it started; the second signal ends the bench at once.
  const interrupted = () => {
    if (stopping) process.exit(130);
    end().then(
      () => process.exit(130),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted);
  try {
    await run({ say, after: (task) => void endings.push(task) });
  } finally {
    await end();
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  }
}

/** The middle of some numbers. */
export function median(numbers: number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('the median of nothing');
  return middle;
}
