// Elementary functions of vectors of T.
import { exp4, log1p4, tanh4 } from '../common/simd';
import { exp2lanes, tanh2lanes } from '../ensemble/functions';
import { fma } from './lanes';

/** Returns exp(x) for x ≤ 88, 0 where the result would be subnormal. */
// @ts-ignore: decorator
@inline
export function exponential<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return exp2lanes(x);
  return exp4(x);
}

/** Returns tanh(x). */
// @ts-ignore: decorator
@inline
export function tangentHyperbolic<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return tanh2lanes(x);
  return tanh4(x);
}

/** Returns log(1 + t) for t ≥ 0 without loss of digits at small t. */
// @ts-ignore: decorator
@inline
export function logOnePlus<T>(t: v128): v128 {
  if (sizeof<T>() == 8) {
    return f64x2(Math.log1p(f64x2.extract_lane(t, 0)), Math.log1p(f64x2.extract_lane(t, 1)));
  }
  return log1p4(t);
}

// (x + 4)·e^(x²/2)·Φ(−x) for x ≥ 0 as a polynomial in u = (x − 4)/(x + 4), highest power first: Chebyshev interpolation at 40 digits,
// relative error 5e-8 with eleven coefficients and 1e-16 with 23.
const TAIL32 = memory.data<f32>([
  -1.731082301e-6, -0.0001573205696, 0.0001336533871, 0.001563786899, -0.003479954637, -0.007512231382, 0.06039664828,
  -0.1865267109, 0.3871373939, -0.6078964038, 0.7552851305,
]);
const TAIL64 = memory.data<f64>([
  -1.68865769667867349e-9, -1.27723514329577201e-9, 1.60673869573294018e-8, 1.95696089399740486e-8, -7.87836034269363778e-8,
  -1.62231632085356706e-7, 2.64733728197986783e-7, 1.02698407014319295e-6, -6.24955107756517786e-7, -5.92289377754192813e-6,
  7.14602153126746174e-7, 0.0000351456023590445148, -1.90767603071909815e-6, -0.000231095137787289336, 0.000133344209160147793,
  0.00163081848547358572, -0.00347969235665150262, -0.00754018896889161899, 0.0603965748903609184, -0.186521857959578716,
  0.387137400742226602, -0.607896641971892958, 0.755285130415751451,
]);

/** Returns the normal density φ(x). */
// @ts-ignore: decorator
@inline
export function density<T>(x: v128): v128 {
  const half = v128.mul<T>(v128.mul<T>(x, x), v128.splat<T>(<T>-0.5));
  return v128.mul<T>(exponential<T>(half), v128.splat<T>(<T>0.3989422804014327));
}

/** Returns the normal distribution function Φ(x), with small relative errors in its left tail too. */
export function distribution<T>(x: v128): v128 {
  const four = v128.splat<T>(<T>4);
  const a = v128.pmin<T>(v128.abs<T>(x), v128.splat<T>(<T>40));
  const sum = v128.add<T>(a, four);
  const u = v128.div<T>(v128.sub<T>(a, four), sum);
  let at: usize = sizeof<T>() == 8 ? TAIL64 : TAIL32;
  const end: usize = at + (sizeof<T>() == 8 ? 23 : 11) * sizeof<T>();
  let p = v128.load_splat<T>(at);
  for (at += sizeof<T>(); at < end; at += sizeof<T>()) p = fma<T>(p, u, v128.load_splat<T>(at));
  const power = exponential<T>(v128.mul<T>(v128.mul<T>(a, a), v128.splat<T>(<T>-0.5)));
  const tail = v128.mul<T>(v128.div<T>(p, sum), power);
  const right = v128.gt<T>(x, v128.splat<T>(<T>0));
  return v128.bitselect(v128.sub<T>(v128.splat<T>(<T>1), tail), tail, right);
}
