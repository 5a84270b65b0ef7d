/**
 * Findings on a recording made elsewhere. docs/rules/recordings.md states the rules in words, with what had been seen before
 * they were written. Thresholds named here are those of that page.
 */
import { diffusing } from '../../analyse/trajectory/diffusing.js';
import type { OverDraws } from '../../analyse/trajectory/results.js';
import { type Estimate, estimate, minus } from '../../numeric/estimate.js';
import { normalHalfWidth } from '../../numeric/interval.js';
import { median, standardDeviation } from '../../numeric/statistics.js';
import { compatible, decide, UNDECIDED, verdictOf } from '../../report/deciding.js';
import type { Finding, Verdict } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber, formatShare } from '../../report/format.js';
import type { MeasuredRecording, OwnWalk } from './measured.js';
import { surfaceFindings } from './surface/findings.js';

/** Makes all findings of a recording, the most important first. */
export function recordingFindings(m: MeasuredRecording): Finding[] {
  return [
    ...(m.surface ? surfaceFindings(m.surface) : []),
    stationary(m),
    aligned(m),
    ballistic(m),
    share(m),
    diffuse(m),
    rankLaw(m),
    rotates(m),
    temperature(m),
  ];
}

/** How many standard deviations over draws a value must lie away from the walk. */
const DEVIATIONS = 3;
const drawn = ({ walk }: MeasuredRecording): OwnWalk | undefined => ('missing' in walk ? undefined : walk);
const away = (value: number, w: OverDraws | undefined): number => (w ? (value - w.mean) / w.deviation : Number.NaN);
const walkWords = (w: OverDraws | undefined): string =>
  w
    ? `walk with the recording’s own steps: ${formatNumber(w.mean)} (standard deviation over ${w.draws} draws ${formatNumber(w.deviation, 2)})`
    : 'no walk was drawn';
const besideWords = (above: number): string =>
  `${formatNumber(Math.abs(above), 2)} standard deviations over draws ${above < 0 ? 'below' : 'above'} the walk`;

/** The share between half windows that a window of 50 correlation times has, 2/50. */
const SETTLED_SHARE = 0.04;

/** Returns the standard error that a share at the edge of what is allowed would have, in proportion; of a smaller share its own. */
const errorAtEdge = ({ value, standardError }: Estimate): number => standardError * Math.min(1, SETTLED_SHARE / value);

/** Decides whether the window is stationary; the error is that of a share at the edge of what is allowed. */
function stationarity({ motion: { between } }: MeasuredRecording): Verdict {
  const half = normalHalfWidth({ ...between, standardError: errorAtEdge(between) });
  return verdictOf(decide(between, 0, { tolerance: SETTLED_SHARE, half }));
}

/** Says of a share above what is allowed how many errors at the edge it lies above it: its own error, as large as itself, decides nothing. */
function edgeWords(between: Estimate): string {
  const error = errorAtEdge(between);
  const above = (between.value - SETTLED_SHARE) / error;
  if (!(above > 0)) return '';
  const percent = 100 * SETTLED_SHARE;
  return ` The error of a share grows with it, so the error of a share of ${percent} % counts, ${formatNumber(100 * error, 2)} %: this one lies ${formatNumber(above, 2)} such errors above ${percent} %, and 1.96 decide.`;
}

/** Says why what asks for a stationary window is not decided. */
const notShown = (m: MeasuredRecording): string =>
  stationarity(m) === UNDECIDED
    ? 'Whether the window is stationary is not decidable (rec.stationary).'
    : 'The window is not stationary (rec.stationary).';

function stationary(m: MeasuredRecording): Finding {
  const { between, settled, dynamics } = m.motion;
  const { recording } = m;
  const value = `${formatNumber(100 * between.value, 2)} % of the variance lies between the means of the two halves`;
  return {
    id: 'rec.stationary',
    claim: 'The recorded window is stationary: the weights fluctuate about one place.',
    source: '[P5], [S9]',
    measured: between,
    unit: '',
    stated: `at most ${SETTLED_SHARE}, as in a window of 50 correlation times`,
    predicted: '2τ/T for fluctuations of correlation time τ; 0.5 for a walk, 0.75 for a straight line',
    range: `${formatCount(recording.T)} rows`,
    verdict: stationarity(m),
    reason: `${value}; the rule allows ${100 * SETTLED_SHARE} %.${edgeWords(between)} Of the ${dynamics.length} directions followed, ${settled.length} have a correlation time that is short enough for this window.`,
  };
}

