/** Every figure of the controls read back from its marks and compared with the made-up cells it was drawn from. */
import { describe, expect, it, test } from 'vitest';
import { closure } from '../src/experiments/controls/figures/closure.js';
import { exponentsByRegime, exponentsByWindow } from '../src/experiments/controls/figures/exponents.js';
import { noiseAgainstCurvature, variancesByBasis } from '../src/experiments/controls/figures/scatter.js';
import type { Basis, BranchResult, CellResult } from '../src/experiments/controls/measured.js';
import { groupRows, regimeRows } from '../src/experiments/controls/summary.js';
import { estimate } from '../src/numeric/estimate.js';
import { COLOURS } from '../src/report/figures/palette.js';
import { FIXED, MAIN, RATIOS, SEEDS, SHIFT, syntheticCells, TRUTH } from './support/controls-results.js';
import {
  errorBars,
  estimatesIn,
  extent,
  type FigureReading,
  lineThrough,
  marks,
  offBy,
  type Point,
  readNamed,
} from './support/reading.js';

const cells = syntheticCells();
const rows = regimeRows(cells);
const PIXEL = 0.05;
const lg = Math.log10;
/** Standard error of −1, 0, 1 times a spread over three seeds. */
const error = (spread: number) => spread / Math.sqrt(3);
const labels = (f: FigureReading) => f.legend.map((l) => l.label);
const ends = (bars: ReturnType<typeof errorBars>) => bars.map((b) => [b.at, b.low, b.high]);
type Missing = { missing?: string };

describe('psi by regime', () => {
  const READING: Basis[] = [
    'same-window',
    'surrogate',
    'random-walk',
    'other-window',
    'surrogate-other',
    'hessian',
    'replicas',
  ];
  const values = READING.map((_, k) => 7 - k);
  const read = (of = rows) => readNamed([exponentsByRegime(of, MAIN)], 'controls-exponents', { y: { values } });
  const { figure, caption } = read();
  const branches = [
    { label: 'shuffled, momentum 0', shift: 0, colour: COLOURS.blue, lift: 0.2 },
    { label: 'replaced, momentum 0', shift: SHIFT.replaced, colour: COLOURS.orange, lift: 0 },
    { label: 'shuffled, momentum 0.9', shift: SHIFT.momentum, colour: COLOURS.green, lift: -0.2 },
  ];

  test('names of the choices of directions, from top to bottom', () => {
    expect(figure.y.ticks.map((t) => t.label)).toEqual([
      'PCA of the same window',
      'surrogate, PCA of the same window',
      'walks with H = 0, same window',
      'PCA of the other half',
      'surrogate, PCA of the other half',
      'Hessian eigenvectors',
      'Hessian eigenvectors, drift removed',
    ]);
    expect(figure.y.pixel(7)).toBeLessThan(figure.y.pixel(1));
    expect(figure.xLabel).toBe('exponent ψ of σ^2 ∝ F^−ψ');
  });

  test.each(branches)(
    '$label: dots of psi with bars of one standard error, rings of the theory',
    ({ label, shift, colour, lift }) => {
      const dots = marks(figure, { kind: 'dot', fill: colour });
      expect(dots.length).toBe(7);
      const bars = errorBars(figure, 'x', { stroke: colour });
      READING.forEach((basis, k) => {
        const [x, y]: Point = [TRUTH[basis].psi + shift, 7 - k + lift];
        const dot = dots.find((d) => offBy(figure, [d], [[x, y]]) < PIXEL);
        expect(dot, `${label} ${basis}`).toBeDefined();
        const bar = bars.find((b) => Math.abs(b.at - y) < 0.01)!;
        const half = error(0.02);
        expect([bar.low, bar.high]).toEqual([x - half, x + half].map((v) => expect.closeTo(v, 3)));
        const ring: Point = [TRUTH[basis].theory + shift / 10, y];
        expect(
          marks(figure, { kind: 'dot', stroke: COLOURS.muted }).some((d) => offBy(figure, [d], [ring]) < PIXEL),
        ).toBe(true);
      });
      expect(figure.legend.find((l) => l.label === label)).toMatchObject({ colour, hollow: false });
    },
  );

  test('psi = 4 is ruled; half-windows stand for the other half alone', () => {
    expect(marks(figure, { kind: 'rule' })[0].x).toBeCloseTo(4, 3);
    expect(marks(figure, { kind: 'dot' }).length).toBe(2 * 21);
    expect(labels(figure).slice(3)).toEqual(['theory, single modes', 'ψ = 4']);
    expect(caption).toContain('in windows of 6 epochs');
    expect(caption).toContain('Bars are one standard error over 3 seeds.');
  });

  test('of a single seed bars are one error of its fit', () => {
    const { figure: f, caption: c } = read(regimeRows(syntheticCells([7])));
    expect(c).toContain('Bars are one standard error of the fit of the single seed');
    for (const b of errorBars(f, 'x')) expect((b.high - b.low) / 2).toBeCloseTo(0.11, 3);
    expect(errorBars(f, 'x').length).toBe(21);
  });

  test('a regime without an exponent or a theory is not drawn; without any there is no figure', () => {
    const none = estimate(Number.NaN, Number.NaN, 0, '');
    const some = rows.map((r) => (r.basis === 'hessian' ? { ...r, psi: none } : r));
    const f = readNamed([exponentsByRegime(some, MAIN)], 'controls-exponents', {
      y: { values: values.slice(1) },
    }).figure;
    expect(f.y.ticks.map((t) => t.label)).not.toContain('Hessian eigenvectors');
    expect(
      exponentsByRegime(
        rows.map((r) => ({ ...r, theory: none })),
        MAIN,
      ) as Missing,
    ).toMatchObject({ missing: 'no regime has an exponent.' });
    // an unknown error is drawn as none
    const unknown = rows.map((r) => ({ ...r, psi: { ...r.psi, standardError: Number.NaN } }));
    for (const b of errorBars(read(unknown).figure, 'x')) expect(b.high - b.low).toBeCloseTo(0, 6);
  });
});

