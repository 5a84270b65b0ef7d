/**
 * Exact sums over samples Σ_k G_k ⊗ (h_k h_kᵀ), G_k symmetric m×m and h_k of length n: the second moments and Hessian blocks of
 * a layer, P = m·n, without any N×P array. docs/theory [S10].
 *
 * A sample without zeros costs m(m+1)/2 · n(n+1)/2 multiplications. Two kinds of zeros are skipped: pairs of outputs with
 * G_ij = 0, one by one; and units h that are zero, as far as `zeroOrder` can bring them together (on ReLU layers half of the
 * remaining work).
 */
import { curvature } from '../../kernels/curvature.generated.js';
import { instantiate } from '../../kernels/load.js';
import { check } from '../../numeric/errors.js';
import { type Matrix, matrix } from '../../numeric/linalg/index.js';
import { Arena } from '../../train/arena.js';

interface PairKernel {
  heapBase(): number;
  pairWork(capacity: number, inputs: number, outputs: number): number;
  pairSums(
    h: number,
    inputs: number,
    f: number,
    rank: number,
    outputs: number,
    stride: number,
    count: number,
    bounds: number,
    places: number,
    scale: number,
    tiny: number,
    sums: number,
    work: number,
  ): void;
}

/** Orders samples and units so that the zeros of the samples lie at the end. */
interface ZeroGroup {
  /** Sample numbers, in descending order of `reach`. */
  readonly samples: Uint32Array;
  /** The order of the units: those that are rarely nonzero come last. */
  readonly units: Uint32Array;
  /** For each sample of the group, the number of ordered units beyond which all are zero. */
  readonly reach: Uint32Array;
}

const GROUP = 900;

/**
 * Groups samples by which of their units are zero: a group is split by the unit whose active share is nearest to one half
 * until it is small; within a group units are ordered so that the tails of zeros are long.
 * Costs about log2(N/900) + 1 passes over N·n flags.
 * @param h - N×n, row-major
 * @param chosen - the samples to group
 */
export function zeroOrder(h: Float64Array, n: number, chosen: Uint32Array): ZeroGroup[] {
  const active = new Uint8Array(h.length);
  for (let i = 0; i < h.length; i++) active[i] = h[i] === 0 ? 0 : 1;
  const groups: ZeroGroup[] = [];
  const waiting = chosen.length > 0 ? [chosen] : [];
  for (let samples = waiting.pop(); samples; samples = waiting.pop()) {
    const total = samples.length;
    const counts = new Uint32Array(n);
    for (let k = 0; k < total; k++) for (let a = 0, o = samples[k] * n; a < n; a++) counts[a] += active[o + a];
    let best = 0;
    for (let a = 1; a < n; a++) if (Math.abs(2 * counts[a] - total) < Math.abs(2 * counts[best] - total)) best = a;
    const split = counts[best];
    if (total < 2 * GROUP || split < GROUP / 2 || total - split < GROUP / 2) {
      groups.push(tailOrder(active, n, samples, counts));
      continue;
    }
    const parts = [new Uint32Array(total - split), new Uint32Array(split)];
    const ends = [0, 0];
    for (let k = 0; k < total; k++) {
      const side = active[samples[k] * n + best];
      parts[side][ends[side]++] = samples[k];
    }
    waiting.push(...parts);
  }
  return groups;
}

/**
 * Orders the units from the last place to the first: each place takes the unit active in the fewest samples with zeros after
 * it.
 */
function tailOrder(active: Uint8Array, n: number, samples: Uint32Array, counts: Uint32Array): ZeroGroup {
  const units = new Uint32Array(n);
  const free = Array.from({ length: n }, (_, a) => a);
  const byReach: number[][] = Array.from({ length: n + 1 }, () => []);
  let left = Array.from(samples);
  for (let place = n - 1; place >= 0; place--) {
    let rarest = 0;
    for (let i = 1; i < free.length; i++) if (counts[free[i]] < counts[free[rarest]]) rarest = i;
    const unit = free.splice(rarest, 1)[0];
    units[place] = unit;
    if (counts[unit] === 0) continue;
    const still: number[] = [];
    for (const s of left) {
      if (active[s * n + unit] === 0) still.push(s);
      else {
        byReach[place + 1].push(s);
        for (let a = 0, o = s * n; a < n; a++) counts[a] -= active[o + a];
      }
    }
    left = still;
  }
  byReach[0] = left;
  const order: number[] = [];
  const reach: number[] = [];
  for (let r = n; r >= 0; r--) {
    for (const s of byReach[r]) {
      order.push(s);
      reach.push(r);
    }
  }
  return { samples: Uint32Array.from(order), units, reach: Uint32Array.from(reach) };
}

