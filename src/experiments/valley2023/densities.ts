/**
 * Stage `densities`: one tilted valley by four methods, and the SGD map at learning rates up to the edge of stability.
 * docs/theory [V2], [V3], [V5].
 *
 * The gradient noise of the map is C = 2D/eta, so that D, and with it Langevin, Fokker-Planck and the adiabatic theory,
 * are the same at every learning rate; only the effect of finite steps changes.
 */
import type { ReportProgress } from '../../jobs/pool.js';
import { type Estimate, exactly } from '../../numeric/estimate.js';
import { overSeeds } from '../../numeric/seeds.js';
import { type Ensemble, langevinEnsemble, sgdEnsemble } from '../../theory/ensemble/ensemble.js';
import { fokkerPlanck } from '../../theory/fokker-planck/equation.js';
import { gridCentres } from '../../theory/fokker-planck/grid.js';
import { densityAlong, marginalDensity } from '../../theory/fokker-planck/measures.js';
import { stationaryDensity } from '../../theory/fokker-planck/stationary.js';
import { alongFloor } from '../../theory/models/along.js';
import { langevinModel, sgdModel } from '../../theory/models/problem.js';
import type { ValleyConfig } from './config.js';
import type { DensitiesResult, DensityOf, Distance, FiniteStepRow } from './measured.js';
import {
  apart,
  countingDistance,
  curvatureOf,
  diffusiveValley,
  keyOf,
  noisyValley,
  parabola,
  seedsOf,
  WALLED,
} from './models.js';
import { type JobPlan, type ModelStage, vector } from './stage.js';

type Job =
  | { readonly kind: 'theory' }
  | { readonly kind: 'langevin' }
  | { readonly kind: 'sgd'; readonly learningRate: number };

/** Holds the probabilities of the bins. */
interface Histogram {
  readonly marginal: number[];
  readonly floor: number[];
}

/** Holds what one seed contributes. */
interface Walked extends Histogram {
  readonly visits: number;
  readonly floorVisits: number;
  readonly meanX: number;
  /** Means over visits of y² lambda/D_y and of 2/(2 − eta lambda). */
  readonly varianceRatio: number;
  readonly predictedRatio: number;
}

type Part =
  | {
      readonly kind: 'theory';
      readonly grid: Histogram;
      readonly adiabatic: Histogram;
      /** Marginals of the theory with finite steps, one a learning rate. */
      readonly finite: readonly (readonly number[])[];
    }
  | { readonly kind: 'walkers'; readonly seeds: readonly Walked[] };

const WIDTHS = 5.5;
/** Relaxation times along the valley, 1/stiffness, before the first sample and between two. */
const [BEFORE, BETWEEN] = [6, 3];
/** Share of the local standard deviation of y within which a walker counts as on the floor. */
const FLOOR = 0.5;
const LANGEVIN_STEP = 0.2;

const jobsOf = ({ densities }: ValleyConfig): Job[] => [
  { kind: 'theory' },
  { kind: 'langevin' },
  ...densities.learningRates.map((learningRate) => ({ kind: 'sgd' as const, learningRate })),
];

const stepOf = (config: ValleyConfig, job: Job): number =>
  job.kind === 'sgd' ? job.learningRate : LANGEVIN_STEP / config.valley.sharp;

function clock(config: ValleyConfig, job: Job) {
  const { stiffness, walk } = config.densities;
  const step = stepOf(config, job);
  const before = Math.ceil(BEFORE / stiffness / step);
  const between = Math.ceil(BETWEEN / stiffness / step);
  return { before, between, cost: (config.seeds * walk.walkers * (before + walk.looks * between)) / 1e6 };
}

