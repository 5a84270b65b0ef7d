/**
 * Verdicts of the study of the degenerate valley on real networks. The rules, written before any seed of the study was run (pilots on
 * another seed and on the quick preset had shown how long training takes and in which range thresholds lie):
 *
 * All errors are over seeds; intervals are 95 % of Student's t. A *slope* is d ln m/d ln(eta/B) by least squares over the settings that
 * reached the target loss, seed by seed.
 *
 * flatter-…: the slope of each measure has the sign of "flatter". Reproduced: the interval lies wholly on that side of 0. Not reproduced:
 *   wholly on the other, or it contains 0 and its half-width is at most 0.05. Undecided otherwise, and with fewer than two seeds.
 * test-error: the same rule for the number of wrong test answers, which should fall.
 * floor-…: the same rules at the mean of an epoch's weights, each taken where that mean's loss is the target's.
 * ratio-…: at equal eta/B a measure does not depend on eta: its slope b = d ln m/d ln eta within pairs of settings of equal eta/B. Reproduced:
 *   the half-width is at most 0.1, and |b| at most 0.05 or 0 in the interval. Not reproduced: |b| above 0.05 and the interval without 0.
 * sooner-…: the time until Tr H has fallen, after its maximum, to what the seed's weakest noise has at the target (the larger of its settings),
 *   interpolated in the logarithms. A slope below 0 (interval) reproduces; above 0, or within ±0.05, does not. Tested in eta·steps, the time of
 *   gradient flow, and in epochs. Settings that reach the target above that level have no such time; where more than a quarter have none:
 *   undecided.
 * until-divergence: the strongest noise of the ladder does not reach the target and all others do, in every seed: reproduced. It does in
 *   every seed: not reproduced. Undecided otherwise.
 * anisotropy: kappa = C across over C along the drift exceeds 1: sign of the mean of ln kappa over the solutions of a seed.
 * noise-curvature: C_ii ~ lambda_i^gamma over directions across, along the drift and at random, gamma of least squares in the logarithms,
 *   averaged over a seed's solutions. Reproduced (gamma = 1): |gamma − 1| at most 0.2. Not reproduced: more than that, and the interval
 *   without 1.
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
import { type Estimate, estimate } from '../../../numeric/estimate.js';
import { halfWidth } from '../../../numeric/interval.js';
import { overSeeds } from '../../../numeric/seeds.js';
import { decide, few, signVerdict, UNDECIDED, verdictOf } from '../../../report/deciding.js';
import type { Finding, Verdict } from '../../../report/finding.js';
import { formatEstimate, formatNumber, formatPlain } from '../../../report/format.js';
import { type CeilingRow, ceilingRows, ceilingSlope, PREDICTIONS } from './ceilings.js';
import type { CeilingPrediction, NetworkInput, SolutionResult } from './measured.js';
import { noiseStrength } from './measured.js';
import {
  CONTROLS,
  FLOOR_MEASURES,
  type FlatTimes,
  flatTimes,
  logCurvatureAlongDrift,
  MEASURES,
  noiseExponent,
  overSolutions,
  type SettingRow,
  type SlopeRow,
  settingRows,
  slopeRow,
  solutionsOf,
  TEST_ERRORS,
} from './summary.js';

const SOURCE = 'valley2023; theory §6';

export interface NetworkJudged {
  readonly findings: readonly Finding[];
  readonly settings: readonly SettingRow[];
  /** Slopes against eta/B: of flatness, of what is at the floor, of what should not change. */
  readonly slopes: readonly SlopeRow[];
  readonly times: FlatTimes;
  readonly ceilings: readonly CeilingRow[];
}

