/**
 * The forward pass and its tangent as instructions. Every layer is affine in its parameters, so that its tangent along x′ and
 * (w′, b′) is the layer's own linear map of x′, and the layer at (w′, b′).
 */
import { type ResolvedLayer, sizeOf } from '../layered/resolved.js';
import { type Bank, type Frame, movedSlots, type Part, type Parts } from './frame.js';
import { ACTIVATIONS, type Instruction } from './ops.js';

/** Returns the operands that say how large a convolution is. */
export function convSizes(layer: ResolvedLayer & { type: 'conv' }) {
  const [[inC, inH, inW], [outC, outH, outW]] = [layer.inputShape, layer.outputShape];
  const { kernel, stride, padding } = layer;
  return { inC, inH, inW, outC, outH, outW, kernel, stride, padding };
}

/** Returns the operands that say how large a pool is; a global one has one window. */
export function poolSizes(layer: ResolvedLayer) {
  const [[channels, inH, inW], [, outH, outW]] = [layer.inputShape, layer.outputShape];
  const own = 'stride' in layer ? layer : { kernel: 0, stride: 1 };
  const [kernelH, kernelW] = own.kernel > 0 ? [own.kernel, own.kernel] : [inH, inW];
  return { channels, inH, inW, outH, outW, kernelH, kernelW, stride: own.stride };
}

/** Returns the addresses of a layer's weight and bias in a flat vector at `flat`; 0 for what it has not or what is left out. */
export function parametersAt(frame: Frame, layer: ResolvedLayer, flat: number, part?: Part) {
  const place = (role: 'weight' | 'bias') => {
    const own = layer.parameters.find((p) => p.role === role);
    return own && (part?.[role] ?? true) ? flat + frame.layout.numberBytes * own.offset : 0;
  };
  return { weight: place('weight'), bias: place('bias') };
}

/** Returns the address of what a layer norm or batch norm keeps: its normalised input, and for a layer norm a row more. */
export const normalOf = (frame: Frame, layer: ResolvedLayer, which = 'normal'): number =>
  frame.keep(`${which} ${layer.index}`, (layout) => layout.rows(sizeOf(layer.inputShape) + 1));

/** Returns the address of what the parameters of a layer multiply: its input, and of a norm the normalised one. */
export const linearInputOf = (frame: Frame, layer: ResolvedLayer): number =>
  layer.type === 'layer-norm' || layer.type === 'batch-norm'
    ? normalOf(frame, layer)
    : frame.values.of(layer.inputs[0]);

/** Returns the address of the places in the windows of a max pool. */
export const placesOf = (frame: Frame, layer: ResolvedLayer): number =>
  frame.keep(`places ${layer.index}`, (layout) => layout.rows(sizeOf(layer.outputShape)));

/** Returns the fixed factors 1/√(variance + epsilon) of a batch norm, and −mean times them. */
export function fixedAffine(frame: Frame, layer: ResolvedLayer & { type: 'batch-norm' }) {
  const { mean, variance, epsilon, index } = layer;
  const factors = variance.map((v) => 1 / Math.sqrt(v + epsilon));
  return {
    factor: frame.constant(`factor ${index}`, factors),
    shift: frame.constant(
      `shift ${index}`,
      factors.map((f, c) => -f * mean[c]),
    ),
  };
}

/** Emits the forward pass of all layers, or of those that `runs` names, from the values of their inputs and weights at `flat`. */
export function forward(
  frame: Frame,
  runs: (layer: ResolvedLayer) => boolean = () => true,
  flat = frame.weights,
): void {
  const rectified = new Set<ResolvedLayer>();
  for (const layer of frame.layers) {
    if (!runs(layer) || rectified.has(layer)) continue;
    const rectifier = layer.type === 'dense' || layer.type === 'conv' ? frame.rectifier(layer) : undefined;
    const relu = rectifier !== undefined && runs(rectifier);
    if (relu) rectified.add(rectifier);
    forwardLayer(frame, layer, flat, relu);
  }
}

