// Losses along a line in one layer's weights. docs/theory [F1], [F4].
import { dense8 } from './line';

export { losses } from './losses';
export { curvature, derivatives, derivativesFromProbabilities, rememberProbabilities, slope } from './derivatives';

/**
 * Computes out = W·h (+ bias) for all blocks: A or B. `h` is [block][inputs][8]. Cost: 2·samples·inputs·outputs flops.
 */
export function affine(h: usize, inputs: i32, w: usize, tiles: i32, bias: usize, blocks: i32, out: usize): void {
  for (let i = 0; i < blocks; i++) {
    dense8(h, inputs, w, tiles, bias, out);
    h += <usize>inputs << 5;
    out += <usize>tiles * 160;
  }
}

/** Returns the first free address after the kernel's own constants. */
export function heapBase(): usize {
  return __heap_base;
}
