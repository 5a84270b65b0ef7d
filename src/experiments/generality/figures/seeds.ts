/** psi of every run that decides, in the window, by layer and optimiser. */
import * as Plot from '@observablehq/plot';
import { rowsAxis } from '../../../report/figures/axes.js';
import { barMarks } from '../../../report/figures/bars.js';
import { exponentAxis } from '../../../report/figures/exponent.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatCount } from '../../../report/format.js';
import { decidingRuns, type Group } from '../groups.js';

/** Characters of a row's name in one line of a narrow figure. */
const NAME = 14;
const PALETTE = [COLOURS.blue, COLOURS.orange, COLOURS.green, COLOURS.purple];

/** Draws a dot with its standard error for each run of each group; data sets differ in colour. */
export function exponentsOfRuns(groups: readonly Group[]): Drawn {
  const name = 'generality-seeds';
  const sets = [...new Set(groups.map((g) => g.set))];
  const all = groups.flatMap((g) => {
    const runs = [...decidingRuns(g, 'same').values()];
    return runs.map((e, k) => ({ row: rowOf(g), e, k, n: runs.length, colour: PALETTE[sets.indexOf(g.set) % 4] }));
  });
  if (all.length === 0) return { name, missing: 'no run decides in any layer.' };
  const rows = [...new Set(groups.map(rowOf))].filter((row) => all.some((p) => p.row === row));
  const points = all.map(({ row, e, k, n, colour }) => ({
    at: rows.length - rows.indexOf(row) + 0.6 * ((k + 0.5) / n - 0.5),
    psi: e.value,
    low: e.value - e.standardError,
    high: e.value + e.standardError,
    colour,
  }));
  const { domain, axis, lines, entry } = exponentAxis(
    points.map((p) => p.psi),
    { least: [0, 4.5], pad: 0.06, ticks: 8 },
  );
  return {
    name,
    title: 'The exponent of every run',
    ...drawFigure({
      name,
      title: 'Exponent psi of every run that decides, by layer and optimiser',
      width: 820,
      height: 100 + 26 * rows.length,
      x: axis,
      y: rowsAxis(rows, 0.7),
      narrow: { y: rowsAxis(rows, 0.7, NAME), height: 100 + 34 * rows.length },
      legend: [...sets.map((label, k) => ({ label, mark: 'dot' as const, colour: PALETTE[k % 4] })), entry],
      marks: [
        lines,
        ...barMarks(points, 'x', domain, { strokeWidth: 1 }),
        Plot.dot(points, { x: 'psi', y: 'at', r: 2.8, fill: 'colour' }),
      ],
    }),
    caption: `Each of ${formatCount(points.length)} dots is a run (a seed, batch size and learning rate), in the directions of its own window, with the standard error of its fit; runs of one row are shifted apart. The spread within a row is that of seeds and settings.`,
  };
}

const rowOf = ({ network, layer, optimiser }: Group): string => `${network} ${layer}, ${optimiser}`;
