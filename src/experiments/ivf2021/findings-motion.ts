/**
 * Findings of ivf2021 on how the weights move: drift, diffusion and the form of the valley. docs/rules/ivf2021.md
 * states the rules.
 */
import { asEstimate, type Parted, partedHalfWidth, totalError } from '../../numeric/error-parts.js';
import { compatible, UNDECIDED } from '../../report/deciding.js';
import type { Finding, Verdict } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber } from '../../report/format.js';
import type { Ivf2021Facts, WalkNumbers } from './facts.js';
import { walkWords } from './walk-words.js';

export const motionFindings = (facts: Ivf2021Facts): Finding[] => [
  aligned(facts),
  ballistic(facts),
  share(facts),
  diffuse(facts),
  quadratic(facts),
];

/**
 * Says by how many standard deviations over draws a value lies above each form of the walk; the smallest of them, NaN
 * without a walk.
 */
const excess = (value: number, { forms }: WalkNumbers): number =>
  forms.length === 0 ? Number.NaN : Math.min(...forms.map((f) => (value - f.value.mean) / f.value.deviation));
/** How many standard deviations over draws a value must lie above the walk. */
const DEVIATIONS = 3;
/** Writes an excess over the walk in words. */
const beside = (above: number): string =>
  above >= 0
    ? `at least ${formatNumber(above, 2)} standard deviations over draws above the walk`
    : `as much as ${formatNumber(-above, 2)} standard deviations over draws below the walk`;

const near = (p: Parted, stated: number, tolerance: number): boolean =>
  compatible(asEstimate(p), stated, tolerance, finiteHalf(p));
const finiteHalf = (p: Parted): number => (Number.isFinite(partedHalfWidth(p)) ? partedHalfWidth(p) : 0);
const overSeeds = (runs: number): string =>
  runs > 1 ? `mean over ${runs} seeds` : 'One window gives no error; several seeds would';

function aligned({ aligned: { cos, P, walk }, runs }: Ivf2021Facts): Finding {
  const chance = 1 / Math.sqrt(P);
  const small = 5 * chance >= 1;
  const known = cos.converged && !small;
  const enough = cos.value >= 0.5 && cos.value >= 5 * chance && (!Number.isFinite(walk) || cos.value >= 3 * walk);
  return {
    id: 'ivf.drift-aligned',
    claim: 'The first principal direction is aligned with the weights themselves (growth of the weight norm).',
    source: 'ivf2021 [P4], [P5]',
    measured: asEstimate(cos),
    unit: '',
    stated: 'p_1 is aligned with w0',
    predicted: `root mean square cosine of a random direction: ${formatNumber(chance, 2)}${Number.isFinite(walk) ? `; of a step with the run's own noise [N1]: ${formatNumber(walk, 2)}` : ''}`,
    range: 'the whole window',
    verdict: known ? (enough ? 'reproduced' : 'not reproduced') : UNDECIDED,
    reason: !cos.converged
      ? `${cos.method}.`
      : small
        ? `The layer has ${P} ${P === 1 ? 'weight, so that |cos| = 1 is forced' : 'weights: five times a random direction is 1 or more'}.`
        : `|cos(p_1, mean weights)| = ${formatNumber(cos.value, 3)}; the rule asks for 0.5, five times a random direction and three times a step of the run's own noise. ${overSeeds(runs)}${runs > 1 ? `: ${formatEstimate(asEstimate(cos))}` : ''}.`,
  };
}

/** What the walk gives, or why there is none. */
const besideWords = (noWalk: string | undefined, forms: Parameters<typeof walkWords>[0]): string =>
  noWalk === undefined ? walkWords(forms) : `no walk was drawn (${noWalk.replace(/\.$/, '')})`;

function ballistic({ ballistic: { alpha, n, speed, forms }, noWalk }: Ivf2021Facts): Finding {
  const error = totalError(alpha);
  const sure = Number.isFinite(error) && error <= 0.25;
  const above = excess(alpha.value, { forms });
  const tolerance = Math.max(0.2, finiteHalf(alpha));
  let verdict: Verdict;
  let reason: string;
  if (!sure) [verdict, reason] = [UNDECIDED, `The exponent has no usable error (${alpha.method}).`];
  else if (!near(alpha, 2, 0.2))
    [verdict, reason] = [
      'not reproduced',
      `Exponent ${formatEstimate(asEstimate(alpha))} against 2, tolerance ${formatNumber(tolerance, 2)}.`,
    ];
  else if (!(above >= DEVIATIONS))
    [verdict, reason] = [
      UNDECIDED,
      noWalk ??
        `Exponent ${formatEstimate(asEstimate(alpha))}: a walk without any drift comes near it too; it lies ${beside(above)}, and the rule asks for ${DEVIATIONS}.`,
    ];
  else
    [verdict, reason] = [
      'reproduced',
      `Exponent ${formatEstimate(asEstimate(alpha))} against 2, tolerance ${formatNumber(tolerance, 2)}; it lies ${beside(above)}.`,
    ];
  return {
    id: 'ivf.drift-ballistic',
    claim: 'The first principal coordinate drifts: its mean squared displacement grows as the square of the lag.',
    source: 'ivf2021 [P4], [P5]',
    measured: asEstimate(alpha, n),
    unit: '',
    stated: 'PC1 is a drift (exponent 2)',
    predicted: `2 for drift; ${besideWords(noWalk, forms)}`,
    range: 'lags from 1 step to a tenth of the window',
    verdict,
    reason: speed === '' ? reason : `${reason} theta_1 drifts by ${speed} per step.`,
  };
}

