/**
 * Compilation of the embedded WebAssembly modules, in the build that this engine can run.
 *
 * Two builds of every kernel exist: `fma` uses relaxed-SIMD fused multiply-add (one rounding per a·b + c), `simd` uses
 * plain 128-bit SIMD (two roundings). Their results differ in the last bits, so every run records which it used.
 */

/** Names one of the two builds. */
export type KernelBuild = 'fma' | 'simd';

/** Holds the two base64 modules that scripts/build-kernels.mjs writes for each kernel. */
interface KernelBinary {
  readonly fma: string;
  readonly simd: string;
}

const modules = new Map<string, WebAssembly.Module>();
let forced: KernelBuild | undefined;
let tuned = false;

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

// (module (func (param v128 v128 v128) (result v128) local.get 0 local.get 1 local.get 2 f32x4.relaxed_madd))
const FMA_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32, 1, 32, 2,
  253, 133, 2, 11,
]);

// the same sum of lane 0 as a function fma(a, b, c) of three f32
const FMA_VALUE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 125, 125, 125, 1, 125, 3, 2, 1, 0, 7, 7, 1, 3, 102, 109, 97, 0, 0, 10,
  22, 1, 20, 0, 32, 0, 253, 19, 32, 1, 253, 19, 32, 2, 253, 19, 253, 133, 2, 253, 31, 0, 11,
]);

/**
 * Says whether relaxed multiply-add rounds once here: where the processor cannot fuse the two, the engine rounds twice, and the build
 * `fma` would give other bits than elsewhere. (1 + 2⁻¹²)² − (1 + 2⁻¹¹) is 2⁻²⁴ with one rounding in float32, and 0 with two.
 */
function fuses(): boolean {
  if (!WebAssembly.validate(FMA_PROBE)) return false;
  const { fma } = new WebAssembly.Instance(new WebAssembly.Module(FMA_VALUE)).exports as {
    fma(a: number, b: number, c: number): number;
  };
  return fma(1 + 2 ** -12, 1 + 2 ** -12, -(1 + 2 ** -11)) === 2 ** -24;
}

interface Host {
  getBuiltinModule?: (id: string) => unknown;
  versions?: { v8?: string };
}

/**
 * Sets flags on Node before the first module is compiled: relaxed SIMD, which is off by default before Node 24; and no
 * unrolling of loops by V8, which spoils its register allocation (measured on V8 11.3: a kernel of 13 sums runs at 20
 * instead of 43 GFLOP/s). In Node 20 optimised code is compiled on the thread that runs it: a job of the compiler that is still at
 * work in the background while a worker thread ends aborts the process there (`ForIsolate`, seen once in some thousand runs); it costs no
 * time that could be measured. Elsewhere it does nothing, and everything still works.
 */
function tuneEngine(): void {
  if (tuned) return;
  tuned = true;
  const host = (globalThis as { process?: Host }).process;
  const v8 = host?.getBuiltinModule?.('v8') as { setFlagsFromString(flag: string): void } | undefined;
  const version = Number.parseInt(host?.versions?.v8 ?? '99', 10);
  // an engine without such a flag would warn on stderr: these flags were tried from V8 11.3 (Node 20) to 13.6 (Node 24)
  if (!v8 || version > 13) return;
  // flags belong to the process: where the main thread has set them, a worker leaves them alone while others compile
  const threads = host?.getBuiltinModule?.('worker_threads') as { isMainThread: boolean } | undefined;
  if (threads?.isMainThread === false && WebAssembly.validate(FMA_PROBE)) return;
  v8.setFlagsFromString('--no-wasm-loop-unrolling');
  if (version < 12) v8.setFlagsFromString('--no-concurrent-recompilation');
  if (!WebAssembly.validate(FMA_PROBE)) v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
}

let best: KernelBuild | undefined;

/** Returns the best build that this machine can run. */
function bestBuild(): KernelBuild {
  tuneEngine();
  best ??= fuses() ? 'fma' : 'simd';
  return best;
}

/** Returns the build in use: `fma` where the engine has relaxed SIMD and the processor fuses, else `simd`. */
export function kernelBuild(): KernelBuild {
  tuneEngine();
  return forced ?? bestBuild();
}

/** Says whether this machine can run a build, with the bits that it has everywhere. */
export function canUse(build: KernelBuild): boolean {
  return build === 'simd' || bestBuild() === 'fma';
}

/**
 * Forces one build (for tests, comparisons, or to reproduce a run of another machine); `undefined` restores the
 * automatic choice.
 */
export function forceKernelBuild(build: KernelBuild | undefined): void {
  forced = build;
}

/**
 * Instantiates a kernel on a memory of its own.
 * @param name - cache key of the compiled module
 * @param pages - initial memory size in pages of 64 KiB
 */
export function instantiate<E>(
  name: string,
  binary: KernelBinary,
  pages: number,
): { exports: E; memory: WebAssembly.Memory } {
  const build = kernelBuild();
  const key = `${name}/${build}`;
  let module = modules.get(key);
  if (!module) {
    module = new WebAssembly.Module(bytesOf(binary[build]));
    modules.set(key, module);
  }
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536 });
  const abort = () => {
    throw new Error(`kernel ${name} aborted`);
  };
  const instance = new WebAssembly.Instance(module, { env: { memory, abort } });
  return { exports: instance.exports as E, memory };
}
