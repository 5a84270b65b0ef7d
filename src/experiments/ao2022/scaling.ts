/**
 * Findings of ao2022 on the scaling chain and on what falls with the flatness. docs/theory [R2]–[R5]; docs/rules/ao2022.md states the rules
 * in full:
 *
 * chain (`ao.chain-…`): exponent against F. Not decidable with fewer than 20 directions, less than half a decade of F, or an
 *   interval wider than ±1. Not reproduced if the sign is wrong or r² < 0.8. Reproduced if within max(10 %, interval) of the
 *   stated exponent; otherwise with another exponent for curvature and variance, and not reproduced for noise and minima, where the
 *   exponent is the claim. Closure: the exponent of Σ·M/D is within max(0.4, interval) of 0; otherwise not reproduced.
 * leading term (`ao.leading`): median of leading over full Cᵢᵢ in each third of the ranks from 2; reproduced if each is within 30 %
 *   of 1, not reproduced if the interval of one lies outside; otherwise, and below 20 directions, not decidable.
 * temperature, correlation time (`ao.temperature`, `ao.correlation-time`): reproduced if Spearman's rho with F is ≤ −0.5 and both rho and
 *   the exponent are significantly negative; not decidable below 20 directions; otherwise not reproduced. Correlation times that the
 *   window bounds do not count; where rho over ranks 2–100 is not significantly below that of walks with the run's own noise, a fall is
 *   not decidable.
 */
import { rangeSpread } from '../../analyse/trajectory/fit-ranges.js';
import { type Estimate, estimate, minus } from '../../numeric/estimate.js';
import { normalHalfWidth } from '../../numeric/interval.js';
import { median } from '../../numeric/statistics.js';
import { compatible, decide, side, UNDECIDED, verdictOf } from '../../report/deciding.js';
import type { Finding, Verdict } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber } from '../../report/format.js';
import { type Ao2022Results, type ChainLink, LAST_RANK } from './measured.js';
import { DIRECTIONS, farthest, span } from './settled.js';

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
  closure: [
    'The links explain the variance: Σ = ε·D/(η·H), so that Σ·M/D does not depend on the width.',
    '[R5], [D5], [N4]',
    '0 in a steady state; −2 where the window or the shuffling dominates, as Σ ∝ D there',
  ],
};

/** Links whose claim is the exponent itself, so that another one refutes it. docs/theory [N4]. */
const EXACT = new Set(['noise', 'minima', 'closure']);
/** How far from 0 the exponent of a chain that closes may lie: 10 % of the 4 that the chain has to explain. */
const CLOSING = 0.4;
/** Ranges of ranks that vote on the error of the choice of range. */
const VOTES = { points: 10, width: 1 };

export function chain(link: ChainLink, r: Ao2022Results): Finding {
  const { fit, stated } = link;
  const { value } = fit.exponent;
  const half = normalHalfWidth(fit.exponent);
  const [claim, source, predicted] = CHAIN_CLAIMS[link.id];
  const decades = Math.log10(fit.range[1] / fit.range[0]);
  const basis = `${formatCount(fit.points)} directions over ${formatNumber(decades, 2)} decades of F, r² = ${formatNumber(fit.r2, 2)}, scatter ${formatNumber(fit.scatter, 2)} decades`;
  const closing = link.id === 'closure';
  let verdict: Verdict;
  if (fit.points < DIRECTIONS || !(decades >= 0.5) || !(half <= 1)) verdict = UNDECIDED;
  else if (!closing && (value * stated <= 0 || fit.r2 < 0.8)) verdict = 'not reproduced';
  else if (compatible(fit.exponent, stated, closing ? CLOSING : 0.1 * Math.abs(stated), half)) verdict = 'reproduced';
  else verdict = EXACT.has(link.id) ? 'not reproduced' : 'reproduced with another exponent';
  const spread = rangeSpread(link.ranges, VOTES);
  const ranges = link.ranges.map((g) => formatEstimate(g.fit.exponent)).join(' and ');
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
        : `${link.quantity} ~ F^${formatNumber(value, 3)}, stated ${String(stated).replace('-', '−')}; ${basis}. Errors: ${formatNumber(fit.exponent.standardError, 2)} misfit (block bootstrap over directions), ${formatNumber(spread.standardError, 2)} choice of range (lower and upper half of the ranks: ${ranges}); the scatter over seeds is not in them.`,
  };
}

/** Median of leading over full in a list of directions, with the error of a median of a log-normal. */
function medianRatio(ratios: readonly number[]): Estimate {
  const n = ratios.length;
  const value = n > 0 ? median(ratios) : Number.NaN;
  const logs = ratios.map(Math.log);
  const centre = logs.reduce((s, v) => s + v, 0) / n;
  const se = 1.253 * value * Math.sqrt(logs.reduce((s, v) => s + (v - centre) ** 2, 0) / n / Math.max(1, n - 1));
  return estimate(value, se, n, `median over ${n} directions, error of a median of a log-normal`);
}

