// The build of the live page: src/lab/page into dist/lab/page, for scripts/build-lab.mjs. It reads the TypeScript sources, so it needs the
// kernels and nothing else of dist/.
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { defineConfig } from 'vite';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const own = JSON.parse(readFileSync(path('package.json'), 'utf8'));

/** The names in "imports" of package.json, as a browser finds them, but in the sources. Folders are those that were dropped on the page. */
const alias = Object.entries(own.imports).map(([find, { default: file }]) => ({
  find,
  replacement:
    find === '#folder-store'
      ? path('src/lab/page/dropped/store.ts')
      : path(file.replace('./dist/', './src/').replace(/\.js$/, '.ts')),
}));

/**
 * Puts dropped files in the place of files on disk, for the readers of recordings. And keeps what modules of the page do when they are loaded:
 * "sideEffects" in package.json speaks of dist/ alone.
 */
const lab = () => ({
  name: 'lab',
  enforce: 'pre',
  transform: (_, id) => (id.includes('/src/lab/') && !id.includes('.css') ? { moduleSideEffects: true } : undefined),
  resolveId(source, importer) {
    if (!source.endsWith('/files.js') || !importer?.includes('/src/record/')) return undefined;
    return fileURLToPath(new URL(source, pathToFileURL(importer))) === path('src/record/files.js')
      ? path('src/lab/page/dropped/files.ts')
      : undefined;
  },
});

export default defineConfig({
  root: path('src/lab'),
  base: './', // the page works in any folder of any server
  resolve: { alias },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [lab()],
  worker: { format: 'es', plugins: () => [lab()] },
  build: {
    outDir: path('dist/lab/page'),
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0, // the policy of the page allows no data: URL but for images
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  logLevel: 'warn',
});
