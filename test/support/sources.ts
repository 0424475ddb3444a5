/**
 * The project's own source files, and what each imports.
 *
 * Decision: a few patterns instead of a parser. Imports stand at the beginning of a line by our format, and the
 * compiler we use has no parser to lend. Comments and strings are blanked before words are looked for.
 */
import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

export interface Import {
  /** As written. */
  from: string;
  /** Path of the file meant, from the root of the project; null for a package. */
  file: string | null;
  /** Name of the package (`@scope/name`), null for a file of ours or a Node built-in. */
  library: string | null;
  typeOnly: boolean;
}

export interface Source {
  /** From the root of the project, with forward slashes. */
  path: string;
  text: string;
}

const PATTERNS = [
  /^[ \t]*(?<kind>import|export)\b(?<names>[^'"`;]*?)\bfrom[ \t]*['"](?<from>[^'"]+)['"]/gm,
  /^[ \t]*import[ \t]*['"](?<from>[^'"]+)['"]/gm,
  /\bimport\([\s]*['"](?<from>[^'"]+)['"]/g,
];

/** Without comments. A `//` after a colon is part of an address, not a comment. */
export function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|<!--[\s\S]*?-->/g, ' ').replaceAll(/(?<![:'"`\\])\/\/.*$/gm, '');
}

/** Without comments and without what stands between quotes on one line. */
export function bareCode(text: string): string {
  return withoutComments(text).replaceAll(
    /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\$]|\\.)*`/g,
    "''",
  );
}

function library(from: string): string | null {
  if (from.startsWith('.') || from.startsWith('node:')) return null;
  return from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Everything a source imports or re-exports, also dynamically. */
export function importsOf({ path, text }: Source): Import[] {
  const code = withoutComments(text);
  return PATTERNS.flatMap((pattern) => [...code.matchAll(pattern)]).map(({ groups = {} }) => {
    const { from = '', names = '' } = groups;
    const file = from.startsWith('.') ? posix.join(posix.dirname(path), from) : null;
    return { from, file, library: library(from), typeOnly: /^\s*type\b/.test(names) };
  });
}

/** All source files below shared/, server/, web/ and test/; run from the root of the project. */
export function projectSources(): Source[] {
  return globSync('{shared,server,web,test}/**/*.{ts,tsx,css,html,sh,md}', {
    exclude: (path) => ['dist', 'node_modules', '.tmp', 'data', 'fixtures'].includes(posix.basename(path)),
  })
    .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
