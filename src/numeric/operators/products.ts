/**
 * Products with a symmetric matrix, asked for one at a time by a generator. An algorithm yields the vector that it wants
 * multiplied and takes the product by `next`, so that it runs over an operator in this thread, or together with others over one
 * that answers many vectors in one request.
 */
import * as is from '../wants.js';

/**
 * Multiplies vectors by a symmetric matrix A of order `size`; `apply` returns a new vector and does not change its
 * argument.
 */
export interface LinearOperator {
  readonly size: number;
  apply(x: Float64Array): Float64Array;
}

/** Says what a {@link LinearOperator} needs. */
export const LINEAR_OPERATOR_WANTS = is.shape<LinearOperator>({ size: is.count, apply: is.func });

/**
 * Yields vectors x and takes A x; returns what it found. A product becomes its own and may be changed by it; the vectors that it
 * yields are not to be changed.
 */
export type Multiplying<T> = Generator<Float64Array, T, Float64Array>;

/** Runs one piece of work to its end with the products of an operator. */
export function multiplyBy<T>(op: LinearOperator, work: Multiplying<T>): T {
  let step = work.next();
  while (!step.done) step = work.next(op.apply(step.value));
  return step.value;
}

/**
 * Runs many pieces of work to their ends, all in step: each round multiplies the vectors that the unfinished ones want, in one
 * call of `multiply`. Returns what they found, in their order.
 * @param multiply - returns A x of each vector, new vectors in their order
 * @param onRound - called after each round with the products so far and the pieces that are unfinished
 */
export async function multiplyTogether<T>(
  multiply: (vectors: readonly Float64Array[]) => Promise<readonly Float64Array[]>,
  works: readonly Multiplying<T>[],
  onRound?: (products: number, unfinished: number) => void,
): Promise<T[]> {
  const all = works.map((work) => ({ work, step: work.next() }));
  for (let products = 0; ; ) {
    const open = all.flatMap((one) => (one.step.done ? [] : [{ one, vector: one.step.value }]));
    onRound?.(products, open.length);
    if (open.length === 0) return all.map(({ step }) => step.value as T);
    const answers = await multiply(open.map(({ vector }) => vector));
    open.forEach(({ one }, i) => {
      one.step = one.work.next(answers[i]);
    });
    products += open.length;
  }
}
