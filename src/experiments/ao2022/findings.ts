/**
 * Findings of ao2022: the claims of docs/theory §3–§5 tested on one run, with what was measured, what other regimes and rival laws give,
 * and a verdict. The rules are part of the result: docs/rules/ao2022.md states all of them with what had been seen before they were
 * written. In short (intervals are value ± 1.96 standard errors):
 *
 * sigma (`ao.sigma`, `ao.sigma-sampling`): predicted over measured variance in each group of settled modes (the drift, principal
 *   direction 1, removed), and chi² over the modes, with errors from draws of the linear system. Not decidable with fewer than 5 settled
 *   modes or a group whose logarithm has an error above 0.3. Reproduced if every group is within 30 % of 1 (a factor 1.3 either way)
 *   and p ≥ 0.01; not reproduced if p < 0.01 or the whole interval of a group lies outside; otherwise not decidable.
 * Boltzmann (`ao.boltzmann`, `ao.boltzmann-sampling`): mean of u/epsilon over n/2 in each group, and Kolmogorov's distance to
 *   gamma(n/2). Not decidable below 10 effective draws or 5 modes. Not reproduced if p < 0.01 or the whole interval of a group lies
 *   outside 30 %; reproduced if p ≥ 0.05 and every group is within 30 % of 1; otherwise not decidable.
 * rival (`ao.rival`): nats per step by which exp(−u/epsilon) describes the window better than exp(−L/T); reproduced if
 *   significantly positive and above the same number of walks with the run's own noise, not reproduced if significantly negative,
 *   otherwise not decidable.
 * circulating part, circulation, stationary: current.ts. Energy: widths.ts. Chain, leading term, temperature, correlation
 *   time: scaling.ts. What optimisers and the span of a large layer do to all of them: form.ts.
 */
import { divided, type Estimate, minus } from '../../numeric/estimate.js';
import { normalHalfWidth } from '../../numeric/interval.js';
import * as is from '../../numeric/wants.js';
import { type Agreement, decide, side, signVerdict, UNDECIDED, verdictOf } from '../../report/deciding.js';
import type { Finding, Verdict } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber } from '../../report/format.js';
import { circulating, circulation, stationary } from './current.js';
import { asTheFormAllows } from './form.js';
import type { Ao2022Results, GammaTest, ModeAgreement, TrajectoryTests } from './measured.js';
import { chain, falls, leading } from './scaling.js';
import { farthest, MODES, thinModes, where } from './settled.js';
import { energy } from './widths.js';

const RESULTS_WANTS = is.shape<Ao2022Results>({
  setting: is.object,
  subspaces: is.object,
  modes: is.object,
  groups: is.listOf(is.object),
  settledRatio: is.object,
  simulated: is.object,
  gamma: is.object,
  decomposition: is.object,
  energy: is.listOf(is.object),
  widths: is.object,
  chain: is.listOf(is.object),
  temperature: is.object,
  correlationTime: is.object,
  walkCorrelation: is.object,
  landscape: is.maybe(is.listOf(is.object)),
  trajectory: is.maybe(is.object),
});

/** All findings, the most important first. A run with too little data causes no error: its findings are not decidable. */
export function ao2022Findings(r: Ao2022Results): Finding[] {
  is.given('ao2022Findings', { r }, { r: RESULTS_WANTS });
  return is.reading('ao2022Findings', 'the results', () => asTheFormAllows(r, findingsOf(r)));
}

function findingsOf(r: Ao2022Results): Finding[] {
  const t = r.trajectory;
  return [
    sigma(r),
    sigmaOfSampling(r),
    ...(t ? boltzmann(r, t) : []),
    ...(t ? [rival(r, t)] : []),
    circulating(r),
    ...(t ? [circulation(t), stationary(r, t)] : []),
    energy(r),
    ...r.chain.map((link) => chain(link, r)),
    ...(r.landscape ? [leading(r)] : []),
    ...falls(r),
  ];
}

