/** Findings on the phase diagram, on freezing and on the circulating force; their rules are stated in rules.ts. */
import { type Estimate, estimate, exactly } from '../../numeric/estimate.js';
import { mean, median, robustMedian, spearman } from '../../numeric/statistics.js';
import { UNDECIDED, verdictOf } from '../../report/deciding.js';
import type { Finding, Verdict } from '../../report/finding.js';
import { formatEstimate, formatNumber, formatPlain, formatRange } from '../../report/format.js';
import {
  type CirculationResult,
  type FreezingNoise,
  type FreezingResult,
  type FreezingRow,
  LINE_NAMES,
  type PhaseLine,
  type PhaseResult,
} from './measured.js';
import { against, finding, NOTHING, rises, VALLEY, worst } from './rules.js';

/** How near a measured boundary has to be to a line in every column, and the least number of columns that decide. */
const [NEAR, COLUMNS] = [0.1, 5];
/** The share of rows, and the median change of the order parameter along them, from which stronger noise reaches flatter places. */
const [ROWS, GAIN] = [0.9, 0.1];

export function phaseFindings(r: PhaseResult): Finding[] {
  const lines = Object.keys(LINE_NAMES) as PhaseLine[];
  const halves = lines.map((line) => ({ line, ...compared(r, r.half, r.lines[line]) }));
  const told = halves.map((h) => `${LINE_NAMES[h.line]} ${formatEstimate(h.measured)}`).join(', ');
  const range = `curvature of a batch with standard deviation ${formatRange([r.noise[0], r.noise[r.noise.length - 1]])} of its mean; ${r.rates.length} × ${r.noise.length} points, ${r.walkers} walkers each, ${r.steps} steps from the sharp end`;
  const first = compared(r, r.first, r.lines.sharpMeanSquare);
  return [
    ...halves.map(({ line, measured, verdict, columns, near }) =>
      finding(`line-${LINE_IDS[line]}`, {
        claim: `SGD diverges from eta = ${FORMULAS[line]} on, with the curvature of the ${line.startsWith('sharp') ? 'sharp end, where the walkers start' : 'flat end'} (${line.endsWith('Square') ? 'mean square' : 'almost surely'})`,
        source: `${VALLEY}; theory [V4], derived`,
        measured,
        unit: 'learning rate at which half of the walkers diverge over the line, median over columns',
        stated: '1',
        range,
        verdict,
        reason:
          `${columns.length > 0 ? `From ${columns[0]} to ${columns[columns.length - 1]}; ${near}.` : ''} ${line === 'sharpMeanSquare' ? `Over the four lines: ${told}. Walkers whose fluctuations grow at the sharp end move towards the flat one, where they may settle.` : ''}`.trim(),
      }),
    ),
    finding('first', {
      claim: 'The first walkers diverge where ⟨y²⟩ at the sharp end becomes infinite',
      source: 'theory [V4], derived',
      measured: first.measured,
      unit: 'learning rate of the first divergence over the line, median over columns',
      stated: '1',
      range,
      verdict: first.verdict,
      reason: `From ${first.columns[0]} to ${first.columns[first.columns.length - 1]}; between ${formatRange(first.span)}; ${first.near}.`,
    }),
    flatter(r, range),
  ];
}

const LINE_IDS: Readonly<Record<PhaseLine, string>> = {
  sharpMeanSquare: 'sharp-mean-square',
  sharpAlmostSure: 'sharp-almost-sure',
  flatMeanSquare: 'flat-mean-square',
  flatAlmostSure: 'flat-almost-sure',
};
const FORMULAS: Readonly<Record<PhaseLine, string>> = {
  sharpMeanSquare: '2 l/(l² + Var l)',
  sharpAlmostSure: 'the root of E ln|1 − eta l|',
  flatMeanSquare: '2 l/(l² + Var l)',
  flatAlmostSure: 'the root of E ln|1 − eta l|',
};

