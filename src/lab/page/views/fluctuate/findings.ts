/**
 * The verdicts beside the pictures of a live run. They follow the rules of docs/rules/ivf2021.md and docs/rules/controls.md as far as one
 * window of one run can: the error of an exponent is that of its fit, one seed has no sampling error, and the walk is drawn once.
 *
 * aligned: |cos(p_1, mean weights)| is at least 0.5 and 5/√P; not decidable below 26 weights.
 * spectrum: the run's gamma differs from that of the walk with its own noise by more than 1.96 joint errors (the landscape shows);
 *   not decidable without a walk, or if that interval is wider than ±0.5.
 * displacement: the exponent of PC1 is 2 within max(0.2, its interval), and the median of the others is 1 within 0.2; not decidable if
 *   PC1's error exceeds 0.25.
 * temperature: directions with a larger variance, which have narrower valleys where the inverse relation holds, are hotter: the slope of
 *   log T on log sigma² is positive with its whole interval. Equal temperatures give 0.
 * ceiling: eta lies below the largest stable rate with the whole interval of the edge.
 * relation: psi is positive with its whole interval and R² ≥ 0.8, and 4 lies within 0.4 or the interval; not decidable with fewer than 8
 *   closed directions or an interval wider than ±1.
 * control: psi along directions from elsewhere is that of the same window within 0.4 or the joint interval; not decidable if the joint
 *   interval is wider than ±1. For the walk the claim is the opposite one: that without a landscape psi is another.
 */
import type { Estimate } from '../../../../numeric/estimate.js';
import { minus } from '../../../../numeric/estimate.js';
import { normalHalfWidth } from '../../../../numeric/interval.js';
import { powerLaw } from '../../../../numeric/powerlaw.js';
import { randomKey } from '../../../../numeric/random.js';
import { quantile } from '../../../../numeric/statistics.js';
import { decide, UNDECIDED } from '../../../../report/deciding.js';
import type { Verdict } from '../../../../report/finding.js';
import { formatCount, formatMarked, formatNumber } from '../../../../report/format.js';
import type { ControlResult, MeasureResults } from '../../../measures.js';
import type { LiveFinding } from '../../finding-note.js';

export function alignedFinding({ directions, basis }: MeasureResults['displacement']): LiveFinding | undefined {
  const first = directions.find((d) => d.index === 1);
  if (first === undefined) return undefined;
  const cos = Math.abs(first.cosWithWeights);
  const chance = 1 / Math.sqrt(basis.weights);
  const decidable = basis.weights >= 26 && Number.isFinite(cos);
  return {
    claim: 'The first principal direction is aligned with the weights themselves.',
    measured: `|cos| = ${formatNumber(cos)}`,
    nullModel: `a random direction: ${formatNumber(chance, 2)} (root mean square)`,
    verdict: !decidable ? UNDECIDED : cos >= 0.5 && cos >= 5 * chance ? 'reproduced' : 'not reproduced',
    reason: decidable
      ? 'The rule asks for at least 0.5 and five times a random direction.'
      : `A layer of ${formatCount(basis.weights)} weights leaves too little room for a random direction.`,
  };
}

export function spectrumFinding(s: MeasureResults['spectrum']): LiveFinding {
  const claim =
    'The fall of the variances with rank shows the landscape: it differs from that of a walk with the same noise.';
  const measured = `γ = ${formatMarked(s.gamma)}`;
  if (s.walk === undefined)
    return { claim, measured, verdict: UNDECIDED, reason: s.missing ?? 'No walk was drawn, so that there is no null.' };
  const gap = minus(s.gamma, s.walk.gamma);
  const found = known(gap)
    ? decide(gap, 0, { tolerance: 0, half: normalHalfWidth(gap), misses: 'stated', widest: 0.5 })
    : 'undecided';
  return {
    claim,
    measured,
    nullModel: `walk: γ = ${formatMarked(s.walk.gamma)}`,
    verdict: found === 'differs' ? 'reproduced' : found === 'agrees' ? 'not reproduced' : UNDECIDED,
    reason: `The difference is ${formatMarked(gap)}; the rule asks for more than 1.96 errors, and decides up to an interval of ±0.5.`,
  };
}

export function displacementFinding({ directions }: MeasureResults['displacement']): LiveFinding | undefined {
  const first = directions.find((d) => d.index === 1);
  const rest = directions.filter((d) => d.index > 1 && Number.isFinite(d.msdExponent.value));
  if (first === undefined || rest.length === 0) return undefined;
  const e = first.msdExponent;
  const median = quantile(
    rest.map((d) => d.msdExponent.value),
    0.5,
  );
  const sure = known(e) && e.standardError <= 0.25;
  const drifts = Math.abs(e.value - 2) <= Math.max(0.2, normalHalfWidth(e));
  const diffuse = Math.abs(median - 1) <= 0.2;
  return {
    claim: 'The first direction drifts (exponent 2) and the others diffuse (exponent 1).',
    measured: `PC1: ${formatMarked(e)}; median of ${formatCount(rest.length)} others: ${formatNumber(median)}`,
    nullModel: 'free diffusion: 1; a walk’s own first component also looks like a drift, near 2',
    verdict: !sure ? UNDECIDED : drifts && diffuse ? 'reproduced' : 'not reproduced',
    reason: sure
      ? `PC1 ${drifts ? 'is' : 'is not'} within ${formatNumber(Math.max(0.2, normalHalfWidth(e)), 2)} of 2, and the median ${diffuse ? 'is' : 'is not'} within 0.2 of 1.`
      : 'The error of PC1’s exponent is above 0.25 or unknown; a longer window would narrow it.',
  };
}

