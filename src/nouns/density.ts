/** The density of the eigenvalues of a Hessian. */
import type { SpectralDensity } from '../numeric/operators/slq.js';
import * as is from '../numeric/wants.js';
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
  /** Eigenvalues that stand for all of them, ascending, each with its share. */
  readonly #nodes: readonly (readonly [value: number, share: number])[];

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
    this.#nodes = d.probes
      .flatMap(({ nodes, weights }) => Array.from(nodes, (x, j) => [x, weights[j] / d.probes.length] as const))
      .sort((a, b) => a[0] - b[0]);
  }

  /** Returns the share of the eigenvalues above x. */
  above(x: number): number {
    is.given('density.above', { x }, { x: is.real });
    return this.#nodes.reduce((sum, [value, share]) => (value > x ? sum + share : sum), 0);
  }

  /** Returns the eigenvalue that a share of them, from 0 to 1, does not exceed. */
  quantile(share: number): number {
    is.given('density.quantile', { share }, { share: is.finite });
    let sum = 0;
    for (const [value, own] of this.#nodes) {
      sum += own;
      if (sum >= share * (1 - 1e-12)) return value;
    }
    return this.#nodes[this.#nodes.length - 1][0];
  }

  toString(): string {
    const shares = [0, 0.01, 0.1, 0.5, 0.9, 0.99, 1].map((share) => [
      share === 0 ? 'smallest' : share === 1 ? 'largest' : `${100 * share} %`,
      formatNumber(this.quantile(share), 3),
    ]);
    return `density of the ${this.size} eigenvalues of ${this.block}, trace ${this.trace}; ${this.method}\n${shortened(['share', 'up to'], shares)}`;
  }
}