describe('psi by window', () => {
  const { figure } = readNamed([exponentsByWindow(rows)], 'controls-windows');
  const windows = [
    [2, SHIFT.short],
    [6, 0],
    [12, SHIFT.long],
  ] as const;
  test.each([
    ['shuffled', 0, COLOURS.blue, 0.97],
    ['replaced', SHIFT.replaced, COLOURS.green, 1.03],
  ] as const)('%s: psi, bars of one standard error, theory', (label, shift, colour, aside) => {
    const psi = windows.map(([T, s]): Point => [T * aside, TRUTH['same-window'].psi + shift + s]);
    expect(offBy(figure, marks(figure, { kind: 'dot', fill: colour }), psi)).toBeLessThan(PIXEL);
    const half = error(0.02);
    expect(ends(errorBars(figure, 'y', { stroke: colour }))).toEqual(
      psi.map(([x, y]) => [x, y - half, y + half].map((v) => expect.closeTo(v, 2))),
    );
    const theory = windows.map(([T, s]): Point => [T * aside, TRUTH['same-window'].theory + (shift + s) / 10]);
    for (const p of theory)
      expect(marks(figure, { kind: 'dot', stroke: COLOURS.muted }).some((m) => offBy(figure, [m], [p]) < PIXEL)).toBe(
        true,
      );
    expect(figure.legend.find((l) => l.label === label)!.colour).toBe(colour);
  });
  test('axes, and psi = 4', () => {
    expect([figure.xLabel, figure.yLabel]).toEqual(['window (epochs)', 'exponent ψ']);
    expect([figure.x.type, figure.y.type]).toEqual(['log', 'linear']);
    expect(marks(figure, { kind: 'rule', dash: '6 4' })[0].y).toBeCloseTo(4, 3);
    expect(marks(figure, { kind: 'dot' }).length).toBe(12); // momentum is left out
    expect(labels(figure)).toEqual(['shuffled', 'replaced', 'theory, single modes', 'ψ = 4']);
  });
  test('two lengths are needed', () => {
    expect((exponentsByWindow(rows.filter((r) => r.epochs === 6)) as Missing).missing).toMatch(/only one length/);
    expect(exponentsByWindow(rows.filter((r) => r.epochs !== 2))).toHaveProperty('svg');
  });
});