function share({ share: { share: own, T, forms }, runs, noWalk }: Ivf2021Facts): Finding {
  const above = excess(own.value, { forms });
  const below = Math.max(...forms.map((f) => (own.value - f.value.mean) / f.value.deviation));
  const decidable = own.converged && forms.length > 0;
  const verdict: Verdict = !decidable
    ? UNDECIDED
    : above >= DEVIATIONS
      ? 'reproduced'
      : below <= -DEVIATIONS
        ? 'not reproduced'
        : UNDECIDED;
  return {
    id: 'ivf.drift-share',
    claim:
      'The first principal direction carries more of the motion than that of a walk with the same noise and no landscape.',
    source: '[N1] as null of ivf2021 [P4]',
    measured: asEstimate(own, T),
    unit: '',
    stated: 'PC1 dominates',
    predicted: `${besideWords(noWalk, forms)}; isotropic walk [S5]: ${formatNumber(6 / Math.PI ** 2)}`,
    range: `the window of ${formatCount(T)} steps`,
    verdict,
    reason: decidable
      ? `PC1 holds ${formatNumber(100 * own.value, 3)} % of the variance${runs > 1 ? ` (mean over ${runs} seeds)` : ''}, ${beside(above)}; the rule asks for ${DEVIATIONS}.`
      : (noWalk ?? own.method),
  };
}

function diffuse({ diffuse: { alpha, n, bent, forms }, noWalk }: Ivf2021Facts): Finding {
  const isNear = near(alpha, 1, 0.2);
  const beside = forms.map((f) => formatNumber(f.value.mean)).join(' and ');
  const like = forms.some(
    (f) => Math.abs(alpha.value - f.value.mean) <= Math.hypot(finiteHalf(alpha), 2 * f.value.deviation),
  );
  const hint =
    forms.length === 0
      ? ''
      : like
        ? ` A walk without any landscape has ${beside} along its own principal directions, so such a value is no sign of confinement.`
        : ` A walk without any landscape has ${beside} along its own principal directions.`;
  return {
    id: 'ivf.diffuse',
    claim: 'The other principal coordinates diffuse: their mean squared displacement is proportional to the lag.',
    source: 'ivf2021 [P4], [P5]',
    measured: asEstimate(alpha, n),
    unit: '',
    stated: 'the rest diffuse (exponent 1)',
    predicted: `1 for free diffusion along a fixed direction; ${besideWords(noWalk, forms)}`,
    range: 'PCs 10–100',
    verdict: n < 10 ? UNDECIDED : isNear ? 'reproduced' : 'not reproduced',
    reason:
      n < 10
        ? `Only ${n} directions between ranks 10 and 100 were followed; the rule asks for 10.`
        : `Median exponent ${formatEstimate(asEstimate(alpha))} of ${n} directions against 1, tolerance ${formatNumber(Math.max(0.2, finiteHalf(alpha)), 2)}.${hint} ${bent} of the ${n} curves bend and have no single exponent.`,
  };
}

function quadratic({ quadratic: { ratio, n, factor, loss } }: Ivf2021Facts): Finding {
  const isNear = Math.abs(ratio.value - 1) <= 0.1;
  return {
    id: 'ivf.quadratic',
    claim: `The valley is quadratic out to ${formatNumber(factor)} times its loss, so that its width measures its curvature.`,
    source: 'condition of [F3], used in ivf2021',
    measured: asEstimate(ratio, n),
    unit: '',
    stated: 'F² = 8(e−1) L0 / H for a quadratic valley',
    predicted: `1 for a quadratic valley, ${formatNumber(Math.sqrt(Math.log(factor) / (factor - 1)))} if the logarithm of the loss is quadratic`,
    range: 'closed directions with positive curvature',
    verdict: n < 20 ? UNDECIDED : isNear ? 'reproduced' : 'not reproduced',
    reason:
      n < 20
        ? `Only ${n} closed directions with positive curvature; the rule asks for 20.`
        : `Half of the ${n} widths lie above ${formatEstimate(asEstimate(ratio))} times their quadratic value; ${isNear ? 'within' : 'outside'} 10 % of 1, so widths ${isNear ? 'can' : 'cannot'} be interpreted as curvatures at loss ${formatNumber(loss)}.`,
  };
}
