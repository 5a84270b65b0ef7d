/**
 * What real runs did on both sides of a ceiling, and whether the advice held. Rules, fixed before any run:
 *
 * A run starts at the state with loss L0 (on a fixed part of the training set) and takes fresh batches at learning rate eta. Its loss is
 * looked at forty times. The rim of the basin is e·(L0 + N): e is the level at which this project measures the width of valleys ([F1]), and
 * N = eta Tr C1/(4(1−mu)B), at most L0, what the gradient noise alone adds in a quadratic valley ([S2]). Where the state is better than 0.9
 * of a constant answer, the rim is at most half-way to that answer's loss.
 *   - `stays`: never seen above the rim.
 *   - `returns`: seen above it, but the mean of the last quarter of the looks is below: it left the basin and found another, or came back.
 *   - `leaves`: the last quarter is above the rim and better than a constant answer.
 *   - `diverges`: a loss that is not finite, or a last quarter within 5 % of a constant answer's loss or above (of e times that loss where
 *     the state itself is no better than 0.9 of a constant answer), or weights that stopped moving.
 *
 * The threshold lies between the largest eta up to which every run stays, and the smallest eta from which on more than half of the runs
 * at each eta do not. The advised rate `held` if every run at or below it stays, and `failed` if one does not; without such runs nothing is
 * said. The ceiling is `tight` if the bracket holds it, `cautious` if it lies below the bracket, `too high` if above.
 */
import type { AdvicePoint } from './advice-facts.js';

export type Outcome = 'stays' | 'returns' | 'leaves' | 'diverges';

/** What was seen of one run. */
export interface RunSeen {
  readonly learningRate: number;
  readonly seed: number;
  /** Losses on the fixed part, in time; shorter where the loss stopped being finite. */
  readonly losses: readonly number[];
  readonly finite: boolean;
  /** No weight changed in the last stretch of steps. */
  readonly still: boolean;
  /** Top curvature on the fixed part at the end; null where it was not measured. */
  readonly top: number | null;
}

export interface RunJudged extends RunSeen {
  readonly outcome: Outcome;
  readonly rim: number;
  readonly peak: number;
  /** Mean of the last quarter of the looks. */
  readonly end: number;
}

export interface VerifyBase {
  readonly loss: number;
  readonly constantLoss: number;
  /** Tr C1. */
  readonly trace: number;
  readonly momentum: number;
  readonly batchSize: number;
}

/** @see the rules above */
export function judgeRun(run: RunSeen, base: VerifyBase): RunJudged {
  const { losses, learningRate, finite, still } = run;
  const noise = (learningRate * base.trace) / (4 * (1 - base.momentum) * base.batchSize);
  const fitted = base.loss <= 0.9 * base.constantLoss;
  const level = Math.E * (base.loss + Math.min(noise, base.loss));
  const rim = fitted ? Math.min(level, (base.loss + base.constantLoss) / 2) : level;
  const peak = finite ? Math.max(...losses) : Number.POSITIVE_INFINITY;
  const last = losses.slice(Math.floor((3 * losses.length) / 4));
  const end = finite ? last.reduce((s, v) => s + v / last.length, 0) : Number.POSITIVE_INFINITY;
  const useless = fitted ? 0.95 * base.constantLoss : Math.E * Math.max(base.loss, base.constantLoss);
  let outcome: Outcome;
  if (!finite || still || end >= useless) outcome = 'diverges';
  else if (peak <= rim) outcome = 'stays';
  else outcome = end <= rim ? 'returns' : 'leaves';
  return { ...run, rim, peak, end, outcome };
}

export interface Verification {
  readonly base: VerifyBase;
  readonly epochs: number;
  /** Samples on which losses and curvatures are looked at. */
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

export type VerificationInput = Pick<
  Verification,
  'base' | 'epochs' | 'looked' | 'top' | 'ceiling' | 'edge' | 'advised'
> & {
  readonly runs: readonly RunSeen[];
};

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

/** Multiples of the ceiling that are tried, and of the advised rate itself. */
export const FACTORS = [0.5, 0.8, 1.25, 2, 4] as const;

/** Learning rates to try around a ceiling, ascending, with the advised rate and the present one among them. */
export function ratesToTry(ceiling: number, advised: number, point: Pick<AdvicePoint, 'learningRate'>): number[] {
  const rates = [...FACTORS.map((f) => f * ceiling), advised, point.learningRate].sort((a, b) => a - b);
  return rates.filter((r, k) => k === 0 || r > 1.02 * rates[k - 1]);
}
