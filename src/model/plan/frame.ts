/**
 * Where a network of layers lies in the memory of the plan machine: its slots as rows of lanes, constants of its layers, and
 * flat vectors of its weights. Addresses are handed out upwards from a base, so that the memory of a plan is known before any
 * of it is reserved.
 */
import { slotShape } from '../layered/parameters.js';
import { type ResolvedLayer, sizeOf } from '../layered/resolved.js';
import type { Instruction } from './ops.js';

/** Bytes between two areas: kernels may read a few vectors past an end. */
const SPARE = 64;

/** A range of numbers: an address, and how many there are. */
export interface Area {
  readonly at: number;
  readonly length: number;
}

/** Hands out addresses, multiples of 16, from a base upwards. */
export class Layout {
  /** Addresses and numbers of all rows that were reserved, in order. */
  readonly tensors: Area[] = [];
  private next: number;

  /** @param lanes - numbers in a row @param numberBytes - 8 for float64, 4 for float32 */
  constructor(
    base: number,
    readonly lanes: number,
    readonly numberBytes: 4 | 8 = 8,
  ) {
    this.next = align(base);
  }

  /** The first address that is not taken. */
  get end(): number {
    return this.next;
  }

  /** Returns the bytes of a row of lanes. */
  get rowBytes(): number {
    return this.lanes * this.numberBytes;
  }

  /** Reserves rows of lanes. */
  rows(count: number): number {
    const at = this.bytes(count * this.rowBytes);
    this.tensors.push({ at, length: count * this.lanes });
    return at;
  }

  /** Reserves plain numbers. */
  numbers(count: number): number {
    return this.bytes(count * this.numberBytes);
  }

  bytes(count: number): number {
    const at = this.next;
    this.next = align(at + count) + SPARE;
    return at;
  }
}

const align = (at: number) => 16 * Math.ceil(at / 16);

/** Numbers that a plan reads and that are written once. */
export interface Constant {
  readonly at: number;
  readonly values: ArrayLike<number>;
}

/** Says which parameters of a layer a pass moves, or of which it computes derivatives. */
export interface Part {
  readonly weight: boolean;
  readonly bias: boolean;
}

/** Parts by the index of their layer; layers that are not named have none. */
export type Parts = ReadonlyMap<number, Part>;

/** Lists which parameters hold numbers of these ranges of the flat vector. */
export function partsOf(
  layers: readonly ResolvedLayer[],
  ranges: readonly { readonly offset: number; readonly size: number }[],
): Parts {
  const parts = new Map<number, Part>();
  for (const { index, parameters } of layers) {
    const holds = (role: 'weight' | 'bias') =>
      parameters.some(
        (p) => p.role === role && ranges.some((r) => r.offset < p.offset + p.size && p.offset < r.offset + r.size),
      );
    const part = { weight: holds('weight'), bias: holds('bias') };
    if (part.weight || part.bias) parts.set(index, part);
  }
  return parts;
}

/** Returns the parts that are all parameters of all layers. */
export const allParts = (layers: readonly ResolvedLayer[]): Parts =>
  partsOf(layers, [{ offset: 0, size: Number.MAX_SAFE_INTEGER }]);

/** Holds what all passes of one plan share: the values of the slots and what layers keep for their derivatives. */
export class Frame {
  readonly instructions: Instruction[] = [];
  readonly constants: Constant[] = [];
  readonly values: Bank;
  /** Slots whose numbers are in the memory of another slot: of a dropout, which is off, and of a ReLU that writes over its input. */
  private readonly roots: number[] = [];
  private readonly kept = new Map<string, number>();
  /** How many layers read each slot; see `readers`. */
  private readonly counts: readonly number[];

  /** @param weights - address of the flat vector of weights */
  constructor(
    readonly layers: readonly ResolvedLayer[],
    readonly layout: Layout,
    readonly weights: number,
  ) {
    this.counts = this.countReaders();
    layers.forEach(({ type, inputs: [x], output }) => {
      const over = type === 'relu' && x !== 0 && this.root(x) !== 0 && this.readers(x) === 1;
      this.roots[output] = type === 'dropout' || over ? this.root(x) : output;
    });
    this.values = new Bank(this);
  }

  push(...instructions: Instruction[]): void {
    this.instructions.push(...instructions);
  }

  /** Returns the numbers of a slot in one lane. */
  size(slot: number): number {
    return sizeOf(slotShape(this.layers, slot));
  }

  /** Returns the slot in whose memory a slot lies. */
  root(slot: number): number {
    return this.roots[slot] ?? slot;
  }

  /** The slot of the network's outputs. */
  get outputs(): number {
    return this.layers[this.layers.length - 1].output;
  }

  /** Says how many layers read a slot, other than dropouts, whose readers count for the slot that they read. */
  readers(slot: number): number {
    return this.counts[this.plain(slot)];
  }

  /** Returns the ReLU that writes over what a layer writes, if there is one. */
  rectifier(layer: ResolvedLayer): ResolvedLayer | undefined {
    return this.layers.find((l) => l.type === 'relu' && l.inputs[0] === layer.output && this.writesOver(l));
  }

  /** Says whether a ReLU writes over its input. */
  writesOver(layer: ResolvedLayer): boolean {
    return layer.type === 'relu' && this.root(layer.output) === this.root(layer.inputs[0]);
  }

  /**
   * Returns the one layer that reads what a ReLU writes over its input, where its backward pass can multiply by the slope as well:
   * a dense layer, a convolution or a max pool.
   */
  masking(layer: ResolvedLayer): ResolvedLayer | undefined {
    if (!this.writesOver(layer) || this.readers(layer.output) !== 1) return undefined;
    return this.layers.find(
      ({ type, inputs }) =>
        inputs.includes(layer.output) && (type === 'dense' || type === 'conv' || type === 'max-pool'),
    );
  }

  /** Reserves memory under a name, once. */
  keep(name: string, reserve: (layout: Layout) => number): number {
    const at = this.kept.get(name) ?? reserve(this.layout);
    this.kept.set(name, at);
    return at;
  }

  /** Places numbers that do not change. */
  constant(name: string, values: ArrayLike<number>): number {
    return this.keep(name, (layout) => {
      const at = layout.numbers(values.length);
      this.constants.push({ at, values });
      return at;
    });
  }

  /** Follows dropouts down. */
  private plain(slot: number): number {
    const layer = slot > 0 ? this.layers[slot - 1] : undefined;
    return layer?.type === 'dropout' ? this.plain(layer.inputs[0]) : slot;
  }

  private countReaders(): number[] {
    const readers: number[] = new Array(this.layers.length + 1).fill(0);
    for (const { type, inputs } of this.layers)
      if (type !== 'dropout') for (const x of inputs) readers[this.plain(x)]++;
    return readers;
  }
}

/** One tensor for each slot, reserved when it is first named. */
export class Bank {
  private readonly at: number[] = [];
  constructor(private readonly frame: Frame) {}

  of(slot: number): number {
    const root = this.frame.root(slot);
    this.at[root] ??= this.frame.layout.rows(this.frame.size(root));
    return this.at[root];
  }
}

/** Returns, for each slot, whether it depends on the parameters of these parts. */
export function movedSlots(layers: readonly ResolvedLayer[], parts: Parts): boolean[] {
  const moved = [false];
  for (const { index, inputs, output } of layers) moved[output] = parts.has(index) || inputs.some((x) => moved[x]);
  return moved;
}
