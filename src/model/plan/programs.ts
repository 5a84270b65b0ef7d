/**
 * The passes that a surface asks of a network of layers, as programs: instructions in sections, and the addresses of what goes in
 * and comes out. Every program runs block by block of samples, whose numbers are listed at the order of the machine.
 */

import { type ResolvedLayer, sizeOf } from '../layered/resolved.js';
import type { LossKind } from '../network.js';
import { Adjoints, backward, backwardTangent, bends } from './backward.js';
import { alongParameters, forward, forwardTangent } from './forward.js';
import { type Area, allParts, Bank, type Constant, Frame, Layout, movedSlots, type Parts } from './frame.js';
import type { Instruction } from './ops.js';
import { byLane, type LaneGradients, laneGradients, type Piece, project, squaresOf, sumOfSquares } from './samples.js';

/** Where the samples and the weights lie in the memory of the machine, and what is known of the network. */
export interface Placed {
  readonly layers: readonly ResolvedLayer[];
  readonly loss: LossKind;
  /** Number of weights. */
  readonly size: number;
  /** Numbers in a row of lanes, and the bytes of one: 8 in float64, 4 in float32. */
  readonly lanes: number;
  readonly numberBytes: 4 | 8;
  /** Addresses: the flat vector of weights; inputs, divisor and normalisation of all samples; labels or targets. */
  readonly weights: number;
  readonly inputs: {
    readonly values: number;
    readonly divisor: number;
    readonly normal: number;
    readonly format: 0 | 1;
  };
  readonly labels: number;
  readonly targets: number;
  /** First address that programs may use. */
  readonly base: number;
}

/** A program: instructions with the begin and end of each section, and the memory it needs. */
export interface Program {
  readonly instructions: readonly Instruction[];
  readonly sections: readonly (readonly [from: number, to: number])[];
  readonly constants: readonly Constant[];
  /** Numbers in a row of lanes, which is the number of samples in a block. */
  readonly lanes: number;
  readonly numberBytes: 4 | 8;
  /** What section 0 leaves for the other sections, where it is the only one that depends on the samples and weights alone. */
  readonly kept: readonly Area[];
  /** Address of the row of losses, and of the row by which adjoints are multiplied (0: they are not). */
  readonly losses: number;
  readonly shares: number;
  /** First address after the memory of the program, records not counted. */
  readonly end: number;
}

/** What is in the making of a program. */
class Draft {
  readonly frame: Frame;
  readonly layout: Layout;
  readonly losses: number;
  shares = 0;
  private readonly sections: (readonly [number, number])[] = [];
  /** How many tensors were reserved when each section ended. */
  private readonly ends: number[] = [];
  private labels = 0;
  private targets = 0;
  private probabilities = 0;

  constructor(private readonly placed: Placed) {
    this.layout = new Layout(placed.base, placed.lanes, placed.numberBytes);
    this.frame = new Frame(placed.layers, this.layout, placed.weights);
    this.losses = this.layout.rows(1);
  }

  /** Begins a section, which the next one ends. */
  section(emit: () => void): void {
    const from = this.frame.instructions.length;
    emit();
    this.sections.push([from, this.frame.instructions.length]);
    this.ends.push(this.layout.tensors.length);
  }

  /** Lists the tensors of section 0 that later sections name. */
  private kept(): Area[] {
    const own = new Set(this.frame.instructions.slice(this.sections[0][1]).flatMap((i) => Object.values(i)));
    return this.layout.tensors.slice(0, this.ends[0]).filter(({ at }) => own.has(at) && at !== this.shares);
  }

  finish(): Program {
    const { instructions, constants } = this.frame;
    const { losses, shares, sections } = this;
    const { lanes, numberBytes } = this.placed;
    return {
      instructions,
      sections,
      constants,
      lanes,
      numberBytes,
      kept: this.kept(),
      losses,
      shares,
      end: this.layout.end,
    };
  }

  get classes(): number {
    return this.frame.size(this.frame.outputs);
  }

  flat(): number {
    // a row more: vectors are also read as whole rows
    return this.layout.numbers(this.placed.size + this.placed.lanes);
  }

  /** Emits the inputs, labels and targets of the samples of a block. */
  gather(): void {
    const { inputs, labels, targets, layers } = this.placed;
    const size = sizeOf(layers[0].inputShape);
    const { normal, ...rest } = inputs;
    this.frame.push({ op: 'gather', x: this.frame.values.of(0), size, ...rest, normal });
    if (this.placed.loss === 'cross-entropy') {
      this.labels ||= this.layout.rows(1);
      this.frame.push({ op: 'gatherLabels', values: labels, labels: this.labels });
    } else {
      this.targets ||= this.layout.rows(this.classes);
      this.frame.push({ op: 'gatherTargets', values: targets, x: this.targets, outputs: this.classes });
    }
  }

