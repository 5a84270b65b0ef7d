/** The steps of schemes.ts in plain numbers, for fields of code: the same formulas, the same random numbers, one walker at a time. */
import { InputError } from '../../numeric/errors.js';
import type { LangevinModel, SgdModel } from '../motion.js';
import { columnsAt } from '../noise-columns.js';
import type { LangevinScheme } from './schemes.js';

/** Moves one walker by one step: reads x (coordinates, velocities), the normal numbers and the sign, and writes the new state. */
export interface CodeStep {
  readonly states: number;
  readonly normals: number;
  readonly signs: boolean;
  step(x: Float64Array, n: Float64Array, sign: number, next: Float64Array): void;
  /** Writes the variance of each coordinate's step from x; undefined for maps. */
  readonly variances?: (x: Float64Array, out: Float64Array) => void;
}

/** Returns the function x ↦ b with b bᵀ = 2D at x, as b11, b21, b22 (or b11). */
function factor(model: LangevinModel): (x: ArrayLike<number>) => Float64Array {
  const D = new Float64Array(3);
  return (x) => {
    model.diffusion.at(x, D);
    return columnsAt(
      D.map((d) => 2 * d),
      model.size,
    );
  };
}

/**
 * Makes one step `dt` of dx = f dt + √(2D) dW in plain numbers.
 * @throws InputError for strong-1.5-additive, which needs formulas
 */
export function langevinCode(model: LangevinModel, scheme: LangevinScheme, dt: number): CodeStep {
  const { size } = model;
  const factorAt = factor(model);
  const root = Math.sqrt(dt);
  const variances = (x: Float64Array, out: Float64Array) => {
    const D = new Float64Array(3);
    model.diffusion.at(x, D);
    out[0] = 2 * dt * D[0];
    if (size > 1) out[1] = 2 * dt * D[2];
  };
  /** Returns component i of column j. */
  const entry = (b: Float64Array, i: number, j: number) => (i < j ? 0 : b[i + j]);
  const f = new Float64Array(size);
  if (scheme === 'euler-maruyama') {
    const step: CodeStep['step'] = (x, n, _sign, next) => {
      model.drift.at(x, f);
      const b = factorAt(x);
      for (let i = 0; i < size; i++) {
        next[i] = x[i] + dt * f[i];
        for (let j = 0; j <= i; j++) next[i] += root * entry(b, i, j) * n[j];
      }
    };
    return { states: size, normals: size, signs: false, step, variances };
  }
  if (scheme !== 'platen-weak-2')
    throw new InputError(
      'not-formulas',
      `the scheme ${scheme} needs drift and diffusion as formulas; use platen-weak-2.`,
    );
  const f2 = new Float64Array(size);
  const step: CodeStep['step'] = (x, n, sign, next) => {
    model.drift.at(x, f);
    const b = factorAt(x);
    const dW = Array.from({ length: size }, (_, j) => root * n[j]);
    const point = (base: (i: number) => number, j: number, s: number) =>
      factorAt(Float64Array.from({ length: size }, (_, i) => base(i) + s * root * entry(b, i, j)));
    const moved = (i: number) => x[i] + dt * f[i];
    const upsilon = Float64Array.from({ length: size }, (_, i) => {
      let u = moved(i);
      for (let j = 0; j <= i; j++) u += entry(b, i, j) * dW[j];
      return u;
    });
    model.drift.at(upsilon, f2);
    for (let i = 0; i < size; i++) next[i] = x[i] + (dt / 2) * (f2[i] + f[i]);
    for (let j = 0; j < size; j++) {
      const [up, down] = [point(moved, j, 1), point(moved, j, -1)];
      const others = Array.from({ length: size }, (_, r) => r)
        .filter((r) => r !== j)
        .map((r) => ({
          plus: point((i) => x[i], r, 1),
          less: point((i) => x[i], r, -1),
          cross: dW[j] * dW[r] + (r === 0 ? dt : -dt) * sign,
        }));
      for (let i = j; i < size; i++) {
        const at = (c: Float64Array) => entry(c, i, j);
        let level = at(up) + at(down) + 2 * at(b);
        let slope = (at(up) - at(down)) * (dW[j] ** 2 - dt);
        for (const { plus, less, cross } of others) {
          level += at(plus) + at(less) - 2 * at(b);
          slope += (at(plus) - at(less)) * cross;
        }
        next[i] += 0.25 * (level * dW[j] + slope / root);
      }
    }
  };
  return { states: size, normals: size, signs: size > 1, step, variances };
}

/** Makes one step of SGD with learning rate eta and momentum mu in plain numbers. */
export function sgdCode(model: SgdModel, eta: number, mu: number): CodeStep {
  const { size, normals } = model;
  const g = new Float64Array(size);
  const point = new Float64Array(size + normals);
  const step: CodeStep['step'] = (x, n, _sign, next) => {
    for (let i = 0; i < size; i++) point[i] = x[i];
    point.set(n, size);
    model.batchGradient.at(point, g);
    for (let i = 0; i < size; i++) {
      const v = mu === 0 ? g[i] : mu * x[size + i] + g[i];
      next[i] = x[i] - eta * v;
      if (mu !== 0) next[size + i] = v;
    }
  };
  return { states: mu === 0 ? size : 2 * size, normals, signs: false, step };
}
