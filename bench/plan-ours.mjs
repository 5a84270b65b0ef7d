// Our side of bench/plan.mjs: one task a process, one line of JSON with the keys of bench/peers/plan_peer.py, and the flops of a unit
// (a multiplication and an addition are two). Usage: node bench/plan-ours.mjs TASK '{"repeats":5,"count":20}'

import { layeredOf } from '../dist/model/layered/convert.js';
import { namedNetwork } from '../dist/model/layered/named.js';
import { initialLayeredWeights } from '../dist/model/layered/parameters.js';
import { resolveLayers } from '../dist/model/layered/resolve.js';
import { encode } from '../dist/model/plan/ops.js';
import { initialWeights, loadDataset, randomKey, Trainer } from '../dist/parts.js';
import { blockNamed } from '../dist/surface/blocks.js';
import { layeredSurface } from '../dist/surface/layered/surface.js';
import { LayeredTrainer } from '../dist/train/layered-trainer.js';

const [task, settings = '{}'] = process.argv.slice(2);
const { repeats = 5, count = 20 } = JSON.parse(settings);
const B = 50;
const key = randomKey(1);
const perceptron = { widths: [784, 50, 50, 10], activation: 'relu', bias: false, loss: 'cross-entropy' };

/** Uniform images of 32×32×3. */
function noise(n) {
  const stream = key.child('noise').stream();
  const values = Uint8Array.from({ length: n * 3072 }, () => 256 * stream.uniform());
  return { count: n, size: 3072, values, divisor: 255, labels: Uint8Array.from({ length: n }, (_, i) => i % 10) };
}

/** Multiplications of a forward pass of one sample, and those of the first layer; zero padding counted as what it is. */
function multiplications(spec) {
  const each = resolveLayers(spec).map((l) => {
    if (l.type === 'dense') return l.outputShape[0] * l.inputShape.reduce((a, b) => a * b, 1);
    if (l.type !== 'conv') return 0;
    const inside = (n, out) => {
      let taps = 0;
      for (let o = 0; o < out; o++)
        for (let k = 0; k < l.kernel; k++) {
          const at = o * l.stride + k - l.padding;
          if (at >= 0 && at < n) taps++;
        }
      return taps;
    };
    const [c, h, w] = l.inputShape;
    return c * l.outputShape[0] * inside(h, l.outputShape[1]) * inside(w, l.outputShape[2]);
  });
  return [each.reduce((a, b) => a + b, 0), each[0]];
}

function stepper(spec, trainer) {
  const order = Uint32Array.from({ length: B * count }, (_, i) => i % 2000);
  trainer.setWeights(trainer instanceof Trainer ? initialWeights(spec, key) : initialLayeredWeights(spec, key));
  const layered = trainer instanceof Trainer ? layeredOf(spec) : spec;
  const [all, first] = multiplications(layered);
  return { run: () => trainer.steps(order, B), units: count, flops: 2 * B * (3 * all - first) };
}

