/**
 * The build: the page, then the service worker that keeps it.
 *
 * Decision: no plugin but twenty lines of our own. Once the page is written, they list what was written and build
 * `sw.ts` with that list. Assets carry a hash in their name; the rest gets a revision. No inline script, no
 * polyfill: the page must run under `script-src 'self'`.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, defineConfig, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const outDir = here('dist');
const version = (JSON.parse(readFileSync(here('../package.json'), 'utf8')) as { version: string }).version;

/** Every built file the shell needs without a network, as workbox wants it. */
function shell(): { url: string; revision: string | null }[] {
  return readdirSync(outDir, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile() && /\.(?:js|css|html|svg|png|webmanifest)$/.test(f.name) && f.name !== 'sw.js')
    .map((f) => {
      const path = join(f.parentPath, f.name);
      const url = `/${relative(outDir, path).replaceAll('\\', '/')}`;
      const hash = createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
      return { url, revision: url.startsWith('/assets/') ? null : hash };
    })
    .sort((a, b) => (a.url < b.url ? -1 : 1));
}

function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    async closeBundle() {
      await build({
        configFile: false,
        logLevel: 'warn',
        publicDir: false,
        define: { 'process.env.NODE_ENV': '"production"', 'self.__WB_MANIFEST': JSON.stringify(shell()) },
        build: {
          outDir,
          emptyOutDir: false,
          target: 'es2022',
          lib: { entry: here('sw.ts'), formats: ['es'], fileName: () => 'sw.js' },
        },
      });
    },
  };
}

export default defineConfig({
  root: here('.'),
  define: { PIMENTO_BUILD: JSON.stringify(version) },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { outDir, emptyOutDir: true, target: 'es2022', sourcemap: true, modulePreload: { polyfill: false } },
  plugins: [serviceWorker()],
});
