// Layer norm over all rows of a sample, with its derivatives. `normal` holds (x − mean)·s row by row and s in a last row.
import { put } from './elements';
import { adds, address, fma, rowBytes, size } from './lanes';

/** Returns the weight of row r in all lanes, 1 without weights. */
// @ts-ignore: decorator
@inline
function weightOf<T>(weights: usize, r: i32): v128 {
  return weights ? v128.load_splat<T>(weights + <usize>r * sizeof<T>()) : v128.splat<T>(<T>1);
}

export function layerNorm<T>(record: usize): void {
  const x = address(record, 2);
  const weight = address(record, 3);
  const bias = address(record, 4);
  const y = address(record, 5);
  const normal = address(record, 6);
  const epsilon = v128.load_splat<T>(address(record, 7));
  const rows = size(record, 8);
  const R = rowBytes<T>();
  const bytes = <usize>rows * R;
  const share = v128.splat<T>(<T>1 / <T>rows);
  const more = adds(record);
  for (let v: usize = 0; v < R; v += 16) {
    let sum = v128.splat<T>(<T>0);
    for (let o = v; o < bytes; o += R) sum = v128.add<T>(sum, v128.load(x + o));
    const mean = v128.mul<T>(sum, share);
    let squares = v128.splat<T>(<T>0);
    for (let o = v; o < bytes; o += R) {
      const d = v128.sub<T>(v128.load(x + o), mean);
      squares = fma<T>(d, d, squares);
    }
    const s = v128.div<T>(v128.splat<T>(<T>1), v128.sqrt<T>(fma<T>(squares, share, epsilon)));
    v128.store(normal + bytes + v, s);
    let o = v;
    for (let r = 0; r < rows; r++) {
      const n = v128.mul<T>(v128.sub<T>(v128.load(x + o), mean), s);
      v128.store(normal + o, n);
      if (y) {
        const shift = bias ? v128.load_splat<T>(bias + <usize>r * sizeof<T>()) : v128.splat<T>(<T>0);
        put<T>(y + o, fma<T>(weightOf<T>(weight, r), n, shift), more);
      }
      o += R;
    }
  }
}

export function layerNormInput<T>(record: usize): void {
  const dy = address(record, 2);
  const weight = address(record, 3);
  const normal = address(record, 4);
  const dx = address(record, 5);
  const rows = size(record, 6);
  const R = rowBytes<T>();
  const bytes = <usize>rows * R;
  const share = v128.splat<T>(<T>1 / <T>rows);
  const more = adds(record);
  for (let v: usize = 0; v < R; v += 16) {
    let sum = v128.splat<T>(<T>0);
    let along = v128.splat<T>(<T>0);
    let o = v;
    for (let r = 0; r < rows; r++) {
      const u = v128.mul<T>(weightOf<T>(weight, r), v128.load(dy + o));
      sum = v128.add<T>(sum, u);
      along = fma<T>(u, v128.load(normal + o), along);
      o += R;
    }
    const mean = v128.mul<T>(sum, share);
    const part = v128.mul<T>(along, share);
    const s = v128.load(normal + bytes + v);
    o = v;
    for (let r = 0; r < rows; r++) {
      const u = v128.mul<T>(weightOf<T>(weight, r), v128.load(dy + o));
      const rest = v128.sub<T>(v128.sub<T>(u, mean), v128.mul<T>(v128.load(normal + o), part));
      put<T>(dx + o, v128.mul<T>(s, rest), more);
      o += R;
    }
  }
}

