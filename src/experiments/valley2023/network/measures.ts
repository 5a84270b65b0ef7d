/** The numbers of a solution that are followed along the strengths of the noise, by name. docs/theory [F3], [V1], [N6]. */
import { mean } from '../../../numeric/statistics.js';
import type { SolutionResult } from './measured.js';

/** A number that measures the flatness of a solution. */
export interface Measure {
  readonly id: string;
  readonly name: string;
  /** Sign of the change that means flatter. */
  readonly flatter: 1 | -1;
  /** Whether rescaling layers against each other leaves it unchanged. */
  readonly invariant: boolean;
  readonly of: (s: SolutionResult) => number;
}

const measure = (
  id: string,
  name: string,
  flatter: 1 | -1,
  of: (s: SolutionResult) => number | undefined,
  invariant = false,
): Measure => ({ id, name, flatter, invariant, of: (s) => of(s) ?? Number.NaN });

/** Geometric mean over layers. */
const overLayers = (s: SolutionResult, of: (width: number, norm: number) => number): number | undefined =>
  s.flatness && Math.exp(mean(s.flatness.layers.map((l) => Math.log(of(l.widths.width.value, l.norm)))));

export const MEASURES: readonly Measure[] = [
  measure('top', 'largest eigenvalue of H', -1, (s) => s.flatness?.top[0].value),
  measure('trace', 'Tr H', -1, (s) => s.flatness?.trace.value),
  measure('noise-trace', 'Tr C₁, gradient noise of one sample', -1, (s) => s.flatness?.noiseTrace.value),
  measure('curved-noise', 'Tr(H C₁)', -1, (s) => s.flatness?.curvedNoise.value),
  measure(
    'curvature-variance',
    'variance over samples of the curvature along the top eigenvector',
    -1,
    (s) => s.valley?.across[0].curvatureVariance.value,
  ),
  measure('width-top', 'width F along the top eigenvectors', 1, (s) => s.flatness?.topWidths.width.value),
  measure('width-random', 'width F along random directions of each layer', 1, (s) => overLayers(s, (f) => f)),
  measure('noise-absolute', 'rise of the loss under weight noise', -1, (s) => s.flatness?.noise.absolute.value),
  measure('norm-trace', '|w|² Tr H/P', -1, (s) => s.flatness?.normTrace.value),
  measure('scaled-trace', 'Σ |wₗ|² Tr Hₗ/Pₗ over layers', -1, (s) => s.flatness?.scaledTrace.value, true),
  measure(
    'width-relative',
    'F/|wₗ| along random directions of each layer',
    1,
    (s) => overLayers(s, (f, w) => f / w),
    true,
  ),
  measure(
    'noise-relative',
    'rise of the loss under weight noise relative to each layer',
    -1,
    (s) => s.flatness?.noise.relative.value,
    true,
  ),
];

export const TEST_ERRORS: Measure = measure('test-error', 'wrong test answers', -1, (s) => s.test?.errors);

export const TEST_LOSS: Measure = measure('test-loss', 'test loss', -1, (s) => s.test?.loss);

/** At the mean of an epoch's weights. */
export const FLATTER_FLOOR: readonly Measure[] = [
  measure('floor-top', 'largest eigenvalue of H at the mean of an epoch', -1, (s) => s.floor?.top.value),
  measure('floor-trace', 'Tr H at the mean of an epoch', -1, (s) => s.floor?.trace.value),
];
export const FLOOR_TEST_ERRORS: Measure = measure(
  'floor-test-error',
  'wrong test answers at the mean of an epoch',
  -1,
  (s) => s.floor?.test.errors,
);

/** Numbers that should not change, or that explain the others. */
export const CONTROLS: readonly Measure[] = [
  measure('loss', 'training loss (the same by construction)', -1, (s) => s.loss),
  measure('norm', '|w|', -1, (s) => s.flatness?.norm),
  measure('spread', 'mean of 1 − Σ p² over training samples', -1, (s) => s.confidence?.spread.value),
  measure('temperature', 'best temperature of the logits', -1, (s) => s.confidence?.best.temperature),
  measure('training-errors', 'wrong training answers', -1, (s) => s.errors),
  measure('test-loss-best', 'test loss at the best temperature', -1, (s) => s.confidence?.testLoss),
];

/** Tr H with a rival explanation taken out, beside those among the measures. */
export const CONTROLLED: readonly Measure[] = [
  measure('trace-best', 'Tr H at the best temperature', -1, (s) => s.confidence?.best.trace.value),
  measure('trace-equal', 'Tr H at equal mean 1 − Σ p²', -1, (s) => s.confidence?.equal.trace.value),
  // logits divided by T have a Jacobian divided by T: T² times that trace has the network's own
  measure(
    'trace-outputs',
    'Tr H at equal mean 1 − Σ p², Jacobian kept',
    -1,
    (s) => s.confidence && s.confidence.equal.temperature ** 2 * s.confidence.equal.trace.value,
  ),
  measure(
    'norm-trace-best',
    '|w|² Tr H/P at the best temperature',
    -1,
    (s) =>
      s.flatness &&
      s.confidence &&
      s.confidence.best.trace.value * (s.flatness.normTrace.value / s.flatness.trace.value),
  ),
];
