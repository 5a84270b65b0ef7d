/** psi of every seed over each range of ranks, for directions of the same window and of Hessian eigenvectors. docs/theory [N5], [S6]. */
import * as Plot from '@observablehq/plot';
import { silence } from '../../../analyse/trajectory/fit-ranges.js';
import { rowsAxis } from '../../../report/figures/axes.js';
import { exponentAxis } from '../../../report/figures/exponent.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatCount, formatNumber } from '../../../report/format.js';
import { BASIS_NAMES, type Basis } from '../measured.js';
import { type RegimeRow, VOTES } from '../summary.js';

const SHOWN: readonly (readonly [Basis, string])[] = [
  ['same-window', COLOURS.blue],
  ['hessian', COLOURS.orange],
];
/** Characters of a row's name in one line of a narrow figure. */
const NAME = 14;
const MAIN = 'main fit';
/** The first rank of a range by its label; 0 for the main fit. */
const firstRank = (label: string): number => Number(/\d+/.exec(label)?.[0] ?? 0);
/** From this many seeds on dots are small. */
const MANY = 15;

/** Draws a dot for each seed and range; shuffled batches, no momentum, the main window. */
export function exponentsBySeed(rows: readonly RegimeRow[], mainWindow: number): Drawn {
  const name = 'controls-seeds';
  const series = SHOWN.flatMap(([basis, colour], n) => {
    const row = rows.find(
      (r) => r.basis === basis && r.sampling === 'shuffled' && r.momentum === 0 && r.epochs === mainWindow,
    );
    return row ? [{ basis, colour, row, n }] : [];
  });
  const points = series.flatMap(({ row, colour, n }) =>
    row.psiOfSeeds.flatMap((psi, k) => [
      { label: MAIN, psi, colour, n, k, seeds: row.seeds.length },
      ...row.rangesOfSeeds[k]
        .filter((r) => silence(r, VOTES) === undefined)
        .map((r) => ({ label: r.label, psi: -r.fit.exponent.value, colour, n, k, seeds: row.seeds.length })),
    ]),
  );
  const shown = points.filter((p) => Number.isFinite(p.psi));
  if (shown.length === 0) return { name, missing: 'no seed has an exponent in the main window.' };
  // in the first seed some ranges may not decide: rows follow the ranks and not the first dots
  const labels = [...new Set(shown.map((p) => p.label))].sort((a, b) => firstRank(a) - firstRank(b));
  const { axis, lines, entry } = exponentAxis(
    shown.map((p) => p.psi),
    { least: [0, 4.5], pad: 0.06 },
  );
  const at = (p: { label: string; k: number; n: number; seeds: number }) =>
    labels.length - labels.indexOf(p.label) + 0.22 * (0.5 - p.n) * 2 + 0.3 * ((p.k + 0.5) / p.seeds - 0.5);
  const most = Math.max(...series.map((s) => s.row.seeds.length));
  return {
    name,
    title: 'The exponent by seed and fit range',
    ...drawFigure({
      name,
      title: 'Exponent psi of every seed over each range of ranks',
      width: 760,
      height: 90 + 46 * labels.length,
      x: axis,
      y: rowsAxis(labels),
      narrow: { y: rowsAxis(labels, 0.6, NAME) },
      legend: [
        ...series.map(({ basis, colour }) => ({ label: BASIS_NAMES[basis], mark: 'dot' as const, colour })),
        entry,
      ],
      marks: [lines, Plot.dot(shown, { x: 'psi', y: at, r: most < MANY ? 3.2 : 2, fill: 'colour', fillOpacity: 0.85 })],
    }),
    caption: `Each dot is one of ${formatCount(most)} ${most === 1 ? 'seed' : 'seeds'} (shuffled batches, no momentum, windows of ${formatCount(mainWindow)} epochs), shifted slightly from seed to seed. Fits over a range that do not decide (a 95 % interval wider than ±${formatNumber(VOTES.width, 1)}, or fewer than ${formatCount(VOTES.points)} points) are not drawn. The spread along a row is that of seeds; the spread between rows is the choice of range.`,
  };
}
