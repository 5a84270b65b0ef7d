/**
 * A branch with all other layers frozen: the loss is a function of the recorded weights alone, near a point where H and
 * C are known exactly, so that the only assumption of [S2]–[S4] is that H and C are constant over the window. Compared
 * are predicted and measured variances by groups of Hessian modes, and H and C along the trajectory.
 */
import { covarianceAccumulator } from '../../numeric/linalg/covariance.js';
import { matrix } from '../../numeric/linalg/index.js';
import { difference, runTwo } from '../../runs/steps.js';
import { inOwnCoordinates } from '../../theory/optimisers/own-coordinates.js';
import { predictCovariance } from '../../theory/predictions.js';
import { benchOf } from './bench.js';
import type { FrozenCell } from './config.js';
import type { CellContext } from './context.js';
import { law, modeVariances } from './measure.js';
import type { FrozenGroup, FrozenResult, Ratio } from './measured.js';
import { diagonalIn, type Moments, merged, PieceSums, quadraticForms, topColumns } from './moments.js';
import { keptBy, motionOf, ownMatrices } from './motion.js';

/** Computes a frozen cell. */
export async function frozenCell(context: CellContext, cell: FrozenCell): Promise<Omit<FrozenResult, 'seconds'>> {
  const { la, config, key, seed, report } = context;
  const bench = benchOf(context);
  const { block } = bench;
  const { sampling, learningRate, momentum } = cell;
  const [steps, twin] = ['batches', 'replica'].map((name) => bench.steps(cell, key.child(name), [block.name]));
  const { trainer, batchesPerEpoch } = steps;
  for (let e = 0; e < config.relaxEpochs; e++) {
    runTwo(steps, twin, () => {});
    report(`relaxing, epoch ${e + 1}`, (0.15 * (e + 1)) / config.relaxEpochs);
  }
  const { epochs } = config;
  const before = keptBy(steps, block);
  const own = covarianceAccumulator(la, block.size);
  const between = new PieceSums(la, block.size);
  // points of the trajectory: its start, its end, and between them
  const points = [trainer.weights()];
  const marks = Array.from({ length: config.points - 1 }, (_, k) =>
    Math.round(((k + 1) * epochs) / (config.points - 1)),
  );
  for (let e = 0; e < epochs; e++) {
    if (e === Math.floor(epochs / 2)) between.cut();
    runTwo(steps, twin, (rows, others) => {
      own.add(rows, rows.length / own.size);
      between.add(difference(rows, others));
    });
    if (marks.includes(e + 1)) points.push(trainer.weights());
    report(`epoch ${e + 1} of ${epochs}`, 0.15 + (0.15 * (e + 1)) / epochs);
  }
  between.cut();
  const motion = motionOf(cell, batchesPerEpoch, before, keptBy(steps, block));
  const { dynamics, root, decay } = motion;
  // in own coordinates y = P^(−1/2) w
  const inverse = root?.map((r) => 1 / r);
  const inY = (m: Moments): Moments => (inverse ? { ...m, covariance: inOwnCoordinates(m.covariance, inverse) } : m);
  const [first, second] = between.pieces.map(inY);
  const mean = points[0].slice();
  mean.set(Float32Array.from(own.mean()), block.offset);
  const window = own.count;
  const ofWeights = own.finish({ ddof: 0 });
  const covariance = inverse ? inOwnCoordinates(ofWeights, inverse) : ofWeights;

  report('Hessian and noise', 0.4);
  const { hessian, noise } = ownMatrices(motion, await bench.curvatureAt(mean, sampling));
  const slope = await bench.gradientAt(steps, points[0]);
  const gradient = root ? slope.map((g, i) => g * root[i]) : slope;
  const prediction = predictCovariance(la, {
    hessian,
    covariance: noise,
    ...dynamics,
    window,
    gradient,
  });
  const { eigen, variances: predicted, drift } = prediction;
  const P = eigen.values.length;
  const whole = diagonalIn(la, eigen.vectors, covariance);
  const noisy = diagonalIn(la, eigen.vectors, merged(first, second).covariance);

  report('along the trajectory', 0.7);
  const groups = config.groups.filter(([from]) => from <= P).map(([from, to]) => [from, Math.min(to, P)] as const);
  const looked = groups.map(([from, to]) => spread(from, to, config.modesPerGroup));
  const ranks = looked.flat();
  const directions = topColumns(eigen.vectors, ranks);
  const { size } = block;
  const rows = root
    ? matrix(
        directions.rows,
        size,
        directions.data.map((x, i) => x * root[i % size]),
      )
    : directions;
  const at = async (point: Float32Array) => {
    const found = await bench.curvatureAlong(point, sampling, rows);
    return decay === 0 ? found : { ...found, curvature: found.curvature.map((h) => h + decay) };
  };
  const centre = await at(mean);
  const path: Awaited<ReturnType<typeof at>>[] = [];
  for (const [k, p] of points.entries()) {
    report('along the trajectory', 0.7 + (0.3 * k) / points.length);
    path.push(await at(p));
  }
  const along = (of: (c: Awaited<ReturnType<typeof at>>) => Float64Array) =>
    centre.noise.map((_, k) => path.reduce((s, c) => s + of(c)[k], 0) / path.length);
  const meanNoise = along((c) => c.noise);
  const meanCurvature = along((c) => c.curvature);
  const single = (h: Float64Array, c: Float64Array) => modeVariances(la, dynamics, window, h, c);
  const atCentre = single(centre.curvature, centre.noise);
  const noiseAveraged = single(centre.curvature, meanNoise);
  const bothAveraged = single(meanCurvature, meanNoise);
  const halves = [first, second].map((m) => quadraticForms(la, directions, m.covariance));

  let offset = 0;
  const results = groups.map(([from, to], g): FrozenGroup => {
    const all = Array.from({ length: to - from + 1 }, (_, k) => P - from - k);
    const seen = looked[g].map((_, k) => offset + k);
    offset += seen.length;
    const mode = (k: number) => P - ranks[k];
    const fluctuation = (i: number) => predicted[i] - drift[i];
    /** Applies to `base` the change of the prediction by an averaged H or C, over the modes considered. */
    const moved = (alternative: Float64Array, base: Ratio): Ratio => {
      const factor = (k: number) => alternative[k] / atCentre[k];
      const here = ratio(
        seen,
        (k) => fluctuation(mode(k)),
        (k) => noisy[mode(k)],
      );
      const there = ratio(
        seen,
        (k) => factor(k) * fluctuation(mode(k)),
        (k) => noisy[mode(k)],
      );
      return { modes: (base.modes * there.modes) / here.modes, sums: (base.sums * there.sums) / here.sums };
    };
    const replicas = ratio(all, fluctuation, (i) => noisy[i]);
    const gain = (top: ArrayLike<number>, bottom: ArrayLike<number>) => average(seen, (k) => top[k] / bottom[k]);
    const [start, end] = [path[0], path[path.length - 1]];
    return {
      from,
      to,
      curvature: [eigen.values[P - to], eigen.values[P - from]],
      ratios: {
        raw: ratio(all, fluctuation, (i) => whole[i]),
        drift: ratio(
          all,
          (i) => predicted[i],
          (i) => whole[i],
        ),
        replicas,
        'noise-averaged': moved(noiseAveraged, replicas),
        'both-averaged': moved(bothAveraged, replicas),
      },
      noiseGain: gain(meanNoise, centre.noise),
      curvatureGain: gain(meanCurvature, centre.curvature),
      halves: gain(halves[0], halves[1]),
      noiseDecay: gain(start.noise, end.noise),
      curvatureDecay: gain(start.curvature, end.curvature),
    };
  });
  const loss = (w: Float32Array) => {
    trainer.setWeights(w);
    return trainer.evaluate().loss;
  };
  return {
    format: 'thermograd controls cell',
    kind: 'frozen',
    seed,
    cell: cell.name,
    sampling,
    momentum,
    learningRate,
    batchesPerEpoch,
    ...(motion.fails && { fails: motion.fails, adaptive: root !== undefined }),
    relaxEpochs: config.relaxEpochs,
    epochs,
    loss: {
      start: loss(points[0]),
      mean: loss(mean),
      end: loss(points[points.length - 1]),
      trajectory: points.reduce((s, p) => s + loss(p), 0) / points.length,
    },
    groups: results,
    stiffest: dynamics.learningRate * eigen.values[P - 1],
    noiseLaw: law(Array.from(centre.curvature), Array.from(centre.noise), key.child('noise law')),
  };
}

/** Returns at most `count` ranks from `from` to `to`, evenly spaced. */
function spread(from: number, to: number, count: number): number[] {
  const n = Math.min(count, to - from + 1);
  return Array.from({ length: n }, (_, k) => Math.round(from + (n === 1 ? 0 : (k * (to - from)) / (n - 1))));
}

const sum = (of: readonly number[], value: (k: number) => number) => of.reduce((s, k) => s + value(k), 0);

/** Returns the mean over the finite values. */
function average(of: readonly number[], value: (k: number) => number): number {
  const values = of.map(value).filter(Number.isFinite);
  return values.reduce((s, v) => s + v, 0) / values.length;
}

/** Returns predicted over measured, averaged in both ways. */
export function ratio(of: readonly number[], predicted: (k: number) => number, measured: (k: number) => number): Ratio {
  return {
    modes: 1 / average(of, (k) => measured(k) / predicted(k)),
    sums: sum(of, predicted) / sum(of, measured),
  };
}
