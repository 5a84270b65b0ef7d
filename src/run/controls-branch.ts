/** A branch from the trained weights: record, and look at its windows in every basis. science.md [S6], [S7]. */
import type { FlatnessMeter } from '../analyse/flatness.js';
import { forEachChunk } from '../analyse/rows.js';
import { layerNamed } from '../model/network.js';
import { covarianceAccumulator } from '../numeric/linalg/covariance.js';
import { type Matrix, matrix } from '../numeric/linalg/matrix.js';
import type { LinearAlgebra, SymmetricEigen } from '../numeric/linalg/provider.js';
import type { Key } from '../numeric/random.js';
import { logSpaced } from '../numeric/spacing.js';
import type { BranchResult, Regime } from '../report/controls-results.js';
import { noiseFactor } from '../theory/noise-factor.js';
import { surrogate } from '../theory/surrogate.js';
import type { CellContext } from './controls-cell.js';
import type { BranchCell } from './controls-config.js';
import { curvatureAt } from './controls-curvature.js';
import { type Dynamics, meterAt, regime } from './controls-measure.js';
import {
  diagonalIn,
  type Moments,
  merged,
  PieceSums,
  type Principal,
  principal,
  quadraticForms,
  topColumns,
} from './controls-moments.js';
import { CellSteps, difference, runTwo, WeightMean } from './controls-steps.js';

interface Span {
  readonly epochs: number;
  readonly steps: number;
}

/** A window with its mean network. */
interface Window extends Span {
  readonly moments: Moments;
  readonly weights: Float32Array;
}

