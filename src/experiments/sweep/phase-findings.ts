/** The verdicts on the phase diagram of a real network. Their rules stand in words in docs/rules/sweep.md. docs/theory [V1], [V4]. */
import { type Estimate, estimate, missing } from '../../numeric/estimate.js';
import { halfWidth } from '../../numeric/interval.js';
import { leastSquares } from '../../numeric/lines.js';
import { chanceOf } from '../../numeric/seeds.js';
import { median } from '../../numeric/statistics.js';
import { decide, side, UNDECIDED } from '../../report/deciding.js';
import type { Finding, Verdict } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber, formatPlain, formatRange } from '../../report/format.js';
import { columnsOf } from './aggregate.js';
import {
  type AlongRows,
  alongRows,
  atEqualNoise,
  belowOwnEdge,
  critical,
  type PhaseDiagram,
  ratioSummary,
} from './phase.js';

/** The numbers of the rules. */
export const PHASE_RULES = {
  /** Share of rows that must have the sign of the claim. */
  rows: 0.9,
  /** Least median factor from the weakest to the strongest noise of a row. */
  factor: 1.1,
  /** How near to a line a boundary must be, as a factor, where a step of the learning rates is no larger. */
  near: 1.25,
  /** Least number of columns, and of rows, that decide. */
  columns: 5,
  split: 3,
  /** Largest exponent of the learning rate at equal eta/B, and widest half interval. */
  equal: 0.05,
  widest: 0.1,
} as const;

const SOURCE = 'valley2023; theory [V1]';

/** Columns of flatness: which way is flatter, and by what a column may be divided. */
const FLATNESS: readonly { id: string; column: readonly string[]; words: string; sign: 1 | -1 }[] = [
  { id: 'trace', column: ['trace'], words: 'Tr H', sign: -1 },
  { id: 'trace-loss', column: ['trace', 'loss'], words: 'Tr H over the training loss', sign: -1 },
  { id: 'top', column: ['top'], words: 'the largest curvature', sign: -1 },
  { id: 'width', column: ['flatness'], words: 'the width F over the norm of the layer', sign: 1 },
];

/** Computes the findings of a diagram. */
export function phaseFindings(diagram: PhaseDiagram): Finding[] {
  const has = columnsOf(diagram.points);
  const there = FLATNESS.filter((f) => f.column.every((c) => has.includes(c)));
  return [
    ...there.map((f) => flatter(diagram, f)),
    sooner(diagram),
    until(diagram),
    ...diagram.lines.map((_, k) => line(diagram, k)),
    ownEdge(diagram),
    slopeOfBoundary(diagram),
    ...there.filter((f) => f.id !== 'top').map((f) => ratio(diagram, f)),
  ];
}

const rangeOf = ({ etas, batches, points }: PhaseDiagram): string =>
  `eta from ${formatRange([etas[0], etas[etas.length - 1]])}, B from ${formatRange([batches[0], batches[batches.length - 1]])}; ${formatCount(etas.length)} × ${formatCount(batches.length)} points, ${formatCount(Math.max(...points.map((p) => p.seeds.length)))} seeds`;

/** The verdict on a sign along the rows. */
function along(r: AlongRows, sign: 1 | -1, factor: number): { verdict: Verdict; right: number; change: number } {
  const right = r.ranks.filter((row) => sign * row.rank > 0).length;
  const change = r.ranks.length > 0 ? median(r.ranks.map((row) => sign * row.change)) : Number.NaN;
  const found = side(r.slope);
  const verdict: Verdict =
    r.ranks.length < PHASE_RULES.split
      ? UNDECIDED
      : found === -sign || 2 * right < r.ranks.length
        ? 'not reproduced'
        : found === sign && right >= PHASE_RULES.rows * r.ranks.length && change >= Math.log(factor)
          ? 'reproduced'
          : UNDECIDED;
  return { verdict, right, change };
}

function flatter(diagram: PhaseDiagram, { id, column, words, sign }: (typeof FLATNESS)[number]): Finding {
  const r = alongRows(diagram, column);
  const { verdict, right, change } = along(r, sign, PHASE_RULES.factor);
  return {
    id: `sweep.phase-flatter-${id}`,
    claim: `Where training ends, stronger noise at the same learning rate gives flatter solutions: ${words} ${sign < 0 ? 'falls' : 'rises'}`,
    source: SOURCE,
    measured: r.slope,
    unit: `d ln(${column.join('/')})/d ln(1/B) at fixed eta, mean over rows`,
    stated: sign < 0 ? '< 0' : '> 0',
    range: rangeOf(diagram),
    verdict,
    reason: `${formatCount(right)} of ${formatCount(r.ranks.length)} learning rates have the sign of the claim (rank correlation); median factor from the weakest to the strongest noise that is not lost ${formatNumber(Math.exp(sign * change))}.`,
  };
}

