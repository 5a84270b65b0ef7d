/** Gradients of single samples as instructions: rows of lanes whose sum over lanes would be the gradient. docs/theory [S1]. */
import { type ResolvedLayer, sizeOf } from '../layered/resolved.js';
import type { Adjoints } from './backward.js';
import { alongParameters, channels, convSizes, denseSizes, linearInputOf, parametersAt } from './forward.js';
import type { Frame, Part, Parts } from './frame.js';

/** Names a piece of a block that lies in one parameter. */
export interface Piece {
  readonly layer: ResolvedLayer;
  readonly role: 'weight' | 'bias';
  /** Its first number within the parameter, and how many. */
  readonly from: number;
  readonly count: number;
  /** Position of that number within the block. */
  readonly at: number;
  /** Whether these are all numbers of the parameter. */
  readonly whole: boolean;
}

/** Lists the pieces of ranges of the flat vector, in its order. */
export function piecesOf(
  layers: readonly ResolvedLayer[],
  ranges: readonly { readonly offset: number; readonly size: number }[],
): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const { offset, size } of ranges) {
    for (const layer of layers)
      for (const p of layer.parameters) {
        const from = Math.max(offset, p.offset);
        const count = Math.min(offset + size, p.offset + p.size) - from;
        if (count <= 0) continue;
        pieces.push({
          layer,
          role: p.role,
          from: from - p.offset,
          count,
          at: at + from - offset,
          whole: count === p.size,
        });
      }
    at += size;
  }
  return pieces;
}

/** Emits out[lane] += g_k·v of all parts, v the direction; the adjoints must be there. */
export function project(frame: Frame, parts: Parts, adjoints: Adjoints, direction: number, out: number): void {
  for (const layer of frame.layers) {
    const part = parts.get(layer.index);
    if (!part) continue;
    const dy = adjoints.of(layer.output);
    const x = frame.values.of(layer.inputs[0]);
    const own = parametersAt(frame, layer, direction, part);
    if (layer.type === 'dense' && part.weight)
      frame.push({ op: 'denseProject', x, dy, ...own, out, ...denseSizes(layer), accumulate: true });
    else if (layer.type === 'conv' && part.weight)
      frame.push({ op: 'convProject', x, dy, ...own, out, ...convSizes(layer), accumulate: true });
    else {
      const rows = sizeOf(layer.outputShape);
      const along = frame.keep(`along ${rows}`, (layout) => layout.rows(rows));
      alongParameters(frame, layer, part, direction, along, false);
      frame.push({ op: 'dot', a: along, b: dy, out, rows, accumulate: true });
    }
  }
}

/** Addresses of the gradients of one layer's weight and bias, a row for each number; 0 without. */
export interface LaneGradients {
  readonly weight: number;
  readonly bias: number;
}

/** Reserves the rows of a layer's gradients; layers with the same `name` use the same memory one after the other. */
export function laneGradients(frame: Frame, layer: ResolvedLayer, part: Part, name?: string): LaneGradients {
  const place = (role: 'weight' | 'bias') => {
    const size = layer.parameters.find((p) => p.role === role)?.size;
    if (size === undefined || !(part[role] || role === 'weight')) return 0;
    return frame.keep(`${role} gradients ${name ?? layer.index} ${name === undefined ? '' : size}`, (layout) =>
      layout.rows(size),
    );
  };
  return { weight: place('weight'), bias: place('bias') };
}

/** Emits the gradient of each lane in the parameters of one layer. */
export function byLane(frame: Frame, layer: ResolvedLayer, adjoints: Adjoints, to: LaneGradients): void {
  const x = linearInputOf(frame, layer);
  const own = { x, dy: adjoints.of(layer.output), dweight: to.weight, dbias: to.bias };
  if (layer.type === 'conv') frame.push({ op: 'convWeightLanes', ...own, ...convSizes(layer) });
  else if (layer.type === 'dense') frame.push({ op: 'denseWeightLanes', ...own, ...denseSizes(layer) });
  else frame.push({ op: 'affineWeightLanes', ...own, ...channels(layer) });
}

/** Emits out[lane] += |g_k|² over some pieces of one layer. */
export function squaresOf(frame: Frame, pieces: readonly Piece[], adjoints: Adjoints, out: number): void {
  const [{ layer }] = pieces;
  const held = (role: 'weight' | 'bias') => pieces.some((p) => p.role === role);
  if (layer.type === 'dense' && pieces.every((p) => p.whole)) {
    // |delta xᵀ|² = |delta|² |x|²
    const [inputs, outputs] = [sizeOf(layer.inputShape), sizeOf(layer.outputShape)];
    const [a, b] = [0, 1].map((i) => frame.keep(`squares ${i}`, (layout) => layout.rows(1)));
    const dy = adjoints.of(layer.output);
    const x = frame.values.of(layer.inputs[0]);
    frame.push({ op: 'dot', a: dy, b: dy, out: a, rows: outputs });
    if (held('weight')) {
      frame.push({ op: 'dot', a: x, b: x, out: b, rows: inputs });
      frame.push({ op: 'multiply', a, b, y: out, rows: 1, accumulate: true });
    }
    if (held('bias')) frame.push({ op: 'add', a, y: out, rows: 1, accumulate: true });
    return;
  }
  const to = laneGradients(frame, layer, { weight: held('weight'), bias: held('bias') }, 'shared');
  byLane(frame, layer, adjoints, to);
  for (const { role, from, count } of pieces) {
    const g = to[role] + from * frame.layout.rowBytes;
    frame.push({ op: 'dot', a: g, b: g, out, rows: count, accumulate: true });
  }
}

/** Emits out_j += Σ_lanes g_kj² of all parameters, `out` a flat vector. */
export function sumsOfSquares(frame: Frame, adjoints: Adjoints, out: number): void {
  for (const layer of frame.layers) if (layer.parameters.length > 0) sumOfSquares(frame, layer, adjoints, out);
}

function sumOfSquares(frame: Frame, layer: ResolvedLayer, adjoints: Adjoints, out: number): void {
  const { weight, bias } = parametersAt(frame, layer, out);
  const dy = adjoints.of(layer.output);
  if (layer.type === 'dense') {
    // (delta_i x_j)² = delta_i² x_j²
    const [inputs, outputs] = [sizeOf(layer.inputShape), sizeOf(layer.outputShape)];
    const x = frame.values.of(layer.inputs[0]);
    const [x2, dy2] = [inputs, outputs].map((rows, i) => frame.keep(`squared ${i} ${rows}`, (l) => l.rows(rows)));
    frame.push({ op: 'multiply', a: x, b: x, y: x2, rows: inputs });
    frame.push({ op: 'multiply', a: dy, b: dy, y: dy2, rows: outputs });
    frame.push({ op: 'denseWeight', x: x2, dy: dy2, dweight: weight, dbias: bias, inputs, outputs, accumulate: true });
    return;
  }
  const to = laneGradients(frame, layer, { weight: true, bias: bias !== 0 }, 'shared');
  byLane(frame, layer, adjoints, to);
  for (const { role, size } of layer.parameters) {
    const g = to[role];
    const own = role === 'weight' ? weight : bias;
    frame.push({ op: 'affineWeight', x: g, dy: g, dweight: own, channels: size, places: 1, accumulate: true });
  }
}
