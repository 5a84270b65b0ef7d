/**
 * Programs of the plan machine run over the samples of a data set, block by block, at weights that can be moved. Inputs stay as
 * they are (bytes or float32) in the memory of the machine; states exist for one block of samples at a time.
 */
import type { Samples } from '../../data/dataset.js';
import { weightsOf } from '../../model/layered/parameters.js';
import { type ResolvedLayer, sizeOf } from '../../model/layered/resolved.js';
import type { LossKind } from '../../model/network.js';
import type { Placed, Program } from '../../model/plan/draft.js';
import { encode } from '../../model/plan/ops.js';
import { check } from '../../numeric/errors.js';
import { Arena } from '../../train/arena.js';
import { sameNumbers } from '../network/points.js';
import type { PassMachine } from './machine.js';

/** The samples that a pass runs over, in their order, and the share c_k of each in a mean. */
export interface Asked {
  readonly samples: Uint32Array;
  readonly shares: Float64Array;
}

/** A block of samples in the lanes of the machine. */
export interface RunningBlock {
  /** Position of its first sample among the asked ones, and how many it has. */
  readonly first: number;
  readonly count: number;
  /** Runs a section of the program. */
  run(section: number): void;
}

/** Precision of a program. */
export type PassPrecision = 'float64' | 'float32';
/** Most and fewest samples in a block, and the bytes that the largest slot of a block may take: it should fit the second-level cache. */
const MOST_LANES = { float64: 32, float32: 64 };
const FEWEST_LANES = 8;
const SLOT_BYTES = 2 ** 20;
/** Programs that are kept compiled. */
const KEPT = 24;

/** Runs programs over samples. */
export class LayeredPasses {
  private readonly arena: Arena;
  private readonly placed: Omit<Placed, 'lanes' | 'numberBytes' | 'weights'>;
  private readonly weightsAt: Readonly<Record<PassPrecision, number>>;
  private readonly orderAt: number;
  private readonly weights: Float64Array;
  private readonly programs = new Map<string, { program: Program; records: Int32Array }>();
  private current: Program | undefined;
  /** What section 0 left for the program, samples and weights that were asked for last, block by block. */
  private states: { program: Program; asked: Asked; blocks: Float64Array[]; bytes: number } | undefined;
  private recordsAt = 0;

  /** @param programBytes - what a program may take beside the samples @param cacheBytes - what states may take that are kept */
  constructor(
    layers: readonly ResolvedLayer[],
    loss: LossKind,
    { values, divisor, normalize, labels, targets, size, count }: Samples,
    private readonly machine: PassMachine,
    private readonly programBytes: number,
    private readonly cacheBytes: number,
  ) {
    const weights = weightsOf(layers);
    const arena = new Arena(machine.memory, machine.heapBase());
    this.arena = arena;
    this.weights = new Float64Array(weights).fill(Number.NaN);
    const bytes = values instanceof Uint8Array;
    const valuesAt = arena.take(values.byteLength, 'the inputs of all samples');
    const divisorAt = arena.take(8, 'the divisor');
    const normalAt = normalize ? arena.take(16 * size, 'the normalisation') : 0;
    const labelsAt = labels ? arena.take(count, 'the labels') : 0;
    const targetsAt = targets ? arena.take(targets.byteLength, 'the targets') : 0;
    this.weightsAt = {
      float64: arena.take(8 * (weights + MOST_LANES.float64), 'the weights'),
      float32: arena.take(4 * (weights + MOST_LANES.float32), 'the weights'),
    };
    this.orderAt = arena.take(4 * MOST_LANES.float32, 'the order');
    const base = arena.take(0, 'the programs');
    if (bytes) arena.u8(valuesAt, values.length).set(values);
    else arena.f32(valuesAt, values.length).set(values);
    arena.f64(divisorAt, 1)[0] = divisor;
    if (normalize) {
      arena.f64(normalAt, size).set(normalize.mean);
      arena.f64(normalAt + 8 * size, size).set(normalize.std);
    }
    if (labels) arena.u8(labelsAt, labels.length).set(labels);
    if (targets) arena.f32(targetsAt, targets.length).set(targets);
    this.placed = {
      layers,
      loss,
      size: weights,
      inputs: { values: valuesAt, divisor: divisorAt, normal: normalAt, format: bytes ? 0 : 1 },
      labels: labelsAt,
      targets: targetsAt,
      base,
    };
  }

  /** Returns a view of float64 numbers in the memory of the machine, valid until another program is made ready. */
  view(at: number, length: number): Float64Array {
    return this.arena.f64(at, length);
  }

  /** Returns a view of numbers of a program in its own precision. */
  numbers({ numberBytes }: Program, at: number, length: number): Float64Array | Float32Array {
    return numberBytes === 8 ? this.arena.f64(at, length) : this.arena.f32(at, length);
  }

  /** Moves to other weights. */
  setWeights(w: Float64Array): void {
    if (sameNumbers(w, this.weights)) return;
    this.weights.set(w);
    this.states = undefined;
    this.view(this.weightsAt.float64, w.length).set(w);
    this.arena.f32(this.weightsAt.float32, w.length).set(w);
  }

