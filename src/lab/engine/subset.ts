/** Samples that stand for all of them, drawn evenly. docs/theory [F5]. */
import type { Key } from '../../numeric/random.js';
import type { Subset } from '../../surface/surface.js';

/** Draws `count` of `of` samples; undefined means all of them. */
export function evenSubset(of: number, count: number, key: Key): Subset {
  if (!(count < of)) return undefined;
  const n = Math.max(2, Math.floor(count));
  return { samples: key.stream().permutation(of).slice(0, n).sort(), strata: [{ count: n, of }] };
}