function sooner(diagram: PhaseDiagram): Finding {
  const r = alongRows(diagram, ['steps']);
  const { verdict, right, change } = along(r, -1, PHASE_RULES.factor);
  return {
    id: 'sweep.phase-sooner',
    claim: 'Stronger noise at the same learning rate reaches the solution in fewer steps',
    source: SOURCE,
    measured: r.slope,
    unit: 'd ln(steps)/d ln(1/B) at fixed eta, mean over rows',
    stated: '< 0',
    predicted: '0 for gradient flow, which knows no noise',
    range: rangeOf(diagram),
    verdict,
    reason: `${formatCount(right)} of ${formatCount(r.ranks.length)} learning rates have the sign of the claim; median factor of the steps from the weakest to the strongest noise ${formatNumber(Math.exp(-change))}. Steps to the target loss, not to a given flatness; runs that did not reach it are left out.`,
  };
}

function until(diagram: PhaseDiagram): Finding {
  const { split, strong, never, always, at } = critical(diagram);
  const rows = diagram.etas.length;
  const verdict: Verdict =
    split >= PHASE_RULES.split && strong >= PHASE_RULES.rows * split
      ? 'reproduced'
      : (split === 0 && always > 0) || (split >= PHASE_RULES.split && 2 * strong <= split)
        ? 'not reproduced'
        : UNDECIDED;
  return {
    id: 'sweep.phase-critical',
    claim: 'At fixed learning rate there is a critical strength of the noise beyond which training is lost',
    source: SOURCE,
    measured:
      split > 0
        ? estimate(
            strong / split,
            Math.sqrt((strong * (split - strong)) / split) / split,
            split,
            'share of learning rates',
          )
        : missing('no learning rate has points on both sides'),
    unit: 'share of the learning rates with points on both sides, in which those of strong noise are lost',
    stated: 'there is one',
    range: rangeOf(diagram),
    verdict,
    reason: `Of ${formatCount(rows)} learning rates ${formatCount(never)} lose no point and ${formatCount(always)} all; ${formatCount(split)} have both${at.length > 0 ? `: ${at.map((p) => `eta = ${formatPlain(p.eta)} from B = ${formatPlain(p.B)} down`).join(', ')}` : ''}.`,
  };
}

const LINE_WORDS = {
  edge: ['edge', 'the edge of stability 2/lambda'],
  'mean-square': ['mean-square', 'the mean-square line 2 l/(l² + Var l)'],
  'almost-sure': ['almost-sure', 'the almost-sure line E ln|1 − eta l| = 0'],
  formula: ['formula', 'a formula'],
} as const;

function line({ lines, step, ...diagram }: PhaseDiagram, k: number): Finding {
  const { line: found, ratios } = lines[k];
  const [id, words] = LINE_WORDS[found.request.kind];
  const factor = Math.max(PHASE_RULES.near, step);
  const { value, standardError, within } = ratioSummary(
    ratios.map((r) => r.ratio),
    factor,
  );
  const n = ratios.length;
  const off = Math.abs(Math.log(value)) > Math.log(factor);
  const verdict: Verdict =
    n < PHASE_RULES.columns ? UNDECIDED : within === n ? 'reproduced' : off ? 'not reproduced' : UNDECIDED;
  const place = found.place?.config;
  return {
    id: `sweep.phase-line-${id}`,
    claim: `Training is lost from ${words} on, with the curvature that runs reach at weak noise`,
    source: 'theory [V4], derived',
    measured:
      n > 0
        ? estimate(
            value,
            standardError,
            n,
            'median over batch sizes; error from their scatter, which are not independent',
          )
        : missing('no batch size has a boundary and a bound'),
    unit: 'learning rate at which half of the runs are lost over the line',
    stated: '1',
    range: rangeOf({ lines, step, ...diagram }),
    verdict,
    reason:
      n > 0
        ? `From ${formatNumber(ratios[0].ratio)} at B = ${formatPlain(ratios[0].B)} to ${formatNumber(ratios[n - 1].ratio)} at B = ${formatPlain(ratios[n - 1].B)}; ${formatCount(within)} of ${formatCount(n)} batch sizes within a factor of ${formatNumber(factor)}${place ? `. The place is that of eta = ${formatPlain(place.eta)}, B = ${formatPlain(place.B)}` : ''}.`
        : `${found.missing ?? 'No boundary lies inside the diagram'}.`.replace('..', '.'),
  };
}