function aligned({ motion: { dynamics }, recording, walk }: MeasuredRecording): Finding {
  const { P, projected } = recording;
  const cos = Math.abs(dynamics.find((d) => d.index === 1)?.cosWithWeights ?? Number.NaN);
  const chance = 1 / Math.sqrt(P);
  const step = 'missing' in walk ? Number.NaN : walk.alongWeights;
  const known = Number.isFinite(cos) && 5 * chance < 1 && !projected;
  const enough = cos >= 0.5 && cos >= 5 * chance && (!Number.isFinite(step) || cos >= 3 * step);
  return {
    id: 'rec.drift-aligned',
    claim: 'The first principal direction is aligned with the weights themselves (growth of the weight norm).',
    source: 'ivf2021 [P4], [P5]',
    measured: estimate(cos, Number.NaN, 1, '|cos(p_1, mean weights)| of one window', Number.isFinite(cos)),
    unit: '',
    stated: 'p_1 is aligned with the weights',
    predicted: `root mean square cosine of a random direction: ${formatNumber(chance, 2)}; of an increment: ${formatNumber(step, 2)}`,
    range: 'the whole window',
    verdict: known ? (enough ? 'reproduced' : 'not reproduced') : UNDECIDED,
    reason: projected
      ? 'The recording holds a projection, which has no directions of the weights.'
      : !known
        ? `With ${P} ${P === 1 ? 'weight' : 'weights'} five times the cosine of a random direction is 1 or more.`
        : `|cos| = ${formatNumber(cos)}; the rule asks for 0.5, five times a random direction and three times an increment of the recording. One window gives no error.`,
  };
}

function ballistic(m: MeasuredRecording): Finding {
  const first = m.motion.dynamics.find((d) => d.index === 1)!;
  const alpha = first.msdExponent;
  const w = drawn(m)?.first;
  const above = away(alpha.value, w);
  const half = normalHalfWidth(alpha);
  const [verdict, reason] = ((): [Verdict, string] => {
    if (!(alpha.standardError <= 0.25)) return [UNDECIDED, `The exponent has no usable error (${alpha.method}).`];
    if (!compatible(alpha, 2, 0.2, half))
      return [
        'not reproduced',
        `Exponent ${formatEstimate(alpha)} against 2, tolerance ${formatNumber(Math.max(0.2, half), 2)}.`,
      ];
    if (!(above >= DEVIATIONS))
      return [
        UNDECIDED,
        w
          ? `Exponent ${formatEstimate(alpha)}: a walk without any drift comes near it too; it lies ${besideWords(above)}, and the rule asks for ${DEVIATIONS} above.`
          : 'There is no walk to compare with.',
      ];
    return ['reproduced', `Exponent ${formatEstimate(alpha)} against 2; it lies ${besideWords(above)}.`];
  })();
  return {
    id: 'rec.drift-ballistic',
    claim: 'The first principal coordinate drifts: its mean squared displacement grows as the square of the lag.',
    source: 'ivf2021 [P4], [P5]',
    measured: alpha,
    unit: '',
    stated: 'PC1 is a drift (exponent 2)',
    predicted: `2 for drift; ${walkWords(w)}`,
    range: 'lags from one row to a tenth of the window',
    verdict,
    reason: `${reason} theta_1 drifts by ${formatEstimate(first.driftVelocity)} per step.`,
  };
}

