// Sums over samples of (middle matrix) ⊗ (h hᵀ): covariances and Hessian blocks of a layer. docs/theory [S10].
//
// Both factors are symmetric, so the sum has m(m+1)/2 · n(n+1)/2 different numbers. For every pair (i ≥ j) of outputs the
// samples whose weight w = G_ij is not zero (both ReLU units active: a third of them) are gathered, and Σ w h hᵀ is a
// symmetric product of small dense matrices in register tiles of 4×4 (float64) or 4×8 (float32).
//
// Zeros of h: the caller orders the units of a block so that rare ones come last, and its samples by the last unit that is
// not zero, latest first. The row tile r (units 4r … 4r+3) then concerns only the first `bounds[r]` samples of the block.
//
// Layouts: h [sample][8·panels], zero padded; one pair's tiles [panel q][row tile r ≥ 2q][4][8], where tile (q, r)
// holds rows 4r … 4r+3 and columns 8q … 8q+7 of the n×n product; `places` says where each of the pair's n(n+1)/2 sums,
// in the units' true order, is in the tiles.
import { fma } from '../linalg/simd';
import { fma as fma32 } from '../common/simd';

/** Samples packed at once: a panel of 128 float64 rows takes 8 KB. */
const CHUNK: i32 = 128;
const CHUNK32: i32 = 256;

/** Returns the bytes of workspace for blocks of `capacity` samples. */
export function pairWork(capacity: i32, inputs: i32, outputs: i32): i32 {
  const panels = (inputs + 7) >> 3;
  return capacity * (24 + 8 * outputs) + 128 + panels * CHUNK * 64 + tileCount(inputs) * 256 + 8 * panels + 64;
}

/** Samples whose factors stay in the second-level cache while all pairs of one output are computed. */
const PART: usize = 256;

/** Computes w[s] = Σ_r x[r][s] y[r][s] over `bytes` of every row; rows are `row` bytes apart. */
function products(x: usize, y: usize, rank: i32, row: usize, bytes: usize, out: usize): void {
  for (let s: usize = 0; s < bytes; s += 64) {
    let a0 = f64x2.splat(0), a1 = a0, a2 = a0, a3 = a0;
    let p = x + s;
    let q = y + s;
    for (let r = 0; r < rank; r++) {
      a0 = fma(v128.load(p), v128.load(q), a0);
      a1 = fma(v128.load(p, 16), v128.load(q, 16), a1);
      a2 = fma(v128.load(p, 32), v128.load(q, 32), a2);
      a3 = fma(v128.load(p, 48), v128.load(q, 48), a3);
      p += row;
      q += row;
    }
    v128.store(out + s, a0);
    v128.store(out + s, a1, 16);
    v128.store(out + s, a2, 32);
    v128.store(out + s, a3, 48);
  }
}

/**
 * Computes w[j][s] = Σ_r F[i][r][s] F[j][r][s] for j ≤ i and s < count (rounded up to 8); F is [unit][rank][stride].
 */
export function factorWeights(f: usize, rank: i32, stride: i32, i: i32, count: i32, out: usize): void {
  const row = (<usize>stride) << 3;
  const end = <usize>((count + 7) & ~7) << 3;
  const unit = <usize>rank * row;
  for (let from: usize = 0; from < end; from += PART << 3) {
    const bytes = min(PART << 3, end - from);
    for (let j = 0; j <= i; j++) {
      products(f + <usize>i * unit + from, f + <usize>j * unit + from, rank, row, bytes, out + <usize>j * row + from);
    }
  }
}

/**
 * Lists the numbers (u32) and weights of the samples with w > tiny from `plus` on, and of those with w < −tiny from
 * `minus` on; each list has space for all, numbers first. Returns the lengths of the lists as n₊ + 2^16 n₋.
 */
