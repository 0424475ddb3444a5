/**
 * The rules of the house that the compiler cannot see.
 *
 * Decision: each rule is a function from sources to offences, with an example of a breach beside it. The test runs
 * the rule on both, so a rule that has stopped looking is noticed like one that is broken.
 */
import { posix } from 'node:path';
import { type Source, bareCode, importsOf, withoutComments } from './sources.ts';

export interface Rule {
  name: string;
  /** One line for each offence. */
  offences: (sources: Source[]) => string[];
  /** Sources that must be found guilty. */
  breach: Source[];
}

const MOST_LINES = 400;
const code = ({ path }: Source) => /\.tsx?$/.test(path);
const at =
  (...folders: string[]) =>
  ({ path }: Source) =>
    folders.some((folder) => path.startsWith(`${folder}/`));
const source = (path: string, text: string): Source => ({ path, text });

/** Libraries that are a way of writing and not a service: where they may be imported freely. */
const EVERYWHERE: [library: RegExp, where: RegExp][] = [
  [/^preact$|^@preact\/signals$/, /^web\/(?:ui\/|main\.tsx$)/],
  [/^valibot$/, /^shared\//],
];

/** The first cycle found from `path`, as the way round. */
function cycle(
  graph: Map<string, string[]>,
  path: string,
  way: string[],
  done: Set<string>,
): string[] | null {
  if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
  if (done.has(path)) return null;
  done.add(path);
  for (const next of graph.get(path) ?? []) {
    const found = cycle(graph, next, [...way, path], done);
    if (found !== null) return found;
  }
  return null;
}

function cycles(sources: Source[]): string[] {
  const files = sources.filter(code);
  const graph = new Map(files.map((s) => [s.path, importsOf(s).flatMap(({ file }) => file ?? [])]));
  const done = new Set<string>();
  return files.flatMap(({ path }) => cycle(graph, path, [], done)?.join(' → ') ?? []);
}

function foreign(sources: Source[]): string[] {
  const users = new Map<string, Set<string>>();
  for (const s of sources.filter(code).filter(at('server', 'web'))) {
    for (const { library, typeOnly } of importsOf(s)) {
      if (library === null || EVERYWHERE.some(([name, where]) => name.test(library) && where.test(s.path)))
        continue;
      // The framework's types name the arguments of every route; only app.ts may bring it to life.
      if (typeOnly && /^@?fastify\b/.test(library)) continue;
      const room = `${library} in ${s.path.split('/')[0]}/`;
      users.set(room, (users.get(room) ?? new Set()).add(s.path));
    }
  }
  const shared = [...users].filter(([, files]) => files.size > 1);
  return shared.map(([room, files]) => `${room} is imported by ${[...files].join(', ')}`);
}

function imports(sources: Source[], bad: (library: string | null, file: string | null) => boolean): string[] {
  return sources
    .filter(code)
    .flatMap((s) =>
      importsOf(s).flatMap(({ from, library, file }) => (bad(library, file) ? `${s.path}: ${from}` : [])),
    );
}

function words(sources: Source[], word: RegExp, view: (text: string) => string): string[] {
  return sources.flatMap(({ path, text }) =>
    view(text)
      .split('\n')
      .flatMap((line) => (word.test(line) ? `${path}: ${line.trim()}` : [])),
  );
}

export const RULES: Rule[] = [
  {
    name: 'no file imports itself by a detour',
    offences: cycles,
    breach: [source('server/a.ts', "import { b } from './b.ts';"), source('server/b.ts', "import './a.ts';")],
  },
  {
    name: 'a foreign library is known to one file of the bridge and one file of the web app',
    offences: foreign,
    breach: [
      source('server/a.ts', "import x from 'idb/x';"),
      source('server/b.ts', "const x = await import('idb');"),
    ],
  },
  {
    name: 'shared/ imports nothing but the validator and itself',
    offences: (all) =>
      imports(all.filter(at('shared')), (library, file) =>
        file === null ? library !== 'valibot' : !file.startsWith('shared/'),
      ),
    breach: [source('shared/a.ts', "import { readFileSync } from 'node:fs';")],
  },
  {
    name: 'nothing outside test/ imports from test/',
    offences: (all) =>
      imports(all.filter(at('shared', 'server', 'web')), (_, file) => file?.startsWith('test/') ?? false),
    breach: [source('server/a.ts', "export { x } from '../test/x.ts';")],
  },
  {
    name: `no file is longer than ${MOST_LINES} lines`,
    offences: (all) =>
      all.filter(({ text }) => text.split('\n').length > MOST_LINES + 1).map(({ path }) => path),
    breach: [source('web/ui/a.tsx', '\n'.repeat(MOST_LINES + 1))],
  },
  {
    name: 'no file is named after nothing in particular',
    offences: (all) =>
      all
        .map(({ path }) => path)
        .filter((path) => code({ path, text: '' }))
        .filter((path) => /^(?:utils?|helpers?|common|misc|index)\b/.test(posix.basename(path))),
    breach: [source('server/utils.ts', '')],
  },
  {
    name: 'only server/config.ts reads the environment',
    offences: (all) =>
      words(
        all
          .filter(code)
          .filter(at('shared', 'server', 'web'))
          .filter(({ path }) => path !== 'server/config.ts'),
        /\bprocess\s*\.\s*env\b|\bimport\.meta\.env\b/,
        bareCode,
      ),
    breach: [source('server/a.ts', 'const port = process.env.PORT;')],
  },
  {
    name: 'no frame is ever given the origin of the app',
    offences: (all) => words(all.filter(at('shared', 'server', 'web')), /allow-same-origin/, withoutComments),
    breach: [source('web/ui/a.tsx', '<iframe sandbox="allow-same-origin" />')],
  },
  {
    name: 'the engine knows no page',
    offences: (all) => words(all.filter(code).filter(at('web/engine')), /\b(?:document|window)\b/, bareCode),
    breach: [source('web/engine/a.ts', "window.addEventListener('online', go);")],
  },
];
