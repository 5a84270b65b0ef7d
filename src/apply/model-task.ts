/**
 * A task on any `Surface`: networks, functions, models in another process. All products, widths and projections of a measurement
 * are asked for together, and over a subset of the samples where one is given. docs/theory §7, [F5].
 */

import { denseHessian } from '../analyse/curvature/dense-block.js';
import { hessianProducts } from '../analyse/curvature/products.js';
import { surfaceFlatness } from '../analyse/landscape/surface-flatness.js';
import { projectedNoise } from '../analyse/noise/surface-noise.js';
import { check, InputError } from '../numeric/errors.js';
import { type LinearAlgebra, type Matrix, row, trace } from '../numeric/linalg/index.js';
import { hutchinsonProbes, traceOf } from '../numeric/operators/hutchinson.js';
import { dot } from '../numeric/operators/lanczos.js';
import { type Multiplying, multiplyTogether } from '../numeric/operators/products.js';
import type { Key } from '../numeric/random.js';
import * as is from '../numeric/wants.js';
import { SURFACE_WANTS } from '../surface/check.js';
import type { Subset, Surface, SurfaceBlock } from '../surface/surface.js';
import { checkedBlocks } from './blocks.js';
import { anchorOf, FINISHED_RUN_WANTS, type FinishedRun, principalIn } from './finished-run.js';
import { denseModes, modesSearch } from './modes.js';
import { rememberAxes, rememberTogether } from './remember.js';
import { DENSE, PROBES, REACH, RELATIVE_TOLERANCE } from './surface-task.js';
import type { Block, Task, Width } from './task.js';

/** Most numbers of the vectors of one request. */
const TOGETHER = 2 ** 24;

const surfaceBlock = ({ name, offset, size }: Omit<Block, 'span'>): SurfaceBlock => ({
  name,
  ranges: [{ offset, size }],
  size,
});

const OPTIONS = is.shape<{ la: LinearAlgebra; key: Key; subset?: Subset; axes?: number }>({
  la: is.algebra,
  key: is.key,
  subset: is.maybe(is.object),
  axes: is.maybe(is.count),
});

/**
 * Makes a task of a surface and the end of a run on it. It asks for the loss and the gradient at once, and for the rest when a
 * constraint needs it.
 * @param options - `key`: randomness of iterative eigensolvers and trace probes; `subset`: the samples over which curvature,
 *   widths and noise are measured, all by default; `axes`: the least number of stiffest axes that is looked for, so that none are computed twice
 * @throws InputError for weights of another number or not finite, a loss that is not finite, and blocks that fail `checkedBlocks`
 */
export async function modelTask(
  surface: Surface,
  run: FinishedRun,
  options: { readonly la: LinearAlgebra; readonly key: Key; readonly subset?: Subset; readonly axes?: number },
): Promise<Task> {
  is.given(
    'modelTask',
    { surface, run, options },
    { surface: SURFACE_WANTS, run: FINISHED_RUN_WANTS, options: OPTIONS },
  );
  const { la, key, subset, axes: least = 1 } = options;
  const { size, name } = surface;
  const anchor = anchorOf(run, size, name);
  const blocks = checkedBlocks(run.blocks ?? [{ name: 'all', offset: 0, size }], size);
  const { loss, gradient } = await surface.gradient(anchor);
  check(
    Number.isFinite(loss) && gradient.every(Number.isFinite),
    'not-finite',
    () =>
      `the loss of ${name} and its gradient at w1 must be finite; the loss is ${loss}. Did the training of task 1 diverge?`,
  );
  const over = subset ? { subset } : {};
  const multiply = (block: SurfaceBlock) =>
    hessianProducts(surface, anchor, block, { ...over, together: Math.max(1, Math.floor(TOGETHER / block.size)) });
  const together = <T>(block: SurfaceBlock, works: readonly Multiplying<T>[]) =>
    multiplyTogether(multiply(block), works);

  return {
    size,
    anchor,
    blocks,
    loss,
    training: run.training,
    principal: principalIn(run, size, name, la),
    curvatures: async (block, axes) => {
      const rows = Array.from({ length: axes.rows }, (_, i) => row(axes, i));
      const products = await multiply(surfaceBlock(block))(rows);
      return Float64Array.from(products, (p, i) => dot(p, rows[i]));
    },
    widths: rememberTogether(async (block, axes): Promise<Width[]> => {
      const { directions } = await surfaceFlatness(surface, anchor, surfaceBlock(block), axes, {
        relativeTolerance: RELATIVE_TOLERANCE,
        reach: REACH,
        centreLoss: loss,
        ...over,
      });
      return directions.map(({ flatness, curvature }) => ({ flatness, curvature }));
    }),
    stiffest: rememberAxes(async (block, most) => {
      const own = surfaceBlock(block);
      if (own.size <= DENSE) return denseModes((await denseHessian(surface, anchor, own, over)).hessian, la);
      const search = modesSearch(own.size, most, key.child('hessian').child(block.name), la);
      return (await together(own, [search]))[0];
    }, least),
    trace: async ({ name: blockName, offset, span }) => {
      const own = surfaceBlock({ name: blockName, offset, size: span });
      if (span > DENSE)
        return traceOf(await together(own, hutchinsonProbes(span, { probes: PROBES, key: key.child('trace') }))).value;
      return trace((await denseHessian(surface, anchor, own, over)).hessian);
    },
    noise: async (block, axes): Promise<Matrix> =>
      (await projectedNoise(surface, anchor, surfaceBlock(block), axes, { gradient, ...over })).covariance,
    fisher: async (kind) => {
      if (kind === 'empirical') return surface.fisher(anchor, subset);
      if (surface.offers.trueFisher !== 'missing') return surface.trueFisher(anchor, subset);
      throw new InputError(
        'no-predictive-gradients',
        `the true Fisher matrix needs the gradients of all outcomes with the model's probabilities, which ${name} does not give; take 'ewc-empirical'.`,
      );
    },
  };
}