export function compress(w: usize, count: i32, tiny: f64, plus: usize, minus: usize, stride: i32): i32 {
  let p: usize = 0;
  let m: usize = 0;
  const plusAt = plus + ((<usize>stride) << 2);
  const minusAt = minus + ((<usize>stride) << 2);
  for (let s = 0; s < count; s++) {
    const v = load<f64>(w + ((<usize>s) << 3));
    store<i32>(plus + (p << 2), s);
    store<f64>(plusAt + (p << 3), v);
    p += <usize>(v > tiny);
    store<i32>(minus + (m << 2), s);
    store<f64>(minusAt + (m << 3), v);
    m += <usize>(v < -tiny);
  }
  return <i32>(p | (m << 16));
}

/** Replaces w by √(scale·|w|). */
export function roots(w: usize, count: i32, scale: f64): void {
  const f = f64x2.splat(scale);
  const end = w + ((<usize>count) << 3);
  for (; w < end; w += 16) v128.store(w, f64x2.sqrt(f64x2.mul(f, f64x2.abs(v128.load(w)))));
}

/**
 * Counts how many of the first `count` listed samples are below each row tile's bound (u32 each; bounds fall with r).
 */
export function prefixes(index: usize, count: i32, bounds: usize, rowTiles: i32, counts: usize): void {
  let n = 0;
  for (let r = rowTiles - 1; r >= 0; r--) {
    const bound = load<u32>(bounds + ((<usize>r) << 2));
    while (n < count && load<u32>(index + ((<usize>n) << 2)) < bound) n++;
    store<i32>(counts + ((<usize>r) << 2), n);
  }
}

/**
 * Packs panels of eight columns of √|w|·h for the listed samples that the panel concerns; panels are `room` samples
 * apart.
 */
export function pack64(h: usize, rowBytes: usize, index: usize, root: usize, counts: usize, panels: i32, room: i32, a: usize): void {
  for (let t = 0; t < panels; t++) {
    const n = load<i32>(counts + ((<usize>t) << 3));
    let p = a;
    for (let k = 0; k < n; k++) {
      const row = h + <usize>load<u32>(index + ((<usize>k) << 2)) * rowBytes;
      const w = v128.load64_splat(root + ((<usize>k) << 3));
      v128.store(p, f64x2.mul(w, v128.load(row)));
      v128.store(p, f64x2.mul(w, v128.load(row, 16)), 16);
      v128.store(p, f64x2.mul(w, v128.load(row, 32)), 32);
      v128.store(p, f64x2.mul(w, v128.load(row, 48)), 48);
      p += 64;
    }
    h += 64;
    a += (<usize>room) << 6;
  }
}

// @ts-ignore: decorator
@inline
function demote(x: v128, y: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(x), f32x4.demote_f64x2_zero(y), 0, 1, 4, 5);
}

/** The same in float32, rounded once. */
export function pack32(h: usize, rowBytes: usize, index: usize, root: usize, counts: usize, panels: i32, room: i32, a: usize): void {
  for (let t = 0; t < panels; t++) {
    const n = load<i32>(counts + ((<usize>t) << 3));
    let p = a;
    for (let k = 0; k < n; k++) {
      const row = h + <usize>load<u32>(index + ((<usize>k) << 2)) * rowBytes;
      const w = v128.load64_splat(root + ((<usize>k) << 3));
      v128.store(p, demote(f64x2.mul(w, v128.load(row)), f64x2.mul(w, v128.load(row, 16))));
      v128.store(p, demote(f64x2.mul(w, v128.load(row, 32)), f64x2.mul(w, v128.load(row, 48))), 16);
      p += 32;
    }
    h += 64;
    a += (<usize>room) << 5;
  }
}

