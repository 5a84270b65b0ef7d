/** What a check of a surface found: how far two numbers are apart that must agree, and what to change where they do not. */

/** Names what is checked, in the order in which it is. */
export type CheckName =
  | 'weights'
  | 'finite'
  | 'repeatable'
  | 'loss'
  | 'samples independent'
  | 'mean of samples'
  | 'mean of a subset'
  | 'precision'
  | 'gradient'
  | 'gradients of samples'
  | 'squared norms'
  | 'Hessian symmetric'
  | 'Hessian';

/** Holds one check. */
export interface SurfaceCheck {
  readonly name: CheckName;
  /** `undecided` where rounding or kinks of the loss hide what is compared; `skipped` where a surface does not offer it. */
  readonly verdict: 'passed' | 'failed' | 'undecided' | 'skipped';
  /** How far apart the two are, relative to their size; NaN where nothing was compared. */
  readonly deviation: number;
  /** What rounding and the differences explain. */
  readonly tolerance: number;
  /** What was compared with what; where it failed, one sentence that says what to change. */
  readonly sentence: string;
}

/** Holds the checks of a surface at one point. */
export interface SurfaceReport {
  /** Name of the surface. */
  readonly surface: string;
  /** L(w) and |g| over all samples. */
  readonly loss: number;
  readonly gradientNorm: number;
  /** SHA-256 of the weights, as `weightsHash` gives it. */
  readonly hash: string;
  /** How many samples were asked for one by one. */
  readonly samples: number;
  /** How many samples stood for all of them, where a budget asked for that. */
  readonly over?: number;
  readonly checks: readonly SurfaceCheck[];
}

/** Judges a deviation: `failed` above the tolerance, with the sentence for that. */
export function judged(
  name: CheckName,
  deviation: number,
  tolerance: number,
  compared: string,
  toChange: string | (() => string),
): SurfaceCheck {
  const passed = deviation <= tolerance;
  const sentence = passed ? compared : typeof toChange === 'string' ? toChange : toChange();
  return { name, verdict: passed ? 'passed' : 'failed', deviation, tolerance, sentence };
}

/** Makes the check that was not made, with the reason. */
export const skipped = (name: CheckName, reason: string): SurfaceCheck => ({
  name,
  verdict: 'skipped',
  deviation: Number.NaN,
  tolerance: Number.NaN,
  sentence: reason,
});

/** Returns the largest |a_i − b_i|, relative to the largest |b_i|; 0 where all are equal to the bit, infinite for a NaN. */
export function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [worst, scale] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    if (Object.is(a[i], b[i])) continue;
    const difference = Math.abs(a[i] - b[i]);
    worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference);
  }
  for (let i = 0; i < b.length; i++) scale = Math.max(scale, Math.abs(b[i]), Math.abs(a[i]));
  return worst === 0 ? 0 : worst / scale;
}

/** Deviations that are always allowed, relative: of sums in another order, and of differences. */
export const SAME = { float64: 1e-9, float32: 1e-4 } as const;

/** Writes a relative deviation for a sentence. */
export const percent = (x: number) => (x >= 1e-3 ? `${Number((100 * x).toPrecision(2))} %` : x.toExponential(1));