export function networkFindings(input: NetworkInput): NetworkJudged {
  const { cells } = input;
  const settings = settingRows(input.settings, cells);
  const slopes = [...MEASURES, TEST_ERRORS, ...FLOOR_MEASURES, ...CONTROLS].map((m) => slopeRow(cells, m));
  const row = (id: string) => slopes.find((r) => r.measure.id === id)!;
  const times = flatTimes(cells);
  const ceilings = ceilingRows(cells);
  const solved = solutionsOf(cells).filter((c) => c.outcome === 'reached');
  const range = rangeWords(input);
  const findings: Finding[] = [
    ...MEASURES.map((m) => flatter(row(m.id), `flatter-${m.id}`, range)),
    flatter(row(TEST_ERRORS.id), 'test-error', range),
    ...FLOOR_MEASURES.map((m) =>
      flatter(row(m.id), m.id, `${range}; each at the first mean of an epoch with that loss`),
    ),
    ...['trace', 'scaled-trace', 'test-error'].map((id) => ratioAlone(row(id))),
    sooner(times, 'time'),
    sooner(times, 'epochs'),
    untilDivergence(settings),
    anisotropyFinding(solved),
    noiseCurvature(solved),
    driftFlattens(solved),
    ...(['edge', 'meanSquare', 'coupled'] as const).map((name) => ceiling(ceilings, 'trained', name, input)),
    slopeOfCeiling(ceilingSlope(cells, 'meanSquare')),
    ceiling(ceilings, 'initial', 'edge', input),
    recovery(ceilings),
  ];
  return { findings, settings, slopes, times, ceilings };
}

const rangeWords = ({ targetLoss, settings, measuredSamples, trainingSamples }: NetworkInput): string => {
  const strengths = settings.map(noiseStrength);
  return `eta/B from ${formatPlain(Math.min(...strengths))} to ${formatPlain(Math.max(...strengths))}, at training loss ${formatPlain(targetLoss)}; Hessian and noise over ${measuredSamples} of ${trainingSamples} samples`;
};

/** Half the width of an interval around 0 at which it says that there is no effect. */
const NARROW = 0.05;

/** The rule of every claim about a sign. */
export const signOf = (e: Estimate, wanted: -1 | 1): Verdict => signVerdict(e, wanted, { narrow: NARROW });

/** The rule of exponents that theory says are 1. */
const exponentVerdict = (e: Estimate): Verdict => verdictOf(decide(e, 1, { tolerance: 0.2, misses: 'stated' }));

const wide = (e: Estimate): string =>
  e.n < 2 ? few(e) : `The 95 % interval is ±${formatNumber(halfWidth(e), 2)} over ${e.n} seeds.`;

function flatter({ measure, slope, spearman, pairs }: SlopeRow, id: string, range: string): Finding {
  const goes = measure.flatter > 0 ? 'rises' : 'falls';
  return {
    id: `valley-network.${id}`,
    claim: `At equal training loss, solutions found with larger eta/B are flatter: ${measure.name} ${goes}`,
    source: SOURCE,
    measured: slope,
    unit: 'd ln/d ln(eta/B)',
    stated: measure.flatter > 0 ? 'above 0' : 'below 0',
    range,
    verdict: signOf(slope, measure.flatter),
    reason: `Rank correlation with eta/B ${formatEstimate(spearman)}; at equal eta/B it goes with eta to the power ${formatEstimate(pairs)}.${measure.invariant ? ' A rescaling of layers does not change this measure.' : ''} ${wide(slope)}`,
  };
}

function ratioAlone({ measure, pairs, slope }: SlopeRow): Finding {
  return {
    id: `valley-network.ratio-${measure.id}`,
    claim: `Only the ratio eta/B matters: at equal eta/B ${measure.name} does not depend on eta`,
    source: 'theory [S1], [V1]',
    measured: pairs,
    unit: 'd ln/d ln eta at equal eta/B',
    stated: '0',
    range: 'pairs of settings with equal eta/B and rates a factor 2 to 5 apart',
    verdict: verdictOf(decide(pairs, 0, { tolerance: 0.05, misses: 'stated', widest: 0.1 })),
    reason: `Against eta/B itself the slope is ${formatEstimate(slope)}. ${wide(pairs)}`,
  };
}

