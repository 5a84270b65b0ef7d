/**
 * The documentation holds: links and anchors lead somewhere, flags and names exist, and code marked `runnable` runs.
 *
 * Blocks fenced as ```js runnable, ```sh runnable, ```python runnable run in the order of their page, in one folder per page
 * in which thermograd is installed; ```yaml file=NAME puts a file there first. They must end with exit code 0. Those fenced as
 * runnable=torch run with the Python package and a Python that has PyTorch, as `python3`; runnable=pandas needs pandas, runnable=latex pdflatex.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { HANG } from './support/cli.js';
import { torchPython } from './support/python.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const walk = (folder: string, end: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((f) => f.endsWith(end))
        .map((f) => join(folder, f))
    : [];
const pages = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md']
    .map((f) => join(root, f))
    .filter((f) => existsSync(f)),
  ...walk(join(root, 'docs'), '.md'),
].map((path) => ({ path, name: relative(root, path), text: readFileSync(path, 'utf8') }));
const code = [...walk(join(root, 'src'), '.ts'), ...walk(join(root, 'kernels'), '.ts')]
  .filter((f) => !f.endsWith('.generated.ts'))
  .map((f) => readFileSync(f, 'utf8'))
  .join('\n');
/** Everything that may declare a flag: the command table, what commands share, and the command of every experiment. */
const commands = [
  ...walk(join(root, 'src/cli'), '.ts'),
  ...walk(join(root, 'src/terminal'), '.ts'),
  ...walk(join(root, 'src/experiments'), 'command.ts'),
  join(root, 'src/lab/command.ts'),
]
  .map((f) => readFileSync(f, 'utf8'))
  .join('\n');

interface Block {
  readonly language: string;
  readonly info: string;
  readonly text: string;
}
const blocksOf = (text: string): Block[] =>
  [...text.matchAll(/^```(\w+) ?([^\n]*)\n([\s\S]*?)^```$/gm)].map(([, language, info, body]) => ({
    language,
    info: info.trim(),
    text: body,
  }));

const python = [process.env.THERMOGRAD_PYTHON, 'python3', '/usr/bin/python3'].find(
  (p) => p && spawnSync(p, ['-c', 'import zarr; assert zarr.__version__ >= "3"']).status === 0,
);

const pandas = [process.env.THERMOGRAD_PYTHON, 'python3', '/usr/bin/python3'].find(
  (p) => p && spawnSync(p, ['-c', 'import numpy, pandas']).status === 0,
);
const latex = spawnSync('pdflatex', ['--version']).status === 0;

/** An empty project in which thermograd is installed, as a reader has it. */
function project(): string {
  const folder = mkdtempSync(join(tmpdir(), 'thermograd-docs-'));
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  symlinkSync(root, join(folder, 'node_modules/thermograd'), 'dir');
  symlinkSync(join(root, 'dist/cli/main.js'), join(folder, 'node_modules/.bin/thermograd'));
  return folder;
}

/** The environment of a block that needs PyTorch: the package, and a folder in which python3 is the Python that has it. */
function withTorch(folder: string): NodeJS.ProcessEnv {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const python3 = join(bin, 'python3');
  if (!existsSync(python3)) writeFileSync(python3, `#!/bin/sh\nexec '${torchPython}' "$@"\n`, { mode: 0o755 });
  const { VIRTUAL_ENV: _, ...env } = process.env;
  return {
    ...env,
    PATH: `${bin}:${env.PATH}`,
    PYTHONPATH: join(root, 'python/src'),
    THERMOGRAD_PROGRAM: join(root, 'dist/cli/main.js'),
    OMP_NUM_THREADS: '1',
  };
}

function run({ language, text, info }: Block, folder: string): { status: number | null; output: string } {
  if (language === 'js') writeFileSync(join(folder, 'block.mjs'), text);
  const [command, ...args] =
    language === 'sh'
      ? ['bash', '-euc', text]
      : language === 'python'
        ? [{ 'runnable=torch': 'python3', 'runnable=pandas': pandas! }[info] ?? python!, '-c', text]
        : [process.execPath, 'block.mjs'];
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: folder,
    ...(info === 'runnable=torch' && { env: withTorch(folder) }),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: HANG,
  });
  return { status, output: `${stdout}${stderr}` };
}

const withoutBlocks = (text: string) => text.replace(/^```[\s\S]*?^```$/gm, '');

