/**
 * Verdicts of the study of the degenerate valley on real networks. The rules were written before the run that they decide; docs/rules/valley2023.md
 * states in words those that are new or were changed after 0.1.0, and what had been seen before. (Those of 0.1.0 were written before any seed of
 * the study was run; pilots on another seed and on the quick preset had shown how long training takes and in which range thresholds lie.)
 *
 * All errors are over seeds; intervals are 95 % of Student's t. A *slope* is d ln m/d ln(eta/B) by least squares over the settings that
 * reached the target loss, seed by seed. m *rises somewhere* if for one of the K pairs of strengths the change from the weaker to the stronger
 * noise is above 0 at the one-sided level 0.05/K; *falls somewhere* likewise. A number that does both is *not monotone* and has no slope,
 * no error of one, and no share of one. A range of three or more neighbouring strengths is *decidable* if m is not "not monotone" in it and its
 * slope's interval at most ±0.25 wide; other ranges do not vote. Sampling, misfit and choice of range are three errors (ranges.ts).
 *
 * flatter-…, floor-…, test-error, test-loss: m goes in the direction of "flatter", or of better answers. Not reproduced: it goes the other way
 *   somewhere, or the slope's interval lies wholly on the other side of 0, or contains 0 with a half-width of at most 0.05. Reproduced: the
 *   interval and the slopes of all decidable ranges lie on the right side. Undecided otherwise.
 * one-power: slope of Tr H in the upper half of the strengths minus that in the lower half, within seeds. Reproduced: within 0.1 of 0. Not
 *   reproduced: farther, and the interval without 0; or not monotone.
 * rival-…: share of the fall of Tr H that a rival explains, over the whole ladder and in both halves (rivals.ts). Reproduced, the fall is the
 *   rival's: each within 0.1 of 1. Not reproduced: the interval of one lies wholly outside. Undecided otherwise.
 * ratio-…: at equal eta/B a measure does not depend on eta: b = d ln m/d ln eta within pairs of settings. Reproduced: the half-width of the mean
 *   over pairs is at most 0.1, and |b| at most 0.05 or 0 in the interval. Not reproduced: |b| above 0.05 and the interval without 0, for the mean
 *   or for one pair (that at the level 0.05 over the number of pairs).
 * sooner-…: the time until Tr H has fallen, after its maximum, to what the seed's weakest noise has at the target (the larger of its settings),
 *   interpolated in the logarithms. In eta·steps, the time of gradient flow: a slope below 0 (interval) reproduces; above 0, or within ±0.05, does
 *   not. In epochs gradient flow gives −1, and the finding is the same in other units. Settings that reach the target above that level have no such time; where
 *   more than a quarter have none: undecided.
 * until-divergence: the strongest noise of the ladder does not reach the target and all others do, in every seed: reproduced. It does in
 *   every seed: not reproduced. Undecided otherwise.
 * anisotropy: kappa = C across over C along the drift exceeds 1 at every strength: the interval of the mean of ln kappa. One strength below: not
 *   reproduced.
 * noise-curvature: C_ii ~ lambda_i^gamma over directions across, along the drift and at random, gamma of least squares in the logarithms,
 *   averaged over a seed's solutions, is 1 within 0.2 (not reproduced: more, and the interval without 1); and C/lambda across and along the drift is
 *   that along random directions within a factor of 2 (not reproduced: an interval wholly outside).
 * drift-flattens: at the strongest two ratios that reached the target, the mean over directions across of d ln lambda/dx times the length of
 *   the drift is below 0 (sign, interval).
 * ceiling-…: measured over predicted learning rate where runs from a solution become unstable, for every batch size. Reproduced: every mean
 *   within 30 % of 1. Not reproduced: some interval wholly outside. Undecided otherwise.
 * ceiling-slope: how that threshold falls with smaller batches: slope of ln measured against ln [V4] over batch sizes, 1 predicted. Reproduced:
 *   within 0.2 of 1. Not reproduced: farther, and the interval without 1.
 * ceiling-initial: as ceiling-…, from the initial weights and 2/h_max there, which linear theory would have for divergence.
 * recovery: runs that became unstable settle elsewhere: learning rate of divergence over that of instability from a solution, at the largest batch. Reproduced: the
 *   interval lies above 1.2. Not reproduced: the mean is below 1.2 and the interval's upper end below 1.5.
 */
import { UNDECIDED } from '../../../report/deciding.js';
import type { Finding } from '../../../report/finding.js';
import { formatEstimate, formatNumber, formatPlain } from '../../../report/format.js';
import { ceiling, recovery, slopeOfCeiling } from './ceiling-findings.js';
import { type CeilingRow, ceilingRows, ceilingSlope } from './ceilings.js';
import { flatter, onePower, ratioAlone, rivalFinding, untilDivergence } from './flatness-findings.js';
import type { NetworkInput } from './measured.js';
import { noiseStrength } from './measured.js';
import {
  CONTROLLED,
  CONTROLS,
  FLATTER_FLOOR,
  FLOOR_TEST_ERRORS,
  MEASURES,
  TEST_ERRORS,
  TEST_LOSS,
} from './measures.js';
import { halfSlopes, measureOf, type RivalRow, rivalRows } from './rivals.js';
import { arrivals, reached, type SettingRow, type SlopeRow, settingRows, slopeRow } from './summary.js';
import { type FlatTimes, flatTimes } from './times.js';
import { anisotropyFinding, driftFlattens, noiseCurvature } from './valley-findings.js';
import { courseWords, SOURCE, signOf, wide } from './words.js';

