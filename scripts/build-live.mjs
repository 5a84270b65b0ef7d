/**
 * Copies the live page with its data sets into a folder: static files that any web server, or a page of a repository, can offer as they are.
 *
 *   node scripts/build-live.mjs [FOLDER]        site/live where none is given
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dataFile, dataFiles } from '../dist/lab/server/data-files.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const live = resolve(process.argv[2] ?? join(root, 'site/live'));
rmSync(live, { recursive: true, force: true });
cpSync(join(root, 'dist/lab/page'), live, { recursive: true });
for (const name of dataFiles()) {
  mkdirSync(dirname(join(live, name)), { recursive: true });
  writeFileSync(join(live, name), await dataFile(name));
}
// hosts that would run a site generator over the files leave them alone
writeFileSync(join(live, '.nojekyll'), '');
