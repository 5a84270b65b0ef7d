/**
 * Findings of ivf2021: the claims of docs/theory [P4] tested on one run, with what was measured, what a null model gives, and a verdict.
 *
 * The rules below were written before any run was analysed; they are part of the result. Intervals are value ± 1.96 standard
 * errors. The *total* error of an exponent also contains its dependence on the fit range, added in quadrature: the variance of the
 * exponent over the rank ranges of the sensitivity table (those with at least 20 points), less the mean of their own squared errors,
 * where that is positive.
 *
 * psi (`ivf.psi`): not decidable with fewer than 20 fitted directions, less than a decade of F, no converged fit, or a
 *   statistical interval wider than ±1. Not reproduced if psi is not significantly positive or r² < 0.8 (no power law).
 *   Reproduced if |psi − 4| ≤ 0.4 (10 %) or 4 lies within 1.96 total errors, these counted as at most 1. Else reproduced
 *   with another exponent.
 * gamma (`ivf.rank-law`): not decidable with fewer than 20 ranks, less than half a decade of rank, or a statistical interval
 *   wider than ±0.5. Not reproduced if r² < 0.95. Reproduced if gamma lies in [2, 3] widened by 1.96 total errors, at most
 *   0.5. Else another exponent. The reason states that gamma = 2 needs no landscape [S5]; this does not affect the verdict.
 * drift-aligned (`ivf.drift-aligned`): |cos(p_1, mean weights)| ≥ 0.5 and ≥ 5/√P (five times a random direction's).
 * drift-ballistic (`ivf.drift-ballistic`): |alpha − 2| ≤ max(0.2, 1.96 SE); not decidable if SE > 0.25 or unknown.
 * drift-share (`ivf.drift-share`): share of PC1 above 6/π² by three standard deviations of that null, 6/π²·√(2/P); below it
 *   by as much: not reproduced; between: not decidable.
 * diffuse (`ivf.diffuse`): median alpha of PCs 10–100 within max(0.2, 1.96 SE) of 1; not decidable with fewer than 10 of them.
 * flatness-rank (`ivf.flatness-rank`): Spearman's rho ≥ 0.5 and significantly positive; not decidable below 20 directions.
 * quadratic (`ivf.quadratic`): median of F over its quadratic value within 10 % of 1, which is required to interpret F as a curvature;
 *   not decidable below 20 directions.
 */
import type { Analysis, DirectionDynamics, PowerLaw } from '../../analyse/trajectory/results.js';
import { closedDirections, FIRST_RANK, RESOLUTIONS } from '../../analyse/trajectory/scaling.js';
import { bootstrap } from '../../numeric/bootstrap.js';
import { type Estimate, estimate, negated, shifted } from '../../numeric/estimate.js';
import { normalHalfWidth } from '../../numeric/interval.js';
import type { Key } from '../../numeric/random.js';
import { median, spearman, variance } from '../../numeric/statistics.js';
import { compatible, side, signVerdict, UNDECIDED } from '../../report/deciding.js';
import type { Finding, Verdict } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber } from '../../report/format.js';

export interface Ivf2021Input extends Pick<Analysis, 'pca' | 'dynamics' | 'flatness' | 'scaling'> {
  /** Key of the random numbers for the bootstraps of medians and rank correlations. */
  readonly key: Key;
}

/** All findings of ivf2021, the most important first. A run with too little data causes no error: its findings are not decidable. */
export function ivf2021Findings(input: Ivf2021Input): Finding[] {
  return [psi(input), rankLaw(input), flatnessRank(input), ...drift(input), diffuse(input), quadratic(input)];
}

