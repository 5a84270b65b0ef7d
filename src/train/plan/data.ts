/** Samples in the memory of a plan machine, where several trainers, one after another or in turns, can use them. */
import type { Samples } from '../../data/dataset.js';
import { inputsOf } from '../../data/inputs.js';
import { type PlanKernel, planMachine } from '../../model/plan/machine.js';
import type { Instruction } from '../../model/plan/ops.js';
import { Arena } from '../arena.js';

interface Block {
  readonly at: number;
  readonly bytes: number;
}

/**
 * Holds one set of samples in kernel memory, and lends the rest of that memory to trainers. Inputs take a byte each (4 bytes
 * for float32), so that a second trainer on the same samples costs no second copy.
 */
export class PackedSamples {
  readonly kernel: PlanKernel;
  readonly arena: Arena;
  private dense: { readonly values: number; readonly table: number; readonly format: number } | undefined;
  private sparse: SparseSamples | undefined;
  readonly labelsAt: number;
  readonly targetsAt: number;
  private readonly free: Block[] = [];

  constructor(readonly samples: Samples) {
    const { kernel, memory } = planMachine();
    this.kernel = kernel;
    this.arena = new Arena(memory, kernel.heapBase());
    const { labels, targets, count } = samples;
    this.labelsAt = labels ? this.arena.take(count, 'the labels') : 0;
    this.targetsAt = targets ? this.arena.take(4 * targets.length, 'the targets') : 0;
    if (labels) this.arena.u8(this.labelsAt, count).set(labels);
    if (targets) this.arena.f32(this.targetsAt, targets.length).set(targets);
  }

  /** Returns the bytes of kernel memory that samples take, packed for a sparse first layer or whole. Cost: one pass. */
  static bytes(samples: Samples, sparse: boolean): number {
    const inputs = sparse ? 4 * (nonzeros(samples).all + samples.count + 1) : valueBytes(samples) + 1024;
    return inputs + (samples.labels?.length ?? 0) + 4 * (samples.targets?.length ?? 0);
  }

  /** Returns what gathers a batch into x, in planes with a border where it is not 0. */
  gather(x: number, border: number, width: number, height: number): Instruction[] {
    this.dense ??= this.placeDense();
    const { values, table: divisor, format } = this.dense;
    const shape = border > 0 ? { width, height, border } : {};
    return [{ op: 'gather', values, x, divisor, size: this.samples.size, format, ...shape }];
  }

  /** Returns the samples packed for a first layer that reads nothing but the inputs that are not 0. */
  packed(): SparseSamples {
    this.sparse ??= this.placeSparse();
    return this.sparse;
  }

  private placeDense() {
    const { arena, samples } = this;
    const { values, count, size } = samples;
    const table = byteTable(samples);
    const at = arena.take(valueBytes(samples), 'the inputs of all samples');
    const tableAt = arena.take(1024, 'the values of a byte');
    if (table) {
      arena.f32(tableAt, 256).set(table);
      arena.u8(at, values.length).set(values);
    } else {
      const all = arena.f32(at, values.length);
      for (let s = 0; s < count; s++) inputsOf(samples, s, all.subarray(s * size, (s + 1) * size));
      arena.f64(tableAt, 1)[0] = 1;
    }
    return { values: at, table: tableAt, format: table ? 2 : 1 };
  }

  private placeSparse(): SparseSamples {
    const { arena, samples } = this;
    const { values, count, size, divisor } = samples;
    const { all, fullest } = nonzeros(samples);
    const rows = arena.take(4 * (count + 1), 'the row table');
    const at = arena.take(4 * all, 'the inputs of all samples');
    const divisorAt = arena.take(4, 'the divisor');
    const starts = arena.u32(rows, count + 1);
    const words = arena.u32(at, all);
    let p = 0;
    for (let s = 0, i = 0; s < count; s++) {
      starts[s] = at + 4 * p;
      for (let k = 0; k < size; k++, i++) if (values[i] !== 0) words[p++] = (k << 8) | values[i];
    }
    starts[count] = at + 4 * p;
    arena.f32(divisorAt, 1)[0] = divisor;
    return { rows, divisor: divisorAt, fullest };
  }

  /** Lends zeroed memory, a piece that was given back where one is large enough. */
  lend(bytes: number, what: string): number {
    const found = this.free.findIndex((b) => b.bytes >= bytes && b.bytes <= 2 * bytes);
    const at = found < 0 ? this.arena.take(bytes, what) : this.free.splice(found, 1)[0].at;
    if (found >= 0) this.arena.u8(at, bytes).fill(0);
    return at;
  }

  /** Takes memory back. */
  giveBack(at: number, bytes: number): void {
    this.free.push({ at, bytes });
  }
}

/** Samples of which only the inputs that are not 0 are kept: the table of their rows, the divisor, and the most inputs of one. */
export interface SparseSamples {
  readonly rows: number;
  readonly divisor: number;
  readonly fullest: number;
}

/** Share of inputs that are not 0 above which a first layer reads all of them. */
const DENSE_ABOVE = 0.6;

/** Counts the inputs that are not 0, and the most that a sample has. */
export function nonzeros({ values, count, size }: Samples): { readonly all: number; readonly fullest: number } {
  let [all, fullest] = [0, 0];
  for (let s = 0, i = 0; s < count; s++) {
    let own = 0;
    for (const end = i + size; i < end; i++) if (values[i] !== 0) own++;
    all += own;
    fullest = Math.max(fullest, own);
  }
  return { all, fullest };
}

/** Says whether a first dense layer should leave zeros out: bytes with many zeros that are not normalised. */
export function isSparse(samples: Samples): boolean {
  const { values, normalize, size } = samples;
  if (!(values instanceof Uint8Array) || normalize || size >= 65536) return false;
  return nonzeros(samples).all <= DENSE_ABOVE * values.length;
}

/** Returns the float32 number that each byte stands for, where it is the same for all inputs. */
function byteTable({ values, divisor, normalize, size }: Samples): Float32Array | undefined {
  if (!(values instanceof Uint8Array)) return undefined;
  const same = (v: Float64Array) => v.every((x) => x === v[0]);
  if (normalize && !(same(normalize.mean) && same(normalize.std))) return undefined;
  const [mean, std] = normalize && size > 0 ? [normalize.mean[0], normalize.std[0]] : [0, 1];
  return Float32Array.from({ length: 256 }, (_, v) => (normalize ? (v / divisor - mean) / std : v / divisor));
}

function valueBytes(samples: Samples): number {
  return (byteTable(samples) ? 1 : 4) * samples.values.length;
}
