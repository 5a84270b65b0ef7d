/**
 * Findings of ao2022: the claims of docs/theory §3–§5 tested on one run, with what was measured, what other regimes and rival laws give,
 * and a verdict.
 *
 * The rules below are part of the result. They were written before any run was analysed, with one exception: after a
 * first look the drift was also removed in the tests on the trajectory (Boltzmann, circulation, stationarity), as the rule of sigma
 * already required, and the blocks of circulation were tied to the correlation time. Intervals are value ± 1.96 standard errors.
 *
 * sigma (`ao.sigma`, `ao.sigma-sampling`): geometric mean of predicted over measured variance on the settled Hessian modes,
 *   with the drift (principal direction 1) removed. Not decidable with fewer than 5 settled modes or a standard error of its logarithm
 *   above 0.3. Reproduced if within 30 % of 1 (a factor 1.3 either way) or within the interval; otherwise not reproduced.
 * circulating part (`ao.circulating`): share ‖Q‖²/(‖D‖²+‖Q‖²) on the settled modes; C1 and H are exact over all samples, so the
 *   share has no sampling error. Reproduced above 1 %; not decidable below 5 modes.
 * circulation (`ao.circulation`): slope of the measured on epsilon·Q. Not decidable when blocks are shorter than 5 correlation
 *   times, or the standard error exceeds 0.5. Reproduced if significantly positive and within max(0.3, interval) of 1.
 * Boltzmann (`ao.boltzmann`, `ao.boltzmann-sampling`): mean of u/epsilon over n/2, and Kolmogorov's distance to gamma(n/2). Not
 *   decidable below 10 effective draws. Not reproduced if p < 0.01; reproduced if p ≥ 0.05 and the mean is within 30 % of 1;
 *   otherwise not decidable.
 * rival (`ao.rival`): nats per step by which exp(−u/epsilon) describes the window better than exp(−L/T); reproduced if
 *   significantly positive, not reproduced if significantly negative, otherwise not decidable.
 * energy (`ao.energy`): Spearman correlation of the width of U along p_i, from H and C1 alone, with the measured deviation
 *   sigma_i. Reproduced if ≥ 0.5 and significantly positive; not decidable below 20 directions.
 * chain (`ao.chain-…`): exponent against F. Not decidable with fewer than 20 directions, less than half a decade of F, or an
 *   interval wider than ±1. Not reproduced if the sign is wrong or r² < 0.8. Reproduced if within max(10 %, interval) of the
 *   stated exponent; otherwise with another exponent.
 * leading term (`ao.leading`): median of leading over full Cᵢᵢ; reproduced within 30 % of 1; not decidable below 20 directions.
 * temperature, correlation time (`ao.temperature`, `ao.correlation-time`): reproduced if Spearman's rho with F is ≤ −0.5 and
 *   significantly negative; not decidable below 20 directions; otherwise not reproduced.
 * stationary (`ao.stationary`): ⟨w·g⟩ over its stationary value on the settled modes within max(5 %, interval) of 1; not
 *   decidable when the standard error exceeds 0.25.
 */
import { divided, type Estimate, estimate } from '../../numeric/estimate.js';
import { normalHalfWidth } from '../../numeric/interval.js';
import { median, spearman } from '../../numeric/statistics.js';
import { compatible, side, signVerdict, UNDECIDED } from '../../report/deciding.js';
import type { Finding, Verdict } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber } from '../../report/format.js';
import { RELAXATIONS } from '../../theory/layer/results.js';
import type { Ao2022Results, GammaTest, TrajectoryTests } from './measured.js';
import { GROUPS } from './measured.js';
import { chain, DIRECTIONS, falls, leading } from './scaling.js';

/** The least number of settled modes for a verdict on the stationary state. */
const MODES = 5;

/** All findings, the most important first. A run with too little data causes no error: its findings are not decidable. */
export function ao2022Findings(r: Ao2022Results): Finding[] {
  const t = r.trajectory;
  return [
    sigma(r),
    sigmaOfSampling(r),
    ...(t ? boltzmann(r, t) : []),
    ...(t ? [rival(t)] : []),
    circulating(r),
    ...(t ? [circulation(t), stationary(r, t)] : []),
    energy(r),
    ...r.chain.map((link) => chain(link, r)),
    ...(r.landscape ? [leading(r)] : []),
    ...falls(r),
  ];
}

