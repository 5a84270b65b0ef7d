/**
 * Finding of ao2022 on the widths of the potential. docs/rules/ao2022.md:
 *
 * energy (`ao.energy`): slope of ln(width of U along p_i, from H and C1 alone) on ln(measured width), with Spearman's rho and both spans
 *   beside it. Not decidable below 20 directions or with a standard error of the slope above 0.5. Reproduced if rho ≥ 0.5 and
 *   significantly positive, and the slope is within max(0.3, interval) of 1; otherwise not reproduced. docs/theory [N3].
 */
import { normalHalfWidth } from '../../numeric/interval.js';
import { median, spearman } from '../../numeric/statistics.js';
import { compatible, side, UNDECIDED } from '../../report/deciding.js';
import type { Finding, Verdict } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber } from '../../report/format.js';
import type { Ao2022Results } from './measured.js';
import { DIRECTIONS, span } from './settled.js';

export function energy(r: Ao2022Results): Finding {
  const { correlation: rho, fit, hessian } = r.widths;
  const slope = fit.exponent;
  const rows = r.energy.filter((e) => e.index > 1 && e.resolved && e.predictedWidth > 0);
  const loss = rows.filter((e) => e.flatness !== null);
  const other =
    loss.length < 3
      ? Number.NaN
      : spearman(
          loss.map((e) => e.flatness!),
          loss.map((e) => e.potentialWidth),
        );
  const n = fit.points;
  const decidable = n >= DIRECTIONS && slope.standardError <= 0.5;
  let verdict: Verdict = UNDECIDED;
  if (decidable) {
    const ordered = rho.value >= 0.5 && side(rho, normalHalfWidth(rho)) > 0;
    verdict = ordered && compatible(slope, 1, 0.3, normalHalfWidth(slope)) ? 'reproduced' : 'not reproduced';
  }
  return {
    id: 'ao.energy',
    claim: 'The variance follows the width of the true potential U, not the width of the loss.',
    source: 'ao2022, figure 1; [N3]',
    measured: slope,
    unit: 'd ln predicted/d ln measured',
    stated: '1: wide where U is wide (by construction if U = ε·Σ⁻¹ is measured)',
    predicted: `along the resolved Hessian modes, which the window did not choose: ${formatEstimate(hessian.exponent)}; rank correlation of the width of the loss with the same variance: ${formatNumber(other, 2)} (the inverse relation)`,
    range:
      'principal directions from 2 on with resolved variance; U from H and C₁ on the resolved modes, without the trajectory',
    verdict,
    reason: !decidable
      ? `${formatCount(n)} directions with a slope of ${formatEstimate(slope)}; the rule asks for ${DIRECTIONS} and an error of at most 0.5.`
      : `Measured widths span a factor ${span(rows.map((e) => e.potentialWidth))}, predicted ones ${span(rows.map((e) => e.predictedWidth))}: predicted ~ measured^${formatEstimate(slope)}. Their order agrees with rho = ${formatEstimate(rho)}, which says nothing about size. The median of predicted over measured width is ${formatNumber(median(rows.map((e) => e.predictedWidth / e.potentialWidth)), 2)}. Flat directions did not have the time to reach a steady state, and principal directions of the same window exaggerate the measured span.`,
  };
}