/** The anchors of a page: those that it sets itself, and those that GitHub makes of its headings. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set([...text.matchAll(/<a id="([^"]*)">/g)].map((m) => m[1]));
  for (const [, heading] of withoutBlocks(text).matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const words = heading
      .replace(/<[^>]*>/g, '')
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase();
    const plain = words.replace(/[^\p{L}\p{M}\p{N}_ -]/gu, '').replace(/ /g, '-');
    let anchor = plain;
    for (let k = 1; anchors.has(anchor); k++) anchor = `${plain}-${k}`;
    anchors.add(anchor);
  }
  return anchors;
}

it('anchors are those of GitHub', () => {
  const text =
    '# <a id="A1"></a>A `code` title: [a link](x.md), it is\n\n```sh\n# no heading\n```\n\n## Δ_x, η/B\n\n## Twice\n\n## Twice\n';
  expect([...anchorsOf(text)]).toEqual(['A1', 'a-code-title-a-link-it-is', 'δ_x-ηb', 'twice', 'twice-1']);
});

describe.each(pages)('$name', ({ path, name, text }) => {
  const targets = [...withoutBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map((m) => m[1])
    .filter((t) => !/^(https?|mailto):/.test(t))
    .map((t) => ({
      link: t,
      file: t.startsWith('#') ? path : join(dirname(path), t.split('#')[0]),
      anchor: t.split('#')[1],
    }));

  it('links lead to files that exist', () => {
    const broken = targets.filter(({ file }) => !existsSync(file)).map(({ link }) => link);
    expect(broken).toEqual([]);
  });

  it('anchors lead to headings that exist', () => {
    const dead = targets
      .filter(({ file, anchor }) => anchor !== undefined && file.endsWith('.md') && existsSync(file))
      .filter(({ file, anchor }) => !anchorsOf(readFileSync(file, 'utf8')).has(decodeURIComponent(anchor)))
      .map(({ link }) => link);
    expect(dead).toEqual([]);
  });

  it('names files that exist', () => {
    const files = [...text.matchAll(/(?<=[`\s(])(?:src|kernels|test|bench|scripts|examples|docs)\/[\w./-]*\.\w+/g)].map(
      (m) => m[0],
    );
    expect([...new Set(files)].filter((f) => !existsSync(join(root, f)))).toEqual([]);
  });

  it('names only flags that the program has', () => {
    const lines = text.split('\n').filter((l) => l.includes('thermograd '));
    const flags = lines.flatMap((l) => [...l.matchAll(/(?<=[\s`])--[a-z][a-z-]*/g)].map((m) => m[0]));
    const known = (flag: string) =>
      commands.includes(`${flag} `) || commands.includes(`'${flag}'`) || flag === '--help';
    expect([...new Set(flags)].filter((f) => !known(f))).toEqual([]);
  });

  const blocks = blocksOf(text).filter((b) => b.info.startsWith('runnable') || b.info.startsWith('file='));
  const needed = blocks.some((b) => b.info.startsWith('runnable'));
  const folder = needed ? project() : '';
  afterAll(() => {
    if (needed) rmSync(folder, { recursive: true, force: true });
  });
  if (needed) {
    blocks.forEach((block, k) => {
      const title = `block ${k + 1} (${block.language} ${block.info})`;
      // the pages take a minute together: all of them run in CI, README everywhere
      const later = !process.env.CI && name !== 'README.md';
      const lacks = {
        'runnable=torch': !torchPython && 'python3 with torch',
        'runnable=pandas': !pandas && 'Python with pandas',
        'runnable=latex': !latex && 'pdflatex',
        runnable: block.language === 'python' && !python && 'Python with zarr 3',
      }[block.info];
      const missing = later ? 'CI=true' : lacks || '';
      it.skipIf(missing !== '')(missing === '' ? title : `skipped: needs ${missing}: ${title}`, () => {
        if (block.info.startsWith('file=')) {
          writeFileSync(join(folder, block.info.slice('file='.length)), block.text);
          return;
        }
        const { status, output } = run(block, folder);
        expect(output).not.toMatch(/Error:|Traceback/);
        expect(status, output).toBe(0);
      });
    });
  }
});

it('README shows the library at work', () => {
  const readme = pages.find((p) => p.name === 'README.md');
  expect(blocksOf(readme?.text ?? '').filter((b) => b.language === 'js' && b.info === 'runnable')).not.toEqual([]);
});

it('docs/notation.md names what exists', () => {
  const notation = pages.find((p) => p.name === 'docs/notation.md')!;
  const rows = notation.text.split('\n').filter((l) => l.startsWith('|') && !/^\|[\s:|-]+$/.test(l));
  const names = rows.flatMap((row) => [...(row.split('|')[2] ?? '').matchAll(/`([^`]+)`/g)].map((m) => m[1]));
  expect(names.length).toBeGreaterThan(40);
  const missing = names.filter((name) => {
    const last = name.split(/[.(]/).filter(Boolean).at(-1)!.replace(/\W/g, '');
    return !new RegExp(`\\b${last}\\b`).test(code);
  });
  expect(missing).toEqual([]);
});

it('ARCHITECTURE.md names every room, every experiment and every dependency', () => {
  const architecture = pages.find((p) => p.name === 'ARCHITECTURE.md')!.text;
  const rooms = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((d) => d.isDirectory());
  expect(rooms.map((d) => d.name).filter((room) => !architecture.includes(`${room}/`))).toEqual([]);
  const experiments = readdirSync(join(root, 'src/experiments'), { withFileTypes: true }).filter((d) =>
    d.isDirectory(),
  );
  expect(experiments.map((d) => d.name).filter((name) => !architecture.includes(`${name}/ `))).toEqual([]);
  const dependencies = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const used = Object.keys({ ...dependencies.dependencies, ...dependencies.optionalDependencies });
  expect(used.filter((d) => !architecture.includes(`\`${d}\``))).toEqual([]);
});
