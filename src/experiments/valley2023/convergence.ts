/**
 * Stage `convergence`: the time from the sharp end to the flat one against the strength of the noise, up to divergence.
 * docs/theory [V3], [V4], [R6].
 *
 * Walkers of the SGD map start on the floor of the sharp end and have arrived when a step ends beyond the target.
 * Divergence is measured on other walkers, which continue between reflecting ends for a fixed number of steps and do
 * not stop on arrival.
 */
import type { ReportProgress } from '../../jobs/pool.js';
import { InputError } from '../../numeric/errors.js';
import { type Estimate, scaled } from '../../numeric/estimate.js';
import { overSeeds } from '../../numeric/seeds.js';
import { sgdEnsemble } from '../../theory/ensemble/ensemble.js';
import { type Boundary, STATUS } from '../../theory/ensemble/walls.js';
import { alongFloor } from '../../theory/models/along.js';
import { type Problem, sgdModel } from '../../theory/models/problem.js';
import { almostSureRate, meanSquareFactor, meanSquareRate } from '../../theory/valley/divergence.js';
import { meanFirstPassage } from '../../theory/valley/escape.js';
import { driftTime } from '../../theory/valley/sgd-noise.js';
import { ADDITIVE, type ValleyConfig } from './config.js';
import type { BatchNoise, ConvergenceResult, ConvergenceRow } from './measured.js';
import { keyOf, levelValley, seedsOf, WALLED } from './models.js';
import { type JobPlan, type ModelStage, vector } from './stage.js';

interface Job {
  readonly noise: BatchNoise;
  /** C_yy in the middle; for curvature noise its fixed additive part. */
  readonly strength: number;
  readonly spread: number;
  readonly learningRate: number;
  /** Whether it belongs to the comparison at equal eta·C. */
  readonly equal: boolean;
}

interface Part {
  readonly steps: Estimate;
  readonly arrived: number;
  readonly diverged: Estimate;
  readonly driftSteps: number;
  readonly passageSteps: number;
}

/** Most checks whether all walkers have ended. */
const LOOKS = 50;

function jobsOf({ convergence: c }: ValleyConfig): Job[] {
  const plain = { spread: 0, learningRate: c.learningRate, equal: false };
  return [
    ...ADDITIVE.flatMap((noise) => c.strengths.map((strength) => ({ ...plain, noise, strength }))),
    ...c.curvature.spreads.map((spread) => ({
      ...plain,
      noise: 'curvature' as const,
      strength: c.curvature.strength,
      spread,
    })),
    ...c.equal.learningRates.map((learningRate) => ({
      noise: 'location' as const,
      strength: c.equal.temperature / learningRate,
      spread: 0,
      learningRate,
      equal: true,
    })),
  ];
}

/** The stage `convergence`: its plan, its jobs, and how their parts are merged. */
export const convergenceStage: ModelStage<Part, ConvergenceResult> = {
  plan: (config) =>
    jobsOf(config).map((job): JobPlan => {
      const { most, stay, walkers } = config.convergence;
      // about 5000 steps at eta² C = 4e-4
      const steps = Math.min(most, 2 / (job.learningRate ** 2 * job.strength * (1 + job.spread ** 2)));
      return {
        what: `${job.noise}, ${job.noise === 'curvature' ? `s = ${job.spread}` : `C = ${job.strength}`}, eta = ${job.learningRate}`,
        cost: (config.seeds * walkers * (steps + stay)) / 1e6,
      };
    }),
  run: (index, config, report) => converged(config, jobsOf(config)[index], index, report),
  merge(parts, config) {
    const jobs = jobsOf(config);
    const { target, most, learningRate } = config.convergence;
    const { sharp, flat } = config.valley;
    const rows = jobs.flatMap((job, k): ConvergenceRow[] =>
      job.equal
        ? []
        : [
            {
              noise: job.noise,
              strength: job.noise === 'curvature' ? job.spread : job.strength,
              learningRate: job.learningRate,
              ...parts[k],
              growth: meanSquareFactor({ mean: sharp, variance: (job.spread * sharp) ** 2 }, job.learningRate),
            },
          ],
    );
    return {
      target,
      most,
      rows,
      equalTemperature: jobs.flatMap((job, k) =>
        job.equal
          ? [
              {
                learningRate: job.learningRate,
                strength: job.strength,
                time: scaled(parts[k].steps, job.learningRate),
                driftTime: parts[k].driftSteps * job.learningRate,
              },
            ]
          : [],
      ),
      critical: {
        sharpMeanSquare: criticalSpread(sharp, learningRate, meanSquareRate),
        sharpAlmostSure: criticalSpread(sharp, learningRate, almostSureRate),
        flatMeanSquare: criticalSpread(flat, learningRate, meanSquareRate),
        flatAlmostSure: criticalSpread(flat, learningRate, almostSureRate),
      },
    };
  },
  arrays: ({ rows }) => ({
    strength: vector(rows.map((r) => r.strength)),
    steps: vector(rows.map((r) => r.steps.value)),
    drift_steps: vector(rows.map((r) => r.driftSteps)),
    passage_steps: vector(rows.map((r) => r.passageSteps)),
    diverged: vector(rows.map((r) => r.diverged.value)),
  }),
};

