// General matrix product on packed panels: 3×6 register tiles, 256-deep panels, blocks that fit the second-level cache.
import { at, fma, get, set } from './simd';

const MR: i32 = 3;
const NR: i32 = 6;
const MC: i32 = 192;
const KC: i32 = 256;
const NC: i32 = 1020;

let tile: usize = 0;
let packA: usize = 0;
let packB: usize = 0;

/** Returns the bytes of workspace that `useWork` needs. */
export function workBytes(): i32 {
  return 256 + MC * KC * 8 + KC * NC * 8;
}

/** Sets the address of the packing buffers. */
export function useWork(p: usize): void {
  tile = p;
  packA = p + 256;
  packB = packA + <usize>(MC * KC * 8);
}

/**
 * Packs `count` rows (stride `is`) of length k (stride `ps`) into panels of W rows, k-major, zero
 * padded.
 */
// @ts-ignore: decorator
@inline
function packPanels(W: i32, count: i32, k: i32, src: usize, is: i32, ps: i32, dst: usize): void {
  const line = (<usize>is) << 3;
  const step = (<usize>ps) << 3;
  const out = (<usize>W) << 3;
  for (let i = 0; i < count; i += W) {
    const s0 = at(src, i * is);
    const w = min(W, count - i);
    if (w == W && is == 1) {
      let s = s0;
      for (let p = 0; p < k; p++) {
        v128.store(dst, v128.load(s));
        if (W == 6) {
          v128.store(dst, v128.load(s, 16), 16);
          v128.store(dst, v128.load(s, 32), 32);
        } else {
          store<f64>(dst, load<f64>(s, 16), 16);
        }
        s += step;
        dst += out;
      }
    } else if (w == W) {
      let s = s0;
      let s1 = s0 + 3 * line;
      for (let p = 0; p < k; p++) {
        store<f64>(dst, load<f64>(s));
        store<f64>(dst, load<f64>(s + line), 8);
        store<f64>(dst, load<f64>(s + 2 * line), 16);
        if (W == 6) {
          store<f64>(dst, load<f64>(s1), 24);
          store<f64>(dst, load<f64>(s1 + line), 32);
          store<f64>(dst, load<f64>(s1 + 2 * line), 40);
          s1 += step;
        }
        s += step;
        dst += out;
      }
    } else {
      for (let p = 0; p < k; p++) {
        const s = s0 + <usize>p * step;
        for (let r = 0; r < w; r++) set(dst, r, load<f64>(s + <usize>r * line));
        for (let r = w; r < W; r++) set(dst, r, 0);
        dst += out;
      }
    }
  }
}

/** Packs the left factor into panels of three rows. */
export function packLeft(count: i32, k: i32, src: usize, is: i32, ps: i32, dst: usize): void {
  packPanels(3, count, k, src, is, ps, dst);
}

/** Packs the right factor into panels of six columns. */
export function packRight(count: i32, k: i32, src: usize, is: i32, ps: i32, dst: usize): void {
  packPanels(6, count, k, src, is, ps, dst);
}

/**
 * Computes C(3×6) += alpha · panel of A · panel of B; `ld` is the byte distance between rows of C. Nine accumulators
 * and six operands fill the fifteen vector registers that V8 uses: it moves every load of a loop body to the front, so
 * any larger tile spills (6×4 runs at half the speed).
 */
