/**
 * Runs the tests: `npm test`, or `npm test -- words` for the files whose path contains one of the words.
 *
 * Decision: Node's own runner, one process for each file, as many at a time as there are cores, but never more
 * than two: a file may start a mail server, a bridge and a browser. Its closing lines are what CI reads. A file
 * that hangs is ended and counts as failed. test/house.test.ts belongs to `npm run check`.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const PER_TEST_MS = 600_000;

const words = process.argv.slice(2);
const files = globSync('test/**/*.test.ts')
  .filter((file) => file !== 'test/house.test.ts')
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();

if (files.length === 0) {
  console.error(`No test file matches: ${words.join(' ')}`);
  process.exit(1);
}
const child = spawn(
  process.execPath,
  [
    '--test',
    `--test-concurrency=${Math.min(2, availableParallelism())}`,
    `--test-timeout=${PER_TEST_MS}`,
    '--test-reporter=spec',
    ...files,
  ],
  { stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => process.exit(code ?? 1));