export function layerNormTangent<T>(record: usize): void {
  const xT = address(record, 2);
  const weight = address(record, 3);
  const normal = address(record, 4);
  const normalT = address(record, 5);
  const yT = address(record, 6);
  const rows = size(record, 7);
  const R = rowBytes<T>();
  const bytes = <usize>rows * R;
  const share = v128.splat<T>(<T>1 / <T>rows);
  const more = adds(record);
  for (let v: usize = 0; v < R; v += 16) {
    let sum = v128.splat<T>(<T>0);
    let along = v128.splat<T>(<T>0);
    for (let o = v; o < bytes; o += R) {
      const t = v128.load(xT + o);
      sum = v128.add<T>(sum, t);
      along = fma<T>(t, v128.load(normal + o), along);
    }
    const mean = v128.mul<T>(sum, share);
    const part = v128.mul<T>(along, share);
    const s = v128.load(normal + bytes + v);
    v128.store(normalT + bytes + v, v128.neg<T>(v128.mul<T>(v128.mul<T>(s, s), part)));
    let o = v;
    for (let r = 0; r < rows; r++) {
      const rest = v128.sub<T>(v128.sub<T>(v128.load(xT + o), mean), v128.mul<T>(v128.load(normal + o), part));
      const n = v128.mul<T>(s, rest);
      v128.store(normalT + o, n);
      if (yT) put<T>(yT + o, v128.mul<T>(weightOf<T>(weight, r), n), more);
      o += R;
    }
  }
}

/** With a = u − ⟨u⟩ − n⟨u n⟩ and u = w dy: (s a)′ = s′a + s(u′ − ⟨u′⟩ − n′⟨u n⟩ − n(⟨u′n⟩ + ⟨u n′⟩)). */
export function layerNormInputTangent<T>(record: usize): void {
  const dy = address(record, 2);
  const dyT = address(record, 3);
  const weight = address(record, 4);
  const weightT = address(record, 5);
  const normal = address(record, 6);
  const normalT = address(record, 7);
  const dxT = address(record, 8);
  const rows = size(record, 9);
  const R = rowBytes<T>();
  const bytes = <usize>rows * R;
  const share = v128.splat<T>(<T>1 / <T>rows);
  const more = adds(record);
  for (let v: usize = 0; v < R; v += 16) {
    let sum = v128.splat<T>(<T>0);
    let along = sum;
    let sumT = sum;
    let alongT = sum;
    let o = v;
    for (let r = 0; r < rows; r++) {
      const u = v128.mul<T>(weightOf<T>(weight, r), v128.load(dy + o));
      const t = changed<T>(dy, dyT, weight, weightT, r, o);
      const n = v128.load(normal + o);
      sum = v128.add<T>(sum, u);
      along = fma<T>(u, n, along);
      sumT = v128.add<T>(sumT, t);
      alongT = fma<T>(t, n, fma<T>(u, v128.load(normalT + o), alongT));
      o += R;
    }
    const mean = v128.mul<T>(sum, share);
    const part = v128.mul<T>(along, share);
    const meanT = v128.mul<T>(sumT, share);
    const partT = v128.mul<T>(alongT, share);
    const s = v128.load(normal + bytes + v);
    const sT = v128.load(normalT + bytes + v);
    o = v;
    for (let r = 0; r < rows; r++) {
      const u = v128.mul<T>(weightOf<T>(weight, r), v128.load(dy + o));
      const t = changed<T>(dy, dyT, weight, weightT, r, o);
      const n = v128.load(normal + o);
      const rest = v128.sub<T>(v128.sub<T>(u, mean), v128.mul<T>(n, part));
      let restT = v128.sub<T>(v128.sub<T>(t, meanT), v128.mul<T>(v128.load(normalT + o), part));
      restT = v128.sub<T>(restT, v128.mul<T>(n, partT));
      put<T>(dxT + o, fma<T>(sT, rest, v128.mul<T>(s, restT)), more);
      o += R;
    }
  }
}

/** Returns u′ = w dy′ + w′ dy at row r, of which either part may be missing. */
// @ts-ignore: decorator
@inline
function changed<T>(dy: usize, dyT: usize, weight: usize, weightT: usize, r: i32, o: usize): v128 {
  let t = v128.splat<T>(<T>0);
  if (dyT) t = v128.mul<T>(weightOf<T>(weight, r), v128.load(dyT + o));
  if (weightT) t = fma<T>(v128.load_splat<T>(weightT + <usize>r * sizeof<T>()), v128.load(dy + o), t);
  return t;
}
