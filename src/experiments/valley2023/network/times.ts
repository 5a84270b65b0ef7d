/** The time until Tr H has fallen to what the weakest noise has at the target, against the strength of the noise. */
import type { Estimate } from '../../../numeric/estimate.js';
import { overSeeds } from '../../../numeric/seeds.js';
import { type Course, courseOf, slopeOf } from './ladder.js';
import { type NetworkCell, type NoiseSetting, noiseStrength, type PathPoint, type SolutionResult } from './measured.js';
import { bySeed, reached } from './summary.js';

/**
 * Steps until Tr H has fallen to `level` after its maximum, between two looks by interpolation in the logarithms; NaN where it has not
 * within the path.
 */
export function stepsToFlat(path: readonly PathPoint[], level: number): number {
  const looks = path.filter((p) => Number.isFinite(p.trace));
  if (looks.length === 0) return Number.NaN;
  const peak = looks.reduce((best, p, i) => (p.trace > looks[best].trace ? i : best), 0);
  const k = looks.findIndex((p, i) => i >= peak && p.trace <= level);
  if (k < 0) return Number.NaN;
  if (k === peak) return looks[k].step;
  const [a, b] = [looks[k - 1], looks[k]];
  const share = Math.log(a.trace / level) / Math.log(a.trace / b.trace);
  return Math.exp(Math.log(a.step) + share * Math.log(b.step / a.step));
}

export interface FlatTimes {
  /** Tr H of the weakest noise at the target, over seeds. */
  readonly level: Estimate;
  /** Slopes against eta/B of the time in eta·steps and in epochs. */
  readonly time: Estimate;
  readonly epochs: Estimate;
  /** The course of the time in eta·steps along the ladder. */
  readonly course: Course;
  /** Share of the solutions without such a time. */
  readonly missing: number;
  readonly points: readonly {
    readonly seed: number;
    readonly setting: NoiseSetting;
    readonly strength: number;
    /** eta·steps; NaN where never. */
    readonly time: number;
    readonly epochs: number;
  }[];
}

export function flatTimes(cells: readonly NetworkCell[]): FlatTimes {
  const seeds = bySeed(reached(cells));
  const levels: number[] = [];
  const points = seeds.flatMap((own) => {
    const weakest = Math.min(...own.map(noiseStrength));
    const level = Math.max(
      ...own.filter((c) => noiseStrength(c) === weakest).map((c) => c.path[c.path.length - 1].trace),
    );
    levels.push(level);
    return own.map((c) => {
      const steps = stepsToFlat(c.path, level);
      const { seed, learningRate, batchSize, stepsPerEpoch } = c;
      return {
        seed,
        setting: { learningRate, batchSize },
        strength: noiseStrength(c),
        time: learningRate * steps,
        epochs: steps / stepsPerEpoch,
      };
    });
  });
  const logs = (of: (p: (typeof points)[number]) => number) =>
    points.flatMap((p) => (Number.isFinite(of(p)) ? [{ seed: p.seed, strength: p.strength, y: Math.log(of(p)) }] : []));
  return {
    level: overSeeds(levels),
    time: slopeOf(logs((p) => p.time)),
    epochs: slopeOf(logs((p) => p.epochs)),
    course: courseOf(logs((p) => p.time)),
    missing: points.filter((p) => !Number.isFinite(p.time)).length / Math.max(1, points.length),
    points,
  };
}

/** Returns the change of ln Tr H over the last quarter of the steps to the solution, its start interpolated in the logarithms. */
export function lastQuarter({ path, steps }: Pick<SolutionResult, 'path' | 'steps'>): number {
  const looks = path.filter((p) => Number.isFinite(p.trace) && p.trace > 0);
  const last = looks[looks.length - 1];
  const start = 0.75 * steps;
  const k = looks.findIndex((p) => p.step >= start);
  if (!last || last.step !== steps || k < 0 || (k === 0 && looks[0].step > start)) return Number.NaN;
  const [a, b] = [looks[Math.max(0, k - 1)], looks[k]];
  const share = b.step === a.step ? 1 : Math.log(start / a.step) / Math.log(b.step / a.step);
  return Math.log(last.trace) - (Math.log(a.trace) + share * Math.log(b.trace / a.trace));
}
