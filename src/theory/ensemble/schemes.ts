/**
 * One step of a walker as formulas: new state from old state and standard normal numbers. docs/theory [V3], [V7].
 *
 * A whole step becomes one program, without anything that a scheme would compute twice or in vain (such as differences of a
 * constant diffusion). Internal variables begin with '#': '#1', '#2' … normal numbers, '#s' a sign ±1 with equal chances, '#vx'
 * … velocities; no formula of a user can name them.
 */

import { check } from '../../numeric/errors.js';
import {
  call,
  type Expression,
  number,
  substitute,
  sum,
  variable,
  variablesOf,
} from '../../numeric/expression/index.js';
import { noiseColumns } from '../noise-columns.js';

/** Names a scheme of Langevin steps; `LANGEVIN_SCHEMES` states its orders. */
export type LangevinScheme = 'euler-maruyama' | 'platen-weak-2' | 'strong-1.5-additive';

/**
 * States the orders of a scheme: the error of one path ~ dt^strong, that of a mean over paths ~ dt^weak, for noise of this
 * kind.
 */
export interface SchemeOrders {
  readonly strong: number;
  readonly weak: number;
  readonly noise: string;
  readonly source: string;
}

/** The orders of all schemes, as measured in test/ensemble-orders.test.ts. */
export const LANGEVIN_SCHEMES: Readonly<Record<LangevinScheme, SchemeOrders>> = {
  'euler-maruyama': {
    strong: 0.5,
    weak: 1,
    noise: 'any, Itô (strong order 1 where the diffusion is constant)',
    source: 'Kloeden & Platen 1992, §10.2 and §14.1',
  },
  'platen-weak-2': {
    strong: 0.5,
    weak: 2,
    noise: 'any, Itô (strong order 1 in one dimension and where the diffusion is constant)',
    source: 'Kloeden & Platen 1992, §15.1, eq. (1.3): explicit order 2.0 weak scheme, Gaussian increments, two-point V',
  },
  'strong-1.5-additive': {
    strong: 1.5,
    weak: 2,
    noise: 'constant diffusion only',
    source: 'Rößler 2010, SIAM J. Numer. Anal. 48, 922: SRA1',
  },
};

/** Holds a step: formulas of the new state in the variables `state`, `normals` and (where drawn) '#s', in this order. */
export interface StepFormulas {
  readonly state: readonly string[];
  readonly normals: readonly string[];
  readonly signs: boolean;
  readonly next: readonly Expression[];
  /** Variance of each coordinate's step, for crossings of walls between two points; empty for maps. */
  readonly variances: readonly Expression[];
}

const times = (...f: readonly Expression[]) => f.reduce((a, b) => call('multiply', a, b));
const minus = (a: Expression, b: Expression) => (a === b ? number(0) : call('subtract', a, b));
const numbered = (n: number) => Array.from({ length: n }, (_, i) => `#${i + 1}`);

/**
 * Makes the formulas of one step `dt` of dx = f dt + √(2D) dW.
 * @throws InputError for strong-1.5-additive with a diffusion that is not constant
 */
export function langevinStep(
  scheme: LangevinScheme,
  drift: readonly Expression[],
  diffusion: readonly Expression[],
  names: readonly string[],
  dt: number,
): StepFormulas {
  const b = noiseColumns(diffusion.map((d) => times(number(2), d)));
  const variances = names.map((_, i) => times(number(2 * dt), diffusion[i === 0 ? 0 : 2]));
  const size = names.length;
  const parts = { f: drift, b, names, dt };
  if (scheme === 'euler-maruyama')
    return { state: names, normals: numbered(size), signs: false, next: euler(parts), variances };
  if (scheme === 'platen-weak-2')
    return { state: names, normals: numbered(size), signs: size > 1, next: platen(parts), variances };
  check(
    diffusion.every((e) => variablesOf(e).length === 0),
    'not-additive',
    'the scheme strong-1.5-additive holds for a constant diffusion only; use platen-weak-2.',
  );
  return { state: names, normals: numbered(2 * size), signs: false, next: sra1(parts), variances };
}

interface Parts {
  readonly f: readonly Expression[];
  /** Columns b^j. */
  readonly b: readonly (readonly Expression[])[];
  readonly names: readonly string[];
  readonly dt: number;
}

/** Returns x + f dt + Σ_j b^j √dt n_j. */
function euler({ f, b, names, dt }: Parts): Expression[] {
  return names.map((name, i) =>
    sum([
      variable(name),
      times(number(dt), f[i]),
      ...b.map((column, j) => times(number(Math.sqrt(dt)), column[i], variable(`#${j + 1}`))),
    ]),
  );
}