function sooner(times: FlatTimes, unit: 'time' | 'epochs'): Finding {
  const slope = times[unit];
  const verdict = times.missing > 0.25 ? UNDECIDED : signOf(slope, -1);
  return {
    id: `valley-network.sooner-${unit}`,
    claim: `Stronger noise reaches flat solutions sooner, in ${unit === 'time' ? 'eta·steps' : 'epochs'}`,
    source: SOURCE,
    measured: slope,
    unit: 'd ln(time)/d ln(eta/B)',
    stated: 'below 0',
    predicted: `${unit === 'time' ? '0' : '−1'} for gradient flow, without any effect of the noise`,
    range: `until Tr H has fallen to that of the weakest noise at the target, ${formatEstimate(times.level)}`,
    verdict,
    reason: `${formatNumber(100 * times.missing, 2)} % of the solutions have no such time: their trace at the target is above that level. ${wide(slope)}`,
  };
}

function untilDivergence(settings: readonly SettingRow[]): Finding {
  const all = settings.filter((s) => s.seeds > 0);
  const last = all[all.length - 1];
  const others = all.slice(0, -1);
  const seeds = last?.seeds ?? 0;
  const allOthers = others.every((s) => s.reached === s.seeds);
  const verdict: Verdict =
    seeds < 2
      ? UNDECIDED
      : last.reached === 0 && allOthers
        ? 'reproduced'
        : last.reached === seeds
          ? 'not reproduced'
          : UNDECIDED;
  return {
    id: 'valley-network.until-divergence',
    claim: 'Beyond a critical strength of the noise training no longer converges',
    source: SOURCE,
    measured: estimate(seeds > 0 ? last.reached / seeds : Number.NaN, Number.NaN, seeds, 'share of seeds', seeds > 0),
    unit: 'share of seeds that reach the target at the strongest noise',
    stated: '0 beyond the critical strength',
    range: `strongest setting eta = ${formatPlain(last?.learningRate)}, B = ${last?.batchSize ?? '–'}`,
    verdict,
    reason: `Of ${all.length} settings ${all.filter((s) => s.reached === s.seeds).length} reached the target in every seed.`,
  };
}

function anisotropyFinding(solved: readonly SolutionResult[]): Finding {
  const logs = overSolutions(solved, (s) => Math.log(s.valley?.anisotropyDrift.value ?? Number.NaN));
  const random = overSolutions(solved, (s) => Math.log(s.valley?.anisotropyRandom.value ?? Number.NaN));
  return {
    id: 'valley-network.anisotropy',
    claim: 'The noise is stronger across the valley than along it: kappa > 1',
    source: 'valley2023; theory [V1]',
    measured: logs,
    unit: 'ln kappa',
    stated: 'above 0',
    range: 'C along the top eigenvectors over C along the drift of the last quarter of the steps',
    verdict: signOf(logs, 1),
    reason: `kappa = ${formatNumber(Math.exp(logs.value))} against the drift, ${formatNumber(Math.exp(random.value))} against random directions (geometric means). ${wide(logs)}`,
  };
}

function noiseCurvature(solved: readonly SolutionResult[]): Finding {
  const gamma = overSolutions(solved, noiseExponent);
  return {
    id: 'valley-network.noise-curvature',
    claim:
      'Along and across the valley the gradient noise is proportional to the curvature, so that SGD minimises L + (eta/4) Tr C',
    source: 'theory [V3]',
    measured: gamma,
    unit: 'exponent of C ~ lambda^gamma',
    stated: '1',
    range: 'top eigenvectors, the drift and random directions of the whole network',
    verdict: exponentVerdict(gamma),
    reason: wide(gamma),
  };
}

