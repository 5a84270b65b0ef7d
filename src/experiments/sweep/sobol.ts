/**
 * Sobol' points in up to 21 dimensions: a sequence that fills the unit cube evenly from any length on, best at a power of two. Direction
 * numbers of S. Joe & F. Y. Kuo, SIAM J. Sci. Comput. 30, 2635 (2008) (their file new-joe-kuo-6.21201); points in the order of the Gray
 * code (I. A. Antonov & V. M. Saleev, 1979), the first at the origin, not scrambled.
 */
import { check } from '../../numeric/errors.js';

/** Primitive polynomial of a dimension: its degree, its inner coefficients as bits, and the first direction numbers. */
type Direction = readonly [degree: number, coefficients: number, first: readonly number[]];

/** Dimensions 2, 3, …; the first is the van der Corput sequence. */
const DIRECTIONS: readonly Direction[] = [
  [1, 0, [1]],
  [2, 1, [1, 3]],
  [3, 1, [1, 3, 1]],
  [3, 2, [1, 1, 1]],
  [4, 1, [1, 1, 3, 3]],
  [4, 4, [1, 3, 5, 13]],
  [5, 2, [1, 1, 5, 5, 17]],
  [5, 4, [1, 1, 5, 5, 5]],
  [5, 7, [1, 1, 7, 11, 19]],
  [5, 11, [1, 1, 5, 1, 1]],
  [5, 13, [1, 1, 1, 3, 11]],
  [5, 14, [1, 3, 5, 5, 31]],
  [6, 1, [1, 3, 3, 9, 7, 49]],
  [6, 13, [1, 1, 1, 15, 21, 21]],
  [6, 16, [1, 3, 1, 13, 27, 49]],
  [6, 19, [1, 1, 1, 15, 7, 5]],
  [6, 22, [1, 3, 1, 15, 13, 25]],
  [6, 25, [1, 1, 5, 5, 19, 61]],
  [7, 1, [1, 3, 7, 11, 23, 15, 103]],
  [7, 4, [1, 3, 7, 13, 13, 15, 69]],
];

/** Most dimensions. */
export const SOBOL_DIMENSIONS = DIRECTIONS.length + 1;
const BITS = 30;

/** Returns the direction numbers of a dimension (from 0), scaled to `BITS` bits: v_k = m_k 2^(BITS − k). */
function directionsOf(dimension: number): Uint32Array {
  const v = new Uint32Array(BITS);
  if (dimension === 0) {
    for (let k = 0; k < BITS; k++) v[k] = 2 ** (BITS - 1 - k);
    return v;
  }
  const [degree, coefficients, first] = DIRECTIONS[dimension - 1];
  for (let k = 0; k < BITS; k++) {
    if (k < degree) {
      v[k] = first[k] * 2 ** (BITS - 1 - k);
      continue;
    }
    let next = v[k - degree] ^ (v[k - degree] >>> degree);
    for (let j = 1; j < degree; j++) if ((coefficients >>> (degree - 1 - j)) & 1) next ^= v[k - j];
    v[k] = next >>> 0;
  }
  return v;
}

/**
 * Makes a function that gives point `i` of the sequence, numbers in [0, 1).
 * @throws InputError for more dimensions than there are direction numbers
 */
export function sobol(dimensions: number): (i: number) => number[] {
  check(
    Number.isInteger(dimensions) && dimensions >= 1 && dimensions <= SOBOL_DIMENSIONS,
    'bad-design',
    `a Sobol' design has 1 to ${SOBOL_DIMENSIONS} axes; got ${dimensions}: make some of them fixed, or use {random: n}.`,
  );
  const directions = Array.from({ length: dimensions }, (_, d) => directionsOf(d));
  return (i) => {
    check(
      Number.isInteger(i) && i >= 0 && i < 2 ** BITS,
      'bad-design',
      `a Sobol' sequence here has 2^${BITS} points, counted from 0; got the index ${i}.`,
    );
    const gray = (i ^ (i >>> 1)) >>> 0;
    return directions.map((v) => {
      let x = 0;
      for (let k = 0; k < BITS; k++) if ((gray >>> k) & 1) x ^= v[k];
      return (x >>> 0) / 2 ** BITS;
    });
  };
}
