/**
 * The method `adiabatic`: theory without sampling. In a valley the motion along its floor [V2]; in one coordinate the density
 * without current, and the exact mean time to an absorbing side [V6].
 */
import { check } from '../../numeric/errors.js';
import { computed, type Estimate, exactly } from '../../numeric/estimate.js';
import { evaluator } from '../../numeric/expression/index.js';
import { type Grid, type GridDensity, gridOf } from '../../theory/fokker-planck/grid.js';
import { densityMoments, marginalDensity, normaliseDensity } from '../../theory/fokker-planck/measures.js';
import { jumpProcess } from '../../theory/fokker-planck/rates.js';
import { alongFloor } from '../../theory/models/along.js';
import { type Adiabatic, normalised, zeroCurrent } from '../../theory/valley/adiabatic.js';
import { type Line, meanFirstPassage } from '../../theory/valley/escape.js';
import type { Setup } from './config.js';
import { floorOf, shapeOf } from './gather.js';
import { boundariesOf, evolve, exact, judged, startDensity } from './grid.js';
import type { MethodResult } from './measured.js';

/** Share of the diffusion that the elimination leaves out, above which the result carries a warning. */
const COARSE = 0.1;

/**
 * Computes the density along a valley, or the closed form in one coordinate.
 * @throws InputError for two absorbing sides in one coordinate
 */
export function adiabaticMethod(setup: Setup, report: (share: number) => void): MethodResult {
  return setup.problem.size === 1 ? closedForm(setup) : floorMotion(setup, report);
}

function floorMotion(setup: Setup, report: (share: number) => void): MethodResult {
  const { order, steps } = setup.config.methods.adiabatic!;
  const floor = alongFloor(setup.problem, { order, steps });
  const grid = gridOf(setup.axes);
  const line = gridOf([setup.axes[0]]);
  const x = centresOf(setup);
  const variance = x.map((v) => floor.acrossVariance(v));
  const settings = `${order === 'next' ? 'with' : 'without'} what the wandering across adds to the diffusion, ⟨y²⟩ of ${steps === 'finite' ? 'the SGD map itself' : 'continuous time'}`;
  let along: GridDensity;
  let series: ReturnType<typeof evolve> | undefined;
  if (setup.time.mode === 'stationary') along = normaliseDensity({ grid: line, values: floor.density(x, 'marginal') });
  else {
    const jumps = jumpProcess(floor.model, line, { boundaries: boundariesOf(setup).slice(0, 1) });
    const start = marginalDensity(startDensity(setup, grid), 0);
    series = evolve(setup, jumps, start, setup.time.until / 400, report);
    along = series.last;
  }
  const joint = densityWith(setup, along, variance);
  const { snapshots: lines, ...arrays } = series?.arrays ?? {};
  const means = momentsWithAcross(setup, along, variance, joint);
  return {
    summary: {
      method: 'adiabatic',
      label: 'adiabatic theory',
      how: `the motion along the valley with y at rest in its own fluctuations, ${settings}`,
      moments: means,
      outside: 0,
      diverged: 0,
      noiseFloor: {},
      ...series?.lost,
      facts: { order, steps, separation: separationOf(floor, x, along.values) },
      warnings: [...judgedAlong(setup, along), ...fastEnough(floor, x, along.values, order)],
    },
    arrays: {
      ...arrays,
      ...(lines && { snapshots: lines }),
      density: { shape: shapeOf(grid), data: joint.values },
      marginal_x: { shape: [x.length], data: along.values },
      marginal_y: { shape: [grid.ny], data: marginalDensity(joint, 1).values },
      ...floorArray(joint),
    },
  };
}

function floorArray(joint: GridDensity) {
  const data = floorOf(joint);
  return data ? { floor: { shape: [data.length], data } } : {};
}

/** Returns P(x)·N(y; 0, S(x)) on the grid. */
function densityWith(setup: Setup, along: GridDensity, variance: Float64Array): GridDensity {
  const grid = gridOf(setup.axes);
  const { from } = grid.axes[1];
  const [h, nx] = [grid.spacing[1], grid.nx];
  const values = Float64Array.from({ length: grid.size }, (_, i) => {
    const [k, y] = [i % nx, from + (Math.floor(i / nx) + 0.5) * h];
    const S = variance[k];
    return (along.values[k] * Math.exp((-y * y) / (2 * S))) / Math.sqrt(2 * Math.PI * S);
  });
  return { grid, values };
}

/** Returns moments of x from the line and of y from S(x), so that the grid's extent across does not enter. */
function momentsWithAcross(setup: Setup, along: GridDensity, variance: Float64Array, joint: GridDensity) {
  const of = (v: number): Estimate => exactly(v, 'sums over the line', along.grid.size);
  const m = densityMoments(along);
  const p = normaliseDensity(along);
  const across = p.values.reduce((s, v, k) => s + v * p.grid.volume * variance[k], 0);
  const { loss } = exact(setup, joint, 'sums over the grid');
  return {
    mean: [of(m.mean[0]), of(0)],
    covariance: [of(m.covariance[0]), of(0), of(across)],
    ...(loss && { loss }),
  };
}

/** Returns the mean of `separation` over the density. */
function separationOf(floor: Adiabatic, x: Float64Array, density: Float64Array): number {
  let [sum, mass] = [0, 0];
  for (let k = 0; k < x.length; k++) {
    sum += density[k] * floor.separation(x[k]);
    mass += density[k];
  }
  return sum / mass;
}