/** A measured boundary relative to a line: the median over columns, with its error from their scatter. */
function compared(
  { noise, rates }: PhaseResult,
  boundary: readonly number[],
  line: readonly number[],
): { measured: Estimate; verdict: Verdict; span: [number, number]; columns: string[]; near: string } {
  const known = boundary.map((b, k) => ({ s: noise[k], ratio: b / line[k] })).filter((c) => Number.isFinite(c.ratio));
  const columns = known.map((c) => `${formatNumber(c.ratio)} at s = ${formatPlain(c.s)}`);
  const ratios = known.map((c) => c.ratio);
  const n = ratios.length;
  const within = ratios.filter((r) => Math.abs(r - 1) <= NEAR);
  // a boundary lies between two learning rates of the diagram
  const step = Math.max(0, ...rates.slice(1).map((rate, k) => Math.log(rate / rates[k])));
  const off = ratios.filter((r) => Math.abs(r - 1) > NEAR && Math.abs(Math.log(r)) > step);
  const near = `${within.length} of ${n} columns within ${formatNumber(100 * NEAR, 2)} % of 1`;
  if (n < COLUMNS)
    return {
      near,
      measured: n > 0 ? estimate(median(ratios), Number.NaN, n, 'median over columns', false) : NOTHING,
      verdict: UNDECIDED,
      span: [Number.NaN, Number.NaN],
      columns,
    };
  const { value, standardError } = robustMedian(ratios);
  return {
    near,
    measured: estimate(
      value,
      standardError,
      n,
      'median over columns; error from their scatter, which are not independent',
    ),
    verdict: off.length > 0 ? 'not reproduced' : within.length === n ? 'reproduced' : UNDECIDED,
    span: [Math.min(...ratios), Math.max(...ratios)],
    columns,
  };
}

/** Whether the order parameter increases with the noise along the rows of the diagram. */
function flatter(r: PhaseResult, range: string): Finding {
  const columns = r.noise.length;
  const rows = r.rates.flatMap((_, row) => {
    const at = r.noise.map((_, k) => row * columns + k).filter((k) => r.diverged[k] === 0);
    const values = at.map((k) => r.flatness[k]);
    if (at.length < 4 || Math.max(...values) - Math.min(...values) <= 0.05) return [];
    const noise = at.map((k) => r.noise[k % columns]);
    return [{ correlation: spearman(noise, values), change: values[values.length - 1] - values[0] }];
  });
  const correlations = rows.map((o) => o.correlation);
  const n = rows.length;
  const positive = correlations.filter((c) => c > 0).length;
  const gain = n > 0 ? median(rows.map((o) => o.change)) : Number.NaN;
  const value = n > 0 ? mean(correlations) : Number.NaN;
  const spread = n > 1 ? Math.sqrt(correlations.reduce((s, c) => s + (c - value) ** 2, 0) / (n - 1) / n) : Number.NaN;
  return finding('flatter', {
    claim: 'At equal learning rate and number of steps stronger noise reaches flatter solutions, until SGD diverges',
    source: `${VALLEY}; theory [V1]`,
    measured: estimate(value, spread, n, 'mean over rows of the rank correlation of order parameter and noise'),
    unit: 'rank correlation',
    stated: 'positive',
    range: `rows of the diagram in which the order parameter varies by more than 0.05; ${range}`,
    verdict:
      n < 3
        ? UNDECIDED
        : value < 0 || positive < n / 2
          ? 'not reproduced'
          : value > 0.5 && positive >= ROWS * n && gain >= GAIN
            ? 'reproduced'
            : UNDECIDED,
    reason:
      n < 3
        ? `Only ${n} rows vary enough.`
        : `${positive} of ${n} rows are positive. From the weakest to the strongest noise without divergence the order parameter changes by ${formatNumber(gain)} in the median over rows, where 0 is the sharp end and 1 the flat one.`,
  });
}

