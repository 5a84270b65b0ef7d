/** Samples for many threads. */
import type { Samples } from '../data/dataset.js';

/** Copies samples into shared memory, so that worker threads need no copies of their own. */
export function sharedSamples(samples: Samples): Samples {
  const share = <T extends Uint8Array | Float32Array>(data: T): T => {
    const bytes = new SharedArrayBuffer(data.byteLength);
    const copy = data instanceof Uint8Array ? new Uint8Array(bytes) : new Float32Array(bytes);
    copy.set(data);
    return copy as T;
  };
  const { labels, targets } = samples;
  return {
    ...samples,
    values: share(samples.values),
    ...(labels && { labels: share(labels) }),
    ...(targets && { targets: share(targets) }),
  };
}