/** The total error of an exponent (see the head of this file), and the extremes over rank ranges in words. */
function totalError(
  fit: PowerLaw,
  rows: readonly { readonly label: string; readonly fit: PowerLaw }[],
): { total: Estimate; words: string } {
  const used = rows.filter(
    (r) => r.label.startsWith('ranks ') && r.fit.points >= 20 && Number.isFinite(r.fit.exponent.value),
  );
  const values = used.map((r) => -r.fit.exponent.value);
  const own = used.reduce((sum, r) => sum + r.fit.exponent.standardError ** 2, 0) / Math.max(1, used.length);
  const between = values.length > 1 ? Math.max(0, variance(values, 1) - own) : 0;
  const words =
    values.length > 1
      ? `Over ${values.length} other ranges of rank it ranges from ${formatNumber(Math.min(...values))} to ${formatNumber(Math.max(...values))}.`
      : 'There is no other range of ranks to compare with.';
  const { exponent } = fit;
  return { total: { ...exponent, standardError: Math.sqrt(exponent.standardError ** 2 + between) }, words };
}

function psi({ scaling, flatness, pca }: Ivf2021Input): Finding {
  const fit = scaling.varianceFlatness;
  const measured = negated(fit.exponent);
  const decades = Math.log10(fit.range[1] / fit.range[0]);
  const { total, words } = totalError(fit, scaling.varianceFlatnessRanges);
  const half = Math.min(1, normalHalfWidth(total));
  const open = flatness.directions.filter((d) => d.open !== null).length;
  const basis = `${fit.points} directions over ${formatNumber(decades, 2)} decades of F, r² = ${formatNumber(fit.r2, 2)}; ${open} of ${flatness.directions.length} valleys stayed open. ${words}`;
  let verdict: Verdict;
  let reason: string;
  const thin = undecidedFit(fit, 20, 1, 1, 'closed, resolved directions', 'F');
  if (thin)
    [verdict, reason] = [UNDECIDED, `${thin} More directions or a wider search for crossings would change this.`];
  else if (side(measured, normalHalfWidth(measured)) <= 0)
    [verdict, reason] = [
      'not reproduced',
      `The variance does not fall significantly with the width: psi = ${formatEstimate(measured)}. ${basis}`,
    ];
  else if (fit.r2 < 0.8)
    [verdict, reason] = [
      'not reproduced',
      `Variance and width are related, but not by a power law: a line explains only ${formatNumber(100 * fit.r2, 2)} % of the scatter. ${basis}`,
    ];
  else if (compatible(measured, 4, 0.4, half))
    [verdict, reason] = [
      'reproduced',
      `${formatEstimate(measured)} agrees with 4 within ${formatNumber(Math.max(0.4, half), 2)}. The fit uses ${basis}`,
    ];
  else
    [verdict, reason] = [
      'reproduced with another exponent',
      `The relation holds with psi = ${formatEstimate(measured)}, which is not 4. The fit uses ${basis}`,
    ];
  return {
    id: 'ivf.psi',
    claim: 'The variance along a principal direction falls with the width of the valley as sigma² ~ F^−psi, psi ≈ 4.',
    source: 'ivf2021 [P4]',
    measured,
    unit: '',
    stated: 'psi ≈ 4 (MNIST)',
    predicted:
      'linear theory [S6], noise C ~ H^g with g between 1 and 2: psi = 2g (2 to 4) where shuffling or a short window dominates, 2(g−1) (0 to 2) otherwise',
    range: Number.isFinite(fit.range[0])
      ? `F from ${formatNumber(fit.range[0])} to ${formatNumber(fit.range[1])}: every closed direction of rank ≥ ${FIRST_RANK} (PC1 is a drift) with sigma² above ${RESOLUTIONS} × the resolution ${formatNumber(pca.resolution, 2)}, log-spaced in rank`
      : 'none',
    verdict,
    reason,
  };
}

/** Says why a fit allows no verdict; undefined where it allows one. */
function undecidedFit(
  fit: PowerLaw,
  points: number,
  decades: number,
  width: number,
  what: string,
  axis: string,
): string | undefined {
  if (fit.points < points) return `Only ${fit.points} ${what}; the rule asks for ${points}.`;
  if (!fit.exponent.converged) return `The fit did not converge (${fit.exponent.method}).`;
  const span = Math.log10(fit.range[1] / fit.range[0]);
  if (span < decades)
    return `The ${what} span ${formatNumber(span, 2)} decades of ${axis}; the rule asks for ${formatNumber(decades, 2)}.`;
  const half = normalHalfWidth(fit.exponent);
  if (half > width)
    return `The exponent is uncertain by ±${formatNumber(half, 2)} (95 %); the rule asks for ±${width}.`;
  return undefined;
}

