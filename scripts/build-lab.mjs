// Builds the live page into dist/lab/page (vite.config.mjs) and writes the list of its files into its service worker.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'dist/lab/page');

await build({ configFile: join(root, 'vite.config.mjs') });

const WORKER = 'service-worker.js';
const files = readdirSync(out, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name !== WORKER)
  .map((entry) =>
    join(entry.parentPath, entry.name)
      .slice(out.length + 1)
      .split(sep)
      .join('/'),
  )
  .sort();
const digest = createHash('sha256');
for (const file of files) digest.update(file).update(readFileSync(join(out, file)));
const worker = readFileSync(join(out, WORKER), 'utf8')
  .replace('const FILES = [];', `const FILES = ${JSON.stringify(files)};`)
  .replace("const DIGEST = '';", `const DIGEST = '${digest.digest('hex').slice(0, 16)}';`);
if (!worker.includes('index.html') || worker.includes("DIGEST = ''"))
  throw new Error(`${WORKER} has no place for the list of files.`);
writeFileSync(join(out, WORKER), worker);
