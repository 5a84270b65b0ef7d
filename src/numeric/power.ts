/**
 * Powers that every engine computes to the same bits: V8 changed `x ** n` in Node 24, in the last bit for one
 * argument in ten.
 */

/**
 * Returns x^n for a whole n by repeated squaring, 1/x^|n| for a negative one. The relative error is at most about
 * |n|·1.1e-16. Cost O(log |n|).
 */
export function wholePower(x: number, n: number): number {
  let [result, square] = [1, x];
  for (let left = Math.abs(n); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square;
    square *= square;
  }
  return n < 0 ? 1 / result : result;
}

/**
 * Returns x^y for x > 0 as exp(y ln x). The relative error is about |y ln x|·1.1e-16: for exponents that interpolate, and others
 * that are not whole.
 */
export const realPower = (x: number, y: number): number => Math.exp(y * Math.log(x));