export async function branchCell(context: CellContext, cell: BranchCell): Promise<Omit<BranchResult, 'seconds'>> {
  const { la, config, samples, weights, key, seed, tell } = context;
  const { network: spec, training, record } = config.base;
  const layer = layerNamed(spec, record.layer);
  const { sampling, momentum, learningRate } = cell;
  const replica = (name: string) =>
    new CellSteps({
      spec,
      samples,
      weights,
      layer,
      dynamics: { sampling, momentum, learningRate },
      batchSize: training.batchSize,
      key: key.child(name),
    });
  const [steps, twin] = [replica('batches'), replica('replica')];
  const { batchesPerEpoch } = steps;
  const dynamics: Dynamics = { sampling, momentum, learningRate, batchesPerEpoch };
  const half = config.mainWindow / 2;

  // one pass over the steps, cut where a window or the half of the main one begins
  const lengths = [...new Set([...cell.windows, half, config.mainWindow])].sort((a, b) => b - a);
  const sums = new PieceSums(la, layer.inputs * layer.outputs);
  const between = covarianceAccumulator(la, layer.inputs * layer.outputs);
  const means: WeightMean[] = [];
  for (let e = 0; e < config.epochs; e++) {
    const left = config.epochs - e;
    if (lengths.includes(left)) {
      sums.cut();
      means.push(new WeightMean(weights.length));
    }
    runTwo(steps, twin, (rows, others) => {
      if (left <= config.mainWindow) between.add(difference(rows, others), rows.length / between.size);
      if (means.length === 0) return;
      sums.add(rows);
      means[means.length - 1].add(steps.trainer.weights());
    });
    tell(`epoch ${e + 1} of ${config.epochs}`, (0.15 * (e + 1)) / config.epochs);
  }
  sums.cut();

  // from the end: each window is the one before it with one more piece
  const regimes: Regime[] = [];
  const looker: Looker = { ...context, dynamics, batchesPerEpoch };
  let moments: Moments | undefined;
  let mean: WeightMean | undefined;
  let secondHalf: Moments | undefined;
  const others: Window[] = [];
  let main: Window | undefined;
  let firstHalf: Moments | undefined;
  for (const length of [...lengths].reverse()) {
    const piece = sums.pieces.pop()!;
    const pieceMean = means.pop()!;
    moments = moments ? merged(piece, moments) : piece;
    mean = mean ? pieceMean.with(mean) : pieceMean;
    if (length === half) secondHalf = moments;
    const window = { epochs: length, steps: moments.count, moments, weights: mean.weights(layer, moments.mean) };
    if (length === config.mainWindow) {
      main = window;
      firstHalf = lengths.includes(half) && piece.count === half * batchesPerEpoch ? piece : undefined;
    } else if (cell.windows.includes(length)) others.push(window);
  }
  firstHalf ??= without(main!.moments, secondHalf!);
  moments = undefined; // matrices of 50 MB are let go as soon as they have served

  // H and C where the main window lies
  tell('Hessian and noise', 0.2);
  const { hessian, noise: perBatch } = curvatureAt({
    spec,
    weights: main!.weights,
    samples,
    layer: layer.name,
    sampling,
    batchSize: training.batchSize,
  });
  const look = (window: Window, of: Principal, meter: FlatnessMeter, k: Key) =>
    sameWindow(looker, window, of, meter, hessian, perBatch, k);
  while (others.length > 0) {
    const window = others.shift()!;
    tell(`window of ${window.epochs} epochs`, 0.25);
    const own = principal(la, window.moments);
    const meter = meterAt(spec, window.weights, samples, record.layer);
    regimes.push(look(window, own, meter, key.child(`window ${window.epochs}`)));
  }
  tell(`window of ${config.mainWindow} epochs`, 0.4);
  const meter = meterAt(spec, main!.weights, samples, record.layer);
  const resolution = addRegime(regimes, look, la, main!, meter, key);

  tell('the other half', 0.5);
  {
    const chosen = principal(la, firstHalf);
    const ranks = logSpaced(chosen.variances.length, config.directions);
    const directions = topColumns(chosen.vectors, ranks);
    regimes.push(
      regime(la, {
        ...common(looker, main!, meter, hessian, perBatch, directions),
        basis: 'other-window',
        epochs: half,
        steps: secondHalf!.count,
        ranks,
        variances: quadraticForms(la, directions, secondHalf!.covariance),
        spectrum: undefined,
        totalVariance: trace(secondHalf!.covariance),
        resolution,
        key: key.child('other half'),
      }),
    );
    firstHalf = secondHalf = undefined;
  }

  tell('Hessian basis', 0.6);
  const eigen = la.eigh(hessian);
  {
    const P = eigen.values.length;
    const ranks = logSpaced(P, config.directions);
    const directions = topColumns(eigen.vectors, ranks);
    for (const basis of ['hessian', 'replicas'] as const) {
      const covariance = basis === 'hessian' ? main!.moments.covariance : between.finish({ ddof: 0 });
      const variances = diagonalIn(la, eigen.vectors, covariance);
      regimes.push(
        regime(la, {
          ...common(looker, main!, meter, hessian, perBatch, directions),
          basis,
          ranks,
          variances: ranks.map((r) => variances[P - r]),
          spectrum: undefined,
          totalVariance: trace(covariance),
          resolution,
          key: key.child(basis),
        }),
      );
    }
  }
  const span: Span = { epochs: main!.epochs, steps: main!.steps };
  main = undefined;
  const factor = noiseFactor(la, perBatch);
  for (const basis of ['surrogate', 'random-walk'] as const) {
    tell(basis, basis === 'surrogate' ? 0.7 : 0.9);
    const windows = await linearHalves(looker, span.steps, basis === 'surrogate' ? eigen : 'zero', perBatch, factor);
    const turned = (rows: Matrix) =>
      basis === 'surrogate' ? la.gemm(rows, eigen.vectors, { transposeB: true }) : rows;
    if (basis === 'surrogate') {
      const chosen = principal(la, windows[0]);
      const ranks = logSpaced(chosen.variances.length, config.directions);
      const rows = topColumns(chosen.vectors, ranks);
      regimes.push(
        regime(la, {
          ...common(looker, span, meter, hessian, perBatch, turned(rows)),
          basis: 'surrogate-other',
          epochs: half,
          steps: windows[1].count,
          ranks,
          variances: quadraticForms(la, rows, windows[1].covariance),
          spectrum: undefined,
          totalVariance: trace(windows[1].covariance),
          resolution: Math.max(resolution, chosen.resolution),
          key: key.child('surrogate other half'),
        }),
      );
    }
    const whole = merged(windows[0], windows[1]);
    windows.length = 0;
    const own = principal(la, whole);
    const ranks = logSpaced(own.variances.length, config.directions);
    const directions = turned(topColumns(own.vectors, ranks));
    regimes.push(
      regime(la, {
        ...common(looker, span, meter, hessian, perBatch, directions),
        basis,
        flat: basis === 'random-walk',
        ranks,
        variances: ranks.map((r) => own.variances[r - 1]),
        spectrum: own.variances,
        totalVariance: own.totalVariance,
        // what float32 rows of the network could not show does not count here either
        resolution: Math.max(resolution, own.resolution),
        key: key.child(basis),
      }),
    );
  }
  return {
    format: 'thermograd controls cell',
    kind: 'branch',
    seed,
    cell: cell.name,
    ...dynamics,
    regimes,
  };
}

