// Exact gradient covariance and Hessian block of the 50×50 layer of 784-50-50-10 on all of MNIST, on one core, against
// NumPy in float64 on one thread in the same minutes (bench/peers/curvature_peer.py), at initial weights and after
// training. Prints one JSON line per measurement: the best wall and processor seconds of a few runs, and for the peer's
// matrices the largest difference over the largest entry. `from states` leaves out the time for what the peer is given:
// activations, deltas, probabilities. Usage: node bench/curvature.mjs [--epochs 30] [--weights FILE (float32, flat)]
// [--quick] [--python PATH]   (after npm run build)
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hessianBlock } from '../dist/analyse/curvature/hessian.js';
import { hessianOperator, projectedMatrices } from '../dist/analyse/curvature/network-hessian.js';
import { gradientCovariance } from '../dist/analyse/noise/noise.js';
import { batchPlan, initialWeights, loadDataset, matrix, randomKey, Trainer } from '../dist/parts.js';
import { BLOCK, NetworkPasses } from '../dist/surface/network/passes.js';
import { peers } from './environment.mjs';
import { ONE_THREAD, unfairTo } from './identity.mjs';

const option = (name, otherwise) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : process.argv[at + 1];
};
const repeats = process.argv.includes('--quick') ? 1 : 3;
const spec = { widths: [784, 50, 50, 10], activation: 'relu', bias: false, loss: 'cross-entropy' };
const layer = 'layer2';
const { train: samples } = await loadDataset('mnist');

function trained(epochs) {
  const trainer = new Trainer({ spec, samples, learningRate: 0.1, batchSize: 50 });
  trainer.setWeights(initialWeights(spec, randomKey(1)));
  const plan = batchPlan({
    count: samples.count,
    batchSize: 50,
    sampling: 'shuffled',
    lastBatch: 'drop',
    key: randomKey(2),
  });
  for (let e = 0; e < epochs; e++) {
    const { order } = plan.epoch(e);
    for (let s = 0; s < order.length; s += 10_000) trainer.steps(order.slice(s, s + 10_000), 50);
  }
  return trainer.weights();
}

function best(times, job) {
  let seconds = Infinity;
  let cpu = Infinity;
  let result;
  for (let r = 0; r < times; r++) {
    const start = performance.now();
    const used = process.cpuUsage();
    result = job();
    const { user, system } = process.cpuUsage(used);
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
    cpu = Math.min(cpu, (user + system) / 1e6);
  }
  return { seconds: +seconds.toPrecision(3), cpu: +cpu.toPrecision(3), result };
}

function print(task, weights, { seconds, cpu }, more = {}) {
  console.log(JSON.stringify({ task, weights, provider: 'thermograd, 1 core', seconds, cpu, ...more }));
}

const flops = 2 * samples.count * 1275 ** 2;

function measure(name, weights) {
  const passes = new NetworkPasses({ spec, weights, samples });
  const states = best(1, () => passes.gradient());
  print('all states and the gradient, first time', name, states, { loss: states.result.loss });
  const gradient = best(repeats, () => passes.gradient());
  print('gradient from states', name, gradient);
  const v = Float64Array.from(passes.weights, (_, i) => Math.sin(i));
  const product = best(repeats, () => hessianOperator(passes).apply(v));
  print('Hessian-vector product, whole network', name, product, {
    gradients: +(product.cpu / gradient.cpu).toFixed(2),
  });
  const inLayer = hessianOperator(passes, { layer });
  print(
    'Hessian-vector product, 50×50 layer',
    name,
    best(repeats, () => inLayer.apply(v.subarray(0, 2500))),
  );
  const directions = matrix(100, 2500, wave(250_000));
  print(
    'H and C1 on 100 directions',
    name,
    best(1, () => projectedMatrices(passes, layer, directions)),
  );
  const found = {};
  for (const precision of ['mixed', 'float64']) {
    const c1 = best(repeats, () => gradientCovariance(passes, layer, precision));
    const h = best(repeats, () => hessianBlock(passes, layer, { precision }));
    const more = (x) => ({ denseGflops: +(flops / x.cpu / 1e9).toPrecision(3), ...x.result.precision });
    print('C1', name, c1, more(c1));
    print('Hessian block', name, h, more(h));
    found[precision] = { c1: c1.result.covariance.data, hessian: h.result.hessian.data };
  }
  console.log(JSON.stringify({ task: 'peak memory', MB: Math.round(process.resourceUsage().maxRSS / 1024) }));
  compare(passes, name, found);
}

function wave(n) {
  return Float64Array.from({ length: n }, (_, i) => Math.sin(i * i));
}

/** Runs NumPy on the same states and compares its matrices. */
function compare(passes, name, found) {
  const { python, identity, skipped } = peers(['numpy']);
  if (skipped) return console.error(`skipped: NumPy: ${skipped}`);
  const folder = mkdtempSync(join(tmpdir(), 'curvature-'));
  try {
    const { inputs, deltas } = passes.layerStates(layer);
    const above = passes.layers[2];
    writeFileSync(join(folder, 'h.bin'), inputs);
    writeFileSync(join(folder, 'delta.bin'), deltas);
    writeFileSync(join(folder, 'p.bin'), probabilities(passes));
    writeFileSync(join(folder, 'above.bin'), passes.weights.slice(above.weightOffset));
    const peer = fileURLToPath(new URL('./peers/curvature_peer.py', import.meta.url));
    const env = { ...process.env, ...ONE_THREAD };
    console.log(JSON.stringify({ peer: identity.labels.numpy, unfair: unfairTo(identity, ['numpy']) }));
    const done = spawnSync(python, [peer, folder, String(repeats)], { env, stdio: ['ignore', 'inherit', 'inherit'] });
    if (done.status !== 0) return console.error(`skipped: NumPy: the peer ended with ${done.status}`);
    for (const [precision, matrices] of Object.entries(found)) {
      for (const [key, data] of Object.entries(matrices)) {
        const file = readFileSync(join(folder, `${key}.bin`));
        const other = new Float64Array(file.buffer, file.byteOffset, file.length / 8);
        let [worst, top] = [0, 0];
        for (let i = 0; i < data.length; i++) {
          worst = Math.max(worst, Math.abs(data[i] - other[i]));
          top = Math.max(top, Math.abs(other[i]));
        }
        console.log(
          JSON.stringify({ task: `${key} against NumPy`, weights: name, precision, difference: worst / top }),
        );
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** N×10 softmax probabilities from the states. */
function probabilities(passes) {
  const { classes } = passes;
  const out = new Float64Array(samples.count * classes);
  let first = 0;
  for (let b = 0; b < passes.blocks; b++) {
    const { p, count } = passes.block(b);
    const q = passes.arena.f64(p, classes * BLOCK);
    for (let s = 0; s < count; s++) for (let c = 0; c < classes; c++) out[(first + s) * classes + c] = q[c * BLOCK + s];
    first += count;
  }
  return out;
}

const file = option('--weights');
const epochs = Number(option('--epochs', 30));
if (file) {
  const bytes = readFileSync(file);
  measure(file, new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)));
} else {
  measure('initial', initialWeights(spec, randomKey(1)));
  measure(`after ${epochs} epochs`, trained(epochs));
}
