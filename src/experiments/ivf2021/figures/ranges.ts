/** psi of one run over each range of the fit. docs/theory [N5]. */
import * as Plot from '@observablehq/plot';
import { silence } from '../../../analyse/trajectory/fit-ranges.js';
import type { Analysis, ScalingSummary } from '../../../analyse/trajectory/results.js';
import { negated } from '../../../numeric/estimate.js';
import { rowsAxis } from '../../../report/figures/axes.js';
import { barMarks } from '../../../report/figures/bars.js';
import { exponentAxis } from '../../../report/figures/exponent.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatNumber } from '../../../report/format.js';
import { PSI_VOTE } from '../facts.js';

/** Characters of a row's name in one line of a narrow figure. */
const NAME = 15;
/** Exponents farther from the others than this are cut at the frame. */
const [LEAST, MOST] = [-1, 9];

interface Row {
  readonly label: string;
  readonly fit: ScalingSummary['varianceFlatness'];
  /** Slopes by least squares in either coordinate, where they were computed. */
  readonly bracket?: readonly [number, number];
}

/** Draws one row for each range: psi with one standard error, and between which slopes two least-squares lines put it. */
export function exponentByRange({ scaling }: Pick<Analysis, 'scaling'>): Drawn {
  const name = 'exponent-by-range';
  const all: Row[] = [
    { label: 'main fit, all ranks from 2', fit: scaling.varianceFlatness },
    ...scaling.varianceFlatnessRanges.map((r) => ({
      label: r.label,
      fit: r.fit,
      bracket: [-r.leastSquares, -r.inverseLeastSquares] as const,
    })),
  ];
  const rows = all.filter(({ fit }) => fit.points > 1 && Number.isFinite(fit.exponent.value));
  if (rows.length < 2) return { name, missing: 'the relation was fitted over fewer than two ranges.' };
  const points = rows.map(({ label, fit, bracket }, k) => {
    const { value, standardError } = negated(fit.exponent);
    const error = Number.isFinite(standardError) ? standardError : 0;
    const votes =
      silence({ label, fit: { exponent: negated(fit.exponent), points: fit.points } }, PSI_VOTE) === undefined;
    const colour = votes ? COLOURS.blue : COLOURS.muted;
    return { at: rows.length - k, psi: value, low: value - error, high: value + error, votes, colour, bracket };
  });
  const inside = points.filter((p) => p.psi > LEAST && p.psi < MOST);
  const { domain, axis, lines, entry } = exponentAxis(
    inside.flatMap((p) => [Math.max(LEAST, p.low), Math.min(MOST, p.high)]),
    { least: [3.6, 4.4], pad: 0.12 },
  );
  const brackets = points.flatMap(({ at, bracket }) => {
    const ends = bracket?.filter(Number.isFinite) ?? [];
    return ends.length === 2 ? ends.map((v) => ({ at, v })).filter(({ v }) => v > domain[0] && v < domain[1]) : [];
  });
  const names = rows.map((r) => r.label);
  const silent = points.filter((p) => !p.votes).length;
  const outside = points.length - points.filter((p) => p.psi >= domain[0] && p.psi <= domain[1]).length;
  return {
    name,
    title: 'The exponent by fit range',
    ...drawFigure({
      name,
      title: 'Exponent psi of the variance-flatness relation over each range of the fit',
      width: 760,
      height: 90 + 30 * rows.length,
      x: axis,
      y: rowsAxis(names),
      narrow: { y: rowsAxis(names, 0.6, NAME), height: 90 + 44 * rows.length },
      legend: [
        { label: 'ψ, ± standard error (misfit)', mark: 'dot', colour: COLOURS.blue },
        ...(silent > 0 ? [{ label: 'not decidable', mark: 'ring' as const, colour: COLOURS.muted }] : []),
        ...(brackets.length > 0
          ? [{ label: 'least squares of σ², of F', mark: 'cross' as const, colour: COLOURS.orange }]
          : []),
        entry,
      ],
      marks: [
        lines,
        Plot.dot(brackets, { x: 'v', y: 'at', r: 3, symbol: 'times', stroke: COLOURS.orange, strokeWidth: 1.4 }),
        ...barMarks(points, 'x', domain),
        Plot.dot(
          points.filter((p) => p.votes && p.psi >= domain[0] && p.psi <= domain[1]),
          { x: 'psi', y: 'at', r: 3.8, fill: 'colour' },
        ),
        Plot.dot(
          points.filter((p) => !p.votes && p.psi >= domain[0] && p.psi <= domain[1]),
          { x: 'psi', y: 'at', r: 3.8, stroke: 'colour', fill: COLOURS.paper, strokeWidth: 1.5 },
        ),
      ],
    }),
    caption:
      'Each row is a range over which ψ is fitted, with errors in both coordinates. The error of a row is the misfit of its points; the spread between rows is the error of choosing a range, and counts in the finding. ' +
      `Rings are fits that do not decide (a 95 % interval wider than ±${formatNumber(PSI_VOTE.width, 1)}, or fewer than ${PSI_VOTE.points} points) and do not vote. ` +
      'Crosses: lines of least squares with all errors in σ², and all in F; the slope lies between them.' +
      (outside > 0 ? ` ${outside === 1 ? 'One row lies' : `${outside} rows lie`} outside the frame.` : ''),
  };
}
