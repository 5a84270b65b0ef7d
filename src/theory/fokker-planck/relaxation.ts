/**
 * The slowest relaxation of a jump process: the smallest positive rate Re(−λ) in the spectrum of its generator A, where 0 is
 * that of the stationary density. docs/theory [V5].
 *
 * Krylov vectors of (1 − s A)⁻¹ are built (Arnoldi) after the stationary density has been taken out of them; the eigenvalues θ of
 * their small matrix give λ = (1 − 1/θ)/s. The step s grows until the slowest mode decays visibly in it, so that the escape over
 * a barrier is found however rare it is.
 */
import { embeddedLinearAlgebra, matrix } from '../../numeric/linalg/index.js';
import { randomKey } from '../../numeric/random.js';
import { structureOf } from './dissection.js';
import { FrontSolver } from './fronts.js';
import { type GridDensity, massesOf } from './grid.js';
import type { JumpProcess } from './jumps.js';

/** Holds the slowest relaxation of a process. */
export interface SlowestRelaxation {
  /** Re(−λ) of the slowest mode, per eta·step; 0 where it is slower than double precision resolves. */
  readonly rate: number;
  /** |Im λ| of that mode: 0 unless it rotates while it decays. */
  readonly frequency: number;
  /** Whether fewer Krylov vectors give the same rate to 1 %. */
  readonly converged: boolean;
}

const VECTORS = 24;
const FEWER = 18;
/** Steps s: from the fastest mode on, each a hundred times longer than the one before. */
const LONGER = 100;
const ATTEMPTS = 14;
/** Decay in one step s below which it is rounding. */
const UNSEEN = 1e-9;

/**
 * Finds the slowest relaxation of a process without absorption. Costs a few factorisations, and 24 solutions with each.
 * @param stationary - the stationary density of the process
 * @throws InputError where memory does not suffice
 */
export function slowestRelaxation(jumps: JumpProcess, stationary: GridDensity): SlowestRelaxation {
  const p = massesOf(stationary);
  const structure = structureOf(jumps);
  const solver = new FrontSolver(structure);
  let s = 1 / Math.max(...jumps.links.flatMap((l) => [largest(l.forward), largest(l.backward)]));
  let found: SlowestRelaxation = { rate: Number.NaN, frequency: Number.NaN, converged: false };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    solver.factor(s, 1);
    const h = arnoldi((v) => solver.solve(v), p);
    found = slowest(h, h.length, s);
    const before = slowest(h, Math.min(FEWER, h.length), s);
    const converged = Math.abs(before.rate - found.rate) <= 0.01 * found.rate;
    found = { ...found, converged };
    if (s * found.rate > 0.3 || !Number.isFinite(found.rate)) break;
    s *= LONGER;
  }
  return found;
}

const largest = (values: Float64Array) => values.reduce((m, v) => Math.max(m, v), 0);

/** Returns the columns of the Hessenberg matrix of the operator on vectors of no total probability. */
function arnoldi(apply: (v: Float64Array) => Float64Array, p: Float64Array): Float64Array[] {
  const stream = randomKey(0).child('relaxation').stream();
  const withoutStationary = (v: Float64Array) => {
    const total = v.reduce((a, b) => a + b, 0);
    return v.map((x, i) => x - total * p[i]);
  };
  const basis: Float64Array[] = [];
  const columns: Float64Array[] = [];
  let next = withoutStationary(p.map((m) => m * (stream.uniform() - 0.5)));
  let size = norm(next);
  for (let k = 0; k < VECTORS && k < p.length - 1 && size > 0; k++) {
    basis.push(next.map((v) => v / size));
    const image = withoutStationary(Float64Array.from(apply(basis[k])));
    const length = norm(image);
    const column = new Float64Array(VECTORS + 1);
    for (let pass = 0; pass < 2; pass++)
      basis.forEach((b, i) => {
        let dot = 0;
        for (let c = 0; c < b.length; c++) dot += b[c] * image[c];
        column[i] += dot;
        for (let c = 0; c < b.length; c++) image[c] -= dot * b[c];
      });
    size = norm(image);
    column[k + 1] = size;
    columns.push(column);
    next = image;
    if (!(size > 1e-12 * length)) break;
  }
  return columns;
}

const norm = (v: Float64Array) => Math.sqrt(v.reduce((s, x) => s + x * x, 0));

function slowest(columns: readonly Float64Array[], count: number, s: number): SlowestRelaxation {
  const h = matrix(count, count);
  for (let i = 0; i < count; i++)
    for (let j = 0; j < count; j++) h.data[i * count + j] = i <= j + 1 ? columns[j][i] : 0;
  const { re, im } = embeddedLinearAlgebra().schur(h);
  let best = { rate: Number.POSITIVE_INFINITY, frequency: 0, converged: false };
  for (let k = 0; k < count; k++) {
    const square = re[k] ** 2 + im[k] ** 2;
    // of a mode that hardly decays in s, rounding leaves the rate unknown: 0, so that a longer step is tried
    const excess = re[k] / square - 1;
    const rate = Math.abs(excess) < UNSEEN ? 0 : excess / s;
    if (rate >= 0 && rate < best.rate) best = { rate, frequency: Math.abs(im[k]) / square / s, converged: false };
  }
  return Number.isFinite(best.rate) ? best : { ...best, rate: Number.NaN };
}
