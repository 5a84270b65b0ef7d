/**
 * The learning rates at which short real runs from a state stay in its basin: what advice on the rate rests on. The rules of the
 * outcomes were fixed before any run:
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
 * Rates are tried on the ladder of advice-ladder.ts around the present one. The threshold lies between the largest eta up to which
 * every run stays, and the smallest eta from which on more than half of the runs at each eta do not. The ceiling is `tight` if the
 * bracket contains it, `cautious` if it lies below the bracket, `too high` if above.
 */
import { type LadderLimits, nextRung, type RungSeen } from './advice-ladder.js';

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
export interface RunJudged extends RunSeen {
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

/**
 * Says whether a state is better than a constant output by so much that the rim is bounded by that output's loss. Runs from other
 * states advise nothing: staying near the loss of a constant output is no success.
 */
export const fittedAt = ({ loss, constantLoss }: Pick<VerifyBase, 'loss' | 'constantLoss'>): boolean =>
  loss <= 0.9 * constantLoss;

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
  /** Top curvature on them at the start; null where it did not converge. */
  readonly top: number | null;
  /** The mean-square ceiling; null where there is none. */
  readonly ceiling: number | null;
  readonly runs: readonly RunJudged[];
  /** Largest eta up to which all runs stay, and smallest from which on most do not; null where the runs do not reach it. */
  readonly bracket: readonly [number | null, number | null];
  /** Where the ceiling lies relative to the bracket. */
  readonly tightness: 'tight' | 'cautious' | 'too high' | 'not decidable';
}

/** Holds the runs and what they are compared with. */
type VerificationInput = Pick<Verification, 'base' | 'epochs' | 'looked' | 'top' | 'ceiling'> & {
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
  const { ceiling } = input;
  let tightness: Verification['tightness'] = 'not decidable';
  if (ceiling !== null) {
    if (low !== null && low > ceiling) tightness = 'cautious';
    else if (high !== null && high < ceiling) tightness = 'too high';
    else if (low !== null && high !== null) tightness = 'tight';
  }
  return { ...input, runs, bracket: [low, high], tightness };
}

/** The ladder on which rates are tried: the present rate times powers of this factor, between these powers. */
export const LADDER: LadderLimits & { readonly factor: number } = { factor: 1.3, from: -12, to: 20 };

/**
 * Returns the rung of LADDER to try next, given the runs made so far at rungs; undefined where the bracket is found or the ladder
 * ends.
 */
export function nextToTry(tried: ReadonlyMap<number, readonly RunSeen[]>, base: VerifyBase): number | undefined {
  const seen: RungSeen[] = [...tried].map(([rung, runs]) => ({
    rung,
    runs: runs.length,
    left: runs.filter((r) => judgeRun(r, base).outcome !== 'stays').length,
  }));
  return nextRung(seen, LADDER);
}
