// Ends the TypeScript build: removes the output of source files that no longer exist, and makes the command executable.
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
for (const name of readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })) {
  if (name.split(sep).slice(0, 2).join('/') === 'lab/page') continue; // written by build-lab.mjs, which empties it
  const source = name.replace(/(?:\.d\.ts|\.js)$/, '.ts');
  if (source !== name && !existsSync(join(root, 'src', source))) rmSync(join(root, 'dist', name));
}
const main = join(root, 'dist/cli/main.js');
if (existsSync(main)) chmodSync(main, 0o755);