/**
 * Returns x' of Platen's weak scheme of order 2,
 *
 * x' = x + ½(f(Υ) + f) dt + ¼ Σ_j [ (b^j(R₊^j) + b^j(R₋^j) + 2b^j) ΔW_j + Σ_{r≠j} (b^j(U₊^r) + b^j(U₋^r) − 2b^j) ΔW_j
 *      + { (b^j(R₊^j) − b^j(R₋^j)) (ΔW_j² − dt) + Σ_{r≠j} (b^j(U₊^r) − b^j(U₋^r)) (ΔW_j ΔW_r + V_rj) } / √dt ],
 * Υ = x + f dt + Σ b^j ΔW_j,  R±^j = x + f dt ± b^j √dt,  U±^r = x ± b^r √dt,  V_12 = −V_21 = ±dt.
 */
function platen({ f, b, names, dt }: Parts): Expression[] {
  const root = Math.sqrt(dt);
  const x = names.map(variable);
  const dW = b.map((_, j) => times(number(root), variable(`#${j + 1}`)));
  const shifted = (e: Expression, to: readonly Expression[]) =>
    substitute(e, Object.fromEntries(names.map((n, i) => [n, to[i]])));
  const along = (from: readonly Expression[], column: readonly Expression[], sign: number) =>
    from.map((e, i) => sum([e, times(number(sign * root), column[i])]));
  const moved = x.map((e, i) => sum([e, times(number(dt), f[i])]));
  const upsilon = moved.map((e, i) => sum([e, ...b.map((column, j) => times(column[i], dW[j]))]));
  const V = (r: number) => times(number(r === 0 ? dt : -dt), variable('#s'));
  return names.map((_, i) => {
    const terms = [x[i], times(number(dt / 2), sum([shifted(f[i], upsilon), f[i]]))];
    b.forEach((column, j) => {
      const own = column[i];
      const [up, down] = [1, -1].map((s) => shifted(own, along(moved, column, s)));
      let level = sum([up, down, times(number(2), own)]);
      const slopes = [times(minus(up, down), minus(times(dW[j], dW[j]), number(dt)))];
      b.forEach((other, r) => {
        if (r === j) return;
        const [plus, less] = [1, -1].map((s) => shifted(own, along(x, other, s)));
        level = sum([level, plus, less, times(number(-2), own)]);
        slopes.push(times(minus(plus, less), sum([times(dW[j], dW[r]), V(r)])));
      });
      terms.push(times(number(0.25), level, dW[j]), times(number(0.25 / root), sum(slopes)));
    });
    return sum(terms);
  });
}

/**
 * Returns x' = x + dt (⅓ f(x) + ⅔ f(x + ¾ f dt + (3/2) b I/dt)) + b ΔW, with ΔW = √dt n and the double integral
 * I = ∫W ds = ½ dt^{3/2} (n + n'/√3), for constant b.
 */
function sra1({ f, b, names, dt }: Parts): Expression[] {
  const size = names.length;
  const root = Math.sqrt(dt);
  const x = names.map(variable);
  const n = (j: number) => variable(`#${j + 1}`);
  const mean = b.map((_, j) => times(number(0.75 * root), sum([n(j), times(number(1 / Math.sqrt(3)), n(size + j))])));
  const stage = x.map((e, i) =>
    sum([e, times(number(0.75 * dt), f[i]), ...b.map((column, j) => times(column[i], mean[j]))]),
  );
  const at = Object.fromEntries(names.map((name, i) => [name, stage[i]]));
  return x.map((e, i) =>
    sum([
      e,
      times(number(dt / 3), f[i]),
      times(number((2 * dt) / 3), substitute(f[i], at)),
      ...b.map((column, j) => times(number(root), column[i], n(j))),
    ]),
  );
}

/**
 * Makes the formulas of one step of SGD: v ← mu v + g(x, n), x ← x − eta v; without momentum there is no v.
 * @param gradient - g in the variables `names` and n1, n2, …
 */
export function sgdStep(
  gradient: readonly Expression[],
  names: readonly string[],
  normals: number,
  eta: number,
  mu: number,
): StepFormulas {
  const drawn = numbered(normals);
  const renamed = Object.fromEntries(drawn.map((n, i) => [`n${i + 1}`, variable(n)]));
  const g = gradient.map((e) => substitute(e, renamed));
  const down = (v: readonly Expression[]) => names.map((name, i) => minus(variable(name), times(number(eta), v[i])));
  if (mu === 0) return { state: names, normals: drawn, signs: false, next: down(g), variances: [] };
  const velocity = names.map((n) => `#v${n}`);
  const v = velocity.map((n, i) => sum([times(number(mu), variable(n)), g[i]]));
  return { state: [...names, ...velocity], normals: drawn, signs: false, next: [...down(v), ...v], variances: [] };
}
