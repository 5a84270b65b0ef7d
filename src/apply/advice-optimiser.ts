/**
 * The measurements on which advice for any optimiser rests: those of advice-surface.ts in the coordinates y = P^(−1/2) w, in which the
 * optimiser has no preconditioner, on the loss with its L2 penalty. docs/theory [O1], [A2].
 *
 * The ceilings are those of the learning rate of the optimiser itself: 2(1+beta1)/((1−beta1) α) for Adam, with α the largest
 * eigenvalue of P^(1/2) H P^(1/2). They take P as it is; in training a rate beyond the ceiling makes gradients, v and 1/P grow.
 * Noise scales are Tr(P C1)/(gᵀPg) and its like: how much of a step in y is noise.
 */
import { check } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import { SURFACE_WANTS } from '../surface/check.js';
import { withDecay } from '../surface/decay.js';
import { scaledSurface } from '../surface/scaled.js';
import type { Surface } from '../surface/surface.js';
import { effectiveRate, type LinearForm, linearForm } from '../theory/optimisers/linear-form.js';
import { preconditionerOf } from '../theory/optimisers/own-coordinates.js';
import { OPTIMISER_WANTS, type OptimiserSpec } from '../train/optimisers/spec.js';
import type { AdvicePoint } from './advice-facts.js';
import { type AdviceMeasureOptions, type MeasuredOnSurface, measureAdvice } from './advice-surface.js';

/** Says how a state is measured. */
export interface OptimiserAdviceOptions extends Omit<AdviceMeasureOptions, 'setting' | 'form'> {
  readonly optimiser: OptimiserSpec;
  readonly setting: Pick<AdvicePoint, 'batchSize' | 'sampling'>;
  /**
   * The mean squared gradients v that the optimiser kept, length P; by default their expectation at these weights, from the gradients
   * of all samples.
   */
  readonly squares?: ArrayLike<number>;
  /** Steps that the optimiser took, by which Adam corrects v; infinitely many by default. */
  readonly steps?: number;
}

/** Holds what was measured, and in which coordinates. */
export interface OptimiserMeasured extends MeasuredOnSurface {
  readonly form: LinearForm;
  /** The diagonal of P; all 1 for SGD. */
  readonly preconditioner: Float64Array;
  /** Weights with √v at most eps, whose P = 1/eps says nothing of the landscape: they count with the median P of the others. */
  readonly silent: number;
  /** `kept`: from the squares that the optimiser kept; `expected`: from the gradients of the samples; `none` for SGD. */
  readonly squaresFrom: 'kept' | 'expected' | 'none';
  /** eta_e, at which slow motion follows P g: what the rate, the noise's share of the loss and the temperature are made of. */
  readonly effectiveRate: number;
}

/**
 * Measures noise and curvature at a state in the optimiser's own coordinates. Costs what `measureAdvice` does, one gradient for each
 * sample (squared norms in y), and a Fisher diagonal where v is not given.
 * @throws InputError for what `measureAdvice` and `completeOptimiser` refuse, and squares of another length or negative ones
 */
export async function measureOptimiserAdvice(
  surface: Surface,
  w: Float64Array,
  options: OptimiserAdviceOptions,
): Promise<OptimiserMeasured> {
  is.given(
    'measureOptimiserAdvice',
    { surface, w, options },
    {
      surface: SURFACE_WANTS,
      w: is.numbers,
      options: is.shape<OptimiserAdviceOptions>({
        la: is.algebra,
        key: is.key,
        directions: is.maybe(is.count),
        samples: is.maybe(is.count),
        optimiser: OPTIMISER_WANTS,
        setting: is.shape({ batchSize: is.count, sampling: is.oneOf('shuffled', 'replaced', 'cyclic') }),
        squares: is.maybe(is.numbers),
        steps: is.maybe(is.positive),
      }),
    },
  );
  const { optimiser, setting, squares, steps = Number.POSITIVE_INFINITY, ...rest } = options;
  const form = linearForm(optimiser);
  const loss = withDecay(surface, form.penalty);
  const asked = { ...rest, form, setting: { ...setting, momentum: form.memory } };
  if (!form.adaptive) {
    const preconditioner = new Float64Array(w.length).fill(1);
    const measured = await measureAdvice(loss, w, asked);
    return { ...measured, form, preconditioner, silent: 0, squaresFrom: 'none', effectiveRate: effectiveRate(form) };
  }
  if (squares)
    check(
      squares.length === w.length && Array.prototype.every.call(squares, (v: number) => v >= 0),
      'bad-squares',
      () => `mean squared gradients are ${w.length} numbers ≥ 0, one for each weight; got ${squares.length}.`,
    );
  const v = squares ?? (await expectedSquares(loss, w, setting.batchSize, options.signal));
  const { preconditioner, silent } = heard(
    preconditionerOf(form, v, squares ? steps : Number.POSITIVE_INFINITY),
    form.optimiser.epsilon,
  );
  const scale = preconditioner.map(Math.sqrt);
  const own = scaledSurface(loss, scale, `${loss.name}, in the coordinates of ${form.optimiser.type}`);
  const y = w.map((x, i) => x / scale[i]);
  const measured = await measureAdvice(own, y, asked);
  return {
    ...measured,
    form,
    preconditioner,
    silent,
    squaresFrom: squares ? 'kept' : 'expected',
    effectiveRate: effectiveRate(form),
  };
}

/**
 * Gives weights that have hardly any gradient the median P of the others: those of silent units do not move at all, and 1/eps would
 * stretch their coordinates until differences in y leave the valley [O3].
 */
function heard(preconditioner: Float64Array, epsilon: number): { preconditioner: Float64Array; silent: number } {
  const most = 0.5 / epsilon;
  const others = preconditioner.filter((p) => p < most).sort();
  const silent = preconditioner.length - others.length;
  if (silent === 0 || others.length === 0) return { preconditioner, silent };
  const median = others[Math.floor(others.length / 2)];
  return { preconditioner: preconditioner.map((p) => (p < most ? p : median)), silent };
}

/**
 * Returns ⟨g_i²⟩ of minibatches at fixed weights, g_i² + (F_i − g_i²)/B with F the mean of the samples' squared gradients: the v that
 * Adam would keep if it stood there.
 */
export async function expectedSquares(
  surface: Surface,
  w: Float64Array,
  batchSize: number,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const part = signal ? { signal } : {};
  const { gradient } = await surface.gradient(w, undefined, part);
  const fisher = await surface.fisher(w, undefined, part);
  return fisher.map((f, i) => gradient[i] ** 2 + Math.max(0, f - gradient[i] ** 2) / batchSize);
}