function rankLaw({ scaling, pca }: Ivf2021Input): Finding {
  const fit = scaling.rankLaw;
  const measured = negated(fit.exponent);
  const { value } = measured;
  const { total, words } = totalError(fit, scaling.rankLawRanges);
  const margin = Math.min(0.5, normalHalfWidth(total));
  const basis = `a line through ${fit.points} log-spaced ranks with ${formatNumber(fit.scatter, 2)} decades of scatter. ${words}`;
  const null2 =
    Math.abs(value - 2) <= margin
      ? 'A random walk without any landscape would give 2 as well, so this exponent alone says nothing about the landscape.'
      : 'A random walk without any landscape would give 2, which is excluded.';
  let verdict: Verdict;
  let reason: string;
  const thin = undecidedFit(fit, 20, 0.5, 0.5, 'resolved ranks from 20 on', 'rank');
  if (thin) [verdict, reason] = [UNDECIDED, `${thin} A longer window resolves more directions.`];
  else if (fit.r2 < 0.95)
    [verdict, reason] = [
      'not reproduced',
      `The ranked variances do not follow a straight line in logarithms (r² = ${formatNumber(fit.r2, 2)}). The fit is ${basis}`,
    ];
  else if (value >= 2 - margin && value <= 3 + margin)
    [verdict, reason] = [
      'reproduced',
      `${formatEstimate(measured)} lies within 2 to 3 widened by ${formatNumber(margin, 2)}. The fit is ${basis} ${null2}`,
    ];
  else
    [verdict, reason] = [
      'reproduced with another exponent',
      `A power law with gamma = ${formatEstimate(measured)}, outside 2 to 3. The fit is ${basis} ${null2}`,
    ];
  return {
    id: 'ivf.rank-law',
    claim: 'Beyond i ≈ 20 the ranked variances fall as sigma_i² ~ i^−gamma, gamma between 2 and 3.',
    source: 'ivf2021 [P4] (secondary source)',
    measured,
    unit: '',
    stated: 'a power law beyond i ≈ 20, gamma 2 to 3',
    predicted: 'random walk in many dimensions [S5]: gamma = 2',
    range: Number.isFinite(fit.range[0])
      ? `ranks ${fit.range[0]} to ${fit.range[1]}: from 20, as the source says, to half of the ${pca.P} ranks or the last resolved one`
      : 'none',
    verdict,
    reason,
  };
}

function flatnessRank({ flatness, pca, key }: Ivf2021Input): Finding {
  const points = closedDirections(flatness.directions).filter(
    (d) => d.index >= FIRST_RANK && d.variance > RESOLUTIONS * pca.resolution,
  );
  const rank = points.map((d) => d.index);
  const width = points.map((d) => d.flatness);
  const n = points.length;
  const measured =
    n < 2
      ? estimate(Number.NaN, Number.NaN, n, 'no closed directions', false)
      : withBootstrap(
          n,
          (i) =>
            spearman(
              i.map((k) => rank[k]),
              i.map((k) => width[k]),
            ),
          "Spearman's rank correlation",
          key.child('flatness-rank'),
        );
  const open = flatness.directions.filter((d) => d.open !== null).length;
  const basis = `It uses ${n} closed directions; the ${open} open ones, flatter than the search reached, are excluded.`;
  let verdict: Verdict = 'not reproduced';
  if (n < 20) verdict = UNDECIDED;
  else if (measured.value >= 0.5 && side(measured, normalHalfWidth(measured)) > 0) verdict = 'reproduced';
  return {
    id: 'ivf.flatness-rank',
    claim: 'The flatness rises with the rank of the direction.',
    source: 'ivf2021 [P4]',
    measured,
    unit: '',
    stated: 'F_i rises with i',
    predicted: '0 for widths that are independent of the variances',
    range: `closed directions of rank ≥ ${FIRST_RANK} with resolved variance`,
    verdict,
    reason:
      n < 20
        ? `Only ${n} closed directions; the rule asks for 20.`
        : `rho = ${formatEstimate(measured)} against the threshold 0.5. ${basis}`,
  };
}

