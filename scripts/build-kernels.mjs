// Compiles every kernels/<name>/index.ts (AssemblyScript) twice, with and without relaxed-SIMD fused multiply-add,
// and writes both modules as base64 into src/kernels/<name>.generated.ts, so that the library needs no file access.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'src/kernels');
mkdirSync(out, { recursive: true });

const walk = (dir) =>
  readdirSync(dir).flatMap((f) => {
    const path = join(dir, f);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });

async function compile(entry, fma) {
  const features = ['--enable', 'simd', '--enable', 'bulk-memory'];
  if (fma) features.push('--enable', 'relaxed-simd');
  let wasm;
  const { error, stderr } = await asc.main(
    [
      entry,
      '--outFile',
      'out.wasm',
      '-O3',
      '--noAssert',
      '--runtime',
      'stub',
      '--debug',
      '--importMemory',
      ...features,
    ],
    {
      readFile: (name, base) => {
        const path = join(base, name);
        return existsSync(path) ? readFileSync(path, 'utf8') : null;
      },
      writeFile: (name, data) => {
        if (name.endsWith('.wasm')) wasm = data;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`${entry}: ${error.message}\n${stderr}`);
  return Buffer.from(wasm).toString('base64');
}

for (const name of readdirSync(join(root, 'kernels')).sort()) {
  const dir = join(root, 'kernels', name);
  if (!existsSync(join(dir, 'index.ts'))) continue;
  const hash = createHash('sha256');
  for (const f of [...walk(join(root, 'kernels')), fileURLToPath(import.meta.url)].sort()) hash.update(readFileSync(f));
  const stamp = `// source ${hash.digest('hex')}`;
  const target = join(out, `${name}.generated.ts`);
  if (existsSync(target) && readFileSync(target, 'utf8').startsWith(stamp)) continue;
  process.chdir(root);
  const entry = `kernels/${name}/index.ts`;
  const [fma, simd] = [await compile(entry, true), await compile(entry, false)];
  const text = `${stamp}\n// Built by scripts/build-kernels.mjs from ${entry}; do not edit.\nexport const ${name} = {\n  fma: '${fma}',\n  simd: '${simd}',\n};\n`;
  writeFileSync(target, text);
  console.log(
    `kernels/${name}: ${Math.round((fma.length * 3) / 4 / 1024)} KB with FMA, ${Math.round((simd.length * 3) / 4 / 1024)} KB without`,
  );
}
