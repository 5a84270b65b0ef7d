/** What the seeds of a point amount to; names; bounds; collapses; where training is lost. On made-up cells. */
import { describe, expect, it } from 'vitest';
import { aggregate, axesOf, reasonsOf } from '../src/experiments/sweep/aggregate.js';
import { boundLine, boundsOf } from '../src/experiments/sweep/bounds.js';
import { type Curve, collapse } from '../src/experiments/sweep/collapse.js';
import type { SweepCell } from '../src/experiments/sweep/measured.js';
import { quantityOf } from '../src/experiments/sweep/names.js';
import { alongRows, atEqualNoise, critical, crossing, phaseDiagram } from '../src/experiments/sweep/phase.js';
import { phaseFindings } from '../src/experiments/sweep/phase-findings.js';
import { cell, diagramCells, geometric, type MadeUp, measured, tableOf } from './support/sweep-cells.js';

const at = (values: readonly (number | string)[], more: Partial<MadeUp> = {}, from = 0): SweepCell[] =>
  values.map((v, seed) =>
    cell(
      {
        point: { 'training.learningRate': 0.1, 'training.batchSize': 50 },
        seed: from + seed,
        columns: { psi: typeof v === 'number' ? measured(v, 0.5) : { why: v } },
        ...more,
      },
      from + seed,
    ),
  );

describe('a point over its seeds', () => {
  it('has the mean, its standard error, and the median', () => {
    const [p] = aggregate(at([1, 2, 6]));
    const { mean, median, values } = p.columns.psi;
    expect([mean.value, mean.n, median, values.length]).toEqual([3, 3, 2, 3]);
    expect(mean.standardError).toBeCloseTo(Math.sqrt(7 / 3), 12);
  });

  it('with one seed has the error of the measurement, and has not converged', () => {
    const [p] = aggregate(at([4]));
    expect(p.columns.psi.mean).toMatchObject({ value: 4, standardError: 0.5, n: 1, converged: false });
  });

  it('keeps diverged runs out of every mean, and counts them with their interval', () => {
    const [p] = aggregate([...at([1, 2]), ...at([1000, 1000], { ended: 'diverged' }, 2)]);
    expect(p.columns.psi).toMatchObject({ diverged: 2, missing: [] });
    expect(p.columns.psi.mean.value).toBe(1.5);
    // Wilson, 2 of 4: (2 + z²/2 ± z √(1 + z²/4))/(4 + z²)
    expect(p.diverged).toMatchObject({ count: 2, n: 4, value: 0.5 });
    expect(p.diverged.low).toBeCloseTo((2 + 1.9208 - 1.96 * Math.sqrt(1 + 0.9604)) / 7.8416, 6);
    expect(p.diverged.high).toBeCloseTo(1 - p.diverged.low, 6);
  });

  it('counts a run that the measure calls diverged', () => {
    const [p] = aggregate(at([5], { columns: { psi: measured(5), divergence: measured(1, 0) }, ended: 'budget' }));
    expect([p.diverged.count, p.budget, p.columns.psi.values.length]).toEqual([1, 0, 0]);
    expect(p.columns.divergence.mean.value).toBe(1);
  });

  it('keeps a run that did not reach the loss apart, where runs are compared there', () => {
    const cells = [...at([1, 2]), ...at([9], { ended: 'budget' }, 2)];
    const [there] = aggregate(cells, { atRule: true });
    expect([there.budget, there.columns.psi.mean.value, there.columns.psi.missing]).toEqual([
      1,
      1.5,
      [{ why: 'the rule of training was not met within its budget', count: 1 }],
    ]);
    const [all] = aggregate(cells);
    expect([all.budget, all.columns.psi.mean.value]).toEqual([1, 4]);
    // its length is no time to anything in either case
    expect(all.columns.steps.values.map((v) => v.seed)).toEqual([0, 1]);
  });

  it('counts why there is no number, whatever the numbers in the reason', () => {
    const points = aggregate([...at(['12 directions are open.', '7 directions are open.', 'no window.', 3])]);
    expect(reasonsOf(points, 'psi')).toEqual([
      { why: 'n directions are open.', count: 2 },
      { why: 'no window.', count: 1 },
    ]);
    expect(points[0].columns.psi.mean).toMatchObject({ value: 3, n: 1 });
    expect(aggregate(at(['no'])).at(0)!.columns.psi.mean.value).toBeNaN();
  });

  it('is found whatever the order of the cells, and without the seed among its axes', () => {
    const cells = tableOf({ etas: [0.1, 0.2], batches: [5, 10, 20], seeds: 3, log: (e, B) => e + B, noise: 0 });
    const points = aggregate([...cells].reverse().map((c) => ({ ...c, point: { ...c.point, seed: c.seed } })));
    expect(points.map((p) => p.columns.psi.mean.value)).toEqual(aggregate(cells).map((p) => p.columns.psi.mean.value));
    expect(axesOf(points)).toEqual(['training.learningRate', 'training.batchSize']);
  });
});

