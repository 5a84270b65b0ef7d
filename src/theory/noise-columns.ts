/**
 * Correlated noise from independent normal numbers: the lower triangular b with b bᵀ = C, where C is a covariance of one or two
 * components. It is the Cholesky factor, as formulas and in numbers.
 *
 *     b11 = √C_xx,   b21 = C_xy/b11,   b22 = √(C_yy − b21²)
 *
 * A semi-definite C is allowed: where C_xx = 0, b21 = 0. Where C has a negative eigenvalue (beyond rounding, 1e-12 of C_yy) a
 * number of b is NaN, so that a walker that moves with it counts as diverged.
 */
import { call, type Expression, number } from '../numeric/expression/index.js';

const ROUNDING = 1e-12;

/**
 * Returns the columns of b as formulas, [[b11, b21], [0, b22]] or [[b11]].
 * @param covariance - xx, or xx, xy, yy
 */
export function noiseColumns(covariance: readonly Expression[]): Expression[][] {
  const [xx, xy, yy] = covariance;
  const root = (e: Expression) => call('sqrt', e);
  const b11 = root(xx);
  if (covariance.length === 1) return [[b11]];
  if (xy.kind === 'number' && xy.value === 0) {
    return [
      [b11, number(0)],
      [number(0), root(yy)],
    ];
  }
  const b21 = call('if', xx, call('divide', xy, b11), number(0));
  const rest = call('subtract', yy, call('multiply', b21, b21));
  const allowed = call('add', rest, call('multiply', number(ROUNDING), yy));
  // an exact 0 is allowed too: C may vanish
  const b22 = root(call('if', call('negate', allowed), number(-1), call('max', rest, number(0))));
  return [
    [b11, b21],
    [number(0), b22],
  ];
}

/** Returns b11, or b11, b21, b22, of a covariance xx, or xx, xy, yy, in numbers. */
export function columnsAt([xx, xy, yy]: ArrayLike<number> & Iterable<number>, size: 1 | 2): Float64Array {
  const b11 = Math.sqrt(xx);
  if (size === 1) return Float64Array.of(b11);
  const b21 = xx > 0 ? xy / b11 : 0;
  const rest = yy - b21 ** 2;
  return Float64Array.of(b11, b21, rest < -ROUNDING * yy ? Number.NaN : Math.sqrt(Math.max(rest, 0)));
}
