/**
 * Verdicts of `reproduce ceilings`, by the rules of docs/rules/ceilings.md, which were written before the run:
 *
 * half, bound, edge: a share of all states; *reproduced* if its 95 % interval (Wilson) lies above 0.9, *not reproduced* if below.
 * rank: *reproduced* if Spearman's rho is at least 0.8 and the interval of the slope of ln T against ln x contains a value within 0.2 of
 *   1; *not reproduced* if the interval of rho lies below 0.8, or that of the slope outside 0.8 … 1.2.
 * present: D, the mean squared miss of the trivial rule minus that of the candidate; *reproduced* if it exceeds two bootstrap errors,
 *   *not reproduced* if it lies below minus two, or between with an interval at most as wide on either side as the squared miss of the
 *   trivial rule.
 * statement: *reproduced* if the interval that advise states holds (judging.ts).
 * With fewer than twenty states that have a threshold nothing is decidable.
 */
import { studentQuantile } from '../../numeric/distributions.js';
import { type Estimate, estimate } from '../../numeric/estimate.js';
import { normalHalfWidth, wilsonInterval } from '../../numeric/interval.js';
import { leastSquares } from '../../numeric/lines.js';
import { randomKey } from '../../numeric/random.js';
import { spearman } from '../../numeric/statistics.js';
import { UNDECIDED } from '../../report/deciding.js';
import type { Finding, Verdict } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber } from '../../report/format.js';
import { bootstrapped, holds, type Judging, shareOf, WIDEST } from './judging.js';
import { QUANTITIES, RIVAL_NAMES } from './rivals.js';
import type { Bracketed } from './thresholds.js';

/** Fewest states with a threshold for any verdict. */
const FEWEST = 20;
/** The share of states from which on a claim about all states counts as true. */
const MOST = 0.9;
/** Rank correlation, and distance of the slope from 1, up to which T follows a rule. */
const [FOLLOWS, NEAR] = [0.8, 0.2];

/** Returns the findings; `judging` is undefined where there are too few states for halves. */
export function ceilingsFindings(states: readonly Bracketed[], judging: Judging | undefined, seed: number): Finding[] {
  const enough = states.length >= FEWEST;
  const share = (holdsAt: (b: Bracketed) => boolean) => {
    const k = states.filter(holdsAt).length;
    return { measured: shareOf(k, states.length), verdict: enough ? shareVerdict(k, states.length) : UNDECIDED };
  };
  const few = enough ? '' : ` Fewer than ${FEWEST} states have a threshold.`;
  const shares = (k: Estimate) => {
    const [low, high] = wilsonInterval(Math.round(k.value * k.n), k.n);
    return `95 % interval ${formatNumber(low, 2)} to ${formatNumber(high, 2)}, against ${MOST}.${few}`;
  };
  const coupled = ({ state }: Bracketed) => QUANTITIES.coupled(state);
  const half = share((b) => coupled(b) / 2 <= b.low);
  const bound = share((b) => coupled(b) >= b.low);
  const edge = share((b) => QUANTITIES.edge(b.state) >= b.low);
  return [
    {
      id: 'ceilings.half',
      claim: 'Half of the mean-square ceiling is a safe learning rate.',
      source: 'thermograd 0.1.0; theory [A2]',
      ...half,
      unit: '',
      stated: 'at every state',
      reason: `Share of all ${formatCount(states.length)} states in which no short run left at half of the ceiling or below: ${shares(half.measured)}`,
    },
    {
      id: 'ceilings.bound',
      claim: 'The mean-square ceiling is an upper bound of the learning rates at which runs stay.',
      source: 'theory [A2]',
      ...bound,
      unit: '',
      stated: 'at every state, for a quadratic loss',
      reason: `Share of all states in which all runs stay only below it: ${shares(bound.measured)}`,
    },
    {
      id: 'ceilings.edge',
      claim: 'The edge of stability 2(1+μ)/h is an upper bound of the learning rates at which runs stay.',
      source: 'theory [A2]',
      ...edge,
      unit: '',
      stated: 'at every state, for a quadratic loss',
      reason: `Share of all states in which all runs stay only below it: ${shares(edge.measured)}`,
    },
    rankFinding(states, enough, seed),
    ...(judging ? [presentFinding(judging, enough), statementFinding(judging, enough)] : []),
  ];
}

