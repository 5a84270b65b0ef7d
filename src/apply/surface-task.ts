/**
 * A task on any loss surface: the same measurements as of a network of ours, from losses and gradients alone. science.md §7.
 *
 * Hessian products are central differences of gradients unless the surface brings its own, to about 1e-9 of the gradient's scale.
 * Widths take some twenty losses an axis.
 */
import { nearestCrossings } from '../analyse/crossing.js';
import type { RowSource } from '../analyse/rows.js';
import type { LossSurface } from '../model/surface.js';
import { check, InputError } from '../numeric/errors.js';
import { type LinearAlgebra, matrix, row } from '../numeric/linalg/index.js';
import { hutchinsonTrace } from '../numeric/operators/hutchinson.js';
import { dot, type LinearOperator } from '../numeric/operators/lanczos.js';
import type { Key } from '../numeric/random.js';
import { denseModes, denseOf, iteratedModes } from './modes.js';
import { principalAxes } from './principal.js';
import { rememberAlong, rememberAxes } from './remember.js';
import type { Block, Task, TaskTraining, Width } from './task.js';
import { columnsOf } from './windows.js';

/** What more a surface may offer; each method says which of it it misses. */
export interface ProtectableSurface extends LossSurface {
  /** H(w) v. */
  hessianVector?(w: Float64Array, v: Float64Array): Float64Array;
  /** Gradients of single samples' own losses (never of batches, never divided by the batch), in pieces of whole rows of P. */
  perSampleGradients?(w: Float64Array): Iterable<Float64Array>;
  /** Per sample the model's probabilities of its C outcomes, and the gradient of −ln p of each outcome, C×P. */
  predictiveGradients?(w: Float64Array): Iterable<{
    readonly probabilities: ArrayLike<number>;
    readonly gradients: Float64Array;
  }>;
}

/** How task 1 ended. */
export interface FinishedRun {
  /** w1, length P. */
  readonly weights: ArrayLike<number>;
  /** Rows of all P weights before w1, for methods along principal directions. */
  readonly window?: RowSource;
  /** Stretches with axes of their own, layers for instance (`span`: with the biases behind them); one over everything by default. */
  readonly blocks?: readonly (Omit<Block, 'span'> & { readonly span?: number })[];
  readonly training?: TaskTraining;
}

/** Blocks up to this order get a dense Hessian out of as many products. */
const DENSE = 400;
const PROBES = 64;
const RELATIVE_TOLERANCE = 1e-6;
/** Farthest displacement of a width, in norms of the block's weights (or 1). */
const REACH = 10;

export function surfaceTask(
  surface: ProtectableSurface,
  run: FinishedRun,
  { la, key }: { readonly la: LinearAlgebra; readonly key: Key },
): Task {
  const { size } = surface;
  const anchor = Float64Array.from(run.weights);
  check(
    anchor.length === size && anchor.every(Number.isFinite),
    'weight-count',
    () => `the surface has ${size} weights; the run ended at ${anchor.length}, all of which must be finite.`,
  );
  const blocks = (run.blocks ?? [{ name: 'all', offset: 0, size }]).map(
    (b): Block => ({ ...b, span: b.span ?? b.size }),
  );
  const outside = blocks.find((b) => b.offset < 0 || b.size < 1 || b.span < b.size || b.offset + b.span > size);
  check(
    outside === undefined,
    'block-range',
    () => `the block '${outside?.name}' does not lie within the ${size} weights.`,
  );
  const loss = surface.loss(anchor);
  const embed = (block: Block, v: Float64Array) => {
    const flat = new Float64Array(size);
    flat.set(v, block.offset);
    return flat;
  };
  const product = surface.hessianVector?.bind(surface) ?? differences(surface);
  const operator = (block: Block): LinearOperator => ({
    size: block.size,
    apply: (v) => product(anchor, embed(block, v)).slice(block.offset, block.offset + block.size),
  });
  let gradient: Float64Array | undefined;
  const slopes = () => (gradient ??= surface.gradient(anchor));
  const curvature = (block: Block, p: Float64Array) => dot(p, operator(block).apply(p));

  return {
    size,
    anchor,
    blocks,
    loss,
    training: run.training,
    principal: rememberAxes(async (block, most) => {
      const { window } = run;
      check(
        window !== undefined,
        'no-window',
        'principal directions need a recorded window; give `window`, rows of all weights.',
      );
      check(
        window.P === size,
        'weight-count',
        () => `the surface has ${size} weights; the rows of the window have ${window.P}.`,
      );
      return principalAxes(columnsOf(window, block.offset, block.size), most, la);
    }, 1),
    curvatures: (block, axes) => Float64Array.from({ length: axes.rows }, (_, i) => curvature(block, row(axes, i))),
    widths: rememberAlong((block, axis): Width => {
      check(
        loss > 0 && Number.isFinite(loss),
        'no-centre-loss',
        () => `widths are measured at e times the loss at w1; that loss is ${loss}, so there are none.`,
      );
      const along = embed(block, axis);
      const h = curvature(block, axis);
      const own = anchor.subarray(block.offset, block.offset + block.size);
      const { left, right } = nearestCrossings(
        (x) => x.map((d) => surface.loss(anchor.map((w, j) => w + d * along[j]))),
        {
          centre: loss,
          level: Math.E * loss,
          slope: dot(slopes(), along),
          curvature: h,
          relativeTolerance: RELATIVE_TOLERANCE,
          cap: REACH * Math.max(1, Math.sqrt(dot(own, own))),
        },
      );
      return { flatness: left === null || right === null ? null : left + right, curvature: h };
    }),
    stiffest: rememberAxes(
      (block, most) =>
        block.size <= DENSE
          ? denseModes(denseOf(operator(block)), la)
          : iteratedModes(operator(block), most, key.child('hessian').child(block.name), la),
      1,
    ),
    trace({ name, offset, span }) {
      const op = operator({ name, offset, size: span, span });
      if (span > DENSE) return hutchinsonTrace(op, { probes: PROBES, key: key.child('trace') }).value;
      const h = denseOf(op).data;
      return h.reduce((sum, v, at) => (at % (span + 1) === 0 ? sum + v : sum), 0);
    },
    noise(block, axes) {
      const k = axes.rows;
      const second = matrix(k, k);
      const mean = new Float64Array(k);
      let n = 0;
      for (const g of gradientRows(surface, anchor)) {
        const own = g.subarray(block.offset, block.offset + block.size);
        const along = Float64Array.from({ length: k }, (_, i) => dot(row(axes, i), own));
        for (let i = 0; i < k; i++) {
          mean[i] += along[i];
          for (let j = 0; j < k; j++) second.data[i * k + j] += along[i] * along[j];
        }
        n++;
      }
      for (let i = 0; i < k; i++)
        for (let j = 0; j < k; j++) second.data[i * k + j] = second.data[i * k + j] / n - (mean[i] / n) * (mean[j] / n);
      return second;
    },
    fisher: (kind) => (kind === 'empirical' ? empiricalFisher(surface, anchor) : trueFisher(surface, anchor)),
  };
}

