// Our side of the bench: one task a process, one line of JSON, with the keys of bench/peers/ivf_peer.py. Usage: node
// bench/ours.mjs train-step|flatness-eval|per-sample-grads '{"inputs":"mnist","steps":2400,"repeats":5}'

import { batchPlan, initialWeights, kernelBuild, loadDataset, randomKey, Trainer } from '../dist/parts.js';
import { LineLoss } from '../dist/surface/network/line.js';

const spec = { widths: [784, 50, 50, 10], activation: 'relu', bias: false, loss: 'cross-entropy' };
const [task, settings = '{}'] = process.argv.slice(2);
const { inputs = 'mnist', steps = 2400, repeats = 5, evaluations = 10, samples = 1000 } = JSON.parse(settings);
const batchSize = 50;
const key = randomKey(1);

/**
 * Wall and processor seconds per unit, as `measure` in bench/peers/ivf/common.py. The warm-up lasts a second at least:
 * V8 recompiles hot kernels in the background, and times before that say nothing about those after it.
 */
function measure(call, count, unit) {
  const warm = performance.now();
  do call();
  while (performance.now() - warm < 1000);
  const wall = [];
  const cpu = [];
  for (let r = 0; r < repeats; r++) {
    const start = performance.now();
    const used = process.cpuUsage();
    call();
    const { user, system } = process.cpuUsage(used);
    wall.push((performance.now() - start) / 1000);
    cpu.push((user + system) / 1e6);
  }
  const sorted = wall.toSorted((a, b) => a - b);
  return {
    unit,
    count,
    repeats,
    medianSecondsPerUnit: sorted[repeats >> 1] / count,
    bestSecondsPerUnit: sorted[0] / count,
    bestCpuSecondsPerUnit: Math.min(...cpu) / count,
  };
}

/** MNIST, or uniform dense noise of the same shape with MNIST's labels. */
async function trainingSet() {
  const { train } = await loadDataset('mnist');
  if (inputs === 'mnist') return train;
  const stream = key.child('dense').stream();
  return {
    ...train,
    divisor: 1,
    values: Float32Array.from({ length: train.count * train.size }, () => stream.uniform()),
  };
}

/** Returns a trainer at PyTorch's initialisation, and an endless source of batches. */
function prepared(train, options = {}) {
  const trainer = new Trainer({ spec, samples: train, learningRate: 0.1, batchSize, ...options });
  trainer.setWeights(initialWeights(spec, key.child('init')));
  const plan = batchPlan({
    count: train.count,
    batchSize,
    sampling: 'shuffled',
    lastBatch: 'drop',
    key: key.child('batches'),
  });
  let epoch = 0;
  let at = 0;
  let orders = plan.epoch(epoch).order; // drawn once an epoch, as in training
  const next = (count) => {
    if (at + count > plan.batchesPerEpoch) {
      [epoch, at] = [epoch + 1, 0];
      orders = plan.epoch(epoch).order;
    }
    const order = orders.subarray(at * batchSize, (at + count) * batchSize);
    at += count;
    return order;
  };
  return { trainer, next };
}

/** Returns the share of inputs that are not zero, which a kernel that skips zeros has to multiply. */
function density({ values }) {
  let nonzero = 0;
  for (const v of values) if (v !== 0) nonzero++;
  return nonzero / values.length;
}

async function trainStep() {
  const train = await trainingSet();
  const { trainer, next } = prepared(train, { recordLayer: 'layer2' });
  const record = new Float32Array(steps * 2500);
  const loss = () => trainer.evaluate().loss;
  const first = loss();
  const call = () => {
    for (let done = 0; done < steps; done += 200) {
      const count = Math.min(200, steps - done);
      record.set(trainer.steps(next(count), batchSize).recorded, done * 2500);
    }
  };
  const recorded = { ...measure(call, steps, 'step') };
  return { density: density(train), results: { recorded: { ...recorded, lossFirstLast: [first, loss()] } } };
}

async function flatnessEval() {
  const train = await trainingSet();
  const { trainer, next } = prepared(train);
  for (let done = 0; done < train.count / batchSize; done += 200) trainer.steps(next(200), batchSize);
  const line = new LineLoss({ spec, weights: trainer.weights(), samples: train, layer: 'layer2' });
  const stream = key.child('direction').stream();
  const p = Float64Array.from({ length: 2500 }, () => stream.normal());
  const norm = Math.hypot(...p);
  const direction = p.map((v) => v / norm);
  const deltas = Array.from({ length: evaluations }, (_, k) => (0.3 * (k + 1)) / evaluations);
  line.setDirection(direction);
  const results = {
    oneByOne: measure(() => deltas.map((d) => line.losses([d])), evaluations, 'evaluation'),
    together: measure(() => line.losses(deltas), evaluations, 'evaluation'),
    aim: measure(() => line.setDirection(direction), 1, 'direction'),
  };
  return { samples: train.count, loss: line.centreLoss, results };
}

async function perSampleGrads() {
  const train = await trainingSet();
  const results = {};
  for (const [name, size] of [
    ['batchesOf100', 100],
    ['oneBatch', samples],
  ]) {
    const { trainer, next } = prepared(train, { batchSize: Math.max(size, batchSize) });
    for (let done = 0; done < train.count / batchSize; done += 40) trainer.steps(next(40), batchSize);
    const orders = Array.from({ length: samples / size }, (_, b) =>
      Uint32Array.from({ length: size }, (_, i) => b * size + i),
    );
    const inner = Math.max(1, Math.round(20_000 / samples));
    const call = () => {
      for (let k = 0; k < inner; k++) for (const order of orders) trainer.perSampleGradients('layer2', order);
    };
    results[name] = measure(call, inner * samples, 'sample');
  }
  return { results };
}

const tasks = { 'train-step': trainStep, 'flatness-eval': flatnessEval, 'per-sample-grads': perSampleGrads };
console.log(JSON.stringify({ command: task, kernel: kernelBuild(), node: process.version, ...(await tasks[task]()) }));