/** Shares of points below the edge of their own place from which the claim holds, and below which it does not. */
const OWN_EDGE = [0.95, 0.9] as const;

function ownEdge(diagram: PhaseDiagram): Finding {
  const { below, n } = belowOwnEdge(diagram);
  const share = below / n;
  return {
    id: 'sweep.phase-own-edge',
    claim:
      'Runs that arrive do so at a place that is stable at their learning rate: eta is below 2/lambda of that place',
    source: 'theory [V4], [S2], derived',
    measured:
      n > 0
        ? estimate(share, Math.sqrt((share * (1 - share)) / n), n, 'share of points, of means over seeds')
        : missing('no point has a curvature'),
    unit: 'share of the points that are not lost',
    stated: '1',
    range: rangeOf(diagram),
    verdict:
      n === 0 ? UNDECIDED : share >= OWN_EDGE[0] ? 'reproduced' : share < OWN_EDGE[1] ? 'not reproduced' : UNDECIDED,
    reason: `${formatCount(below)} of ${formatCount(n)} points. Training chooses its place by its learning rate, so that a bound with the curvature of one place says little of where another run goes.`,
  };
}

function slopeOfBoundary(diagram: PhaseDiagram): Finding {
  const known = diagram.boundary.filter((b) => Number.isFinite(b.half));
  const n = known.length;
  const fit =
    n >= PHASE_RULES.columns
      ? leastSquares(
          known.map((b) => Math.log(b.B)),
          known.map((b) => Math.log(b.half)),
        )
      : undefined;
  const measured: Estimate = fit
    ? estimate(fit.slope, fit.slopeError, n, 'least squares over batch sizes')
    : missing('fewer than five batch sizes have a boundary');
  const answer = decide(measured, 1, { tolerance: 0.1 });
  return {
    id: 'sweep.phase-boundary',
    claim: 'Where training is lost depends on eta/B alone: the boundary has eta proportional to B',
    source: SOURCE,
    measured,
    unit: 'd ln eta/d ln B along the boundary',
    stated: '1',
    predicted: '0 for the edge of stability',
    range: fit ? `B from ${formatRange([known[0].B, known[n - 1].B])}` : '',
    verdict: answer === 'agrees' ? 'reproduced' : answer === 'differs' ? 'not reproduced' : UNDECIDED,
    reason:
      n > 0
        ? `Half of the runs are lost at eta = ${formatNumber(known[0].half)} with B = ${formatPlain(known[0].B)} and at ${formatNumber(known[n - 1].half)} with B = ${formatPlain(known[n - 1].B)}.`
        : 'No boundary lies inside the diagram.',
  };
}

function ratio(diagram: PhaseDiagram, { id, column, words }: (typeof FLATNESS)[number]): Finding {
  const { slope, diagonals } = atEqualNoise(diagram, column);
  const { equal, widest } = PHASE_RULES;
  const half = halfWidth(slope);
  const apart = diagonals.filter((d) => Math.abs(d.slope.value) > equal && chanceOf(d.slope) < 0.05 / diagonals.length);
  const verdict: Verdict =
    apart.length > 0 || (Math.abs(slope.value) > equal && side(slope) !== 0)
      ? 'not reproduced'
      : Math.abs(slope.value) <= equal && half <= widest
        ? 'reproduced'
        : UNDECIDED;
  const worst = [...diagonals].sort((a, b) => Math.abs(b.slope.value) - Math.abs(a.slope.value))[0];
  return {
    id: `sweep.phase-ratio-${id}`,
    claim: `Only eta/B matters: at equal eta/B, ${words} does not depend on the learning rate`,
    source: SOURCE,
    measured: slope,
    unit: `d ln(${column.join('/')})/d ln eta at equal eta/B`,
    stated: '0',
    range: `${formatCount(diagonals.length)} diagonals of four points or more; ${rangeOf(diagram)}`,
    verdict,
    reason: worst
      ? `${formatCount(apart.length)} of ${formatCount(diagonals.length)} diagonals differ from 0 by themselves; the steepest, at eta/B = ${formatNumber(worst.noise, 2)}, has ${formatEstimate(worst.slope)}.`
      : 'No diagonal of equal eta/B has four points.',
  };
}
