/**
 * Stage `potential`: −ln P along a level valley against eq. 7, and along a tilted one against eq. 11. docs/theory [V1], [V2].
 *
 * The grid spans 5.5 standard deviations of y at the flat end; slopes are least squares over the middle eight tenths,
 * away from the walls.
 */
import type { ReportProgress } from '../../jobs/pool.js';
import { computed, type Estimate } from '../../numeric/estimate.js';
import { leastSquares } from '../../numeric/lines.js';
import { overSeeds } from '../../numeric/seeds.js';
import { langevinEnsemble } from '../../theory/ensemble/ensemble.js';
import { fokkerPlanck } from '../../theory/fokker-planck/equation.js';
import { gridCentres } from '../../theory/fokker-planck/grid.js';
import { densityAlong, marginalDensity } from '../../theory/fokker-planck/measures.js';
import { stationaryDensity } from '../../theory/fokker-planck/stationary.js';
import { alongFloor } from '../../theory/models/along.js';
import { langevinModel, type Problem } from '../../theory/models/problem.js';
import type { ValleyConfig } from './config.js';
import type { PotentialCase, PotentialResult, PotentialSlopes, TiltedCase } from './measured.js';
import { curvatureOf, diffusiveValley, fall, keyOf, parabola, seedsOf, WALLED } from './models.js';
import type { Arrays, JobPlan, ModelStage } from './stage.js';

type Job =
  | { readonly kind: 'grid' | 'walkers'; readonly diffusion: number; readonly anisotropy: number }
  | { readonly kind: 'tilted'; readonly diffusion: number; readonly anisotropy: number };

type Part =
  | { readonly kind: 'grid'; readonly found: PotentialCase }
  | { readonly kind: 'walkers'; readonly job: Job; readonly slopes: PotentialSlopes }
  | { readonly kind: 'tilted'; readonly found: TiltedCase };

/** The part of the valley in which slopes are measured. */
const [FROM, TO] = [0.1, 0.9];
const WIDTHS = 5.5;
/** Relaxation times before the first sample, and over all samples. */
const [BEFORE, DURING] = [2, 3];
/** Share of the local standard deviation of y within which a walker counts as on the floor. */
const FLOOR = 0.5;

function jobsOf({ potential: p }: ValleyConfig): Job[] {
  const smallest = Math.min(...p.diffusions);
  return [
    ...p.diffusions.flatMap((diffusion) =>
      p.anisotropies.map((anisotropy) => ({ kind: 'grid' as const, diffusion, anisotropy })),
    ),
    ...p.walkerAnisotropies.map((anisotropy) => ({ kind: 'walkers' as const, diffusion: smallest, anisotropy })),
    ...p.tilted.anisotropies.map((anisotropy) => ({ kind: 'tilted' as const, diffusion: smallest, anisotropy })),
  ];
}

/** The stage `potential`: its plan, its jobs, and how their parts are merged. */
export const potentialStage: ModelStage<Part, PotentialResult> = {
  plan: (config) =>
    jobsOf(config).map(
      (job): JobPlan => ({
        what: `${job.kind} at D_x = ${job.diffusion}, kappa = ${job.anisotropy}`,
        cost: job.kind === 'walkers' ? walkPlan(config, job.diffusion, job.anisotropy).cost : 2,
      }),
    ),
  run(index, config, report) {
    const job = jobsOf(config)[index];
    if (job.kind === 'walkers') return { kind: 'walkers', job, slopes: walkerSlopes(config, job, report) };
    if (job.kind === 'tilted') return { kind: 'tilted', found: tilted(config, job) };
    return { kind: 'grid', found: gridCase(config, job) };
  },
  merge(parts, { valley }) {
    const walkers = parts.filter((p) => p.kind === 'walkers');
    return {
      ends: valley,
      cases: parts
        .filter((p) => p.kind === 'grid')
        .map(({ found: c }) => ({
          ...c,
          slopes: [
            ...c.slopes,
            ...walkers
              .filter((w) => w.job.diffusion === c.diffusion && w.job.anisotropy === c.anisotropy)
              .map((w) => w.slopes),
          ],
        })),
      tilted: parts.filter((p) => p.kind === 'tilted').map((p) => p.found),
    };
  },
  arrays(result): Arrays {
    const { cases } = result;
    const n = cases[0]?.curve.x.length ?? 0;
    const stacked = (of: (c: PotentialCase) => readonly number[]) => ({
      shape: [cases.length, n],
      data: cases.flatMap(of),
    });
    return {
      diffusion: { shape: [cases.length], data: cases.map((c) => c.diffusion) },
      anisotropy: { shape: [cases.length], data: cases.map((c) => c.anisotropy) },
      x: { shape: [n], data: cases[0]?.curve.x ?? [] },
      log_flatness: { shape: [n], data: cases[0]?.curve.logFlatness ?? [] },
      floor: stacked((c) => c.curve.floor),
      marginal: stacked((c) => c.curve.marginal),
    };
  },
};

