/** The page of a sweep read back and compared with the made-up cells; snapshots of everything the report shows. */
import { describe, expect, it } from 'vitest';
import { aggregate, type PointResult } from '../src/experiments/sweep/aggregate.js';
import { renderSweep, type SweepInput } from '../src/experiments/sweep/page.js';
import {
  marks,
  matchesSnapshots,
  offBy,
  pageTables,
  pageText,
  printsEstimate,
  readCsv,
  readFigure,
} from './support/reading.js';
import { diagramConfig as config, diagramCells, geometric, tableOf } from './support/sweep-cells.js';

const cells = diagramCells();
const points = aggregate(cells, { atRule: true });
const input: SweepInput = { title: 'A made-up sweep', config, cells, run: { seeds: [0, 1, 2] } };
const report = renderSweep(input);
const at = (eta: number, B: number): PointResult => points.find((p) => p.config.eta === eta && p.config.B === B)!;

it('figures, tables and page are those of the snapshots', async () => {
  await matchesSnapshots('sweep', report);
});

it('is the same for the same cells in any order', () => {
  expect(renderSweep({ ...input, cells: [...cells].reverse() }).html).toBe(report.html);
});

describe('the page', () => {
  it('says how runs ended, and what has no number and why', () => {
    const lost = cells.filter((c) => c.ended === 'diverged').length;
    expect(pageText(report.html)).toMatch(
      new RegExp(`168 runs at 56 points, 3 seeds; ${lost} diverged, 3 had used up their budget`),
    );
    const [table] = pageTables(report.html, '#missing');
    const row = table.column('measured').indexOf('flatness');
    expect(table.column('left out, diverged')[row]).toBe(String(lost));
    expect(table.column('others, and why')[row]).toMatch(
      /\d: n directions stayed open\.; 3: the rule of training was not met/,
    );
  });

  it('has a row for each point, with its mean and its share of diverged runs', () => {
    const [table] = pageTables(report.html, '#points');
    expect(table.rows).toHaveLength(56);
    points.forEach((p, k) => {
      const shown = table.column('trace')[k];
      if (p.columns.trace.values.length === 0) expect(shown).toBe('–');
      else if (p.columns.trace.values.length === 3)
        expect(printsEstimate(shown, p.columns.trace.mean), shown).toBe(true);
      if (p.diverged.count > 0) expect(table.column('diverged')[k]).toMatch(new RegExp(`^${p.diverged.count} of 3`));
    });
  });

  it('names the law that cannot be fitted and the figure that cannot be drawn', () => {
    expect(pageText(report.html)).toMatch(/It is not fitted: mu has the value 0, which has no logarithm/);
    expect(pageText(report.html)).toMatch(/Figure figure 5 is not drawn: a figure of kind curve names tracks, which/);
  });

  it('lists the laws as CSV', () => {
    const csv = readCsv(report.tables['laws.csv']);
    expect(csv.column('exponent')).toEqual(['a', 'a', 'b', '']);
    expect(csv.numbers('value')[0]).toBeCloseTo(-0.6, 1);
    expect(csv.column('answer')).toEqual(['holds', 'holds', 'holds', 'refused']);
  });
});

describe('the map', () => {
  const f = readFigure(report.figures['heat-trace-b-eta']);

  it('crosses out the points at which half of the runs diverge', () => {
    const lost = points.filter((p) => p.diverged.value >= 0.5);
    const crosses = marks(f, { kind: 'link' }).length || marks(f, { element: 'path', stroke: '#1b1f24' }).length;
    expect(crosses).toBeGreaterThanOrEqual(2 * lost.length);
    expect(f.legend.map((l) => l.label)).toContain('half or more diverge');
  });

  it('draws the edge at twice the inverse curvature of the calm place', () => {
    const top = at(points[6 + 7].config.eta, 256).columns.top.mean.value;
    const [line] = marks(f, { kind: 'line' }).filter((m) => m.stroke === '#1b1f24');
    for (const [, y] of line.points) expect(Math.abs(Math.log((y * top) / 2))).toBeLessThan(0.02);
  });

  it('of eta/B has its cells where the ratio is', () => {
    const ratio = readFigure(report.figures['heat-diverged-eta-b-eta']);
    const cellsDrawn = marks(ratio, { kind: 'rect' });
    expect(cellsDrawn.length).toBeGreaterThanOrEqual(56);
  });
});

it('the curves go through the means', () => {
  const f = readFigure(report.figures['curve-trace-b-eta']);
  const eta = points[0].config.eta;
  const own = points.filter((p) => p.config.eta === eta && Number.isFinite(p.columns.trace.mean.value));
  const [line] = marks(f, { kind: 'line' });
  expect(
    offBy(
      f,
      line,
      own.map((p) => [p.config.B, p.columns.trace.mean.value] as const),
    ),
  ).toBeLessThan(0.1);
});

describe('without a wish', () => {
  it('draws maps with bounds and curves', () => {
    const plain = renderSweep({ ...input, config: { ...config, laws: [], figures: [] } });
    expect(Object.keys(plain.figures)).toEqual(
      expect.arrayContaining(['heat-diverged-b-eta', 'heat-trace-b-eta', 'heat-flatness-b-eta']),
    );
    expect(plain.findings.every((x) => x.id.startsWith('sweep.phase-'))).toBe(true);
  });

  it('draws curves of a single axis, and no finding', () => {
    const etas = geometric(0.01, 1, 6);
    const one = tableOf({ etas, batches: [50], seeds: 2, log: (e) => e, noise: 0.1 });
    const plain = renderSweep({ ...input, cells: one, config: { ...config, until: null, laws: [], figures: [] } });
    expect(Object.keys(plain.figures)).toEqual(['curve-psi-eta']);
    expect(plain.findings).toEqual([]);
  });
});