/** The stage `densities`: its plan, its jobs, and how their parts are merged. */
export const densitiesStage: ModelStage<Part, DensitiesResult> = {
  plan: (config) =>
    jobsOf(config).map(
      (job): JobPlan =>
        job.kind === 'theory'
          ? { what: 'Fokker-Planck and theory', cost: 5 }
          : {
              what: job.kind === 'sgd' ? `SGD map at eta = ${job.learningRate}` : 'Langevin',
              cost: clock(config, job).cost,
            },
    ),
  run(index, config, report) {
    const job = jobsOf(config)[index];
    return job.kind === 'theory' ? theory(config) : { kind: 'walkers', seeds: walked(config, job, report) };
  },
  merge: merged,
  arrays: (r) => ({
    edges: vector(r.edges),
    ...Object.fromEntries(
      r.densities.flatMap((d) => [
        [`${d.source}_marginal`, vector(d.marginal)],
        [`${d.source}_floor`, vector(d.floor)],
      ]),
    ),
  }),
};

const floorFormula = ({ densities: d }: ValleyConfig): string => parabola(d.stiffness, d.lowest);

function theory(config: ValleyConfig): Part {
  const { diffusion, anisotropy, bins, cells, learningRates } = config.densities;
  const problem = diffusiveValley(config, floorFormula(config), diffusion, anisotropy);
  const reach = WIDTHS * Math.sqrt((anisotropy * diffusion) / Math.min(...Object.values(config.valley)));
  const { density } = stationaryDensity(
    fokkerPlanck({
      model: langevinModel(problem),
      axes: [
        { from: 0, to: 1, cells: bins * cells[0] },
        { from: -reach, to: reach, cells: cells[1] },
      ],
    }),
  );
  const x = gridCentres(density.grid, 0);
  const binned = (values: ArrayLike<number>): number[] => {
    const out = Array.from({ length: bins }, (_, b) => {
      let sum = 0;
      for (let k = 0; k < cells[0]; k++) sum += values[b * cells[0] + k];
      return sum;
    });
    const total = out.reduce((s, v) => s + v, 0);
    return out.map((v) => v / total);
  };
  const along = alongFloor(problem);
  return {
    kind: 'theory',
    grid: { marginal: binned(marginalDensity(density, 0).values), floor: binned(densityAlong(density, 0, 0).values) },
    adiabatic: { marginal: binned(along.density(x, 'marginal')), floor: binned(along.density(x, 'floor')) },
    finite: learningRates.map((eta) =>
      binned(
        alongFloor(noisyValley(config, floorFormula(config), diffusion, anisotropy, eta), { steps: 'finite' }).density(
          x,
          'marginal',
        ),
      ),
    ),
  };
}

function ensembleOf(config: ValleyConfig, job: Job, seed: number): Ensemble {
  const { diffusion, anisotropy, lowest, walk } = config.densities;
  const common = {
    start: [lowest, 0],
    walkers: walk.walkers,
    boundaries: WALLED,
    key: keyOf(seed, 'densities', job.kind === 'sgd' ? `sgd-${job.learningRate}` : job.kind),
  };
  return job.kind === 'sgd'
    ? sgdEnsemble({
        ...common,
        model: sgdModel(noisyValley(config, floorFormula(config), diffusion, anisotropy, job.learningRate)),
        learningRate: job.learningRate,
      })
    : langevinEnsemble({
        ...common,
        model: langevinModel(diffusiveValley(config, floorFormula(config), diffusion, anisotropy)),
        timestep: stepOf(config, job),
        scheme: 'strong-1.5-additive',
      });
}

function walked(config: ValleyConfig, job: Job, report: ReportProgress): Walked[] {
  const { diffusion, anisotropy, bins, walk } = config.densities;
  const { before, between } = clock(config, job);
  const Dy = anisotropy * diffusion;
  const eta = job.kind === 'sgd' ? job.learningRate : 0;
  return seedsOf(config).map((seed) => {
    const ensemble = ensembleOf(config, job, seed);
    ensemble.advance(before);
    const all = new Float64Array(bins);
    const floor = new Float64Array(bins);
    let [visits, floorVisits, sumX, sumRatio, sumPredicted] = [0, 0, 0, 0, 0];
    for (let look = 0; look < walk.looks; look++) {
      ensemble.advance(between);
      const at = ensemble.positions();
      const status = ensemble.status();
      for (let w = 0; w < walk.walkers; w++) {
        if (status[w] !== 0) continue;
        const [x, y] = [at[2 * w], at[2 * w + 1]];
        const lambda = curvatureOf(config, x);
        const bin = Math.min(bins - 1, Math.floor(x * bins));
        visits++;
        all[bin]++;
        sumX += x;
        const ratio = (y * y * lambda) / Dy;
        sumRatio += ratio;
        sumPredicted += 2 / (2 - eta * lambda);
        if (ratio >= FLOOR ** 2) continue;
        // the band is as wide as F
        floorVisits++;
        floor[bin] += Math.sqrt(lambda);
      }
      report(`seed ${seed}`, (seed + (look + 1) / walk.looks) / config.seeds);
    }
    const share = (h: Float64Array) => {
      const total = h.reduce((s, v) => s + v, 0);
      return Array.from(h, (v) => v / total);
    };
    return {
      marginal: share(all),
      floor: share(floor),
      visits,
      floorVisits,
      meanX: sumX / visits,
      varianceRatio: sumRatio / visits,
      predictedRatio: sumPredicted / visits,
    };
  });
}