  /**
   * Makes a program ready, so that its areas can be written: it is compiled when it is first asked for under this name, for as many
   * lanes as suit `count` samples and fit the memory.
   * @throws InputError where not even the smallest block fits
   */
  ready<P extends Program>(
    name: string,
    count: number,
    make: (placed: Placed) => P,
    precision: PassPrecision = 'float64',
  ): P {
    // blocks of one size, so that the last one is not mostly padding
    const blocks = Math.ceil(count / this.lanesFor(precision));
    const most = 4 * Math.ceil(count / blocks / 4);
    const key = `${name}, ${most} in ${precision}`;
    const known = this.programs.get(key) ?? this.compile(most, precision, make);
    this.programs.delete(key);
    this.programs.set(key, known);
    if (this.programs.size > KEPT) this.programs.delete(this.programs.keys().next().value!);
    const { program, records } = known;
    if (this.current === program) return program as P;
    this.recordsAt = program.end;
    this.grow(this.recordsAt + records.byteLength);
    for (const { at, values } of program.constants) this.numbers(program, at, values.length).set(values);
    new Int32Array(this.arena.memory.buffer, this.recordsAt, records.length).set(records);
    this.current = program;
    return program as P;
  }

  /**
   * Goes through all blocks of what is asked, in their order. `visit` runs the sections of a block and reads what they left; where
   * the program multiplies by shares, they are `shareOf` of those of the samples.
   */
  async blocks(
    program: Program,
    { samples, shares }: Asked,
    visit: (block: RunningBlock) => void,
    step: () => Promise<void> | undefined,
    shareOf: (c: number) => number = (c) => c,
  ): Promise<void> {
    const { machine, recordsAt, orderAt } = this;
    const { lanes, sections, numberBytes } = program;
    const run = (section: number) => {
      const [from, to] = sections[section];
      if (numberBytes === 8) machine.run64(recordsAt, from, to);
      else machine.run32!(recordsAt, from, to);
    };
    for (let first = 0; first < samples.length; first += lanes) {
      const count = Math.min(lanes, samples.length - first);
      this.arena.u32(orderAt, count).set(samples.subarray(first, first + count));
      machine.setOrder(orderAt);
      machine.setLanes(lanes, count);
      if (program.shares) {
        const row = this.numbers(program, program.shares, lanes).fill(0);
        for (let i = 0; i < count; i++) row[i] = shareOf(shares[first + i]);
      }
      visit({ first, count, run });
      await step();
    }
  }

  /** Runs section 0 of a block, or restores what it left before. Not for programs in float32. */
  restoreOr(program: Program, asked: Asked, { first, run }: RunningBlock): void {
    const b = first / program.lanes;
    const same = this.states?.program === program && sameAsked(this.states.asked, asked);
    if (!same) this.states = { program, asked, blocks: [], bytes: 0 };
    const states = this.states!;
    const known = states.blocks[b];
    let from = 0;
    if (known) {
      for (const { at, length } of program.kept) this.view(at, length).set(known.subarray(from, (from += length)));
      return;
    }
    run(0);
    const length = program.kept.reduce((sum, k) => sum + k.length, 0);
    if (states.bytes + 8 * length > this.cacheBytes) return;
    const own = new Float64Array(length);
    for (const kept of program.kept) {
      own.set(this.view(kept.at, kept.length), from);
      from += kept.length;
    }
    states.blocks[b] = own;
    states.bytes += 8 * length;
  }

  /** Returns how many samples a block has where there are many. */
  private lanesFor(precision: PassPrecision): number {
    const largest = Math.max(...this.placed.layers.map((l) => sizeOf(l.outputShape)));
    const fit = Math.floor(SLOT_BYTES / ((precision === 'float64' ? 8 : 4) * largest));
    return Math.max(FEWEST_LANES, Math.min(MOST_LANES[precision], 4 * Math.floor(fit / 4)));
  }

  private compile(most: number, precision: PassPrecision, make: (placed: Placed) => Program) {
    const numberBytes = precision === 'float64' ? 8 : 4;
    const least = 16 / numberBytes;
    const weights = this.weightsAt[precision];
    for (let lanes = most; ; lanes = least * Math.ceil(lanes / 2 / least)) {
      const program = make({ ...this.placed, weights, numberBytes, lanes });
      const bytes = program.end - this.placed.base;
      if (bytes <= this.programBytes) return { program, records: encode(program.instructions) };
      check(
        lanes > least,
        'too-large',
        () =>
          `a pass through this network needs ${gib(bytes)} GiB for ${least} samples, and ${gib(this.programBytes)} GiB are allowed; allow more memory, or measure fewer weights or directions at a time.`,
      );
    }
  }

  private grow(end: number): void {
    const { memory } = this.arena;
    const pages = Math.ceil((end + 64) / 65536);
    check(
      pages <= 65536,
      'too-large',
      () =>
        `the samples and a pass through this network need ${gib(end)} GiB, and a kernel can address 4; use fewer samples, or allow passes less memory.`,
    );
    const missing = pages - memory.buffer.byteLength / 65536;
    if (missing > 0) memory.grow(missing);
  }
}

const gib = (bytes: number) => (bytes / 2 ** 30).toFixed(2);

/** Says whether two requests ask for the same; those who ask must not change what they asked with. */
function sameAsked(a: Asked, b: Asked): boolean {
  return sameNumbers(a.samples, b.samples) && sameNumbers(a.shares, b.shares);
}
