// The build of the live page: src/lab/page into dist/lab/page, for scripts/build-lab.mjs. It reads the TypeScript sources, so it needs the
// kernels and nothing else of dist/.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

/** Folders of the packages of which the page and its workers contain code. Vite's own list leaves out those of workers. */
const bundled = new Set();

/** Notes the packages of a bundle; the page, which is bundled last, gets their licences in one file. */
const licences = ({ page = false } = {}) => ({
  name: 'licences',
  generateBundle(_, bundle) {
    for (const { modules = {} } of Object.values(bundle))
      for (const id of Object.keys(modules)) if (id.includes('node_modules')) bundled.add(packageOf(dirname(id)));
    if (!page) return;
    const texts = [...bundled].map(licenceOf).sort();
    this.emitFile({
      type: 'asset',
      fileName: 'LICENSES.md',
      source: `# Licences\n\nThis page contains code of the packages below.\n\n${texts.join('\n')}`,
    });
  },
});

/** The folder above a file with a package.json that names a package. */
const packageOf = (folder) => {
  const file = join(folder, 'package.json');
  return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).version ? folder : packageOf(dirname(folder));
};

const licenceOf = (folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!license && !file) throw new Error(`${name}, which the page contains, names no licence.`);
  const text = file ? readFileSync(join(folder, file), 'utf8').trim() : 'The package contains no text of its licence.';
  return `## ${name} ${version} (${license})\n\n${text}\n`;
};

export default defineConfig({
  root: path('src/lab'),
  base: './', // the page works in any folder of any server
  resolve: { alias },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [lab(), licences({ page: true })],
  worker: { format: 'es', plugins: () => [lab(), licences()] },
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
