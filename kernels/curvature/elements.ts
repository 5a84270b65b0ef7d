// Everything between matrix products, on arrays [unit][stride] of a block of samples: activations, losses and their derivatives.
// Samples from `count` on are padding: the loss gives them derivatives of exactly zero.

// @ts-ignore: decorator
@inline
function at(p: usize, i: i32): usize {
  return p + ((<usize>i) << 3);
}

// @ts-ignore: decorator
@inline
function get(p: usize, i: i32): f64 {
  return load<f64>(at(p, i));
}

// @ts-ignore: decorator
@inline
function set(p: usize, i: i32, v: f64): void {
  store<f64>(at(p, i), v);
}

/** Sets out[u][:] = b[u], or 0 for b = 0. */
export function fillRows(out: usize, units: i32, stride: i32, b: usize): void {
  for (let u = 0; u < units; u++) {
    const v = b ? get(b, u) : 0;
    for (let s = 0; s < stride; s++) set(out, u * stride + s, v);
  }
}

/** Computes to[u] += Σ_s x[u][s]. */
export function sumRows(x: usize, units: i32, stride: i32, to: usize): void {
  for (let u = 0; u < units; u++) {
    let sum: f64 = 0;
    for (let s = 0; s < stride; s++) sum += get(x, u * stride + s);
    set(to, u, get(to, u) + sum);
  }
}

/** Replaces z by h = f(z); kinds: 0 ReLU, 1 tanh, 2 identity. */
export function activate(kind: i32, z: usize, length: i32): void {
  if (kind == 0) {
    const zero = f64x2.splat(0);
    for (let i = 0; i < length; i += 2) v128.store(at(z, i), f64x2.pmax(v128.load(at(z, i)), zero));
  } else if (kind == 1) {
    for (let i = 0; i < length; i++) set(z, i, Math.tanh(get(z, i)));
  }
}

// @ts-ignore: decorator
@inline
function slopes(kind: i32, h: v128): v128 {
  const one = f64x2.splat(1);
  if (kind == 0) return v128.and(one, f64x2.gt(h, f64x2.splat(0)));
  if (kind == 1) return f64x2.sub(one, f64x2.mul(h, h));
  return one;
}

/** Computes x[u][r][s] *= f′(z), from h[u][s], with `lines` rows r for every unit. */
export function timesSlope(kind: i32, h: usize, x: usize, units: i32, lines: i32, stride: i32): void {
  if (kind == 2) return;
  const bytes = (<usize>stride) << 3;
  for (let u = 0; u < units; u++) {
    for (let r = 0; r < lines; r++) {
      for (let o: usize = 0; o < bytes; o += 16) v128.store(x + o, f64x2.mul(v128.load(x + o), slopes(kind, v128.load(h + o))));
      x += bytes;
    }
    h += bytes;
  }
}

/** Computes x += f″(z)·(∂L/∂h)·t for tanh: f″ ∂L/∂h = −2 h δ with δ = f′ ∂L/∂h. */
export function addBend(h: usize, delta: usize, t: usize, x: usize, length: i32): void {
  const c = f64x2.splat(-2);
  for (let i = 0; i < length; i += 2) {
    const bend = f64x2.mul(f64x2.mul(c, v128.load(at(h, i))), v128.load(at(delta, i)));
    v128.store(at(x, i), f64x2.add(v128.load(at(x, i)), f64x2.mul(bend, v128.load(at(t, i)))));
  }
}

/** Computes x[u][s] *= w[s]. */
export function timesRow(w: usize, x: usize, units: i32, stride: i32): void {
  for (let u = 0; u < units; u++) {
    for (let s = 0; s < stride; s += 2) {
      const p = at(x, u * stride + s);
      v128.store(p, f64x2.mul(v128.load(p), v128.load(at(w, s))));
    }
  }
}

/** Computes out[s] += Σ_u x[u][s] y[u][s]. */
export function dotColumns(x: usize, y: usize, units: i32, stride: i32, out: usize): void {
  for (let u = 0; u < units; u++) {
    for (let s = 0; s < stride; s += 2) {
      const i = u * stride + s;
      const p = at(out, s);
      v128.store(p, f64x2.add(v128.load(p), f64x2.mul(v128.load(at(x, i)), v128.load(at(y, i)))));
    }
  }
}

/** Sets the padding samples of every unit to zero. */
export function clearPadding(x: usize, units: i32, stride: i32, count: i32): void {
  for (let u = 0; u < units; u++) for (let s = count; s < stride; s++) set(x, u * stride + s, 0);
}

/**
 * Computes softmax cross-entropy: probabilities p, derivatives delta = p − e_y with delta_y = −Σ of the others (no
 * cancellation), and each sample's loss into `each`. Returns the sum of the losses. Logits are not changed.
 */
export function logistic(z: usize, classes: i32, stride: i32, count: i32, labels: usize, p: usize, delta: usize, each: usize): f64 {
  let sum: f64 = 0;
  for (let s = 0; s < stride; s++) {
    if (s >= count) {
      for (let c = 0; c < classes; c++) {
        set(p, c * stride + s, 0);
        set(delta, c * stride + s, 0);
      }
      set(each, s, 0);
      continue;
    }
    const label = load<i32>(labels + ((<usize>s) << 2));
    let top = get(z, s);
    for (let c = 1; c < classes; c++) top = max(top, get(z, c * stride + s));
    const own = get(z, label * stride + s);
    let others: f64 = 0;
    for (let c = 0; c < classes; c++) {
      const e = Math.exp(get(z, c * stride + s) - top);
      set(p, c * stride + s, e);
      if (c != label) others += e;
    }
    const mine = get(p, label * stride + s);
    const total = others + mine;
    for (let c = 0; c < classes; c++) {
      const q = get(p, c * stride + s) / total;
      set(p, c * stride + s, q);
      set(delta, c * stride + s, q);
    }
    set(delta, label * stride + s, -others / total);
    const loss = own == top ? Math.log1p(others) : top - own + Math.log(total);
    set(each, s, loss);
    sum += loss;
  }
  return sum;
}

