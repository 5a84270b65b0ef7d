/** Findings of the frozen layer: whether the theory of fluctuations holds, whether it describes the whole variance, and what it omits. The rules are stated in findings.ts. */
import type { Estimate } from '../../numeric/estimate.js';
import { halfWidth } from '../../numeric/interval.js';
import { type Agreement, decide, few, UNDECIDED, verdictOf } from '../../report/deciding.js';
import type { Finding, Verdict } from '../../report/finding.js';
import { formatEstimate, formatNumber } from '../../report/format.js';
import type { Comparison, Sampling } from './measured.js';
import type { GroupRow } from './summary.js';

/** How far predicted over measured variance may lie from 1. */
const TOLERANCE = 0.3;

/** Two findings for one sampling: whether the theory of fluctuations holds, and whether it describes the whole variance. */
export function closure(groups: readonly GroupRow[], sampling: Sampling): Finding[] {
  const own = atLargeRate(groups).filter((g) => g.sampling === sampling);
  if (own.length === 0) return [];
  const list = (c: Comparison, how: 'modes' | 'sums') =>
    own.map((g) => `${formatEstimate(g.ratios[c][how])} (modes ${g.from}–${g.to})`).join(', ');
  const theory = outside(own, 'replicas');
  const whole = outside(own, 'raw');
  const n = theory.worst.n;
  return [
    {
      id: `controls.closure-${sampling}`,
      claim: `With all other layers frozen the measured H and C predict the fluctuations along Hessian eigenvectors (${sampling} batches)`,
      source: 'theory [S2], [S3], [S4]',
      measured: theory.worst,
      unit: 'predicted over measured, worst group',
      stated: '1',
      range: 'drift-free variance: half the variance of the difference of two replicas',
      verdict: theory.verdict,
      reason:
        `Group by group: ${list('replicas', 'modes')}. With C averaged along the trajectory: ${list('noise-averaged', 'modes')}. ${n < 2 ? few(theory.worst) : ''}`.trim() +
        (n >= 2 && own.some((g) => halfWidth(g.ratios.replicas.modes) > TOLERANCE)
          ? ` The 95 % interval of a group is wider than ±${formatNumber(TOLERANCE, 1)}; more seeds would narrow it.`
          : ''),
    },
    {
      id: `controls.stationary-${sampling}`,
      claim: `The fluctuations of the window are those of a stationary state around a minimum (${sampling} batches, other layers frozen)`,
      source: 'ao2022; theory [S1], [D9]',
      measured: whole.worst,
      unit: 'predicted over measured, worst group',
      stated: '1: H and C alone account for the whole variance',
      predicted: `with the descent that the gradient at the start drives (ratio of sums): ${list('drift', 'sums')}`,
      verdict: whole.verdict,
      reason: `Group by group: ${list('raw', 'modes')}.${deviating(own)}`,
    },
  ];
}

/** Names the groups whose whole interval of H and C alone lies outside, and on which side. */
function deviating(own: readonly GroupRow[]): string {
  const off = own.filter((g) => within(g.ratios.raw.modes) === 'differs');
  const name = (groups: readonly GroupRow[]) => groups.map((g) => `${g.from}–${g.to}`).join(', ');
  const [less, more] = [
    off.filter((g) => g.ratios.raw.modes.value < 1),
    off.filter((g) => g.ratios.raw.modes.value > 1),
  ];
  const part = (groups: readonly GroupRow[], words: string) =>
    groups.length > 0 ? ` In modes ${name(groups)} ${words}` : '';
  return `${part(less, 'the variance is larger than these fluctuations: there is descent in it, because the loss still falls.')}${part(more, 'the variance is smaller than predicted.')}`;
}

const atLargeRate = (groups: readonly GroupRow[]): GroupRow[] => {
  const rate = Math.max(...groups.map((g) => g.learningRate));
  return groups.filter((g) => g.learningRate === rate);
};

/**
 * Two tests of what the theory of shuffled noise omits, where it deviates. The noise of an epoch sums to zero at fixed weights only; as
 * the weights move within the epoch, a remainder of relative order eta is left, which adds up over epochs while the other part does not.
 * So the theory must hold for the noise of real batches at one point, and better at smaller steps.
 */
export function leak(groups: readonly GroupRow[]): Finding[] {
  const large = atLargeRate(groups).filter((g) => g.sampling === 'shuffled');
  const small = groups.filter((g) => g.sampling === 'shuffled' && !large.includes(g));
  if (large.length === 0) return [];
  const before = outside(large, 'replicas');
  const k = large.findIndex((g) => g.ratios.replicas.modes === before.worst);
  const { from, to, fixed, learningRate } = large[k];
  const off = before.verdict === 'not reproduced';
  const asked = off
    ? `In these modes of the network the ratio is ${formatEstimate(before.worst)} at eta = ${formatNumber(learningRate, 2)}.`
    : 'At the learning rate of the base no group deviates by more than its error, so there is nothing to explain.';
  const findings: Finding[] = [];
  if (fixed)
    findings.push({
      id: 'controls.leak-fixed-noise',
      claim: 'The theory of shuffled noise holds for the gradients of real batches taken at fixed weights',
      source: 'theory [S3]',
      measured: fixed,
      unit: `predicted over measured, modes ${from}–${to}`,
      stated: '1',
      range:
        'linear modes driven by the batches of the run, all at the base weights; the group in which the network deviates most',
      verdict: verdictOf(within(fixed)),
      reason: `${asked} If the noise cannot follow the weights, it is ${formatEstimate(fixed)}.`,
    });
  if (small.length > k)
    findings.push({
      id: 'controls.leak-small-steps',
      claim:
        'What the theory of shuffled noise omits, noise that follows the weights within the epoch, decreases with the learning rate',
      source: 'theory [S3]',
      measured: small[k].ratios.replicas.modes,
      unit: `predicted over measured, modes ${from}–${to}`,
      stated: '1 for small steps',
      range: `eta = ${formatNumber(small[k].learningRate, 2)}, other layers frozen, drift-free variance; as many epochs`,
      verdict: off ? verdictOf(within(small[k].ratios.replicas.modes)) : UNDECIDED,
      reason: `${asked} Here only the steps are smaller.`,
    });
  return findings;
}

/** A predicted over a measured variance against 1; it agrees only if its interval is no wider than the tolerance. */
function within(e: Estimate): Agreement {
  const found = decide(e, 1, { tolerance: TOLERANCE });
  return found === 'agrees' && halfWidth(e) > TOLERANCE ? 'undecided' : found;
}

/** The group farthest from 1 in the logarithm, and the verdict over all groups. */
function outside(own: readonly GroupRow[], c: Comparison): { worst: Estimate; verdict: Verdict } {
  const ratios = own.map((g) => g.ratios[c].modes);
  const far = (e: Estimate) => Math.abs(Math.log(e.value));
  const worst = ratios.reduce((a, b) => (far(b) > far(a) || Number.isNaN(far(a)) ? b : a));
  return { worst, verdict: verdictOf(...ratios.map(within)) };
}
