// The treatment of one walker at a wall or at the bound of divergence.
import { exp2lanes } from './functions';
import { BYTES } from './normals';

/** Describes one block; written by src/theory/ensemble/machine.ts, addresses in bytes. */
@unmanaged
export class Job {
  program: usize;
  length: i32;
  /** State variables first, one register each. */
  registers: usize;
  states: i32;
  /** Coordinates among them. */
  size: i32;
  noise: usize;
  normals: i32;
  /** Register of ±1, or 0. */
  signs: usize;
  /** Addresses of the registers with the new states, then (bridged) the variances of the step. */
  outputs: usize;
  /** low, high of each coordinate; open sides are at ∓ the bound of divergence. */
  walls: usize;
  /** 0 open, 1 reflecting, 2 absorbing, 3 periodic (then both sides of a coordinate are), of each side. */
  kinds: usize;
  bridged: i32;
  moving: usize;
  status: usize;
  /** Step at which a walker stopped, float64. */
  exits: usize;
  sides: usize;
  first: u32;
  key0: u32;
  key1: u32;
  /** |x| beyond which a walker has diverged. */
  bound: f64;
}

/** Returns a uniform number in (0, 1] for a crossing, from counter (step, walker, 256 + side, high). */
function uniform(job: Job, lane: u32, side: u32, low: u32, high: u32): f64 {
  let c0 = low;
  let c1 = job.first + lane;
  let c2: u32 = 256 + side;
  let c3 = high;
  let k0 = job.key0;
  let k1 = job.key1;
  for (let round = 0; round < 10; round++) {
    const p0 = <u64>0xd2511f53 * <u64>c0;
    const p1 = <u64>0xcd9e8d57 * <u64>c2;
    c0 = <u32>(p1 >> 32) ^ c1 ^ k0;
    c1 = <u32>p1;
    c2 = <u32>(p0 >> 32) ^ c3 ^ k1;
    c3 = <u32>p0;
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  return 2 - reinterpret<f64>((((<u64>c1 << 32) | <u64>c0) >> 12) | 0x3ff0000000000000);
}

/** Stops the walker: status 1 absorbed, 2 diverged. */
function stop(job: Job, at: usize, status: u8, low: u32, high: u32): void {
  store<i64>(job.moving + at, 0);
  store<u8>(job.status + (at >> 3), status);
  store<f64>(job.exits + at, <f64>high * 4294967296 + <f64>low);
}

/** Treats a moving walker (byte offset `at` in a register) whose new position may be at or beyond a wall. */
export function settle(job: Job, at: usize, low: u32, high: u32): void {
  for (let c = 0; c < job.size; c++) {
    const x = load<f64>(load<usize>(job.outputs + (<usize>c << 2)) + at);
    if (!(abs(x) <= job.bound)) return stop(job, at, 2, low, high);
  }
  for (let c = 0; c < job.size; c++) {
    const place = load<usize>(job.outputs + (<usize>c << 2)) + at;
    let x = load<f64>(place);
    if (kind(job, 2 * c) == 3) {
      const from = wall(job, 2 * c);
      const period = wall(job, 2 * c + 1) - from;
      store<f64>(place, x - period * floor((x - from) / period));
      continue;
    }
    let bounces = 0;
    let side = -1;
    while (side < 0 && bounces < 64) {
      const beyond = x < wall(job, 2 * c) ? 2 * c : x > wall(job, 2 * c + 1) ? 2 * c + 1 : -1;
      if (beyond < 0) break;
      if (kind(job, beyond) == 2) side = beyond;
      else x = 2 * wall(job, beyond) - x;
      bounces++;
    }
    for (let s = 2 * c; job.bridged && side < 0 && bounces == 0 && s < 2 * c + 2; s++) {
      if (kind(job, s) == 2 && crossed(job, at, c, s, x, low, high)) side = s;
    }
    if (side >= 0) {
      store<u8>(job.sides + (at >> 3), <u8>(side + 1));
      store<f64>(job.registers + <usize>c * BYTES + at, wall(job, side));
      return stop(job, at, 1, low, high);
    }
    // a step of more than 64 widths of the box ends on its low wall
    if (bounces == 64) x = wall(job, 2 * c);
    store<f64>(place, x);
    if (bounces & 1 && job.states > job.size) {
      const velocity = load<usize>(job.outputs + (<usize>(job.size + c) << 2)) + at;
      store<f64>(velocity, -load<f64>(velocity));
    }
  }
}

// @ts-ignore: decorator
@inline
function wall(job: Job, side: i32): f64 {
  return load<f64>(job.walls + (<usize>side << 3));
}

// @ts-ignore: decorator
@inline
function kind(job: Job, side: i32): i32 {
  return load<i32>(job.kinds + (<usize>side << 2));
}

/**
 * Says whether a Brownian bridge between the two ends touched the wall: probability exp(−2·d0·d1/variance of the step).
 */
function crossed(job: Job, at: usize, c: i32, side: i32, x: f64, low: u32, high: u32): bool {
  const before = load<f64>(job.registers + <usize>c * BYTES + at) - wall(job, side);
  const after = x - wall(job, side);
  const spread = load<f64>(load<usize>(job.outputs + (<usize>(job.states + c) << 2)) + at);
  const exponent = (-2 * before * after) / spread;
  if (!(exponent > -37)) return false;
  const p = f64x2.extract_lane(exp2lanes(f64x2.splat(exponent)), 0);
  return uniform(job, <u32>(at >> 3), side, low, high) <= p;
}