export interface NetworkJudged {
  readonly findings: readonly Finding[];
  readonly settings: readonly SettingRow[];
  /** Slopes against eta/B: of flatness, of test results, of what is at the floor, of controlled traces, of what should not change. */
  readonly slopes: readonly SlopeRow[];
  readonly rivals: readonly RivalRow[];
  readonly times: FlatTimes;
  readonly ceilings: readonly CeilingRow[];
}

export function networkFindings(input: NetworkInput): NetworkJudged {
  const { cells } = input;
  const settings = settingRows(input.settings, cells);
  const floor = [...FLATTER_FLOOR, FLOOR_TEST_ERRORS];
  const slopes = [...MEASURES, TEST_ERRORS, TEST_LOSS, ...floor, ...CONTROLLED, ...CONTROLS].map((m) =>
    slopeRow(cells, m),
  );
  const row = (id: string) => slopes.find((r) => r.measure.id === id)!;
  const times = flatTimes(cells);
  const ceilings = ceilingRows(cells);
  const rivals = rivalRows(cells);
  const solved = reached(cells);
  const range = rangeWords(input);
  const findings: Finding[] = [
    ...MEASURES.map((m) => flatter(row(m.id), `flatter-${m.id}`, range)),
    onePower(halfSlopes(cells, measureOf('trace')), row('trace')),
    ...rivals.map((r) => rivalFinding(r, row(r.measure), range)),
    flatter(row(TEST_ERRORS.id), 'test-error', range),
    flatter(row(TEST_LOSS.id), 'test-loss', range),
    ...floor.map((m) => flatter(row(m.id), m.id, `${range}; each at the first mean of an epoch with that loss`)),
    ...['trace', 'scaled-trace', 'test-error'].map((id) => ratioAlone(row(id))),
    sooner(times, 'time'),
    sooner(times, 'epochs'),
    untilDivergence(settings, input),
    anisotropyFinding(solved),
    noiseCurvature(solved),
    driftFlattens(solved),
    ...(['edge', 'meanSquare', 'coupled'] as const).map((name) => ceiling(ceilings, 'trained', name, input)),
    slopeOfCeiling(ceilingSlope(cells, 'meanSquare')),
    ceiling(ceilings, 'initial', 'edge', input),
    recovery(ceilings),
  ];
  return { findings, settings, slopes, rivals, times, ceilings };
}

/** Says over which strengths the settings spread that arrived, how many these are, and on what they were measured. */
function rangeWords(input: NetworkInput): string {
  const { targetLoss, settings, measuredSamples, trainingSamples } = input;
  const { arrived, everywhere } = arrivals(input);
  const strengths = arrived.map(noiseStrength);
  const span =
    strengths.length > 0
      ? `eta/B from ${formatPlain(Math.min(...strengths))} to ${formatPlain(Math.max(...strengths))}`
      : 'no eta/B';
  return `${span}, the ${arrived.length} of ${settings.length} settings that reached the training loss ${formatPlain(targetLoss)}, ${everywhere} of them in every seed; Hessian and noise over ${measuredSamples} of ${trainingSamples} samples`;
}

function sooner(times: FlatTimes, unit: 'time' | 'epochs'): Finding {
  const slope = times[unit];
  return {
    id: `valley-network.sooner-${unit}`,
    claim: `Stronger noise reaches flat solutions sooner than gradient flow would, in ${unit === 'time' ? 'eta·steps' : 'epochs'}`,
    source: SOURCE,
    measured: slope,
    unit: 'd ln(time)/d ln(eta/B)',
    stated: unit === 'time' ? 'below 0' : 'below −1',
    predicted: `${unit === 'time' ? '0' : '−1'} for gradient flow, without any effect of the noise`,
    range: `until Tr H has fallen to that of the weakest noise at the target, ${formatEstimate(times.level)}`,
    // gradient flow takes the same time in eta·steps, and so ever fewer epochs: one finding in two units
    verdict: times.missing > 0.25 ? UNDECIDED : signOf(times.time, -1),
    reason: [
      `${formatNumber(100 * times.missing, 2)} % of the solutions have no such time: their trace at the target is above that level.`,
      unit === 'time' ? courseWords(times) : 'This is the finding in eta·steps in other units.',
      Number.isFinite(slope.value) ? wide(slope) : '',
    ]
      .filter((s) => s !== '')
      .join(' '),
  };
}
