/** What `resolveLayers` makes of a network: layers in the order in which they run, with slots, shapes and offsets. */

/** Channels, height, width. The numbers of a dense layer are channels of one pixel: [n, 1, 1]. */
export type Shape = readonly [channels: number, height: number, width: number];

/** Says where one parameter lies in the flat vector. */
export interface ResolvedParameter {
  /** Name of the layer and role, such as conv1.weight. */
  readonly name: string;
  readonly role: 'weight' | 'bias';
  /** PyTorch's: [out, in, kernel, kernel], [out, in], [channels] or [channels, height, width]; row-major. */
  readonly shape: readonly number[];
  /** Place of its first number in the flat vector. */
  readonly offset: number;
  /** Product of its shape. */
  readonly size: number;
}

/** Holds what every layer has. Slots are activations; slot 0 is the input, and the layer `index` writes slot index + 1. */
export interface ResolvedBase {
  /** Place in the list, from 0. */
  readonly index: number;
  readonly name: string;
  /** Slots that it reads: one, and two for `add` (which may be the same one twice). */
  readonly inputs: readonly number[];
  /** The slot that it writes: index + 1. No slot is written twice. */
  readonly output: number;
  /** Shape of the first slot that it reads. */
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** Weight, then bias, one after the other in the flat vector; empty without weights. */
  readonly parameters: readonly ResolvedParameter[];
}

/** Settings of each kind, all filled in. */
export type ResolvedKind =
  | { readonly type: 'dense'; readonly bias: boolean }
  | {
      readonly type: 'conv';
      readonly kernel: number;
      readonly stride: number;
      readonly padding: number;
      readonly bias: boolean;
    }
  | { readonly type: 'max-pool' | 'average-pool'; readonly kernel: number; readonly stride: number }
  | { readonly type: 'global-average-pool' }
  | { readonly type: 'relu' | 'tanh' | 'gelu' }
  | { readonly type: 'layer-norm'; readonly epsilon: number }
  | {
      readonly type: 'batch-norm';
      /** One number for each channel. */
      readonly mean: Float64Array;
      readonly variance: Float64Array;
      readonly epsilon: number;
    }
  | { readonly type: 'dropout'; readonly rate: number }
  | { readonly type: 'add' };

/** One layer as it runs. `identity` leaves none: those who read its output read its input. */
export type ResolvedLayer = ResolvedBase & ResolvedKind;

/** Names the kind of a resolved layer. */
export type ResolvedType = ResolvedKind['type'];

/** Multiplies the sides of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);
