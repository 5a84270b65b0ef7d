/**
 * The noise of real batches, in their real order, at ONE point of the weights, driving linear modes: x' = (1 − eta h) x
 * − eta xi_k. Here the noise does not depend on the weights, so [S2]–[S4] must hold for any distribution of batch
 * gradients; where they hold here and fail for the network with its other layers frozen, they leave out the dependence
 * of the noise on the weights.
 */

import { batchPlan } from '../../data/samplers.js';
import { type LayerBlock, layerNamed, type NetworkSpec } from '../../model/network.js';
import { matrix } from '../../numeric/linalg/matrix.js';
import { predictCovariance } from '../../theory/predictions.js';
import { Trainer } from '../../train/trainer.js';
import type { FixedCell } from './config.js';
import type { CellContext } from './context.js';
import { curvatureAt } from './curvature.js';
import { ratio } from './frozen.js';
import type { FixedResult } from './measured.js';
import { topColumns } from './moments.js';

/** Batches whose gradients are projected at once. */
const ROWS = 100;

/**
 * Computes a fixed cell: `surrogateEpochs` epochs to become stationary, then a window of `mainWindow` epochs. Cost
 * 2·P·K flops a step beside the batch gradient.
 */
export function fixedCell(context: CellContext, cell: FixedCell): Omit<FixedResult, 'seconds'> {
  const { la, config, samples, weights, key, seed, report } = context;
  const { training, record } = config.base;
  const spec = context.network as NetworkSpec;
  const { batchSize } = training;
  const layer = layerNamed(spec, record.layer);
  const { sampling, learningRate, momentum } = cell;
  const plan = batchPlan({ count: samples.count, batchSize, sampling, lastBatch: 'drop', key: key.child('batches') });
  const M = plan.batchesPerEpoch;
  report('Hessian and noise', 0);
  const { hessian, noise } = curvatureAt({ spec, weights, samples, layer: layer.name, sampling, batchSize });
  const window = config.mainWindow * M;
  const dynamics = { learningRate, momentum, sampling, batchesPerEpoch: M };
  const { eigen, variances } = predictCovariance(la, { ...dynamics, hessian, covariance: noise, window });
  const P = eigen.values.length;
  const groups = config.groups.filter(([from]) => from <= P).map(([from, to]) => [from, Math.min(to, P)] as const);
  const K = Math.max(...groups.map(([, to]) => to));
  const modes = topColumns(
    eigen.vectors,
    Array.from({ length: K }, (_, k) => k + 1),
  );
  const trainer = new Trainer({ spec, samples, learningRate, batchSize });
  trainer.setWeights(weights);
  const mean = trainer.gradient().gradient.slice(layer.weightOffset, layer.weightOffset + P);
  const [x, first, sum, square] = [0, 1, 2, 3].map(() => new Float64Array(K));
  const epochs = config.surrogateEpochs + config.mainWindow;
  let seen = 0;
  for (let e = 0; e < epochs; e++) {
    const { order } = plan.epoch(e);
    for (let b = 0; b < M; b += ROWS) {
      const count = Math.min(ROWS, M - b);
      const rows = matrix(count, P);
      for (let r = 0; r < count; r++)
        addBatchGradient(
          rows.data.subarray(r * P, (r + 1) * P),
          trainer,
          layer,
          order.subarray((b + r) * batchSize, (b + r + 1) * batchSize),
        );
      for (let r = 0; r < count; r++) for (let j = 0; j < P; j++) rows.data[r * P + j] -= mean[j];
      const xi = la.gemm(rows, modes, { transposeB: true }).data;
      for (let r = 0; r < count; r++) {
        for (let k = 0; k < K; k++) x[k] -= learningRate * (eigen.values[P - 1 - k] * x[k] + xi[r * K + k]);
        if (e < config.surrogateEpochs) continue;
        if (seen++ === 0) first.set(x);
        for (let k = 0; k < K; k++) {
          const d = x[k] - first[k];
          sum[k] += d;
          square[k] += d * d;
        }
      }
    }
    report(`epoch ${e + 1} of ${epochs}`, 0.4 + (0.6 * (e + 1)) / epochs);
  }
  const measured = square.map((s, k) => s / seen - (sum[k] / seen) ** 2);
  return {
    format: 'thermograd controls cell',
    kind: 'fixed',
    seed,
    cell: cell.name,
    ...dynamics,
    epochs: config.mainWindow,
    groups: groups.map(([from, to]) => ({
      from,
      to,
      ratio: ratio(
        Array.from({ length: to - from + 1 }, (_, k) => from - 1 + k),
        (k) => variances[P - 1 - k],
        (k) => measured[k],
      ),
    })),
  };
}

/** Adds to `out` the mean gradient of a batch by the layer's weight, the mean of delta ⊗ h. */
function addBatchGradient(out: Float64Array, trainer: Trainer, layer: LayerBlock, order: Uint32Array): void {
  const { inputs: n, outputs: m } = layer;
  for (const { inputs, deltas, count } of trainer.layerStates(layer.name, order))
    for (let s = 0; s < count; s++)
      for (let a = 0; a < m; a++) {
        const d = deltas[s * m + a] / order.length;
        if (d !== 0) for (let i = 0; i < n; i++) out[a * n + i] += d * inputs[s * n + i];
      }
}
