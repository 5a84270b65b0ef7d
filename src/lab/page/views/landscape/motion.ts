/** Potential, loss and current in a plane of a linear motion: pure functions of a `PlaneOfMotion`. docs/theory [D3], [D7]. */
import type { PlaneOfMotion } from '../../../landscape-results.js';

type Form = readonly [number, number, number];

/** Returns ½ zᵀ M z for the symmetric M = xx, xy, yy. */
export const half = ([a, b, d]: Form, x: number, y: number): number => (a * x * x + 2 * b * x * y + d * y * y) / 2;

/** Returns the inverse of xx, xy, yy. */
export function inverse([a, b, d]: Form): Form {
  const det = a * d - b * b;
  return [d / det, -b / det, a / det];
}

/** Returns the probability current −rho Q Σ⁻¹ z of a Gaussian density rho, up to the factor 1/(2 pi √det Σ). */
export function currentAt(p: PlaneOfMotion, x: number, y: number): readonly [number, number] {
  const u = inverse(p.covariance);
  const rho = Math.exp(-half(u, x, y));
  const [gx, gy] = [u[0] * x + u[1] * y, u[1] * x + u[2] * y];
  return [-rho * p.circulation * gy, rho * p.circulation * gx];
}

/** Returns how far a plane is drawn along both axes: three standard deviations of the wider of theory and window. */
export function reachOf(p: PlaneOfMotion): readonly [number, number] {
  const of = (k: 0 | 2) => 3 * Math.sqrt(Math.max(p.covariance[k], p.measured[k]));
  return [of(0), of(2)];
}

/** Returns the angle from the long axis of the potential to that of the loss, degrees from 0 to 90. */
export function angleBetween(p: PlaneOfMotion): number {
  const axis = ([a, b, d]: Form) => Math.atan2(2 * b, a - d) / 2;
  const apart = Math.abs(axis(inverse(p.covariance)) - axis(p.hessian)) % Math.PI;
  return (Math.min(apart, Math.PI - apart) * 180) / Math.PI;
}
