/** Findings on stationary densities, finite steps, and the time to the flat end; their rules are stated in rules.ts. */
import { divided, type Estimate, estimate, minus, quotient } from '../../numeric/estimate.js';
import { type Agreement, signVerdict, UNDECIDED, verdictOf } from '../../report/deciding.js';
import type { Finding } from '../../report/finding.js';
import { formatEstimate, formatNumber, formatPlain, formatRange } from '../../report/format.js';
import {
  type BatchNoise,
  type ConvergenceResult,
  type ConvergenceRow,
  type DensitiesResult,
  type Distance,
  NOISE_NAMES,
} from './measured.js';
import { against, falls, finding, interval, NOTHING, VALLEY, worst } from './rules.js';

const SOURCES = {
  sgd: 'SGD map',
  langevin: 'Langevin',
  'fokker-planck': 'Fokker-Planck',
  adiabatic: 'adiabatic theory',
};
/** Largest total variation above that of counting. */
const APART = 0.02;

export function densityFindings(r: DensitiesResult): Finding[] {
  const excess = (d: Distance): Estimate => ({ ...d.distance, value: Math.max(0, d.distance.value - d.counting) });
  const far = worst(r.distances, (d) => ({ measured: excess(d), predicted: 0, tolerance: APART }));
  const rows = r.steps;
  const offVariance = worst(rows, (s) => ({
    measured: s.varianceRatio,
    predicted: s.predictedRatio,
    tolerance: 0.05 * s.predictedRatio,
  }));
  const last = rows.at(-1);
  const gain = last ? minus(last.toContinuous, last.toFiniteStep) : NOTHING;
  return [
    finding('methods', {
      claim:
        'The SGD map with its minibatch noise, Langevin, Fokker-Planck and the adiabatic theory give one stationary density, on the floor and as a marginal',
      source: 'theory [V2], [V5]',
      measured: far?.distance ?? NOTHING,
      unit: far ? `total variation to Fokker-Planck: ${SOURCES[far.source]}, ${far.which}, the farthest` : '',
      stated: far ? `${formatNumber(far.counting, 2)} from counting alone` : '0',
      range: `tilted valley, D_x = ${formatPlain(r.diffusion)}, kappa = ${formatPlain(r.anisotropy)}, eta = ${formatPlain(r.learningRate)}`,
      verdict: verdictOf(...r.distances.map((d) => against(excess(d), 0, APART))),
      reason: `Total variation (from counting alone): ${r.distances
        .map((d) => `${SOURCES[d.source]} ${d.which} ${formatEstimate(d.distance)} (${formatNumber(d.counting, 2)})`)
        .join(', ')}.`,
    }),
    finding('variance', {
      claim: 'Finite steps widen the valley: ⟨y²⟩ = eta C/(lambda (2 − eta lambda))',
      source: 'theory [S2], [V3], derived',
      measured: offVariance?.varianceRatio ?? NOTHING,
      unit: offVariance
        ? `⟨y²⟩ over its continuous value at eta·lambda up to ${formatPlain(offVariance.sharpest)}, the farthest`
        : '',
      stated: formatPlain(offVariance?.predictedRatio),
      range: `eta·lambda at the sharp end from ${formatRange([rows[0]?.sharpest ?? Number.NaN, last?.sharpest ?? Number.NaN])}`,
      verdict: verdictOf(...rows.map((s) => against(s.varianceRatio, s.predictedRatio, 0.05 * s.predictedRatio))),
      reason: `Measured (predicted): ${rows.map((s) => `${formatEstimate(s.varianceRatio)} (${formatPlain(s.predictedRatio)}) at eta = ${formatPlain(s.learningRate)}`).join(', ')}.`,
    }),
    finding('finite-step', {
      claim:
        'With large steps the density follows the theory with the finite-step force instead of the continuous one, towards flatter places',
      source: 'theory [V3], derived',
      measured: gain,
      unit: 'total variation to the continuous theory minus that to the finite-step theory',
      stated: 'positive',
      ...(last && {
        predicted: `⟨x⟩ from ${formatNumber(last.continuousX)} to ${formatNumber(last.finiteStepX)}; measured ${formatEstimate(last.meanX)}`,
        range: `eta = ${formatPlain(last.learningRate)}, eta·lambda up to ${formatPlain(last.sharpest)}`,
      }),
      verdict: signVerdict(gain, 1, { half: interval(gain) }),
      reason: last
        ? `Total variation to the continuous theory ${formatEstimate(last.toContinuous)}, to that with finite steps ${formatEstimate(last.toFiniteStep)}, from counting alone ${formatNumber(last.counting, 2)}.`
        : NOTHING.method,
    }),
  ];
}