const mnist = async () => (await loadDataset('mnist')).train;
const tasks = {
  'lenet-step': async () => {
    const [spec, samples] = [namedNetwork('lenet5', [1, 28, 28], 10), await mnist()];
    return stepper(spec, new LayeredTrainer({ spec, samples, learningRate: 0.01, batchSize: B }));
  },
  'cnn-step': async () => {
    const [spec, samples] = [namedNetwork('cnn-small', [3, 32, 32], 10), noise(2000)];
    return stepper(spec, new LayeredTrainer({ spec, samples, learningRate: 0.01, batchSize: B }));
  },
  'resnet8-step': async () => {
    const [spec, samples] = [namedNetwork('resnet8', [3, 32, 32], 10), noise(2000)];
    return stepper(spec, new LayeredTrainer({ spec, samples, learningRate: 0.01, batchSize: B }));
  },
  'mlp-step': async () => {
    const [spec, samples] = [layeredOf(perceptron), await mnist()];
    return stepper(spec, new LayeredTrainer({ spec, samples, learningRate: 0.01, batchSize: B }));
  },
  'mlp-step-today': async () => {
    const samples = await mnist();
    return stepper(perceptron, new Trainer({ spec: perceptron, samples, learningRate: 0.01, batchSize: B }));
  },
  'lenet-gradient': async () => {
    const [spec, samples] = [namedNetwork('lenet5', [1, 28, 28], 10), await mnist()];
    const part = {
      ...samples,
      count,
      values: samples.values.subarray(0, 784 * count),
      labels: samples.labels.subarray(0, count),
    };
    const surface = layeredSurface({ spec, samples: part });
    const w = Float64Array.from(initialLayeredWeights(spec, key));
    let turn = 0;
    const run = async () => {
      w[0] += 1e-9 * ++turn; // another point, so that nothing is remembered
      await surface.gradient(w);
    };
    const [all, first] = multiplications(spec);
    return { run, units: count, flops: 2 * (3 * all - first) };
  },
  'sample-norms': async () => {
    const [spec, samples] = [namedNetwork('lenet5', [1, 28, 28], 10), await mnist()];
    const part = {
      ...samples,
      count: B,
      values: samples.values.subarray(0, 784 * B),
      labels: samples.labels.subarray(0, B),
    };
    const surface = layeredSurface({ spec, samples: part });
    const w = Float64Array.from(initialLayeredWeights(spec, key));
    const conv2 = blockNamed(surface.parameters, 'conv2.weight');
    const run = async () => {
      for (let k = 0; k < count; k++) await surface.squaredNorms(w, conv2);
    };
    return { run, units: count, flops: ofSamples(spec) };
  },
  'sample-gradients': async () => {
    const [spec, samples] = [namedNetwork('lenet5', [1, 28, 28], 10), await mnist()];
    const trainer = new LayeredTrainer({ spec, samples, learningRate: 1e-9, batchSize: B, trainable: ['conv2'] });
    trainer.setWeights(initialLayeredWeights(spec, key));
    return { run: sampleGradients(trainer), units: count, flops: ofSamples(spec) };
  },
};

/** A forward pass, a backward pass down to the second convolution, and its gradient, of 50 samples. */
function ofSamples(spec) {
  const [all, first] = multiplications(spec);
  // the dense layers' backward pass and the second convolution's gradient: as much as their forward passes
  return 2 * B * (2 * all - first);
}

/** Forward, backward to the second convolution, and each sample's gradient of it: the records of a step with another last one. */
function sampleGradients(trainer) {
  const { layout, data } = trainer;
  const at = layout.instructions.findIndex((i) => i.op === 'convWeight');
  const { factor: _, ...weight } = layout.instructions[at];
  const lanes = 4 * Math.ceil(B / 4);
  const rows = data.arena.take(4 * lanes * 2416, 'gradients of samples');
  const own = { ...weight, op: 'convWeightLanes', dweight: rows, dbias: rows + 4 * lanes * 2400, accumulate: false };
  const words = encode([...layout.instructions.slice(0, at), own]);
  const records = data.arena.take(words.byteLength, 'records');
  new Int32Array(data.arena.memory.buffer, records, words.length).set(words);
  return () => {
    data.kernel.setOrder(layout.order);
    data.kernel.setLanes(lanes, B);
    for (let k = 0; k < count; k++) data.kernel.run32(records, 0, at + 1);
  };
}

const { run, units, flops } = await tasks[task]();
const warm = performance.now();
do await run();
while (performance.now() - warm < 2000);
const [seconds, cpu] = [[], []];
for (let r = 0; r < repeats; r++) {
  const start = performance.now();
  const used = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(used);
  seconds.push((performance.now() - start) / 1000 / units);
  cpu.push((user + system) / 1e6 / units);
}
seconds.sort((a, b) => a - b);
console.log(JSON.stringify({ task, seconds: seconds[repeats >> 1], cpu: Math.min(...cpu), flops }));
