/**
 * A branch from the trained weights: training, and the analysis of its windows in every basis. docs/theory [S6], [S7].
 */

import { roundingOfSteps } from '../../analyse/trajectory/pca.js';
import { covarianceAccumulator } from '../../numeric/linalg/covariance.js';
import { trace } from '../../numeric/linalg/matrix.js';
import { logSpaced } from '../../numeric/spacing.js';
import { difference, runTwo, WeightMean } from '../../runs/steps.js';
import { benchOf } from './bench.js';
import type { BranchCell } from './config.js';
import type { CellContext } from './context.js';
import { common, type MeasuredBranch, othersDirections, ownDirections, type Span } from './look.js';
import { regime, type WidthMeter } from './measure.js';
import type { BranchResult, Regime } from './measured.js';
import { type Moments, merged, PieceSums, principal, quadraticForms, topColumns, without } from './moments.js';
import { type Kept, keptBy, motionOf } from './motion.js';
import { surrogateRegimes } from './surrogate.js';

/** A window with its mean network. */
interface Window extends Span {
  readonly moments: Moments;
  readonly weights: Float32Array;
}

/** Computes a branch. */
export async function branchCell(context: CellContext, cell: BranchCell): Promise<Omit<BranchResult, 'seconds'>> {
  const { la, config, weights, key, seed, report } = context;
  const bench = benchOf(context);
  const { block } = bench;
  const { sampling, momentum, learningRate } = cell;
  const [steps, twin] = [bench.steps(cell, key.child('batches')), bench.steps(cell, key.child('replica'))];
  const { batchesPerEpoch } = steps;
  const half = config.mainWindow / 2;

  // one pass over the steps, cut where a window or the half of the main one begins
  const lengths = [...new Set([...cell.windows, half, config.mainWindow])].sort((a, b) => b - a);
  const sums = new PieceSums(la, block.size);
  const between = covarianceAccumulator(la, block.size);
  const means: WeightMean[] = [];
  let kept: Kept = keptBy(steps, block);
  for (let e = 0; e < config.epochs; e++) {
    const left = config.epochs - e;
    if (left === config.mainWindow) kept = keptBy(steps, block);
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
    report(`epoch ${e + 1} of ${config.epochs}`, (0.15 * (e + 1)) / config.epochs);
  }
  sums.cut();
  const motion = motionOf(cell, batchesPerEpoch, kept, keptBy(steps, block));

  // from the end: each window is the previous one with one more piece
  const regimes: Regime[] = [];
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
    const window = {
      epochs: length,
      steps: moments.count,
      moments,
      weights: mean.weights({ weightOffset: block.offset }, moments.mean),
    };
    if (length === config.mainWindow) {
      main = window;
      firstHalf = lengths.includes(half) && piece.count === half * batchesPerEpoch ? piece : undefined;
    } else if (cell.windows.includes(length)) others.push(window);
  }
  firstHalf ??= without(main!.moments, secondHalf!);
  moments = undefined; // matrices of 50 MB are released as soon as they are not needed

  // H and C at the main window
  report('Hessian and noise', 0.2);
  const { hessian, noise } = await bench.curvatureAt(main!.weights, sampling);
  const branch: MeasuredBranch = { ...context, motion, hessian, noise };
  const look = (window: Window, meter: WidthMeter): Promise<Regime> =>
    ownDirections(branch, principal(la, window.moments, config.directions), {
      ...window,
      basis: 'same-window',
      meter,
      key: key.child(`window ${window.epochs}`),
    });
  while (others.length > 0) {
    const window = others.shift()!;
    report(`window of ${window.epochs} epochs`, 0.25);
    regimes.push(await look(window, bench.meter(window.weights)));
  }
  report(`window of ${config.mainWindow} epochs`, 0.4);
  const meter = bench.meter(main!.weights);
  const own = await look(main!, meter);
  regimes.push(own);
  const { mean: centre } = main!.moments;
  /** What counts as resolved along directions that the window did not choose: float32 steps round, and the errors add up. */
  const held = (steps: number) => Math.max(own.resolution, roundingOfSteps(centre, steps));

  report('the other half', 0.5);
  regimes.push(
    await othersDirections(branch, [firstHalf, secondHalf!], {
      basis: 'other-window',
      epochs: half,
      steps: secondHalf!.count,
      meter,
      resolution: held(secondHalf!.count),
      key: key.child('other half'),
    }),
  );
  firstHalf = secondHalf = undefined;

  report('Hessian basis', 0.6);
  const span: Span = { epochs: main!.epochs, steps: main!.steps };
  const eigen = la.eigh(hessian);
  for (const basis of ['hessian', 'replicas'] as const) {
    const covariance = basis === 'hessian' ? main!.moments.covariance : between.finish({ ddof: 0 });
    const ranks = logSpaced(eigen.values.length, config.directions);
    const directions = topColumns(eigen.vectors, ranks);
    regimes.push(
      await regime(la, {
        ...common(branch, { ...span, basis, meter, key: key.child(basis) }, directions),
        ranks,
        variances: quadraticForms(la, directions, covariance),
        spectrum: undefined,
        totalVariance: trace(covariance),
        resolution: held(span.steps),
      }),
    );
  }
  main = undefined;
  regimes.push(...(await surrogateRegimes(branch, span, eigen, meter, { own: own.resolution, held })));
  return {
    format: 'thermograd controls cell',
    kind: 'branch',
    seed,
    cell: cell.name,
    sampling,
    momentum,
    learningRate,
    batchesPerEpoch,
    ...(motion.fails && { fails: motion.fails, adaptive: motion.root !== undefined }),
    regimes,
  };
}
