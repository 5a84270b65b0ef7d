// node bench/second-order.mjs [--python PATH] [--models mlp,lenet] [--recordings DIR] [--rounds N] [--limit N]
// [--tasks gradient,product,…] [--out FILE]
// Curvature and gradients of single samples through the bridge, against the same passes called directly in Python, plain PyTorch, and the
// packages that people use: curvlinops, hessian-eigenthings, PyHessian, BackPACK, torch.func (bench/peers/second_order_peer.py). On all weights of
// models of examples/pytorch, after training where --recordings has a folder of the same name, in float64, one thread each, in the same
// batches, in turns. Prints how far the numbers are apart and the ratios of processor seconds: those of all processes that take
// part, the least of the rounds, since other work on the machine only adds. What is not installed is skipped.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { surfaceCurvature } from '../dist/analyse/curvature/surface-curvature.js';
import { openSurface } from '../dist/jobs/bridge/open.js';
import { trainedState } from '../dist/jobs/bridge/trained.js';
import { signVector } from '../dist/numeric/operators/hutchinson.js';
import { randomKey, wholeBlock } from '../dist/parts.js';
import { peers } from './environment.mjs';
import { ONE_THREAD } from './identity.mjs';

const { values: flags } = parseArgs({
  options: {
    python: { type: 'string' },
    models: { type: 'string', default: 'mlp,lenet' },
    recordings: { type: 'string', default: '.' },
    rounds: { type: 'string', default: '3' },
    limit: { type: 'string' },
    tasks: { type: 'string', default: 'gradient,losses,product,norms,fisher,top,trace' },
    out: { type: 'string' },
  },
});
const peerFile = fileURLToPath(new URL('./peers/second_order_peer.py', import.meta.url));
const modelFile = fileURLToPath(new URL('./peers/second_order_model.py', import.meta.url));
Object.assign(process.env, ONE_THREAD);
const { python, skipped } = peers(['torch', 'numpy', 'scipy']);
if (skipped) {
  console.error(`second-order: ${skipped}`);
  process.exit(1);
}

/** Samples of each model, and what is asked: a tolerance that PyHessian's power iteration reaches too. */
const SAMPLES = { mlp: 5000, lenet: 500 };
const [TOP, TOLERANCE, PROBES, MOST] = [3, 1e-5, 20, 300];
const SKEWED = [0.001, -0.002, 0.01, -0.02, 0.05];

/** Seconds that a process has computed so far; Linux counts them in hundredths. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
const children = () => readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean);

/** Starts the peer; `ask` resolves with its answer to one request. */
function peer(weights) {
  const child = spawn(python, [peerFile, weights], { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value } = await lines.next();
      if (value === undefined) throw new Error(`the peer ended at ${JSON.stringify(request)}`);
      return JSON.parse(value);
    },
    end: () => child.stdin.end(),
  };
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const errorOf = (values) =>
  Math.sqrt(values.reduce((s, v) => s + (v - mean(values)) ** 2, 0) / (values.length - 1) / values.length);
/** The largest difference over the largest entry. */
function apart(a, b) {
  let [worst, top] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    worst = Math.max(worst, Math.abs(a[i] - b[i]));
    top = Math.max(top, Math.abs(b[i]));
  }
  return worst / top;
}

