/** Where the arrays of a plan lie: addresses are counted first, so that the memory is known before any of it is taken. */

/** Hands out addresses one after another from a base. */
export class Room {
  private next: number;
  private readonly constants: { readonly at: number; readonly values: readonly number[] | Float32Array }[] = [];

  /** @param lanes - most lanes of a row */
  constructor(
    private readonly base: number,
    private readonly lanes: number,
  ) {
    this.next = base;
  }

  /** Reserves `rows` rows of lanes of float32. */
  rows(rows: number): number {
    return this.bytes(4 * rows * this.lanes);
  }

  /** Reserves `count` float32 numbers, with room for whole vectors. */
  numbers(count: number): number {
    return this.bytes(16 * Math.ceil(count / 4));
  }

  /** Reserves numbers that are written once, when the memory is there. */
  constant(values: readonly number[] | Float32Array): number {
    const at = this.numbers(values.length);
    this.constants.push({ at, values });
    return at;
  }

  /** Reserves bytes, rounded up to whole cache lines. */
  bytes(bytes: number): number {
    const at = this.next;
    this.next += 64 * Math.ceil(bytes / 64);
    return at;
  }

  /** Bytes taken. */
  get size(): number {
    return this.next - this.base;
  }

  /** Writes the constants. */
  fill(memory: WebAssembly.Memory): void {
    for (const { at, values } of this.constants) new Float32Array(memory.buffer, at, values.length).set(values);
  }
}
