/**
 * The backward pass as instructions: derivatives of the loss by slots (adjoints) and by parameters, and the tangent of both, which
 * makes products with the Hessian.
 *
 *     d_x = ∂y/∂xᵀ d_y,   g_w = ∂y/∂wᵀ d_y,
 *     d_x′ = ∂y/∂xᵀ d_y′ + (∂y/∂xᵀ)′ d_y,   (H v)_w = ∂y/∂wᵀ d_y′ + (∂y/∂wᵀ)′ d_y.
 */
import { type ResolvedLayer, sizeOf } from '../layered/resolved.js';
import {
  channels,
  convSizes,
  denseSizes,
  fixedAffine,
  linearInputOf,
  normalOf,
  parametersAt,
  placesOf,
  poolSizes,
  slopeOf,
} from './forward.js';
import { Bank, type Frame, movedSlots, type Part, type Parts } from './frame.js';
import { ACTIVATIONS, type Instruction } from './ops.js';

/**
 * The adjoints of the slots. An `add` hands its own on without a copy to a slot that nobody else reads and that lies in its own
 * memory: what a ReLU writes over its input would be multiplied by the slope for others too.
 */
export class Adjoints {
  private readonly bank: Bank;
  private readonly shared = new Map<number, number>();
  private readonly written = new Set<number>();
  private readonly maskedSlots = new Set<number>();

  constructor(private readonly frame: Frame) {
    this.bank = new Bank(frame);
    for (const { type, inputs, output } of frame.layers) {
      if (type !== 'add' || inputs[0] === inputs[1]) continue;
      for (const x of inputs) {
        if (x > 0 && frame.readers(x) === 1 && frame.root(x) === x) this.shared.set(x, output);
      }
    }
  }

  of(slot: number): number {
    const root = this.frame.root(slot);
    const other = this.shared.get(root);
    return other === undefined ? this.bank.of(root) : this.of(other);
  }

  /** Says whether two slots have one adjoint. */
  same(a: number, b: number): boolean {
    return this.of(a) === this.of(b);
  }

  /** Returns whether a slot's adjoint was written before in this pass, and notes that it is now. */
  next(slot: number): boolean {
    const at = this.of(slot);
    const before = this.written.has(at);
    this.written.add(at);
    return before;
  }

  /** Notes that the slope of the ReLU that made a slot is in its adjoint already. */
  mask(slot: number): void {
    this.maskedSlots.add(slot);
  }

  masked(slot: number): boolean {
    return this.maskedSlots.has(slot);
  }

  /** Begins a pass anew: nothing is written but the adjoint of the outputs. */
  begin(): void {
    this.written.clear();
    this.maskedSlots.clear();
    this.written.add(this.of(this.frame.outputs));
  }
}

/**
 * Emits the backward pass from the adjoint of the outputs down to the outputs of the layers of `parts`, and adds the derivatives
 * by their parameters to the flat vector at `gradient`, where one is given. After it every adjoint holds ∂L/∂(its slot); that of
 * a slot that a ReLU writes over holds the one of the ReLU's input.
 */
export function backward(frame: Frame, parts: Parts, adjoints: Adjoints, gradient?: number): void {
  const moved = movedSlots(frame.layers, parts);
  adjoints.begin();
  for (let i = frame.layers.length - 1; i >= 0; i--) {
    const layer = frame.layers[i];
    if (!moved[layer.output]) continue;
    const part = parts.get(i);
    if (gradient !== undefined && part) {
      byParameters(frame, layer, part, linearInputOf(frame, layer), adjoints.of(layer.output), gradient);
    }
    for (const x of layer.inputs) if (moved[x]) frame.push(...byInput(frame, layer, frame.weights, x, adjoints, true));
  }
}