export function micro(kc: i32, a: usize, b: usize, c: usize, ld: usize, alpha: f64): void {
  let c00 = f64x2.splat(0);
  let c01 = c00;
  let c02 = c00;
  let c10 = c00;
  let c11 = c00;
  let c12 = c00;
  let c20 = c00;
  let c21 = c00;
  let c22 = c00;
  const end = a + <usize>kc * 24;
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const x = v128.load_splat<f64>(a);
    c00 = fma(x, b0, c00);
    c01 = fma(x, b1, c01);
    c02 = fma(x, b2, c02);
    const y = v128.load_splat<f64>(a, 8);
    c10 = fma(y, b0, c10);
    c11 = fma(y, b1, c11);
    c12 = fma(y, b2, c12);
    const z = v128.load_splat<f64>(a, 16);
    c20 = fma(z, b0, c20);
    c21 = fma(z, b1, c21);
    c22 = fma(z, b2, c22);
    a += 24;
    b += 48;
  }
  const s = f64x2.splat(alpha);
  v128.store(c, fma(s, c00, v128.load(c)));
  v128.store(c, fma(s, c01, v128.load(c, 16)), 16);
  v128.store(c, fma(s, c02, v128.load(c, 32)), 32);
  c += ld;
  v128.store(c, fma(s, c10, v128.load(c)));
  v128.store(c, fma(s, c11, v128.load(c, 16)), 16);
  v128.store(c, fma(s, c12, v128.load(c, 32)), 32);
  c += ld;
  v128.store(c, fma(s, c20, v128.load(c)));
  v128.store(c, fma(s, c21, v128.load(c, 16)), 16);
  v128.store(c, fma(s, c22, v128.load(c, 32)), 32);
}

/**
 * Multiplies one packed block by one packed set of panels. `part`: 0 all of C, 1 only tiles that touch i ≤ j, 2 only i
 * ≥ j, where the diagonal is i − j = `shift` in the block's own indices. Tiles that straddle the diagonal are written
 * whole.
 */
export function macro(mc: i32, nc: i32, kc: i32, alpha: f64, c: usize, ldc: i32, part: i32, shift: i32): void {
  const ld = (<usize>ldc) << 3;
  for (let j = 0; j < nc; j += NR) {
    const b = at(packB, j * kc);
    const nr = min(NR, nc - j);
    for (let i = 0; i < mc; i += MR) {
      const mr = min(MR, mc - i);
      // global: row = i + shift relative to column j
      if (part == 1 && i + shift > j + nr - 1) break;
      if (part == 2 && i + mr - 1 + shift < j) continue;
      const a = at(packA, i * kc);
      if (mr == MR && nr == NR) {
        micro(kc, a, b, at(c, i * ldc + j), ld, alpha);
      } else {
        memory.fill(tile, 0, 144);
        micro(kc, a, b, tile, 48, alpha);
        for (let r = 0; r < mr; r++) {
          const row = at(c, (i + r) * ldc + j);
          for (let q = 0; q < nr; q++) set(row, q, get(row, q) + get(tile, r * 6 + q));
        }
      }
    }
  }
}

/**
 * Computes C (m×n, row-major with row distance ldc) = beta·C + alpha·A·B, where A(i,k) lies at a[i·ars + k·acs] and
 * B(k,j) at b[k·brs + j·bcs], so that transposes need no copies. `part` as in `macro`; entries outside the part are
 * unspecified. Cost 2·m·n·k flops (half of that for part 1 and 2).
 */
export function gemm(
  m: i32,
  n: i32,
  k: i32,
  alpha: f64,
  a: usize,
  ars: i32,
  acs: i32,
  b: usize,
  brs: i32,
  bcs: i32,
  beta: f64,
  c: usize,
  ldc: i32,
  part: i32,
): void {
  if (beta != 1) {
    for (let i = 0; i < m; i++) {
      const row = at(c, i * ldc);
      if (beta == 0) memory.fill(row, 0, (<usize>n) << 3);
      else for (let j = 0; j < n; j++) set(row, j, beta * get(row, j));
    }
  }
  if (alpha == 0 || k == 0) return;
  for (let jc = 0; jc < n; jc += NC) {
    const nc = min(NC, n - jc);
    for (let pc = 0; pc < k; pc += KC) {
      const kc = min(KC, k - pc);
      packRight(nc, kc, at(b, pc * brs + jc * bcs), bcs, brs, packB);
      for (let ic = 0; ic < m; ic += MC) {
        const mc = min(MC, m - ic);
        if (part == 1 && ic > jc + nc - 1) break;
        if (part == 2 && ic + mc - 1 < jc) continue;
        packLeft(mc, kc, at(a, ic * ars + pc * acs), ars, acs, packA);
        macro(mc, nc, kc, alpha, at(c, ic * ldc + jc), ldc, part, ic - jc);
      }
    }
  }
}
