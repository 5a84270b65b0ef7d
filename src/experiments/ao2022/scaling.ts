/** Findings of ao2022 on the scaling chain and on what falls with the flatness; the rules are stated in findings.ts. docs/theory [R2]–[R5]. */
import { estimate } from '../../numeric/estimate.js';
import { normalHalfWidth } from '../../numeric/interval.js';
import { median } from '../../numeric/statistics.js';
import { compatible, side, UNDECIDED } from '../../report/deciding.js';
import type { Finding, Verdict } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber } from '../../report/format.js';
import type { Ao2022Results, ChainLink } from './measured.js';

/** The least number of directions for a fit or a rank correlation. */
export const DIRECTIONS = 20;

const CHAIN_CLAIMS: Record<string, readonly [claim: string, source: string, predicted: string]> = {
  curvature: [
    'The curvature falls with the width: M = H/L₀ ~ F^−2.',
    '[R5], [F3]',
    '−2 for a quadratic valley (F² = 8(e−1)/M)',
  ],
  noise: [
    'The noise falls with the width: D ~ F^−6 (F to the power −2n with n ≈ 3).',
    '[R5]',
    '−4 if C ∝ H² (γ = 2), −2 if C ∝ H (γ = 1)',
  ],
  minima: [
    'The minima of minibatches scatter less in flat directions: sθ² ~ F^−2.',
    '[R5], [R3]',
    'ivf2021 states sθ ~ F, hence 2; with sθ²·H² = C the exponents of noise and curvature determine it',
  ],
  variance: [
    'The variance falls with the width: Σ ~ F^−4.',
    '[R5], [P4]',
    '−2(γ−1) settled, −2γ where shuffling or the window dominates [S6]',
  ],
};

export function chain(link: ChainLink, r: Ao2022Results): Finding {
  const { fit, stated } = link;
  const { value } = fit.exponent;
  const half = normalHalfWidth(fit.exponent);
  const [claim, source, predicted] = CHAIN_CLAIMS[link.id];
  const decades = Math.log10(fit.range[1] / fit.range[0]);
  const basis = `${formatCount(fit.points)} directions over ${formatNumber(decades, 2)} decades of F, r² = ${formatNumber(fit.r2, 2)}, scatter ${formatNumber(fit.scatter, 2)} decades`;
  let verdict: Verdict;
  if (fit.points < DIRECTIONS || !(decades >= 0.5) || !(half <= 1)) verdict = UNDECIDED;
  else if (value * stated <= 0 || fit.r2 < 0.8) verdict = 'not reproduced';
  else if (compatible(fit.exponent, stated, 0.1 * Math.abs(stated), half)) verdict = 'reproduced';
  else verdict = 'reproduced with another exponent';
  const gamma = r.gamma.resolved.exponent;
  return {
    id: `ao.chain-${link.id}`,
    claim,
    source: `ao2022, ${source}`,
    measured: fit.exponent,
    unit: '',
    stated: `${String(stated).replace('-', '−')}`,
    predicted: `${predicted}${link.id === 'noise' || link.id === 'variance' ? `; here γ = ${formatEstimate(gamma)}` : ''}`,
    range: Number.isFinite(fit.range[0])
      ? `F from ${formatNumber(fit.range[0])} to ${formatNumber(fit.range[1])}: closed principal directions from rank 2 with resolved variance`
      : 'none',
    verdict,
    reason:
      verdict === UNDECIDED
        ? `The fit uses ${basis}: too little for a verdict.`
        : `${link.quantity} ~ F^${formatNumber(value, 3)}, stated ${String(stated).replace('-', '−')}; ${basis}.`,
  };
}