/** Emits g_w += ∂y/∂wᵀ d_y of a layer; `x` is what its parameters multiply, or the tangent of that. */
export function byParameters(
  frame: Frame,
  layer: ResolvedLayer,
  part: Part,
  x: number,
  dy: number,
  gradient: number,
): void {
  const { weight, bias } = parametersAt(frame, layer, gradient, part);
  if (layer.type === 'layer-norm' || layer.type === 'batch-norm')
    frame.push({
      op: 'affineWeight',
      x,
      dy,
      dweight: weight,
      dbias: bias,
      ...channels(layer),
      accumulate: true,
    });
  else if (weight === 0) frame.push({ op: 'sumLanes', x: dy, out: bias, ...channels(layer), accumulate: true });
  else if (layer.type === 'conv')
    frame.push({ op: 'convWeight', x, dy, dweight: weight, dbias: bias, ...convSizes(layer), accumulate: true });
  else frame.push({ op: 'denseWeight', x, dy, dweight: weight, dbias: bias, ...denseSizes(layer), accumulate: true });
}

/**
 * Makes d_x (+)= ∂y/∂xᵀ d_y for the slot x of a layer with the weights at `flat`; with `mask` it multiplies by the slope of the
 * ReLU that made x, where it can.
 */
function byInput(
  frame: Frame,
  layer: ResolvedLayer,
  flat: number,
  x: number,
  adjoints: Adjoints,
  mask: boolean,
): Instruction[] {
  const rows = sizeOf(layer.inputShape);
  const dy = adjoints.of(layer.output);
  switch (layer.type) {
    case 'dropout':
      return [];
    case 'add': {
      if (adjoints.same(x, layer.output)) return [];
      return [{ op: 'add', a: dy, y: adjoints.of(x), rows, accumulate: adjoints.next(x) }];
    }
    case 'relu':
      if (!adjoints.same(x, layer.output)) break;
      return adjoints.masked(layer.output) ? [] : [slopeOf(frame, layer, dy, dy)];
  }
  const producer = x > 0 ? frame.layers[x - 1] : undefined;
  const masks = mask && producer !== undefined && frame.masking(producer) === layer;
  if (masks) adjoints.mask(x);
  return linearInput(frame, layer, flat, dy, adjoints.of(x), adjoints.next(x), masks);
}

/** Makes dx (+)= ∂y/∂xᵀ dy, by the weights at `flat`, of a layer with one input. */
function linearInput(
  frame: Frame,
  layer: ResolvedLayer,
  flat: number,
  dy: number,
  dx: number,
  accumulate: boolean,
  relu: boolean,
): Instruction[] {
  const rows = sizeOf(layer.inputShape);
  const { weight } = parametersAt(frame, layer, flat);
  const h = relu ? frame.values.of(layer.type === 'max-pool' ? layer.output : layer.inputs[0]) : 0;
  const choices = { accumulate, relu, h };
  switch (layer.type) {
    case 'dense':
      return [{ op: 'denseInput', dy, dx, weight, ...denseSizes(layer), ...choices }];
    case 'conv':
      return [{ op: 'convInput', dy, dx, weight, ...convSizes(layer), ...choices }];
    case 'max-pool':
      return [{ op: 'maxPoolInput', dy, dx, place: placesOf(frame, layer), ...poolSizes(layer), ...choices }];
    case 'average-pool':
    case 'global-average-pool':
      return [{ op: 'averagePoolInput', dy, dx, ...poolSizes(layer), accumulate }];
    case 'layer-norm':
      return [{ op: 'layerNormInput', dy, dx, weight, normal: normalOf(frame, layer), rows, accumulate }];
    case 'batch-norm': {
      const u = frame.keep(`scaled ${rows}`, (layout) => layout.rows(rows));
      const { factor } = fixedAffine(frame, layer);
      return [
        { op: 'affine', x: dy, y: u, weight, ...channels(layer) },
        { op: 'affine', x: u, y: dx, weight: factor, ...channels(layer), accumulate },
      ];
    }
    default:
      return [slopeOf(frame, layer, dy, dx, accumulate)];
  }
}

/** Where the tangents of a pass along one direction lie. */
export interface SecondOrder {
  readonly parts: Parts;
  /** Address of the direction, of which the numbers of `parts` are read. */
  readonly direction: number;
  /** Address of the product, to which the numbers of `parts` are added. */
  readonly product: number;
  readonly adjoints: Adjoints;
  readonly tangents: Bank;
  /** The tangents of the adjoints; that of the outputs is given. */
  readonly adjointTangents: Adjoints;
}

