/** Numbers of every step of a session: lists that grow, in typed arrays. */

/** A list of float32 numbers, of which every second of its capacities is twice the one before. */
export class GrowingFloats {
  private data = new Float32Array(4096);
  private used = 0;

  get length(): number {
    return this.used;
  }

  /** Appends numbers. */
  push(values: ArrayLike<number>): void {
    const needed = this.used + values.length;
    if (needed > this.data.length) {
      const grown = new Float32Array(Math.max(needed, 2 * this.data.length));
      grown.set(this.data.subarray(0, this.used));
      this.data = grown;
    }
    this.data.set(values, this.used);
    this.used = needed;
  }

  /** Forgets all but the first numbers. */
  cut(length: number): void {
    this.used = Math.min(this.used, length);
  }

  /** Returns a copy of some of the numbers. */
  slice(from: number, to = this.used): Float32Array {
    return this.data.slice(from, Math.min(to, this.used));
  }
}