/** Holds ln P at the cells along the valley. */
interface Logs {
  readonly x: Float64Array;
  readonly floor: Float64Array;
  readonly marginal: Float64Array;
}

function solved(config: ValleyConfig, problem: Problem, job: Job, halved: boolean): Logs {
  const [nx, ny] = config.potential.cells.map((n) => (halved ? Math.ceil(n / 2) : n));
  const reach = WIDTHS * Math.sqrt((job.anisotropy * job.diffusion) / Math.min(...Object.values(config.valley)));
  const jumps = fokkerPlanck({
    model: langevinModel(problem),
    axes: [
      { from: 0, to: 1, cells: nx },
      { from: -reach, to: reach, cells: ny },
    ],
  });
  const { density } = stationaryDensity(jumps);
  const log = (values: Float64Array) => values.map(Math.log);
  return {
    x: gridCentres(density.grid, 0),
    floor: log(densityAlong(density, 0, 0).values),
    marginal: log(marginalDensity(density, 0).values),
  };
}

const logFlatness = (config: ValleyConfig, x: number): number => -0.5 * Math.log(curvatureOf(config, x));

/** Returns the slope of −ln P against ln F. */
function slope(config: ValleyConfig, { x }: Logs, log: Float64Array): number {
  const inside = [...x.keys()].filter((k) => x[k] > FROM && x[k] < TO);
  return leastSquares(
    inside.map((k) => logFlatness(config, x[k])),
    inside.map((k) => -log[k]),
  ).slope;
}

const HALVED = 'Fokker-Planck; error: against half the cells along each axis';

function gridCase(config: ValleyConfig, job: Job): PotentialCase {
  const problem = diffusiveValley(config, '0', job.diffusion, job.anisotropy);
  const [fine, coarse] = [false, true].map((halved) => solved(config, problem, job, halved));
  const compared = (which: 'floor' | 'marginal'): Estimate => {
    const value = slope(config, fine, fine[which]);
    return computed(value, Math.abs(value - slope(config, coarse, coarse[which])), fine.x.length, HALVED);
  };
  return {
    diffusion: job.diffusion,
    anisotropy: job.anisotropy,
    separation: separation(problem, fine.x),
    slopes: [{ method: 'fokker-planck', floor: compared('floor'), marginal: compared('marginal') }],
    curve: {
      x: [...fine.x],
      logFlatness: Array.from(fine.x, (x) => logFlatness(config, x)),
      floor: Array.from(fine.floor, (v) => fine.floor[0] - v),
      marginal: Array.from(fine.marginal, (v) => fine.marginal[0] - v),
    },
  };
}

function separation(problem: Problem, x: Float64Array): number {
  const along = alongFloor(problem);
  return Math.max(...Array.from(x, (v) => along.separation(v)));
}

/** Fits −D_y ln P(x, 0) to L0, D_y ln F and a constant by least squares. */
function tilted(config: ValleyConfig, job: Job): TiltedCase {
  const { stiffness, lowest } = config.potential.tilted;
  const problem = diffusiveValley(config, parabola(stiffness, lowest), job.diffusion, job.anisotropy);
  const Dy = job.anisotropy * job.diffusion;
  const coefficients = (halved: boolean): [number, number] => {
    const { x, floor } = solved(config, problem, job, halved);
    const inside = [...x.keys()].filter((k) => x[k] > FROM && x[k] < TO);
    const [u, v, w] = [
      inside.map((k) => (stiffness / 2) * (x[k] - lowest) ** 2),
      inside.map((k) => Dy * logFlatness(config, x[k])),
      inside.map((k) => -Dy * floor[k]),
    ];
    return twoSlopes(u, v, w);
  };
  const [fine, coarse] = [coefficients(false), coefficients(true)];
  const compared = (k: 0 | 1) => computed(fine[k], Math.abs(fine[k] - coarse[k]), config.potential.cells[0], HALVED);
  return {
    diffusion: job.diffusion,
    anisotropy: job.anisotropy,
    separation: separation(problem, Float64Array.from([0, 0.25, 0.5, 0.75, 1])),
    lossCoefficient: compared(0),
    flatnessCoefficient: compared(1),
  };
}

