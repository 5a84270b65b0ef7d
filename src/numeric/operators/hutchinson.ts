/**
 * Trace of a symmetric operator from random probes: E[zᵀ A z] = Tr A for independent signs z (Hutchinson 1990).
 *
 * The variance of one probe is 2 (‖A‖_F² − Σ A_ii²): signs have the smallest variance of all probes with independent
 * components, and none at all for a diagonal A.
 */
import { check } from '../errors.js';
import { type Estimate, meanOf } from '../estimate.js';
import type { Key, Stream } from '../random.js';
import * as is from '../wants.js';
import { dot } from './lanczos.js';
import { LINEAR_OPERATOR_WANTS, type LinearOperator, type Multiplying, multiplyBy } from './products.js';

/** Sets the number of probes of `hutchinsonTrace` and their random numbers. */
export interface HutchinsonOptions {
  /** Independent probes, at least 2. */
  readonly probes: number;
  readonly key: Key;
}

/** Says what a {@link HutchinsonOptions} needs. */
export const HUTCHINSON_OPTIONS_WANTS = is.shape<HutchinsonOptions>({ probes: is.count, key: is.key });

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
export function hutchinsonTrace(op: LinearOperator, options: HutchinsonOptions): Estimate {
  is.given('hutchinsonTrace', { op, options }, { op: LINEAR_OPERATOR_WANTS, options: HUTCHINSON_OPTIONS_WANTS });
  return traceOf(hutchinsonProbes(op.size, options).map((probe) => multiplyBy(op, probe)));
}

/**
 * Returns the work of each probe for an operator of order `size`: one product, from which zᵀ A z follows.
 * @throws InputError for fewer than 2 probes
 */
export function hutchinsonProbes(size: number, { probes, key }: HutchinsonOptions): Multiplying<number>[] {
  check(
    Number.isInteger(probes) && probes >= 2,
    'bad-probes',
    () => `a trace with an error bar needs at least 2 probes; got ${probes}.`,
  );
  return Array.from({ length: probes }, (_, i) => form(size, key.child('hutchinson').child(i)));
}

function* form(size: number, key: Key): Multiplying<number> {
  const z = signVector(size, key.stream());
  return dot(z, yield z);
}

/** Returns the trace that the probes found, their mean. */
export const traceOf = (values: readonly number[]): Estimate =>
  meanOf(values, `Hutchinson, ${values.length} probes of random signs`);
