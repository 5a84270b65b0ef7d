// Normal numbers for a block of walkers: Philox4x32-10, four walkers at a time, and Box–Muller.
//
// Counter of pair p of walker w: (step, w, p, high word of step). The four words give two numbers of 52 bits,
// u = 2 − [1, 2) in (0, 1] and v in [0, 1), and √(−2 ln u)·(cos 2πv, sin 2πv).
import { logNormal, polar } from './functions';

/** Walkers of a block. */
export const LANES: i32 = 128;
/** Bytes of a register: one number a walker. */
export const BYTES: usize = 1024;

/** High and low words of a 32×32 product, lane by lane. */
// @ts-ignore: decorator
@inline
function high(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(i64x2.extmul_low_i32x4_u(a, b), i64x2.extmul_high_i32x4_u(a, b), 1, 3, 5, 7);
}

/** Raw pairs of words of `LANES` walkers from `first` on: words 0 and 1 to `u`, words 2 and 3 to `v`, eight bytes a walker. */
export function philoxBlock(u: usize, v: usize, first: u32, low: u32, pair: u32, top: u32, key0: u32, key1: u32): void {
  const m0 = i32x4.splat(0xd2511f53);
  const m1 = i32x4.splat(0xcd9e8d57);
  let walker = i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3));
  for (let at: usize = 0; at < BYTES; at += 32) {
    let c0 = i32x4.splat(low);
    let c1 = walker;
    let c2 = i32x4.splat(pair);
    let c3 = i32x4.splat(top);
    let k0 = key0;
    let k1 = key1;
    for (let round = 0; round < 10; round++) {
      const h0 = high(c0, m0);
      const h1 = high(c2, m1);
      const l0 = i32x4.mul(c0, m0);
      const l1 = i32x4.mul(c2, m1);
      c0 = v128.xor(v128.xor(h1, c1), i32x4.splat(k0));
      c1 = l1;
      c2 = v128.xor(v128.xor(h0, c3), i32x4.splat(k1));
      c3 = l0;
      k0 += 0x9e3779b9;
      k1 += 0xbb67ae85;
    }
    v128.store(u + at, v128.shuffle<i32>(c0, c1, 0, 4, 1, 5));
    v128.store(u + at, v128.shuffle<i32>(c0, c1, 2, 6, 3, 7), 16);
    v128.store(v + at, v128.shuffle<i32>(c2, c3, 0, 4, 1, 5));
    v128.store(v + at, v128.shuffle<i32>(c2, c3, 2, 6, 3, 7), 16);
    walker = i32x4.add(walker, i32x4.splat(4));
  }
}

/** ±1 from the lowest bit of the raw words, which the normal numbers do not use. */
export function signsOf(raw: usize, to: usize): void {
  for (let at: usize = 0; at < BYTES; at += 16)
    v128.store(to + at, v128.or(i64x2.shl(v128.load(raw + at), 63), i64x2.splat(0x3ff0000000000000)));
}

/** Raw words at u and v become two independent standard normal numbers, in place. */
export function boxMuller(u: usize, v: usize): void {
  const one = i64x2.splat(0x3ff0000000000000);
  const two = f64x2.splat(2);
  for (let at: usize = 0; at < BYTES; at += 16) {
    const x = f64x2.sub(two, v128.or(i64x2.shr_u(v128.load(u + at), 12), one));
    const y = f64x2.sub(v128.or(i64x2.shr_u(v128.load(v + at), 12), one), f64x2.splat(1));
    const radius = f64x2.sqrt(f64x2.mul(logNormal(x), f64x2.splat(-2)));
    polar(radius, y, u + at, v + at);
  }
}