/** Shares of divergence up to which a strength counts as below the critical one, and from which as beyond it. */
const [FEW, HALF] = [0.01, 0.5];
/** Largest E(1 − eta l)² at the sharp end at which the effective drift is tested. */
const CALM = 0.8;

const KINDS: readonly BatchNoise[] = ['constant', 'hessian', 'location', 'curvature'];

export function convergenceFindings(r: ConvergenceResult): Finding[] {
  const kinds = KINDS.filter((k) => r.rows.some((row) => row.noise === k));
  const rowsOf = (k: BatchNoise) => r.rows.filter((row) => row.noise === k);
  const settled = (row: ConvergenceRow) => row.diverged.value <= FEW && row.arrived > 0.99;
  const calm = r.rows.filter((row) => row.growth <= CALM && row.arrived > 0.999 && row.diverged.value === 0);
  const trend = kinds.map((k) => ({
    k,
    found: falls(
      rowsOf(k)
        .filter(settled)
        .map((row) => row.steps),
    ),
  }));
  const change = (k: BatchNoise): Estimate => {
    const steps = rowsOf(k).filter(settled);
    const [a, b] = [steps[0]?.steps, steps.at(-1)?.steps];
    if (!a || !b || steps.length < 2) return NOTHING;
    return quotient(b, a);
  };
  const shown = kinds.includes('curvature') ? 'curvature' : kinds[0];
  const times = (steps: (row: ConvergenceRow) => number) =>
    calm
      .map((row) => ({ row, measured: divided(row.steps, steps(row)), predicted: 1, tolerance: 0.1 }))
      .filter((t) => Number.isFinite(t.measured.value));
  return [
    finding('shorter', {
      claim: 'Stronger noise shortens the time to the flat solutions, up to a critical strength',
      source: `${VALLEY}; theory [V1]`,
      measured: shown ? change(shown) : NOTHING,
      unit: shown
        ? `steps at the strongest noise that does not diverge over those at the weakest, ${NOISE_NAMES[shown]}`
        : '',
      stated: 'below 1, falling from each strength to the next',
      range: `from the sharp end to x = ${formatPlain(r.target)}; strengths at which at most 1 % diverge`,
      verdict: verdictOf(...trend.map((t) => t.found)),
      reason: `${trend.map((t) => `${NOISE_NAMES[t.k]}: ${wordOf(t.found)}, by a factor of ${formatEstimate(change(t.k))}`).join('; ')}.`,
    }),
    critical(r, rowsOf('curvature')),
    timing(
      'drift',
      "The time to the flat end is that of the effective drift: −½ lambda' ⟨y²⟩ with the ⟨y²⟩ of the map",
      'theory [V3], derived',
      times((row) => row.driftSteps),
      'effective drift',
    ),
    timing(
      'passage',
      'The time to the flat end is the mean first passage of the Fokker-Planck equation with the same noise',
      'theory [V3], [V5], derived',
      times((row) => row.passageSteps),
      'first passage',
    ),
    temperature(r),
  ];
}

const wordOf = (a: Agreement): string =>
  a === 'agrees' ? 'falls throughout' : a === 'differs' ? 'rises somewhere' : 'not clear';