/** Emits the tangent of the backward pass: adds (H v)_w of the parts to the product. */
export function backwardTangent(frame: Frame, pass: SecondOrder): void {
  const { parts, adjointTangents } = pass;
  const moved = movedSlots(frame.layers, parts);
  adjointTangents.begin();
  for (let i = frame.layers.length - 1; i >= 0; i--) {
    const layer = frame.layers[i];
    if (!moved[layer.output]) continue;
    const input = layer.inputs[0];
    const part = parts.get(i);
    if (part) productByParameters(frame, layer, part, moved[input], pass);
    if (layer.type === 'tanh' || layer.type === 'gelu') bendBack(frame, layer, pass);
    else if (layer.type === 'layer-norm') {
      if (moved[input]) normBack(frame, layer, part, pass);
    } else {
      for (const x of layer.inputs)
        if (moved[x]) frame.push(...byInput(frame, layer, frame.weights, x, adjointTangents, !part?.weight));
      if (part?.weight && moved[input])
        frame.push(
          ...linearInput(
            frame,
            layer,
            pass.direction,
            pass.adjoints.of(layer.output),
            adjointTangents.of(input),
            adjointTangents.next(input),
            false,
          ),
        );
    }
  }
}

/** Emits (H v)_w += ∂y/∂wᵀ d_y′ + (∂y/∂wᵀ)′ d_y; the bias has the first term alone. */
function productByParameters(frame: Frame, layer: ResolvedLayer, part: Part, moved: boolean, pass: SecondOrder): void {
  const { product, tangents, adjoints, adjointTangents } = pass;
  const input = layer.inputs[0];
  byParameters(frame, layer, part, linearInputOf(frame, layer), adjointTangents.of(layer.output), product);
  if (!moved || !part.weight) return;
  const norm = layer.type === 'layer-norm' || layer.type === 'batch-norm';
  const x = norm ? normalOf(frame, layer, 'normal tangent') : tangents.of(input);
  byParameters(frame, layer, { weight: true, bias: false }, x, adjoints.of(layer.output), product);
}

/** Emits d_z′ (+)= f′ d_h′ + f″ z′ d_h of an activation that bends. */
function bendBack(frame: Frame, layer: ResolvedLayer, { tangents, adjoints, adjointTangents }: SecondOrder): void {
  const [z] = layer.inputs;
  const [to, dh] = [adjointTangents.of(z), adjoints.of(layer.output)];
  frame.push(slopeOf(frame, layer, adjointTangents.of(layer.output), to, adjointTangents.next(z)));
  const source = layer.type === 'gelu' ? { z: frame.values.of(z) } : { h: frame.values.of(layer.output) };
  const kind = ACTIVATIONS[layer.type as 'tanh' | 'gelu'];
  const rows = sizeOf(layer.outputShape);
  frame.push({ op: 'bend', ...source, t: tangents.of(z), d: dh, y: to, rows, kind, accumulate: true });
}

function normBack(
  frame: Frame,
  layer: ResolvedLayer,
  part: Part | undefined,
  { direction, adjoints, adjointTangents }: SecondOrder,
): void {
  const [x] = layer.inputs;
  frame.push({
    op: 'layerNormInputTangent',
    dy: adjoints.of(layer.output),
    dyT: adjointTangents.of(layer.output),
    weight: parametersAt(frame, layer, frame.weights).weight,
    weightT: part?.weight ? parametersAt(frame, layer, direction).weight : 0,
    normal: normalOf(frame, layer),
    normalT: normalOf(frame, layer, 'normal tangent'),
    dxT: adjointTangents.of(x),
    rows: sizeOf(layer.inputShape),
    accumulate: adjointTangents.next(x),
  });
}

/**
 * Says whether products with the Hessian on these parts need the adjoints: not where a single layer moves and all above it is
 * piecewise linear, whose Hessian is its Gauss-Newton part [S10].
 */
export function bends(layers: readonly ResolvedLayer[], parts: Parts): boolean {
  const moved = movedSlots(layers, parts);
  return layers.some(
    ({ index, type, inputs: [x] }) =>
      moved[x] && (parts.has(index) || type === 'tanh' || type === 'gelu' || type === 'layer-norm'),
  );
}
