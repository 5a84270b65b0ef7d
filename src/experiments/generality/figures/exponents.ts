/** The one figure: the exponent of every layer of every network under every optimiser, in the window and under the controls. */
import * as Plot from '@observablehq/plot';
import type { RegimeName } from '../../../analyse/trajectory/regime.js';
import { rowsAxis } from '../../../report/figures/axes.js';
import { barMarks } from '../../../report/figures/bars.js';
import { exponentAxis } from '../../../report/figures/exponent.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatCount } from '../../../report/format.js';
import type { Group } from '../groups.js';

interface Mark {
  readonly regime: RegimeName;
  readonly label: string;
  readonly colour: string;
  readonly mark: 'dot' | 'triangle' | 'ring' | 'cross';
}

const MARKS: readonly Mark[] = [
  { regime: 'same', label: 'same window', colour: COLOURS.blue, mark: 'dot' },
  { regime: 'half', label: 'other half', colour: COLOURS.purple, mark: 'triangle' },
  { regime: 'hessian', label: 'Hessian basis', colour: COLOURS.orange, mark: 'ring' },
  { regime: 'walk', label: 'walk of its own noise', colour: COLOURS.green, mark: 'cross' },
];

const SYMBOLS = { dot: 'circle', triangle: 'triangle', ring: 'circle', cross: 'times' } as const;

/** Opacity of marks of groups that do not decide. */
const FAINT = 0.45;

/** Characters of a row's name in one line of a narrow figure. */
const NAME = 14;

/** Draws one row for each layer of each network and each optimiser; data sets share a row. */
export function exponentsOfGroups(groups: readonly Group[]): Drawn {
  const name = 'generality-exponents';
  const points = groups.flatMap((g) =>
    MARKS.flatMap(({ regime }, m) => {
      const r = g.regimes[regime];
      if (!r || r.deciding < 1 || !Number.isFinite(r.psi.value)) return [];
      const half = Number.isFinite(r.half) ? r.half : 0;
      return [
        {
          row: rowOf(g),
          psi: r.psi.value,
          low: r.psi.value - half,
          high: r.psi.value + half,
          m,
          sure: r.answer !== 'undecided',
        },
      ];
    }),
  );
  if (points.length === 0) return { name, missing: 'no run decides in any layer.' };
  const all = [...new Set(groups.map(rowOf))];
  const rows = all.filter((row) => points.some((p) => p.row === row));
  const left = all.length - rows.length;
  const at = (p: { row: string; m: number }) => rows.length - rows.indexOf(p.row) + 0.21 * (1.5 - p.m);
  const { domain, axis, lines, entry } = exponentAxis(
    points.map((p) => p.psi),
    { least: [0, 4.5], pad: 0.06, ticks: 8, stated: [0, 4] },
  );
  return {
    name,
    title: 'The exponent everywhere',
    ...drawFigure({
      name,
      title: 'Exponent psi of every layer under every optimiser, in the window and under the controls',
      width: 820,
      height: 100 + 22 * rows.length,
      x: axis,
      y: rowsAxis(rows, 0.7),
      narrow: { y: rowsAxis(rows, 0.7, NAME), height: 100 + 34 * rows.length },
      legend: [...MARKS.map(({ label, colour, mark }) => ({ label, mark, colour })), entry],
      marks: [
        lines,
        ...MARKS.flatMap(({ colour, mark }, m) => {
          const own = points.filter((p) => p.m === m);
          const opacity = (p: { sure: boolean }) => (p.sure ? 1 : FAINT);
          return [
            ...barMarks(
              own.filter((p) => p.sure).map((p) => ({ at: at(p), low: p.low, high: p.high, colour })),
              'x',
              domain,
              { strokeWidth: 1 },
            ),
            Plot.dot(own, {
              x: 'psi',
              y: at,
              r: mark === 'dot' ? 2.8 : 3.4,
              symbol: SYMBOLS[mark],
              fill: mark === 'dot' ? colour : 'none',
              stroke: colour,
              strokeWidth: 1.5,
              opacity,
            }),
          ];
        }),
      ],
    }),
    caption: `Each row is a layer under an optimiser; marks of one kind in a row are data sets. A mark is the mean over runs that decide, its line the 95 % interval (an arrow where it reaches beyond the frame); faint marks are groups that do not decide. The walk has the noise of the run and no restoring force.${left > 0 ? ` ${formatCount(left)} of ${formatCount(all.length)} rows have no run that decides and are left out.` : ''}`,
  };
}

const rowOf = ({ network, layer, optimiser }: Group): string => `${network} ${layer}, ${optimiser}`;