describe('names', () => {
  const points = aggregate(
    tableOf({ etas: [0.1, 0.2], batches: [5, 10], seeds: 1, log: (e, B) => e * B, noise: 0, column: 'noise-scale' }),
  );
  const value = (name: string) => quantityOf(name, points, 'a figure').at(points[3]);

  it('are axes, their ends, short names, columns and formulas', () => {
    expect(['training.learningRate', 'learningRate', 'eta', 'eta/B', 'B^2 - 1', 'steps'].map(value)).toEqual([
      0.2, 0.2, 0.2, 0.02, 99, 1000,
    ]);
    expect(value('noise-scale/eta')).toBeCloseTo(Math.exp(2) / 0.2, 9);
    expect(quantityOf('eta/B', points, '').axes).toEqual(['training.learningRate', 'training.batchSize']);
  });

  it('that the sweep does not have are refused with the nearest', () => {
    expect(() => quantityOf('etta', points, 'the law')).toThrow(/^the law names etta, which .* did you mean eta\?/);
    expect(() => quantityOf('2/topp', points, 'a bound')).toThrow(
      /a bound names topp, which this sweep does not have; it has eta, /,
    );
  });
});

describe('bounds', () => {
  const points = aggregate(diagramCells(), { atRule: true });
  const B = quantityOf('B', points, '');

  it('of the calm place have its curvature and the batches of each column', () => {
    const [edge, meanSquare, almostSure] = boundsOf(['edge', 'mean-square', 'almost-sure']).map((b) =>
      boundLine(b, B, points),
    );
    const place = edge.place!;
    // the smallest eta/B with a number: the smallest learning rate misses its loss at the largest batch
    expect([place.config.eta.toPrecision(3), place.config.B]).toEqual(['0.0386', 256]);
    const top = place.columns.top.mean.value;
    expect(edge.points.map((p) => p.bound)).toEqual(new Array(7).fill(2 / top));
    // 1.5/B is for the batch of the place: (s²/l²)·share(B) with share = (N−B)/((N−1)B)
    const share = (b: number) => (2000 - b) / 1999 / b;
    meanSquare.points.forEach(({ x, bound }) => {
      const v = ((1.5 / 256) * share(x)) / share(256);
      expect(bound).toBeCloseTo(2 / (top * (1 + v)), 9);
    });
    for (const [k, p] of almostSure.points.entries()) expect(p.bound).toBeGreaterThan(meanSquare.points[k].bound);
  });

  it('of each own place are where the learning rate crosses them', () => {
    const [line] = boundsOf({ bound: 'eta = 2/top', at: 'own' }).map((b) => boundLine(b, B, points));
    const steps = points.filter((p) => p.config.B === 64 && Number.isFinite(p.columns.top.mean.value));
    const ratio = (p: (typeof steps)[number]) => (p.config.eta * p.columns.top.mean.value) / 2;
    const k = steps.findIndex((p) => ratio(p) >= 1);
    const { bound } = line.points.find((p) => p.x === 64)!;
    expect(bound).toBeGreaterThan(steps[k - 1].config.eta);
    expect(bound).toBeLessThan(steps[k].config.eta);
  });

  it('that cannot be are refused, or say what they need', () => {
    expect(() => boundsOf('sharp')).toThrow(/a bound of a heat map is edge, .* got "sharp"/);
    expect(() => boundsOf({ bound: 'edge', at: 'here' })).toThrow(/calm or own/);
    const [none] = boundsOf('mean-square').map((b) => boundLine(b, quantityOf('B', bare, ''), bare));
    expect(none.missing).toMatch(/needs the columns top or ceiling-edge, and curvature-variance/);
  });
  const bare = aggregate(tableOf({ etas: [0.1, 0.2], batches: [5, 10], seeds: 1, log: () => 0, noise: 0 }));
});

describe('a collapse', () => {
  /** y = x^−a f(z x^b) with a curve that bends. */
  const family = (a: number, b: number, bend = 1, xs = geometric(1, 8, 5)): Curve[] =>
    xs.map((x) => {
      const z = geometric(0.1, 100, 14);
      const f = (u: number) => 1 / (1 + u ** bend);
      return { x: Math.log(x), z: z.map(Math.log), y: z.map((v) => Math.log(x ** -a * f(v * x ** b))) };
    });

  it('finds the exponents, and that shuffled labels do not do as well', () => {
    const fit = collapse(family(0.6, 0.9))!;
    expect(fit.a).toBeCloseTo(0.6, 1);
    expect(fit.b).toBeCloseTo(0.9, 1);
    expect(fit.after).toBeLessThan(0.02);
    expect(fit.before).toBeGreaterThan(0.5);
    expect(fit.chance).toBeLessThanOrEqual(0.05);
    expect(fit.shuffled).toBeGreaterThan(5 * fit.after);
    expect(fit.straight).toBe(false);
  });

  it('is not found where the curves differ in shape', () => {
    const mixed = family(0.6, 0.9).map((c, k) => (k % 2 === 0 ? c : family(0.6, 0.9, 2.5)[k]));
    expect(collapse(mixed)!.after).toBeGreaterThan(0.1);
  });

  it('of straight lines says that its exponents are not unique, and of two curves nothing', () => {
    const lines = family(0, 0).map((c) => ({ ...c, y: c.z.map((z) => 0.5 * z - 0.3 * c.x) }));
    expect(collapse(lines)!).toMatchObject({ straight: true });
    expect(collapse(family(0.6, 0.9).slice(0, 2))).toBeUndefined();
  });
});

