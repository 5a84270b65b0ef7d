/**
 * What a study beyond one machine costs: how much of the processors' time cells get on Slurm, and how fast a folder of many
 * cells is handled.
 *
 *     node bench/cells.mjs [--smoke] [--only slurm,many] [--seconds S] [--cells N] [--keep DIR] [--out FILE.json]
 *
 * slurm: a sweep of N cells (200) of about S seconds (5) of real work on two nodes with one processor each (scripts/cluster.mjs).
 * A cell trains a network on synthetic data for so many steps that it takes S seconds here, and measures its loss. Efficiency is the
 * sum of the seconds that the cells themselves measured (without the start of a process and the reading of data) over two times the
 * time from the call to the last document. Overhead is what is left, for each cell: Slurm, the start of processes, their data, the
 * first cells that are timed, idle processors at the end.
 *
 * many: a sweep of 10 000 cells. One is computed, the documents of all others but one are made from it; then the seconds of
 * `thermograd cells`, of `thermograd cell` for one that is there, and of `thermograd sweep --resume`, which does the last cell and writes
 * tables and report.
 *
 * --smoke: few and short ones, to see that everything runs. Needs an idle machine with two cores, and for slurm what the cluster needs.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
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
const home = flags.keep ?? mkdtempSync(join(tmpdir(), 'thermograd-bench-'));
mkdirSync(home, { recursive: true });

const thermograd = (...args) =>
  execFileSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    maxBuffer: 1e9,
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** Prepares a sweep; returns its folder. */
function sweep(name, settings) {
  const file = join(home, `${name}.json`);
  writeFileSync(file, JSON.stringify({ name, measure: ['loss'], ...settings }));
  const out = join(home, name);
  thermograd('sweep', file, '--prepare', '--out', out);
  return out;
}

/** Trainings of 784-50-50-10 on 1000 synthetic images. */
const training = (steps, seeds) => ({
  base: {
    data: { set: 'teacher', teacher: { network: { widths: [784, 20, 10] }, train: 1000, test: 0 } },
    network: { widths: [784, 50, 50, 10] },
  },
  axes: { seed: `0..${seeds - 1}` },
  until: { steps },
});

/** Documents of cells below a folder. */
const documents = (folder) =>
  readdirSync(join(folder, 'cells'), { recursive: true })
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(folder, 'cells', name));
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** Seconds of one cell alone with so many steps. */
function alone(steps) {
  const out = sweep(`alone-${steps}`, training(steps, 1));
  thermograd('cell', out, '0');
  return read(documents(out)[0]).seconds;
}

async function slurm() {
  const need = slurmNeed();
  if (need !== undefined) return { skipped: `needs ${need}` };
  // two measurements and a straight line
  const [short, long] = [1000, 4000];
  const [a, b] = [alone(short), alone(long)];
  const steps = Math.max(100, Math.round(short + ((wanted - a) * (long - short)) / Math.max(b - a, 1e-3)));
  const out = sweep('slurm', training(steps, count));
  const dir = join(home, 'hosts');
  const cluster = await startCluster(dir, { nodes: ['n2', 'n3'], cpus: 1, owned: true });
  try {
    const begun = Date.now();
    const words = [process.execPath, MAIN, 'sweep', '--resume', '--out', out, '--on', 'slurm'];
    const [program, ...args] = onHost(cluster, 'n1', words);
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const code = await new Promise((resolve) => child.on('close', resolve));
    const all = documents(out);
    const wall = (Math.max(...all.map((file) => statSync(file).mtimeMs)) - begun) / 1000;
    const work = all.reduce((sum, file) => sum + read(file).seconds, 0);
    return {
      code,
      cells: all.length,
      steps,
      secondsOfACell: work / all.length,
      wall,
      whole: (Date.now() - begun) / 1000,
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
  const { status } = spawnSync(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  return { seconds: (performance.now() - begun) / 1000, code: status };
}

function many() {
  const rates = Array.from({ length: 10 }, (_, k) => (k + 1) / 100);
  const sizes = [5, 10, 15, 20, 25, 30, 50, 60, 75, 100];
  const out = sweep('many', {
    base: {
      data: { set: 'teacher', teacher: { network: { widths: [8, 6, 3] }, train: 300, test: 0 } },
      network: { widths: [8, 8, 6, 3] },
    },
    axes: {
      'training.learningRate': rates,
      'training.batchSize': sizes,
      seed: `0..${flags.smoke ? 2 : 99}`,
    },
    until: { steps: 100 },
  });
  thermograd('cell', out, '0');
  const first = read(documents(out)[0]);
  const { cells } = JSON.parse(thermograd('cells', out, '--json'));
  for (const { file, name, index } of cells.slice(1, -1)) {
    const [, eta, B, seed] = /learningRate (\S+), batchSize (\S+), seed (\d+)/.exec(name).map(Number);
    const point = { ...first.point, 'training.learningRate': eta, 'training.batchSize': B };
    const loss = { ...first.measured.loss, value: first.measured.loss.value * (1 + eta + seed / 1000) };
    const document = {
      ...first,
      index,
      point,
      seed,
      config: { ...first.config, eta, B },
      measured: { ...first.measured, loss },
    };
    mkdirSync(dirname(join(out, file)), { recursive: true });
    writeFileSync(join(out, file), `${JSON.stringify(document, null, 1)}\n`);
  }
  return {
    cells: cells.length,
    list: timed('cells', out, '--missing'),
    cellThatIsThere: timed('cell', out, '0'),
    resume: timed('sweep', '--resume', '--out', out),
    again: timed('sweep', '--resume', '--out', out),
  };
}

const results = { load: loadavg()[0] };
try {
  if (flags.only.includes('slurm')) results.slurm = await slurm();
  if (flags.only.includes('many')) results.many = many();
} finally {
  if (flags.keep === undefined) rmSync(home, { recursive: true, force: true });
}
console.log(JSON.stringify(results, null, 1));
if (flags.out) writeFileSync(flags.out, `${JSON.stringify(results, null, 1)}\n`);