async function measure(model, folder) {
  const limit = Number(flags.limit ?? SAMPLES[model]);
  process.env.THERMOGRAD_LIMIT = String(limit);
  process.env.THERMOGRAD_BENCH_MODEL = model;
  const before = children();
  const surface = await openSurface(`python:${modelFile}`, { python, onOutput: () => {} });
  const pid = children().find((c) => !before.includes(c));
  const recording = join(flags.recordings, model);
  const trained = existsSync(recording);
  const w = trained ? (await trainedState(surface, recording)).weights : surface.weights.slice();
  const files = { weights: join(folder, 'weights.bin'), vector: join(folder, 'vector.bin') };
  writeFileSync(files.weights, w);
  const other = peer(files.weights);
  const block = wholeBlock(surface.parameters);
  const v = Float64Array.from({ length: surface.size }, (_, i) => Math.sin(i * i) / Math.sqrt(surface.size));
  writeFileSync(files.vector, v);
  const key = randomKey(0);
  let [point, steps] = [w, 0];

  const own = {
    gradient: async () => (await surface.gradient(point)).gradient,
    losses: async () => (await surface.losses(point, [{ block, direction: v, displacements: SKEWED }]))[0].losses,
    product: async () => (await surface.hessianVectors(point, block, { rows: 1, cols: v.length, data: v })).data,
    top: async () => {
      const found = await surfaceCurvature(surface, point, block, { key, top: TOP, probes: 2, tolerance: TOLERANCE });
      steps = found.products - 2;
      return found.top.map((p) => p.value.value);
    },
    trace: async () => {
      const rows = Array.from({ length: PROBES }, (_, r) => signVector(v.length, key.child(r).stream()));
      const data = new Float64Array(PROBES * v.length);
      for (const [r, row] of rows.entries()) data.set(row, r * v.length);
      const products = await surface.hessianVectors(point, block, { rows: PROBES, cols: v.length, data });
      return rows.map((row, r) => row.reduce((s, x, i) => s + x * products.data[r * v.length + i], 0));
    },
    norms: () => surface.squaredNorms(point, block),
    fisher: () => surface.fisher(point),
  };
  const peers = {
    gradient: ['direct', 'plain PyTorch'],
    losses: ['direct', 'plain PyTorch'],
    product: ['direct', 'plain PyTorch', 'curvlinops', 'hessian-eigenthings', 'PyHessian'],
    norms: ['direct', 'torch.func', 'BackPACK'],
    fisher: ['direct', 'torch.func', 'BackPACK'],
    top: ['curvlinops', 'hessian-eigenthings', 'PyHessian'],
    trace: ['curvlinops', 'hessian-eigenthings', 'PyHessian'],
  };
  const versions = (await other.ask({ task: 'versions' })).values;
  const rows = [];
  for (const [task, against] of Object.entries(peers)) {
    if (!flags.tasks.split(',').includes(task)) continue;
    const times = { bridge: [] };
    const values = {};
    const rounds = task === 'top' || task === 'trace' ? Math.min(2, Number(flags.rounds)) : Number(flags.rounds);
    for (let round = -1; round < rounds; round++) {
      // the first round prepares what later ones use again; long tasks need none
      if (round < 0 && (task === 'top' || task === 'trace')) continue;
      // weights that were not sent before cross every time
      point = w.slice();
      if (round < rounds - 1) point[0] += 1e-12 * (round + 2);
      const start = process.cpuUsage();
      const inside = cpuOf(pid);
      values.bridge = await own[task]();
      const { user, system } = process.cpuUsage(start);
      if (round >= 0) times.bridge.push((user + system) / 1e6 + cpuOf(pid) - inside);
      for (const name of against) {
        const request = { task, peer: name, vector: files.vector, displacements: SKEWED };
        const answer = await other.ask({ ...request, k: TOP, tolerance: TOLERANCE, probes: PROBES, most: MOST, steps });
        if (answer.skipped) continue;
        values[name] = answer.values;
        if (round >= 0) (times[name] ??= []).push(answer.cpu);
      }
    }
    for (const name of against) {
      if (!times[name]) continue;
      const seconds = [times.bridge, times[name]].map((t) => Math.min(...t));
      const line = { model, task, peer: name, seconds, ratio: seconds[0] / seconds[1] };
      if (task === 'trace') {
        const both = [values.bridge, values[name]].map((s) => ({
          value: mean(Array.from(s)),
          error: errorOf(Array.from(s)),
        }));
        line.traces = both;
        line.apart = Math.abs(both[0].value - both[1].value) / Math.hypot(both[0].error, both[1].error);
      } else line.apart = apart(values[name], values.bridge);
      if (task === 'top') line.values = [Array.from(values.bridge), values[name]];
      rows.push(line);
      console.error(`${model} ${task} ${name}: ${JSON.stringify(line)}`);
    }
  }
  other.end();
  const facts = { model, weights: surface.size, samples: surface.samples, trained, products: steps, versions };
  await surface.close();
  return { ...facts, rows };
}

const folder = mkdtempSync(join(tmpdir(), 'second-order-'));
const found = [];
try {
  for (const model of flags.models.split(',')) found.push(await measure(model, folder));
} finally {
  rmSync(folder, { recursive: true });
}
console.log('| model | task | against | bridge, s | peer, s | ratio | apart |');
console.log('|---|---|---|---|---|---|---|');
for (const { rows } of found)
  for (const { model, task, peer: name, seconds, ratio, apart: distance } of rows)
    console.log(
      `| ${model} | ${task} | ${name} | ${seconds.map((s) => s.toFixed(3)).join(' | ')} | ${ratio.toFixed(3)} | ${task === 'trace' ? `${distance.toFixed(1)} σ` : distance.toExponential(1)} |`,
    );
if (flags.out) {
  const machine = { cpu: cpus()[0].model, load: loadavg(), node: process.version };
  writeFileSync(flags.out, `${JSON.stringify({ machine, found }, null, 1)}\n`);
}
