// Real linear regression: the covariance of the weights predicted from the data alone, against the program's own SGD.
// Odd or even digit from 20 principal components of MNIST's pixels and a constant; nothing is written.
// Usage: node examples/regression.mjs [CHAINS [TIMES [SEED]]]: independent runs, relaxation times of the slowest direction in each
import {
  batchNoise,
  batchPlan,
  chooseProvider,
  loadDataset,
  matrix,
  predictCovariance,
  randomKey,
  regressionLoss,
  Trainer,
} from 'thermograd/parts';

const [chains = 8, times = 200, seed = 1] = process.argv.slice(2).map(Number);
const la = await chooseProvider();
const key = randomKey(seed);
const [N, keep] = [2000, 20];

// inputs: coordinates along the principal directions of the pixels, and 1; targets: ±1
const { train } = await loadDataset('mnist', { limit: N });
const D = train.size;
const pixels = matrix(
  N,
  D,
  Float64Array.from(train.values, (v) => v / train.divisor),
);
for (let i = 0; i < D; i++) {
  let mean = 0;
  for (let k = 0; k < N; k++) mean += pixels.data[k * D + i] / N;
  for (let k = 0; k < N; k++) pixels.data[k * D + i] -= mean;
}
const { vectors } = la.eigh(la.syrk(pixels, { transpose: true, alpha: 1 / N }));
const P = keep + 1;
const axes = matrix(D, keep);
for (let i = 0; i < D; i++) for (let j = 0; j < keep; j++) axes.data[i * keep + j] = vectors.data[i * D + D - 1 - j];
const coordinates = la.gemm(pixels, axes);
// float32, as the trainer holds them, so that prediction and SGD have the same data
const values = Float32Array.from({ length: N * P }, (_, at) =>
  at % P < keep ? coordinates.data[Math.floor(at / P) * keep + (at % P)] : 1,
);
const targets = Float32Array.from(train.labels, (label) => (label % 2 ? 1 : -1));
const samples = { count: N, size: P, values, divisor: 1, targets };

const loss = regressionLoss(la, {
  inputs: matrix(N, P, Float64Array.from(values)),
  targets: matrix(N, 1, Float64Array.from(targets)),
});

// share of the mean-square ceiling, momentum, batch size, sampling
const settings = [
  [0.1, 0, 10, 'replaced'],
  [0.3, 0, 10, 'replaced'],
  [0.6, 0, 10, 'replaced'],
  [0.1, 0.9, 10, 'replaced'],
  [0.3, 0.9, 10, 'replaced'],
  [0.6, 0.9, 10, 'replaced'],
  [0.3, 0, 10, 'distinct'],
  [0.3, 0, 100, 'replaced'],
];
const excessOf = (sigma) => sigma.data.reduce((sum, v, i) => sum + (v * loss.hessian.data[i]) / 2, 0);
console.log(
  'mean excess loss ½Tr(HΣ): measured ± one standard error; predictions with their distance in standard errors',
);
let chi2 = 0;
for (const [at, [share, momentum, batchSize, sampling]] of settings.entries()) {
  const noise = batchNoise(loss, { batchSize, sampling });
  const { ceiling } = predictCovariance(la, { ...noise, momentum, learningRate: 1e-6 });
  const learningRate = share * ceiling;
  const full = predictCovariance(la, { ...noise, momentum, learningRate });
  // the rivals: the noise at the minimum alone, in discrete and in continuous time
  const request = { ...noise, curvatureNoise: undefined, momentum, learningRate };
  const constant = predictCovariance(la, request);
  const continuous = predictCovariance(la, { ...request, time: 'continuous' });

  const relaxation = (1 - momentum) / (learningRate * full.eigen.values[0]);
  const run = { learningRate, momentum, batchSize, sampling };
  const length = { burnIn: Math.ceil(10 * relaxation), steps: Math.ceil(times * relaxation) };
  const found = [];
  for (let chain = 0; chain < chains; chain++)
    found.push(measure({ ...run, ...length, key: key.child(at).child(chain) }));
  const excess = meanOf(found.map(excessOf));
  // the variances along the eigenvectors of H, each with its own error
  const { data: v } = full.eigen.vectors;
  const along = (sigma, j) =>
    sigma.data.reduce((sum, s, i) => sum + s * v[Math.floor(i / P) * P + j] * v[(i % P) * P + j], 0);
  const deviations = Array.from(full.variances, (predicted, j) => {
    const { value, standardError } = meanOf(found.map((sigma) => along(sigma, j)));
    return Math.abs(value - predicted) / standardError;
  });
  const off = (prediction) => (excess.value - excessOf(prediction.matrix())) / excess.standardError;
  chi2 += off(full) ** 2;
  const show = (prediction) => `${excessOf(prediction.matrix()).toExponential(4)} (${off(prediction).toFixed(1)})`;
  console.log(
    `${sampling}, B = ${batchSize}, mu = ${momentum}, eta = ${learningRate.toPrecision(3)} = ${share} × ceiling:`,
  );
  console.log(
    `  measured ${excess.value.toExponential(4)} ± ${excess.standardError.toExponential(1)}, predicted ${show(full)}`,
  );
  console.log(`  constant C ${show(constant)}, continuous ${show(continuous)}`);
  console.log(`  farthest of the ${P} variances along H's eigenvectors: ${Math.max(...deviations).toFixed(1)}`);
}
console.log(`chi² of the predicted excess over ${settings.length} settings: ${chi2.toFixed(1)}`);

/** Returns mean and standard error. */
function meanOf(values) {
  const value = values.reduce((a, b) => a + b) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - value) ** 2, 0);
  return { value, standardError: Math.sqrt(squares / (values.length * (values.length - 1))) };
}

/** Runs SGD from the minimum and returns the mean of (w − w*)(w − w*)ᵀ after the burn-in. */
function measure({ learningRate, momentum, batchSize, sampling, burnIn, steps, key }) {
  const spec = { widths: [P, 1], activation: 'identity', bias: false, loss: 'squared-error' };
  const trainer = new Trainer({ spec, samples, learningRate, momentum, batchSize, recordLayer: 'layer1' });
  trainer.setWeights(Float32Array.from(loss.minimum));
  const sum = la.rankUpdater(P);
  const plan = batchPlan({ count: N, batchSize, sampling: 'replaced', lastBatch: 'drop', key });
  let done = 0;
  let filled = 0;
  for (let epoch = 0; done < burnIn + steps; epoch++) {
    const order = sampling === 'replaced' ? plan.epoch(epoch).order : distinct(key.child(epoch).stream(), batchSize);
    const { recorded } = trainer.steps(order, batchSize);
    for (let at = 0; at < recorded.length; at += P, done++) {
      if (done < burnIn || done >= burnIn + steps) continue;
      for (let i = 0; i < P; i++) sum.buffer[filled * P + i] = recorded[at + i] - loss.minimum[i];
      if (++filled === sum.capacity) {
        sum.update(filled);
        filled = 0;
      }
    }
  }
  sum.update(filled);
  const total = sum.finish();
  return matrix(
    P,
    P,
    total.data.map((v) => v / steps),
  );
}

/** As many samples as an epoch has: batches of different samples, each drawn anew from all of them. */
function distinct(stream, batchSize) {
  const order = [];
  while (order.length + batchSize <= N) {
    const batch = new Set();
    while (batch.size < batchSize) batch.add(stream.integer(N));
    order.push(...batch);
  }
  return Uint32Array.from(order);
}
