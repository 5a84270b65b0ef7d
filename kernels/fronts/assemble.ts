// One front of the multifrontal elimination: gather its entries and the remainders of its children, eliminate, store.
//
// Description of front k: ten i32 words at table + 40·k:
//   0 first own state · 1 own states ne · 2 boundary states nb · 3 address of the boundary's indices (i32, rising)
//   4 address of the first ne rows (ne × m) after elimination · 5 address of L below them (nb × ne) · 6 first child · 7 next sibling
//   8 address of its remainder for the parent ((nb + 1) × nb, the last row: absorption)
import { at, geti, get, set, seti } from '../linalg/simd';
import { eliminate } from './eliminate';

export const WORDS: i32 = 10;

// @ts-ignore: decorator
@inline
export function word(table: usize, k: i32, w: i32): i32 {
  return load<i32>(table + (<usize>(k * WORDS + w) << 2));
}

/**
 * Adds the front's own entries: for state p, neighbours col[e] > p with the rates `up` (col → p) and `down` (p → col),
 * times `scale`.
 */
export function gatherEntries(
  start: i32, ne: i32, m: i32, f: usize, local: usize, ptr: usize, col: usize, up: usize, down: usize, scale: f64,
): void {
  for (let t = 0; t < ne; t++) {
    const last = geti(ptr, start + t + 1);
    for (let e = geti(ptr, start + t); e < last; e++) {
      const j = geti(local, geti(col, e));
      const a = at(f, t * m + j);
      store<f64>(a, load<f64>(a) + scale * get(up, e));
      const b = at(f, j * m + t);
      store<f64>(b, load<f64>(b) + scale * get(down, e));
    }
  }
}

/** Adds a child's (nb + 1) × nb remainder; rel: its columns in the front. */
export function extendAdd(nb: i32, s: usize, rel: usize, m: i32, f: usize): void {
  for (let r = 0; r <= nb; r++) {
    const row = at(f, (r < nb ? geti(rel, r) : m) * m);
    const line = at(s, r * nb);
    for (let q = 0; q < nb; q++) {
      const a = at(row, geti(rel, q));
      store<f64>(a, load<f64>(a) + get(line, q));
    }
  }
}

/** Assembles and eliminates front k. Returns 0, or 1 + the own state whose total rate is zero. */
export function factorFront(
  table: usize, k: i32, f: usize, local: usize, rel: usize, ptr: usize, col: usize, up: usize, down: usize,
  out: usize, scale: f64, shift: f64, d: usize, scratch: usize,
): i32 {
  const start = word(table, k, 0);
  const ne = word(table, k, 1);
  const nb = word(table, k, 2);
  const idx = <usize>word(table, k, 3);
  const m = ne + nb;
  memory.fill(f, 0, (<usize>((m + 1) * m)) << 3);
  for (let t = 0; t < ne; t++) {
    seti(local, start + t, t);
    set(f, m * m + t, shift + scale * get(out, start + t));
  }
  for (let t = 0; t < nb; t++) seti(local, geti(idx, t), ne + t);
  gatherEntries(start, ne, m, f, local, ptr, col, up, down, scale);
  for (let c = word(table, k, 6); c >= 0; c = word(table, c, 7)) {
    const n = word(table, c, 2);
    const theirs = <usize>word(table, c, 3);
    for (let t = 0; t < n; t++) seti(rel, t, geti(local, geti(theirs, t)));
    extendAdd(n, <usize>word(table, c, 8), rel, m, f);
  }
  const failed = eliminate(m, ne, f, at(d, start), scratch);
  if (failed) return failed;
  memory.copy(<usize>word(table, k, 4), f, (<usize>(ne * m)) << 3);
  const low = <usize>word(table, k, 5);
  for (let r = 0; r < nb; r++) memory.copy(at(low, r * ne), at(f, (ne + r) * m), (<usize>ne) << 3);
  const left = <usize>word(table, k, 8);
  for (let r = 0; r <= nb; r++) memory.copy(at(left, r * nb), at(f, (ne + r) * m + ne), (<usize>nb) << 3);
  return 0;
}
