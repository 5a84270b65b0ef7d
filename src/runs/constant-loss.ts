/** The loss of the best answer that does not look at its input. */
import type { Samples } from '../data/dataset.js';
import { variance } from '../numeric/statistics.js';

/**
 * Returns the loss of the best constant output: the entropy (nat) of the labels' frequencies, or half the summed
 * variance of the targets.
 */
export function constantLoss({ count, labels, targets }: Samples): number {
  if (labels) {
    const counts = new Map<number, number>();
    for (const y of labels) counts.set(y, (counts.get(y) ?? 0) + 1);
    return [...counts.values()].reduce((s, c) => s - (c / count) * Math.log(c / count), 0);
  }
  const outputs = targets!.length / count;
  return Array.from({ length: outputs }, (_, j) => targets!.filter((_, e) => e % outputs === j)).reduce(
    (s, y) => s + variance(Float64Array.from(y)) / 2,
    0,
  );
}