function critical(r: ConvergenceResult, rows: readonly ConvergenceRow[]): Finding {
  const c = r.critical;
  const beyond = rows.find((row) => row.diverged.value > HALF);
  const before = rows.filter((row) => !beyond || row.strength < beyond.strength).at(-1);
  const measured: Estimate = beyond
    ? estimate(
        before ? Math.sqrt(before.strength * beyond.strength) : beyond.strength,
        before ? (beyond.strength - before.strength) / 4 : Number.NaN,
        rows.length,
        'between the two strengths of the scan on either side; half of their distance is two errors',
      )
    : NOTHING;
  const inside = beyond && before && beyond.strength >= c.sharpMeanSquare && before.strength <= c.flatAlmostSure;
  return finding('critical', {
    claim: 'Beyond a critical strength of the noise SGD diverges instead of reaching the flat solutions sooner',
    source: `${VALLEY}; theory [V1], [V4]`,
    measured,
    unit: 's of the batch curvature at which half of the walkers diverge',
    stated: 'a critical strength',
    predicted: `sharp end ${formatNumber(c.sharpMeanSquare)} (mean square) and ${formatNumber(c.sharpAlmostSure)} (almost sure), flat end ${formatNumber(c.flatMeanSquare)} and ${formatNumber(c.flatAlmostSure)}`,
    range: `s from ${formatRange([rows[0]?.strength ?? Number.NaN, rows.at(-1)?.strength ?? Number.NaN])} at eta = ${formatPlain(rows[0]?.learningRate)}`,
    verdict: !beyond ? (rows.length > 0 ? 'not reproduced' : UNDECIDED) : inside ? 'reproduced' : 'not reproduced',
    reason: beyond
      ? `At s = ${formatPlain(beyond.strength)} ${formatNumber(100 * beyond.diverged.value)} % of the walkers diverge, at the strength before ${formatNumber(100 * (before?.diverged.value ?? Number.NaN))} %.`
      : 'No strength of the scan makes half of the walkers diverge.',
  });
}

function timing(
  id: string,
  claim: string,
  source: string,
  tests: readonly {
    readonly row: ConvergenceRow;
    readonly measured: Estimate;
    readonly predicted: number;
    readonly tolerance: number;
  }[],
  theory: string,
): Finding {
  const far = worst(tests, (t) => t);
  return finding(id, {
    claim,
    source,
    measured: far?.measured ?? NOTHING,
    unit: far
      ? `steps of the map over those of the ${theory}: ${NOISE_NAMES[far.row.noise]}, strength ${formatPlain(far.row.strength)}, the farthest`
      : '',
    stated: '1',
    range: `all noises, additive and state-dependent, where E(1 − eta l)² at the sharp end is at most ${formatPlain(CALM)} and all walkers arrive`,
    verdict: verdictOf(...tests.map((t) => against(t.measured, 1, 0.1))),
    reason: `Within 10 % in ${tests.filter((t) => Math.abs(t.measured.value - 1) <= 0.1).length} of ${tests.length} cases: ${KINDS.flatMap(
      (k) => {
        const own = tests.filter((t) => t.row.noise === k).map((t) => t.measured.value);
        return own.length > 0 ? [`${NOISE_NAMES[k]} ${formatRange([Math.min(...own), Math.max(...own)])}`] : [];
      },
    ).join('; ')}.`,
  });
}

function temperature(r: ConvergenceResult): Finding {
  const rows = [...r.equalTemperature].sort((a, b) => a.learningRate - b.learningRate);
  const [first, ...others] = rows;
  const tests = others.map((o) => ({
    o,
    measured: quotient(o.time, first.time),
    predicted: 1,
    tolerance: 0.1,
  }));
  const far = worst(tests, (t) => t);
  return finding('temperature', {
    claim:
      'Only the noise temperature eta·C (eta/B) matters: at equal eta·C reaching the flat end takes the same time in eta·steps',
    source: 'theory [V3]',
    measured: far?.measured ?? NOTHING,
    unit: far ? `time at eta = ${formatPlain(far.o.learningRate)} over that at the smallest eta, the farthest` : '',
    stated: '1',
    ...(far && {
      predicted: `${formatNumber(far.o.driftTime / (first?.driftTime ?? Number.NaN))} by the force with finite steps`,
    }),
    range: `place of the minimum from batch to batch, eta from ${formatRange([first?.learningRate ?? Number.NaN, rows.at(-1)?.learningRate ?? Number.NaN])}`,
    verdict: verdictOf(...tests.map((t) => against(t.measured, 1, 0.1))),
    reason: `Times (effective drift): ${rows.map((o) => `${formatEstimate(o.time)} (${formatNumber(o.driftTime)}) at eta = ${formatPlain(o.learningRate)}`).join(', ')}.`,
  });
}