  /** Emits the losses of the lanes, and where wanted the adjoint of the outputs and what its tangent needs. */
  loss(delta = 0, second = false): void {
    const { frame, losses, classes } = this;
    const z = frame.values.of(frame.outputs);
    if (this.placed.loss === 'cross-entropy') {
      if (second) this.probabilities ||= this.layout.rows(classes);
      const { labels, probabilities: p } = this;
      frame.push({ op: 'crossEntropy', z, labels, loss: losses, delta, p, classes });
    } else frame.push({ op: 'squaredError', z, targets: this.targets, loss: losses, delta, outputs: classes });
  }

  /** Emits the tangent of the adjoint of the outputs. */
  lossTangent(t: number, out: number): void {
    const { classes, labels, probabilities: p } = this;
    if (this.placed.loss === 'cross-entropy')
      this.frame.push({ op: 'crossEntropyTangent', p, t, labels, out, classes });
    else this.frame.push({ op: 'squaredErrorTangent', t, out, outputs: classes });
  }

  /** Emits a multiplication of an adjoint of the outputs by the shares of the samples. */
  share(x: number): void {
    this.shares ||= this.layout.rows(1);
    this.frame.push({ op: 'multiplyRow', x, row: this.shares, y: x, rows: this.classes });
  }

  /** Emits everything up to the adjoints of `parts`; returns these. */
  adjoints(parts: Parts, shared: boolean, gradient?: number): Adjoints {
    const { frame } = this;
    const adjoints = new Adjoints(frame);
    const delta = adjoints.of(frame.outputs);
    this.gather();
    forward(frame);
    this.loss(delta);
    if (shared) this.share(delta);
    backward(frame, parts, adjoints, gradient);
    return adjoints;
  }
}

/** Makes the program of losses: one section. */
export function lossesProgram(placed: Placed): Program {
  const draft = new Draft(placed);
  draft.section(() => {
    draft.gather();
    forward(draft.frame);
    draft.loss();
  });
  return draft.finish();
}

/** Makes the program of the gradient, Σ share_k g_k added to the flat vector `gradient`: one section. */
export function gradientProgram(placed: Placed): Program & { readonly gradient: number } {
  const draft = new Draft(placed);
  const gradient = draft.flat();
  draft.section(() => draft.adjoints(allParts(placed.layers), true, gradient));
  return { ...draft.finish(), gradient };
}

/**
 * Makes the program of products with the Hessian along several directions at once. Section 0 computes the states, section 1 adds
 * each product, Σ share_k (H_k v)_parts, to its flat vector.
 */
export function productsProgram(
  placed: Placed,
  parts: Parts,
  count: number,
): Program & { readonly directions: readonly number[]; readonly products: readonly number[] } {
  const draft = new Draft(placed);
  const { frame } = draft;
  const directions = Array.from({ length: count }, () => draft.flat());
  const products = Array.from({ length: count }, () => draft.flat());
  const adjoints = new Adjoints(frame);
  draft.section(() => {
    const second = bends(placed.layers, parts);
    const delta = second ? adjoints.of(frame.outputs) : 0;
    draft.gather();
    forward(frame);
    draft.loss(delta, true);
    if (!second) return;
    draft.share(delta);
    backward(frame, parts, adjoints);
  });
  draft.section(() => {
    const tangents = new Bank(frame);
    const adjointTangents = new Adjoints(frame);
    directions.forEach((direction, i) => {
      forwardTangent(frame, parts, direction, tangents);
      const out = adjointTangents.of(frame.outputs);
      draft.lossTangent(tangents.of(frame.outputs), out);
      draft.share(out);
      backwardTangent(frame, { parts, direction, product: products[i], adjoints, tangents, adjointTangents });
    });
  });
  return { ...draft.finish(), directions, products };
}

/** Makes the program of g_k·v along several directions: one section; `out` are rows, one a direction. */
export function projectionsProgram(
  placed: Placed,
  parts: Parts,
  count: number,
): Program & { readonly directions: readonly number[]; readonly out: number } {
  const draft = new Draft(placed);
  const directions = Array.from({ length: count }, () => draft.flat());
  const out = draft.layout.rows(count);
  draft.section(() => {
    const adjoints = draft.adjoints(parts, false);
    draft.frame.push({ op: 'clear', y: out, rows: count });
    directions.forEach((direction, i) => {
      project(draft.frame, parts, adjoints, direction, out + i * draft.layout.rowBytes);
    });
  });
  return { ...draft.finish(), directions, out };
}

