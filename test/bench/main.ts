/**
 * `npm run bench`: the figures behind the claims, each measured against a budget and against raw IMAP in the same run.
 *
 *   npm run bench                     every part in its default size
 *   npm run bench -- resume 1000      one part, with its own words
 *   npm run bench -- memory full      1 000 accounts and 2 000 devices
 *
 * Decision: ratios within one run, for the machine may be busy; absolute times are shown and judge nothing. Exit
 * code 0 unless a part breaks: a budget that was missed is printed, not hidden and not fatal.
 */
import { bytes } from './bytes.ts';
import { delivery } from './delivery.ts';
import { memory } from './memory.ts';
import { resume } from './resume.ts';
import { onStage, type Stage } from './stage.ts';

const PARTS: Record<string, (stage: Stage, words: string[]) => Promise<void>> = {
  resume,
  memory,
  bytes,
  delivery,
};

const [wanted, ...words] = process.argv.slice(2);
const names = wanted === undefined ? Object.keys(PARTS) : [wanted];
for (const name of names) {
  const part = PARTS[name];
  if (!part) {
    process.stderr.write(`There is no part ${name}; there are ${Object.keys(PARTS).join(', ')}.\n`);
    process.exit(2);
  }
  try {
    await onStage(name, (stage) => part(stage, words));
  } catch (error) {
    process.stderr.write(
      `${name} broke: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  }
}
