/**
 * The linear systems of a jump process, solved directly: multifrontal elimination along a nested dissection, in the form of
 * Grassmann, Taksar & Heyman (1985).
 *
 * With generator A (dp/dt = A p) it factorises M = shift·1 − scale·A and solves for densities (M p = b) and for functions of the
 * starting point (Mᵀ u = b). Only off-diagonal entries and column sums are read, the diagonal follows from them, and there are no
 * subtractions: for b ≥ 0 every component has a small RELATIVE error, 1e-13 or better, over all 300 decades of float64
 * (O'Cinneide 1993), and none is negative.
 */
import { fronts as binary } from '../../kernels/fronts.generated.js';
import { instantiate } from '../../kernels/load.js';
import { check, RunError } from '../../numeric/errors.js';
import type { Structure } from './dissection.js';

interface Kernel {
  workBytes(): number;
  useWork(p: number): void;
  panelBytes(m: number): number;
  factorFront(
    table: number,
    k: number,
    f: number,
    local: number,
    rel: number,
    ptr: number,
    col: number,
    up: number,
    down: number,
    out: number,
    scale: number,
    shift: number,
    d: number,
    scratch: number,
  ): number;
  forward(count: number, table: number, b: number): void;
  backward(count: number, table: number, x: number, d: number, work: number, keepLast: number): void;
  forwardAdjoint(count: number, table: number, b: number, d: number, work: number): void;
  backwardAdjoint(count: number, table: number, y: number): void;
}

/** Receives the work done and the whole, between fronts and between steps; it may throw to stop. */
export type Progress = (done: number, total: number) => void;

const WORDS = 10;
const GIBI = 2 ** 30;
/** Default limit of the memory of one factorisation, bytes: 2 GiB. */
export const MEMORY_LIMIT = 2 * GIBI;

/** The layout of the memory, which depends on the shapes alone. */
interface Plan {
  readonly bytes: number;
  readonly at: Readonly<Record<Name, number>>;
  readonly boundary: readonly number[];
  readonly top: readonly number[];
  readonly low: readonly number[];
  readonly left: readonly number[];
}
type Name = 'table' | 'ptr' | 'col' | 'up' | 'down' | 'out' | 'd' | 'b' | 'local' | 'rel' | 'vector' | 'scratch' | 'gemm' | 'front'; // biome-ignore format: one line

function planOf(s: Structure, sizes: { work: number; panel: (m: number) => number }): Plan {
  let next = 4096;
  const take = (bytes: number) => {
    const at = next;
    next += Math.ceil(bytes / 16) * 16 + 64;
    return at;
  };
  const largest = s.fronts.reduce((m, f) => Math.max(m, f.own + f.boundary.length), 0);
  const at = {
    table: take(s.fronts.length * WORDS * 4),
    ptr: take((s.size + 1) * 4),
    col: take(s.col.length * 4),
    up: take(s.col.length * 8),
    down: take(s.col.length * 8),
    out: take(s.size * 8),
    d: take(s.size * 8),
    b: take(s.size * 8),
    local: take(s.size * 4),
    rel: take(largest * 4),
    vector: take(largest * 8),
    scratch: take(sizes.panel(largest)),
    gemm: take(sizes.work),
    front: take((largest + 1) * largest * 8),
  };
  const boundary = s.fronts.map((f) => take(f.boundary.length * 4));
  const top = s.fronts.map((f) => take(f.own * (f.own + f.boundary.length) * 8));
  const low = s.fronts.map((f) => take(f.own * f.boundary.length * 8));
  // the blocks that fronts pass to their parents are on a stack, where a front replaces its children
  const left: number[] = [];
  const stack = next;
  let [height, peak] = [0, 0];
  const sizesLeft = s.fronts.map((f) => (f.boundary.length + 1) * f.boundary.length * 8);
  s.fronts.forEach((f, k) => {
    for (const c of f.children) height -= sizesLeft[c];
    left.push(stack + height);
    height += sizesLeft[k];
    peak = Math.max(peak, height);
  });
  return { bytes: stack + peak + 64, at, boundary, top, low, left };
}

/** Factorises and solves the systems of one process. Its memory is freed with the object. */
export class FrontSolver {
  private readonly kernel: Kernel;
  private readonly memory: WebAssembly.Memory;
  private readonly plan: Plan;
  /** Bytes allocated. */
  readonly bytes: number;

