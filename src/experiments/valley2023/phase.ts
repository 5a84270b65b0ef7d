/**
 * Stage `phase`: the flatness that SGD reaches in a fixed number of steps, and divergence, against the noise of the
 * batch curvature and the learning rate. docs/theory [V1], [V4].
 *
 * Batch loss ½ lambda(x)(1 + s n1)(y² − 2 a n2 y): the curvature has standard deviation s·lambda, the location of the
 * minimum a. Each job is a row of the diagram, which has one learning rate.
 */

import { realPower } from '../../numeric/power.js';
import { sgdEnsemble } from '../../theory/ensemble/ensemble.js';
import { STATUS } from '../../theory/ensemble/walls.js';
import { sgdModel } from '../../theory/models/problem.js';
import { almostSureRate, type BatchCurvature, meanSquareRate } from '../../theory/valley/divergence.js';
import type { ValleyConfig } from './config.js';
import type { PhaseLine, PhaseResult } from './measured.js';
import { curvatureOf, keyOf, levelValley, orderParameter, WALLED } from './models.js';
import { type ModelStage, vector } from './stage.js';

interface Part {
  readonly flatness: readonly number[];
  readonly diverged: readonly number[];
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

const evenly = ({ from, to, count }: Range): number[] =>
  Array.from({ length: count }, (_, k) => from + ((to - from) * k) / (count - 1));
const logarithmically = ({ from, to, count }: Range): number[] =>
  evenly({ from: Math.log(from), to: Math.log(to), count }).map((v, k) =>
    k === 0 ? from : k === count - 1 ? to : Math.exp(v),
  );

/** The stage `phase`: its plan, its jobs, and how their parts are merged. */
export const phaseStage: ModelStage<Part, PhaseResult> = {
  plan: ({ phase }) =>
    logarithmically(phase.rates).map((eta) => ({
      what: `eta = ${Number(eta.toPrecision(3))}`,
      cost: (phase.noise.count * phase.walkers * phase.steps) / 1e6,
    })),
  run(index, config, report) {
    const { phase } = config;
    const eta = logarithmically(phase.rates)[index];
    const points = evenly(phase.noise).map((s, column) => {
      report(`s = ${Number(s.toPrecision(3))}`, column / phase.noise.count);
      return point(config, s, eta, index * phase.noise.count + column);
    });
    return { flatness: points.map((p) => p.flatness), diverged: points.map((p) => p.diverged) };
  },
  merge(parts, { phase, valley }) {
    const noise = evenly(phase.noise);
    const rates = logarithmically(phase.rates);
    const line = (mean: number, of: (l: BatchCurvature) => number) =>
      noise.map((s) => of({ mean, variance: (s * mean) ** 2 }));
    const diverged = parts.flatMap((p) => p.diverged);
    const lines: Record<PhaseLine, readonly number[]> = {
      sharpMeanSquare: line(valley.sharp, meanSquareRate),
      sharpAlmostSure: line(valley.sharp, almostSureRate),
      flatMeanSquare: line(valley.flat, meanSquareRate),
      flatAlmostSure: line(valley.flat, almostSureRate),
    };
    const column = (k: number) => rates.map((_, row) => diverged[row * noise.length + k]);
    return {
      noise,
      rates,
      steps: phase.steps,
      walkers: phase.walkers,
      locationNoise: phase.locationNoise,
      flatness: parts.flatMap((p) => p.flatness),
      diverged,
      lines,
      first: noise.map((_, k) => crossing(rates, column(k), 0.5 / phase.walkers)),
      half: noise.map((_, k) => crossing(rates, column(k), 0.5)),
    };
  },
  arrays: (r) => ({
    noise: vector(r.noise),
    rates: vector(r.rates),
    flatness: { shape: [r.rates.length, r.noise.length], data: r.flatness },
    diverged: { shape: [r.rates.length, r.noise.length], data: r.diverged },
    ...Object.fromEntries(Object.entries(r.lines).map(([name, values]) => [name, vector(values)])),
    first: vector(r.first),
    half: vector(r.half),
  }),
};

function point(config: ValleyConfig, s: number, eta: number, index: number): { flatness: number; diverged: number } {
  const { locationNoise, steps, walkers, bound } = config.phase;
  const strength = (locationNoise * curvatureOf(config, 0.5)) ** 2;
  const ensemble = sgdEnsemble({
    model: sgdModel(levelValley(config, 'curvature', strength, eta, s)),
    learningRate: eta,
    start: [0, 0],
    walkers,
    boundaries: WALLED,
    bound,
    key: keyOf(0, 'phase', index),
  });
  ensemble.advance(steps);
  const status = ensemble.status();
  const at = ensemble.positions();
  let [alive, sum] = [0, 0];
  for (let w = 0; w < walkers; w++) {
    if (status[w] === STATUS.diverged) continue;
    alive++;
    sum += orderParameter(at[2 * w]);
  }
  return { flatness: alive > 0 ? sum / alive : Number.NaN, diverged: 1 - alive / walkers };
}

/**
 * Returns the learning rate at which a share first reaches a level, interpolated in ln eta; NaN where that is below the
 * first rate or nowhere.
 */
export function crossing(rates: readonly number[], share: readonly number[], level: number): number {
  const k = share.findIndex((v) => v >= level);
  if (k <= 0) return Number.NaN;
  const part = (level - share[k - 1]) / (share[k] - share[k - 1]);
  return rates[k - 1] * realPower(rates[k] / rates[k - 1], part);
}
