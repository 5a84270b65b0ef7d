/**
 * A branch with all other layers frozen: the loss is a function of the recorded weights alone, near a point where H and
 * C are known exactly, so that the only assumption of [S2]–[S4] is that H and C are constant over the window. Compared
 * are predicted and measured variances by groups of Hessian modes, and H and C along the trajectory.
 */
import { layerNamed } from '../../model/network.js';
import { covarianceAccumulator } from '../../numeric/linalg/covariance.js';
import { CellSteps, difference, runTwo } from '../../runs/steps.js';
import { predictCovariance } from '../../theory/predictions.js';
import type { FrozenCell } from './config.js';
import type { CellContext } from './context.js';
import { curvatureAlong, curvatureAt } from './curvature.js';
import { type Dynamics, law, modeVariances } from './measure.js';
import type { FrozenGroup, FrozenResult, Ratio } from './measured.js';
import { diagonalIn, merged, PieceSums, quadraticForms, topColumns } from './moments.js';

/** Computes a frozen cell. */
export function frozenCell(context: CellContext, cell: FrozenCell): Omit<FrozenResult, 'seconds'> {
  const { la, config, samples, weights, key, seed, report } = context;
  const { network: spec, training, record } = config.base;
  const layer = layerNamed(spec, record.layer);
  const { sampling, learningRate } = cell;
  const replica = (name: string) =>
    new CellSteps({
      spec,
      samples,
      weights,
      layer,
      dynamics: { sampling, momentum: 0, learningRate },
      batchSize: training.batchSize,
      trainable: [layer.name],
      key: key.child(name),
    });
  const [steps, twin] = [replica('batches'), replica('replica')];
  const { trainer, batchesPerEpoch } = steps;
  const dynamics: Dynamics = { sampling, momentum: 0, learningRate, batchesPerEpoch };
  for (let e = 0; e < config.relaxEpochs; e++) {
    runTwo(steps, twin, () => {});
    report(`relaxing, epoch ${e + 1}`, (0.15 * (e + 1)) / config.relaxEpochs);
  }
  const { epochs } = config;
  const own = covarianceAccumulator(la, layer.inputs * layer.outputs);
  const between = new PieceSums(la, layer.inputs * layer.outputs);
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
  const [first, second] = between.pieces;
  const mean = points[0].slice();
  mean.set(Float32Array.from(own.mean()), layer.weightOffset);
  const window = own.count;
  const covariance = own.finish({ ddof: 0 });

  report('Hessian and noise', 0.4);
  const place = (point: Float32Array) => ({
    spec,
    weights: point,
    samples,
    layer: layer.name,
    sampling,
    batchSize: training.batchSize,
  });
  const { hessian, noise } = curvatureAt(place(mean));
  trainer.setWeights(points[0]);
  const gradient = trainer
    .gradient()
    .gradient.slice(layer.weightOffset, layer.weightOffset + layer.inputs * layer.outputs);
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
  const at = (point: Float32Array) => curvatureAlong(place(point), directions);
  const centre = at(mean);
  const path = points.map((p, k) => {
    report('along the trajectory', 0.7 + (0.3 * k) / points.length);
    return at(p);
  });
  const along = (of: (c: ReturnType<typeof at>) => Float64Array) =>
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
    ...dynamics,
    relaxEpochs: config.relaxEpochs,
    epochs,
    loss: {
      start: loss(points[0]),
      mean: loss(mean),
      end: loss(points[points.length - 1]),
      trajectory: points.reduce((s, p) => s + loss(p), 0) / points.length,
    },
    groups: results,
    stiffest: learningRate * eigen.values[P - 1],
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