function forwardLayer(frame: Frame, layer: ResolvedLayer, flat: number, relu: boolean): void {
  const { values } = frame;
  const [x, y] = [values.of(layer.inputs[0]), values.of(layer.output)];
  const rows = sizeOf(layer.outputShape);
  switch (layer.type) {
    case 'dense':
    case 'conv':
      frame.push(linearForward(frame, layer, flat, x, y, { relu }));
      return;
    case 'max-pool':
      frame.push({ op: 'maxPool', x, y, place: placesOf(frame, layer), ...poolSizes(layer) });
      return;
    case 'average-pool':
    case 'global-average-pool':
      frame.push({ op: 'averagePool', x, y, ...poolSizes(layer) });
      return;
    case 'relu':
    case 'tanh':
    case 'gelu':
      frame.push({ op: 'activate', x, y, rows, kind: ACTIVATIONS[layer.type] });
      return;
    case 'layer-norm': {
      const epsilon = frame.constant(`epsilon ${layer.index}`, [layer.epsilon]);
      const own = parametersAt(frame, layer, flat);
      frame.push({ op: 'layerNorm', x, y, ...own, normal: normalOf(frame, layer), epsilon, rows });
      return;
    }
    case 'batch-norm': {
      const { factor, shift } = fixedAffine(frame, layer);
      const normal = normalOf(frame, layer);
      frame.push({ op: 'affine', x, y: normal, weight: factor, bias: shift, ...channels(layer) });
      frame.push(scaled(frame, layer, flat, normal, y, {}));
      return;
    }
    case 'dropout':
      return;
    case 'add':
      frame.push({ op: 'add', a: x, b: values.of(layer.inputs[1]), y, rows });
  }
}

/** How an instruction of a pass differs: parts of the parameters, and whether it adds to its output. */
interface Choices {
  readonly part?: Part;
  readonly accumulate?: boolean;
  /** Whether the ReLU that follows is part of it. */
  readonly relu?: boolean;
}

/** Makes y (+)= W x + b of a dense layer or convolution with the parameters at `flat`. */
export function linearForward(
  frame: Frame,
  layer: ResolvedLayer & { type: 'dense' | 'conv' },
  flat: number,
  x: number,
  y: number,
  { part, accumulate = false, relu = false }: Choices,
): Instruction {
  const own = parametersAt(frame, layer, flat, part);
  if (layer.type === 'conv') return { op: 'convForward', x, y, ...own, ...convSizes(layer), accumulate, relu };
  return { op: 'denseForward', x, y, ...own, ...denseSizes(layer), accumulate, relu };
}

export const denseSizes = (layer: ResolvedLayer) => ({
  inputs: sizeOf(layer.inputShape),
  outputs: sizeOf(layer.outputShape),
});

/** Returns the channels of a layer, and the places that share a bias or factor: a layer norm has one for every number. */
export function channels(layer: ResolvedLayer): { channels: number; places: number } {
  const [c, h, w] = layer.outputShape;
  return layer.type === 'layer-norm' ? { channels: c * h * w, places: 1 } : { channels: c, places: h * w };
}

/** Makes y (+)= weight·normal + bias of a norm with the parameters at `flat`. */
export function scaled(
  frame: Frame,
  layer: ResolvedLayer,
  flat: number,
  normal: number,
  y: number,
  { part, accumulate = false }: Choices,
): Instruction {
  return { op: 'affine', x: normal, y, ...parametersAt(frame, layer, flat, part), ...channels(layer), accumulate };
}

/**
 * Emits the tangent of the forward pass along the parts of a direction at `direction`, into the slots that depend on them.
 * @param tangents - the tangents of the slots
 */
export function forwardTangent(frame: Frame, parts: Parts, direction: number, tangents: Bank): void {
  const moved = movedSlots(frame.layers, parts);
  for (const layer of frame.layers) {
    if (!moved[layer.output]) continue;
    const own = layer.inputs.map((slot) => (moved[slot] ? tangents.of(slot) : 0));
    tangentLayer(frame, layer, parts.get(layer.index), direction, own, tangents.of(layer.output));
  }
}

