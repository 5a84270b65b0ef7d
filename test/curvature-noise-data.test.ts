/** [S11] on real data: SGD in plain loops on images of MNIST, against the prediction from the same data. */
import { expect, it } from 'vitest';
import { embeddedLinearAlgebra, matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { loadDataset } from '../src/runs/datasets.js';
import { predictCovariance } from '../src/theory/predictions.js';
import { regressionLoss } from '../src/theory/regression-data.js';
import { batchNoise } from '../src/theory/sampled-loss.js';

const [N, P, B] = [300, 5, 4];

/** Mean brightness of four quadrants and a constant; targets ±1 for odd and even digits. */
async function quadrants() {
  const { train } = await loadDataset('mnist', { limit: N });
  const inputs = matrix(N, P);
  for (let k = 0; k < N; k++) {
    inputs.data[k * P + 4] = 1;
    for (let i = 0; i < 784; i++) {
      const quadrant = (i >= 392 ? 2 : 0) + (i % 28 >= 14 ? 1 : 0);
      inputs.data[k * P + quadrant] += train.values[k * 784 + i] / (50 * 255);
    }
  }
  const labels = train.labels ?? [];
  return {
    inputs,
    targets: matrix(
      N,
      1,
      Float64Array.from(labels, (v) => (v % 2 ? 1 : -1)),
    ),
  };
}

it.each([
  ['momentum 0', 0, 0.4],
  ['momentum 0.8', 0.8, 0.3],
])('closes with the varying Hessian and not without it: %s', async (_, momentum, share) => {
  const la = embeddedLinearAlgebra();
  const data = await quadrants();
  const loss = regressionLoss(la, data);
  const noise = batchNoise(loss, { batchSize: B });
  const learningRate = share * predictCovariance(la, { ...noise, momentum, learningRate: 1e-6 }).ceiling;
  const full = predictCovariance(la, { ...noise, momentum, learningRate });
  const constant = predictCovariance(la, { ...noise, curvatureNoise: undefined, momentum, learningRate });

  const relaxation = (1 - momentum) / (learningRate * full.eigen.values[0]);
  const burnIn = Math.ceil(12 * relaxation);
  const steps = Math.ceil(150 * relaxation);
  const x = data.inputs.data;
  const chains = Array.from({ length: 24 }, (__, chain) => {
    const stream = randomKey(8).child(chain).stream();
    const w = loss.minimum.slice();
    const v = new Float64Array(P);
    let excess = 0;
    for (let t = 0; t < burnIn + steps; t++) {
      const g = new Float64Array(P);
      for (let b = 0; b < B; b++) {
        const k = stream.integer(N);
        let residual = -data.targets.data[k];
        for (let i = 0; i < P; i++) residual += w[i] * x[k * P + i];
        for (let i = 0; i < P; i++) g[i] += (residual * x[k * P + i]) / B;
      }
      for (let i = 0; i < P; i++) {
        v[i] = momentum * v[i] - learningRate * g[i];
        w[i] += v[i];
      }
      if (t < burnIn) continue;
      // (w − w*)ᵀH(w − w*)
      for (let i = 0; i < P; i++)
        for (let j = 0; j < P; j++)
          excess += ((w[i] - loss.minimum[i]) * loss.hessian.data[i * P + j] * (w[j] - loss.minimum[j])) / steps;
    }
    return excess;
  });
  const mean = chains.reduce((a, b) => a + b) / chains.length;
  const error = Math.sqrt(chains.reduce((s, c) => s + (c - mean) ** 2, 0) / (chains.length * (chains.length - 1)));
  const excessOf = (p: typeof full) => p.matrix().data.reduce((sum, s, i) => sum + s * loss.hessian.data[i], 0);
  expect(error / mean).toBeLessThan(0.03);
  expect(Math.abs(mean - excessOf(full))).toBeLessThan(3.5 * error);
  expect(mean - excessOf(constant)).toBeGreaterThan(6 * error);
});
