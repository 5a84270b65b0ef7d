/**
 * Walkers of one method, part by part: the work of a worker thread. A walker's numbers depend on the seed and its index
 * alone, and the parts are always the same, so that nothing depends on the number of threads.
 */
import { evaluator } from '../../numeric/expression/index.js';
import { randomKey } from '../../numeric/random.js';
import { type Ensemble, langevinEnsemble, sgdEnsemble } from '../../theory/ensemble/ensemble.js';
import { histogram, newHistogram } from '../../theory/ensemble/statistics.js';
import { type Boundary, STATUS, type Wall } from '../../theory/ensemble/walls.js';
import { langevinModel, sgdModel } from '../../theory/models/problem.js';
import { placesOf, type Setup, type SideKind } from './config.js';

/** Names a method that moves walkers. */
export type WalkerMethod = 'sgd' | 'langevin';

/** Describes one part of the walkers. */
export interface WalkersJob {
  readonly method: WalkerMethod;
  /** Walkers first … first + count − 1. */
  readonly first: number;
  readonly count: number;
  /** Steps of Langevin, in units of time. */
  readonly timestep: number;
}

/** The most samples of each walker that a stationary run counts. */
export const SAMPLES = 400;

/** Holds what a part of the walkers contributes to a stationary run. */
export interface StationaryPart {
  /** Samples per cell, x fastest. */
  readonly counts: Float64Array;
  readonly samples: number;
  readonly outside: number;
  /** Time averages of each walker, count×columns: x, xx, L or x, y, xx, xy, yy, L; NaN for those that diverged. */
  readonly averages: Float64Array;
  /** The same averages over the first and over the second half of the time, count×2×columns. */
  readonly halves: Float64Array;
  readonly diverged: number;
}

/** Holds what a part of the walkers contributes to a transient run. */
export interface TransientPart {
  /** Positions at the output times, outputs×count×size; NaN where a walker had stopped. */
  readonly places: Float64Array;
  /** Walkers per cell at each snapshot, and those outside. */
  readonly counts: readonly Float64Array[];
  readonly outside: readonly number[];
  /** Time at which each walker was absorbed; NaN for the others. */
  readonly exits: Float64Array;
  readonly diverged: number;
}

/** Holds what a part of the walkers contributes to a run. */
export type WalkersPart = StationaryPart | TransientPart;

/** Returns the time of a step and a function from a time to the number of steps. */
function clockOf(setup: Setup, job: Pick<WalkersJob, 'method' | 'timestep'>) {
  const step = job.method === 'sgd' ? setup.problem.timePerStep : job.timestep;
  return { step, steps: (time: number) => Math.max(0, Math.round(time / step)) };
}

/** Runs one part of the walkers. */
export function runWalkers(setup: Setup, job: WalkersJob, report: (share: number) => void): WalkersPart {
  const ensemble = ensembleOf(setup, job);
  return setup.time.mode === 'stationary'
    ? stationaryPart(setup, setup.time, job, ensemble, report)
    : transientPart(setup, setup.time, job, ensemble, report);
}

/** Returns the positions of the first walkers at evenly spaced times, count×points×size, with the times. */
export function runPaths(setup: Setup, job: WalkersJob, points: number): { times: Float64Array; places: Float64Array } {
  const { size } = setup.problem;
  const ensemble = ensembleOf(setup, job);
  const { step, steps } = clockOf(setup, job);
  const { time } = setup;
  const all = steps(time.mode === 'stationary' ? time.burnIn + time.length : time.until);
  const kept = Math.min(points, all + 1);
  const times = new Float64Array(kept);
  const places = new Float64Array(job.count * kept * size);
  for (let p = 0; p < kept; p++) {
    ensemble.advance(Math.round((all * p) / (kept - 1)) - ensemble.stepsDone);
    times[p] = ensemble.stepsDone * step;
    const at = ensemble.positions();
    for (let w = 0; w < job.count; w++)
      for (let i = 0; i < size; i++) places[(w * kept + p) * size + i] = at[w * size + i];
  }
  return { times, places };
}

function ensembleOf(setup: Setup, { method, first, count, timestep }: WalkersJob): Ensemble {
  const { problem, config, start } = setup;
  const key = randomKey(config.seed).child('simulate').child(method);
  const common = {
    walkers: count,
    firstWalker: first,
    start: placesOf(start, problem.size, first, count, key.child('start')),
    key: key.child('noise'),
    boundaries: boundariesOf(setup),
    bound: config.methods[method]!.bound,
  };
  if (method === 'sgd')
    return sgdEnsemble({
      ...common,
      model: sgdModel(problem),
      learningRate: problem.learningRate,
      momentum: problem.momentum,
    });
  return langevinEnsemble({
    ...common,
    model: langevinModel(problem),
    timestep,
    scheme: config.methods.langevin!.scheme,
  });
}

