/**
 * The layout of a network and its samples in the memory of the training kernel: the structures of
 * kernels/training/layout.ts.
 *
 * Weights are stored transposed, one padded row per input (see kernels/training/rows.ts), so that an input that is zero
 * costs nothing. Inputs are stored as floats when more than 60 % are nonzero; else, when they are bytes, packed into 4
 * bytes a nonzero input (row, byte); else as pairs (byte offset of the input's row, value). Packing matters because
 * random batches come from main memory, and a training step of a small network waits for them.
 *
 * Normalised inputs (x − m)/s that are zero before normalising keep costing nothing: x/s is stored, and the background −m/s is
 * multiplied once for each batch, W(−m/s) being added to the bias and Σ delta ⊗ (−m/s) to the gradient.
 */
import type { Samples } from '../data/dataset.js';
import { background, divisors, inputsOf } from '../data/inputs.js';
import { type LayerBlock, type LossKind, layersOf, type NetworkSpec } from '../model/network.js';
import { check } from '../numeric/errors.js';
import type { Arena } from './arena.js';

const NET_FIELDS = 12;
/** Number of the field that holds the divisor. */
const DIVISOR = 8;
const LAYER_FIELDS = 14;
const DENSE_ABOVE = 0.6;

/** Gives the addresses of one layer's arrays, in bytes. */
export interface PlacedLayer extends LayerBlock {
  readonly bytes: number;
  readonly weightsAt: number;
  readonly biasAt: number;
  /** Sums of gradients, and with momentum the velocity (else 0). */
  readonly gradientAt: number;
  readonly biasGradientAt: number;
  readonly velocityAt: number;
  readonly biasVelocityAt: number;
  readonly outAt: number;
  readonly deltaAt: number;
  readonly spansAt: number;
  readonly pairsAt: number;
  readonly rowsAt: number;
  readonly backSpansAt: number;
  readonly backPairsAt: number;
}

/** Describes samples in kernel memory. */
interface PlacedSamples {
  readonly count: number;
  readonly format: number;
  readonly divisor: number;
  /** Most nonzero inputs of a sample. */
  readonly fullest: number;
  readonly rowsAt: number;
  readonly labelsAt: number;
  readonly targetsAt: number;
  /**
   * Begin and end of the background of normalised inputs, which every sample has besides its own inputs; 0 without. Then
   * the two rows of outputs that its product and the sum of the deltas are kept in.
   */
  readonly background: readonly [span: number, product: number, deltas: number];
}

/**
 * Refuses samples that do not suit the network: wrong sizes, labels out of range, missing targets, numbers that are not
 * finite.
 * @throws InputError
 */
export function checkSamples(spec: NetworkSpec, samples: Samples): void {
  checkFit(spec.widths[0], spec.widths[spec.widths.length - 1], spec.loss, samples);
}

/**
 * Refuses samples that do not suit a network of so many inputs and outputs with this loss.
 * @throws InputError
 */
export function checkFit(inputs: number, outputs: number, loss: LossKind, samples: Samples): void {
  check(
    samples.size === inputs && samples.values.length === samples.count * samples.size,
    'input-size',
    () =>
      `the network takes ${inputs} inputs per sample; the data have ${samples.size} (${samples.values.length} values for ${samples.count} samples).`,
  );
  if (loss === 'cross-entropy') {
    const { labels } = samples;
    check(
      labels !== undefined && labels.length === samples.count,
      'no-labels',
      () =>
        `cross-entropy needs one label per sample; the data have ${labels?.length ?? 'none'} for ${samples.count} samples.`,
    );
    const bad = labels.findIndex((y) => y >= outputs);
    check(
      bad < 0,
      'label-range',
      () =>
        `the network has ${outputs} outputs, so labels must be 0 … ${outputs - 1}; sample ${bad} has label ${labels[bad]}.`,
    );
  } else {
    check(
      samples.targets?.length === samples.count * outputs,
      'no-targets',
      () =>
        `squared error needs ${outputs} targets per sample; the data have ${samples.targets?.length ?? 'none'} numbers for ${samples.count} samples.`,
    );
  }
  for (const part of [samples.values, samples.targets]) {
    if (!(part instanceof Float32Array)) continue;
    const bad = part.findIndex((x) => !Number.isFinite(x));
    check(bad < 0, 'non-finite-data', () => `inputs and targets must be finite; number ${bad} is ${part[bad]}.`);
  }
}

