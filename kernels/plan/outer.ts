// The weight gradient of a dense layer, summed over lanes, as a product with its inputs turned round: with [lane][input] in place of
// [input][lane] no sums over the lanes of a vector are needed, and the tiles of products.ts do the rest.
import { N1 } from '../common/simd';
import { lanes, rowBytes } from './lanes';
import { products, SCALE, setFactor, setOutputs, threesOf } from './products';
import { setTaps, tables, TABLES_BYTES } from './taps';

/** Bytes of the turned inputs, which stay in the first-level cache while all outputs pass. */
export const TURNED_BYTES: usize = 24576;

/** Returns the address of the turned inputs, behind the tables. */
// @ts-ignore: decorator
@inline
function turned(): usize {
  return tables() + TABLES_BYTES;
}

/** Copies `count` rows of lanes from x to columns of `to`, whose rows have `columns` numbers; the others become 0. */
function turn<T>(x: usize, count: i32, to: usize, columns: i32): void {
  const R = rowBytes<T>();
  const line = <usize>columns * sizeof<T>();
  const all = lanes();
  const square: i32 = 16 / sizeof<T>();
  const whole = count - (count % square);
  for (let i = 0; i < whole; i += square) {
    let p = x + <usize>i * R;
    let q = to + <usize>i * sizeof<T>();
    for (let l = 0; l < all; l += square) {
      const a = v128.load(p);
      const b = v128.load(p + R);
      if (sizeof<T>() == 8) {
        v128.store(q, v128.shuffle<f64>(a, b, 0, 2));
        v128.store(q + line, v128.shuffle<f64>(a, b, 1, 3));
        q += 2 * line;
      } else {
        const c = v128.load(p + 2 * R);
        const d = v128.load(p + 3 * R);
        const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
        const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
        const ef = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
        const gh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
        v128.store(q, v128.shuffle<i64>(ab, cd, 0, 2));
        v128.store(q + line, v128.shuffle<i64>(ab, cd, 1, 3));
        v128.store(q + 2 * line, v128.shuffle<i64>(ef, gh, 0, 2));
        v128.store(q + 3 * line, v128.shuffle<i64>(ef, gh, 1, 3));
        q += 4 * line;
      }
      p += 16;
    }
  }
  for (let i = whole; i < columns; i++) {
    let p = x + <usize>i * R;
    let q = to + <usize>i * sizeof<T>();
    for (let l = 0; l < all; l++) {
      store<T>(q, i < count ? load<T>(p) : <T>0);
      p += sizeof<T>();
      q += line;
    }
  }
}

/**
 * Adds factor·Σ_lanes dy xᵀ to g, outputs×inputs. The last vector of a row may reach into the next row, and after the last one up
 * to 12 bytes further: 0 is added there.
 */
export function addOuter<T>(x: usize, dy: usize, g: usize, factor: f64, inputs: i32, outputs: i32): void {
  const R = rowBytes<T>();
  const square: i32 = 16 / sizeof<T>();
  const block = max(square, <i32>(TURNED_BYTES / R) & -square);
  setFactor(factor);
  setOutputs(R, <usize>inputs * sizeof<T>());
  for (let i = 0; i < inputs; i += block) {
    const count = min(block, inputs - i);
    const columns = (count + square - 1) & -square;
    turn<T>(x + <usize>i * R, count, turned(), columns);
    setTaps(0, 0, sizeof<T>(), 0, 0, <usize>columns * sizeof<T>());
    const vectors = columns / square;
    const threes = threesOf(vectors, outputs);
    for (let v = 0, width = 0; v < vectors; v += width) {
      width = v < 3 * threes ? 3 : min(2, vectors - v);
      const lane = <usize>v << 4;
      products<T, N1>(width, dy, turned() + lane, g + <usize>i * sizeof<T>() + lane, 0, 0, outputs, 0, lanes(), SCALE);
    }
  }
}
