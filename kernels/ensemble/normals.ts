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

/**
 * Draws the raw words of `LANES` walkers from `first` on: words 0 and 1 to `u`, words 2 and 3 to `v`, eight bytes a
 * walker. Two groups of four walkers are computed together, because each round waits for its products and the other
 * group uses that time.
 */
export function philoxBlock(u: usize, v: usize, first: u32, low: u32, pair: u32, top: u32, key0: u32, key1: u32): void {
  const m0 = i32x4.splat(0xd2511f53);
  const m1 = i32x4.splat(0xcd9e8d57);
  let walker = i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3));
  for (let at: usize = 0; at < BYTES; at += 64) {
    let a0 = i32x4.splat(low);
    let a1 = walker;
    let a2 = i32x4.splat(pair);
    let a3 = i32x4.splat(top);
    let b0 = a0;
    let b1 = i32x4.add(walker, i32x4.splat(4));
    let b2 = a2;
    let b3 = a3;
    let k0 = key0;
    let k1 = key1;
    for (let round = 0; round < 10; round++) {
      const word0 = i32x4.splat(k0);
      const word1 = i32x4.splat(k1);
      const ah0 = high(a0, m0);
      const ah1 = high(a2, m1);
      const bh0 = high(b0, m0);
      const bh1 = high(b2, m1);
      const al0 = i32x4.mul(a0, m0);
      const al1 = i32x4.mul(a2, m1);
      const bl0 = i32x4.mul(b0, m0);
      const bl1 = i32x4.mul(b2, m1);
      a0 = v128.xor(v128.xor(ah1, a1), word0);
      a1 = al1;
      a2 = v128.xor(v128.xor(ah0, a3), word1);
      a3 = al0;
      b0 = v128.xor(v128.xor(bh1, b1), word0);
      b1 = bl1;
      b2 = v128.xor(v128.xor(bh0, b3), word1);
      b3 = bl0;
      k0 += 0x9e3779b9;
      k1 += 0xbb67ae85;
    }
    four(u + at, a0, a1);
    four(v + at, a2, a3);
    four(u + at + 32, b0, b1);
    four(v + at + 32, b2, b3);
    walker = i32x4.add(walker, i32x4.splat(8));
  }
}

/** Two words of four walkers, side by side. */
// @ts-ignore: decorator
@inline
function four(to: usize, low: v128, high: v128): void {
  v128.store(to, v128.shuffle<i32>(low, high, 0, 4, 1, 5));
  v128.store(to, v128.shuffle<i32>(low, high, 2, 6, 3, 7), 16);
}

/** Writes ±1 from the lowest bit of the raw words, which the normal numbers do not use. */
export function signsOf(raw: usize, to: usize): void {
  for (let at: usize = 0; at < BYTES; at += 16)
    v128.store(to + at, v128.or(i64x2.shl(v128.load(raw + at), 63), i64x2.splat(0x3ff0000000000000)));
}

/** Replaces the raw words at u and v by two independent standard normal numbers. */
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
