// The same stages one by one, on weights in memory: nothing is written. The network learns a noisy teacher.
import {
  batchPlan,
  chooseProvider,
  FlatnessMeter,
  initialWeights,
  pca,
  powerLaw,
  randomKey,
  rowsInMemory,
  Trainer,
  teacherSet,
} from 'thermograd/parts';

const key = randomKey(7);
const spec = { widths: [20, 12, 12, 4], activation: 'relu', bias: false, loss: 'cross-entropy' };
const teacher = { widths: [20, 16, 4], activation: 'tanh', bias: false, loss: 'cross-entropy' };
const { train } = teacherSet({ network: teacher, train: 1000, labelNoise: 0.1 }, key.child('data')).dataset;

// train: 20 epochs to settle, then record layer2 after every step of 10 more
const trainer = new Trainer({ spec, samples: train, learningRate: 0.1, batchSize: 20, recordLayer: 'layer2' });
trainer.setWeights(initialWeights(spec, key.child('init')));
const plan = batchPlan({
  count: 1000,
  batchSize: 20,
  sampling: 'shuffled',
  lastBatch: 'drop',
  key: key.child('batches'),
});
const window = new Float32Array(10 * plan.batchesPerEpoch * 144);
for (let epoch = 0; epoch < 30; epoch++) {
  const { recorded } = trainer.steps(plan.epoch(epoch).order, 20);
  if (epoch >= 20) window.set(recorded, (epoch - 20) * recorded.length);
}

// principal directions of the window, and the width of the valley along each around the last weights
const { summary, components } = await pca(rowsInMemory(window, 144), await chooseProvider());
const meter = new FlatnessMeter({ spec, weights: trainer.weights(), samples: train, layer: 'layer2' });
const valleys = summary.variances
  .map((variance, i) => meter.measure(components.subarray(i * 144, (i + 1) * 144), i + 1, variance))
  .filter((v) => v.flatness !== null && v.variance > 10 * summary.resolution);

const fit = powerLaw(
  valleys.map((v) => v.flatness),
  valleys.map((v) => v.variance),
  { key: key.child('fit') },
);
console.log(
  `variance ~ F^${fit.exponent.value.toFixed(2)} ± ${fit.exponent.standardError.toFixed(2)}, ${fit.points} directions`,
);
