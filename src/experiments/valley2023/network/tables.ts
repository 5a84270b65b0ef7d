/** The tables of the study of real networks on slopes, ranges, rivals and settings. */
import type { Estimate } from '../../../numeric/estimate.js';
import { formatCount, formatEstimate, formatNumber, formatPlain, MISSING } from '../../../report/format.js';
import type { Markup } from '../../../report/markup.js';
import { type Column, table } from '../../../report/sections/tables.js';
import type { RivalRow } from './rivals.js';
import type { SettingRow, SlopeRow } from './summary.js';
import { rangeLabel, rangeText } from './words.js';

const sloped = ({ course, slope }: SlopeRow): string => (course.monotone ? formatEstimate(slope) : 'not monotone');

/** Writes the factor between the weakest and the strongest noise. */
function factorText({ course: { whole } }: SlopeRow): string {
  if (!whole) return MISSING;
  const value = Math.exp(whole.change.value);
  return formatEstimate({ value, standardError: value * whole.change.standardError });
}

export function slopesTable(rows: readonly SlopeRow[]): Markup {
  const columns: Column<SlopeRow>[] = [
    { head: 'measure', cell: (r) => r.measure.name, words: true },
    { head: 'invariant', cell: (r) => (r.measure.invariant ? 'yes' : ''), words: true },
    { head: 'strongest over weakest', cell: factorText },
    { head: 'd ln/d ln(η/B), sampling', cell: sloped },
    { head: 'misfit', cell: (r) => formatNumber(r.misfit, 2) },
    { head: 'range', cell: (r) => formatNumber(r.range, 2) },
    { head: 'rank correlation', cell: (r) => formatEstimate(r.spearman) },
    { head: 'd ln/d ln η at equal η/B', cell: (r) => formatEstimate(r.pairs) },
  ];
  return table(
    'How each number depends on the strength of the noise at equal training loss: its value at the strongest noise over that at the weakest; the slope of its logarithm with three errors, from sampling (after ±, over seeds), misfit and choice of range; Spearman’s rank correlation; and the remaining dependence on the learning rate at equal η/B.',
    columns,
    rows,
  );
}

export function rangesTable(rows: readonly SlopeRow[]): Markup {
  const full = rows.reduce<SlopeRow | undefined>(
    (a, b) => (a && a.ranges.length >= b.ranges.length ? a : b),
    undefined,
  );
  const columns: Column<SlopeRow>[] = [
    { head: 'measure', cell: (r) => r.measure.name, words: true },
    ...(full?.ranges ?? []).map(
      (range): Column<SlopeRow> => ({
        head: rangeLabel(range),
        cell: (r) => {
          const own = r.ranges.find((x) => x.from === range.from && x.to === range.to);
          return own ? rangeText(own) : MISSING;
        },
      }),
    ),
  ];
  return table(
    'The slope over every range of three or more neighbouring strengths η/B, the whole ladder first; one standard error over seeds. Ranges marked as undecided have an interval wider than ±0.25 and, like those where the number is not monotone, no vote in the error of range.',
    columns,
    rows,
  );
}

const shareText = (e: Estimate): string => (Number.isFinite(e.value) ? formatEstimate(e) : MISSING);

export function rivalsTable(rows: readonly RivalRow[]): Markup {
  const columns: Column<RivalRow>[] = [
    { head: 'rival', cell: (r) => r.name, words: true },
    { head: 'what is left', cell: (r) => r.controlled.name, words: true },
    { head: 'share of the fall explained', cell: (r) => shareText(r.whole) },
    { head: 'lower half', cell: (r) => shareText(r.lower) },
    { head: 'upper half', cell: (r) => shareText(r.upper) },
    {
      head: 'share of the slope',
      cell: (r) =>
        Number.isFinite(r.ofSlope.value) ? formatEstimate(r.ofSlope) : r.ofSlope.n === 0 ? r.ofSlope.method : MISSING,
    },
  ];
  return table(
    'How much of the fall of ln Tr H from the weakest to the strongest noise each rival explains, over the whole ladder and in its halves, and how much of the slope where both traces have one. One standard error over seeds.',
    columns,
    rows,
  );
}

export function settingsTable(rows: readonly SettingRow[]): Markup {
  const of = (head: string, value: Parameters<SettingRow['over']>[0]): Column<SettingRow> => ({
    head,
    cell: (r) => formatEstimate(r.over(value)),
  });
  const columns: Column<SettingRow>[] = [
    { head: 'η, B', cell: (r) => `${formatPlain(r.learningRate)}, ${formatCount(r.batchSize)}`, words: true },
    { head: 'η/B', cell: (r) => formatPlain(r.strength) },
    { head: 'reached', cell: (r) => `${formatCount(r.reached)} of ${formatCount(r.seeds)}` },
    of('epochs', (s) => s.epochs),
    of('loss', (s) => s.loss),
    of('|w|', (s) => s.flatness?.norm),
    of('1 − Σ p²', (s) => s.confidence?.spread.value),
    of('best T', (s) => s.confidence?.best.temperature),
    of('h₁', (s) => s.flatness?.top[0].value),
    of('Tr H', (s) => s.flatness?.trace.value),
    of('Tr H at best T', (s) => s.confidence?.best.trace.value),
    of('Tr C₁', (s) => s.flatness?.noiseTrace.value),
    of('test error %', (s) => s.test && (100 * s.test.errors) / s.test.count),
    of('test loss', (s) => s.test?.loss),
  ];
  return table(
    'The settings, in order of η/B; one standard error over the seeds that reached the target.',
    columns,
    rows,
  );
}
