/** The table of points and that of the laws as CSV documents. */
import { totalError } from '../../numeric/error-parts.js';
import { type Cell, csv } from '../../report/csv.js';
import { columnsOf, type PointResult } from './aggregate.js';
import { type Column, column, typed } from './columns.js';
import type { SweepLaw } from './findings.js';
import { judgeLaw } from './laws.js';

/**
 * The table of points, one row a point over all its seeds: the axes, runs and how they ended, and for each measured column its mean, the
 * standard error over seeds, the number of seeds behind it, its median, and how many seeds are left out and why.
 */
export function pointColumns(points: readonly PointResult[]): Column[] {
  const of = (name: string, value: (p: PointResult) => Cell) => column(name, points.map(value));
  const numbers = (name: string, value: (p: PointResult) => number | undefined) =>
    typed(name, 'number', points.map(value));
  const counts = (name: string, value: (p: PointResult) => number) => typed(name, 'integer', points.map(value));
  const axes = [...new Set(points.flatMap((p) => Object.keys(p.point)))];
  return [
    ...axes.map((key) => of(key, (p) => p.point[key])),
    counts('runs', (p) => p.diverged.n),
    counts('diverged', (p) => p.diverged.count),
    numbers('diverged_share', (p) => p.diverged.value),
    numbers('diverged_low', (p) => p.diverged.low),
    numbers('diverged_high', (p) => p.diverged.high),
    counts('rule_not_met', (p) => p.budget),
    ...columnsOf(points).flatMap((name) => {
      const at = (p: PointResult) => p.columns[name];
      const why = (p: PointResult) => (at(p)?.missing ?? []).map((m) => `${m.count}: ${m.why}`).join('; ');
      return [
        numbers(name, (p) => at(p)?.mean.value),
        numbers(`${name}_se`, (p) => at(p)?.mean.standardError),
        counts(`${name}_n`, (p) => at(p)?.values.length ?? 0),
        numbers(`${name}_median`, (p) => at(p)?.median),
        counts(`${name}_unconverged`, (p) => at(p)?.unconverged ?? 0),
        typed(
          `${name}_why`,
          'text',
          points.map((p) => why(p) || undefined),
        ),
      ];
    }),
  ];
}

/** Writes the laws, one row for each exponent. */
export function lawsCsv(laws: readonly SweepLaw[]): string {
  return csv(
    [
      ...['law', 'answer', 'exponent', 'value', 'standard_error', 'sampling', 'misfit', 'range', 'seeds', 'points'],
      ...['lower_half', 'upper_half', 'decades', 'chi2', 'chance', 'misfit_ln', 'refused'],
    ],
    laws.flatMap((fit) => {
      if ('refused' in fit)
        return [[fit.law.text, 'refused', ...new Array<undefined>(14).fill(undefined), fit.refused] as Cell[]];
      const { answer } = judgeLaw(fit);
      return fit.exponents.map((e): Cell[] => [
        ...[fit.law.text, answer, e.letter, e.whole.value, totalError(e.whole)],
        ...[e.whole.sampling, e.whole.misfit, e.whole.range, fit.seeds, fit.points],
        ...[e.lower?.value, e.upper?.value, e.decades, fit.chi2, fit.chance, fit.misfit],
      ]);
    }),
  );
}