/** Whether a ratio of variances is 1, by the rule of sigma. */
function agreement(e: Estimate, modes: number): Verdict {
  const log: Estimate = { ...e, value: Math.log(e.value), standardError: e.standardError / e.value };
  if (modes < MODES || !(log.standardError <= 0.3)) return UNDECIDED;
  return compatible(log, 0, Math.log(1.3), normalHalfWidth(log)) ? 'reproduced' : 'not reproduced';
}

const where = ({ subspaces: s, setting }: Ao2022Results): string =>
  `the ${formatCount(s.settled)} settled Hessian modes: at least ${RELAXATIONS} relaxation times within the ${formatCount(setting.T)} steps, curvature from ${formatNumber(s.settledCurvature)} up`;

function sigma(r: Ao2022Results): Finding {
  const measured = r.settledRatio.continuous;
  const verdict = agreement(measured, r.subspaces.settled);
  const groups = r.groups
    .filter((g) => Number.isFinite(g.ratio.continuous.value))
    .map((g) => `${g.from}–${g.to}: ${formatEstimate(g.ratio.continuous)}`)
    .join('; ');
  return {
    id: 'ao.sigma',
    claim:
      'The covariance of the weights is Σ = ε·U⁻¹, with U from the stochastic decomposition of F = η·H and D = C₁.',
    source: 'ao2022, [D2], [S1]',
    measured,
    unit: 'predicted/measured',
    stated: '1: exact for the linear system with white noise',
    predicted:
      'shuffled epochs reduce the noise of slow modes and a finite window hides it, so that predictions exceed the measurement',
    range: where(r),
    verdict,
    reason:
      verdict === UNDECIDED
        ? thinModes(r, measured)
        : `The prediction, made without the trajectory, is ${formatEstimate(measured)} times the measured variance. By groups of modes: ${groups || 'none'}. Flatter modes have not reached the stationary state that Σ describes, and the other layers also move and share the restoring force, which the block of one layer does not contain (reproduce controls freezes them).`,
  };
}

const thinModes = (r: Ao2022Results, e: Estimate): string =>
  r.subspaces.settled < MODES
    ? `Only ${formatCount(r.subspaces.settled)} modes are settled; the rule asks for ${MODES}. In a longer window more would settle.`
    : `The ratio ${formatEstimate(e)} is too uncertain.`;

function sigmaOfSampling(r: Ao2022Results): Finding {
  const measured = r.settledRatio.window;
  const verdict = agreement(measured, r.subspaces.settled);
  const groups = r.groups.map((g) => `${g.from}–${g.to}: ${formatEstimate(g.ratio.window)}`).join('; ');
  return {
    id: 'ao.sigma-sampling',
    claim: `Linear theory with the sampling of the run (${r.setting.sampling}) and its window predicts the covariance from H and C₁.`,
    source: '[S3], [S4] as control of ao2022',
    measured,
    unit: 'predicted/measured',
    stated: 'not considered in ao2022: its noise is white',
    predicted: `1; infinite window: ${formatEstimate(r.settledRatio.shuffled)} if shuffled, ${formatEstimate(r.settledRatio.discrete)} if white`,
    range: where(r),
    verdict,
    reason:
      verdict === UNDECIDED
        ? thinModes(r, measured)
        : `By groups of modes (ranks ${GROUPS.map(([a, b]) => `${a}–${b}`).join(', ')} of curvature): ${groups}. This prediction omits the motion of the other layers, which share the restoring force (ratios above 1) and move the minimum (below 1, in flat modes). With these layers frozen the theory is complete: see reproduce controls.`,
  };
}