/** The verdict on predicted over measured variances, by the rule of sigma. */
function agreement(a: ModeAgreement): Verdict {
  const groups = a.groups.map(({ ratio }) => withinFactor(ratio));
  if (a.modes < MODES || groups.length === 0 || !Number.isFinite(a.pValue)) return UNDECIDED;
  if (a.groups.some(({ ratio }) => !(ratio.standardError / ratio.value <= 0.3))) return UNDECIDED;
  return verdictOf(...groups, a.pValue < 0.01 ? 'differs' : 'agrees');
}

/** Whether a ratio is 1 within a factor 1.3; it differs where its whole interval lies outside. */
function withinFactor(ratio: Estimate): Agreement {
  const log: Estimate = { ...ratio, value: Math.log(ratio.value), standardError: ratio.standardError / ratio.value };
  return decide(log, 0, { tolerance: Math.log(1.3), half: normalHalfWidth(log) });
}

/** Lists the groups, and tells chi² with its degrees of freedom. */
const byGroups = (a: ModeAgreement): string =>
  `By groups of modes: ${a.groups.map((g) => `${g.from}–${g.to}: ${formatEstimate(g.ratio)}`).join('; ') || 'none'}. chi² = ${formatNumber(a.chiSquared, 3)} for ${formatCount(a.modes)} modes, p = ${formatNumber(a.pValue, 2)} from ${formatCount(a.draws)} draws of the linear system.`;

function sigma(r: Ao2022Results): Finding {
  const a = r.simulated.agreement.continuous;
  return {
    id: 'ao.sigma',
    claim:
      'The covariance of the weights is Σ = ε·U⁻¹, with U from the stochastic decomposition of F = η·H and D = C₁.',
    source: 'ao2022, [D2], [S1], [N2]',
    measured: farthest(a.groups.map((g) => g.ratio)),
    unit: 'predicted/measured, group farthest from 1',
    stated: '1: exact for the linear system with white noise',
    predicted:
      'shuffled epochs reduce the noise of slow modes and a finite window hides it, so that predictions exceed the measurement',
    range: where(r),
    verdict: agreement(a),
    reason: `${thinModes(r)}The prediction is made without the trajectory. ${byGroups(a)} The mean over all settled modes is ${formatNumber(r.settledRatio.continuous.value)}. Flatter modes have not reached the stationary state that Σ describes, and the other layers also move and share the restoring force, which the block of one layer does not contain (reproduce controls freezes them).`,
  };
}

function sigmaOfSampling(r: Ao2022Results): Finding {
  const a = r.simulated.agreement.window;
  return {
    id: 'ao.sigma-sampling',
    claim: `Linear theory with the sampling of the run (${r.setting.sampling}) and its window predicts the covariance from H and C₁.`,
    source: '[S3], [S4] as control of ao2022; [N2]',
    measured: farthest(a.groups.map((g) => g.ratio)),
    unit: 'predicted/measured, group farthest from 1',
    stated: 'not considered in ao2022: its noise is white',
    predicted: `1; means over all settled modes for an infinite window: ${formatNumber(r.settledRatio.shuffled.value)} if shuffled, ${formatNumber(r.settledRatio.discrete.value)} if white`,
    range: where(r),
    verdict: agreement(a),
    reason: `${thinModes(r)}${byGroups(a)} The mean over all settled modes, ${formatNumber(r.settledRatio.window.value)}, says nothing where groups lie on both sides of 1. This prediction omits the motion of the other layers, which share the restoring force (ratios above 1) and move the minimum (below 1, in flat modes). reproduce controls freezes these layers.`,
  };
}

