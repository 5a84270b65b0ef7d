// Ends the TypeScript build: removes the output of source files that no longer exist, makes the command executable, and puts the licence of
// the code beside it that the AssemblyScript compiler adds to the kernels, and that of the font beside its outlines.
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

const compiler = join(root, 'node_modules/assemblyscript');
const { version, license } = JSON.parse(readFileSync(join(compiler, 'package.json'), 'utf8'));
const head =
  '# Licences\n\nThe compiled kernels (`*.generated.js`) contain code of the standard library of the package below.';
const text = readFileSync(join(compiler, 'LICENSE'), 'utf8').trim();
writeFileSync(
  join(root, 'dist/kernels/LICENSES.md'),
  `${head}\n\n## assemblyscript ${version} (${license})\n\n${text}\n`,
);
copyFileSync(join(root, 'src/report/pdf/LICENSES.md'), join(root, 'dist/report/pdf/LICENSES.md'));
