/** The motions of a landscape that is given as code: any `LossSurface` of one or two weights. docs/theory [V1]–[V5]. */
import { LOSS_SURFACE_WANTS, type LossSurface } from '../../model/surface.js';
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import { fieldFrom } from '../fields.js';
import type { LangevinModel, SgdModel } from '../motion.js';
import { columnsAt } from '../noise-columns.js';

/** Maps a point of the landscape to a number. */
export type PointFunction = (point: ArrayLike<number>) => number;

/** Describes a landscape and its noise as code. */
export interface FunctionInput {
  readonly surface: LossSurface;
  /** C of ONE minibatch gradient: xx, or xx, xy, yy; numbers or functions of the point. */
  readonly covariance: readonly (number | PointFunction)[];
  readonly learningRate: number;
  /** Added to −∇L. */
  readonly force?: readonly PointFunction[];
}

/** Says what a {@link FunctionInput} needs. */
export const FUNCTION_INPUT_WANTS = is.shape<FunctionInput>({
  surface: LOSS_SURFACE_WANTS,
  covariance: is.listOf(is.either(is.finite, is.func)),
  learningRate: is.finite,
  force: is.maybe(is.listOf(is.func)),
});

/**
 * Makes the Langevin model with f = −∇L + force and D = eta C/2 (time in eta·steps), and the SGD map with g = −f + chol(C) n.
 * Both run in TypeScript; formulas are about ten times faster.
 * @throws InputError for more than two weights, or a covariance of another size
 */
export function modelsOf(input: FunctionInput): { readonly langevin: LangevinModel; readonly sgd: SgdModel } {
  is.given('modelsOf', { input }, { input: FUNCTION_INPUT_WANTS });
  const { surface, learningRate: eta, force } = input;
  const size = surface.size;
  check(size === 1 || size === 2, 'bad-size', () => `a landscape here has one or two weights; got ${size}.`);
  const count = size === 1 ? 1 : 3;
  check(
    input.covariance.length === count,
    'bad-noise',
    () => `a covariance of ${size} weights has ${count} entries (xx, or xx, xy, yy); got ${input.covariance.length}.`,
  );
  const C = input.covariance.map((c) => (typeof c === 'number' ? () => c : c));
  const names = ['x', 'y'].slice(0, size);
  const weightsAt = (point: ArrayLike<number>) => Float64Array.from({ length: size }, (_, i) => point[i]);
  const drift = (point: ArrayLike<number>, out: Float64Array) => {
    const gradient = surface.gradient(weightsAt(point));
    for (let i = 0; i < size; i++) out[i] = -gradient[i] + (force ? force[i](point) : 0);
  };
  const common = { size, names, loss: fieldFrom((p, out) => void (out[0] = surface.loss(weightsAt(p))), 1) } as const;
  return {
    langevin: {
      ...common,
      drift: fieldFrom(drift, size),
      diffusion: fieldFrom((p, out) => C.forEach((c, k) => void (out[k] = (eta / 2) * c(p))), count),
    },
    sgd: {
      ...common,
      normals: size,
      batchGradient: fieldFrom((p, out) => {
        drift(p, out);
        const b = columnsAt(
          C.map((c) => c(p)),
          size,
        );
        out[0] = -out[0] + b[0] * p[size];
        if (size === 2) out[1] = -out[1] + b[1] * p[size] + b[2] * p[size + 1];
      }, size),
    },
  };
}