function fastEnough(floor: Adiabatic, x: Float64Array, density: Float64Array, order: string): string[] {
  const share = separationOf(floor, x, density);
  if (order === 'next' || !(share > COARSE)) return [];
  return [
    `y is not much faster than x: its wandering is ${(100 * share).toPrecision(2)} % of the diffusion along the valley, on average, and is left out; methods.adiabatic.order: next puts it in.`,
  ];
}

function judgedAlong(setup: Setup, along: GridDensity): string[] {
  return judged({ ...setup, axes: setup.axes.slice(0, 1), sides: setup.sides.slice(0, 1) }, along);
}

function closedForm(setup: Setup): MethodResult {
  const { time, axes, sides, start } = setup;
  const line = lineOf(setup);
  const x = centresOf(setup);
  const grid = gridOf(axes);
  const walls = sides[0];
  const absorbing = walls.filter((s) => s === 'absorbing').length;
  check(
    time.mode === 'stationary' || absorbing < 2,
    'absorbing',
    'the closed form gives the mean time to one absorbing side with a wall or an open side opposite, not to two; leave out methods.adiabatic.',
  );
  const density = axes[0].periodic
    ? normaliseDensity({ grid, values: onRing(line, grid) })
    : normaliseDensity({ grid, values: normalised(zeroCurrent(line.drift, line.diffusion, x), x) });
  const passage = absorbing === 1 ? passageOf(line, setup) : undefined;
  const limit = time.mode === 'transient';
  return {
    summary: {
      method: 'adiabatic',
      label: limit && absorbing === 0 ? 'limit of long times' : 'closed form',
      how: passage
        ? 'the exact mean first-passage time, by double quadrature'
        : axes[0].periodic
          ? 'the density of constant current around the ring, by quadrature'
          : 'the density without current, (1/D) exp ∫ f/D',
      moments: absorbing > 0 ? { mean: [], covariance: [] } : exact(setup, density, `sums over ${grid.size} cells`),
      outside: 0,
      diverged: 0,
      noiseFloor: {},
      ...(passage && { passage }),
      facts: {},
      warnings: absorbing > 0 ? [] : judged(setup, density),
    },
    arrays:
      absorbing > 0
        ? {}
        : {
            density: { shape: [x.length], data: density.values },
            marginal_x: { shape: [x.length], data: density.values },
          },
  };

  function passageOf(l: Line, { axes: [axis] }: Setup): Estimate {
    const up = walls[1] === 'absorbing';
    const [wall, to] = up ? [axis.from, axis.to] : [axis.to, axis.from];
    const time = (from: number) => meanFirstPassage(l, { from, to, wall });
    if (start.kind === 'point') return time(start.at[0]);
    // average over the start density on the grid
    const p = startDensity(setup, grid).values;
    const centres = centresOf(setup);
    let [sum, error, mass] = [0, 0, 0];
    const stride = Math.max(1, Math.floor(centres.length / 100));
    for (let k = 0; k < centres.length; k += stride) {
      if (!(p[k] > 0)) continue;
      const t = meanFirstPassage(l, { from: centres[k], to, wall, panels: 1000 });
      sum += p[k] * t.value;
      error += p[k] * t.standardError;
      mass += p[k];
    }
    return computed(sum / mass, error / mass, 100, 'double quadrature, averaged over the start');
  }
}

/** Points of the quadrature in each cell of a ring; even. */
const FINE = 8;

/**
 * Returns the density on a ring of one coordinate at the centres of the cells, up to its norm. With a constant current J,
 * (D P)' = f P − J gives P(x) ∝ (1/D) e^{psi(x)} ∫_x^{x+L} e^{−psi}, psi = ∫ f/D, where psi(x + L) = psi(x) + psi(L)
 * (Stratonovich; Risken 1989, §11.3). By the trapezoid rule on eight points a cell.
 */
function onRing({ drift, diffusion }: Line, grid: Grid): Float64Array {
  const { from, cells } = grid.axes[0];
  const n = cells * FINE;
  const h = grid.spacing[0] / FINE;
  const slope = Float64Array.from({ length: n + 1 }, (_, i) => drift(from + i * h) / diffusion(from + i * h));
  const psi = new Float64Array(2 * n + 1);
  for (let i = 1; i <= n; i++) psi[i] = psi[i - 1] + (h / 2) * (slope[i - 1] + slope[i]);
  for (let i = 1; i <= n; i++) psi[n + i] = psi[n] + psi[i];
  const logs = Float64Array.from({ length: cells }, (_, c) => {
    const at = c * FINE + FINE / 2;
    // the sum of e^{psi(x) − psi(y)} over a period from x on, with its largest term taken out
    let most = Number.NEGATIVE_INFINITY;
    for (let i = at; i <= at + n; i++) most = Math.max(most, psi[at] - psi[i]);
    let sum = 0;
    for (let i = at; i <= at + n; i++) sum += (i === at || i === at + n ? 0.5 : 1) * Math.exp(psi[at] - psi[i] - most);
    return most + Math.log(sum) - Math.log(diffusion(from + at * h));
  });
  const top = logs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return logs.map((v) => Math.exp(v - top));
}

function lineOf({ problem }: Setup): Line {
  const both = evaluator([...problem.drift, ...problem.diffusion], problem.names);
  const out = new Float64Array(2);
  const at = (x: number, k: number) => {
    both([x], out);
    return out[k];
  };
  return { drift: (x) => at(x, 0), diffusion: (x) => at(x, 1) };
}

const centresOf = ({ axes: [axis] }: Setup): Float64Array => {
  const h = (axis.to - axis.from) / axis.cells;
  return Float64Array.from({ length: axis.cells }, (_, i) => axis.from + (i + 0.5) * h);
};
