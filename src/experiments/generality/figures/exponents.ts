/** The one figure: the exponent of every layer of every network under every optimiser, in the window and under the controls. */
import * as Plot from '@observablehq/plot';
import type { RegimeName } from '../../../analyse/trajectory/regime.js';
import { type Axis, linearAxis, linearDomain } from '../../../report/figures/axes.js';
import { type Drawn, drawFrame } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatCount } from '../../../report/format.js';
import type { Group } from '../groups.js';

const MARKS: readonly { readonly regime: RegimeName; readonly label: string; readonly colour: string }[] = [
  { regime: 'same', label: 'same window', colour: COLOURS.blue },
  { regime: 'hessian', label: 'Hessian basis', colour: COLOURS.orange },
  { regime: 'walk', label: 'walk of its own noise', colour: COLOURS.green },
];

/** Widest half interval that is drawn. */
const WIDEST = 4;

/** Draws one row for each layer of each network and each optimiser; data sets share a row. */
export function exponentsOfGroups(groups: readonly Group[]): Drawn {
  const name = 'generality-exponents';
  const points = groups.flatMap((g) =>
    MARKS.flatMap(({ regime }, m) => {
      const r = g.regimes[regime];
      if (!r || r.deciding < 1 || !Number.isFinite(r.psi.value)) return [];
      const half = Number.isFinite(r.half) ? Math.min(WIDEST, r.half) : 0;
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
  const rows = [...new Set(groups.map(rowOf))];
  const y: Axis = {
    type: 'linear',
    domain: [0.3, rows.length + 0.7],
    label: null,
    ticks: rows.map((_, k) => rows.length - k),
    tickFormat: (v: number) => rows[rows.length - Math.round(v)] ?? '',
  };
  const at = (p: { row: string; m: number }) => rows.length - rows.indexOf(p.row) + 0.26 * (1 - p.m);
  const x = linearDomain([0, 4.5, ...points.map((p) => p.psi)], 0.06);
  return {
    name,
    title: 'The exponent everywhere',
    svg: drawFrame({
      name,
      title: 'Exponent psi of every layer under every optimiser, in the window and under the controls',
      width: 820,
      height: 100 + 17 * rows.length,
      x: linearAxis('exponent ψ of σ² ∝ F^−ψ', x, 8),
      y,
      legend: [
        ...MARKS.map(({ label, colour }) => ({ label, mark: 'dot' as const, colour })),
        { label: 'ψ = 0 and ψ = 4', mark: 'rule', colour: COLOURS.ink },
      ],
      marks: [
        Plot.ruleX([0, 4], { stroke: COLOURS.ink, strokeDasharray: '3 2' }),
        ...MARKS.flatMap(({ colour }, m) => {
          const own = points.filter((p) => p.m === m);
          return [
            Plot.link(
              own.filter((p) => p.sure),
              { x1: 'low', x2: 'high', y1: at, y2: at, stroke: colour, strokeOpacity: 0.6, clip: true },
            ),
            Plot.dot(own, {
              x: 'psi',
              y: at,
              r: 2.6,
              fill: (p: { sure: boolean }) => (p.sure ? colour : 'none'),
              stroke: colour,
            }),
          ];
        }),
      ],
    }),
    caption: `Each row is a layer under an optimiser (${formatCount(rows.length)} rows); dots of one colour in a row are data sets. A dot is the mean over runs that decide, its line the 95 % interval; hollow dots are groups that do not decide. The walk has the noise of the run and no restoring force.`,
  };
}

const rowOf = ({ network, layer, optimiser }: Group): string => `${network} ${layer}, ${optimiser}`;