/** Central differences: truncation h²/6·|∇⁴L| and rounding eps/h balance at the third root of eps. */
function differences(surface: LossSurface): (w: Float64Array, v: Float64Array) => Float64Array {
  return (w, v) => {
    const norm = Math.sqrt(dot(v, v));
    if (norm === 0) return new Float64Array(v.length);
    const h = (Math.cbrt(2 ** -52) * Math.max(1, Math.sqrt(dot(w, w)))) / norm;
    const up = surface.gradient(w.map((x, i) => x + h * v[i]));
    const down = surface.gradient(w.map((x, i) => x - h * v[i]));
    return up.map((g, i) => (g - down[i]) / (2 * h));
  };
}

/** One sample's gradient after the other, as views. */
function* gradientRows(surface: ProtectableSurface, w: Float64Array): Generator<Float64Array> {
  if (!surface.perSampleGradients)
    throw new InputError(
      'no-sample-gradients',
      'this method needs gradients of single samples; give the surface `perSampleGradients`.',
    );
  let count = 0;
  for (const piece of surface.perSampleGradients(w)) {
    check(
      piece.length % surface.size === 0,
      'sample-gradients',
      () => `gradients of single samples come in rows of ${surface.size} weights; a piece has ${piece.length} numbers.`,
    );
    for (let at = 0; at < piece.length; at += surface.size) yield piece.subarray(at, at + surface.size);
    count += piece.length;
  }
  check(count > 0, 'sample-gradients', 'the surface gave no gradient of any sample.');
}

function empiricalFisher(surface: ProtectableSurface, w: Float64Array): Float64Array {
  const out = new Float64Array(surface.size);
  let n = 0;
  for (const g of gradientRows(surface, w)) {
    for (let j = 0; j < out.length; j++) out[j] += g[j] * g[j];
    n++;
  }
  return out.map((v) => v / n);
}

function trueFisher(surface: ProtectableSurface, w: Float64Array): Float64Array {
  if (!surface.predictiveGradients)
    throw new InputError(
      'no-predictive-gradients',
      "the true Fisher matrix needs the gradients of all outcomes with the model's probabilities; give the surface `predictiveGradients`, or take 'ewc-empirical'.",
    );
  const { size } = surface;
  const out = new Float64Array(size);
  let n = 0;
  for (const { probabilities: p, gradients: g } of surface.predictiveGradients(w)) {
    check(
      g.length === p.length * size,
      'sample-gradients',
      () => `${p.length} outcomes of ${size} weights need ${p.length * size} numbers; got ${g.length}.`,
    );
    for (let c = 0; c < p.length; c++) for (let j = 0; j < size; j++) out[j] += p[c] * g[c * size + j] ** 2;
    n++;
  }
  check(n > 0, 'sample-gradients', 'the surface gave no gradient of any sample.');
  return out.map((v) => v / n);
}