describe('clouds of one network', () => {
  const first = cells[0] as BranchResult;
  const { figure, caption } = readNamed([variancesByBasis(cells, MAIN)], 'controls-variance-flatness');

  test.each([
    ['same-window', COLOURS.blue, 'PCA of the same window, ψ = 4.03'],
    ['random-walk', COLOURS.orange, 'walks with H = 0, same window, ψ = 3.85'],
    ['other-window', COLOURS.green, 'PCA of the other half, ψ = 2.17'],
    ['replicas', COLOURS.purple, 'Hessian eigenvectors, drift removed, ψ = 2.81'],
  ] as const)('%s: the directions of the fit, and its line', (basis, colour, label) => {
    const r = first.regimes.find((x) => x.basis === basis && (basis === 'other-window' || x.epochs === MAIN))!;
    const used = r.directions.filter((d) => ![1, 40, 130].includes(d.index));
    expect(used.length).toBe(9);
    expect(
      offBy(
        figure,
        marks(figure, { kind: 'dot', fill: colour }),
        used.map((d) => [d.flatness!, d.variance]),
      ),
    ).toBeLessThan(PIXEL);
    const { exponent, intercept, range } = r.relation;
    const line = range.map((F): Point => [F, 10 ** (intercept.value + exponent.value * lg(F))]);
    expect(offBy(figure, marks(figure, { kind: 'line', stroke: colour })[0], line)).toBeLessThan(PIXEL);
    expect(figure.legend.find((l) => l.label === label)).toMatchObject({ colour });
  });
  test('axes and caption', () => {
    expect([figure.xLabel, figure.yLabel]).toEqual(['flatness F (weight)', 'variance σ^2 (weight^2)']);
    expect(caption).toContain('One network (seed 4), shuffled batches, no momentum, window of 6 epochs.');
  });
  test('need a branch with shuffled batches and no momentum', () => {
    for (const without of [(c: CellResult) => c.cell !== 'shuffled-momentum0', (c: CellResult) => c.kind !== 'branch'])
      expect((variancesByBasis(cells.filter(without), MAIN) as Missing).missing).toMatch(/no branch with shuffled/);
    const none = estimate(Number.NaN, Number.NaN, 0, '');
    const bare = {
      ...first,
      regimes: first.regimes.map((r) => ({ ...r, relation: { ...r.relation, exponent: none } })),
    };
    expect(
      marks(readNamed([variancesByBasis([bare], MAIN)], 'controls-variance-flatness').figure, { kind: 'line' }),
    ).toEqual([]);
    const short = {
      ...first,
      regimes: first.regimes.map((r) => ({ ...r, directions: r.directions.slice(0, r.basis === 'replicas' ? 2 : 3) })),
    };
    const single = { ...first, regimes: first.regimes.filter((r) => r.basis === 'replicas') };
    expect(labels(readNamed([variancesByBasis([single], MAIN)], 'controls-variance-flatness').figure).length).toBe(1);
    // one point makes no cloud
    expect(labels(readNamed([variancesByBasis([short], MAIN)], 'controls-variance-flatness').figure).length).toBe(3);
  });
});

