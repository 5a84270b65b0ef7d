// The shape of the convolution, dense layer or pool that is being executed.
import { size } from './lanes';

export let inC: i32 = 0;
export let inH: i32 = 0;
export let inW: i32 = 0;
export let outC: i32 = 0;
export let outH: i32 = 0;
export let outW: i32 = 0;
export let kernel: i32 = 0;
export let stride: i32 = 0;
export let padding: i32 = 0;

/** Reads the shape of a convolution from operands 7 … 15. */
export function convShape(record: usize): void {
  inC = size(record, 7);
  inH = size(record, 8);
  inW = size(record, 9);
  outC = size(record, 10);
  outH = size(record, 11);
  outW = size(record, 12);
  kernel = size(record, 13);
  stride = size(record, 14);
  padding = size(record, 15);
}

/** Reads that of a dense layer, a convolution of one place, from operands 7 and 8. */
export function denseShape(record: usize): void {
  inC = size(record, 7);
  outC = size(record, 8);
  inH = 1;
  inW = 1;
  outH = 1;
  outW = 1;
  kernel = 1;
  stride = 1;
  padding = 0;
}