  /** @throws InputError where more than `limit` bytes are needed (also of address space: 4 GiB) */
  constructor(
    readonly structure: Structure,
    limit = MEMORY_LIMIT,
  ) {
    const s = structure;
    const { exports, memory } = instantiate<Kernel>('fronts', binary, 1);
    const plan = planOf(s, { work: exports.workBytes(), panel: exports.panelBytes });
    const allowed = Math.min(limit, 65535 * 65536);
    check(
      plan.bytes <= allowed,
      'too-large',
      () =>
        `this grid needs ${(plan.bytes / GIBI).toFixed(2)} GiB for its factors and ${(allowed / GIBI).toFixed(2)} GiB are allowed; take fewer cells, or align the noise with the axes.`,
    );
    memory.grow(Math.ceil(plan.bytes / 65536));
    this.kernel = exports;
    this.memory = memory;
    this.plan = plan;
    this.bytes = plan.bytes;
    exports.useWork(plan.at.gemm);
    const table = this.i32(plan.at.table, s.fronts.length * WORDS);
    s.fronts.forEach((f, k) => {
      this.i32(plan.boundary[k], f.boundary.length).set(f.boundary);
      const words = [
        f.start,
        f.own,
        f.boundary.length,
        plan.boundary[k],
        plan.top[k],
        plan.low[k],
        -1,
        -1,
        plan.left[k],
      ];
      table.set(
        words.map((w) => w | 0),
        k * WORDS,
      );
      f.children.forEach((c, n) => {
        if (n === 0) table[k * WORDS + 6] = c;
        if (n + 1 < f.children.length) table[c * WORDS + 7] = f.children[n + 1];
      });
    });
    this.i32(plan.at.ptr, s.size + 1).set(s.ptr);
    this.i32(plan.at.col, s.col.length).set(s.col);
    this.f64(plan.at.up, s.col.length).set(s.up);
    this.f64(plan.at.down, s.col.length).set(s.down);
    this.f64(plan.at.out, s.size).set(s.out);
  }

  /**
   * Factorises M = shift·1 − scale·A. Costs `structure.flops`.
   * @throws RunError where rates vanish in float64
   */
  factor(scale: number, shift: number, progress?: Progress): void {
    const { at } = this.plan;
    const { fronts } = this.structure;
    const total = this.structure.flops;
    let done = 0;
    for (let k = 0; k < fronts.length; k++) {
      // biome-ignore format: one call
      const failed = this.kernel.factorFront(at.table, k, at.front, at.local, at.rel, at.ptr, at.col, at.up, at.down, at.out, scale, shift, at.d, at.scratch);
      if (failed !== 0) throw noExchange();
      const [ne, m] = [fronts[k].own, fronts[k].own + fronts[k].boundary.length];
      done += ne * m * m;
      if (progress && (k & 127) === 0) progress(Math.min(total, done), total);
    }
    progress?.(total, total);
  }

  /**
   * Returns p with M p = b, or u with Mᵀ u = b (`adjoint`), one number for each cell; those of the target are 0. Costs two
   * operations for each number in the factors.
   * @throws RunError where a number exceeds the range of float64
   */
  solve(b: ArrayLike<number>, adjoint = false): Float64Array {
    const { at } = this.plan;
    const { fronts } = this.structure;
    this.load(b);
    if (adjoint) {
      this.kernel.forwardAdjoint(fronts.length, at.table, at.b, at.d, at.vector);
      this.kernel.backwardAdjoint(fronts.length, at.table, at.b);
    } else {
      this.kernel.forward(fronts.length, at.table, at.b);
      this.kernel.backward(fronts.length, at.table, at.b, at.d, at.vector, 0);
    }
    const x = this.unload(b.length);
    if (!x.every(Number.isFinite)) throw noExchange();
    return x;
  }

  /**
   * Returns p with A p = 0, normalised to 1 in the cell eliminated last, for a process without absorption. Needs `factor(1, 0)`
   * before.
   */
  nullVector(cells: number): Float64Array {
    const { at } = this.plan;
    const n = this.structure.size;
    this.f64(at.b, n).fill(0)[n - 1] = 1;
    this.kernel.backward(this.structure.fronts.length, at.table, at.b, at.d, at.vector, 1);
    return this.unload(cells);
  }

  private load(b: ArrayLike<number>): void {
    const { cells } = this.structure;
    const v = this.f64(this.plan.at.b, cells.length);
    for (let p = 0; p < cells.length; p++) v[p] = b[cells[p]];
  }

  private unload(size: number): Float64Array {
    const { cells } = this.structure;
    const v = this.f64(this.plan.at.b, cells.length);
    const out = new Float64Array(size);
    for (let p = 0; p < cells.length; p++) out[cells[p]] = v[p];
    return out;
  }

  private f64(at: number, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, at, length);
  }
  private i32(at: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, at, length);
  }
}

const noExchange = () =>
  new RunError(
    'no-exchange',
    'parts of the grid exchange probability so rarely that float64 cannot hold the rate (below 1e-300): the noise is too small for the barriers; raise it, or restrict the axes to one basin.',
  );
