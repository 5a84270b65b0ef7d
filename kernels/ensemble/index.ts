// Whole steps of a block of walkers, many per call. Driven by src/theory/ensemble/machine.ts.
import { execute } from './machine';
import { boxMuller, BYTES, LANES, philoxBlock, signsOf } from './normals';
import { Job, settle } from './walls';

export { execute, boxMuller, philoxBlock };

/** Returns the first free address after the kernel's own constants. */
export function heapBase(): usize {
  return __heap_base;
}

// @ts-ignore: decorator
@inline
function copy(from: usize, to: usize, bytes: usize): void {
  memory.copy(to, from, bytes);
}

/**
 * Draws the normal numbers (and signs) of one step. An odd count per step draws for two steps at a time: the second
 * uses the rest.
 */
function draw(job: Job, low: u32, high: u32, fresh: bool): void {
  const n = job.normals;
  const odd = n & 1;
  if (odd && low & 1 && !fresh) {
    copy(job.noise + <usize>n * BYTES, job.noise, <usize>n * BYTES);
    return;
  }
  const pairs = odd ? n : n >> 1;
  // for odd n the counter is the number of the pair of steps
  const c0 = odd ? (low >> 1) | (high << 31) : low;
  const c3 = odd ? high >> 1 : high;
  for (let p = 0; p < pairs; p++) {
    const u = job.noise + <usize>(2 * p) * BYTES;
    philoxBlock(u, u + BYTES, job.first, c0, p, c3, job.key0, job.key1);
    if (job.signs && p == 0) signsOf(u, job.signs);
    boxMuller(u, u + BYTES);
  }
  if (odd && low & 1) copy(job.noise + <usize>n * BYTES, job.noise, <usize>n * BYTES);
}

/** Says whether the new coordinate c of a moving walker lies outside its walls, or is NaN. */
function outside(job: Job, c: i32): bool {
  const moving = job.moving;
  const from = load<usize>(job.outputs + (<usize>c << 2));
  const low = v128.load64_splat(job.walls + (<usize>c << 4));
  const high = v128.load64_splat(job.walls + (<usize>c << 4), 8);
  let bad = f64x2.splat(0);
  for (let at: usize = 0; at < BYTES; at += 16) {
    const x = v128.load(from + at);
    const good = v128.and(f64x2.ge(x, low), f64x2.le(x, high));
    bad = v128.or(bad, v128.andnot(v128.load(moving + at), good));
  }
  return v128.any_true(bad);
}

/** Treats one by one the moving walkers of a block that are at a wall or out of bounds. */
function settleAll(job: Job, low: u32, high: u32): void {
  for (let at: usize = 0; at < BYTES; at += 16) {
    let good = i64x2.splat(-1);
    for (let c = 0; c < job.size; c++) {
      const x = v128.load(load<usize>(job.outputs + (<usize>c << 2)) + at);
      const walls = job.walls + (<usize>c << 4);
      good = v128.and(good, f64x2.ge(x, v128.load64_splat(walls)));
      good = v128.and(good, f64x2.le(x, v128.load64_splat(walls, 8)));
    }
    if (job.bridged) good = v128.andnot(good, near(job, at));
    if (!v128.any_true(v128.andnot(v128.load(job.moving + at), good))) continue;
    for (let here = at; here < at + 16; here += 8) if (load<i64>(job.moving + here)) settle(job, here, low, high);
  }
}

/** Adopts the new values of moving walkers. Numbers too small to matter become 0 before they become subnormal. */
function commit(job: Job, low: u32, high: u32): void {
  if (job.bridged || outside(job, 0) || (job.size > 1 && outside(job, 1))) settleAll(job, low, high);
  const moving = job.moving;
  const tiny = f64x2.splat(1e-150);
  for (let s = 0; s < job.states; s++) {
    const from = load<usize>(job.outputs + (<usize>s << 2));
    const to = job.registers + <usize>s * BYTES;
    for (let at: usize = 0; at < BYTES; at += 16) {
      const v = v128.load(from + at);
      const kept = v128.and(v, f64x2.gt(f64x2.abs(v), tiny));
      v128.store(to + at, v128.bitselect(kept, v128.load(to + at), v128.load(moving + at)));
    }
  }
}

/**
 * Returns the lanes whose path between two points may have touched an absorbing wall: crossing probability above e^−37.
 */
function near(job: Job, at: usize): v128 {
  let any = f64x2.splat(0);
  for (let side = 0; side < 2 * job.size; side++) {
    if (load<i32>(job.kinds + (<usize>side << 2)) != 2) continue;
    const wall = v128.load64_splat(job.walls + (<usize>side << 3));
    const c = side >> 1;
    const before = f64x2.sub(v128.load(job.registers + <usize>c * BYTES + at), wall);
    const after = f64x2.sub(v128.load(load<usize>(job.outputs + (<usize>c << 2)) + at), wall);
    const spread = v128.load(load<usize>(job.outputs + (<usize>(job.states + c) << 2)) + at);
    any = v128.or(any, f64x2.lt(f64x2.mul(before, after), f64x2.mul(spread, f64x2.splat(18.5))));
  }
  return any;
}

/** Advances one block by `count` steps from step (high, low) on. Stops early when no walker moves. */
export function advance(jobAt: usize, low: u32, high: u32, count: i32): void {
  const job = changetype<Job>(jobAt);
  let some = false;
  for (let lane = 0; lane < LANES; lane++) {
    const still = load<u8>(job.status + <usize>lane) != 0;
    store<i64>(job.moving + (<usize>lane << 3), still ? 0 : -1);
    some = some || !still;
  }
  if (!some) return;
  for (let t = 0; t < count; t++) {
    if (job.normals > 0) draw(job, low, high, t == 0);
    execute(job.program, job.length);
    commit(job, low, high);
    if (++low == 0) high++;
    if ((t & 63) == 63 && !moves(job)) return;
  }
}

function moves(job: Job): bool {
  let any = v128.load(job.moving);
  for (let at: usize = 16; at < BYTES; at += 16) any = v128.or(any, v128.load(job.moving + at));
  return v128.any_true(any);
}
