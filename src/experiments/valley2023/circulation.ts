/** Stage `circulation`: an exact test with a rotational force in two dimensions. docs/theory [V7]. */
import type { ReportProgress } from '../../jobs/pool.js';
import { estimate } from '../../numeric/estimate.js';
import { number } from '../../numeric/expression/index.js';
import { overSeeds } from '../../numeric/seeds.js';
import { langevinEnsemble } from '../../theory/ensemble/ensemble.js';
import { probabilityCurrent } from '../../theory/fokker-planck/current.js';
import { fokkerPlanck } from '../../theory/fokker-planck/equation.js';
import { type Grid, pointAt } from '../../theory/fokker-planck/grid.js';
import { stationaryDensity } from '../../theory/fokker-planck/stationary.js';
import { langevinModel, type Problem, problemOf } from '../../theory/models/problem.js';
import type { ValleyConfig } from './config.js';
import type { CirculationResult, CirculationRow } from './measured.js';
import { apart, countingDistance, formula, keyOf, seedsOf } from './models.js';
import { type ModelStage, vector } from './stage.js';

interface Part {
  readonly row: CirculationRow;
  readonly field: CirculationResult['field'];
}

const POTENTIAL = '((x^2-1)^2/4 + y^2/2)';
/** Relaxation is of order 1; eta·steps before the first sample and between two. */
const [BEFORE, BETWEEN] = [10, 2];
/** Number of arrows along each axis. */
const ARROWS = 25;

const potential = (x: number, y: number): number => (x * x - 1) ** 2 / 4 + (y * y) / 2;
/** Returns J of [V7] without l and Z. */
const current = (x: number, y: number): [number, number] => {
  const weight = Math.exp(-((x * x + y * y) ** 2) / 4);
  return [-y * weight, x * weight];
};

/** Builds the problem f = −∇Phi + l e^{Phi} J with D = 1. */
function turning(strength: number): Problem {
  const j = `${strength}*exp(${POTENTIAL} - (x^2+y^2)^2/4)`;
  return problemOf({
    names: ['x', 'y'],
    landscape: {
      loss: formula(POTENTIAL),
      ...(strength > 0 && { force: [formula(`-(${j})*y`), formula(`(${j})*x`)] }),
    },
    noise: { kind: 'diffusion', values: [number(1), number(0), number(1)] },
    learningRate: 0.01,
  });
}

/** The stage `circulation`: its plan, its jobs, and how their parts are merged. */
export const circulationStage: ModelStage<Part, CirculationResult> = {
  plan: (config) => {
    const { strengths, walk, timestep } = config.circulation;
    const cost = (config.seeds * walk.walkers * (BEFORE + walk.looks * BETWEEN)) / timestep / 1e6;
    return strengths.map((l) => ({ what: `l = ${l}`, cost }));
  },
  run(index, config, report) {
    const strength = config.circulation.strengths[index];
    const problem = turning(strength);
    const { cells } = config.circulation;
    const [fine, coarse] = [cells, cells / 2].map((n) => solved(config, problem, strength, n));
    const compared = (key: 'distance' | 'rotation' | 'currentError') =>
      estimate(
        fine[key],
        Math.abs(fine[key] - coarse[key]),
        cells * cells,
        'Fokker-Planck; error: against half the cells along each axis',
      );
    return {
      row: {
        strength,
        fokkerPlanck: compared('distance'),
        gridRotation: compared('rotation'),
        currentError: compared('currentError'),
        predictedRotation: (2 * Math.PI * strength) / fine.Z,
        ...walked(config, problem, strength, report),
      },
      field: coarseField(solved(config, problem, strength, ARROWS * Math.max(1, Math.round(cells / ARROWS))), strength),
    };
  },
  merge: (parts) => ({
    rows: parts.map((p) => p.row),
    field: parts.reduce((a, b) => (b.field.strength > a.field.strength ? b : a)).field,
  }),
  arrays: ({ field: f }) => ({
    x: vector(f.x),
    y: vector(f.y),
    ...Object.fromEntries(
      (['density', 'currentX', 'currentY', 'exactX', 'exactY'] as const).map((name) => [
        name.replace(/[XY]/, (c) => `_${c.toLowerCase()}`),
        { shape: [f.y.length, f.x.length], data: f[name] },
      ]),
    ),
  }),
};

interface Solved {
  readonly grid: Grid;
  readonly density: Float64Array;
  readonly jx: Float64Array;
  readonly jy: Float64Array;
  readonly Z: number;
  readonly distance: number;
  readonly rotation: number;
  readonly currentError: number;
}

