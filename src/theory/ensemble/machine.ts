/** The vector machine of kernels/ensemble, one for each thread, into which programs and blocks of walkers are written. */
import { ensemble as binary } from '../../kernels/ensemble.generated.js';
import { instantiate, type KernelBuild, kernelBuild } from '../../kernels/load.js';
import type { Program } from './program.js';

/** Number of walkers in a block. */
export const LANES = 128;
/** Bytes of a register: one float64 for each walker of a block. */
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

/** Holds the kernel and its memory. */
interface Machine {
  readonly kernel: EnsembleKernel;
  readonly memory: WebAssembly.Memory;
  /** First free address. */
  readonly base: number;
  /** The program in memory, and its addresses. */
  current?: { readonly program: Program; readonly loaded: Loaded };
}

const machines = new Map<KernelBuild, Machine>();

/** Returns the machine of this thread and build of the kernels, made at the first call. */
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

/** Gives the addresses of a program in the machine's memory, which holds [numbers][instructions][registers]. */
interface Loaded {
  /** Address of the first instruction. */
  readonly program: number;
  /** Returns the address of register i. */
  register(i: number): number;
}

/** Bytes between `base` and the program, reserved for the tables of its caller. */
const TABLES = 4096;

/** Writes a program into memory, unless it is there already, and returns its addresses. */
export function load(m: Machine, program: Program): Loaded {
  if (m.current?.program === program) return m.current.loaded;
  const { memory } = m;
  const from = m.base + TABLES;
  const { code, numbers, length } = program;
  const instructions = from + 8 * numbers.length;
  const registers = Math.ceil((instructions + 24 * length) / 64) * 64;
  const end = registers + program.registers * BYTES;
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
  const loaded = { program: instructions, register };
  m.current = { program, loaded };
  return loaded;
}