function boundariesOf({ axes, sides }: Setup): Boundary[] {
  const wall = (kind: SideKind, at: number): Wall => (kind === 'open' ? { kind } : { kind, at });
  return axes.map((a, k) => ({ low: wall(sides[k][0], a.from), high: wall(sides[k][1], a.to) }));
}

function stationaryPart(
  setup: Setup,
  time: Setup['time'] & { mode: 'stationary' },
  job: WalkersJob,
  ensemble: Ensemble,
  report: (share: number) => void,
): StationaryPart {
  const { problem } = setup;
  const { size } = problem;
  const { steps } = clockOf(setup, job);
  const [burn, length] = [steps(time.burnIn), Math.max(1, steps(time.length))];
  const samples = Math.min(SAMPLES, length);
  const columns = momentColumns(size);
  const averages = new Float64Array(job.count * columns);
  const halves = new Float64Array(job.count * 2 * columns);
  const places = newHistogram(setup.axes);
  const loss = problem.loss ? evaluator([problem.loss], problem.names) : undefined;
  const [point, L] = [new Float64Array(size), new Float64Array(1)];
  const pieces = 20;
  for (let p = 1; p <= pieces; p++) {
    ensemble.advance(Math.round((burn * p) / pieces) - ensemble.stepsDone);
    report((burn * p) / pieces / (burn + length));
  }
  for (let s = 1; s <= samples; s++) {
    ensemble.advance(burn + Math.round((length * s) / samples) - ensemble.stepsDone);
    const at = ensemble.positions();
    const status = ensemble.status();
    const half = 2 * s <= samples ? 0 : 1;
    const weight = 1 / (half === 0 ? Math.floor(samples / 2) : samples - Math.floor(samples / 2));
    histogram(ensemble, places);
    for (let w = 0; w < job.count; w++) {
      for (let i = 0; i < size; i++) point[i] = at[w * size + i];
      loss?.(point, L);
      const values =
        size === 1
          ? [point[0], point[0] ** 2, L[0]]
          : [point[0], point[1], point[0] ** 2, point[0] * point[1], point[1] ** 2, L[0]];
      for (let c = 0; c < columns; c++) {
        const value = status[w] === STATUS.moving ? values[c] : Number.NaN;
        averages[w * columns + c] += value / samples;
        halves[(2 * w + half) * columns + c] += value * weight;
      }
    }
    if (s % 8 === 0) report((burn + (length * s) / samples) / (burn + length));
  }
  const diverged = ensemble.status().filter((v) => v === STATUS.diverged).length;
  const { counts, outside, total, stopped } = places;
  return { counts, samples: total - stopped, outside, averages, halves, diverged };
}

/** Returns the number of columns of a moment table, including that of the loss. */
export const momentColumns = (size: number): number => (size === 1 ? 3 : 6);

function transientPart(
  setup: Setup,
  time: Setup['time'] & { mode: 'transient' },
  job: WalkersJob,
  ensemble: Ensemble,
  report: (share: number) => void,
): TransientPart {
  const { problem } = setup;
  const { size } = problem;
  const { step, steps } = clockOf(setup, job);
  const { outputs, snapshots } = time;
  const places = new Float64Array(outputs.length * job.count * size).fill(Number.NaN);
  const counted = snapshots.map(() => newHistogram(setup.axes));
  const events = [
    ...outputs.map((t, k) => ({ at: steps(t), output: k, snapshot: -1 })),
    ...snapshots.map((t, k) => ({ at: steps(t), output: -1, snapshot: k })),
  ].sort((a, b) => a.at - b.at);
  for (const { at, output, snapshot } of events) {
    ensemble.advance(at - ensemble.stepsDone);
    if (snapshot >= 0) histogram(ensemble, counted[snapshot]);
    else {
      const [now, status] = [ensemble.positions(), ensemble.status()];
      for (let w = 0; w < job.count; w++)
        if (status[w] === STATUS.moving)
          for (let i = 0; i < size; i++) places[(output * job.count + w) * size + i] = now[w * size + i];
    }
    report(at / events[events.length - 1].at);
  }
  const status = ensemble.status();
  // the ensemble counts eta per step; with momentum a step takes eta/(1 − mu)
  const unit = job.method === 'sgd' ? step / problem.learningRate : 1;
  const exits = ensemble.exitTimes().map((t, w) => (status[w] === STATUS.absorbed ? t * unit : Number.NaN));
  return {
    places,
    counts: counted.map((h) => h.counts),
    outside: counted.map((h) => h.outside),
    exits,
    diverged: status.filter((v) => v === STATUS.diverged).length,
  };
}
