/**
 * What a study beyond one machine costs: how much of the processors' time cells get on Slurm, and how fast a folder of many
 * cells is handled.
 *
 *     node bench/cells.mjs [--smoke] [--only slurm,many] [--seconds S] [--cells N] [--keep DIR] [--out FILE.json]
 *
 * slurm: N cells (200) of about S seconds (5) of real work on two nodes with one processor each (scripts/cluster.mjs). A cell is a
 * branch of the controls on a small network; the length of its window is chosen so that it takes S seconds here. Efficiency is the
 * sum of the seconds that cells themselves measured (training and analysis, without the start of a process, the reading of data and
 * of documents) over two times the time from the call to the last document. Overhead is what is left, for each cell.
 *
 * many: a folder of 10 000 cells of which all but one are done: `thermograd cells`, and what `--resume` does before its first cell.
 *
 * --smoke: few and short ones, to see that everything runs. Needs an idle machine with two cores, and for slurm what the cluster needs.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { reproduceControls } from '../dist/parts.js';
import { onHost, stopHosts } from '../scripts/cluster/hosts.mjs';
import { slurmNeed } from '../scripts/cluster/slurm.mjs';
import { startCluster } from '../scripts/cluster.mjs';

const { values: flags } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    only: { type: 'string', default: 'slurm,many' },
    seconds: { type: 'string' },
    cells: { type: 'string' },
    keep: { type: 'string' },
    out: { type: 'string' },
  },
});
const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const wanted = Number(flags.seconds ?? (flags.smoke ? 0.5 : 5));
const count = Number(flags.cells ?? (flags.smoke ? 12 : 200));
const many = flags.smoke ? 300 : 10_000;
const home = flags.keep ?? mkdtempSync(join(tmpdir(), 'thermograd-bench-'));
mkdirSync(home, { recursive: true });

/** The quick controls on a small network, with branches that differ by their learning rates. */
function configOf(branches, window) {
  const out = join(home, `config-${branches}-${window}`);
  execFileSync(
    process.execPath,
    [MAIN, 'reproduce', 'controls', '--preset', 'quick', '--seeds', '1', '--prepare', '--out', out],
    {
      stdio: 'ignore',
    },
  );
  const { config } = JSON.parse(readFileSync(join(out, 'controls.json'), 'utf8'));
  rmSync(out, { recursive: true });
  const branch = config.cells.find(({ name }) => name === 'shuffled-momentum0');
  const cells = Array.from({ length: branches }, (_, k) => ({
    ...branch,
    name: k === 0 ? branch.name : `${branch.name}-${k}`,
    learningRate: branch.learningRate * (1 + k / branches),
    windows: [window],
  }));
  return { ...config, mainWindow: window, cells };
}

/** Documents of cells below a folder, without those of bases. */
const documents = (folder) =>
  readdirSync(join(folder, 'seeds'), { recursive: true })
    .filter((name) => name.endsWith('.json') && !name.endsWith('base.json'))
    .map((name) => join(folder, 'seeds', name));
const secondsIn = (file) => JSON.parse(readFileSync(file, 'utf8')).seconds;

/** Seconds of one cell alone with this window. */
async function alone(window) {
  const out = join(home, `alone-${window}`);
  await reproduceControls({ config: configOf(1, window), seeds: 1, out, prepare: true });
  for (const cell of ['0', '1']) execFileSync(process.execPath, [MAIN, 'cell', out, cell], { stdio: 'ignore' });
  const [file] = documents(out);
  const seconds = secondsIn(file);
  rmSync(out, { recursive: true });
  return seconds;
}

/** The window with which a cell takes the wanted seconds, by two measurements and a straight line. */
async function calibrated() {
  const [short, long] = [10, 40];
  const [a, b] = [await alone(short), await alone(long)];
  return Math.max(4, Math.round(short + ((wanted - a) * (long - short)) / Math.max(b - a, 1e-3)));
}

async function slurm() {
  const need = slurmNeed();
  if (need !== undefined) return { skipped: `needs ${need}` };
  const window = await calibrated();
  const branches = flags.smoke ? 3 : 20;
  const out = join(home, 'slurm');
  await reproduceControls({
    config: configOf(branches, window),
    seeds: Math.ceil(count / branches),
    out,
    prepare: true,
  });
  const dir = join(home, 'hosts');
  const cluster = await startCluster(dir, { nodes: ['n2', 'n3'], cpus: 1, owned: true });
  try {
    const begun = Date.now();
    const [program, ...args] = onHost(cluster, 'n1', [
      process.execPath,
      MAIN,
      'reproduce',
      'controls',
      '--resume',
      '--out',
      out,
      '--on',
      'slurm',
    ]);
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const code = await new Promise((resolve) => child.on('close', resolve));
    const all = documents(out);
    const last = Math.max(...all.map((file) => statSync(file).mtimeMs));
    const work = all.reduce((sum, file) => sum + secondsIn(file), 0);
    const wall = (last - begun) / 1000;
    return {
      code,
      cells: all.length,
      secondsOfACell: work / all.length,
      wall,
      efficiency: work / (2 * wall),
      overheadOfACell: (2 * wall - work) / all.length,
    };
  } finally {
    await stopHosts(dir);
  }
}

/** Seconds that a command takes, with its exit code. */
function timed(...args) {
  const begun = performance.now();
  const { status } = spawnSync(process.execPath, [MAIN, ...args], { stdio: 'ignore' });
  return { seconds: (performance.now() - begun) / 1000, code: status };
}

async function manyCells() {
  const out = join(home, 'many');
  const branches = many / 10;
  await reproduceControls({ config: configOf(branches, 4), seeds: 10, out, prepare: true });
  for (const cell of ['0', '10']) execFileSync(process.execPath, [MAIN, 'cell', out, cell], { stdio: 'ignore' });
  const [document] = documents(out);
  const base = dirname(document);
  const { cells } = JSON.parse(
    execFileSync(process.execPath, [MAIN, 'cells', out, '--json'], { encoding: 'utf8', maxBuffer: 1e9 }),
  );
  for (const { file } of cells.slice(0, -1)) {
    mkdirSync(dirname(join(out, file)), { recursive: true });
    const from = file.endsWith('base.json') ? join(base, 'base.json') : document;
    if (join(out, file) !== from) copyFileSync(from, join(out, file));
    if (file.endsWith('base.json') && dirname(join(out, file)) !== base)
      copyFileSync(join(base, 'base.safetensors'), join(dirname(join(out, file)), 'base.safetensors'));
  }
  const { file } = cells.at(-1);
  return {
    cells: cells.length,
    list: timed('cells', out, '--missing'),
    cell: timed('cell', out, file),
    cellThatIsThere: timed('cell', out, '0'),
  };
}

const results = { load: loadavg()[0] };
try {
  if (flags.only.includes('slurm')) results.slurm = await slurm();
  if (flags.only.includes('many')) results.many = await manyCells();
} finally {
  if (flags.keep === undefined) rmSync(home, { recursive: true, force: true });
}
console.log(JSON.stringify(results, null, 1));
if (flags.out) writeFileSync(flags.out, `${JSON.stringify(results, null, 1)}\n`);
