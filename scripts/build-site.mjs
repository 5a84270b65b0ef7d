// Copies the live page with its data sets to site/: static files that any web server, or a page of a repository, can offer as they are.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dataFile, dataFiles } from '../dist/lab/server/data-files.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const site = join(root, 'site');
rmSync(site, { recursive: true, force: true });
cpSync(join(root, 'dist/lab/page'), site, { recursive: true });
for (const name of dataFiles()) {
  mkdirSync(dirname(join(site, name)), { recursive: true });
  writeFileSync(join(site, name), await dataFile(name));
}
// hosts that would run a site generator over the files leave them alone
writeFileSync(join(site, '.nojekyll'), '');