function share(m: MeasuredRecording): Finding {
  const { pca } = m;
  const value = pca.variances[0] / pca.totalVariance;
  const w = drawn(m)?.share;
  const above = away(value, w);
  const verdict: Verdict = above >= DEVIATIONS ? 'reproduced' : above <= -DEVIATIONS ? 'not reproduced' : UNDECIDED;
  return {
    id: 'rec.drift-share',
    claim:
      'The first principal direction carries more of the motion than that of a walk with the same steps and no landscape.',
    source: '[N1] as null of ivf2021 [P4]',
    measured: estimate(value, Number.NaN, pca.T, 'share of PC1 in the total variance of one window', true),
    unit: '',
    stated: 'PC1 dominates',
    predicted: `${walkWords(w)}; isotropic walk [S5]: ${formatNumber(6 / Math.PI ** 2)}`,
    range: `the window of ${formatCount(pca.T)} rows`,
    verdict,
    reason: w
      ? `PC1 holds ${formatNumber(100 * value)} % of the variance, ${besideWords(above)}; the rule asks for ${DEVIATIONS} either way.`
      : 'There is no walk to compare with.',
  };
}

function diffuse(m: MeasuredRecording): Finding {
  const chosen = diffusing(m.motion.dynamics);
  const values = chosen.map((d) => d.msdExponent.value);
  const n = values.length;
  // the error of a median of normal numbers
  const error = (Math.sqrt(Math.PI / 2) * standardDeviation(values, 1)) / Math.sqrt(n);
  const alpha = estimate(
    n > 0 ? median(values) : Number.NaN,
    error,
    n,
    'median over PCs 10–100, error of a median over directions',
  );
  const half = Number.isFinite(error) ? normalHalfWidth(alpha) : 0;
  const bent = chosen.filter((d) => !d.msdExponent.converged).length;
  const w = drawn(m)?.median;
  const alike = w !== undefined && Math.abs(alpha.value - w.mean) <= Math.hypot(half, 2 * w.deviation);
  const hint = alike
    ? ` The walk has ${formatNumber(w.mean)} along its own principal directions, so that such a value is no sign of confinement.`
    : '';
  return {
    id: 'rec.diffuse',
    claim: 'The other principal coordinates diffuse: their mean squared displacement is proportional to the lag.',
    source: 'ivf2021 [P4], [P5]',
    measured: alpha,
    unit: '',
    stated: 'the rest diffuse (exponent 1)',
    predicted: `1 for free diffusion along a fixed direction; ${walkWords(w)}`,
    range: 'PCs 10–100',
    verdict: n < 10 ? UNDECIDED : compatible(alpha, 1, 0.2, half) ? 'reproduced' : 'not reproduced',
    reason:
      n < 10
        ? `Only ${n} ${n === 1 ? 'direction' : 'directions'} between ranks 10 and 100 ${n === 1 ? 'was' : 'were'} followed; the rule asks for 10.`
        : `Median exponent ${formatEstimate(alpha)} of ${n} directions against 1, tolerance ${formatNumber(Math.max(0.2, half), 2)}.${hint} ${bent} of the ${n} curves bend and have no single exponent.`,
  };
}

/** What a fit of gamma requires: ranks, decades, half the width of the interval. */
const LAW = { points: 20, decades: 0.5, width: 0.5 } as const;

function rankLaw(m: MeasuredRecording): Finding {
  const w = drawn(m)?.gamma;
  const law = m.rankLaw;
  const none = estimate(Number.NaN, Number.NaN, 0, 'no fit', false);
  const own: Estimate = 'missing' in law ? none : law.gamma;
  const [verdict, reason] = ((): [Verdict, string] => {
    if ('missing' in law) return [UNDECIDED, law.missing];
    if (law.points < LAW.points) return [UNDECIDED, `Only ${law.points} ranks; the rule asks for ${LAW.points}.`];
    if (Math.log10(law.ranks[1] / law.ranks[0]) < LAW.decades)
      return [UNDECIDED, `The ranks span less than half a decade (${law.ranks.join(' to ')}).`];
    if (!(normalHalfWidth(own) <= LAW.width)) return [UNDECIDED, `γ is uncertain by more than ±${LAW.width} (95 %).`];
    if (!w || !Number.isFinite(w.mean)) return [UNDECIDED, 'There is no walk to compare with.'];
    const difference = minus(own, estimate(w.mean, w.deviation, w.draws, ''));
    const differs = decide(difference, 0, { tolerance: 0, half: normalHalfWidth(difference) }) === 'differs';
    return [
      differs ? 'reproduced' : 'not reproduced',
      `γ = ${formatEstimate(own)} (misfit) against ${formatNumber(w.mean)} of the walk; they ${differs ? 'differ' : 'do not differ'} by more than 1.96 times the error of both.`,
    ];
  })();
  return {
    id: 'rec.rank-law',
    claim:
      'The landscape shows in the rank law: variances fall with the rank otherwise than those of a walk with the same steps.',
    source: '[N1] as null of ivf2021 [P4]',
    measured: own,
    unit: '',
    stated: 'another γ than that of the walk',
    predicted: `${walkWords(w)}; isotropic walk [S5]: 2`,
    range: 'missing' in law ? 'none' : `ranks ${law.ranks.join(' to ')}, ${law.points} of them`,
    verdict,
    reason,
  };
}

