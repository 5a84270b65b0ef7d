/** What must be true of the files that a registry would get: the tarball for npm, the wheel and the source distribution for Python. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, sep } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { facts } from './places.mjs';
import { relativeLinks } from './texts.mjs';

const WANTED = [
  'LICENSE',
  'README.md',
  'CHANGELOG.md',
  'CITATION.cff',
  'dist/cli/main.js',
  'dist/lab/page/LICENSES.md',
  'dist/kernels/LICENSES.md',
  'dist/report/pdf/LICENSES.md',
  'python/src/thermograd/bridge/__main__.py',
];

/** Lists what is wrong with a tarball, one sentence each. `published`: its README has to stand outside the repository. */
export async function tarballFaults(root, tarball, { published = false } = {}) {
  const bytes = readFileSync(tarball);
  const pack = { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) };
  const { messages, pkg } = await publint({ pack, strict: true });
  const faults = messages.map((m) => `publint: ${formatMessage(m, pkg, { color: false })}`);

  // the package is ESM alone, and says so; see "type" in package.json
  const attw = join(root, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js');
  const asked = [attw, tarball, '--profile', 'esm-only', '--no-color', '--no-emoji'];
  const types = spawnSync(process.execPath, asked, { encoding: 'utf8' });
  if (types.status !== 0 || /does not contain types/.test(types.stdout))
    faults.push(`attw: ${types.stdout}${types.stderr}`);

  return withUnpacked(['tar', '-xzf', tarball, '-C'], (folder) => {
    const inside = join(folder, 'package');
    faults.push(
      ...WANTED.filter((file) => !existsSync(join(inside, file))).map((file) => `the tarball has no ${file}.`),
    );
    faults.push(...identityFaults('the tarball', root, JSON.parse(readFileSync(join(inside, 'package.json'), 'utf8'))));
    for (const file of filesIn(inside)) {
      if (/(^|\/)(test|node_modules)\/|\.map$|(?<!\.d)\.ts$/.test(file)) faults.push(`the tarball has ${file}.`);
      if (/\.(js|json|md|html|css|py)$/.test(file) && readFileSync(join(inside, file), 'utf8').includes(root))
        faults.push(`${file} of the tarball names a folder of this machine.`);
    }
    if (published) faults.push(...linkFaults('README.md', readFileSync(join(inside, 'README.md'), 'utf8')));
    return faults;
  });
}

/** Lists what is wrong with a wheel or a source distribution. */
export function pythonFaults(root, python, file, { published = false } = {}) {
  const name = basename(file);
  const unpack = file.endsWith('.whl') ? [python, '-m', 'zipfile', '-e', file] : ['tar', '-xzf', file, '-C'];
  return withUnpacked(unpack, (folder) => {
    const files = filesIn(folder);
    const faults = [];
    const one = (pattern, what) => {
      const found = files.find((f) => pattern.test(f));
      if (!found) faults.push(`${name} has no ${what}.`);
      return found ? readFileSync(join(folder, found), 'utf8') : '';
    };
    if (!files.some((f) => /(^|-)[^/]*(\.dist-info|[0-9])\/(licenses\/)?LICENSE$/.test(f)))
      faults.push(`${name} has no LICENSE beside its metadata.`);
    const metadata = one(/^[^/]*(\.dist-info\/METADATA|\/PKG-INFO)$/, 'metadata');
    const said = (key) => new RegExp(`^${key}: (.*)$`, 'm').exec(metadata)?.[1];
    faults.push(...identityFaults(name, root, { name: said('Name'), version: said('Version') }));
    if (said('Description-Content-Type') !== 'text/markdown') faults.push(`${name} has no description in Markdown.`);
    if (!said('Project-URL')) faults.push(`${name} names no address of the project.`);
    if (published) faults.push(...linkFaults(`the description of ${name}`, metadata));
    one(/thermograd\/_program\/dist\/cli\/main\.js$/, 'program');
    const listed = one(/thermograd\/_program\/LICENSES\.md$/, 'list of the licences of the program');
    for (const f of files) {
      const modules = /_program\/(node_modules\/(?:.*\/node_modules\/)?((?:@[^/]+\/)?[^/]+))\/package\.json$/.exec(f);
      if (modules && !listed.includes(`\n- ${modules[2]} `))
        faults.push(`${name}: LICENSES.md does not name ${modules[2]}.`);
    }
    for (const text of listed.match(/(?<=\[)node_modules[^\]]*(?=\])/g)?.flatMap((t) => t.split(', ')) ?? [])
      if (!files.some((f) => f.endsWith(`_program/${text}`))) faults.push(`${name} has no ${text}.`);
    return faults;
  });
}

function identityFaults(what, root, own) {
  const { name, version } = facts(root);
  return own.name === name && own.version === version
    ? []
    : [`${what} is ${own.name} ${own.version}, and package.json says ${name} ${version}.`];
}

function linkFaults(what, text) {
  return relativeLinks(text).map((to) => `${what} has the link ${to}, which leads nowhere outside the repository.`);
}

function withUnpacked([program, ...options], use) {
  const folder = mkdtempSync(join(tmpdir(), 'thermograd-unpacked-'));
  try {
    const done = spawnSync(program, [...options, folder], { encoding: 'utf8' });
    if (done.status !== 0) return [`${options.at(-2)} cannot be unpacked: ${done.stderr ?? done.error}`];
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => name.split(sep).join('/'));
}