/** Fits w = a u + b v + constant by least squares and returns a and b. */
function twoSlopes(u: readonly number[], v: readonly number[], w: readonly number[]): [number, number] {
  const centred = (z: readonly number[]) => {
    const middle = z.reduce((s, q) => s + q, 0) / z.length;
    return z.map((q) => q - middle);
  };
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((s, q, k) => s + q * b[k], 0);
  const [p, q, r] = [centred(u), centred(v), centred(w)];
  const [pp, pq, qq, pr, qr] = [dot(p, p), dot(p, q), dot(q, q), dot(p, r), dot(q, r)];
  const determinant = pp * qq - pq * pq;
  return [(pr * qq - qr * pq) / determinant, (qr * pp - pr * pq) / determinant];
}

/**
 * Plans the samples from the relaxation along the valley of the marginal e^{a x}, a = kappa ln(sharp/flat)/2: gap D
 * (pi² + a²/4).
 */
function walkPlan(config: ValleyConfig, diffusion: number, anisotropy: number) {
  const { walkers, looks } = config.potential.walk;
  const a = (anisotropy * fall(config)) / 2;
  const relaxation = 1 / (diffusion * (Math.PI ** 2 + (a * a) / 4));
  const timestep = 0.2 / config.valley.sharp;
  const before = Math.ceil((BEFORE * relaxation) / timestep);
  const between = Math.ceil((DURING * relaxation) / looks / timestep);
  return { timestep, before, between, cost: (config.seeds * walkers * (before + looks * between)) / 1e6 };
}

/**
 * Measures slopes with walkers, which start from the adiabatic density and relax for two relaxation times before they
 * are counted.
 */
function walkerSlopes(config: ValleyConfig, job: Job, report: ReportProgress): PotentialSlopes {
  const { walkers, looks } = config.potential.walk;
  const { timestep, before, between } = walkPlan(config, job.diffusion, job.anisotropy);
  const model = langevinModel(diffusiveValley(config, '0', job.diffusion, job.anisotropy));
  const a = (job.anisotropy * fall(config)) / 2;
  const found = seedsOf(config).map((seed) => {
    const key = keyOf(seed, 'potential', `walkers-${job.diffusion}-${job.anisotropy}`);
    const stream = key.child('start').stream();
    const start = new Float64Array(2 * walkers);
    for (let w = 0; w < walkers; w++) {
      const x = Math.log1p(stream.uniform() * Math.expm1(a)) / a;
      start[2 * w] = x;
      start[2 * w + 1] = stream.normal() * Math.sqrt((job.anisotropy * job.diffusion) / curvatureOf(config, x));
    }
    const ensemble = langevinEnsemble({
      model,
      timestep,
      scheme: 'strong-1.5-additive',
      start,
      walkers,
      boundaries: WALLED,
      key,
    });
    ensemble.advance(before);
    const [all, floor] = [new Mean(), new Mean()];
    for (let look = 0; look < looks; look++) {
      ensemble.advance(between);
      const at = ensemble.positions();
      for (let w = 0; w < walkers; w++) {
        const [x, y] = [at[2 * w], at[2 * w + 1]];
        if (x <= FROM || x >= TO) continue;
        all.add(x);
        if (y * y * curvatureOf(config, x) < FLOOR ** 2 * job.anisotropy * job.diffusion) floor.add(x);
      }
      report(`seed ${seed}`, (seed + (look + 1) / looks) / config.seeds);
    }
    // x ~ e^{b x} between the two ends; in ln F: power 2b/fall
    const power = (m: Mean) => (2 * exponent(m.value(), FROM, TO)) / fall(config);
    return { marginal: -power(all), floor: 1 - power(floor) };
  });
  return {
    method: 'langevin',
    marginal: overSeeds(found.map((f) => f.marginal)),
    // the band within which a walker is on the floor is as wide as F: one power of F less on the floor itself
    floor: overSeeds(found.map((f) => f.floor)),
  };
}

class Mean {
  private sum = 0;
  private n = 0;
  add(x: number): void {
    this.sum += x;
    this.n++;
  }
  value(): number {
    return this.sum / this.n;
  }
}

/** Returns the maximum-likelihood b, with mean = ∫x e^{bx}/∫e^{bx} over [low, high], by bisection. */
export function exponent(mean: number, low: number, high: number): number {
  const width = high - low;
  const share = (mean - low) / width;
  let [a, b] = [-200, 200];
  for (let k = 0; k < 100; k++) {
    const c = (a + b) / 2;
    // mean of a truncated exponential on [0, 1]: 1/(1 − e^{−c}) − 1/c
    const expected = Math.abs(c) < 1e-6 ? 0.5 + c / 12 : 1 / -Math.expm1(-c) - 1 / c;
    if (expected < share) a = c;
    else b = c;
  }
  return (a + b) / 2 / width;
}