function tangentLayer(
  frame: Frame,
  layer: ResolvedLayer,
  part: Part | undefined,
  direction: number,
  [t, other]: readonly number[],
  y: number,
): void {
  const rows = sizeOf(layer.outputShape);
  switch (layer.type) {
    case 'dense':
    case 'conv':
      if (t !== 0)
        frame.push(linearForward(frame, layer, frame.weights, t, y, { part: { weight: true, bias: false } }));
      if (part) alongParameters(frame, layer, part, direction, y, t !== 0);
      return;
    case 'max-pool':
      frame.push({ op: 'maxPoolTangent', x: t, y, place: placesOf(frame, layer), ...poolSizes(layer) });
      return;
    case 'average-pool':
    case 'global-average-pool':
      frame.push({ op: 'averagePool', x: t, y, ...poolSizes(layer) });
      return;
    case 'relu':
    case 'tanh':
    case 'gelu':
      frame.push(slopeOf(frame, layer, t, y));
      return;
    case 'layer-norm':
      if (t !== 0) {
        const { weight } = parametersAt(frame, layer, frame.weights);
        const normalT = normalOf(frame, layer, 'normal tangent');
        frame.push({ op: 'layerNormTangent', xT: t, weight, normal: normalOf(frame, layer), normalT, yT: y, rows });
      }
      if (part) alongParameters(frame, layer, part, direction, y, t !== 0);
      return;
    case 'batch-norm':
      if (t !== 0) {
        const normalT = normalOf(frame, layer, 'normal tangent');
        frame.push({ op: 'affine', x: t, y: normalT, weight: fixedAffine(frame, layer).factor, ...channels(layer) });
        frame.push(scaled(frame, layer, frame.weights, normalT, y, { part: { weight: true, bias: false } }));
      }
      if (part) alongParameters(frame, layer, part, direction, y, t !== 0);
      return;
    case 'dropout':
      return;
    case 'add':
      if (t !== 0 && other !== 0) frame.push({ op: 'add', a: t, b: other, y, rows });
      else frame.push({ op: 'add', a: t || other, y, rows });
  }
}

/** Emits y (+)= the layer at the parameters of a direction: its derivative along them. */
export function alongParameters(
  frame: Frame,
  layer: ResolvedLayer,
  part: Part,
  direction: number,
  y: number,
  accumulate: boolean,
): void {
  const x = linearInputOf(frame, layer);
  const choices = { part, accumulate };
  if (!part.weight) biasAlone(frame, layer, direction, y, accumulate);
  else if (layer.type === 'dense' || layer.type === 'conv')
    frame.push(linearForward(frame, layer, direction, x, y, choices));
  else frame.push(scaled(frame, layer, direction, x, y, choices));
}

/** Emits y (+)= bias, spread over places and lanes: an affine map of zeros. */
function biasAlone(frame: Frame, layer: ResolvedLayer, flat: number, y: number, accumulate: boolean): void {
  const rows = sizeOf(layer.outputShape);
  const { bias } = parametersAt(frame, layer, flat);
  const x = frame.keep(`zeros ${rows}`, (layout) => layout.rows(rows));
  frame.push({ op: 'clear', y: x, rows });
  frame.push({ op: 'affine', x, y, bias, ...channels(layer), accumulate });
}

/** Makes y (+)= f′(z)·t of an activation. */
export function slopeOf(frame: Frame, layer: ResolvedLayer, t: number, y: number, accumulate = false): Instruction {
  const { values } = frame;
  const kind = ACTIVATIONS[layer.type as keyof typeof ACTIVATIONS];
  const source = layer.type === 'gelu' ? { z: values.of(layer.inputs[0]) } : { h: values.of(layer.output) };
  return { op: 'slope', ...source, t, y, rows: sizeOf(layer.outputShape), kind, accumulate };
}
