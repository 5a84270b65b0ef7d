/** The last rows of the recorded layer, in a ring. */
import type { WindowFacts } from '../protocol.js';

/** Most bytes of a window; a layer that needs more has rows that are several steps apart. */
const WINDOW_BYTES = 160e6;

/** Says how many rows a window has and how far they are apart. */
export function windowShape(size: number, steps: number): { readonly every: number; readonly capacity: number } {
  const every = Math.max(1, Math.ceil((4 * size * steps) / WINDOW_BYTES));
  return { every, capacity: Math.max(1, Math.floor(steps / every)) };
}

/** Keeps the rows after the steps whose number is a multiple of `every`. */
export class RowRing {
  private readonly data: Float32Array;
  private count = 0;
  /** Number of the step after which the last row was recorded. */
  private last = 0;

  /**
   * @param size - weights of the layer
   * @param since - steps taken when recording begins
   */
  constructor(
    readonly size: number,
    readonly capacity: number,
    readonly every: number,
    readonly since: number,
  ) {
    this.data = new Float32Array(capacity * size);
  }

  /** Takes the rows of consecutive steps, the first of which has the number `firstStep`. */
  append(firstStep: number, rows: Float32Array): void {
    const { size, every, capacity } = this;
    for (let k = 0; k < rows.length / size; k++) {
      const step = firstStep + k;
      if (step % every !== 0) continue;
      const slot = (step / every) % capacity;
      this.data.set(rows.subarray(k * size, (k + 1) * size), slot * size);
      this.last = step;
      this.count = Math.min(capacity, this.count + 1);
    }
  }

  /** Returns a copy of the rows, oldest first, and the step of the first one. */
  snapshot(): { readonly rows: Float32Array; readonly firstStep: number } {
    const { size, capacity, every, count, last } = this;
    const rows = new Float32Array(count * size);
    const firstStep = last - (count - 1) * every;
    for (let k = 0; k < count; k++) {
      const slot = (firstStep / every + k) % capacity;
      rows.set(this.data.subarray(slot * size, (slot + 1) * size), k * size);
    }
    return { rows, firstStep: count > 0 ? firstStep : 0 };
  }

  /** Bytes of the rows when all are there. */
  get bytes(): number {
    return this.data.byteLength;
  }

  facts(): WindowFacts {
    return { rows: this.count, capacity: this.capacity, every: this.every, since: this.since };
  }
}
