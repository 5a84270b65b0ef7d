/** WebAssembly memory for the embedded kernels: a new one for large work, a kept one for small work. */

import { linalg } from '../../kernels/linalg.generated.js';
import { instantiate, kernelBuild } from '../../kernels/load.js';

/** Declares what kernels/linalg exports; pointers are byte addresses, strides count float64 numbers. */
interface LinalgKernel {
  workBytes(): number;
  useWork(p: number): void;
  gemm(
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: number,
    ars: number,
    acs: number,
    b: number,
    brs: number,
    bcs: number,
    beta: number,
    c: number,
    ldc: number,
    part: number,
  ): void;
  transposeSquare(n: number, a: number): void;
  tridiagonalScratch(n: number): number;
  tridiagonalise(n: number, a: number, d: number, e: number, tau: number, scratch: number): void;
  backScratch(m: number, n: number): number;
  backTransform(
    m: number,
    n: number,
    count: number,
    shift: number,
    a: number,
    lda: number,
    tau: number,
    z: number,
    ldz: number,
    fresh: number,
    scratch: number,
  ): void;
  divideScratch(n: number): number;
  divide(
    n: number,
    d: number,
    e: number,
    z: number,
    pack: number,
    roots: number,
    scratch: number,
    from: number,
  ): number;
  ql(n: number, d: number, e: number, z: number, ldz: number, cols: number): number;
  cholesky(n: number, a: number, lda: number): number;
  solveLower(n: number, r: number, l: number, ldl: number, unit: number, b: number, ldb: number): void;
  solveUpper(n: number, r: number, u: number, urs: number, ucs: number, unit: number, b: number, ldb: number): void;
  luScratch(n: number): number;
  lu(n: number, a: number, lda: number, pivots: number, scratch: number): void;
  swapRows(n: number, cols: number, pivots: number, b: number, ldb: number): void;
  qrScratch(n: number, m: number): number;
  qr(n: number, m: number, a: number, lda: number, diag: number, tau: number, scratch: number): void;
  hessenbergScratch(n: number): number;
  hessenberg(n: number, a: number, v: number, tau: number, scratch: number): void;
  schurScratch(n: number): number;
  schur(n: number, h: number, z: number, scratch: number): number;
  bidiagonalScratch(m: number, n: number): number;
  bidiagonalise(m: number, n: number, a: number, v: number, d: number, e: number, tau: number, scratch: number): void;
}

const PAGE = 65536;
/** Memories up to this size are kept between calls; a WebAssembly memory can grow but never shrink. */
const KEEP_BYTES = 48 * 2 ** 20;

/**
 * Allocates memory of one WebAssembly instance from a rising address. Views become invalid when a later `alloc` grows
 * the memory, so take them after allocating.
 */
export class Heap {
  readonly kernel: LinalgKernel;
  private readonly memory: WebAssembly.Memory;
  private readonly base: number;
  private top: number;

  constructor(bytes: number) {
    // page 0 stays unused: address 0 means "none" to the kernels
    const { exports, memory } = instantiate<LinalgKernel>('linalg', linalg, 1 + Math.ceil(bytes / PAGE));
    this.kernel = exports;
    this.memory = memory;
    this.top = PAGE;
    const work = this.bytes(exports.workBytes());
    exports.useWork(work);
    this.base = this.top;
  }

  /** Forgets all allocations. */
  clear(): void {
    this.top = this.base;
  }

  /** Size of the memory in bytes. */
  get size(): number {
    return this.memory.buffer.byteLength;
  }

  /** Reserves `count` bytes at a multiple of 64 and returns their address. */
  bytes(count: number): number {
    const p = this.top;
    this.top = p + Math.ceil(count / 64) * 64;
    const missing = this.top - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    return p;
  }

  /** Reserves space for n float64 numbers, not cleared, and returns its address. */
  alloc(n: number): number {
    return this.bytes(8 * n);
  }

  /** Reserves space with a copy of `data` and returns its address. */
  put(data: Float64Array): number {
    const p = this.alloc(data.length);
    this.view(p, data.length).set(data);
    return p;
  }

  /** Returns the n float64 numbers at address p as a view. */
  view(p: number, n: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.memory.buffer as ArrayBuffer, p, n);
  }

  /** Returns the n 32-bit integers at address p as a view. */
  ints(p: number, n: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.memory.buffer as ArrayBuffer, p, n);
  }

  /** Returns a copy of the n float64 numbers at address p, which stays valid. */
  take(p: number, n: number): Float64Array<ArrayBuffer> {
    return this.view(p, n).slice();
  }
}

let kept: { heap: Heap; build: string } | undefined;

/**
 * Runs `job` on a heap of the kernel build in use. `bytes` estimates the memory it needs: small work shares one kept
 * heap (jobs do not nest), large work gets a memory of its own that can be collected afterwards.
 */
export function withHeap<T>(bytes: number, job: (heap: Heap) => T): T {
  const build = kernelBuild();
  if (bytes > KEEP_BYTES) return job(new Heap(bytes + 4 * 2 ** 20));
  if (kept?.build !== build || kept.heap.size > 2 * KEEP_BYTES) kept = { heap: new Heap(bytes + 4 * 2 ** 20), build };
  kept.heap.clear();
  return job(kept.heap);
}
