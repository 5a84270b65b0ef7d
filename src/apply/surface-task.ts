/**
 * A task on any loss surface: the same measurements as for thermograd's own networks, from losses and gradients alone.
 * docs/theory §7.
 *
 * Hessian products are central differences of gradients, accurate to about 1e-9 of the gradient's scale, unless the surface has
 * its own. A width costs about twenty losses.
 */

import { nearestCrossings } from '../analyse/landscape/crossing.js';
import type { LossSurface } from '../model/surface.js';
import { check } from '../numeric/errors.js';
import { type LinearAlgebra, matrix, row, trace } from '../numeric/linalg/index.js';
import { hutchinsonTrace } from '../numeric/operators/hutchinson.js';
import { dot, type LinearOperator } from '../numeric/operators/lanczos.js';
import type { Key } from '../numeric/random.js';
import * as is from '../numeric/wants.js';
import { checkedBlocks } from './blocks.js';
import { anchorOf, type FinishedRun, principalIn } from './finished-run.js';
import { denseModes, denseOf, iteratedModes } from './modes.js';
import { rememberAlong, rememberAxes } from './remember.js';
import { empiricalFisher, finiteNumbers, gradientRows, type SampleSurface, trueFisher } from './surface-samples.js';
import type { Block, TaskHere, Width } from './task.js';

/** Describes a loss surface with the optional functions that some methods need; errors name a missing one. */
export interface ProtectableSurface extends LossSurface, SampleSurface {
  /** Returns H(w) v. */
  hessianVector?(w: Float64Array, v: Float64Array): Float64Array;
}

/** Says what a {@link ProtectableSurface} needs. */
export const PROTECTABLE_SURFACE_WANTS = is.shape<ProtectableSurface>({
  hessianVector: is.maybe(is.func),
  size: is.count,
  loss: is.func,
  gradient: is.func,
  perSampleGradients: is.maybe(is.func),
  predictiveGradients: is.maybe(is.func),
});

/** Order up to which a dense Hessian is made, of as many products. */
export const DENSE = 400;
/** Probes of a trace. */
export const PROBES = 64;
/** Relative tolerance of the crossings of a width. */
export const RELATIVE_TOLERANCE = 1e-6;
/** Farthest displacement of a width, in norms of the block's weights (or 1). */
export const REACH = 10;

/**
 * Makes a task of a loss surface and the end of a run on it.
 * @param key - randomness of iterative eigensolvers and trace probes
 * @throws InputError for weights, a loss or a gradient of another length or not finite, and for blocks that fail `checkedBlocks`
 */
export function surfaceTask(
  surface: ProtectableSurface,
  run: FinishedRun,
  { la, key }: { readonly la: LinearAlgebra; readonly key: Key },
): TaskHere {
  const { size } = surface;
  const anchor = anchorOf(run, size, 'the surface');
  const blocks = checkedBlocks(run.blocks ?? [{ name: 'all', offset: 0, size }], size);
  const whole = (values: ArrayLike<number>, what: string) => {
    check(
      values.length === size,
      'weight-count',
      () => `the surface has ${size} weights; ${what} has ${values.length} numbers.`,
    );
    return finiteNumbers(values, what);
  };
  const loss = surface.loss(anchor);
  check(
    Number.isFinite(loss),
    'not-finite',
    () => `the loss at w1 must be a finite number; got ${loss}. Did the training of task 1 diverge?`,
  );
  const gradient = whole(surface.gradient(anchor), 'the gradient at w1').slice();
  const embed = (block: Block, v: Float64Array) => {
    const flat = new Float64Array(size);
    flat.set(v, block.offset);
    return flat;
  };
  const product = surface.hessianVector?.bind(surface) ?? differences(surface);
  const operator = (block: Block): LinearOperator => ({
    size: block.size,
    apply: (v) =>
      whole(product(anchor, embed(block, v)), 'a product of the Hessian at w1').slice(
        block.offset,
        block.offset + block.size,
      ),
  });
  const curvature = (block: Block, p: Float64Array) => dot(p, operator(block).apply(p));

  return {
    size,
    anchor,
    blocks,
    loss,
    training: run.training,
    principal: principalIn(run, size, 'the surface', la),
    curvatures: (block, axes) => Float64Array.from({ length: axes.rows }, (_, i) => curvature(block, row(axes, i))),
    widths: rememberAlong((block, axis): Width => {
      check(
        loss > 0,
        'no-centre-loss',
        () =>
          `widths are measured at e times the loss at w1, which must be positive; it is ${loss}, so there are no widths.`,
      );
      const along = embed(block, axis);
      const h = curvature(block, axis);
      const own = anchor.subarray(block.offset, block.offset + block.size);
      const { left, right } = nearestCrossings(
        (x) => x.map((d) => surface.loss(anchor.map((w, j) => w + d * along[j]))),
        {
          centre: loss,
          level: Math.E * loss,
          slope: dot(gradient, along),
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
      return trace(denseOf(op));
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

/** Makes Hessian products of central differences: truncation h²/6·|∇⁴L| and rounding eps/h balance at the third root of eps. */
function differences(surface: LossSurface): (w: Float64Array, v: Float64Array) => Float64Array {
  return (w, v) => {
    const norm = Math.sqrt(dot(v, v));
    if (norm === 0) return new Float64Array(v.length);
    const h = (Math.cbrt(2 ** -52) * Math.max(1, Math.sqrt(dot(w, w)))) / norm;
    const up = Float64Array.from(surface.gradient(w.map((x, i) => x + h * v[i]))); // a copy: the next call may reuse the array
    const down = surface.gradient(w.map((x, i) => x - h * v[i]));
    return up.map((g, i) => (g - down[i]) / (2 * h));
  };
}
