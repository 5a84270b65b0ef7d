/**
 * A growing series of numbers that can be drawn at any width in time proportional to the width: extremes of blocks of 16, of 16
 * blocks, and so on are kept beside the numbers, so that the minimum and the maximum behind every pixel are found without a pass
 * over all points. Nothing is sampled: a single outlier among a million points is drawn.
 */

const FAN = 16;
const NONE = -1;

/** The points of a series that are drawn for one range, and how many of the series stand behind one pixel. */
export interface Thinned {
  readonly x: number[];
  readonly y: (number | null)[];
  /** Points per pixel column; 1 when every point is drawn. */
  readonly merged: number;
}

export class Series {
  #x: Float64Array<ArrayBuffer> = new Float64Array(1024);
  #y: Float64Array<ArrayBuffer> = new Float64Array(1024);
  #length = 0;
  /** For each level the index of the smallest and of the largest finite number of each complete or begun block. */
  #low: number[][] = [];
  #high: number[][] = [];

  get length(): number {
    return this.#length;
  }

  /** The last number; NaN where there is none. */
  get last(): number {
    return this.#length > 0 ? this.#y[this.#length - 1] : Number.NaN;
  }

  x(i: number): number {
    return this.#x[i];
  }

  y(i: number): number {
    return this.#y[i];
  }

  /** Appends points; x must not decrease. */
  append(x: ArrayLike<number>, y: ArrayLike<number>): void {
    const more = Math.min(x.length, y.length);
    this.#grow(this.#length + more);
    for (let k = 0; k < more; k++) this.#push(x[k], y[k]);
  }

  /** Forgets all points with an x above `at`. */
  cut(at: number): void {
    const keep = this.firstAbove(at);
    const [x, y] = [this.#x.slice(0, keep), this.#y.slice(0, keep)];
    this.clear();
    this.append(x, y);
  }

  clear(): void {
    this.#length = 0;
    this.#low = [];
    this.#high = [];
  }

  /** Returns the index of the first point with an x above `at`. */
  firstAbove(at: number): number {
    let [a, b] = [0, this.#length];
    while (a < b) {
      const m = (a + b) >> 1;
      if (this.#x[m] > at) b = m;
      else a = m + 1;
    }
    return a;
  }

  /** Returns the indices of the extremes of the points from `from` to below `to`; −1 where none is finite. Cost O(log n). */
  extremes(from: number, to: number): [low: number, high: number] {
    let [low, high] = [NONE, NONE];
    const take = (l: number, h: number) => {
      if (l !== NONE && (low === NONE || this.#y[l] < this.#y[low])) low = l;
      if (h !== NONE && (high === NONE || this.#y[h] > this.#y[high])) high = h;
    };
    let i = from;
    while (i < to) {
      let [level, width] = [-1, 1];
      while (level + 1 < this.#low.length && i % (width * FAN) === 0 && i + width * FAN <= to) {
        level++;
        width *= FAN;
      }
      if (level < 0) {
        if (Number.isFinite(this.#y[i])) take(i, i);
      } else take(this.#low[level][i / width], this.#high[level][i / width]);
      i += width;
    }
    return [low, high];
  }

  /**
   * Returns the points of [from, to] for a chart of `pixels` columns: all of them when they are no more than two a column, else the
   * minimum and the maximum of each column in their order. With them come the neighbours just outside, so that lines reach the
   * edges. Numbers that are not finite, and on a logarithmic axis those not above 0, are gaps.
   */
  thinned(from: number, to: number, pixels: number, log = false): Thinned {
    const first = Math.max(0, this.firstAbove(from) - 2);
    const last = Math.min(this.#length, this.firstAbove(to) + 1);
    const count = last - first;
    const columns = Math.max(1, Math.floor(pixels));
    const [x, y]: [number[], (number | null)[]] = [[], []];
    const put = (i: number) => {
      const v = this.#y[i];
      x.push(this.#x[i]);
      y.push(Number.isFinite(v) && (!log || v > 0) ? v : null);
    };
    if (count <= 2 * columns) {
      for (let i = first; i < last; i++) put(i);
      return { x, y, merged: 1 };
    }
    const [x0, x1] = [this.#x[first], this.#x[last - 1]];
    let i = first;
    for (let c = 0; c < columns; c++) {
      const end = c === columns - 1 ? last : Math.min(last, this.firstAbove(x0 + ((c + 1) * (x1 - x0)) / columns));
      if (end <= i) continue;
      const [low, high] = this.extremes(i, end);
      if (low === NONE) put(i);
      else if (low === high) put(low);
      else {
        put(Math.min(low, high));
        put(Math.max(low, high));
      }
      i = end;
    }
    return { x, y, merged: Math.max(2, Math.round(count / columns)) };
  }

  #grow(size: number): void {
    if (size <= this.#x.length) return;
    const capacity = Math.max(size, 2 * this.#x.length);
    const [x, y] = [new Float64Array(capacity), new Float64Array(capacity)];
    x.set(this.#x.subarray(0, this.#length));
    y.set(this.#y.subarray(0, this.#length));
    [this.#x, this.#y] = [x, y];
  }

  #push(x: number, y: number): void {
    const i = this.#length++;
    this.#x[i] = x;
    this.#y[i] = y;
    const finite = Number.isFinite(y);
    for (let level = 0, width = FAN; level === 0 || width <= i + 1; level++, width *= FAN) {
      this.#low[level] ??= this.#begun(this.#low[level - 1], (a, b) => a < b);
      this.#high[level] ??= this.#begun(this.#high[level - 1], (a, b) => a > b);
      const [low, high, b] = [this.#low[level], this.#high[level], Math.floor(i / width)];
      if (low.length <= b) {
        low.push(NONE);
        high.push(NONE);
      }
      if (!finite) continue;
      if (low[b] === NONE || y < this.#y[low[b]]) low[b] = i;
      if (high[b] === NONE || y > this.#y[high[b]]) high[b] = i;
    }
  }

  /** A level begins when its first block is complete: its extreme comes from the blocks of the level below, all of which it covers. */
  #begun(below: readonly number[] | undefined, beats: (a: number, b: number) => boolean): number[] {
    if (below === undefined) return [];
    let best = NONE;
    for (const i of below) if (i !== NONE && (best === NONE || beats(this.#y[i], this.#y[best]))) best = i;
    return [best];
  }
}