/**
 * Returns the standard deviation over the mean of the batch curvature at which a line crosses this learning rate, by
 * bisection.
 */
function criticalSpread(mean: number, eta: number, line: (l: { mean: number; variance: number }) => number): number {
  let [low, high] = [0, 1e4];
  for (let k = 0; k < 100; k++) {
    const middle = (low + high) / 2;
    if (line({ mean, variance: (middle * mean) ** 2 }) > eta) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function converged(config: ValleyConfig, job: Job, index: number, report: ReportProgress): Part {
  const { walkers, most, stay, target, bound } = config.convergence;
  const problem = levelValley(config, job.noise, job.strength, job.learningRate, job.spread);
  const model = sgdModel(problem);
  const boundaries: Boundary[] = [
    { low: { kind: 'reflecting', at: 0 }, high: { kind: 'absorbing', at: target } },
    { low: { kind: 'open' }, high: { kind: 'open' } },
  ];
  const found = seedsOf(config).map((seed) => {
    const key = keyOf(seed, 'convergence', index);
    const common = { model, learningRate: job.learningRate, start: [0, 0], walkers, bound };
    const ensemble = sgdEnsemble({ ...common, boundaries, key });
    let moving = walkers;
    for (let look = 0; look < LOOKS && moving > 0; look++) {
      ensemble.advance(Math.ceil(most / LOOKS));
      moving = ensemble.status().filter((s) => s === STATUS.moving).length;
      report(`seed ${seed}`, (seed + 1 - moving / walkers) / config.seeds);
    }
    const status = ensemble.status();
    const exits = ensemble.exitTimes();
    const settled = sgdEnsemble({ ...common, boundaries: WALLED, key: key.child('stay') });
    settled.advance(stay);
    const arrivals = [...exits.keys()].filter((w) => status[w] === STATUS.absorbed).map((w) => exits[w]);
    return {
      steps: arrivals.reduce((s, t) => s + t, 0) / arrivals.length / job.learningRate,
      arrived: arrivals.length / walkers,
      diverged: settled.status().filter((s) => s === STATUS.diverged).length / walkers,
    };
  });
  return {
    steps: overSeeds(found.map((f) => f.steps)),
    arrived: found.reduce((s, f) => s + f.arrived, 0) / found.length,
    diverged: overSeeds(found.map((f) => f.diverged)),
    ...predicted(problem, target),
  };
}

/**
 * Largest f·length/D for which a first passage is computed; beyond it diffusion changes the time by less than a
 * hundredth.
 */
const SHARP = 100;

/**
 * Returns the steps of the effective drift with the ⟨y²⟩ of the map, and those of the first passage in continuous time
 * with the diffusion along the floor.
 */
function predicted(problem: Problem, target: number): { driftSteps: number; passageSteps: number } {
  const eta = problem.learningRate;
  return {
    driftSteps: whereItIs(() => driftTime(alongFloor(problem, { steps: 'finite' }).drift, 0, target).value / eta),
    passageSteps: whereItIs(() => passage(problem, target) / eta),
  };
}

function passage(problem: Problem, target: number): number {
  const line = alongFloor(problem, { order: 'next' });
  // noise like the Hessian moves x and y so that nothing diffuses along to this order
  const diffusion = whereItIs(() => line.diffusion(target / 2));
  if (!((line.drift(target / 2) * target) / diffusion < SHARP)) return driftTime(line.drift, 0, target).value;
  return meanFirstPassage(line, { from: 0, to: target, wall: 0, panels: 400 }).value;
}

/** Returns NaN where y has no finite variance and there is no such time. */
function whereItIs(of: () => number): number {
  try {
    return of();
  } catch (error) {
    if (error instanceof InputError) return Number.NaN;
    throw error;
  }
}
