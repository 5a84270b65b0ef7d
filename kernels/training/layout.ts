// The structures that src/train/layout.ts writes into memory: one Net, followed by its Layers. All fields are 4 bytes.

@unmanaged
/** Describes a network and its samples. */
export class Net {
  layers: i32;
  /** 0 ReLU, 1 tanh, 2 identity. */
  activation: i32;
  /** 0 softmax cross-entropy, 1 squared error. */
  loss: i32;
  /**
   * 0: pairs of (byte offset, value); 1: plain floats; 2: packed, (offset/16 « 8 | byte), the value being byte /
   * divisor.
   */
  format: i32;
  /** Byte address of every sample's inputs, count + 1 of them. */
  rows: usize;
  /** One byte per sample, or 0. */
  labels: usize;
  /** outputs floats per sample, or 0. */
  targets: usize;
  /** Space for a batch of unpacked pairs, and the divisor of packed bytes. */
  unpacked: usize;
  divisor: f32;
  /** Begin and end of plain floats that every sample has besides its own inputs (normalisation), or 0. */
  background: usize;
  /** A row each: the bias of the first layer with the background's product, and the sum of the batch's deltas. */
  shifted: usize;
  summed: usize;
}

@unmanaged
/** Describes one layer. */
export class Layer {
  inputs: i32;
  outputs: i32;
  /** Bytes of a padded row of Wᵀ, of out and of delta. */
  bytes: i32;
  /** Wᵀ, inputs rows. */
  weights: usize;
  /** One row, or 0. */
  bias: usize;
  /**
   * What the step adds to: the weights themselves, or with momentum the velocity; 0 for a layer that is not trained.
   */
  target: usize;
  biasTarget: usize;
  /** Activations of the batch, and the loss's derivative by the pre-activations times the step's scale. */
  out: usize;
  delta: usize;
  /** Per sample: begin and end of this layer's inputs. */
  spans: usize;
  /** Space for the compressed inputs of layers above a ReLU. */
  pairs: usize;
  /** W itself, outputs rows of padded inputs: copied before the deltas of the layer below are computed. */
  rows: usize;
  /** Per sample: begin and end of this layer's deltas as inputs of that product, and space for them as pairs. */
  backSpans: usize;
  backPairs: usize;
}

/** Returns layer l of a net. */
// @ts-ignore: decorator
@inline
export function layerOf(net: Net, l: i32): Layer {
  return changetype<Layer>(changetype<usize>(net) + offsetof<Net>() + <usize>l * offsetof<Layer>());
}

/** Says whether the inputs of layer l are plain floats. */
// @ts-ignore: decorator
@inline
export function takesDense(net: Net, l: i32): bool {
  return l == 0 ? net.format == 1 : net.activation != 0;
}