/** Groups the pieces of a block by layer. */
const byLayer = (pieces: readonly Piece[]): Piece[][] =>
  Array.from(new Set(pieces.map((p) => p.layer)), (layer) => pieces.filter((p) => p.layer === layer));

/** Makes the program of |g_k|² over pieces of layers: one section; `out` is a row. */
export function squaresProgram(
  placed: Placed,
  parts: Parts,
  pieces: readonly Piece[],
): Program & { readonly out: number } {
  const draft = new Draft(placed);
  const out = draft.layout.rows(1);
  draft.section(() => {
    const adjoints = draft.adjoints(parts, false);
    draft.frame.push({ op: 'clear', y: out, rows: 1 });
    for (const own of byLayer(pieces)) squaresOf(draft.frame, own, adjoints, out);
  });
  return { ...draft.finish(), out };
}

/**
 * Makes the program of Σ_k (share_k g_kj)², added to the flat vector `out`: one section. With shares √c_k this is the diagonal of
 * the empirical Fisher matrix.
 */
export function fisherProgram(placed: Placed): Program & { readonly out: number } {
  const draft = new Draft(placed);
  const out = draft.flat();
  draft.section(() => {
    const adjoints = draft.adjoints(allParts(placed.layers), true);
    for (const layer of placed.layers) if (layer.parameters.length > 0) sumOfSquares(draft.frame, layer, adjoints, out);
  });
  return { ...draft.finish(), out };
}

/** Makes the program of share_k g_k itself, a row for each number of the layers of `parts`: one section. */
export function gradientsProgram(
  placed: Placed,
  parts: Parts,
): Program & { readonly rows: ReadonlyMap<ResolvedLayer, LaneGradients> } {
  const draft = new Draft(placed);
  const rows = new Map<ResolvedLayer, LaneGradients>();
  draft.section(() => {
    const adjoints = draft.adjoints(parts, true);
    for (const layer of placed.layers) {
      const part = parts.get(layer.index);
      if (!part) continue;
      const to = laneGradients(draft.frame, layer, part);
      byLane(draft.frame, layer, adjoints, to);
      rows.set(layer, to);
    }
  });
  return { ...draft.finish(), rows };
}

/**
 * Makes the program of losses along several directions in the same parts. Sections: 0 computes all that lies below the parts;
 * 1 the losses at the centre; 2 + i prepares direction i; the last the losses at the displacement at `displacement`.
 *
 * Where the parts are those of one layer its output is affine, z = A + δ B [F4]: B is computed once a direction, and a
 * displacement costs the layers above. Otherwise the weights themselves are moved.
 */
export function linesProgram(
  placed: Placed,
  parts: Parts,
  count: number,
): Program & { readonly directions: readonly number[]; readonly displacement: number } {
  const draft = new Draft(placed);
  const { frame, layout } = draft;
  const { layers } = placed;
  const moved = movedSlots(layers, parts);
  const directions = Array.from({ length: count }, () => draft.flat());
  const displacement = layout.numbers(1);
  const [only, more] = Array.from(parts.keys(), (i) => layers[i]);
  const below = (layer: ResolvedLayer) => !moved[layer.output];
  if (only && !more) {
    const rows = sizeOf(only.outputShape);
    const [a, b] = [layout.rows(rows), layout.rows(rows)];
    const z = frame.values.of(only.output);
    const above = (layer: ResolvedLayer) => moved[layer.output] && layer !== only;
    draft.section(() => {
      draft.gather();
      forward(frame, (layer) => below(layer) || layer === only);
      frame.push({ op: 'add', a: z, y: a, rows });
    });
    draft.section(() => {
      forward(frame, above);
      draft.loss();
    });
    for (const direction of directions)
      draft.section(() => alongParameters(frame, only, parts.get(only.index)!, direction, b, false));
    draft.section(() => {
      frame.push({ op: 'add', a, b, y: z, factor: displacement, rows });
      forward(frame, above);
      draft.loss();
    });
  } else {
    const point = draft.flat();
    const line = draft.flat();
    const rows = Math.ceil(placed.size / placed.lanes);
    const above = (layer: ResolvedLayer) => moved[layer.output];
    draft.section(() => {
      draft.gather();
      forward(frame, below);
    });
    draft.section(() => {
      forward(frame, above);
      draft.loss();
    });
    for (const direction of directions) draft.section(() => frame.push({ op: 'add', a: direction, y: line, rows }));
    draft.section(() => {
      frame.push({ op: 'add', a: placed.weights, b: line, y: point, factor: displacement, rows });
      forward(frame, above, point);
      draft.loss();
    });
  }
  return { ...draft.finish(), directions, displacement };
}