/** Computes c[4][4 of 8] += sign · Σ_k a[k][4]ᵀ b[k][4]: eight accumulators; rows of a, b and c are 64 bytes apart. */
export function micro64(count: i32, a: usize, b: usize, c: usize, sign: f64): void {
  const f = f64x2.splat(sign);
  let c00 = f64x2.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  const end = a + ((<usize>count) << 6);
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const x0 = v128.load64_splat(a);
    c00 = fma(x0, b0, c00);
    c01 = fma(x0, b1, c01);
    const x1 = v128.load64_splat(a, 8);
    c10 = fma(x1, b0, c10);
    c11 = fma(x1, b1, c11);
    const x2 = v128.load64_splat(a, 16);
    c20 = fma(x2, b0, c20);
    c21 = fma(x2, b1, c21);
    const x3 = v128.load64_splat(a, 24);
    c30 = fma(x3, b0, c30);
    c31 = fma(x3, b1, c31);
    a += 64;
    b += 64;
  }
  v128.store(c, fma(f, c00, v128.load(c)));
  v128.store(c, fma(f, c01, v128.load(c, 16)), 16);
  v128.store(c, fma(f, c10, v128.load(c, 64)), 64);
  v128.store(c, fma(f, c11, v128.load(c, 80)), 80);
  v128.store(c, fma(f, c20, v128.load(c, 128)), 128);
  v128.store(c, fma(f, c21, v128.load(c, 144)), 144);
  v128.store(c, fma(f, c30, v128.load(c, 192)), 192);
  v128.store(c, fma(f, c31, v128.load(c, 208)), 208);
}

// @ts-ignore: decorator
@inline
function spill(c: usize, x: v128, y: v128, scale: v128): void {
  v128.store(c, fma(scale, f64x2.promote_low_f32x4(x), v128.load(c)));
  v128.store(c, fma(scale, f64x2.promote_low_f32x4(v128.shuffle<f64>(x, x, 1, 1)), v128.load(c, 16)), 16);
  v128.store(c, fma(scale, f64x2.promote_low_f32x4(y), v128.load(c, 32)), 32);
  v128.store(c, fma(scale, f64x2.promote_low_f32x4(v128.shuffle<f64>(y, y, 1, 1)), v128.load(c, 48)), 48);
}

/** Computes c[4][8] += scale · Σ_k a[k][4]ᵀ b[k][8], summed in float32, added in float64. */
export function micro32(count: i32, a: usize, b: usize, c: usize, scale: f64): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  const end = a + ((<usize>count) << 5);
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const x0 = v128.load32_splat(a);
    c00 = fma32(x0, b0, c00);
    c01 = fma32(x0, b1, c01);
    const x1 = v128.load32_splat(a, 4);
    c10 = fma32(x1, b0, c10);
    c11 = fma32(x1, b1, c11);
    const x2 = v128.load32_splat(a, 8);
    c20 = fma32(x2, b0, c20);
    c21 = fma32(x2, b1, c21);
    const x3 = v128.load32_splat(a, 12);
    c30 = fma32(x3, b0, c30);
    c31 = fma32(x3, b1, c31);
    a += 32;
    b += 32;
  }
  const f = f64x2.splat(scale);
  spill(c, c00, c01, f);
  spill(c + 64, c10, c11, f);
  spill(c + 128, c20, c21, f);
  spill(c + 192, c30, c31, f);
}

/** Computes all tiles of one packed chunk in float64. */
export function tiles64(counts: usize, panels: i32, rowTiles: i32, room: i32, a: usize, acc: usize, sign: f64): void {
  const next = (<usize>room) << 6;
  let b = a;
  for (let q = 0; q < panels; q++) {
    for (let r = 2 * q; r < rowTiles; r++) {
      const n = load<i32>(counts + ((<usize>r) << 2));
      if (n > 0) {
        const left = a + <usize>(r >> 1) * next + ((<usize>(r & 1)) << 5);
        micro64(n, left, b, acc, sign);
        if (r > 2 * q) micro64(n, left, b + 32, acc + 32, sign);
      }
      acc += 256;
    }
    b += next;
  }
}

/** Computes all tiles of one packed chunk in float32. */
export function tiles32(counts: usize, panels: i32, rowTiles: i32, room: i32, a: usize, acc: usize, scale: f64): void {
  const next = (<usize>room) << 5;
  let b = a;
  for (let q = 0; q < panels; q++) {
    for (let r = 2 * q; r < rowTiles; r++) {
      const n = load<i32>(counts + ((<usize>r) << 2));
      if (n > 0) micro32(n, a + <usize>(r >> 1) * next + ((<usize>(r & 1)) << 4), b, acc, scale);
      acc += 256;
    }
    b += next;
  }
}

/** Returns the number of tiles of 4×8 that hold one pair's symmetric n×n product. */
export function tileCount(inputs: i32): i32 {
  const panels = (inputs + 7) >> 3;
  const rowTiles = (inputs + 3) >> 2;
  return panels * rowTiles - panels * (panels - 1);
}