function solved(config: ValleyConfig, problem: Problem, strength: number, cells: number): Solved {
  const { reach } = config.circulation;
  const axis = { from: -reach, to: reach, cells };
  const jumps = fokkerPlanck({
    model: langevinModel(problem),
    axes: [axis, axis].map((a, k) => ({ ...a, name: 'xy'[k] })),
  });
  const { density } = stationaryDensity(jumps);
  const { grid } = jumps;
  const [jx, jy] = probabilityCurrent(jumps, density).components;
  const point = new Float64Array(2);
  const sumOver = (of: (x: number, y: number, k: number) => number) => {
    let sum = 0;
    for (let k = 0; k < grid.size; k++) {
      pointAt(grid, k, point);
      sum += of(point[0], point[1], k);
    }
    return sum * grid.volume;
  };
  const Z = sumOver((x, y) => Math.exp(-potential(x, y)));
  let [error, largest] = [0, 0];
  sumOver((x, y, k) => {
    const [ex, ey] = current(x, y).map((v) => (strength * v) / Z);
    error = Math.max(error, Math.hypot(jx[k] - ex, jy[k] - ey));
    largest = Math.max(largest, Math.hypot(ex, ey));
    return 0;
  });
  return {
    grid,
    density: density.values,
    jx,
    jy,
    Z,
    distance: 0.5 * sumOver((x, y, k) => Math.abs(density.values[k] - Math.exp(-potential(x, y)) / Z)),
    rotation: sumOver((x, y, k) => x * jy[k] - y * jx[k]),
    currentError: strength > 0 ? error / largest : Number.NaN,
  };
}

/** Returns means over blocks of cells. */
function coarseField(s: Solved, strength: number): CirculationResult['field'] {
  const block = s.grid.nx / ARROWS;
  const indices = Array.from({ length: ARROWS }, (_, k) => k);
  const centre = (k: number) => s.grid.axes[0].from + (k + 0.5) * block * s.grid.spacing[0];
  const means = (values: Float64Array) =>
    indices.flatMap((j) =>
      indices.map((i) => {
        let sum = 0;
        for (let b = 0; b < block; b++)
          for (let a = 0; a < block; a++) sum += values[i * block + a + s.grid.nx * (j * block + b)];
        return sum / (block * block);
      }),
    );
  const exact = indices.flatMap((j) =>
    indices.map((i) => current(centre(i), centre(j)).map((v) => (strength * v) / s.Z)),
  );
  return {
    strength,
    x: indices.map(centre),
    y: indices.map(centre),
    density: means(s.density),
    currentX: means(s.jx),
    currentY: means(s.jy),
    exactX: exact.map((e) => e[0]),
    exactY: exact.map((e) => e[1]),
  };
}

function walked(
  config: ValleyConfig,
  problem: Problem,
  strength: number,
  report: ReportProgress,
): Pick<CirculationRow, 'langevin' | 'counting' | 'rotation'> {
  const { walk, bins, reach, timestep } = config.circulation;
  const model = langevinModel(problem);
  const exact = binnedPotential(bins, reach);
  const visits = walk.walkers * walk.looks;
  const force = new Float64Array(2);
  const wall = { low: { kind: 'reflecting', at: -reach }, high: { kind: 'reflecting', at: reach } } as const;
  const seeds = seedsOf(config).map((seed) => {
    const ensemble = langevinEnsemble({
      model,
      timestep,
      scheme: 'strong-1.5-additive',
      start: [1, 0],
      walkers: walk.walkers,
      boundaries: [wall, wall],
      key: keyOf(seed, 'circulation', `l-${strength}`),
    });
    ensemble.advance(Math.round(BEFORE / timestep));
    const counts = new Array<number>(bins * bins).fill(0);
    let turned = 0;
    for (let look = 0; look < walk.looks; look++) {
      ensemble.advance(Math.round(BETWEEN / timestep));
      const at = ensemble.positions();
      for (let w = 0; w < walk.walkers; w++) {
        const [x, y] = [at[2 * w], at[2 * w + 1]];
        const cell = (v: number) => Math.min(bins - 1, Math.floor(((v + reach) / (2 * reach)) * bins));
        counts[cell(x) + bins * cell(y)] += 1 / visits;
        model.drift.at([x, y], force);
        turned += x * force[1] - y * force[0];
      }
      report(`seed ${seed}`, (seed + (look + 1) / walk.looks) / config.seeds);
    }
    return { distance: apart(counts, exact), rotation: turned / visits };
  });
  return {
    langevin: overSeeds(seeds.map((s) => s.distance)),
    counting: countingDistance(exact, visits),
    rotation: overSeeds(seeds.map((s) => s.rotation)),
  };
}

/** Returns e^{−Phi}/Z in bins, each the mean over 9 × 9 points. */
function binnedPotential(bins: number, reach: number): number[] {
  const h = (2 * reach) / bins;
  const inside = Array.from({ length: 9 }, (_, k) => ((k + 0.5) / 9) * h);
  const weights = Array.from({ length: bins * bins }, (_, k) => {
    const [x0, y0] = [-reach + (k % bins) * h, -reach + Math.floor(k / bins) * h];
    let sum = 0;
    for (const dx of inside) for (const dy of inside) sum += Math.exp(-potential(x0 + dx, y0 + dy));
    return sum;
  });
  const total = weights.reduce((s, v) => s + v, 0);
  return weights.map((v) => v / total);
}