function driftFlattens(solved: readonly SolutionResult[]): Finding {
  const strongest = [...new Set(solved.map(noiseStrength))].sort((a, b) => b - a).slice(0, 2);
  const own = solved.filter((s) => strongest.includes(noiseStrength(s)));
  const change = overSolutions(own, logCurvatureAlongDrift);
  const weak = overSolutions(
    solved.filter((s) => !own.includes(s)),
    logCurvatureAlongDrift,
  );
  return {
    id: 'valley-network.drift-flattens',
    claim: 'Under strong noise the weights drift along the valley towards flatter places',
    source: SOURCE,
    measured: change,
    unit: 'd ln lambda over the drift',
    stated: 'below 0',
    range: `the two strongest ratios that reached the target, ${strongest.map((s) => formatPlain(s)).join(' and ')}; along the displacement of the last quarter of the steps, for the eigenvectors at its end`,
    verdict: signOf(change, -1),
    reason: `For the weaker ones it is ${formatEstimate(weak)}. ${wide(change)}`,
  };
}

/** How far a measured ceiling over the predicted one may lie from 1. */
const TOLERANCE = 0.3;

function ceiling(
  rows: readonly CeilingRow[],
  start: CeilingRow['start'],
  name: keyof CeilingPrediction,
  { ceiling: c }: NetworkInput,
): Finding {
  const own = rows.filter((r) => r.start === start);
  const far = (e: Estimate) => (Number.isFinite(e.value) ? Math.abs(Math.log(e.value)) : -1);
  const ratios = own.map((r) => r.ratios[name]);
  const worst = ratios.reduce<Estimate>((a, b) => (far(b) > far(a) ? b : a), overSeeds([]));
  return {
    id: `valley-network.ceiling-${start === 'initial' ? 'initial' : kebab(name)}`,
    claim:
      start === 'initial'
        ? 'Training from the initial weights becomes unstable at 2/h_max of these weights'
        : `SGD leaves a solution at the learning rate that theory predicts: ${PREDICTIONS[name]}`,
    source: name === 'edge' ? 'theory [A2]' : 'theory [V4], [R6]',
    measured: worst,
    unit: 'measured over predicted, for the batch size that deviates most',
    stated: '1',
    range: `${c.steps} steps; unstable once the mean loss of ${c.window} steps exceeds ${start === 'initial' ? 'twice chance' : 'ten times that of the solution'}`,
    verdict: verdictOf(...ratios.map((e) => decide(e, 1, { tolerance: TOLERANCE }))),
    reason: `By batch size: ${own.map((r) => `${formatEstimate(r.ratios[name])} (B = ${r.batchSize})`).join(', ')}.`,
  };
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);

function slopeOfCeiling(slope: Estimate): Finding {
  return {
    id: 'valley-network.ceiling-slope',
    claim: 'Batch-to-batch variance of the curvature lowers the ceiling of the learning rate as 2l/(l² + Var l)',
    source: 'theory [V4]',
    measured: slope,
    unit: 'd ln measured/d ln predicted over batch sizes',
    stated: '1',
    verdict: exponentVerdict(slope),
    reason: wide(slope),
  };
}

function recovery(rows: readonly CeilingRow[]): Finding {
  const own = rows.filter((r) => r.start === 'trained');
  const last = own.reduce<CeilingRow | undefined>((a, b) => (a && a.batchSize > b.batchSize ? a : b), undefined);
  const e = last?.recovery ?? overSeeds([]);
  const half = halfWidth(e);
  const verdict: Verdict =
    e.n < 2 || !Number.isFinite(e.value)
      ? UNDECIDED
      : e.value - half > 1.2
        ? 'reproduced'
        : e.value < 1.2 && e.value + half < 1.5
          ? 'not reproduced'
          : UNDECIDED;
  return {
    id: 'valley-network.recovery',
    claim: 'Between instability and divergence networks leave a solution and settle in a flatter place',
    source: 'secondary source: edge of stability, catapult',
    measured: e,
    unit: 'learning rate of divergence over that of instability',
    stated: 'above 1',
    range: `from a solution, B = ${last?.batchSize ?? '–'}`,
    verdict,
    reason: `By batch size: ${own.map((r) => `${formatEstimate(r.recovery)} (B = ${r.batchSize})`).join(', ')}. ${wide(e)}`,
  };
}
