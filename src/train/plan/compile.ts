/**
 * A network compiled for training in float32: instructions of a forward pass, losses, a backward pass and weight gradients,
 * and the memory that they use.
 *
 * A ReLU or tanh that alone reads its input works in place, and a ReLU after a convolution or dense layer is part of its
 * instruction; going back, its mask is part of the instruction that makes the gradient where that can be. A gradient takes the
 * place of an activation that nothing needs any more. Gradients are not computed below the lowest layer that is trained.
 */
import type { ResolvedLayer } from '../../model/layered/resolved.js';
import { sizeOf } from '../../model/layered/resolved.js';
import type { LossKind } from '../../model/network.js';
import type { Instruction } from '../../model/plan/ops.js';
import { forwardOf, inputOf, type LayerPlaces, weightsOf } from './layers.js';
import type { Room } from './room.js';

/** Where the weights of a network lie, and where the gradients of each layer go. */
export interface ParameterPlaces {
  weight(layer: ResolvedLayer): number;
  bias(layer: ResolvedLayer): number;
}

/** What a network is compiled for. */
export interface CompileRequest {
  readonly layers: readonly ResolvedLayer[];
  readonly loss: LossKind;
  readonly room: Room;
  readonly weights: ParameterPlaces;
  /** Says whether a layer is trained. */
  readonly trained: (layer: ResolvedLayer) => boolean;
  /** Returns what gathers a batch into `x`, whose planes have a border, or the first layer itself where it reads sparse data. */
  readonly gather: (x: number, border: number) => Instruction[];
  readonly sparse?: SparseLayer;
  readonly labels: number;
  readonly targets: number;
  /** Two numbers that the masks of dropout depend on. */
  readonly key: readonly [number, number];
}

/** The first dense layer where it reads sparse samples itself. */
export interface SparseLayer {
  forward(y: number, relu: boolean): Instruction[];
  weights(dy: number, to: ParameterPlaces, factor: number, accumulate: boolean): Instruction[];
}

/** A compiled network. */
export interface Compiled {
  /** Forward and losses in training, with dropout. */
  readonly forward: readonly Instruction[];
  /** Forward and losses in evaluation. */
  readonly evaluate: readonly Instruction[];
  /** Backward pass of one or the other; gradients times the number at `factor` are set at `to`, or added where `accumulate` says so. */
  backward(to: ParameterPlaces, factor: number, accumulate: boolean, training: boolean): Instruction[];
  /** The row of losses, and that of correct predictions, 0 for squared error. */
  readonly lossRow: number;
  readonly correctRow: number;
  /** Rows that must be zero before the first pass, and again when the number of lanes changes: the border of the input. */
  readonly border: { readonly at: number; readonly rows: number };
  /** Address of an activation and of its gradient (0 where there is none). */
  activation(slot: number): number;
  gradient(slot: number): number;
}

const IN_PLACE = new Set(['relu', 'tanh']);

