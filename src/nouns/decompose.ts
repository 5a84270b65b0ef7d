/** The stochastic decomposition of a linear Langevin system from two matrices: `decompose(F, D)`. docs/theory [D1]–[D8]. */
import { type Decomposition, decompose as parts } from '../analyse/decomposition/decompose.js';
import { computed, exactly } from '../numeric/estimate.js';
import { asMatrix } from '../numeric/given.js';
import { embeddedLinearAlgebra, type LinearAlgebra, type Matrix } from '../numeric/linalg/index.js';
import * as is from '../numeric/wants.js';
import { formatList, matrixText, rowsIn } from './matrices.js';
import { Measured } from './measured.js';
import { Shown } from './shown.js';

/** Sets the strength of the noise, and what stands behind the numbers. Nothing is needed. */
export interface DecomposeOptions {
  /** epsilon in ⟨zeta zetaᵀ⟩ = 2·epsilon·D·delta; 1 by default. */
  readonly noiseStrength?: number;
  /** Return the algebraic potential of an unstable F, without a covariance, instead of refusing it. */
  readonly unstable?: boolean;
  /** Linear algebra; the package's own by default. */
  readonly la?: LinearAlgebra;
}

const OPTIONS_WANTS = is.shape<DecomposeOptions>({
  noiseStrength: is.maybe(is.finite),
  unstable: is.maybe(is.flag),
  la: is.maybe(is.algebra),
});

/** Holds the decomposition of x' = −F·x + zeta, matrices as arrays of rows. */
export class DecompositionResult extends Shown {
  /** Order of the system. */
  readonly n: number;
  /** False for an unstable F: then the potential is algebraic and there is no covariance. */
  readonly stationary: boolean;
  /** Stationary covariance Σ; null where there is none. */
  readonly covariance: number[][] | null;
  /** U: the stationary density is ∝ exp(−xᵀ·U·x/(2·epsilon)). */
  readonly potential: number[][];
  /** Q, antisymmetric: epsilon·Q_ij is the circulation ½⟨x_i·x'_j − x_j·x'_i⟩. */
  readonly circulation: number[][];
  /** S, symmetric ≥ 0, and A, antisymmetric, in (S + A)·x' = −U·x + xi. */
  readonly friction: number[][];
  readonly transverse: number[][];
  /** −Tr(D⁻¹·Q·U·Q) ≥ 0 per unit of time, in units of k_B. */
  readonly entropyProduction: Measured;
  /** Frequencies of the stationary cycles, one for each pair of coordinates that turn, descending. */
  readonly cycleFrequencies: readonly number[];
  /** Bound of the relative error of the covariance. */
  readonly accuracy: number;
  readonly warnings: readonly string[];
  readonly #parts: Decomposition;

  constructor(d: Decomposition) {
    super();
    this.n = d.system.n;
    this.stationary = d.stationary;
    this.covariance = d.sigma && rowsIn(d.sigma);
    this.potential = rowsIn(d.u);
    this.circulation = rowsIn(d.q);
    this.friction = rowsIn(d.s);
    this.transverse = rowsIn(d.a);
    const rate = d.entropyProductionRate;
    this.entropyProduction = new Measured(
      rate === 0
        ? exactly(0, 'nothing turns', d.system.n)
        : computed(
            rate,
            d.errorBound * Math.abs(rate),
            d.system.n,
            '−Tr(D⁻¹ Q U Q), error by the bound of the covariance',
          ),
    );
    this.cycleFrequencies = Array.from(d.cycleFrequencies);
    this.accuracy = d.errorBound;
    this.warnings = d.warnings;
    this.#parts = d;
  }

  /** The same as the parts of the library hold it. */
  get parts(): Decomposition {
    return this.#parts;
  }

  toString(): string {
    const part = (name: string, m: number[][] | null) => (m ? `${name}\n${matrixText(m)}` : `${name}: none`);
    return [
      `decomposition of ${this.n} coordinates${this.stationary ? '' : ', not stationary'}; relative error of the covariance below ${this.accuracy.toExponential(0)}`,
      part('covariance Σ', this.covariance),
      part('potential U', this.potential),
      part('circulation Q', this.circulation),
      `entropy production ${this.entropyProduction}; cycle frequencies ${formatList(this.cycleFrequencies)}`,
      ...this.warnings,
    ].join('\n');
  }
}

/**
 * Decomposes x' = −F·x + zeta with ⟨zeta zetaᵀ⟩ = 2·epsilon·D·delta into potential, circulation and friction. F and D are arrays of rows,
 * or matrices. Costs about 45·n³ flops.
 * @throws InputError for matrices that are not square or do not fit one another, a D that is not symmetric ≥ 0, and an unstable F
 */
export function decompose(
  F: readonly ArrayLike<number>[] | Matrix,
  D: readonly ArrayLike<number>[] | Matrix,
  options: DecomposeOptions = {},
): DecompositionResult {
  is.given('decompose', { F, D, options }, { F: is.matrixOrRows, D: is.matrixOrRows, options: OPTIONS_WANTS });
  const { la = embeddedLinearAlgebra(), noiseStrength, unstable } = options;
  return new DecompositionResult(
    parts({
      la,
      drift: asMatrix(F as Matrix, 'decompose: F'),
      diffusion: asMatrix(D as Matrix, 'decompose: D'),
      ...(noiseStrength !== undefined && { noiseStrength }),
      ...(unstable !== undefined && { unstable }),
    }),
  );
}