export function freezingFindings(r: FreezingResult): Finding[] {
  const kinds = [...new Set(r.rows.map((row) => row.noise))];
  const of = (kind: FreezingNoise) =>
    r.rows.filter((row) => row.noise === kind).sort((a, b) => a.diffusion - b.diffusion);
  // freezing that was over at the start, or that training does not reach, has no time that could increase
  const timed = (row: FreezingRow) => row.predictedTime > 0.02 * r.end && row.predictedTime < 0.98 * r.end;
  const times = r.rows
    .filter(timed)
    .map((row) => ({
      row,
      measured: row.freezingTime,
      predicted: row.predictedTime,
      tolerance: 0.1 * row.predictedTime,
    }))
    .filter((t) => Number.isFinite(t.measured.value));
  const escapes = r.escapes.map((e) => ({ e, measured: e.walkers, predicted: e.exact, tolerance: 0.1 * e.exact }));
  const high = r.escapes.filter((e) => e.barrier >= 5);
  const far = worst(times, (t) => t);
  const farEscape = worst(escapes, (t) => t);
  const farKramers = worst(high, (e) => ({
    measured: exactly(e.kramers, ''),
    predicted: e.exact,
    tolerance: 0.1 * e.exact,
  }));
  const ends = (kind: FreezingNoise, value: (row: FreezingRow) => string) =>
    `${kind}: ${of(kind)
      .map((row) => `${value(row)} at D = ${formatPlain(row.diffusion)}`)
      .join(', ')}`;
  const strongest = r.rows.reduce((a, b) => (b.diffusion > a.diffusion ? b : a));
  const latest = r.rows
    .filter(timed)
    .reduce<FreezingRow | undefined>((a, b) => (!a || b.diffusion > a.diffusion ? b : a), undefined);
  const range = `two valleys of equal depth, widths 1 and ${formatPlain(r.widths)}; the barrier grows from ${formatPlain(r.barrier[0])} to ${formatPlain(r.barrier[1])} in ${formatPlain(r.end)} eta·steps`;
  const abstract = 'arXiv 2601.10962 (abstract); theory [V6]';
  return [
    finding('rates', {
      claim: 'Walkers leave the sharp valley at the exact rate of the mean first passage',
      source: 'theory [V6], derived',
      measured: farEscape?.measured ?? NOTHING,
      unit: farEscape
        ? `eta·steps to the other minimum at a barrier of ${formatNumber(farEscape.e.barrier)} D, the farthest`
        : '',
      stated: formatNumber(farEscape?.predicted),
      range: `barriers of ${formatRange(span(r.escapes.map((e) => e.barrier)))} D`,
      verdict: verdictOf(...escapes.map((t) => against(t.measured, t.predicted, t.tolerance))),
      reason: `Walkers (exact; Fokker-Planck): ${r.escapes.map((e) => `${formatEstimate(e.walkers)} (${formatNumber(e.exact)}; ${formatNumber(e.fokkerPlanck)})`).join(', ')}.`,
    }),
    finding('kramers', {
      claim: "Kramers's rate is accurate where the barrier is at least 5 D",
      source: 'theory [V6], derived',
      measured: farKramers
        ? exactly(farKramers.kramers / farKramers.exact, 'closed form over quadrature', high.length)
        : NOTHING,
      unit: farKramers
        ? `Kramers's time over the exact one at ${formatNumber(farKramers.barrier)} D, the farthest`
        : '',
      stated: '1',
      range: 'barriers of at least 5 D',
      verdict:
        high.length === 0
          ? UNDECIDED
          : verdictOf(...high.map((e) => (Math.abs(e.kramers / e.exact - 1) <= 0.1 ? 'agrees' : 'differs'))),
      reason: `Kramers over exact: ${r.escapes.map((e) => `${formatNumber(e.kramers / e.exact)} at ${formatNumber(e.barrier)} D`).join(', ')}.`,
    }),
    finding('delay', {
      claim: 'Stronger noise delays freezing',
      source: abstract,
      measured: latest?.freezingTime ?? NOTHING,
      unit: latest ? `freezing time in eta·steps at D = ${formatPlain(latest.diffusion)}` : '',
      stated: 'rises with noise',
      range,
      verdict: verdictOf(
        ...kinds.map((k) =>
          rises(
            of(k)
              .filter(timed)
              .map((row) => row.freezingTime),
          ),
        ),
      ),
      reason: `${kinds.map((k) => ends(k, (row) => formatEstimate(row.freezingTime))).join('; ')}.`,
    }),
    finding('delay-theory', {
      claim: 'The freezing time is that of two states with the exact escape rates',
      source: 'theory [V6], derived',
      measured: far?.measured ?? NOTHING,
      unit: far ? `eta·steps at D = ${formatPlain(far.row.diffusion)}, the farthest` : '',
      stated: formatNumber(far?.predicted),
      range,
      verdict: verdictOf(...times.map((t) => against(t.measured, t.predicted, t.tolerance))),
      reason: `Walkers (theory): ${times.map((t) => `${formatEstimate(t.measured)} (${formatNumber(t.predicted)}) at D = ${formatPlain(t.row.diffusion)}, ${t.row.noise}`).join(', ')}.`,
    }),
    finding('ends-flatter', {
      claim: 'Stronger noise ends in flatter solutions',
      source: abstract,
      measured: strongest.final,
      unit: `share in the flat valley at the end, D = ${formatPlain(strongest.diffusion)}`,
      stated: 'rises with noise',
      predicted: `two states ${formatNumber(strongest.predictedFinal)}, Fokker-Planck ${formatNumber(strongest.fokkerPlanckFinal)}`,
      range,
      verdict: verdictOf(...kinds.map((k) => rises(of(k).map((row) => row.final)))),
      reason: `${kinds.map((k) => ends(k, (row) => formatEstimate(row.final))).join('; ')}.`,
    }),
  ];
}