/** Returns the bytes of a padded row of `outputs` floats. */
const rowBytes = (outputs: number): number => Math.ceil(outputs / 4) * 16;

/** Formats of the inputs in kernel memory: the numbers of kernels/training/layout.ts. */
const FORMAT = { pairs: 0, dense: 1, packed: 2 } as const;

function survey(samples: Samples): { format: number; nonzeros: number; fullest: number; bytes: number } {
  const { values, size } = samples;
  const uniform = typeof divisors(samples) === 'number';
  let nonzeros = 0;
  let fullest = 0;
  for (let start = 0; start < values.length; start += size) {
    let n = 0;
    for (let i = start; i < start + size; i++) if (values[i] !== 0) n++;
    nonzeros += n;
    fullest = Math.max(fullest, n);
  }
  if (nonzeros > DENSE_ABOVE * values.length)
    return { format: FORMAT.dense, nonzeros, fullest, bytes: 4 * values.length };
  if (values instanceof Uint8Array && size < 65536 && uniform)
    return { format: FORMAT.packed, nonzeros, fullest, bytes: 4 * nonzeros };
  return { format: FORMAT.pairs, nonzeros, fullest, bytes: 8 * nonzeros };
}

/** Returns the bytes that `placeSamples` takes for the inputs and their row table. Cost: one pass. */
export function samplesBytes(samples: Samples): number {
  return survey(samples).bytes + 4 * samples.count + (samples.normalize ? 4 * samples.size : 0);
}

/**
 * Copies samples into kernel memory. Cost: two passes.
 * @throws InputError when packed inputs of the first layer would exceed 2^28 bytes
 */
export function placeSamples(arena: Arena, samples: Samples, firstRowBytes: number): PlacedSamples {
  const { count, size, values } = samples;
  const own = divisors(samples);
  const divisorOf = typeof own === 'number' ? () => own : (k: number) => own[k];
  const { format, fullest, bytes } = survey(samples);
  check(
    format !== FORMAT.packed || size * firstRowBytes < 2 ** 28,
    'too-wide',
    () =>
      `a first layer of ${size}×${firstRowBytes / 4} is too large for packed inputs; convert the inputs to Float32Array.`,
  );
  const rowsAt = arena.take(4 * (count + 1), 'the row table');
  const at = arena.take(bytes, 'the training inputs');
  const labelsAt = samples.labels ? arena.take(count, 'the labels') : 0;
  const targetsAt = samples.targets ? arena.take(4 * samples.targets.length, 'the targets') : 0;
  const rows = arena.u32(rowsAt, count + 1);
  if (format === FORMAT.dense) {
    const x = arena.f32(at, values.length);
    for (let s = 0; s < count; s++) inputsOf(samples, s, x.subarray(s * size, (s + 1) * size));
    for (let s = 0; s <= count; s++) rows[s] = at + 4 * size * s;
  } else {
    const word = arena.u32(at, bytes / 4);
    const value = arena.f32(at, bytes / 4);
    const packed = format === FORMAT.packed;
    let p = 0;
    for (let s = 0; s < count; s++) {
      rows[s] = at + 4 * p;
      for (let k = 0, i = s * size; k < size; k++, i++) {
        const v = values[i];
        if (v === 0) continue;
        if (packed) word[p++] = ((k * firstRowBytes) << 4) | v;
        else {
          word[p++] = k * firstRowBytes;
          value[p++] = v / divisorOf(k);
        }
      }
    }
    rows[count] = at + 4 * p;
  }
  if (samples.labels) arena.u8(labelsAt, count).set(samples.labels);
  if (samples.targets) arena.f32(targetsAt, samples.targets.length).set(samples.targets);
  const divisor = typeof own === 'number' ? own : 1;
  const shift = format === FORMAT.dense ? undefined : background(samples);
  return {
    count,
    format,
    divisor,
    fullest,
    rowsAt,
    labelsAt,
    targetsAt,
    background: shift ? placeBackground(arena, shift, firstRowBytes) : [0, 0, 0],
  };
}