describe('the phase diagram', () => {
  const cells = diagramCells();
  const diagram = phaseDiagram(aggregate(cells, { atRule: true }))!;

  it('is read from a product of learning rates and batch sizes alone', () => {
    expect([diagram.etas.length, diagram.batches.length]).toEqual([8, 7]);
    expect(phaseDiagram(aggregate(cells.slice(0, 40)))).toBeUndefined();
    expect(
      phaseDiagram(aggregate(cells.map((c) => ({ ...c, point: { ...c.point, 'network.hidden': 5 } })))),
    ).toBeUndefined();
  });

  it('has the boundary where half of the runs are lost', () => {
    expect(crossing([1, 2, 4, 8], [0, 0, 1, 1])).toBeCloseTo(2 * Math.SQRT2, 12);
    expect(crossing([1, 2, 4, 8], [0, 0.25, 0.75, 1])).toBeCloseTo(2 * Math.SQRT2, 12);
    // one lost point among others is no boundary, and neither is one below the diagram or above it
    expect(crossing([1, 2, 4, 8], [0, 1, 0, 1])).toBeCloseTo(4 * Math.SQRT2, 12);
    expect(crossing([1, 2, 4], [1, 1, 1])).toBeNaN();
    expect(crossing([1, 2, 4], [0, 0, 0])).toBeNaN();
    // made with 0.9/(1 + 8/B)
    for (const { B, half } of diagram.boundary)
      expect(Math.abs(Math.log(half / (0.9 / (1 + 8 / B))))).toBeLessThan(0.5);
  });

  it('follows columns along rows and along diagonals', () => {
    const rows = alongRows(diagram, ['trace']);
    expect(Math.abs(rows.slope.value + 0.6)).toBeLessThan(4 * rows.slope.standardError + 0.01);
    expect(rows.ranks.every((r) => r.rank < -0.9)).toBe(true);
    const { slope, diagonals } = atEqualNoise(diagram, ['trace']);
    expect(Math.abs(slope.value)).toBeLessThan(0.03);
    expect(diagonals.length).toBeGreaterThan(3);
    // a trace that depends on the learning rate beside eta/B is seen
    const more = cells.map((c) => {
      const t = c.measured.trace;
      return 'why' in t
        ? c
        : { ...c, measured: { ...c.measured, trace: { ...t, value: t.value * c.config.eta ** 0.3 } } };
    });
    expect(atEqualNoise(phaseDiagram(aggregate(more, { atRule: true }))!, ['trace']).slope.value).toBeCloseTo(0.3, 1);
  });

  it('knows rows that have both sides', () => {
    const { split, strong, never, always } = critical(diagram);
    expect(split + never + always).toBe(8);
    // the row that is slow without noise is lost at its largest batch, which is no noise
    expect([split, strong]).toEqual([2, 1]);
    expect(always).toBeGreaterThan(0);
  });

  it('turns the verdicts with the data', () => {
    const verdicts = (of: readonly SweepCell[]) =>
      Object.fromEntries(
        phaseFindings(phaseDiagram(aggregate(of, { atRule: true }))!).map((f) => [f.id.slice(12), f.verdict]),
      );
    const now = verdicts(cells);
    expect(now).toMatchObject({
      'flatter-trace': 'reproduced',
      'flatter-width': 'reproduced',
      sooner: 'not reproduced',
      'line-edge': 'not reproduced',
      'own-edge': expect.any(String),
      'ratio-trace': 'reproduced',
      boundary: 'not reproduced',
    });
    const sharper = cells.map((c) => {
      const t = c.measured.trace;
      return 'why' in t
        ? c
        : { ...c, measured: { ...c.measured, trace: { ...t, value: 1 / t.value } }, steps: Math.round(1e6 / c.steps) };
    });
    expect(verdicts(sharper)).toMatchObject({ 'flatter-trace': 'not reproduced', sooner: 'reproduced' });
    const one = verdicts(cells.filter((c) => c.seed === 0));
    expect([one['flatter-trace'], one['ratio-trace']]).toEqual(new Array(2).fill('not decidable with this run'));
  });
});
