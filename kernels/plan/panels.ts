// Lines of a tensor copied next to one another, for one tile of lanes: [line][column][channel] in place of
// [channel][line][column][lane]. In the tensor the same place of all channels lies a multiple of the plane apart, which for planes of
// 32×32 is a multiple of 4096 bytes: all channels then share a few sets of the first-level cache and push one another out.
// Every number is copied once for each tile of lanes and read outputs × kernel² times.
import { rowBytes } from './lanes';
import { TURNED_BYTES } from './outer';
import { tables, TABLES_BYTES } from './taps';

/** Bytes of the copied lines: they stay in the second-level cache while all outputs pass. */
export const PANEL_BYTES: usize = 393216;

/** Returns the address of the copied lines, behind the turned inputs. */
// @ts-ignore: decorator
@inline
export function panel(): usize {
  return tables() + TABLES_BYTES + TURNED_BYTES;
}

/** Returns how many lines of `columns` columns fit in tiles of three vectors. */
// @ts-ignore: decorator
@inline
export function linesThatFit(channels: i32, columns: i32): i32 {
  return <i32>(PANEL_BYTES / (<usize>(channels * columns) * 48));
}

/**
 * Copies the lines first … first + lines − 1 of `channels` planes at x, which have `columns` columns; of each row the first
 * `bytes` bytes, a multiple of 16.
 */
export function copyLines<T>(x: usize, plane: usize, channels: i32, first: i32, lines: i32, columns: i32, bytes: usize): void {
  const R = rowBytes<T>();
  const next = <usize>channels * bytes;
  for (let line = 0; line < lines; line++) {
    let from = x + <usize>((first + line) * columns) * R;
    let to = panel() + <usize>(line * columns) * next;
    for (let c = 0; c < channels; c++) {
      let p = from;
      let q = to;
      for (let i = 0; i < columns; i++) {
        v128.store(q, v128.load(p));
        if (bytes > 16) v128.store(q, v128.load(p, 16), 16);
        if (bytes > 32) v128.store(q, v128.load(p, 32), 32);
        p += R;
        q += next;
      }
      from += plane;
      to += bytes;
    }
  }
}

/** Copies the first vector of `count` rows of R bytes at x to `to`, one after the other. */
export function copyVectors(x: usize, R: usize, count: i32, to: usize): void {
  for (const end = to + (<usize>count << 4); to < end; to += 16) {
    v128.store(to, v128.load(x));
    x += R;
  }
}
