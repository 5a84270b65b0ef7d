// One step of the Householder reduction of an antisymmetric matrix, float64: see src/analyse/decomposition/antisymmetric.ts.

// @ts-ignore: decorator
@inline
function fma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<f64>(a, b, c);
  return v128.add<f64>(c, v128.mul<f64>(a, b));
}

// @ts-ignore: decorator
@inline
function fnma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_nmadd<f64>(a, b, c);
  return v128.sub<f64>(c, v128.mul<f64>(a, b));
}

// @ts-ignore: decorator
@inline
function at(p: usize, i: i32): usize {
  return p + ((<usize>i) << 3);
}

// @ts-ignore: decorator
@inline
function lanes(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/**
 * Computes K += v·pᵀ − p·vᵀ on the strictly lower triangle of rows and columns from `lo` on (K n×n, row-major), and y =
 * K·x there, with K_ci = −K_ic above the diagonal. y must be 0 from `lo` on. Rows go in pairs, columns in pairs.
 */
export function turn(n: i32, lo: i32, k: usize, v: usize, p: usize, x: usize, y: usize): void {
  const line = (<usize>n) << 3;
  let i = lo + ((n - lo) & 1);
  if (i > lo) i = lo + 1; // the first row has nothing to the left of its diagonal
  for (; i < n; i += 2) {
    const r0 = at(k, i * n);
    const r1 = r0 + line;
    const v0 = v128.load_splat<f64>(at(v, i));
    const v1 = v128.load_splat<f64>(at(v, i + 1));
    const p0 = v128.load_splat<f64>(at(p, i));
    const p1 = v128.load_splat<f64>(at(p, i + 1));
    const x0 = v128.load_splat<f64>(at(x, i));
    const x1 = v128.load_splat<f64>(at(x, i + 1));
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let c = lo;
    for (; c + 2 <= i; c += 2) {
      const vc = v128.load(at(v, c));
      const pc = v128.load(at(p, c));
      const xc = v128.load(at(x, c));
      const a0 = fnma(p0, vc, fma(v0, pc, v128.load(at(r0, c))));
      const a1 = fnma(p1, vc, fma(v1, pc, v128.load(at(r1, c))));
      v128.store(at(r0, c), a0);
      v128.store(at(r1, c), a1);
      s0 = fma(a0, xc, s0);
      s1 = fma(a1, xc, s1);
      v128.store(at(y, c), fnma(a1, x1, fnma(a0, x0, v128.load(at(y, c)))));
    }
    let t0 = lanes(s0);
    let t1 = lanes(s1);
    for (; c < i; c++) {
      const a0 = load<f64>(at(r0, c)) + load<f64>(at(v, i)) * load<f64>(at(p, c)) - load<f64>(at(p, i)) * load<f64>(at(v, c));
      const a1 =
        load<f64>(at(r1, c)) + load<f64>(at(v, i + 1)) * load<f64>(at(p, c)) - load<f64>(at(p, i + 1)) * load<f64>(at(v, c));
      store<f64>(at(r0, c), a0);
      store<f64>(at(r1, c), a1);
      t0 += a0 * load<f64>(at(x, c));
      t1 += a1 * load<f64>(at(x, c));
      store<f64>(at(y, c), load<f64>(at(y, c)) - a0 * load<f64>(at(x, i)) - a1 * load<f64>(at(x, i + 1)));
    }
    // the entry between the two rows
    const b =
      load<f64>(at(r1, i)) + load<f64>(at(v, i + 1)) * load<f64>(at(p, i)) - load<f64>(at(p, i + 1)) * load<f64>(at(v, i));
    store<f64>(at(r1, i), b);
    store<f64>(at(y, i), load<f64>(at(y, i)) + t0 - b * load<f64>(at(x, i + 1)));
    store<f64>(at(y, i + 1), load<f64>(at(y, i + 1)) + t1 + b * load<f64>(at(x, i)));
  }
}
