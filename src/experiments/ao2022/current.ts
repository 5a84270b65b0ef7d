/**
 * Findings of ao2022 on the current of the steady state, and on the condition that there is a steady state. docs/rules/ao2022.md
 * states the rules in full; intervals over a few blocks are Student's:
 *
 * circulating part (`ao.circulating`): share ‖Q‖²/(‖D‖²+‖Q‖²) on all resolved modes, where C1 and H are exact over all samples, so that
 *   it has no sampling error. Reproduced above 1 %, otherwise not reproduced.
 * circulation (`ao.circulation`): slope of the measured on epsilon·Q. Not decidable where blocks are shorter than 5 correlation
 *   times or fewer than 5 modes are settled. Not reproduced if the whole interval lies outside 1 ± 0.3; reproduced if within
 *   max(0.3, interval) of 1, significantly positive, and with a standard error of at most 0.5; otherwise not decidable.
 * stationary (`ao.stationary`): ⟨w·g⟩ over its stationary value on the settled modes within max(5 %, interval) of 1. Passed: reproduced
 *   if the rule refuses at least 80 % of simulated walks, otherwise not decidable. Failed: not reproduced if it refuses at most 10 % of
 *   simulated stationary windows, otherwise not decidable. Not decidable below 5 modes.
 */
import { estimate } from '../../numeric/estimate.js';
import { halfWidth } from '../../numeric/interval.js';
import { compatible, decide, side, UNDECIDED } from '../../report/deciding.js';
import type { Finding, Verdict } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber, formatRange } from '../../report/format.js';
import { modesOf } from './form.js';
import type { Ao2022Results, RulePower, TrajectoryTests } from './measured.js';
import { MODES, thinModes, where } from './settled.js';
import { passesAsStationary } from './stationarity.js';

export function circulating(r: Ao2022Results): Finding {
  const { qShare, commutator, entropyProductionRate } = r.decomposition;
  const measured = estimate(
    qShare.resolved,
    Number.NaN,
    r.subspaces.resolved,
    'exact for this network and these data: H and C1 over all samples',
    true,
  );
  return {
    id: 'ao.circulating',
    claim: 'Force and noise of SGD do not commute: Q ≠ 0.',
    source: 'ao2022, [D4]',
    measured,
    unit: 'of ‖D + Q‖²',
    stated: 'Q ≠ 0 in general',
    predicted: '0 if C₁ is a function of H, as in C ∝ H',
    range: `all ${formatCount(r.subspaces.resolved)} resolved Hessian modes; H and C₁ exact over all ${formatCount(r.setting.samples)} samples, so that there is no sampling error`,
    verdict: measured.value > 0.01 ? 'reproduced' : 'not reproduced',
    reason: `Q makes up ${formatNumber(100 * qShare.resolved, 2)} % of D + Q on the ${formatCount(r.subspaces.resolved)} resolved modes, and ${formatNumber(100 * qShare.settled, 2)} % on the ${formatCount(r.subspaces.settled)} settled ones, where alone the window can show a steady current; ‖[H, C]‖/(‖H‖ ‖C‖) is ${formatNumber(commutator.layer, 2)} in the whole layer and ${formatNumber(commutator.settled, 2)} on the settled modes, where entropy is produced at ${formatNumber(entropyProductionRate, 2)} k per step. The rule asks for 1 %.`,
  };
}

export function circulation(t: TrajectoryTests): Finding {
  const c = t.circulation;
  const measured = c.slope;
  const half = halfWidth(measured);
  let verdict: Verdict = UNDECIDED;
  if (c.converged && c.dimension >= MODES) {
    if (decide(measured, 1, { tolerance: 0.3, half }) === 'differs') verdict = 'not reproduced';
    else if (compatible(measured, 1, 0.3, half) && side(measured, half) > 0 && measured.standardError <= 0.5)
      verdict = 'reproduced';
  }
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
    reason: `${formatCount(c.significant.holm)} of ${formatCount(c.pairs)} pairs circulate with a family-wise chance below 5 %, ${formatCount(c.significant.falseDiscovery)} at a false-discovery rate of 5 %. ${c.converged ? '' : 'The blocks are shorter than 5 correlation times, so that the error is underestimated. '}One slope over all pairs: ${formatEstimate(measured)}, 95 % interval ±${formatNumber(half, 2)}.${verdict === UNDECIDED && c.converged ? ' It neither excludes 1 ± 0.3 nor is it 1 with an error of at most 0.5 and above 0.' : ''}`,
  };
}

/** The fewest walks, and the most stationary windows, that the rule must refuse for a verdict. */
const [POWER, FALSE_ALARMS] = [0.8, 0.1];

const percent = (share: number): string => `${formatNumber(100 * share, 3)} %`;

export function stationary(r: Ao2022Results, t: TrajectoryTests): Finding {
  const measured = t.motion.settled;
  const { rule } = r.simulated;
  const found = passesAsStationary(measured);
  const powerful = rule.power >= POWER;
  let verdict: Verdict = UNDECIDED;
  if (r.subspaces.settled >= MODES) {
    if (found === 'agrees' && powerful) verdict = 'reproduced';
    if (found === 'differs' && rule.falseAlarms <= FALSE_ALARMS) verdict = 'not reproduced';
  }
  return {
    id: 'ao.stationary',
    claim: `The ${formatCount(r.subspaces.settled)} settled modes are stationary over the window, the condition of U: ⟨w·g⟩ = ⟨|Δw|²⟩/(2η) with g the gradient of each step.`,
    source: '[S9], condition of ao2022',
    measured,
    unit: 'left/right',
    stated: 'assumed',
    predicted: `1; whole layer of ${formatCount(r.setting.P)} modes, drift included: ${formatEstimate(t.motion.layer)}`,
    range: `${where(r)}; these modes relax ${formatRange(rule.relaxations, 2)} times`,
    verdict,
    reason: `${thinModes(r)}${powerWords(rule)}${found === 'agrees' && !powerful ? ' So passing it shows little.' : ''} The sum telescopes to the net growth of |w|² over the window, with w measured from the window mean: below 1 the weights end farther out than they began, above 1 closer. Nothing is said here of the ${formatCount(modesOf(r) - r.subspaces.settled)} modes that are not settled, and U does not describe them.`,
  };
}

const powerWords = (rule: RulePower): string =>
  `Of ${formatCount(rule.draws)} walks of these modes with white steps of the run’s own covariance and no restoring force, the rule takes ${percent(rule.walksPassing)} for stationary and refuses ${percent(rule.power)} (its power; a verdict asks for ${percent(POWER)}); of as many stationary windows it refuses ${percent(rule.falseAlarms)}. With the run’s own sampling ${percent(rule.walksOfSamplingPassing)} of the walks pass.`;