/** Compiles a network. */
export function compile(request: CompileRequest): Compiled {
  const { layers, loss, room, weights, trained, gather, sparse, key } = request;
  const slots = layers.length + 1;
  const consumers = Array.from({ length: slots }, (): ResolvedLayer[] => []);
  for (const layer of layers) for (const slot of new Set(layer.inputs)) consumers[slot].push(layer);
  const producer = (slot: number): ResolvedLayer | undefined => layers[slot - 1];
  const shapeOf = (slot: number) => (slot === 0 ? layers[0].inputShape : layers[slot - 1].outputShape);

  /** Says whether a layer writes over its input. */
  const inPlace = (layer: ResolvedLayer): boolean => {
    const [slot] = layer.inputs;
    const before = producer(slot);
    return (
      IN_PLACE.has(layer.type) &&
      consumers[slot].length === 1 &&
      before !== undefined &&
      !IN_PLACE.has(before.type) &&
      before.type !== 'gelu'
    );
  };
  /** The ReLU that is part of the instruction of the layer before it. */
  const fused = new Set<ResolvedLayer>();
  for (const layer of layers) if (layer.type === 'relu' && inPlace(layer)) fused.add(layer);
  const rectified = (layer: ResolvedLayer) =>
    consumers[layer.output].length === 1 && fused.has(consumers[layer.output][0]);

  // activations
  const border = layers[0].type === 'conv' && consumers[0].length === 1 ? layers[0].padding : 0;
  const [channels, height, width] = shapeOf(0);
  const inputRows = channels * (height + 2 * border) * (width + 2 * border);
  const a: number[] = [sparse ? 0 : room.rows(inputRows)];
  const kept: number[] = [];
  const constants: number[][] = [];
  for (const layer of layers) {
    a[layer.output] = inPlace(layer) ? a[layer.inputs[0]] : room.rows(sizeOf(layer.outputShape));
    kept.push(keptOf(layer, room));
    constants.push(constantsOf(layer, room, key));
  }
  const scratchRows = Math.max(0, ...layers.filter((l) => l.type === 'batch-norm').map((l) => sizeOf(l.outputShape)));
  const scratch = scratchRows > 0 ? room.rows(scratchRows) : 0;
  const places = (layer: ResolvedLayer): LayerPlaces => ({
    x: a[layer.inputs[0]],
    y: a[layer.output],
    weight: weights.weight(layer),
    bias: weights.bias(layer),
    kept: kept[layer.index],
    scratch,
    constants: constants[layer.index],
    border: layer.inputs[0] === 0 ? border : 0,
  });

  // gradients
  const needs: boolean[] = [false];
  for (const layer of layers)
    needs[layer.output] = layer.inputs.some((s) => needs[s]) || (layer.parameters.length > 0 && trained(layer));
  const last = layers.length;
  const g = gradientPlaces(request, a, needs, consumers, inPlace);

  const run = (training: boolean): Instruction[] => {
    const list = sparse ? [] : [...gather(a[0], border)];
    for (const layer of layers) {
      if (fused.has(layer)) continue;
      if (sparse && layer.index === 0) list.push(...sparse.forward(a[1], rectified(layer)));
      else list.push(...forwardOf(layer, places(layer), a[layer.inputs[1] ?? 0], rectified(layer), training));
    }
    return list;
  };
  const lossRow = room.rows(1);
  const labelRow = room.rows(1);
  const correctRow = loss === 'cross-entropy' ? room.rows(1) : 0;
  const outputs = sizeOf(shapeOf(last));
  const targetRows = loss === 'cross-entropy' ? 0 : room.rows(outputs);
  const judge = (delta: number): Instruction[] =>
    loss === 'cross-entropy'
      ? [
          { op: 'gatherLabels', values: request.labels, labels: labelRow },
          {
            op: 'crossEntropy',
            z: a[last],
            labels: labelRow,
            loss: lossRow,
            delta,
            correct: correctRow,
            classes: outputs,
          },
        ]
      : [
          { op: 'gatherTargets', values: request.targets, x: targetRows, outputs },
          { op: 'squaredError', z: a[last], targets: targetRows, loss: lossRow, delta, outputs },
        ];

  const backward = (to: ParameterPlaces, factor: number, accumulate: boolean, training: boolean): Instruction[] => {
    const list: Instruction[] = [];
    const written = new Set<number>([last]);
    for (const layer of layers.toReversed()) {
      if (!needs[layer.output]) continue;
      const dy = g[layer.output];
      for (const slot of layer.inputs) {
        if (!needs[slot]) continue;
        const done = masked(layer, consumers) && fused.has(layer);
        if (!done || g[slot] !== dy) {
          const mask = maskFor(layer, slot, producer(slot), fused, consumers, a);
          list.push(...inputOf(layer, places(layer), dy, g[slot], mask, written.has(slot), training));
        }
        written.add(slot);
      }
      if (layer.parameters.length === 0 || !trained(layer)) continue;
      if (sparse && layer.index === 0) list.push(...sparse.weights(dy, to, factor, accumulate));
      else list.push(...weightsOf(layer, places(layer), dy, to.weight(layer), to.bias(layer), factor, accumulate));
    }
    return list;
  };

  return {
    forward: [...run(true), ...judge(g[last])],
    evaluate: [...run(false), ...judge(0)],
    backward,
    lossRow,
    correctRow,
    border: { at: a[0], rows: border > 0 ? inputRows : 0 },
    activation: (slot) => a[slot],
    gradient: (slot) => g[slot],
  };
}

