/**
 * A surface in other coordinates, one scale for each weight: w = s∘y, so that L(y) has the gradient s∘g and the Hessian diag(s) H diag(s).
 *
 * With s = √P for the diagonal preconditioner P of Adam or RMSprop these are the optimiser's own coordinates y = P^(−1/2) w, in which it
 * is plain SGD with momentum: its curvature, ceiling, noise scale and widths are those of this surface. docs/theory [O1].
 */
import { check } from '../numeric/errors.js';
import { type Matrix, matrix } from '../numeric/linalg/index.js';
import * as is from '../numeric/wants.js';
import { gather } from './blocks.js';
import { SURFACE_WANTS } from './check.js';
import type { Surface, SurfaceBlock } from './surface.js';
import { wrapped } from './wrapped.js';

/**
 * Returns the surface as a function of y = w/s. Requests cost what the surface's own do, but for squared norms: they are made of the
 * gradients of single samples, since those of the surface add up weights of different scales. Closing it closes the surface.
 * @param scale - s, one positive number for each weight
 * @throws InputError for another length, and for numbers that are not positive
 */
export function scaledSurface(surface: Surface, scale: ArrayLike<number>, name = `${surface.name}, rescaled`): Surface {
  is.given('scaledSurface', { surface, scale, name }, { surface: SURFACE_WANTS, scale: is.numbers, name: is.text });
  const { size } = surface;
  check(
    scale.length === size,
    'weight-count',
    () => `${surface.name} has ${size} weights; got ${scale.length} scales.`,
  );
  const s = Float64Array.from(scale);
  const wrong = s.findIndex((x) => !(x > 0 && Number.isFinite(x)));
  check(wrong < 0, 'bad-scale', () => `the scale of weight ${wrong} must be a positive number; got ${s[wrong]}.`);
  const at = (y: Float64Array) => y.map((v, i) => v * s[i]);
  const rows = (block: SurfaceBlock, v: Matrix): Matrix => {
    const own = gather(block, s);
    return matrix(
      v.rows,
      v.cols,
      v.data.map((x, k) => x * own[k % v.cols]),
    );
  };
  const below = surface.scale;
  return wrapped(surface, {
    name,
    scale: below ? s.map((x, i) => x * below[i]) : s,
    losses: (y, lines, subset, options) =>
      surface.losses(
        at(y),
        lines.map((line) => {
          const own = gather(line.block, s);
          return { ...line, direction: line.direction.map((p, k) => p * own[k]) };
        }),
        subset,
        options,
      ),
    async gradient(y, subset, options) {
      const { loss, gradient } = await surface.gradient(at(y), subset, options);
      return { loss, gradient: gradient.map((g, i) => g * s[i]) };
    },
    hessianVectors: async (y, block, v, subset, options) =>
      rows(block, await surface.hessianVectors(at(y), block, rows(block, v), subset, options)),
    sampleLosses: (y, subset, options) => surface.sampleLosses(at(y), subset, options),
    projectedSampleGradients: (y, block, v, subset, options) =>
      surface.projectedSampleGradients(at(y), block, rows(block, v), subset, options),
    async secondMoment(y, block, subset, options) {
      const moment = await surface.secondMoment(at(y), block, subset, options);
      const own = gather(block, s);
      const data = moment.data.map((x, k) => x * own[Math.floor(k / moment.cols)] * own[k % moment.cols]);
      return { ...moment, data };
    },
    async fisher(y, subset, options) {
      const squares = await surface.fisher(at(y), subset, options);
      return squares.map((x, i) => x * s[i] * s[i]);
    },
    logits: (y, subset, options) => surface.logits(at(y), subset, options),
    async trueFisher(y, subset, options) {
      const squares = await surface.trueFisher(at(y), subset, options);
      return squares.map((x, i) => x * s[i] * s[i]);
    },
  });
}
