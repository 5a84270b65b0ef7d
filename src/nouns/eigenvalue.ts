/** An eigenvalue with its eigenvector. */
import type { Estimate } from '../numeric/estimate.js';
import { Measured } from './measured.js';

/** Holds an eigenvalue, the error of its computation, and its eigenvector of length 1. */
export class Eigenvalue extends Measured {
  /** Unit vector, as long as the block. */
  readonly vector: Float64Array;
  /** ‖A v − λ v‖. */
  readonly residual: number;

  constructor(pair: { readonly value: Estimate; readonly vector: Float64Array; readonly residual: number }) {
    super(pair.value);
    this.vector = pair.vector;
    this.residual = pair.residual;
  }

  toJSON(): object {
    return { ...this, vector: Array.from(this.vector) };
  }
}
