/** The vector machine of kernels/ensemble: one instance a thread; programs and blocks of walkers are written into it and read back. */
import { ensemble as binary } from '../../kernels/ensemble.generated.js';
import { instantiate, type KernelBuild, kernelBuild } from '../../kernels/load.js';
import type { Program } from './program.js';

/** Walkers of a block, and bytes of a register. */
export const LANES = 128;
export const BYTES = 8 * LANES;

interface EnsembleKernel {
  heapBase(): number;
  execute(program: number, length: number): void;
  philoxBlock(
    u: number,
    v: number,
    first: number,
    low: number,
    pair: number,
    top: number,
    key0: number,
    key1: number,
  ): void;
  boxMuller(u: number, v: number): void;
  advance(job: number, low: number, high: number, count: number): void;
}

export interface Machine {
  readonly kernel: EnsembleKernel;
  readonly memory: WebAssembly.Memory;
  readonly base: number;
}

const machines = new Map<KernelBuild, Machine>();

/** The machine of this thread and build. */
export function machine(): Machine {
  const build = kernelBuild();
  let made = machines.get(build);
  if (!made) {
    const { exports, memory } = instantiate<EnsembleKernel>('ensemble', binary, 8);
    made = { kernel: exports, memory, base: Math.ceil(exports.heapBase() / 64) * 64 };
    machines.set(build, made);
  }
  return made;
}

/** Where a program lies in the machine's memory: [numbers][instructions][registers]. */
export interface Loaded {
  readonly program: number;
  /** Address of register i. */
  register(i: number): number;
  /** First byte behind. */
  readonly end: number;
}

/** Writes a program into memory from `from` on. `extra`: registers that it does not use, after its own. */
export function load({ memory }: Machine, program: Program, from: number, extra: number): Loaded {
  const { code, numbers, length } = program;
  const instructions = from + 8 * numbers.length;
  const registers = Math.ceil((instructions + 24 * length) / 64) * 64;
  const end = registers + (program.registers + extra) * BYTES;
  const missing = end + 65536 - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 65536));
  new Float64Array(memory.buffer, from, numbers.length).set(numbers);
  const words = new Int32Array(memory.buffer, instructions, 6 * length);
  const register = (i: number) => registers + i * BYTES;
  for (let i = 0; i < length; i++) {
    const [op, to, a, b, c] = code.subarray(5 * i, 5 * i + 5);
    words.set(
      [op, register(to), register(a), op >= 17 && op <= 22 ? from + 8 * b : register(b), register(c), 0],
      6 * i,
    );
  }
  return { program: instructions, register, end };
}

/**
 * The values of a program on many points: `inputs` one array a variable, all of one length; answers one array a formula.
 * What the ensembles compute for their walkers, for one call.
 */
export function evaluateOn(program: Program, inputs: readonly ArrayLike<number>[]): Float64Array[] {
  const m = machine();
  const loaded = load(m, program, m.base, 0);
  const n = inputs[0]?.length ?? 0;
  const out = program.outputs.map(() => new Float64Array(n));
  const view = (r: number, length: number) => new Float64Array(m.memory.buffer, loaded.register(r), length);
  for (let first = 0; first < n; first += LANES) {
    const count = Math.min(LANES, n - first);
    inputs.forEach((x, v) => {
      const lanes = view(v, count);
      for (let i = 0; i < count; i++) lanes[i] = x[first + i];
    });
    m.kernel.execute(loaded.program, program.length);
    program.outputs.forEach((r, k) => {
      out[k].set(view(r, count), first);
    });
  }
  return out;
}