function drift({ pca, dynamics }: Ivf2021Input): Finding[] {
  const first: DirectionDynamics | undefined = dynamics.find((d) => d.index === 1);
  const missing = estimate(Number.NaN, Number.NaN, 0, 'PC1 was not among the directions followed', false);
  const chance = 1 / Math.sqrt(pca.P);
  const cos = first
    ? estimate(
        Math.abs(first.cosWithWeights),
        Number.NaN,
        1,
        '|cos| of the angle, one window',
        Number.isFinite(first.cosWithWeights),
      )
    : missing;
  const aligned = cos.value >= 0.5 && cos.value >= 5 * chance;
  const alpha = first?.msdExponent ?? missing;
  const sure = Number.isFinite(alpha.standardError) && alpha.standardError <= 0.25;
  const half = normalHalfWidth(alpha);
  const ballistic = compatible(alpha, 2, 0.2, half);
  const null1 = 6 / Math.PI ** 2;
  const spread = null1 * Math.sqrt(2 / pca.P);
  const share = estimate(
    pca.variances[0] / pca.totalVariance,
    Number.NaN,
    pca.T,
    'share of PC1 in the total variance of one window',
    pca.variances[0] > 0,
  );
  const speed = first ? ` theta_1 drifts by ${formatEstimate(first.driftVelocity)} per step.` : '';
  const window = `the window of ${formatCount(pca.T)} steps`;
  return [
    {
      id: 'ivf.drift-aligned',
      claim: 'The first principal direction is aligned with the weights themselves (growth of the weight norm).',
      source: 'ivf2021 [P4], [P5]',
      measured: cos,
      unit: '',
      stated: 'p_1 is aligned with w0',
      predicted: `a random direction: ${formatNumber(chance, 2)}`,
      range: window,
      verdict: !cos.converged ? UNDECIDED : aligned ? 'reproduced' : 'not reproduced',
      reason: cos.converged
        ? `|cos(p_1, mean weights)| = ${formatNumber(cos.value, 3)}, ${formatNumber(cos.value / chance, 2)} times that of a random direction; the rule asks for 0.5. One window gives no error; several seeds would.`
        : `${cos.method}.`,
    },
    {
      id: 'ivf.drift-ballistic',
      claim: 'The first principal coordinate drifts: its mean squared displacement grows as the square of the lag.',
      source: 'ivf2021 [P4], [P5]',
      measured: alpha,
      unit: '',
      stated: 'PC1 is a drift (exponent 2)',
      predicted: '2 for drift, 1 for diffusion; PC1 of a random walk is a half cosine and also comes near 2 [S5]',
      range: `${window}, ${alpha.method}`,
      verdict: !sure ? UNDECIDED : ballistic ? 'reproduced' : 'not reproduced',
      reason: sure
        ? `Exponent ${formatEstimate(alpha)} against 2, tolerance ${formatNumber(Math.max(0.2, half), 2)}.${speed} A random walk would also be near 2; alignment and share distinguish the two.`
        : `The exponent has no usable error (${alpha.method}).`,
    },
    {
      id: 'ivf.drift-share',
      claim:
        'The first principal direction carries more of the motion than that of a random walk without any landscape.',
      source: '[S5] as null model of ivf2021 [P4]',
      measured: share,
      unit: '',
      stated: 'PC1 dominates',
      predicted: `random walk in many dimensions [S5]: 6/π² = ${formatNumber(null1)} ± ${formatNumber(spread, 1)}`,
      range: window,
      verdict: share.converged ? signVerdict(shifted(share, -null1), 1, { half: 3 * spread }) : UNDECIDED,
      reason: `PC1 holds ${formatNumber(100 * share.value, 3)} % of the variance in ${window}; a random walk would put ${formatNumber(100 * null1, 3)} % there, and three of its standard deviations are ${formatNumber(300 * spread, 2)} %.`,
    },
  ];
}