export function temperatureFinding({ directions }: MeasureResults['temperature']): LiveFinding | undefined {
  const good = directions.filter((d) => d.temperature.converged && d.temperature.value > 0 && d.variance > 0);
  const claim = 'Directions with a larger variance are hotter; in thermal equilibrium all would have one temperature.';
  if (good.length < 8)
    return {
      claim,
      measured: `${formatCount(good.length)} converged temperatures`,
      verdict: UNDECIDED,
      reason: 'The rule asks for 8 directions with a converged temperature.',
    };
  const fit = powerLaw(
    good.map((d) => d.variance),
    good.map((d) => d.temperature.value),
    { key: randomKey(1), method: 'least-squares', replicates: 200 },
  );
  const half = normalHalfWidth(fit.exponent);
  const found = decide(fit.exponent, 0, { tolerance: 0, half, misses: 'stated', widest: 0.2 });
  return {
    claim,
    measured: `T ~ (σ²)^a with a = ${formatMarked(fit.exponent)}`,
    nullModel: 'one temperature: a = 0',
    verdict:
      found === 'undecided'
        ? UNDECIDED
        : found === 'differs' && fit.exponent.value > 0
          ? 'reproduced'
          : 'not reproduced',
    reason: `The interval of the slope is ±${formatNumber(half, 2)} over ${formatCount(good.length)} directions.`,
  };
}

export function ceilingFinding(c: MeasureResults['ceiling']): LiveFinding {
  const half = normalHalfWidth(c.share);
  const sure = known(c.share);
  return {
    claim: 'The learning rate lies below the largest stable one.',
    measured: `η over the edge: ${formatMarked(c.share)}`,
    nullModel: `${formatMarked(c.edge)}. ${c.words}`,
    nullName: 'Edge',
    verdict: !sure
      ? UNDECIDED
      : c.share.value + half < 1
        ? 'reproduced'
        : c.share.value - half > 1
          ? 'not reproduced'
          : UNDECIDED,
    reason: sure
      ? 'The edge is that of the full loss at step ' +
        `${formatCount(c.step)}; batches that differ in curvature lower it.`
      : c.share.method,
  };
}

export function relationFinding(
  shown: ControlResult['name'],
  flatness: MeasureResults['flatness'] | undefined,
  controls: readonly ControlResult[] | undefined,
): LiveFinding | undefined {
  if (shown !== 'same') return controlFinding(shown, controls);
  if (flatness === undefined) return undefined;
  const { psi, fit } = flatness;
  const half = normalHalfWidth(psi);
  const [verdict, reason] = judgePsi(psi, half, fit.points, fit.r2);
  const walk = controls?.find((c) => c.name === 'walk');
  return {
    claim: 'The variance along a direction falls with the fourth power of the width of the valley there (ψ = 4).',
    measured: `ψ = ${formatMarked(psi)}, R² = ${formatNumber(fit.r2, 2)}, ${formatCount(fit.points)} directions`,
    nullModel: walk
      ? `walk without a landscape: ψ = ${formatMarked(walk.psi)}`
      : 'not measured yet: measure the controls',
    verdict,
    reason,
  };
}

function judgePsi(psi: Estimate, half: number, points: number, r2: number): [Verdict, string] {
  if (points < 8)
    return [UNDECIDED, `Only ${formatCount(points)} directions have a closed valley; the rule asks for 8.`];
  if (!known(psi) || half > 1)
    return [UNDECIDED, 'The interval of ψ is wider than ±1; more directions would narrow it.'];
  if (!(psi.value - half > 0)) return ['not reproduced', 'ψ is not positive with its whole interval.'];
  if (r2 < 0.8) return ['not reproduced', 'A line explains less than 0.8 of the spread of log σ².'];
  const tolerance = Math.max(0.4, half);
  if (Math.abs(psi.value - 4) <= tolerance) return ['reproduced', `4 lies within ±${formatNumber(tolerance, 2)} of ψ.`];
  return ['reproduced with another exponent', `4 lies outside ±${formatNumber(tolerance, 2)} of ψ.`];
}

const CLAIMS: Readonly<Record<Exclude<ControlResult['name'], 'same'>, string>> = {
  half: 'Directions chosen by one half of the window give the same ψ from the variances of the other half.',
  hessian: 'Along eigenvectors of the Hessian, which the motion did not choose, ψ is the same.',
  walk: 'The landscape causes the relation: a walk with the same noise and no landscape has another ψ.',
};

function controlFinding(
  shown: Exclude<ControlResult['name'], 'same'>,
  controls: readonly ControlResult[] | undefined,
): LiveFinding | undefined {
  const [own, other] = [controls?.find((c) => c.name === 'same'), controls?.find((c) => c.name === shown)];
  if (own === undefined || other === undefined) return undefined;
  const gap = minus(other.psi, own.psi);
  const half = normalHalfWidth(gap);
  const found = known(gap) ? decide(gap, 0, { tolerance: 0.4, half, misses: 'stated', widest: 1 }) : 'undecided';
  const wanted = shown === 'walk' ? 'differs' : 'agrees';
  return {
    claim: CLAIMS[shown],
    measured: `ψ = ${formatMarked(other.psi)} (${other.words})`,
    nullModel: `ψ = ${formatMarked(own.psi)}`,
    nullName: 'Same window',
    verdict: found === 'undecided' ? UNDECIDED : found === wanted ? 'reproduced' : 'not reproduced',
    reason: `The difference is ${formatMarked(gap)}; two exponents are the same within 0.4 or ±${formatNumber(half, 2)}, and an interval wider than ±1 decides nothing.`,
  };
}

const known = (e: Estimate): boolean => e.converged && Number.isFinite(e.value) && Number.isFinite(e.standardError);
