/**
 * The judging of rules on states that they were not fitted to. The rules of judging are written in docs/rules/ceilings.md.
 */

import { NORMAL_QUANTILE } from '../../numeric/distributions.js';
import { type Estimate, estimate } from '../../numeric/estimate.js';
import { wilsonInterval } from '../../numeric/interval.js';
import { type Key, randomKey } from '../../numeric/random.js';
import { mean, spearman, standardDeviation } from '../../numeric/statistics.js';
import { type Fitted, fitRival, logQuantity, RIVALS, type RivalId, statedLog } from './rivals.js';
import type { Bracketed } from './thresholds.js';

/** Says how well a rule did on the judged states. */
export interface Scores {
  /** T inside the stated interval. */
  readonly coverage: Estimate;
  /** The stated value inside the bracket. */
  readonly hits: Estimate;
  /** The lower end of the stated interval at or below that of the bracket. */
  readonly safe: Estimate;
  /** Mean of ln(c x/T). */
  readonly bias: Estimate;
  /** Root mean square of ln(c x/T). */
  readonly miss: Estimate;
  /** Spearman's correlation of x and T. */
  readonly rank: Estimate;
}

/** Holds a rule with its constants and scores. */
export interface JudgedRival {
  readonly rival: RivalId;
  readonly fit: Fitted;
  /** Leave-one-out root mean square of ln(c x/T) on the fitting half; infinite where the rule states nothing at one of its states. */
  readonly leaveOneOut: number;
  readonly scores: Scores;
  /** Judged states at which it states nothing. */
  readonly silent: readonly string[];
  /** The same scores over other random halves: mean and standard deviation over these. */
  readonly otherHalves: Readonly<Record<'coverage' | 'miss' | 'bias', Estimate>>;
}

/** Holds the outcome of judging. */
export interface Judging {
  readonly fitted: readonly Bracketed[];
  readonly judged: readonly Bracketed[];
  readonly rivals: readonly JudgedRival[];
  readonly candidate: JudgedRival;
  readonly present: JudgedRival;
  /** D: mean squared miss of `present` minus that of the candidate. */
  readonly advantage: Estimate;
  readonly comparison: 'beats' | 'loses' | 'not distinguished';
  /** The rule whose interval is stated, or null. */
  readonly stated: JudgedRival | null;
}

const DRAWS = 2000;
const HALVES = 1000;
const NOMINAL = 0.95;
/** The widest useful interval: a factor of four on either side. */
export const WIDEST = Math.log(4);

