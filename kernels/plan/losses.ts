// Losses of each lane, their derivatives by the outputs and the tangents of these. Padding gets exact zeros.
import { put } from './elements';
import { exponential, logOnePlus } from './functions';
import { adds, address, fma, rowBytes, samples, size } from './lanes';

/** Returns all ones in the lanes of the vector at byte `v` of a row that are samples. */
// @ts-ignore: decorator
@inline
function inside<T>(v: usize): v128 {
  const left = <T>(samples() - <i32>(v / sizeof<T>()));
  if (sizeof<T>() == 8) return v128.lt<T>(f64x2(0, 1), v128.splat<T>(left));
  return v128.lt<T>(f32x4(0, 1, 2, 3), v128.splat<T>(left));
}

/**
 * With m the largest logit, rest = Σ_{j≠y} e^(z_j − m) and own = e^(z_y − m): loss = (m − z_y) + log1p(rest + (own − 1)), which
 * keeps its digits down to the smallest losses because nothing is subtracted from 1; delta_y = −rest/(rest + own).
 */
export function crossEntropy<T>(record: usize): void {
  const z = address(record, 2);
  const labels = address(record, 3);
  const loss = address(record, 4);
  const delta = address(record, 5);
  const p = address(record, 6);
  const correct = address(record, 7);
  const classes = size(record, 8);
  const R = rowBytes<T>();
  const one = v128.splat<T>(<T>1);
  const zero = v128.splat<T>(<T>0);
  for (let v: usize = 0; v < R; v += 16) {
    const real = inside<T>(v);
    const label = v128.load(labels + v);
    let top = v128.load(z + v);
    let own = zero;
    let o = v;
    for (let c = 0; c < classes; c++) {
      const a = v128.load(z + o);
      top = v128.max<T>(top, a); // a NaN stays one
      own = v128.or(own, v128.and(a, v128.eq<T>(label, v128.splat<T>(<T>c))));
      o += R;
    }
    let rest = zero;
    let mine = zero;
    let beaten = v128.ne<T>(own, own);
    o = v;
    for (let c = 0; c < classes; c++) {
      const a = v128.load(z + o);
      const k = v128.splat<T>(<T>c);
      const before = v128.lt<T>(k, label);
      const after = v128.gt<T>(k, label);
      beaten = v128.or(beaten, v128.andnot(before, v128.lt<T>(a, own)));
      beaten = v128.or(beaten, v128.and(after, v128.gt<T>(a, own)));
      const e = exponential<T>(v128.sub<T>(a, top));
      const others = v128.or(before, after);
      rest = v128.add<T>(rest, v128.and(e, others));
      mine = v128.or(mine, v128.andnot(e, others));
      if (delta) v128.store(delta + o, e);
      if (p) v128.store(p + o, e);
      o += R;
    }
    if (loss) {
      const l = v128.add<T>(v128.sub<T>(top, own), logOnePlus<T>(v128.add<T>(rest, v128.sub<T>(mine, one))));
      // where a logit is not a number the loss is not one either
      v128.store(loss + v, v128.and(v128.add<T>(l, v128.sub<T>(top, top)), real));
    }
    if (correct) v128.store(correct + v, v128.and(v128.andnot(one, beaten), real));
    const factor = v128.and(v128.div<T>(one, v128.add<T>(rest, mine)), real);
    const minus = v128.neg<T>(v128.mul<T>(rest, factor));
    o = v;
    for (let c = 0; c < classes; c++) {
      if (p) v128.store(p + o, v128.mul<T>(v128.load(p + o), factor));
      if (delta) {
        const e = v128.mul<T>(v128.load(delta + o), factor);
        v128.store(delta + o, v128.bitselect(minus, e, v128.eq<T>(label, v128.splat<T>(<T>c))));
      }
      o += R;
    }
  }
}

/** With r_c = t_c − t_y: out_c = p_c (r_c − Σ_k p_k r_k), and out_y = −Σ of the others. */
export function crossEntropyTangent<T>(record: usize): void {
  const p = address(record, 2);
  const t = address(record, 3);
  const labels = address(record, 4);
  const out = address(record, 5);
  const classes = size(record, 6);
  const R = rowBytes<T>();
  const zero = v128.splat<T>(<T>0);
  const more = adds(record);
  for (let v: usize = 0; v < R; v += 16) {
    const real = inside<T>(v);
    const label = v128.load(labels + v);
    let own = zero;
    let o = v;
    for (let c = 0; c < classes; c++) {
      own = v128.or(own, v128.and(v128.load(t + o), v128.eq<T>(label, v128.splat<T>(<T>c))));
      o += R;
    }
    let mean = zero;
    o = v;
    for (let c = 0; c < classes; c++) {
      mean = fma<T>(v128.load(p + o), v128.sub<T>(v128.load(t + o), own), mean);
      o += R;
    }
    let rest = zero;
    o = v;
    for (let c = 0; c < classes; c++) {
      const r = v128.sub<T>(v128.sub<T>(v128.load(t + o), own), mean);
      const mine = v128.eq<T>(label, v128.splat<T>(<T>c));
      rest = v128.add<T>(rest, v128.andnot(v128.mul<T>(v128.load(p + o), r), mine));
      o += R;
    }
    const minus = v128.neg<T>(rest);
    o = v;
    for (let c = 0; c < classes; c++) {
      const r = v128.sub<T>(v128.sub<T>(v128.load(t + o), own), mean);
      const mine = v128.eq<T>(label, v128.splat<T>(<T>c));
      const value = v128.bitselect(minus, v128.mul<T>(v128.load(p + o), r), mine);
      put<T>(out + o, v128.and(value, real), more);
      o += R;
    }
  }
}

/** Computes ½ Σ (z − target)² and its derivative. */
export function squaredError<T>(record: usize): void {
  const z = address(record, 2);
  const targets = address(record, 3);
  const loss = address(record, 4);
  const delta = address(record, 5);
  const outputs = size(record, 6);
  const R = rowBytes<T>();
  for (let v: usize = 0; v < R; v += 16) {
    const real = inside<T>(v);
    let sum = v128.splat<T>(<T>0);
    let o = v;
    for (let c = 0; c < outputs; c++) {
      const d = v128.and(v128.sub<T>(v128.load(z + o), v128.load(targets + o)), real);
      sum = fma<T>(d, d, sum);
      if (delta) v128.store(delta + o, d);
      o += R;
    }
    if (loss) v128.store(loss + v, v128.mul<T>(sum, v128.splat<T>(<T>0.5)));
  }
}

/** Computes out (+)= t in the samples and 0 in the padding. */
export function squaredErrorTangent<T>(record: usize): void {
  const t = address(record, 2);
  const out = address(record, 3);
  const outputs = size(record, 4);
  const R = rowBytes<T>();
  const more = adds(record);
  for (let v: usize = 0; v < R; v += 16) {
    const real = inside<T>(v);
    let o = v;
    for (let c = 0; c < outputs; c++) {
      put<T>(out + o, v128.and(v128.load(t + o), real), more);
      o += R;
    }
  }
}