/**
 * Computes sums[k] += tiles[places[k]] in the order of the sums, because those come from main memory and the tiles from
 * a cache.
 */
export function addTiles(tiles: usize, places: usize, count: i32, sums: usize): void {
  const end = places + ((<usize>count) << 2);
  for (; places < end; places += 4) {
    store<f64>(sums, load<f64>(sums) + load<f64>(tiles + <usize>load<u32>(places)));
    sums += 8;
  }
}

/** Adds ±Σ w h hᵀ of the listed samples to one pair's tiles, in float32 when `unscale` ≠ 0. */
function addListed(
  h: usize,
  inputs: i32,
  list: usize,
  stride: i32,
  n: i32,
  bounds: usize,
  sign: f64,
  scale: f64,
  tiles: usize,
  counts: usize,
  panel: usize,
): void {
  const panels = (inputs + 7) >> 3;
  const rowTiles = (inputs + 3) >> 2;
  const rowBytes = (<usize>panels) << 6;
  const weights = list + ((<usize>stride) << 2);
  const chunk = scale == 0 ? CHUNK : CHUNK32;
  roots(weights, n, scale == 0 ? 1 : scale);
  for (let first = 0; first < n; first += chunk) {
    const index = list + ((<usize>first) << 2);
    const root = weights + ((<usize>first) << 3);
    prefixes(index, min(chunk, n - first), bounds, rowTiles, counts);
    if (scale == 0) {
      pack64(h, rowBytes, index, root, counts, panels, chunk, panel);
      tiles64(counts, panels, rowTiles, chunk, panel, tiles, sign);
    } else {
      pack32(h, rowBytes, index, root, counts, panels, chunk, panel);
      tiles32(counts, panels, rowTiles, chunk, panel, tiles, sign / scale);
    }
  }
}

/**
 * Adds Σ_s w_ij(s) h(s) h(s)ᵀ over a block for all pairs of outputs i ≥ j.
 * @param f - rank > 0: factors [unit][rank][stride] with w_ij = Σ_r F_ir F_jr; rank 0: w itself, [i][j][stride]
 * @param stride - samples in a full block: a multiple of 8, below 2^16
 * @param bounds - for each row tile, how many of the block's samples reach it (u32)
 * @param places - for each of a pair's n(n+1)/2 sums, the byte offset of its number in the tiles (u32)
 * @param sums - [pair][n(n+1)/2]
 * @param scale - 0: float64; else float32 with weights times `scale`; those with |w| ≤ `tiny` are left out
 */
export function pairSums(
  h: usize,
  inputs: i32,
  f: usize,
  rank: i32,
  outputs: i32,
  stride: i32,
  count: i32,
  bounds: usize,
  places: usize,
  scale: f64,
  tiny: f64,
  sums: usize,
  work: usize,
): void {
  const numbers = tileCount(inputs) << 5;
  const size = (inputs * (inputs + 1)) >> 1;
  const room = (<usize>stride) << 3;
  const plus = work + <usize>outputs * room;
  const minus = plus + room + (room >> 1);
  const tiles = (minus + room + (room >> 1) + 63) & ~63;
  const panel = tiles + (<usize>numbers << 3);
  const counts = panel + <usize>(((inputs + 7) >> 3) * CHUNK * 64);
  for (let i = 0; i < outputs; i++) {
    if (rank > 0) factorWeights(f, rank, stride, i, count, work);
    for (let j = 0; j <= i; j++) {
      const w = rank > 0 ? work + <usize>j * room : f + <usize>(i * outputs + j) * room;
      const n = compress(w, count, tiny, plus, minus, stride);
      if (n != 0) {
        memory.fill(tiles, 0, <usize>numbers << 3);
        addListed(h, inputs, plus, stride, n & 0xffff, bounds, 1, scale, tiles, counts, panel);
        addListed(h, inputs, minus, stride, n >>> 16, bounds, -1, scale, tiles, counts, panel);
        addTiles(tiles, places, size, sums);
      }
      sums += <usize>size << 3;
    }
  }
}
