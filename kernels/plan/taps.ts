// The taps of a product: one input channel and one place of a window each, at constant steps or in a table of places.

// Steps in bytes from a channel of the window to the next one, from line to line and from place to place, for weights and for
// rows. Set once for each operation.
let weight2: usize = 0;
let weight1: usize = 0;
export let weight0: usize = 0;
let row2: usize = 0;
let row1: usize = 0;
export let row0: usize = 0;

/** Sets the steps of the loops over taps, and empties the tables where they change. */
export function setTaps(w2: usize, w1: usize, w0: usize, r2: usize, r1: usize, r0: usize): void {
  if (w2 == weight2 && w1 == weight1 && w0 == weight0 && r2 == row2 && r1 == row1 && r0 == row0) return;
  weight2 = w2;
  weight1 = w1;
  weight0 = w0;
  row2 = r2;
  row1 = r1;
  row0 = r0;
  memory.fill(FILLED, 0, 64);
}

/** Most taps of a window in a table. */
export const MOST_TAPS: i32 = 256;
/** A table of pairs (offset of the row, offset of the weight) for each part of a window that an operation meets. */
const TABLE_BYTES: usize = 2048;
/** Bytes of all tables; they lie behind the constants of the kernel. */
export const TABLES_BYTES: usize = 131072;

/** Returns the address of the tables. */
// @ts-ignore: decorator
@inline
export function tables(): usize {
  return (__heap_base + 63) & ~63;
}

/** The channels of each table, 0 where it is empty. */
const FILLED = memory.data(64, 16);

/** Returns the table of the taps of `lines`×`places` of a window in so many channels. */
export function tableOf(channels: i32, lines: i32, places: i32): usize {
  const number = <usize>(lines * 8 + places);
  const table = tables() + number * TABLE_BYTES;
  if (<i32>load<u8>(FILLED + number) == (channels & 255)) return table;
  store<u8>(FILLED + number, channels);
  let at = table;
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < lines; y++) {
      let r = <usize>c * row2 + <usize>y * row1;
      let w = <usize>c * weight2 + <usize>y * weight1;
      for (let x = 0; x < places; x++) {
        store<u32>(at, <u32>r);
        store<u32>(at, <u32>w, 4);
        at += 8;
        r += row0;
        w += weight0;
      }
    }
  }
  return table;
}