/** Says whether the only reader of a ReLU's output masks the gradient itself. */
function masked(relu: ResolvedLayer, consumers: readonly (readonly ResolvedLayer[])[]): boolean {
  const readers = consumers[relu.output];
  return readers.length === 1 && ['conv', 'dense', 'max-pool'].includes(readers[0].type);
}

/** Returns the address of the tensor whose positive numbers let the gradient through that `layer` hands back, or 0. */
function maskFor(
  layer: ResolvedLayer,
  slot: number,
  before: ResolvedLayer | undefined,
  fused: ReadonlySet<ResolvedLayer>,
  consumers: readonly (readonly ResolvedLayer[])[],
  a: readonly number[],
): number {
  if (!before || !fused.has(before) || !masked(before, consumers)) return 0;
  return layer.type === 'max-pool' ? a[layer.output] : a[slot];
}

/** Gives every gradient that is needed its place. */
function gradientPlaces(
  { layers, room }: CompileRequest,
  a: readonly number[],
  needs: readonly boolean[],
  consumers: readonly (readonly ResolvedLayer[])[],
  inPlace: (layer: ResolvedLayer) => boolean,
): number[] {
  const g: number[] = new Array(layers.length + 1).fill(0);
  for (const layer of layers.toReversed()) {
    const slot = layer.output;
    if (!needs[slot]) continue;
    if (g[slot] === 0) {
      // logits are not needed once their loss is known, nor what was pooled once the places are
      const only = consumers[slot].length === 1 ? consumers[slot][0] : undefined;
      const spent =
        (only === undefined && consumers[slot].length === 0 && ['dense', 'conv'].includes(layer.type)) ||
        (only?.type === 'max-pool' &&
          !['tanh', 'max-pool'].includes(layer.type) &&
          (layer.type !== 'relu' || inPlace(layer)));
      g[slot] = spent ? a[slot] : room.rows(sizeOf(layer.outputShape));
    }
    // functions of single numbers, and the main branch of a residual, hand their gradient on where it lies
    const [first] = layer.inputs;
    const alone = first > 0 && consumers[first].length === 1;
    const passes =
      ['relu', 'tanh', 'gelu', 'dropout'].includes(layer.type) || (layer.type === 'add' && layer.inputs[1] !== first);
    if (alone && passes && needs[first]) g[first] = g[slot];
  }
  return g;
}

/** Reserves what a layer keeps beside its output for the way back. */
function keptOf(layer: ResolvedLayer, room: Room): number {
  const rows = sizeOf(layer.outputShape);
  if (layer.type === 'layer-norm') return room.rows(rows + 1);
  return ['max-pool', 'batch-norm', 'dropout'].includes(layer.type) ? room.rows(rows) : 0;
}

/** Writes the constants of a layer and returns their addresses; the last two of a dropout are the key of its masks. */
function constantsOf(layer: ResolvedLayer, room: Room, key: readonly [number, number]): number[] {
  if (layer.type === 'layer-norm') return [room.constant([layer.epsilon])];
  if (layer.type === 'dropout') return [room.constant([layer.rate]), key[0], key[1] ^ layer.index];
  if (layer.type !== 'batch-norm') return [];
  const factors = Float32Array.from(layer.variance, (v) => 1 / Math.sqrt(v + layer.epsilon));
  const shifts = Float32Array.from(layer.mean, (m, c) => -m / Math.sqrt(layer.variance[c] + layer.epsilon));
  return [room.constant(factors), room.constant(shifts)];
}