/** Splits states at random into two halves, the first not smaller. */
export function halves<T>(states: readonly T[], key: Key): { readonly fitted: T[]; readonly judged: T[] } {
  const order = states.map((s) => s);
  const stream = key.stream();
  for (let i = order.length - 1; i > 0; i--) {
    const j = stream.integer(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  const half = Math.ceil(order.length / 2);
  return { fitted: order.slice(0, half), judged: order.slice(half) };
}

/** Fits all rules on one half and judges them on the other; undefined for fewer than eight states. */
export function judge(states: readonly Bracketed[], splitSeed: number): Judging | undefined {
  if (states.length < 8) return undefined;
  const key = randomKey(splitSeed).child('ceilings');
  const { fitted, judged } = halves(states, key.child('split'));
  const others = Array.from({ length: HALVES }, (_, k) => halves(states, key.child('others').child(k)));
  const rivals = RIVALS.map((rival): JudgedRival => {
    const fit = fitRival(rival, fitted);
    const again = others.map((h) => plainScores(fitRival(rival, h.fitted), h.judged));
    const over = (of: (s: ReturnType<typeof plainScores>) => number, what: string) => {
      const values = again.map(of).filter(Number.isFinite);
      return estimate(mean(values), standardDeviation(values, 1), values.length, `${what} over random halves`);
    };
    return {
      rival,
      fit,
      leaveOneOut: leaveOneOut(rival, fitted),
      scores: scoresOf(fit, judged, key.child('bootstrap')),
      silent: judged.filter(({ state }) => !Number.isFinite(statedLog(fit, state))).map(({ state }) => state.spec.name),
      otherHalves: {
        coverage: over((s) => s.coverage, 'coverage'),
        miss: over((s) => s.miss, 'miss'),
        bias: over((s) => s.bias, 'bias'),
      },
    };
  });
  const present = rivals.find((r) => r.rival === 'present')!;
  const candidate = rivals
    .filter((r) => r !== present)
    .reduce((best, r) => (r.leaveOneOut < best.leaveOneOut ? r : best));
  const advantage = advantageOf(present.fit, candidate.fit, judged, key.child('bootstrap'));
  const comparison =
    advantage.value > 2 * advantage.standardError
      ? 'beats'
      : advantage.value < -2 * advantage.standardError
        ? 'loses'
        : ('not distinguished' as const);
  const stated = comparison === 'beats' && holds(candidate) ? candidate : holds(present) ? present : null;
  return { fitted, judged, rivals, candidate, present, advantage, comparison, stated };
}

/** Says whether a stated interval holds: it covers as often as it says, and is narrow enough to be of use. */
export function holds({ scores, fit }: Pick<JudgedRival, 'scores' | 'fit'>): boolean {
  const { value, n } = scores.coverage;
  return value >= NOMINAL - 2 * Math.sqrt((NOMINAL * (1 - NOMINAL)) / n) && fit.half <= WIDEST;
}

/** Returns the leave-one-out root mean square of ln(c x/T). */
export function leaveOneOut(rival: RivalId, states: readonly Bracketed[]): number {
  const squares = states.map((left, k) => {
    const fit = fitRival(
      rival,
      states.filter((_, other) => other !== k),
    );
    return (statedLog(fit, left.state) - Math.log(left.threshold)) ** 2;
  });
  return squares.every(Number.isFinite) ? Math.sqrt(mean(squares)) : Number.POSITIVE_INFINITY;
}

const missOf = (fit: Fitted) => (b: Bracketed) => statedLog(fit, b.state) - Math.log(b.threshold);

function plainScores(fit: Fitted, judged: readonly Bracketed[]) {
  const misses = judged.map(missOf(fit));
  const known = misses.filter(Number.isFinite);
  return {
    coverage: misses.filter((m) => Math.abs(m) <= fit.half).length / misses.length,
    miss: Math.sqrt(mean(known.map((m) => m * m))),
    bias: mean(known),
  };
}

/** Makes the estimate of a share; its error is half of Wilson's 95 % interval over 1.96, which is not 0 at shares of 0 and 1. */
export function shareOf(k: number, n: number): Estimate {
  const [low, high] = wilsonInterval(k, n);
  return estimate(k / n, (high - low) / (2 * NORMAL_QUANTILE), n, `${k} of ${n} states`);
}

function scoresOf(fit: Fitted, judged: readonly Bracketed[], key: Key): Scores {
  const misses = judged.map(missOf(fit));
  const share = (hit: (miss: number, b: Bracketed) => boolean) =>
    shareOf(misses.filter((m, k) => hit(m, judged[k])).length, judged.length);
  const inside = (m: number, { low, high, threshold }: Bracketed) => {
    const value = m + Math.log(threshold);
    return value >= Math.log(low) - 1e-9 && value <= Math.log(high) + 1e-9;
  };
  const kept = judged.map((b, k) => ({ b, m: misses[k] })).filter(({ m }) => Number.isFinite(m));
  const over = (of: (part: typeof kept) => number) => bootstrapped(kept, of, key);
  return {
    coverage: share((m) => Math.abs(m) <= fit.half),
    hits: share(inside),
    safe: share((m, { low, threshold }) => m + Math.log(threshold) - fit.half <= Math.log(low) + 1e-9),
    bias: over((part) => mean(part.map(({ m }) => m))),
    miss: over((part) => Math.sqrt(mean(part.map(({ m }) => m * m)))),
    rank: over((part) =>
      spearman(
        part.map(({ b }) => logQuantity(fit.rival, b.state, fit.exponent)),
        part.map(({ b }) => b.threshold),
      ),
    ),
  };
}

/** Returns D with its bootstrap error over states; states at which the candidate states nothing are left out. */
function advantageOf(present: Fitted, candidate: Fitted, judged: readonly Bracketed[], key: Key): Estimate {
  const differences = judged.map((b) => missOf(present)(b) ** 2 - missOf(candidate)(b) ** 2).filter(Number.isFinite);
  return bootstrapped(differences, mean, key);
}

/** Returns a statistic of items with its standard deviation over resamples of the items. */
export function bootstrapped<T>(items: readonly T[], of: (part: T[]) => number, key: Key): Estimate {
  const value = of([...items]);
  const draws = Array.from({ length: DRAWS }, (_, r) => {
    const stream = key.child(r).stream();
    return of(items.map(() => items[stream.integer(items.length)]));
  }).filter(Number.isFinite);
  return estimate(value, standardDeviation(draws, 1), items.length, `bootstrap over ${items.length} states`);
}