function boltzmann(r: Ao2022Results, t: TrajectoryTests): Finding[] {
  const one = (id: string, claim: string, source: string, g: GammaTest, note: string): Finding => {
    const measured = over(g);
    const groups = g.groups ?? [];
    const shape: Agreement = g.pValue < 0.01 ? 'differs' : g.pValue >= 0.05 ? 'agrees' : 'undecided';
    const verdict: Verdict =
      g.effective >= 10 && g.dimension >= MODES && groups.length > 0
        ? verdictOf(shape, ...groups.map(({ mean }) => withinFactor(mean)))
        : UNDECIDED;
    return {
      id,
      claim,
      source,
      measured,
      unit: 'of ε n/2',
      stated: '1: 2u/ε follows a chi-squared law of n degrees',
      predicted: `half-window control (U from the first half, tested on the second): ${formatEstimate(over(t.otherHalf))}, p = ${formatNumber(t.otherHalf.pValue, 2)}`,
      range: where(r),
      verdict,
      reason: `Mean energy ${formatEstimate(measured)} of its value over ${formatCount(g.dimension)} modes; largest distance between the distributions ${formatNumber(g.distance, 2)}, p = ${formatNumber(g.pValue, 2)} at ${formatNumber(g.effective, 3)} independent draws${g.effective < 10 ? ', fewer than the 10 that the rule asks for; the slow parts of the energy need a longer window' : ''}. Mean energy of each group of modes alone: ${groups.map((x) => `${x.from}–${x.to}: ${formatEstimate(x.mean)}`).join('; ') || 'none'}. ${note}`,
    };
  };
  return [
    one(
      'ao.boltzmann',
      'The weights are distributed as exp(−u/ε), with the potential U from H and C₁ alone.',
      'ao2022, [D9] (ii)',
      t.potential,
      `With U = ε·Σ⁻¹ from the same trajectory this would hold by construction and would test nothing. If the drift is not removed, the mean is ${formatEstimate(over(t.withDrift))}.`,
    ),
    one(
      'ao.boltzmann-sampling',
      'The weights are distributed as exp(−½ xᵀΣ⁻¹x), with Σ predicted for the run’s own sampling and window.',
      '[S3], [S4], [D9] as control of ao2022',
      t.windowed,
      'This tests whether the distribution is Gaussian with the covariance of linear theory.',
    ),
  ];
}

/** ⟨u⟩ over n/2. */
const over = (g: GammaTest): Estimate => divided(g.mean, g.expected);

function rival(r: Ao2022Results, t: TrajectoryTests): Finding {
  const measured = t.logRatio;
  const sign = signVerdict(measured, 1, { half: normalHalfWidth(measured) });
  const walks = r.simulated.logRatioOfWalks;
  const beyond = side(minus(measured, walks), normalHalfWidth(minus(measured, walks))) > 0;
  const verdict = sign === 'reproduced' && !beyond ? UNDECIDED : sign;
  const e = t.equipartition;
  return {
    id: 'ao.rival',
    claim: 'The potential of the steady state is not the loss: exp(−u/ε) describes the weights better than exp(−L/T).',
    source: 'ao2022, [D9] (iv)',
    measured,
    unit: 'nats per step',
    stated: '> 0',
    predicted: `with Σ of the run’s own sampling and window in place of ε·U⁻¹: ${formatEstimate(t.logRatioWindowed)}; walks with the run’s own noise and no restoring force: ${formatNumber(walks.value)}, scatter ${formatNumber(walks.standardError, 2)} [N1]`,
    range: 'settled Hessian modes; the rival law has one free temperature, fitted to this window',
    verdict: t.potential.dimension < MODES ? UNDECIDED : verdict,
    reason: `${sign === 'reproduced' && !beyond ? 'Walks with the run’s own noise, which have no steady state, are described as much better or better: the comparison shows that the motion follows the noise, and not that it has the steady state of U. ' : ''}If exp(−L/T) held, h·σ² would be one temperature; it spreads over a factor ${formatNumber(e.range, 2)}, ${formatNumber(e.excessSpread, 2)} times the scatter that sampling allows. A negative value means that U, which has no free parameter, errs more in the size of the fluctuations than the loss errs in their shape.`,
  };
}