export function leading(r: Ao2022Results): Finding {
  const beyond = r.landscape!.filter((l) => l.index > 1);
  const rows = beyond.filter((l) => l.leading > 0 && l.full > 0).sort((a, b) => a.index - b.index);
  const n = rows.length;
  const thirds = [0, 1, 2]
    .map((k) => rows.slice(Math.floor((k * n) / 3), Math.floor(((k + 1) * n) / 3)))
    .filter((third) => third.length > 0)
    .map((third) => ({
      ranks: `${third[0].index}–${third[third.length - 1].index}`,
      ratio: medianRatio(third.map((l) => l.leading / l.full)),
    }));
  const measured = farthest(thirds.map((t) => t.ratio));
  const agreements = thirds.map(({ ratio: e }) => {
    const log = { ...e, value: Math.log(e.value), standardError: e.standardError / e.value };
    return decide(log, 0, { tolerance: Math.log(1.3), half: normalHalfWidth(log) });
  });
  const ratios = rows.map((l) => l.leading / l.full);
  const all = median(beyond.filter((l) => l.full > 0).map((l) => l.formula / l.full));
  return {
    id: 'ao.leading',
    claim: 'The noise along a direction is Cᵢᵢ = L₀²·Mᵢᵢ²·sθ²: the leading term of the random landscape.',
    source: 'ao2022, ivf2021, [R2], [N2]',
    measured,
    unit: 'leading/full, third farthest from 1',
    stated: '1',
    predicted: 'below 1 where the cross terms matter, above 1 where a few distant minima dominate sθ²',
    range: 'principal directions from 2 on, in thirds of the measured ranks',
    verdict: n < DIRECTIONS ? UNDECIDED : verdictOf(...agreements),
    reason: `Medians by ranks: ${thirds.map((t) => `${t.ranks}: ${formatEstimate(t.ratio)}`).join('; ') || 'none'}; single directions from ${formatNumber(Math.min(...ratios), 2)} to ${formatNumber(Math.max(...ratios), 2)}. All terms of the formula, which assumes that minima and curvatures of different directions are independent, give ${formatNumber(all, 2)} times C (median); within a minibatch they are not independent. In the median direction ${formatNumber(100 * median(beyond.map((l) => l.dropped)), 2)} % of the minibatches have no clearly positive curvature, hence no minimum, and are excluded from sθ. The minimum along one direction is determined by the slope along it, which contains the cross terms: agreement means that curvatures vary little, not that cross terms are absent.`,
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
    quantity: string,
    predicted: string,
    note: string,
    beyond = true,
  ): Finding => {
    const e = f.correlation;
    const { exponent } = f.fit;
    const thin = e.n < DIRECTIONS;
    const falling = side(e, normalHalfWidth(e)) < 0 && side(exponent, normalHalfWidth(exponent)) < 0;
    return {
      id,
      claim,
      source: 'ivf2021, ao2022, [R4]',
      measured: e,
      unit: 'rho with F',
      stated: 'falls with F',
      predicted,
      range: 'closed principal directions from rank 2 with resolved variance',
      verdict:
        thin || (e.value <= -0.5 && falling && !beyond)
          ? UNDECIDED
          : e.value <= -0.5 && falling
            ? 'reproduced'
            : 'not reproduced',
      reason: thin
        ? `Only ${formatCount(e.n)} directions; the rule asks for ${DIRECTIONS}. ${note}`
        : `rho = ${formatEstimate(e)} over ${formatCount(e.n)} directions; as a power law F^${formatEstimate(exponent)}: F spans a factor ${span(f.x)}, ${quantity} ${span(f.y)}. ${note}`,
    };
  };
  const { leading } = r.correlationTime;
  const walks = r.walkCorrelation.rho;
  const below = minus(leading, walks);
  const steeper = side(below, normalHalfWidth(below)) < 0;
  return [
    one(
      'ao.temperature',
      'The active temperature T = (η/2)·Cᵢᵢ falls with the flatness.',
      r.temperature,
      'T',
      'falls wherever the noise does',
      `C per batch at the centre of the window. ${doubling(r)}`,
    ),
    one(
      'ao.correlation-time',
      'The correlation time of the coordinates falls with the flatness.',
      r.correlationTime,
      'τ',
      'rises as 1/(η h) for an Ornstein-Uhlenbeck mode; falls with rank, hence with F, in the PCA of a random walk [S5]',
      `${formatCount(r.correlationTime.bounded)} further directions have a time that is not short compared with the window, a lower bound only, and do not count. Shuffling shortens times to the length of an epoch. Over ranks 2 to ${LAST_RANK} rho is ${formatEstimate(leading)}, and in walks with the run’s own noise and no restoring force ${formatNumber(walks.value)}, scatter ${formatNumber(walks.standardError, 2)} [N1]${steeper ? '' : ': times that fall with F are no sign of a landscape here'}.`,
      steeper,
    ),
  ];
}