export function leading(r: Ao2022Results): Finding {
  const ratios = r.landscape!.filter((l) => l.index > 1 && l.leading > 0 && l.full > 0).map((l) => l.leading / l.full);
  const n = ratios.length;
  const value = n > 0 ? median(ratios) : Number.NaN;
  const logs = ratios.map(Math.log);
  const centre = logs.reduce((s, v) => s + v, 0) / n;
  const se = 1.253 * value * Math.sqrt(logs.reduce((s, v) => s + (v - centre) ** 2, 0) / n / Math.max(1, n - 1));
  const measured = estimate(value, se, n, 'median over directions, error of a median of a log-normal');
  const dropped = median(r.landscape!.map((l) => l.dropped));
  const all = median(r.landscape!.filter((l) => l.index > 1 && l.full > 0).map((l) => l.formula / l.full));
  return {
    id: 'ao.leading',
    claim: 'The noise along a direction is Cᵢᵢ = L₀²·Mᵢᵢ²·sθ²: the leading term of the random landscape.',
    source: 'ao2022, ivf2021, [R2]',
    measured,
    unit: 'leading/full',
    stated: '1',
    predicted: 'below 1 where the cross terms matter, above 1 where a few distant minima dominate sθ²',
    range: 'principal directions from 2 on',
    verdict: n < DIRECTIONS ? UNDECIDED : Math.abs(Math.log(value)) <= Math.log(1.3) ? 'reproduced' : 'not reproduced',
    reason: `Median ${formatEstimate(measured)} of ${formatCount(n)} directions; from ${formatNumber(Math.min(...ratios), 2)} to ${formatNumber(Math.max(...ratios), 2)}. All terms of the formula, which assumes that minima and curvatures of different directions are independent, give ${formatNumber(all, 2)} times C (median); within a minibatch they are not independent. In the median direction ${formatNumber(100 * dropped, 2)} % of the minibatches have no clearly positive curvature, hence no minimum, and are excluded from sθ. The minimum along one direction is determined by the slope along it, which contains the cross terms: agreement means that curvatures vary little, not that cross terms are absent.`,
  };
}

/** Says how strongly the temperature depends on the displacement. */
function doubling({ landscape }: Ao2022Results): string {
  if (!landscape) return '';
  const sigmas = landscape.filter((l) => l.index > 1 && Number.isFinite(l.doubling)).map((l) => l.doubling);
  return `The spread of curvatures among minibatches would double the temperature at a displacement of ${formatNumber(median(sigmas), 2)} standard deviations of the weights (median over directions; from ${formatNumber(Math.min(...sigmas), 2)} up).`;
}

export function falls(r: Ao2022Results): Finding[] {
  const one = (
    id: string,
    claim: string,
    f: Ao2022Results['temperature'],
    predicted: string,
    note: string,
  ): Finding => {
    const e = f.correlation;
    const thin = e.n < DIRECTIONS;
    return {
      id,
      claim,
      source: 'ivf2021, ao2022, [R4]',
      measured: e,
      unit: 'rho with F',
      stated: 'falls with F',
      predicted,
      range: 'closed principal directions from rank 2 with resolved variance',
      verdict: thin ? UNDECIDED : e.value <= -0.5 && side(e, normalHalfWidth(e)) < 0 ? 'reproduced' : 'not reproduced',
      reason: thin
        ? `Only ${formatCount(e.n)} directions; the rule asks for ${DIRECTIONS}.`
        : `rho = ${formatEstimate(e)} over ${formatCount(e.n)} directions; as a power law F^${formatEstimate(f.fit.exponent)}. ${note}`,
    };
  };
  return [
    one(
      'ao.temperature',
      'The active temperature T = (η/2)·Cᵢᵢ falls with the flatness.',
      r.temperature,
      'falls wherever the noise does',
      `C per batch at the centre of the window. ${doubling(r)}`,
    ),
    one(
      'ao.correlation-time',
      'The correlation time of the coordinates falls with the flatness.',
      r.correlationTime,
      'rises as 1/(η h) for an Ornstein-Uhlenbeck mode; falls with rank, hence with F, in the PCA of a random walk [S5]',
      'Correlation times that are not short compared with the window are lower bounds; shuffling shortens them to the length of an epoch.',
    ),
  ];
}