/** Computes ½ Σ (z − t)² likewise; delta = z − t, targets [output][stride]. */
export function squared(z: usize, outputs: i32, stride: i32, count: i32, targets: usize, delta: usize, each: usize): f64 {
  let sum: f64 = 0;
  for (let s = 0; s < stride; s++) {
    let loss: f64 = 0;
    for (let j = 0; j < outputs; j++) {
      const i = j * stride + s;
      const d = s < count ? get(z, i) - get(targets, i) : 0;
      set(delta, i, d);
      loss += 0.5 * d * d;
    }
    set(each, s, loss);
    sum += loss;
  }
  return sum;
}

/**
 * Computes out = (diag p − p pᵀ) t by differences from the label's tangent, which keeps its digits when p_y is near 1.
 */
export function logisticTangent(p: usize, t: usize, classes: i32, stride: i32, count: i32, labels: usize, out: usize): void {
  for (let s = 0; s < stride; s++) {
    if (s >= count) {
      for (let c = 0; c < classes; c++) set(out, c * stride + s, 0);
      continue;
    }
    const label = load<i32>(labels + ((<usize>s) << 2));
    const own = get(t, label * stride + s);
    let mean: f64 = 0;
    for (let c = 0; c < classes; c++) mean += get(p, c * stride + s) * (get(t, c * stride + s) - own);
    let rest: f64 = 0;
    for (let c = 0; c < classes; c++) {
      if (c == label) continue;
      const v = get(p, c * stride + s) * (get(t, c * stride + s) - own - mean);
      set(out, c * stride + s, v);
      rest += v;
    }
    set(out, label * stride + s, -rest);
  }
}

/** 1 − p_r without cancellation. */
// @ts-ignore: decorator
@inline
function complement(p: usize, r: i32, classes: i32, stride: i32, s: i32): f64 {
  const own = get(p, r * stride + s);
  if (own < 0.5) return 1 - own;
  let others: f64 = 0;
  for (let c = 0; c < classes; c++) if (c != r) others += get(p, c * stride + s);
  return others;
}

/** Computes F[c][r][s] with Σ_r F_cr F_dr = p_c δ_cd − p_c p_d: F_cr = √p_r (δ_rc − p_c). */
export function logisticFactor(p: usize, classes: i32, stride: i32, count: i32, out: usize): void {
  for (let c = 0; c < classes; c++) {
    for (let r = 0; r < classes; r++) {
      const row = at(out, (c * classes + r) * stride);
      for (let s = 0; s < count; s++) {
        const part = c == r ? complement(p, r, classes, stride, s) : -get(p, c * stride + s);
        set(row, s, sqrt(get(p, r * stride + s)) * part);
      }
      for (let s = count; s < stride; s++) set(row, s, 0);
    }
  }
}

/** Computes G[c][d][s] = p_c δ_cd − p_c p_d. */
export function logisticMiddle(p: usize, classes: i32, stride: i32, count: i32, out: usize): void {
  for (let c = 0; c < classes; c++) {
    for (let d = 0; d < classes; d++) {
      const row = at(out, (c * classes + d) * stride);
      for (let s = 0; s < count; s++) {
        const q = c == d ? complement(p, c, classes, stride, s) : -get(p, d * stride + s);
        set(row, s, get(p, c * stride + s) * q);
      }
      for (let s = count; s < stride; s++) set(row, s, 0);
    }
  }
}

/** Sets rows c = r to 1 for real samples and all else to 0: the middle matrix of ½(z − t)² and its factor. */
export function squaredMiddle(outputs: i32, stride: i32, count: i32, out: usize): void {
  memory.fill(out, 0, (<usize>(outputs * outputs * stride)) << 3);
  for (let c = 0; c < outputs; c++) for (let s = 0; s < count; s++) set(out, (c * outputs + c) * stride + s, 1);
}

/** Turns the Hessian by h into that by z: G[i][j][s] → f′_i f′_j G_ij, and G_ii += −2 h_i δ_i where `bend`. */
export function middleSlopes(kind: i32, h: usize, delta: usize, g: usize, units: i32, stride: i32, bend: i32): void {
  for (let i = 0; i < units; i++) {
    for (let j = 0; j < units; j++) {
      for (let s = 0; s < stride; s += 2) {
        const p = at(g, (i * units + j) * stride + s);
        const f = f64x2.mul(slopes(kind, v128.load(at(h, i * stride + s))), slopes(kind, v128.load(at(h, j * stride + s))));
        v128.store(p, f64x2.mul(f, v128.load(p)));
      }
    }
    if (bend) {
      for (let s = 0; s < stride; s++) {
        const k = (i * units + i) * stride + s;
        set(g, k, get(g, k) - 2 * get(h, i * stride + s) * get(delta, i * stride + s));
      }
    }
  }
}
