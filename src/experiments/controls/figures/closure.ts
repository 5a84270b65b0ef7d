/** Predicted over measured variance of the frozen cells by groups of Hessian modes. docs/theory [S2]–[S4]. */
import * as Plot from '@observablehq/plot';
import { type Axis, logAxis, logDomain } from '../../../report/figures/axes.js';
import { barMarks, beyondWords } from '../../../report/figures/bars.js';
import { type Drawn, drawFigure, type LegendEntry } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatCount, formatPlain } from '../../../report/format.js';
import type { Comparison } from '../measured.js';
import type { GroupRow } from '../summary.js';

const SERIES: readonly {
  readonly of: Comparison;
  readonly how: 'modes' | 'sums';
  readonly label: string;
  readonly colour: string;
}[] = [
  { of: 'raw', how: 'modes', label: 'H and C alone / whole variance', colour: COLOURS.muted },
  { of: 'drift', how: 'sums', label: 'with descent / whole variance', colour: COLOURS.orange },
  { of: 'replicas', how: 'modes', label: 'H and C alone / variance between replicas', colour: COLOURS.blue },
  { of: 'noise-averaged', how: 'modes', label: 'C along the trajectory / between replicas', colour: COLOURS.green },
];

const kindOf = (g: GroupRow): string => `${g.sampling}, η = ${formatPlain(g.learningRate, 2)}`;

/** Ratios below this are drawn at the edge. */
const LEAST = 0.02;

export function closure(groups: readonly GroupRow[]): Drawn {
  const name = 'controls-closure';
  if (groups.length === 0) return { name, missing: 'there are no cells with frozen layers.' };
  const ranks = [...new Set(groups.map((g) => `${g.from}–${g.to}`))];
  const places = groups;
  const kinds = [...new Set(places.map(kindOf))];
  const points = places.flatMap((g, k) =>
    SERIES.flatMap(({ of, how, colour }, j) => {
      const e = g.ratios[of][how];
      if (!(e.value > 0)) return [];
      const bar = e.n < 2 ? 0 : e.standardError;
      return [
        {
          at: k + 1 + 0.14 * (j - 1.5),
          y: Math.max(LEAST, e.value),
          low: e.value - bar,
          high: e.value + bar,
          colour,
          edge: e.value < LEAST,
        },
      ];
    }),
  );
  const y = logDomain([0.5, 2, ...points.map((p) => p.y)], 0.12);
  const borders = places.flatMap((g, k) => (k > 0 && kindOf(g) !== kindOf(places[k - 1]) ? [k + 0.5] : []));
  const x: Axis = {
    type: 'linear',
    domain: [0.4, places.length + 0.6],
    label: `Hessian modes by rank of curvature; from left to right ${kinds.join(' | ')}`,
    labelAnchor: 'center',
    labelArrow: 'none',
    ticks: places.map((_, k) => k + 1),
    tickFormat: (v: number) => ranks[(Math.round(v) - 1) % ranks.length],
  };
  const brokenRanks = (v: number) => x.tickFormat(v).replace('–', '–\n');
  const legend: LegendEntry[] = [
    ...SERIES.map(({ label, colour }) => ({ label, mark: 'dot' as const, colour })),
    { label: '±30 %', mark: 'area', colour: COLOURS.ink },
  ];
  return {
    name,
    title: 'Predicted over measured variance, other layers frozen',
    ...drawFigure({
      name,
      title: 'Ratio of predicted to measured variance by groups of Hessian modes',
      width: 860,
      height: 400,
      narrow: { x: { ...x, grid: false, tickFormat: brokenRanks } as Axis },
      x: { ...x, grid: false } as Axis,
      y: logAxis('predicted / measured', y),
      legend,
      marks: [
        Plot.rect([0], { x1: 0.4, x2: places.length + 0.6, y1: 0.7, y2: 1.3, fill: COLOURS.ink, fillOpacity: 0.1 }),
        Plot.ruleY([1], { stroke: COLOURS.ink, strokeWidth: 1 }),
        Plot.ruleX(borders, { stroke: COLOURS.muted, strokeOpacity: 0.6 }),
        ...barMarks(points, 'y', y),
        Plot.dot(
          points.filter((p) => !p.edge),
          { x: 'at', y: 'y', r: 4, fill: 'colour' },
        ),
        Plot.dot(
          points.filter((p) => p.edge),
          { x: 'at', y: 'y', r: 4, stroke: 'colour', strokeWidth: 1.5 },
        ),
      ],
    }),
    caption: `Only the recorded layer moves, so that H and C, exact at the mean of the window, are all that the theory needs. The variance between two replicas (half that of their difference) does not contain the descent that both have in common. Bars are one standard error over ${formatCount(Math.min(...groups.map((g) => g.halves.n)))} seeds. A ring at the lower edge stands for a ratio below ${LEAST}: there the whole variance is almost all descent.${beyondWords(points, y)}`,
  };
}