function rotates(m: MeasuredRecording): Finding {
  const r = m.rotation;
  const still = stationarity(m) === 'reproduced';
  const enough = !('missing' in r) && r.converged && still;
  const best = 'missing' in r ? undefined : r.pairs[0];
  return {
    id: 'rec.circulation',
    claim: 'The steady state has a current: the trajectory rotates in planes of principal directions.',
    source: 'ao2022 [D6]',
    measured: best
      ? estimate(
          best.rate,
          best.standardError,
          'missing' in r ? 0 : r.blocks,
          'rotation in the most significant plane, error over blocks',
          enough,
        )
      : estimate(Number.NaN, Number.NaN, 0, 'no plane of settled directions', false),
    unit: 'radian per step',
    stated: 'not 0',
    predicted: '0 where detailed balance holds',
    range:
      'missing' in r
        ? 'none'
        : `${r.planes} planes of the settled directions ${r.ranks[0]} to ${r.ranks[r.ranks.length - 1]}`,
    verdict: enough && r.significant > 0 ? 'reproduced' : UNDECIDED,
    reason:
      'missing' in r
        ? r.missing
        : !still
          ? notShown(m)
          : !r.converged
            ? `The ${r.blocks} blocks of ${formatCount(r.blockLength)} steps are shorter than five correlation times.`
            : r.significant > 0
              ? `${r.significant} of ${r.planes} planes have an adjusted p below 0.05; ${formatShare(best!.offPlane)} of the variance lies outside the most significant one, of directions ${best!.ranks.join(' and ')}.`
              : `None of ${r.planes} planes has an adjusted p below 0.05. A rotation faster than ${formatNumber(r.detectable, 2)} radian per step would have shown.`,
  };
}

/** 30 % either way, between the largest and the smallest. */
const ONE_TEMPERATURE = Math.log(1.3 ** 2);

function temperature(m: MeasuredRecording): Finding {
  const t = m.temperatures;
  const still = stationarity(m) === 'reproduced';
  const spread = 'missing' in t ? estimate(Number.NaN, Number.NaN, 0, 'not measured', false) : t.spread;
  const verdict = still
    ? verdictOf(decide(spread, 0, { tolerance: ONE_TEMPERATURE, half: normalHalfWidth(spread) }))
    : UNDECIDED;
  const factor = formatNumber(Math.exp(spread.value));
  return {
    id: 'rec.temperature',
    claim: 'All directions have one temperature, as the density exp(−L/T) demands.',
    source: 'rival in ao2022, [D9] (iv), [S9]',
    measured: spread,
    unit: '',
    stated: 'ln of the largest over the smallest is 0',
    range: 'settled directions',
    verdict,
    reason:
      'missing' in t
        ? t.missing
        : !still
          ? notShown(m)
          : !Number.isFinite(spread.value)
            ? `Not decidable: ${spread.method}.`
            : `Temperatures of ${spread.n} settled directions span a factor ${factor}; the rule allows 1.69.${t.momentumStated ? '' : ' The momentum was not stated and was taken as 0.'}`,
  };
}
