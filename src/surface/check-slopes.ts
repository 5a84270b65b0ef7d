/**
 * A slope against differences at many steps at once. Which step is the best is not known of a foreign model: too large a step
 * meets higher derivatives and kinks, too small a one rounding. The two differences of the smallest errors decide: a slope is wrong where it disagrees with both.
 */
import { type CheckName, judged, type SurfaceCheck } from './check-report.js';

/** Number of steps by default, each a tenth of the one before. */
const STEPS = 9;

/** Returns the displacements ±h at all steps, largest first: [h_0, −h_0, h_1, …]. */
export const stepsBelow = (largest: number, count = STEPS): number[] =>
  Array.from({ length: count }, (_, i) => largest * 10 ** -i).flatMap((h) => [h, -h]);

/** Holds the difference at one step, and how uncertain it is. */
interface Difference {
  readonly slope: number;
  readonly error: number;
}

/**
 * Computes central differences from values at `stepsBelow`; the error of one is what the next smaller step changes, which a kink
 * within the step makes as large as it is, plus the rounding `noise` of a value over the smaller step.
 */
export function differencesOf(values: ArrayLike<number>, largest: number, noise: number): Difference[] {
  const count = values.length / 2;
  const central = Array.from({ length: count }, (_, i) => {
    const h = largest * 10 ** -i;
    return (values[2 * i] - values[2 * i + 1]) / (2 * h);
  });
  const changes = Array.from({ length: count - 1 }, (_, i) => Math.abs(central[i] - central[i + 1]));
  let before = 0;
  return changes.map((change, i) => {
    // two that agree by chance are no better than h² allows after the step before, nor than what the next step changes
    before = Math.max(change, before / 100);
    const error = Math.max(before, changes[i + 1] ?? 0) + noise / (largest * 10 ** -(i + 1));
    return { slope: central[i + 1], error };
  });
}

/** A difference decides where its error is below this share of the slope; two zeros decide nothing. */
const CERTAIN = 0.02;

/**
 * Compares a slope with differences. Undecided where no difference is certain.
 * @param least - relative deviation that is always allowed
 */
export function compareSlope(
  name: CheckName,
  stated: number,
  differences: readonly Difference[],
  least: number,
  compared: string,
  toChange: (difference: number) => string,
): SurfaceCheck {
  const deviations = differences
    .map(({ slope, error }) => {
      const size = Math.max(Math.abs(slope), Math.abs(stated));
      return { slope, deviation: Math.abs(slope - stated) / size, tolerance: (10 * error) / size + least };
    })
    .filter(({ tolerance }) => tolerance <= 10 * CERTAIN + least);
  if (deviations.length === 0) {
    const [deviation, tolerance] = [Number.NaN, Number.NaN];
    const sentence = `${compared}: no difference is certain to ${100 * CERTAIN} % at any step, so nothing is decided.`;
    return { name, verdict: 'undecided', deviation, tolerance, sentence };
  }
  const [first, second = first] = deviations.sort((a, b) => a.tolerance - b.tolerance);
  const best = second.deviation / second.tolerance < first.deviation / first.tolerance ? second : first;
  return judged(name, best.deviation, best.tolerance, `${compared}.`, () => toChange(best.slope));
}