/** Decides on a share by the rule above. */
export function shareVerdict(k: number, n: number): Verdict {
  const [low, high] = wilsonInterval(k, n);
  return low > MOST ? 'reproduced' : high < MOST ? 'not reproduced' : UNDECIDED;
}

function rankFinding(states: readonly Bracketed[], enough: boolean, seed: number): Finding {
  const rho = bootstrapped(
    states,
    (part) =>
      spearman(
        part.map((b) => QUANTITIES.coupled(b.state)),
        part.map((b) => b.threshold),
      ),
    randomKey(seed).child('ceilings').child('rank'),
  );
  const line = leastSquares(
    states.map((b) => Math.log(QUANTITIES.coupled(b.state))),
    states.map((b) => Math.log(b.threshold)),
  );
  const half = studentQuantile(states.length - 2) * line.slopeError;
  return {
    id: 'ceilings.rank',
    claim: 'The learning rate at which runs leave follows the mean-square ceiling.',
    source: 'theory [A2]',
    measured: rho,
    unit: '',
    stated: 'in proportion: slope 1 of ln T against ln ceiling',
    verdict: enough ? rankVerdict(rho, line.slope, half) : UNDECIDED,
    reason: `Spearman’s ρ over all states; the slope is ${formatEstimate(estimate(line.slope, line.slopeError, states.length, 'least squares'))}.`,
  };
}

/** Decides on rank correlation and slope by the rule above. */
export function rankVerdict(rho: Estimate, slope: number, half: number): Verdict {
  const outside = slope - half > 1 + NEAR || slope + half < 1 - NEAR;
  if (rho.value + normalHalfWidth(rho) < FOLLOWS || outside) return 'not reproduced';
  return rho.value >= FOLLOWS && Number.isFinite(half) ? 'reproduced' : UNDECIDED;
}

function presentFinding({ advantage, candidate, present, comparison }: Judging, enough: boolean): Finding {
  return {
    id: 'ceilings.present',
    claim:
      'A rule from curvature or noise gives the largest learning rate better than a multiple of the present rate does.',
    source: 'theory [N6]',
    measured: advantage,
    unit: '',
    stated: 'a smaller squared miss on states that it was not fitted to',
    verdict: enough ? presentVerdict(advantage, present.scores.miss.value ** 2) : UNDECIDED,
    reason:
      `Mean squared miss of ln T by ${formatNumber(present.fit.factor, 3)} times the present rate (${formatNumber(present.scores.miss.value ** 2, 3)}) minus that of the candidate, ` +
      `${RIVAL_NAMES[candidate.rival]} times ${formatNumber(candidate.fit.factor, 3)} (${formatNumber(candidate.scores.miss.value ** 2, 3)}), which was chosen on the fitting half: ${comparisonWords(comparison)}.`,
  };
}

const comparisonWords = (c: Judging['comparison']): string =>
  c === 'beats'
    ? 'the candidate is better'
    : c === 'loses'
      ? 'the trivial rule is better'
      : 'the two are not distinguished';

/** Decides on the advantage of the candidate by the rule above. */
export function presentVerdict(advantage: Estimate, trivialSquare: number): Verdict {
  const { value, standardError } = advantage;
  if (value > 2 * standardError) return 'reproduced';
  if (value < -2 * standardError) return 'not reproduced';
  return normalHalfWidth(advantage) <= trivialSquare ? 'not reproduced' : UNDECIDED;
}

function statementFinding({ stated, candidate, present, comparison }: Judging, enough: boolean): Finding {
  const chosen = stated ?? (comparison === 'beats' ? candidate : present);
  const wide =
    chosen.fit.half > WIDEST
      ? ` It is wider than a factor of four on either side (${formatNumber(Math.exp(chosen.fit.half), 3)}).`
      : '';
  return {
    id: 'ceilings.statement',
    claim: `The interval of ${RIVAL_NAMES[chosen.rival]} times ${formatNumber(chosen.fit.factor, 3)} covers 95 % of new states.`,
    source: 'theory [A3]',
    measured: chosen.scores.coverage,
    unit: '',
    stated: '0.95',
    verdict: enough ? (holds(chosen) ? 'reproduced' : 'not reproduced') : UNDECIDED,
    reason: `${chosen.scores.coverage.method} of the judged half; the interval is a factor of ${formatNumber(Math.exp(chosen.fit.half), 3)} on either side.${wide}`,
  };
}