function boltzmann(r: Ao2022Results, t: TrajectoryTests): Finding[] {
  const one = (id: string, claim: string, source: string, g: GammaTest, note: string): Finding => {
    const measured = over(g);
    let verdict: Verdict = UNDECIDED;
    if (g.effective >= 10 && g.pValue < 0.01) verdict = 'not reproduced';
    else if (g.effective >= 10 && g.pValue >= 0.05 && Math.abs(measured.value - 1) <= 0.3) verdict = 'reproduced';
    if (g.dimension < MODES) verdict = UNDECIDED;
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
      reason: `Mean energy ${formatEstimate(measured)} of its value over ${formatCount(g.dimension)} modes; largest distance between the distributions ${formatNumber(g.distance, 2)}, p = ${formatNumber(g.pValue, 2)} at ${formatNumber(g.effective, 3)} independent draws${g.effective < 10 ? ', fewer than the 10 that the rule asks for; the slow parts of the energy need a longer window' : ''}. ${note}`,
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

function rival(t: TrajectoryTests): Finding {
  const measured = t.logRatio;
  const verdict = signVerdict(measured, 1, { half: normalHalfWidth(measured) });
  const e = t.equipartition;
  return {
    id: 'ao.rival',
    claim: 'The potential of the steady state is not the loss: exp(−u/ε) describes the weights better than exp(−L/T).',
    source: 'ao2022, [D9] (iv)',
    measured,
    unit: 'nats per step',
    stated: '> 0',
    predicted: `with Σ of the run’s own sampling and window in place of ε·U⁻¹: ${formatEstimate(t.logRatioWindowed)}`,
    range: 'settled Hessian modes; the rival law has one free temperature, fitted to this window',
    verdict: t.potential.dimension < MODES ? UNDECIDED : verdict,
    reason: `If exp(−L/T) held, h·σ² would be one temperature; it spreads over a factor ${formatNumber(e.range, 2)}, ${formatNumber(e.excessSpread, 2)} times the scatter that sampling allows. A negative value means that U, which has no free parameter, errs more in the size of the fluctuations than the loss errs in their shape.`,
  };
}

function circulating(r: Ao2022Results): Finding {
  const d = r.decomposition;
  const measured = estimate(
    d.qShare.settled,
    Number.NaN,
    r.subspaces.settled,
    'exact for this network: H and C1 over all samples',
    true,
  );
  const thin = r.subspaces.settled < MODES;
  return {
    id: 'ao.circulating',
    claim: 'Force and noise of SGD do not commute, so that the steady state carries a current: Q ≠ 0.',
    source: 'ao2022, [D4]',
    measured,
    unit: 'of ‖D + Q‖²',
    stated: 'Q ≠ 0 in general',
    predicted: '0 if C₁ is a function of H, as in C ∝ H',
    range: where(r),
    verdict: thin ? UNDECIDED : measured.value > 0.01 ? 'reproduced' : 'not reproduced',
    reason: thin
      ? thinModes(r, measured)
      : `Q makes up ${formatNumber(100 * d.qShare.settled, 2)} % of D + Q here and ${formatNumber(100 * d.qShare.resolved, 2)} % on all ${formatCount(r.subspaces.resolved)} resolved modes; ‖[H, C]‖/(‖H‖ ‖C‖) is ${formatNumber(d.commutator.settled, 2)} and ${formatNumber(d.commutator.layer, 2)} in the whole layer. Entropy is produced at ${formatNumber(d.entropyProductionRate, 2)} k per step. The rule asks for 1 %.`,
  };
}

function circulation(t: TrajectoryTests): Finding {
  const c = t.circulation;
  const measured = c.slope;
  const half = normalHalfWidth(measured);
  let verdict: Verdict = 'not reproduced';
  if (!c.converged || !(measured.standardError <= 0.5) || c.dimension < MODES) verdict = UNDECIDED;
  else if (side(measured, half) > 0 && compatible(measured, 1, 0.3, half)) verdict = 'reproduced';
  return {
    id: 'ao.circulation',
    claim: 'The weights circulate as the antisymmetric part predicts: ½⟨xᵢẋⱼ − xⱼẋᵢ⟩ = ε·Qᵢⱼ.',
    source: 'ao2022, [D6]',
    measured,
    unit: 'measured/ε Q',
    stated: '1',
    predicted: `measured over the discrete prediction of the run’s own sampling: ${formatEstimate(c.slopeOfSampling)}`,
    range: `${formatCount(c.pairs)} pairs of ${formatCount(c.dimension)} settled modes, drift removed; ${formatCount(c.blocks)} blocks`,
    verdict,
    reason: `${formatCount(c.significant.holm)} of ${formatCount(c.pairs)} pairs circulate with a family-wise chance below 5 %, ${formatCount(c.significant.falseDiscovery)} at a false-discovery rate of 5 %. ${c.converged ? '' : 'The blocks are shorter than 5 correlation times, so that the error is underestimated. '}One slope over all pairs: ${formatEstimate(measured)}.${verdict === UNDECIDED && c.converged ? ' Its error exceeds the 0.5 that the rule allows.' : ''}`,
  };
}

function stationary(r: Ao2022Results, t: TrajectoryTests): Finding {
  const measured = t.motion.settled;
  const verdict: Verdict = !(measured.standardError <= 0.25)
    ? UNDECIDED
    : compatible(measured, 1, 0.05, normalHalfWidth(measured))
      ? 'reproduced'
      : 'not reproduced';
  return {
    id: 'ao.stationary',
    claim: 'The window is stationary, the condition of U: ⟨w·g⟩ = ⟨|Δw|²⟩/(2η) with g the gradient of each step.',
    source: '[S9], condition of ao2022',
    measured,
    unit: 'left/right',
    stated: 'assumed',
    predicted: `1; whole layer, drift included: ${formatEstimate(t.motion.layer)}`,
    range: where(r),
    verdict,
    reason: `The sum telescopes to the net growth of |w|² over the window, with w measured from the window mean: below 1 the weights end farther out than they began, above 1 closer. Directions that are not settled are not stationary, and U does not describe them.`,
  };
}

function energy(r: Ao2022Results): Finding {
  const rows = r.energy.filter((e) => e.index > 1 && e.resolved && e.predictedWidth > 0);
  const n = rows.length;
  const value =
    n < 3
      ? Number.NaN
      : spearman(
          rows.map((e) => e.predictedWidth),
          rows.map((e) => e.potentialWidth),
        );
  const se = n < 4 ? Number.NaN : Math.sqrt((1 - value ** 2) / (n - 2));
  const measured = estimate(value, se, n, "Spearman's rank correlation; error for independent directions");
  const loss = rows.filter((e) => e.flatness !== null);
  const other =
    loss.length < 3
      ? Number.NaN
      : spearman(
          loss.map((e) => e.flatness!),
          loss.map((e) => e.potentialWidth),
        );
  const off = median(rows.map((e) => e.predictedWidth / e.potentialWidth));
  const factor = (w: number[]) => formatNumber(Math.max(...w) / Math.min(...w), 2);
  return {
    id: 'ao.energy',
    claim: 'The variance follows the width of the true potential U, not the width of the loss.',
    source: 'ao2022, figure 1',
    measured,
    unit: '',
    stated: 'wide where U is wide (1 by construction if U = ε·Σ⁻¹ is measured)',
    predicted: `width of the loss against the same variance: ${formatNumber(other, 2)} (the inverse relation)`,
    range:
      'principal directions from 2 on with resolved variance; U from H and C₁ on the resolved modes, without the trajectory',
    verdict:
      n < DIRECTIONS
        ? UNDECIDED
        : value >= 0.5 && side(measured, normalHalfWidth(measured)) > 0
          ? 'reproduced'
          : 'not reproduced',
    reason:
      n < DIRECTIONS
        ? `Only ${formatCount(n)} directions; the rule asks for ${DIRECTIONS}.`
        : `The order of the widths agrees, with rho = ${formatEstimate(measured)}. Their size need not agree: measured widths span a factor ${factor(rows.map((e) => e.potentialWidth))}, predicted ones ${factor(rows.map((e) => e.predictedWidth))}; the median of predicted over measured width is ${formatNumber(off, 2)}, because flat directions did not have the time to reach a steady state.`,
  };
}
