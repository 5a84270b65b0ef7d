// node bench/optimisers.mjs [--network lenet5|mlp] [--rounds N]: what a step of each optimiser costs beside a plain one of SGD, B = 50
// on MNIST, one thread. Processor time of 40 steps in one call, in turns; the ratio of a round is formed with the plain steps of the
// same round.
import { parseArgs } from 'node:util';
import { namedNetwork } from '../dist/model/layered/named.js';
import { initialLayeredWeights } from '../dist/model/layered/parameters.js';
import { batchPlan, loadDataset, randomKey } from '../dist/parts.js';
import { LayeredTrainer, PackedSamples } from '../dist/train/layered-trainer.js';
import { optimiserUpdate } from '../dist/train/optimisers/update.js';
import { median } from './rounds.mjs';

const { values: flags } = parseArgs({
  options: { network: { type: 'string', default: 'lenet5' }, rounds: { type: 'string', default: '9' } },
});
const [STEPS, B] = [40, 50];
const key = randomKey(1);
const { train } = await loadDataset('mnist', { limit: 10_000 });
const dense = (outputs) => ({ type: 'dense', outputs, bias: false });
const spec =
  flags.network === 'mlp'
    ? {
        input: 784,
        layers: [dense(50), { type: 'relu' }, dense(50), { type: 'relu' }, dense(10)],
        loss: 'cross-entropy',
      }
    : namedNetwork(flags.network, [1, 28, 28], 10, 'cross-entropy');
const SPECS = {
  plain: { type: 'sgd', learningRate: 0.01 },
  momentum: { type: 'sgd', learningRate: 0.001, momentum: 0.9 },
  'L2 penalty': { type: 'sgd', learningRate: 0.01, weightDecay: 1e-4 },
  RMSprop: { type: 'rmsprop', learningRate: 1e-4 },
  Adam: { type: 'adam', learningRate: 1e-4 },
  'AdamW, clipped': { type: 'adamw', learningRate: 1e-4, clipNorm: 1 },
};
const plan = batchPlan({ count: train.count, batchSize: B, sampling: 'shuffled', lastBatch: 'drop', key });
const { order } = plan.epoch(0);
const samples = new PackedSamples(train);
const start = initialLayeredWeights(spec, key.child('init'));
const entries = Object.entries(SPECS).map(([name, optimiser]) => {
  const trainer = new LayeredTrainer({
    spec,
    samples,
    learningRate: 1,
    batchSize: B,
    update: optimiserUpdate(optimiser),
  });
  trainer.setWeights(start);
  return { name, trainer, times: [] };
});
const calls = Math.floor(plan.batchesPerEpoch / STEPS);
for (let round = -1; round < Number(flags.rounds); round++)
  for (const { trainer, times } of entries) {
    const from = ((round + 1) % calls) * STEPS * B;
    const begin = process.cpuUsage();
    trainer.steps(order.subarray(from, from + STEPS * B), B);
    const { user, system } = process.cpuUsage(begin);
    if (round >= 0) times.push((user + system) / 1000 / STEPS);
  }
for (const { name, times } of entries) {
  const ratio = median(times.map((t, k) => t / entries[0].times[k]));
  console.log(`${name.padEnd(16)} ${median(times).toFixed(3)} ms   ${ratio.toFixed(3)} plain steps`);
}