/** Gives the memory into which the middle matrices of a block are written before `add`. */
interface BlockFactors {
  /** rank > 0: F [output][rank][stride] with G_ij = Σ_r F_ir F_jr. rank 0: G itself, [i][j][stride] for j ≤ i. */
  readonly values: Float64Array;
  readonly stride: number;
}

const BLOCK = 1536;
/** Distance of the lines of a block: not a multiple of a page, which would put them all into one cache set. */
const STRIDE = BLOCK + 8;

/** Accumulates the sum. Takes 8·m(m+1)/2·n(n+1)/2 bytes, a block of 1536 samples, and 8·P² bytes for the result. */
export class KroneckerSum {
  /** Most samples in one block. */
  readonly block = BLOCK;
  private readonly kernel: PairKernel;
  private readonly arena: Arena;
  private readonly size: number;
  private readonly padded: number;
  private readonly hAt: number;
  private readonly fAt: number;
  private readonly boundsAt: number;
  private readonly placesAt: number;
  private readonly sumsAt: number;
  private readonly workAt: number;

  /** @throws InputError when the sums would take more than 2 GiB: such a layer needs the matrix-free operators */
  constructor(
    readonly outputs: number,
    readonly inputs: number,
    readonly rank: number,
  ) {
    this.size = (inputs * (inputs + 1)) / 2;
    this.padded = 8 * Math.ceil(inputs / 8);
    const pairs = (outputs * (outputs + 1)) / 2;
    const parameters = outputs * inputs;
    const need = 8 * pairs * this.size + 8 * parameters * parameters;
    check(
      need <= 2 ** 31,
      'layer-too-large',
      () =>
        `the ${parameters}×${parameters} matrix of a layer with ${outputs}×${inputs} weights needs ${(need / 2 ** 30).toFixed(1)} GiB; use the matrix-free operators (hessianOperator, covarianceOperator, Lanczos, Hutchinson).`,
    );
    const { exports, memory } = instantiate<PairKernel>('curvature', curvature, 64);
    this.kernel = exports;
    this.arena = new Arena(memory, exports.heapBase());
    this.hAt = this.align(8 * BLOCK * this.padded, 'a block of inputs');
    this.fAt = this.align(8 * STRIDE * outputs * (rank > 0 ? rank : outputs), 'a block of factors');
    this.boundsAt = this.align(4 * Math.ceil(inputs / 4), 'the bounds');
    this.placesAt = this.align(2 * inputs * (inputs + 1), 'the places');
    this.workAt = this.align(exports.pairWork(STRIDE, inputs, outputs), 'the panels');
    this.sumsAt = this.align(8 * pairs * this.size, 'the sums');
  }

  /** Returns a view for the middle matrices of the next block; numbers that are not written keep their old values. */
  factors(): BlockFactors {
    const { outputs, rank } = this;
    return {
      values: this.arena.f64(this.fAt, STRIDE * outputs * (rank > 0 ? rank : outputs)),
      stride: STRIDE,
    };
  }

