// node bench/penalty.mjs [--rounds N]: the cost of a penalty beside a plain step of 784-50-50-10 on MNIST, B = 50, one
// thread. Processor time of 200 steps in one call, in turns; the ratio of a round is formed with the plain steps of the
// same round.
import { parseArgs } from 'node:util';
import { batchPlan, initialWeights, loadDataset, parameterCount, penalty, randomKey, Trainer } from '../dist/parts.js';
import { median } from './rounds.mjs';

const { values: flags } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } });
const spec = { widths: [784, 50, 50, 10], activation: 'relu', bias: false, loss: 'cross-entropy' };
const STEPS = 200;
const B = 50;
const key = randomKey(1);
const { train } = await loadDataset('mnist');
const start = initialWeights(spec, key.child('init'));
const size = parameterCount(spec);
const blocks = { layer1: [0, 39_200], layer2: [39_200, 2500], layer3: [41_700, 500] };

/** Returns k of the axes of the cosine basis, which are orthonormal, dense and cheap to make. */
function axes(k, name) {
  const [offset, n] = blocks[name];
  const data = new Float64Array(k * n);
  for (let i = 0; i < k; i++)
    for (let j = 0; j < n; j++)
      data[i * n + j] = Math.sqrt(2 / n) * Math.cos((Math.PI * (i + 1) * (2 * j + 1)) / (2 * n));
  return { kind: 'lowRank', offset, axes: { rows: k, cols: n, data }, weights: new Float64Array(k).fill(1) };
}
const everywhere = (k) =>
  penalty(
    start,
    ['layer1', 'layer2', 'layer3'].map((name) => axes(k, name)),
  );
const cases = {
  plain: undefined,
  'diagonal, all layers': penalty(start, [{ kind: 'diagonal', offset: 0, values: new Float64Array(size).fill(1) }]),
  ...Object.fromEntries([50, 100, 200].map((k) => [`${k} axes, layer2`, penalty(start, [axes(k, 'layer2')])])),
  ...Object.fromEntries([20, 50, 100, 200].map((k) => [`${k} axes in each layer`, everywhere(k)])),
};
const trainer = new Trainer({ spec, samples: train, learningRate: 0.1, batchSize: B });
const plan = batchPlan({ count: train.count, batchSize: B, sampling: 'shuffled', lastBatch: 'drop', key });
const order = plan.epoch(0).order.subarray(0, STEPS * B);

function microseconds(p) {
  trainer.setWeights(start);
  trainer.setPenalty(p, 0.01);
  const used = process.cpuUsage();
  trainer.steps(order, B);
  const { user, system } = process.cpuUsage(used);
  return (user + system) / STEPS;
}

for (let warm = 0; warm < 10; warm++) microseconds(cases['diagonal, all layers']);
const rounds = Array.from({ length: Number(flags.rounds) }, () =>
  Object.fromEntries(Object.entries(cases).map(([name, p]) => [name, microseconds(p)])),
);
console.log('microseconds a step (median, best), times the plain step of the same round (median)');
for (const name of Object.keys(cases)) {
  const own = rounds.map((r) => r[name]);
  const ratio = median(rounds.map((r) => r[name] / r.plain));
  console.log(
    name.padEnd(24),
    median(own).toFixed(0).padStart(6),
    Math.min(...own)
      .toFixed(0)
      .padStart(6),
    ratio.toFixed(2).padStart(7),
  );
}