function placeBackground(arena: Arena, shift: Float32Array, rowBytes: number): [number, number, number] {
  const at = arena.take(4 * shift.length, 'the normalisation');
  arena.f32(at, shift.length).set(shift);
  const span = arena.take(8, 'the normalisation');
  arena.u32(span, 2).set([at, at + 4 * shift.length]);
  return [span, arena.take(rowBytes, 'the normalisation'), arena.take(rowBytes, 'the normalisation')];
}

/**
 * Reserves the arrays of a network for batches of up to `capacity` samples.
 * @throws InputError when they do not fit the memory
 */
export function placeLayers(arena: Arena, spec: NetworkSpec, capacity: number, momentum: boolean): PlacedLayer[] {
  return layersOf(spec).map((layer, l) => {
    const bytes = rowBytes(layer.outputs);
    const weightsAt = arena.take(bytes * layer.inputs, 'the weights');
    const biasAt = spec.bias ? arena.take(bytes, 'the biases') : 0;
    return {
      ...layer,
      bytes,
      weightsAt,
      biasAt,
      gradientAt: arena.take(bytes * layer.inputs, 'the gradient'),
      biasGradientAt: spec.bias ? arena.take(bytes, 'the gradient') : 0,
      velocityAt: momentum ? arena.take(bytes * layer.inputs, 'the velocity') : 0,
      biasVelocityAt: momentum && spec.bias ? arena.take(bytes, 'the velocity') : 0,
      outAt: arena.take(bytes * capacity, 'the activations'),
      deltaAt: arena.take(bytes * capacity, 'the activations'),
      spansAt: arena.take(8 * capacity, 'the activations'),
      pairsAt: l === 0 ? 0 : arena.take(8 * (layer.inputs * capacity + 1), 'the activations'),
      rowsAt: l === 0 ? 0 : arena.take(rowBytes(layer.inputs) * layer.outputs, 'the weights'),
      backSpansAt: l === 0 ? 0 : arena.take(8 * capacity, 'the activations'),
      backPairsAt: l === 0 ? 0 : arena.take(8 * (layer.outputs * capacity + 1), 'the activations'),
    };
  });
}

/** Names the arrays that a pass adds its gradients to. */
export type Target = 'weights' | 'velocity' | 'gradient';

/**
 * Writes the Net structure for these layers and samples, and returns its address.
 * @param unpackedAt - space for a batch of inputs as pairs
 * @param moving - whether a pass changes the layer; all by default
 */
export function placeNet(
  arena: Arena,
  spec: NetworkSpec,
  layers: readonly PlacedLayer[],
  samples: PlacedSamples,
  unpackedAt: number,
  target: Target,
  moving: (layer: PlacedLayer) => boolean = () => true,
): number {
  const length = NET_FIELDS + LAYER_FIELDS * layers.length;
  const at = arena.take(4 * length, 'the network');
  const fields = arena.u32(at, length);
  const activation = ['relu', 'tanh', 'identity'].indexOf(spec.activation);
  const loss = spec.loss === 'cross-entropy' ? 0 : 1;
  const { format, rowsAt, labelsAt, targetsAt } = samples;
  fields.set([layers.length, activation, loss, format, rowsAt, labelsAt, targetsAt, unpackedAt]);
  arena.f32(at, NET_FIELDS)[DIVISOR] = samples.divisor;
  fields.set(samples.background, DIVISOR + 1);
  layers.forEach((l, i) => {
    const to = {
      weights: [l.weightsAt, l.biasAt],
      velocity: [l.velocityAt, l.biasVelocityAt],
      gradient: [l.gradientAt, l.biasGradientAt],
    }[target];
    const places = [
      l.weightsAt,
      l.biasAt,
      ...(moving(l) ? to : [0, 0]),
      l.outAt,
      l.deltaAt,
      l.spansAt,
      l.pairsAt,
      l.rowsAt,
      l.backSpansAt,
      l.backPairsAt,
    ];
    fields.set([l.inputs, l.outputs, l.bytes, ...places], NET_FIELDS + LAYER_FIELDS * i);
  });
  return at;
}
