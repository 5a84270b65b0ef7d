/**
 * A test of advice by real runs on both sides of a ceiling. The rules were fixed before any run:
 *
 * A run starts at the state with loss L0 (on a fixed part of the training set) and takes fresh batches at learning rate eta.
 * Its loss is measured forty times. The rim of the basin is e·(L0 + N): e is the level at which this project measures the width
 * of valleys ([F1]), and N = eta Tr C1/(4(1−mu)B), at most L0, is the loss that gradient noise alone adds in a quadratic valley
 * ([S2]). Where the loss of the state is at most 0.9 of that of a constant output, the rim is at most half-way to the loss of a
 * constant output.
 *   - `stays`: the loss was never above the rim.
 *   - `returns`: it was above the rim, but its mean over the last quarter is at most the rim: the run found another basin, or
 *     came back.
 *   - `leaves`: the mean over the last quarter is above the rim and better than a constant output.
 *   - `diverges`: the loss is not finite, or its mean over the last quarter is 0.95 of a constant output's loss or more (where
 *     the loss of the state is above 0.9 of a constant output's: e times the larger of the two or more), or the weights stopped
 *     moving.
 *
 * The threshold lies between the largest eta up to which every run stays, and the smallest eta from which on more than half of
 * the runs at each eta do not. The advised rate has `held` if every run at or below it stays, and `failed` if one does not;
 * without such runs it is `not tested`. The ceiling is `tight` if the bracket contains it, `cautious` if it lies below the
 * bracket, `too high` if above.
 */
import type { AdvicePoint } from './advice-facts.js';

/** Names the outcome of one run, by the rules above. */
export type Outcome = 'stays' | 'returns' | 'leaves' | 'diverges';

/** Records one run. */
export interface RunSeen {
  readonly learningRate: number;
  readonly seed: number;
  /** Losses on the fixed part, in order of time; shorter where the loss stopped being finite. */
  readonly losses: readonly number[];
  readonly finite: boolean;
  /** True where no weight changed in the steps before the last measurement. */
  readonly still: boolean;
  /** Top curvature on the fixed part at the end; null where it was not measured. */
  readonly top: number | null;
}

/** Adds the outcome of a run to its record. */
interface RunJudged extends RunSeen {
  readonly outcome: Outcome;
  readonly rim: number;
  /** Largest loss. */
  readonly peak: number;
  /** Mean of the last quarter of the losses. */
  readonly end: number;
}

/** Describes the state from which runs start. */
export interface VerifyBase {
  readonly loss: number;
  readonly constantLoss: number;
  /** Tr C1. */
  readonly trace: number;
  readonly momentum: number;
  readonly batchSize: number;
}

/** Returns the rim of the basin at a learning rate, by the rules above. */
export function rimOf(learningRate: number, base: VerifyBase): number {
  const noise = (learningRate * base.trace) / (4 * (1 - base.momentum) * base.batchSize);
  const level = Math.E * (base.loss + Math.min(noise, base.loss));
  return fittedAt(base) ? Math.min(level, (base.loss + base.constantLoss) / 2) : level;
}

/** Says whether a state is better than a constant output by so much that the rim is bounded by that output's loss. */
const fittedAt = ({ loss, constantLoss }: VerifyBase): boolean => loss <= 0.9 * constantLoss;

/** Determines the outcome of one run by the rules above. */
export function judgeRun(run: RunSeen, base: VerifyBase): RunJudged {
  const { losses, learningRate, finite, still } = run;
  const rim = rimOf(learningRate, base);
  const peak = finite ? Math.max(...losses) : Number.POSITIVE_INFINITY;
  const last = losses.slice(Math.floor((3 * losses.length) / 4));
  const end = finite ? last.reduce((s, v) => s + v / last.length, 0) : Number.POSITIVE_INFINITY;
  const useless = fittedAt(base) ? 0.95 * base.constantLoss : Math.E * Math.max(base.loss, base.constantLoss);
  let outcome: Outcome;
  if (!finite || still || end >= useless) outcome = 'diverges';
  else if (peak <= rim) outcome = 'stays';
  else outcome = end <= rim ? 'returns' : 'leaves';
  return { ...run, rim, peak, end, outcome };
}

/** Holds the outcomes of all runs and the conclusions. */
export interface Verification {
  readonly base: VerifyBase;
  readonly epochs: number;
  /** Number of samples on which losses and curvatures are measured. */
  readonly looked: number;
  /** Top curvature on them at the start. */
  readonly top: number;
  readonly ceiling: number;
  readonly edge: number;
  /** The advised largest rate. */
  readonly advised: number;
  readonly runs: readonly RunJudged[];
  /** Largest eta up to which all runs stay, and smallest from which on most do not; null where the runs do not reach it. */
  readonly bracket: readonly [number | null, number | null];
  readonly advice: 'held' | 'failed' | 'not tested';
  readonly tightness: 'tight' | 'cautious' | 'too high' | 'not decidable';
}

/** Holds the runs and what they are compared with. */
type VerificationInput = Pick<Verification, 'base' | 'epochs' | 'looked' | 'top' | 'ceiling' | 'edge' | 'advised'> & {
  readonly runs: readonly RunSeen[];
};

/** Determines the outcomes of all runs and the conclusions by the rules above. */
export function judgeVerification(input: VerificationInput): Verification {
  const runs = input.runs
    .map((r) => judgeRun(r, input.base))
    .sort((a, b) => a.learningRate - b.learningRate || a.seed - b.seed);
  const rates = [...new Set(runs.map((r) => r.learningRate))];
  const stay = (eta: number) => runs.filter((r) => r.learningRate === eta && r.outcome === 'stays').length;
  const all = (eta: number) => runs.filter((r) => r.learningRate === eta).length;
  let low: number | null = null;
  for (const eta of rates) {
    if (stay(eta) < all(eta)) break;
    low = eta;
  }
  let high: number | null = null;
  for (const eta of [...rates].reverse()) {
    if (stay(eta) * 2 >= all(eta)) break;
    high = eta;
  }
  const below = runs.filter((r) => r.learningRate <= input.advised * (1 + 1e-9));
  const advice =
    below.length === 0 ? 'not tested' : below.every((r) => r.outcome === 'stays') ? 'held' : ('failed' as const);
  const { ceiling } = input;
  let tightness: Verification['tightness'] = 'not decidable';
  if (low !== null && low > ceiling) tightness = 'cautious';
  else if (high !== null && high < ceiling) tightness = 'too high';
  else if (low !== null && high !== null) tightness = 'tight';
  return { ...input, runs, bracket: [low, high], advice, tightness };
}

/** Multiples of the ceiling that are tried as learning rates. */
export const FACTORS = [0.5, 0.8, 1.25, 2, 4] as const;

/**
 * Returns the learning rates to try around a ceiling, ascending, with the advised rate and the present one among them; a rate
 * within 2 % of the one before it is left out.
 */
export function ratesToTry(ceiling: number, advised: number, point: Pick<AdvicePoint, 'learningRate'>): number[] {
  const rates = [...FACTORS.map((f) => f * ceiling), advised, point.learningRate].sort((a, b) => a - b);
  return rates.filter((r, k) => k === 0 || r > 1.02 * rates[k - 1]);
}
