/**
 * The rule by which a training has diverged, from what every step reports. A run has diverged when
 *
 * - `not-finite`: a minibatch loss is not finite, or above 1e30;
 * - `above`: the mean minibatch loss of a stretch of steps is above `factor` (10 by default) times the training loss at the start, or
 *   the training loss at the end is. A stretch has at least 20 steps and at least 1000 samples, or an epoch where that has fewer;
 * - `still`: an epoch changed no weight, and the training loss is above half of that of the best constant output: every hidden unit
 *   is inactive;
 * - `forgotten`: training went on to its end, where the training loss is at least 0.999 of that of the best constant output, after a
 *   stretch whose mean loss was above 1.1 times the loss at the start. So a run that is merely slow has not diverged.
 *
 * The first two are the step at which training is stopped. docs/theory [V4].
 */

/** Names the part of the rule by which a training has diverged. */
export type DivergedBy = 'not-finite' | 'above' | 'still' | 'forgotten';

/** Holds what is known of the divergence of a training. */
export interface DivergenceSeen {
  /** Undefined for a training that did not diverge. */
  readonly by?: DivergedBy;
  /** Step after which the rule was met first, from 1. */
  readonly step?: number;
  /** Largest mean loss of a stretch, and the step that it ends with; NaN before the first stretch is complete. */
  readonly peak: number;
  readonly peakStep: number;
  /** Steps of a stretch. */
  readonly stretch: number;
  /** Training loss at the start, and of the best constant output. */
  readonly start: number;
  readonly constant: number;
  readonly factor: number;
}

/** Least steps and samples of a stretch. */
const [LEAST_STEPS, LEAST_SAMPLES] = [20, 1000];
/** Share of the constant loss from which a network has forgotten everything, and the rise of the loss that must precede it. */
const [FORGOTTEN, RISE] = [0.999, 1.1];
/** Share of the constant loss up to which a standstill is that of a network that fits perfectly. */
const FITTED = 0.5;

/** Watches the minibatch losses of a training. */
export class LossWatch {
  private sum = 0;
  private held = 0;
  private steps = 0;
  private firstRise = 0;
  private peak = Number.NaN;
  private peakStep = 0;
  private found: { readonly by: DivergedBy; readonly step: number } | undefined;
  readonly stretch: number;

  constructor(
    private readonly known: {
      readonly start: number;
      readonly constant: number;
      readonly factor: number;
      readonly batchSize: number;
      readonly samples: number;
    },
  ) {
    const { batchSize, samples } = known;
    this.stretch = Math.max(LEAST_STEPS, Math.ceil(Math.min(LEAST_SAMPLES, samples) / batchSize));
  }

  /** Takes the losses of successive steps; returns whether training should stop. */
  see(losses: ArrayLike<number>): boolean {
    for (let k = 0; k < losses.length; k++) {
      this.steps++;
      this.sum += losses[k];
      if (++this.held < this.stretch) continue;
      const mean = this.sum / this.held;
      [this.sum, this.held] = [0, 0];
      if (!(mean <= this.peak)) [this.peak, this.peakStep] = [mean, this.steps];
      if (this.firstRise === 0 && mean > RISE * this.known.start) this.firstRise = this.steps;
      if (mean > this.known.factor * this.known.start) {
        this.found ??= { by: 'above', step: this.steps };
        return true;
      }
    }
    return false;
  }

  /** Notes a minibatch loss that is not finite, at the given step from 1. */
  notFinite(step: number): void {
    this.found ??= { by: 'not-finite', step };
  }

  /** Notes an epoch, complete with step `step`, in which no weight changed; returns whether that is a divergence. */
  still(step: number, loss: number): boolean {
    if (loss <= FITTED * this.known.constant) return false;
    this.found ??= { by: 'still', step };
    return true;
  }

  /** Says what was seen, once the training loss at the end is known; NaN where it is not. */
  seen(end: number): DivergenceSeen {
    const { start, constant, factor } = this.known;
    if (end > factor * start) this.found ??= { by: 'above', step: this.steps };
    if (!this.found && this.firstRise > 0 && end >= FORGOTTEN * constant)
      this.found = { by: 'forgotten', step: this.firstRise };
    return { ...this.found, peak: this.peak, peakStep: this.peakStep, stretch: this.stretch, start, constant, factor };
  }
}
