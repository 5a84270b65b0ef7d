/** psi of every seed over each range of ranks. docs/theory [N5]. */
import * as Plot from '@observablehq/plot';
import { silence } from '../../../analyse/trajectory/fit-ranges.js';
import type { ScalingSummary } from '../../../analyse/trajectory/results.js';
import { negated } from '../../../numeric/estimate.js';
import { rowsAxis } from '../../../report/figures/axes.js';
import { exponentAxis } from '../../../report/figures/exponent.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatCount, formatNumber } from '../../../report/format.js';
import { PSI_VOTE } from '../facts.js';

interface SeedScaling {
  readonly seed: number;
  readonly scaling: Pick<ScalingSummary, 'varianceFlatness' | 'varianceFlatnessRanges'>;
}

const MAIN = 'all ranks from 2';

export function exponentsByRange(seeds: readonly SeedScaling[]): Drawn {
  const name = 'psi-by-range';
  const points = seeds.flatMap(({ scaling }, k) =>
    [
      { label: MAIN, fit: scaling.varianceFlatness },
      ...scaling.varianceFlatnessRanges.filter((r) => r.label.startsWith('ranks ')),
    ].map(({ label, fit }) => {
      const own = { label, fit: { exponent: negated(fit.exponent), points: fit.points } };
      return { label, psi: -fit.exponent.value, votes: silence(own, PSI_VOTE) === undefined, k };
    }),
  );
  const shown = points.filter((p) => p.votes);
  if (shown.length === 0) return { name, missing: 'no range has an exponent that is decidable.' };
  const labels = [...new Set(points.map((p) => p.label))];
  const { axis, lines, entry } = exponentAxis(
    shown.map((p) => p.psi),
    { least: [3.5, 4.5], pad: 0.08 },
  );
  const at = (p: { label: string; k: number }) =>
    labels.length - labels.indexOf(p.label) + 0.5 * ((p.k + 0.5) / seeds.length - 0.5);
  const silent = labels
    .map((label) => ({ label, n: points.filter((p) => p.label === label && !p.votes).length }))
    .filter((l) => l.n > 0);
  return {
    name,
    title: 'The exponent by fit range',
    ...drawFigure({
      name,
      title: 'Exponent psi of every seed over each range of ranks',
      width: 760,
      height: 90 + 46 * labels.length,
      x: axis,
      y: rowsAxis(labels),
      legend: [
        { label: 'one seed', mark: 'dot', colour: COLOURS.blue },
        { label: 'mean over seeds', mark: 'bar', colour: COLOURS.orange },
        entry,
      ],
      marks: [
        lines,
        Plot.link(
          labels.flatMap((label) => {
            const own = shown.filter((p) => p.label === label);
            if (own.length < 2) return [];
            const mean = own.reduce((s, p) => s + p.psi / own.length, 0);
            const row = labels.length - labels.indexOf(label);
            return [{ mean, low: row - 0.36, high: row + 0.36 }];
          }),
          { x1: 'mean', x2: 'mean', y1: 'low', y2: 'high', stroke: COLOURS.orange, strokeWidth: 2.4 },
        ),
        Plot.dot(shown, { x: 'psi', y: at, r: 3.4, fill: COLOURS.blue, fillOpacity: 0.85 }),
      ],
    }),
    caption:
      `Each row is a range of ranks over which ψ is fitted, each dot one of ${formatCount(seeds.length)} seeds, slightly shifted so that none hides another. ` +
      (silent.length > 0
        ? `Fits that are not decidable (95 % interval wider than ±${formatNumber(PSI_VOTE.width, 1)}, or too few points) are not drawn and do not vote: ${silent.map((s) => `${formatCount(s.n)} of ${s.label}`).join(', ')}. `
        : '') +
      'The spread along a row is the sampling error of one run; the spread between rows is the choice of range.',
  };
}
