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
  private readonly valuesAt: number;
  private readonly tableAt: number;
  private readonly format: number;
  readonly labelsAt: number;
  readonly targetsAt: number;
  private readonly free: Block[] = [];

  constructor(readonly samples: Samples) {
    const { kernel, memory } = planMachine();
    this.kernel = kernel;
    this.arena = new Arena(memory, kernel.heapBase());
    const { values, labels, targets, count } = samples;
    const table = byteTable(samples);
    this.format = table ? 2 : 1;
    this.valuesAt = this.arena.take(valueBytes(samples), 'the inputs of all samples');
    this.tableAt = this.arena.take(1024, 'the values of a byte');
    this.labelsAt = labels ? this.arena.take(count, 'the labels') : 0;
    this.targetsAt = targets ? this.arena.take(4 * targets.length, 'the targets') : 0;
    if (table) {
      this.arena.f32(this.tableAt, 256).set(table);
      this.arena.u8(this.valuesAt, values.length).set(values);
    } else {
      const all = this.arena.f32(this.valuesAt, values.length);
      for (let s = 0; s < count; s++) inputsOf(samples, s, all.subarray(s * samples.size, (s + 1) * samples.size));
      this.arena.f64(this.tableAt, 1)[0] = 1;
    }
    if (labels) this.arena.u8(this.labelsAt, count).set(labels);
    if (targets) this.arena.f32(this.targetsAt, targets.length).set(targets);
  }

  /** Returns the bytes of kernel memory that samples take. Cost: none to speak of. */
  static bytes(samples: Samples): number {
    return valueBytes(samples) + 1024 + (samples.labels?.length ?? 0) + 4 * (samples.targets?.length ?? 0);
  }

  /** Returns what gathers a batch into x, in planes with a border where it is not 0. */
  gather(x: number, border: number, width: number, height: number): Instruction[] {
    const { valuesAt: values, tableAt: divisor, format, samples } = this;
    const shape = border > 0 ? { width, height, border } : {};
    return [{ op: 'gather', values, x, divisor, size: samples.size, format, ...shape }];
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
