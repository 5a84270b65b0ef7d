// The first dense layer on samples with many zeros, in float32: inputs that are zero cost nothing. Its weight is kept transposed, one
// padded row for each input, and its outputs are turned round to rows of lanes. The kernels of rows are those of kernels/training.
import { storePairs } from '../common/simd';
import { transpose } from '../training/passes';
import { forward, update } from '../training/tiles';
import { sampleIn } from './data';
import { adds, address, clear, lanes, numberAt, rectified, rectifies, rowBytes, samples, size } from './lanes';

/** Writes each sample's inputs (number « 8 | byte) as pairs (byte offset of the weight's row, value), and their begin and end. */
export function sparseGather(record: usize): void {
  const rows = address(record, 2);
  let spans = address(record, 3);
  let to = address(record, 4);
  const stride = i32x4.splat(size(record, 5));
  const divisor = f32x4.splat(load<f32>(address(record, 6)));
  const count = samples();
  touch(rows, count);
  for (let s = 0; s < count; s++) {
    const row = rows + (sampleIn(s) << 2);
    const begin = <usize>load<u32>(row);
    const end = <usize>load<u32>(row, 4);
    let q = to;
    for (let p = begin; p < end; p += 16) {
      const u = v128.load(p);
      storePairs(q, u, i32x4.mul(i32x4.shr_u(u, 8), stride), divisor);
      q += 32;
    }
    store<u32>(spans, <u32>to);
    to += (end - begin) << 1;
    store<u32>(spans, <u32>to, 4);
    spans += 8;
  }
}

let touched: u32 = 0;

/** Reads one word of every cache line of a batch: random samples come from main memory, and these waits overlap. */
function touch(rows: usize, count: i32): void {
  let sum: u32 = 0;
  for (let s = 0; s < count; s++) {
    const row = rows + (sampleIn(s) << 2);
    const end = <usize>load<u32>(row, 4);
    for (let p = <usize>load<u32>(row); p < end; p += 64) sum ^= load<u32>(p);
  }
  touched = sum;
}

/** Computes y = W x + bias, with a ReLU where the flag says so. */
export function sparseForward(record: usize): void {
  const out = address(record, 5);
  const y = address(record, 6);
  const inputs = size(record, 7);
  const outputs = size(record, 8);
  const bytes = <usize>size(record, 9);
  const count = samples();
  const R = rowBytes<f32>();
  forward(false, address(record, 2), count, inputs, address(record, 3), address(record, 4), out, bytes);
  clear(out + <usize>count * bytes, <usize>(lanes() - count) * bytes);
  transpose(out, lanes(), outputs, bytes, y, R);
  if (!rectifies(record)) return;
  const end = <usize>outputs * R;
  for (let b: usize = 0; b < end; b += 16) v128.store(y + b, rectified<f32>(v128.load(y + b)));
}

/** Adds factor·Σ_lanes dy xᵀ to the transposed weight's gradient, and factor·Σ_lanes dy to that of the bias. */
export function sparseWeight(record: usize): void {
  const spans = address(record, 2);
  const delta = address(record, 4);
  const target = address(record, 5);
  const bias = address(record, 6);
  const factor = f32x4.splat(numberAt<f32>(address(record, 7), 1));
  const inputs = size(record, 8);
  const outputs = size(record, 9);
  const bytes = <usize>size(record, 10);
  if (!adds(record)) {
    clear(target, <usize>inputs * bytes);
    if (bias) clear(bias, bytes);
  }
  const count = samples();
  transpose(address(record, 3), outputs, lanes(), rowBytes<f32>(), delta, bytes);
  const end = delta + <usize>count * bytes;
  for (let p = delta; p < end; p += 16) v128.store(p, f32x4.mul(factor, v128.load(p)));
  update(false, spans, count, inputs, target, delta, bytes);
  if (!bias) return;
  for (let p = delta; p < end; p += bytes) {
    for (let b: usize = 0; b < bytes; b += 16) v128.store(bias + b, f32x4.add(v128.load(bias + b), v128.load(p + b)));
  }
}