describe('noise against curvature', () => {
  const own = cells.filter((c): c is BranchResult => c.kind === 'branch' && c.cell === 'shuffled-momentum0');
  const hessian = own.map((c) => c.regimes.find((r) => r.basis === 'hessian')!);
  const { figure } = readNamed([noiseAgainstCurvature(cells)], 'controls-noise');

  test('the directions of all seeds, the line of the first, γ over seeds, the crossover', () => {
    const used = hessian.flatMap((r) => r.directions.filter((d) => ![1, 40, 130].includes(d.index)));
    expect(used.length).toBe(27);
    expect(
      offBy(
        figure,
        marks(figure, { kind: 'dot' }),
        used.map((d) => [d.curvature, d.noise]),
      ),
    ).toBeLessThan(PIXEL);
    const { exponent, intercept, range } = hessian[0].noiseLaw;
    const line = range.map((h): Point => [h, 10 ** (intercept.value + exponent.value * lg(h))]);
    const [drawn] = marks(figure, { kind: 'line' });
    expect(offBy(figure, drawn, line)).toBeLessThan(PIXEL);
    expect(lineThrough(figure, drawn).slope).toBeCloseTo(1.455, 2);
    expect(marks(figure, { kind: 'rule' })[0].x / 2.2e-3).toBeCloseTo(1, 2);
    expect(labels(figure)).toEqual([
      'Hessian eigenvectors, 3 seeds',
      expect.stringMatching(/^C ∝ H\^γ, γ = /),
      'crossover of shuffling',
    ]);
    const [gamma] = estimatesIn(labels(figure)[1]);
    expect(gamma.value).toBeCloseTo(1.46, 4);
    expect(gamma.error).toBeCloseTo(error(0.005), 4);
    expect([figure.xLabel, figure.yLabel]).toEqual([
      'curvature H_ii (loss/weight^2)',
      'noise C_ii of a minibatch (loss^2/weight^2)',
    ]);
  });

  test('a crossover outside the frame is left out; one seed is one', () => {
    const far = cells.map((c) =>
      c.kind === 'branch' ? { ...c, regimes: c.regimes.map((r) => ({ ...r, crossover: 50 })) } : c,
    );
    const f = readNamed([noiseAgainstCurvature(far.filter((c) => c.seed === 4))], 'controls-noise').figure;
    expect(marks(f, { kind: 'rule' })).toEqual([]);
    expect(labels(f)).toEqual(['Hessian eigenvectors, 1 seed', 'C ∝ H^γ, γ = 1.46 ± 0.11']);
    expect((noiseAgainstCurvature(cells.filter((c) => c.kind !== 'branch')) as Missing).missing).toMatch(
      /no direction/,
    );
  });
});