const average = (rows: readonly (readonly number[])[]): number[] =>
  rows[0].map((_, k) => rows.reduce((s, r) => s + r[k], 0) / rows.length);

function merged(parts: readonly Part[], config: ValleyConfig): DensitiesResult {
  const { bins, diffusion, anisotropy, learningRates, lowest } = config.densities;
  const [first, langevin, ...maps] = parts;
  if (first.kind !== 'theory') throw new TypeError('the first part is the theory');
  const seedsFrom = (p: Part) => (p.kind === 'walkers' ? p.seeds : []);
  const density = (source: DensityOf['source'], h: Histogram): DensityOf => ({
    source,
    marginal: h.marginal.map((v) => v * bins),
    floor: h.floor.map((v) => v * bins),
  });
  const together = (rows: readonly Walked[]): Histogram => ({
    marginal: average(rows.map((r) => r.marginal)),
    floor: average(rows.map((r) => r.floor)),
  });
  const distances = (['marginal', 'floor'] as const).flatMap((which): Distance[] => [
    ...(['langevin', 'sgd'] as const).map((source) => {
      const rows = seedsFrom(source === 'langevin' ? langevin : maps[0]);
      const counts = rows.map((r) =>
        countingDistance(first.grid[which], which === 'marginal' ? r.visits : r.floorVisits),
      );
      return {
        source,
        which,
        distance: overSeeds(rows.map((r) => apart(r[which], first.grid[which]))),
        counting: counts.reduce((s, v) => s + v, 0) / counts.length,
      };
    }),
    {
      source: 'adiabatic',
      which,
      distance: exact(apart(first.adiabatic[which], first.grid[which])),
      counting: 0,
    },
  ]);
  const meanOf = (p: readonly number[]) => p.reduce((s, v, b) => s + (v * (b + 0.5)) / bins, 0);
  return {
    diffusion,
    anisotropy,
    learningRate: learningRates[0],
    edges: Array.from({ length: bins + 1 }, (_, b) => b / bins),
    densities: [
      density('fokker-planck', first.grid),
      density('adiabatic', first.adiabatic),
      density('langevin', together(seedsFrom(langevin))),
      density('sgd', together(seedsFrom(maps[0]))),
    ],
    distances,
    steps: maps.map((p, k): FiniteStepRow => {
      const rows = seedsFrom(p);
      const over = (of: (r: Walked) => number) => overSeeds(rows.map(of));
      return {
        learningRate: learningRates[k],
        sharpest: learningRates[k] * config.valley.sharp,
        varianceRatio: over((r) => r.varianceRatio),
        predictedRatio: over((r) => r.predictedRatio).value,
        meanX: over((r) => r.meanX),
        continuousX: meanOf(first.adiabatic.marginal),
        finiteStepX: meanOf(first.finite[k]),
        toContinuous: over((r) => apart(r.marginal, first.adiabatic.marginal)),
        toFiniteStep: over((r) => apart(r.marginal, first.finite[k])),
        counting: countingDistance(first.grid.marginal, rows[0].visits),
      };
    }),
    lowest,
  };
}

const exact = (value: number): Estimate => exactly(value, 'sum over bins of two computed densities');