type Looker = CellContext & { readonly dynamics: Dynamics; readonly batchesPerEpoch: number };

/** The main window's own PCA; returns its resolution, which the other bases of the same rows share. */
function addRegime(
  regimes: Regime[],
  look: (window: Window, of: Principal, meter: FlatnessMeter, k: Key) => Regime,
  la: LinearAlgebra,
  main: Window,
  meter: FlatnessMeter,
  key: Key,
): number {
  const own = principal(la, main.moments);
  regimes.push(look(main, own, meter, key.child(`window ${main.epochs}`)));
  return own.resolution;
}

function sameWindow(
  context: Looker,
  window: Window,
  own: Principal,
  meter: FlatnessMeter,
  hessian: Matrix,
  perBatch: Matrix,
  key: Key,
): Regime {
  const ranks = logSpaced(own.variances.length, context.config.directions);
  const directions = topColumns(own.vectors, ranks);
  return regime(context.la, {
    ...common(context, window, meter, hessian, perBatch, directions),
    basis: 'same-window',
    ranks,
    variances: ranks.map((r) => own.variances[r - 1]),
    spectrum: own.variances,
    totalVariance: own.totalVariance,
    resolution: own.resolution,
    key,
  });
}

function common(
  { la, dynamics }: Looker,
  { epochs, steps }: Span,
  meter: FlatnessMeter,
  hessian: Matrix,
  perBatch: Matrix,
  directions: Matrix,
) {
  return {
    epochs,
    steps,
    meter,
    directions,
    curvature: quadraticForms(la, directions, hessian),
    noise: quadraticForms(la, directions, perBatch),
    dynamics,
    flat: false,
  };
}

/** A window of the linear system with this H (in its eigenbasis) or none, as many steps and the same sampling, in two halves. */
async function linearHalves(
  { la, config, dynamics, key, batchesPerEpoch }: Looker,
  steps: number,
  eigen: SymmetricEigen | 'zero',
  perBatch: Matrix,
  factor: Matrix,
): Promise<Moments[]> {
  const P = perBatch.rows;
  const source = surrogate(la, {
    hessian: eigen,
    covariance: perBatch,
    ...dynamics,
    window: steps,
    burnIn: eigen === 'zero' ? 0 : config.surrogateEpochs * batchesPerEpoch,
    basis: 'hessian',
    key: key.child('surrogate'),
    factor,
  });
  const sums = new PieceSums(la, P);
  const middle = Math.floor(steps / 2);
  await forEachChunk(source, (chunk, first, rows) => {
    const before = Math.max(0, Math.min(rows, middle - first));
    if (before > 0) sums.add(chunk.subarray(0, before * P));
    if (first + before === middle) sums.cut();
    if (before < rows) sums.add(chunk.subarray(before * P));
  });
  sums.cut();
  return sums.pieces;
}

export function trace(a: Matrix): number {
  let sum = 0;
  for (let i = 0; i < a.rows; i++) sum += a.data[i * a.cols + i];
  return sum;
}

/** The moments of a window's beginning from the whole and its end; for windows with a cut inside that half. */
function without(whole: Moments, end: Moments): Moments {
  const count = whole.count - end.count;
  const P = whole.mean.length;
  const mean = Float64Array.from(whole.mean, (m, i) => (whole.count * m - end.count * end.mean[i]) / count);
  const out = new Float64Array(P * P);
  for (let i = 0; i < P; i++)
    for (let j = 0; j < P; j++) {
      const d = ((end.mean[i] - mean[i]) * (end.mean[j] - mean[j]) * count * end.count) / whole.count;
      out[i * P + j] =
        (whole.count * whole.covariance.data[i * P + j] - end.count * end.covariance.data[i * P + j] - d) / count;
    }
  return { count, mean, covariance: matrix(P, P, out) };
}