const span = (xs: readonly number[]): [number, number] => [Math.min(...xs), Math.max(...xs)];

export function circulationFindings(r: CirculationResult): Finding[] {
  const densities = r.rows.flatMap((row) => [
    { row, name: 'Fokker-Planck', measured: row.fokkerPlanck, predicted: 0, tolerance: 0.01 },
    {
      row,
      name: 'Langevin',
      measured: { ...row.langevin, value: Math.max(0, row.langevin.value - row.counting) },
      predicted: 0,
      tolerance: 0.02,
    },
  ]);
  const far = worst(densities, (t) => t);
  const currents = r.rows
    .filter((row) => row.strength > 0)
    .flatMap((row) => [
      { row, name: 'current of the grid', measured: row.currentError, predicted: 0, tolerance: 0.02 },
      {
        row,
        name: 'rotation of walkers',
        measured: row.rotation,
        predicted: row.predictedRotation,
        tolerance: 0.05 * row.predictedRotation,
      },
      {
        row,
        name: 'rotation of the grid',
        measured: row.gridRotation,
        predicted: row.predictedRotation,
        tolerance: 0.05 * row.predictedRotation,
      },
    ]);
  const farCurrent = worst(currents, (t) => t);
  const source = 'Chaudhari & Soatto 2018; theory [V7]';
  const range = `Phi = (x² − 1)²/4 + y²/2, l = ${r.rows.map((row) => formatPlain(row.strength)).join(', ')}`;
  return [
    finding('circulation', {
      claim:
        'A circulating force does not change the stationary density e^−Phi, although the loss is a different function',
      source,
      measured: far?.measured ?? NOTHING,
      unit: far
        ? `total variation to e^−Phi/Z above counting: ${far.name}, l = ${formatPlain(far.row.strength)}, the farthest`
        : '',
      stated: '0',
      range,
      verdict: verdictOf(...densities.map((t) => against(t.measured, 0, t.tolerance))),
      reason: `Total variation: ${r.rows.map((row) => `l = ${formatPlain(row.strength)}: grid ${formatEstimate(row.fokkerPlanck)}, walkers ${formatEstimate(row.langevin)} (${formatNumber(row.counting, 2)} from counting)`).join('; ')}.`,
    }),
    finding('current', {
      claim: 'The stationary current is l·J/Z: it circulates permanently along the contours of x² + y²',
      source,
      measured: farCurrent?.measured ?? NOTHING,
      unit: farCurrent ? `${farCurrent.name}, l = ${formatPlain(farCurrent.row.strength)}, the farthest` : '',
      stated: formatPlain(farCurrent?.predicted),
      range,
      verdict: verdictOf(...currents.map((t) => against(t.measured, t.predicted, t.tolerance))),
      reason: `Rotation ⟨x f_y − y f_x⟩, walkers and grid (2 pi l/Z): ${r.rows.map((row) => `${formatEstimate(row.rotation)}, ${formatEstimate(row.gridRotation)} (${formatNumber(row.predictedRotation)})`).join('; ')}.`,
    }),
  ];
}