  /**
   * Adds samples [first, first + count) of a group.
   * @param h - all inputs, N×n
   * @param single - sums in float32 chunks of 256 samples, which are then added in float64
   */
  add(h: Float64Array, group: ZeroGroup, first: number, count: number, single = false): void {
    const { inputs, padded, arena, outputs, rank } = this;
    const rows = arena.f64(this.hAt, BLOCK * padded);
    const { samples, units, reach } = group;
    const bounds = arena.u32(this.boundsAt, Math.ceil(inputs / 4)).fill(0);
    for (let k = 0; k < count; k++) {
      const from = samples[first + k] * inputs;
      const to = k * padded;
      for (let a = 0; a < inputs; a++) rows[to + a] = h[from + units[a]];
      for (let r = 0; 4 * r < reach[first + k]; r++) bounds[r] = k + 1;
    }
    this.placeTiles(units);
    const values = this.factors().values;
    const lines = rank > 0 ? rank : outputs;
    for (let line = 0; line < outputs * lines; line++)
      values.fill(0, line * STRIDE + count, line * STRIDE + 8 * Math.ceil(count / 8));
    let scale = 0;
    let tiny = 0;
    if (single) {
      const top = this.largestWeight(values, count);
      if (top === 0) return;
      scale = 1 / top;
      tiny = 1e-36 * top;
    }
    this.kernel.pairSums(
      this.hAt,
      inputs,
      this.fAt,
      rank,
      outputs,
      STRIDE,
      count,
      this.boundsAt,
      this.placesAt,
      scale,
      tiny,
      this.sumsAt,
      this.workAt,
    );
  }

  /** Returns the trace of the sum so far. */
  trace(): number {
    const { outputs: m, inputs: n, size } = this;
    const sums = this.arena.f64(this.sumsAt, ((m * (m + 1)) / 2) * size);
    let trace = 0;
    for (let i = 0; i < m; i++) {
      const at = ((i * (i + 1)) / 2 + i) * size;
      for (let a = 0; a < n; a++) trace += sums[at + (a * (a + 1)) / 2 + a];
    }
    return trace;
  }

  /** Returns `scale` times the sum, P×P in PyTorch's order (outputs×inputs, row-major). */
  finish(scale: number): Matrix {
    const { outputs: m, inputs: n, size } = this;
    const p = m * n;
    const out = matrix(p, p);
    const sums = this.arena.f64(this.sumsAt, ((m * (m + 1)) / 2) * size);
    let at = 0;
    for (let i = 0; i < m; i++) {
      for (let j = 0; j <= i; j++, at += size) {
        for (let a = 0, t = at; a < n; a++) {
          for (let b = 0; b <= a; b++, t++) {
            const v = scale * sums[t];
            out.data[(i * n + a) * p + j * n + b] = v;
            out.data[(i * n + b) * p + j * n + a] = v;
            out.data[(j * n + a) * p + i * n + b] = v;
            out.data[(j * n + b) * p + i * n + a] = v;
          }
        }
      }
    }
    return out;
  }

  private align(bytes: number, what: string): number {
    return Math.ceil(this.arena.take(bytes + 64, what) / 64) * 64;
  }

  /** Returns max |G_ii| of the block: for rank > 0 a bound of every |G_ij|, for rank 0 a scale of them. */
  private largestWeight(values: Float64Array, count: number): number {
    const { outputs, rank } = this;
    let top = 0;
    for (let k = 0; k < count; k++) {
      for (let i = 0; i < outputs; i++) {
        let w = 0;
        if (rank === 0) w = Math.abs(values[(i * outputs + i) * STRIDE + k]);
        else for (let r = 0; r < rank; r++) w += values[(i * rank + r) * STRIDE + k] ** 2;
        if (w > top) top = w;
      }
    }
    return top;
  }

  /** Writes, for each sum on or below the diagonal in the true order of units, the byte offset of its number in the tiles. */
  private placeTiles(units: Uint32Array): void {
    const { inputs: n, arena } = this;
    const places = arena.u32(this.placesAt, (n * (n + 1)) / 2);
    let t = 0;
    for (let q = 0; 8 * q < n; q++) {
      for (let r = 2 * q; 4 * r < n; r++) {
        for (let e = 0; e < 32; e++, t += 8) {
          const i = 4 * r + (e >> 3);
          const j = 8 * q + (e & 7);
          if (i >= n || j > i) continue;
          const [a, b] = units[i] > units[j] ? [units[i], units[j]] : [units[j], units[i]];
          places[(a * (a + 1)) / 2 + b] = t;
        }
      }
    }
  }
}
