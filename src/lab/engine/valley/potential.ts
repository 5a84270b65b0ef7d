/**
 * The effective potential along x: the loss on the floor, what theory adds to it, and −Delta ln P of the density. docs/theory [V1],
 * [V2]. Delta = eta C_xx/2, the diffusion along x that the additive noise makes.
 */
import { evaluator } from '../../../numeric/expression/index.js';
import type { Problem } from '../../../theory/models/problem.js';
import { zeroCurrent } from '../../../theory/valley/adiabatic.js';
import type { ValleyDensity } from './density.js';
import { alongX, centresX } from './density.js';
import type { AlongX } from './line.js';

/** Holds curves along x at the centres of the cells. Potentials have the minimum 0; NaN where the density is 0. */
export interface EffectivePotential {
  readonly x: Float64Array;
  /** Delta, nat. */
  readonly unit: number;
  /** Loss on the line y = 0, nat. */
  readonly loss: Float64Array;
  /** −Delta ln P of the stationary density of all y, by the Fokker-Planck equation; undefined where there is none. */
  readonly marginal?: Float64Array;
  /** The same on the line y = 0, to which eq. 7 belongs. */
  readonly floor?: Float64Array;
  /** Both by theory, with y eliminated. */
  readonly theory?: { readonly marginal: Float64Array; readonly floor: Float64Array };
  /** Why theory gives none. */
  readonly withoutTheory?: string;
}

/** Computes the effective potential of a problem whose density is followed. */
export function effectivePotential(
  problem: Problem,
  d: ValleyDensity,
  line: AlongX | string,
  unit: number,
): EffectivePotential {
  const x = centresX(d.grid);
  const at = problem.loss && evaluator([problem.loss], problem.names);
  const out = new Float64Array(1);
  const loss = x.map((v) => {
    at?.([v, 0], out);
    return at ? out[0] : Number.NaN;
  });
  const curves = d.stationary && alongX(d.stationary);
  const theory = typeof line === 'string' ? { withoutTheory: line } : byTheory(line, x, unit);
  return {
    x,
    unit,
    loss: lifted(loss),
    ...(curves && { marginal: energy(curves.marginal, unit), floor: energy(curves.floor, unit) }),
    ...theory,
  };
}

function byTheory(line: AlongX, x: Float64Array, unit: number): Pick<EffectivePotential, 'theory'> {
  const log = zeroCurrent(line.drift, line.diffusion, x);
  const { across } = line;
  const floor = across ? log.map((v, i) => v - Math.log(across(x[i])) / 2) : log;
  return { theory: { marginal: lifted(log.map((v) => -unit * v)), floor: lifted(floor.map((v) => -unit * v)) } };
}

/** Returns −unit ln P with the minimum 0. */
export function energy(density: ArrayLike<number>, unit: number): Float64Array {
  return lifted(Float64Array.from(density, (p) => (p > 0 ? -unit * Math.log(p) : Number.NaN)));
}

function lifted(values: Float64Array): Float64Array {
  const least = values.reduce((m, v) => Math.min(m, Number.isNaN(v) ? m : v), Number.POSITIVE_INFINITY);
  return values.map((v) => v - least);
}