function diffuse({ dynamics, key }: Ivf2021Input): Finding {
  const chosen = dynamics
    .filter((d) => d.index >= 10 && d.index <= 100 && Number.isFinite(d.msdExponent.value))
    .sort((a, b) => a.index - b.index);
  const alpha = chosen.map((d) => d.msdExponent.value);
  const n = alpha.length;
  const bent = chosen.filter((d) => !d.msdExponent.converged).length;
  const measured =
    n < 2
      ? estimate(Number.NaN, Number.NaN, n, 'no directions followed', false)
      : withBootstrap(n, (i) => median(i.map((k) => alpha[k])), 'median over PCs 10–100', key.child('diffuse'));
  const half = normalHalfWidth(measured);
  const near = compatible(measured, 1, 0.2, half);
  const where =
    measured.value < 1
      ? 'below it: confined by the valley, or already bounded within these lags'
      : 'above it: it drifts, as the cosines of a random walk also do';
  return {
    id: 'ivf.diffuse',
    claim: 'The other principal coordinates diffuse: their mean squared displacement is proportional to the lag.',
    source: 'ivf2021 [P4], [P5]',
    measured,
    unit: '',
    stated: 'the rest diffuse (exponent 1)',
    predicted: '1 for free diffusion, 0 for a bounded coordinate, 2 for drift',
    range: chosen[0] ? `PCs 10–100, ${chosen[0].msdExponent.method.split(', jackknife')[0]}` : 'none',
    verdict: n < 10 ? UNDECIDED : near ? 'reproduced' : 'not reproduced',
    reason:
      n < 10
        ? `Only ${n} directions between ranks 10 and 100 were followed; the rule asks for 10.`
        : `Median exponent ${formatEstimate(measured)} of ${n} directions against 1, tolerance ${formatNumber(Math.max(0.2, half), 2)}${near ? '' : `; it lies ${where}`}. ${bent} of the ${n} curves bend and have no single exponent.`,
  };
}

function quadratic({ flatness, key }: Ivf2021Input): Finding {
  const ratio = closedDirections(flatness.directions)
    .map((d) => d.quadraticRatio)
    .filter(Number.isFinite);
  const n = ratio.length;
  const measured =
    n < 2
      ? estimate(Number.NaN, Number.NaN, n, 'no closed directions', false)
      : withBootstrap(
          n,
          (i) => median(i.map((k) => ratio[k])),
          'median over closed directions with positive curvature',
          key.child('quadratic'),
        );
  const f = flatness.factor;
  const logarithmic = Math.sqrt(Math.log(f) / (f - 1));
  const near = compatible(measured, 1, 0.1, 0);
  return {
    id: 'ivf.quadratic',
    claim: `The valley is quadratic out to ${formatNumber(f)} times its loss, so that its width measures its curvature.`,
    source: 'condition of [F3], used in ivf2021',
    measured,
    unit: '',
    stated: 'F² = 8(e−1) L0 / H for a quadratic valley',
    predicted: `1 for a quadratic valley, ${formatNumber(logarithmic)} if the logarithm of the loss is quadratic`,
    range: 'closed directions with positive curvature',
    verdict: n < 20 ? UNDECIDED : near ? 'reproduced' : 'not reproduced',
    reason:
      n < 20
        ? `Only ${n} closed directions with positive curvature; the rule asks for 20.`
        : `Half of the ${n} widths lie above ${formatEstimate(measured)} times their quadratic value; ${near ? 'within' : 'outside'} 10 % of 1, so widths ${near ? 'can' : 'cannot'} be interpreted as curvatures at loss ${formatNumber(flatness.centreLoss)}.`,
  };
}

/** A statistic of n rank-ordered directions with its moving-block-bootstrap error. */
function withBootstrap(n: number, statistic: (indices: number[]) => number, name: string, key: Key): Estimate {
  const all = Array.from({ length: n }, (_, i) => i);
  const spread = bootstrap(n, (indices) => [statistic([...indices])], { key });
  return estimate(
    statistic(all),
    spread.standardError[0],
    n,
    `${name}, moving-block bootstrap (${spread.replicates} replicates, blocks of ${spread.blockLength})`,
  );
}