describe('the frozen layer', () => {
  const groups = groupRows(cells);
  const values = groups.map((_, k) => k + 1);
  const { figure, caption } = readNamed([closure(groups)], 'controls-closure', { x: { values } });
  const places = (['replaced', 'shuffled', 'small'] as const).flatMap((kind) => [0, 1, 2].map((g) => ({ kind, g })));

  test.each([
    ['raw', 0, COLOURS.muted, 'H and C alone / whole variance'],
    ['drift', 1, COLOURS.orange, 'with descent / whole variance'],
    ['replicas', 2, COLOURS.blue, 'H and C alone / variance between replicas'],
    ['noise-averaged', 3, COLOURS.green, 'C along the trajectory / between replicas'],
  ] as const)('%s in every group, bars of one standard error', (comparison, j, colour, label) => {
    const truth = places.map(({ kind, g }, k) => {
      const mean = RATIOS[kind][comparison][g];
      const [value, spread] = comparison === 'drift' ? [1.1 * mean, 0.03 * mean] : [mean, 0.02 * mean];
      return {
        x: k + 1 + 0.14 * (j - 1.5),
        value: Math.max(0.02, value),
        ring: value < 0.02,
        half: error(spread),
        centre: value,
      };
    });
    const of = (ring: boolean) =>
      marks(figure, {
        kind: 'dot',
        element: 'circle',
        where: (m) => (ring ? m.stroke === colour && m.fill === 'none' : m.fill === colour),
      });
    const points = (ring: boolean) => truth.filter((t) => t.ring === ring).map((t): Point => [t.x, t.value]);
    expect(offBy(figure, of(false), points(false))).toBeLessThan(PIXEL);
    expect(offBy(figure, of(true), points(true))).toBeLessThan(PIXEL);
    const bars = errorBars(figure, 'y', { stroke: colour, dash: '' }).filter((b) =>
      truth.some((t) => Math.abs(t.x - b.at) < 0.01),
    );
    expect(bars.length).toBe(9);
    bars.forEach((b, k) => {
      const t = truth[k];
      const inside = (v: number) => Math.min(figure.domain.y[1], Math.max(figure.domain.y[0], v));
      expect(Math.abs(figure.y.pixel(b.low) - figure.y.pixel(inside(t.centre - t.half)))).toBeLessThan(PIXEL);
      expect(Math.abs(figure.y.pixel(b.high) - figure.y.pixel(inside(t.centre + t.half)))).toBeLessThan(PIXEL);
    });
    // arrows where they reach beyond the frame, and nowhere else
    const [bottom, top] = figure.domain.y;
    const beyond = truth.filter((t) => t.centre - t.half < bottom * 0.999 || t.centre + t.half > top * 1.001);
    const arrows = marks(figure, { kind: 'dot', element: 'path', fill: colour });
    expect(arrows.map((a) => a.x)).toEqual(beyond.map((t) => expect.closeTo(t.x, 2)));
    expect(figure.legend[j]).toMatchObject({ label, colour });
  });

  test('the tolerance, 1, borders between cells, ranks on the axis', () => {
    const { x, y } = extent(marks(figure, { kind: 'rect' })[0]);
    expect([...x, ...y]).toEqual([0.4, 9.6, 0.7, 1.3].map((v) => expect.closeTo(v, 2)));
    const rules = marks(figure, { kind: 'rule' });
    expect(rules.filter((r) => Math.abs(extent(r).x[1] - 9.6) < 0.01).map((r) => r.y)).toEqual([expect.closeTo(1, 3)]);
    const borders = rules.filter(
      (r) =>
        r.stroke === COLOURS.muted && Number.isInteger(Math.round(10 * r.x) / 5) && Math.abs((r.x % 1) - 0.5) < 0.01,
    );
    expect(borders.map((r) => r.x)).toEqual([3.5, 6.5].map((v) => expect.closeTo(v, 2)));
    expect(figure.x.ticks.map((t) => t.label)).toEqual([
      '1–5',
      '6–20',
      '21–60',
      '1–5',
      '6–20',
      '21–60',
      '1–5',
      '6–20',
      '21–60',
    ]);
    expect(figure.xLabel).toBe(
      'Hessian modes by rank of curvature; from left to right replaced, η = 0.1 | shuffled, η = 0.1 | shuffled, η = 0.02',
    );
    expect(figure.yLabel).toBe('predicted / measured');
    expect(labels(figure).at(-1)).toBe('±30 %');
    expect(caption).toContain('Bars are one standard error over 3 seeds.');
    expect(caption).toContain('a ratio below 0.02:');
  });

  it('a border wherever another cell begins, also after a single group', () => {
    const firsts = groups.filter((g) => g.from === 1);
    const f = readNamed([closure(firsts)], 'controls-closure', { x: { values: [1, 2, 3] } }).figure;
    const upright = marks(f, {
      kind: 'rule',
      stroke: COLOURS.muted,
      where: (m) => Math.abs(extent(m).y[1] - f.domain.y[1]) < 1e-3,
    });
    expect(upright.map((m) => m.x)).toEqual([1.5, 2.5].map((v) => expect.closeTo(v, 2)));
  });

  it('a single seed has no bars; ratios that are not positive are no points', () => {
    const one = groupRows(syntheticCells([7]));
    const f = readNamed([closure(one)], 'controls-closure', { x: { values } }).figure;
    for (const b of errorBars(f, 'y', { colour: COLOURS.blue })) expect(b.high / b.low).toBeCloseTo(1, 6);
    const lost = groups.map((g) => ({
      ...g,
      ratios: { ...g.ratios, raw: { ...g.ratios.raw, modes: estimate(Number.NaN, Number.NaN, 0, '') } },
    }));
    expect(
      marks(readNamed([closure(lost)], 'controls-closure', { x: { values } }).figure, {
        kind: 'dot',
        colour: COLOURS.muted,
      }),
    ).toEqual([]);
    expect((closure([]) as Missing).missing).toMatch(/no cells with frozen/);
    expect(FIXED.length * SEEDS.length).toBe(9);
  });
});
