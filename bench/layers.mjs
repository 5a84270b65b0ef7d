// LeNet-5 on images of MNIST in float64, on one core: losses, a gradient, products with the Hessian, gradients of samples and second
// moments of a layer, against PyTorch on one thread in the same minutes, in turns (bench/peers/layers_peer.py). Prints one JSON line
// per task: processor seconds of each round over N samples, their medians, and how many times PyTorch takes ours.
// Usage: node bench/layers.mjs [--samples 3000] [--rounds 5] [--quick] [--python PATH]   (after npm run build)
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { namedNetwork } from '../dist/model/layered/named.js';
import { initialLayeredWeights } from '../dist/model/layered/parameters.js';
import { loadDataset, matrix, randomKey } from '../dist/parts.js';
import { blockNamed, wholeBlock } from '../dist/surface/blocks.js';
import { layeredSurface } from '../dist/surface/layered/surface.js';
import { peers } from './environment.mjs';
import { ONE_THREAD, unfairTo } from './identity.mjs';

const option = (name, otherwise) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const quick = process.argv.includes('--quick');
const count = option('--samples', quick ? 1000 : 3000);
const rounds = option('--rounds', quick ? 2 : 5);
const { train } = await loadDataset('mnist');
const samples = { ...train, count, values: train.values.slice(0, 784 * count), labels: train.labels.slice(0, count) };
const spec = namedNetwork('lenet5', [1, 28, 28], 10);
const surface = layeredSurface({ spec, samples });
const w = Float64Array.from(initialLayeredWeights(spec, randomKey(1)));
const whole = wholeBlock(surface.parameters);
const conv2 = blockNamed(surface.parameters, 'conv2.weight');
const rows = (k, block) => {
  const s = randomKey(2).stream();
  return matrix(
    k,
    block.size,
    Float64Array.from({ length: k * block.size }, () => s.normal()),
  );
};
const one = rows(1, whole);
const eight = rows(8, whole);
const TASKS = {
  losses: () => surface.sampleLosses(w),
  gradient: () => surface.gradient(w),
  product: () => surface.hessianVectors(w, whole, one),
  'eight products': () => surface.hessianVectors(w, whole, eight),
  'norms of gradients of samples, conv2': () => surface.squaredNorms(w, conv2),
  'norms of gradients of samples, all': () => surface.squaredNorms(w, whole),
  'second moments, conv2': () => surface.secondMoment(w, conv2),
};

/** Processor seconds of each task, the faster of two runs. */
async function ours() {
  const times = {};
  for (const [task, run] of Object.entries(TASKS)) {
    times[task] = Infinity;
    for (let r = 0; r < 2; r++) {
      const used = process.cpuUsage();
      await run();
      const { user, system } = process.cpuUsage(used);
      times[task] = Math.min(times[task], (user + system) / 1e6);
    }
  }
  return times;
}

const { python, identity, skipped } = peers(['torch', 'numpy']);

function theirs() {
  const script = fileURLToPath(new URL('peers/layers_peer.py', import.meta.url));
  if (skipped) return { seconds: {} };
  const { status, stdout, stderr } = spawnSync(python, [script, String(count)], {
    env: { ...process.env, ...ONE_THREAD },
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  });
  if (status !== 0) throw new Error(`layers_peer.py failed: ${stderr}`);
  return JSON.parse(stdout);
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const seen = [];
await ours();
for (let r = 0; r < rounds; r++) seen.push({ own: await ours(), peer: theirs() });
for (const task of Object.keys(TASKS)) {
  const own = seen.map((s) => s.own[task]);
  const peer = seen.map((s) => s.peer.seconds[task] ?? null);
  const known = peer.every((t) => t !== null);
  console.log(
    JSON.stringify({
      task,
      samples: count,
      peer: skipped ?? identity.labels.torch,
      unfair: identity && unfairTo(identity, ['torch']),
      seconds: +median(own).toPrecision(3),
      peerSeconds: known ? +median(peer).toPrecision(3) : null,
      ratio: known ? +median(own.map((t, i) => peer[i] / t)).toPrecision(3) : null,
      rounds: own.map((t, i) => [+t.toPrecision(3), known ? +peer[i].toPrecision(3) : null]),
    }),
  );
}
