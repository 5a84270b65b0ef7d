/** The density of the eigenvalues of a Hessian. */
import type { SpectralDensity } from '../numeric/operators/slq.js';
import { formatNumber } from '../report/format.js';
import type { SurfaceBlock } from '../surface/surface.js';
import { Measured } from './measured.js';
import { Shown, shortened } from './shown.js';

/** Holds a density of eigenvalues with its standard errors over the probes. */
export class Density extends Shown {
  readonly block: string;
  /** Number of eigenvalues. */
  readonly size: number;
  /** The eigenvalues at which the density is given. */
  readonly at: readonly number[];
  /** Share of the eigenvalues per unit of eigenvalue, smoothed; total 1. */
  readonly density: readonly number[];
  readonly error: readonly number[];
  /** Share of the eigenvalues at or below each of `at`. */
  readonly cumulative: readonly number[];
  readonly cumulativeError: readonly number[];
  /** Standard deviation of the Gaussian that smooths. */
  readonly width: number;
  readonly trace: Measured;
  /** Σ λ². */
  readonly squares: Measured;
  readonly method: string;

  constructor(block: SurfaceBlock, d: SpectralDensity, method: string) {
    super();
    this.block = block.name;
    this.size = block.size;
    this.at = Array.from(d.at);
    this.density = Array.from(d.density);
    this.error = Array.from(d.standardError);
    this.cumulative = Array.from(d.cumulative);
    this.cumulativeError = Array.from(d.cumulativeError);
    this.width = d.width;
    const dense = method.startsWith('all');
    const moment = (e: SpectralDensity['trace']) =>
      new Measured(dense ? { ...e, standardError: 0, kind: 'exact', method } : e);
    this.trace = moment(d.trace);
    this.squares = moment(d.squaredFrobenius);
    this.method = method;
  }

  /** The share of eigenvalues above x. */
  above(x: number): number {
    const k = this.at.findIndex((a) => a > x);
    return k < 0 ? 0 : 1 - (k === 0 ? 0 : this.cumulative[k - 1]);
  }

  toString(): string {
    const shares = [0.01, 0.1, 0.5, 0.9, 0.99].map((share) => {
      const k = this.cumulative.findIndex((c) => c >= share);
      return [`${100 * share} %`, formatNumber(this.at[k < 0 ? this.at.length - 1 : k], 3)];
    });
    return `density of the ${this.size} eigenvalues of ${this.block}, trace ${this.trace}; ${this.method}\n${shortened(['share', 'at or below'], shares)}`;
  }
}
