/**
 * Where the linear form of an optimiser says nothing of a window, and why, in sentences. docs/theory [O3].
 *
 * The form has a fixed learning rate, a fixed preconditioner and a fixed covariance of the noise. Each of these is compared with what
 * was measured at both ends of the window; the thresholds stand below. With any reason given, a prediction of the form for this window
 * is "not decidable" and no finding.
 */
import { wholePower } from '../../numeric/power.js';
import * as is from '../../numeric/wants.js';
import { rateRange } from '../../train/optimisers/schedule.js';
import { LINEAR_FORM_WANTS, type LinearForm } from './linear-form.js';

/** A quantity at the beginning and at the end of the window. */
export interface Ends<T> {
  readonly start: T;
  readonly end: T;
}

/** Holds what is known of a window; what was not measured is left out and not judged. */
export interface WindowSeen {
  readonly form: LinearForm;
  /** Steps taken before the window, and before its end. */
  readonly steps: Ends<number>;
  /** Steps of the window whose gradient was shortened. */
  readonly clipped?: number;
  /** Mean squared gradients v as the optimiser keeps them, one number a weight of the layer. */
  readonly squares?: Ends<ArrayLike<number>>;
  /** Tr C1. */
  readonly noise?: Ends<number>;
  /** Loss over the training set. */
  readonly loss?: Ends<number>;
}

const ends = (want: is.Want) => is.shape<Ends<unknown>>({ start: want, end: want });

/** Says what a {@link WindowSeen} needs. */
const WINDOW_SEEN_WANTS = is.shape<WindowSeen>({
  form: LINEAR_FORM_WANTS,
  steps: ends(is.whole),
  clipped: is.maybe(is.whole),
  squares: is.maybe(ends(is.numbers)),
  noise: is.maybe(ends(is.positive)),
  loss: is.maybe(ends(is.positive)),
});

/** Why the form does not hold. */
export interface FormFailure {
  readonly id: 'schedule' | 'clipping' | 'memory' | 'preconditioner' | 'silent' | 'noise' | 'loss';
  /** One sentence. */
  readonly sentence: string;
}

/** The share by which the learning rate may change, and the share of steps that may be clipped. */
const [RATE, CLIPPED] = [0.01, 0.001];
/** Factor by which √v (its median over the weights), Tr C1 and the loss may change. */
const FACTOR = 2;
/** The share of weights whose √v may be at most eps. */
const SILENT = 0.01;
/** Memories 1/(1 − beta2) of v that must have passed before the window begins. */
const MEMORIES = 3;

const round = (x: number): string => String(Number(x.toPrecision(3)));

/** Lists why the linear form does not describe a window; empty where nothing speaks against it. */
export function whereFormFails(seen: WindowSeen): FormFailure[] {
  is.given('whereFormFails', { seen }, { seen: WINDOW_SEEN_WANTS });
  const { form, steps, clipped = 0, squares, noise, loss } = seen;
  const { schedule, learningRate, type, beta2, alpha } = form.optimiser;
  const out: FormFailure[] = [];
  const say = (id: FormFailure['id'], sentence: string) => void out.push({ id, sentence });
  const length = steps.end - steps.start;
  const { least, most } = rateRange(schedule, learningRate, steps.start, steps.end);
  if (most > (1 + RATE) * least)
    say(
      'schedule',
      `the learning rate changes from ${round(most)} to ${round(least)} within the window, and the theory has one rate.`,
    );
  if (clipped > CLIPPED * length)
    say(
      'clipping',
      `${round((100 * clipped) / length)} % of the gradients in the window were shortened to the norm ${round(form.optimiser.clipNorm)}, and the theory has no clipping.`,
    );
  if (form.adaptive) {
    const memory = 1 / (1 - (type === 'rmsprop' ? alpha : beta2));
    if (steps.start < MEMORIES * memory)
      say(
        'memory',
        `${type} remembers ${round(memory)} steps of squared gradients and the window begins after ${steps.start}, before they have settled.`,
      );
  }
  if (form.adaptive && squares) judgeSquares(seen, squares, say);
  if (noise && ratio(noise) > FACTOR)
    say(
      'noise',
      `the gradient noise Tr C1 changes from ${round(noise.start)} to ${round(noise.end)} within the window, and the theory has it constant.`,
    );
  if (loss && ratio(loss) > FACTOR)
    say(
      'loss',
      `the training loss changes from ${round(loss.start)} to ${round(loss.end)} within the window: near interpolation gradients, noise and v follow it, and no state is stationary.`,
    );
  return out;
}

function judgeSquares(
  { form, steps }: WindowSeen,
  { start, end }: Ends<ArrayLike<number>>,
  say: (id: FormFailure['id'], sentence: string) => void,
): void {
  const { type, beta2, epsilon } = form.optimiser;
  const correction = (count: number) => (type === 'rmsprop' ? 1 : 1 - wholePower(beta2, Math.max(1, count)));
  const roots = (v: ArrayLike<number>, count: number) => Float64Array.from(v, (x) => Math.sqrt(x / correction(count)));
  const [first, last] = [roots(start, steps.start), roots(end, steps.end)];
  const silent = last.filter((x) => x <= epsilon).length;
  if (silent > SILENT * last.length)
    say(
      'silent',
      `${silent} of ${last.length} weights have hardly any gradient (√v at most eps = ${round(epsilon)}), so that P = 1/(√v + eps) is that of eps and not of the landscape.`,
    );
  const moved = first
    .map((x, i) => Math.max((x + epsilon) / (last[i] + epsilon), (last[i] + epsilon) / (x + epsilon)))
    .sort();
  const median = moved[Math.floor(moved.length / 2)];
  if (median > FACTOR)
    say(
      'preconditioner',
      `√v changes by a factor of ${round(median)} (median over the weights; ${round(moved[Math.floor(0.9 * moved.length)])} at the ninth decile) within the window, and the theory has a fixed preconditioner.`,
    );
}

const ratio = ({ start, end }: Ends<number>): number => (start === end ? 1 : Math.max(start / end, end / start));
