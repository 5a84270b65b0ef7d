/**
 * Trace of a symmetric operator from random probes: E[zᵀ A z] = Tr A for independent signs z (Hutchinson 1990).
 *
 * The variance of one probe is 2 (‖A‖_F² − Σ A_ii²): signs have the smallest variance of all probes with independent
 * components, and none at all for a diagonal A.
 */
import { check } from '../errors.js';
import { type Estimate, meanOf } from '../estimate.js';
import type { Key, Stream } from '../random.js';
import { dot, type LinearOperator } from './lanczos.js';

/** Sets the number of probes of `hutchinsonTrace` and their random numbers. */
interface HutchinsonOptions {
  /** Independent probes, at least 2. */
  readonly probes: number;
  readonly key: Key;
}

/** Draws a vector of independent signs ±1. */
export function signVector(size: number, stream: Stream): Float64Array {
  const z = new Float64Array(size);
  let bits = 0;
  for (let i = 0; i < size; i++) {
    if ((i & 31) === 0) bits = stream.uint32();
    z[i] = bits & 1 ? 1 : -1;
    bits >>>= 1;
  }
  return z;
}

/**
 * Estimates Tr A, with the standard error of the mean over probes; probe i depends on the key and i alone. Cost: one
 * product with A for each probe.
 * @throws InputError for fewer than 2 probes
 */
export function hutchinsonTrace(op: LinearOperator, { probes, key }: HutchinsonOptions): Estimate {
  check(
    Number.isInteger(probes) && probes >= 2,
    'bad-probes',
    () => `a trace with an error bar needs at least 2 probes; got ${probes}.`,
  );
  const values = Array.from({ length: probes }, (_, i) => {
    const z = signVector(op.size, key.child('hutchinson').child(i).stream());
    return dot(z, op.apply(z));
  });
  return meanOf(values, `Hutchinson, ${probes} probes of random signs`);
}
