/** Curves of `thermograd simulate`, read back from their marks: densities of one coordinate, snapshots, paths, means, survival. */
import { describe, expect, it } from 'vitest';
import { densityLines, snapshotLines } from '../src/experiments/simulate/figures/lines.js';
import { meansFigure, pathsFigure, survivalFigure } from '../src/experiments/simulate/figures/time.js';
import type { Method, SimulationInput } from '../src/experiments/simulate/measured.js';
import { RAMP } from '../src/report/figures/palette.js';
import { drawn, framed, legendIs, missing, paint } from './support/drawn.js';
import { errorBars, type FigureReading, type Mark, marks, offBy, type Point } from './support/reading.js';
import { bell, LABELS, line, PLANE, plane, planeInTime } from './support/simulate-results.js';

/** Rounding to hundredths of a pixel. */
const EXACT = 0.05;
/** How each method is drawn: computed ones as lines, sampled ones as dots. */
const LOOK: Readonly<Record<Method, Parameters<typeof marks>[1]>> = {
  adiabatic: { kind: 'line', dash: '6 4' },
  'fokker-planck': { kind: 'line', dash: '' },
  sgd: { kind: 'dot', stroke: 'none' },
  langevin: { kind: 'dot', fill: 'none' },
};
const own = (figure: FigureReading, method: Method, label = LABELS[method]): Mark[] =>
  marks(figure, { ...LOOK[method], colour: paint(figure, label) });
const within = (figure: FigureReading, points: readonly Point[]): Point[] =>
  points.filter(([x]) => x >= figure.domain.x[0] && x <= figure.domain.x[1]);
/** Means of neighbours, two by two. */
const pairs = (points: readonly Point[]): Point[] =>
  points.flatMap(([x, y], k) =>
    k % 2 === 0 ? [[(x + points[k + 1][0]) / 2, (y + points[k + 1][1]) / 2] as Point] : [],
  );

describe('densities of one coordinate', () => {
  const input = plane();
  const [x, y] = input.facts.centres.map((c) => [...c]);
  const ALL: readonly Method[] = ['adiabatic', 'fokker-planck', 'sgd', 'langevin'];

  it.each([
    ['marginal_x', x, ALL, (m: Method, a: number) => bell(a, PLANE[m][0], PLANE[m][1]), 2],
    ['marginal_y', y, ALL, (m: Method, b: number) => bell(b, PLANE[m][2], PLANE[m][3]), 1],
    [
      'floor',
      x,
      ['adiabatic', 'sgd'] as const,
      (m: Method, a: number) => bell(a, PLANE[m][0] + 0.1, PLANE[m][1] / 2),
      2,
    ],
  ] as const)(
    '%s: each cell of computed ones, neighbouring cells of sampled ones joined',
    (which, centres, methods, P, group) => {
      const { figure, caption } = drawn(densityLines(input, which));
      legendIs(figure, ...methods.map((m) => LABELS[m]));
      for (const m of methods) {
        const points = centres.map((c): Point => [c, P(m, c)]);
        const sampled = m === 'sgd' || m === 'langevin';
        const shown = within(figure, sampled && group === 2 ? pairs(points) : points);
        expect(offBy(figure, own(figure, m), shown), m).toBeLessThan(EXACT);
        expect(shown.length).toBeGreaterThan(20);
      }
      // all that is above a thousandth of the highest, and a little more
      const all = methods.flatMap((m) => centres.map((c): Point => [c, P(m, c)]));
      const top = Math.max(...all.map((p) => p[1]));
      const seen = all.filter((p) => p[1] > 1.2e-3 * top);
      framed(figure, seen);
      expect(figure.xLabel).toBe(which === 'marginal_y' ? 'y' : 'x');
      expect(figure.yLabel).toMatch(
        { marginal_x: /density of x$/, marginal_y: /density of y$/, floor: /y = 0/ }[which],
      );
      expect(caption).toMatch(/joined/);
    },
  );

  it('of a line, in units where it has some; named where no method has it', () => {
    const { figure, title } = drawn(densityLines(line(), 'marginal_x'));
    legendIs(figure, 'Fokker-Planck', 'SGD', 'Langevin');
    expect(figure.xLabel).toMatch(/^x \(.*0\.25\)$/);
    expect(title).toBe('Density');
    expect(
      offBy(
        figure,
        own(figure, 'fokker-planck'),
        within(
          figure,
          [...line().facts.centres[0]].map((c): Point => [c, 0.3456 * bell(c, 0.2, 0.5)]),
        ),
      ),
    ).toBeLessThan(EXACT);
    expect(missing(densityLines(line(), 'floor'))).toMatch(/no method/);
    // nothing is joined where nothing was sampled
    const computed = { ...plane(), methods: plane().methods.slice(0, 2) };
    expect(drawn(densityLines(computed, 'marginal_x')).caption).not.toMatch(/joined/);
  });
});

describe('snapshots', () => {
  const input = line();
  const x = [...input.facts.centres[0]];

  it('of what is left, each normalised, as high as the frame allows', () => {
    const { figure, caption } = drawn(snapshotLines(input));
    legendIs(figure, 't = 0.5', 't = 2', 't = 8');
    const colours = [RAMP[1], RAMP[5], RAMP[8]];
    expect(figure.legend.map((l) => l.colour)).toEqual(colours);
    const lines = [0, 1, 2].map((s) => {
      const P = x.map((a) => bell(a, 0.1 * s, [0.04, 0.2, 0.5][s]));
      const mass = P.reduce((sum, p) => sum + p * 0.04, 0);
      return x.map((a, k): Point => [a, P[k] / mass]);
    });
    lines.forEach((points, k) => {
      const curve = marks(figure, { kind: 'line', stroke: colours[k] });
      expect(offBy(figure, curve, within(figure, points)), `t ${k}`).toBeLessThan(EXACT);
    });
    // the first is higher than three times the lowest, and than the frame
    const lowest = Math.max(...lines[2].map((p) => p[1]));
    expect(figure.domain.y[1] / (3 * lowest)).toBeGreaterThan(1);
    expect(figure.domain.y[1] / (3 * lowest)).toBeLessThan(1.15);
    expect(caption).toMatch(/Fokker-Planck.*left.*beyond the frame/);
    const wide = lines[2].filter((p) => p[1] > 0.01 * lowest);
    framed(figure, wide, ['x']);
  });

  it('of a line where nothing is absorbed: as they are', () => {
    const { figure } = drawn(snapshotLines({ ...input, facts: { ...input.facts, absorbing: false } }));
    const last = x.map((a): Point => [a, 0.3456 * bell(a, 0.2, 0.5)]);
    expect(offBy(figure, marks(figure, { kind: 'line', stroke: RAMP[8] }), within(figure, last))).toBeLessThan(EXACT);
  });

  it('of a plane: the marginal of x, sums over y times their width', () => {
    const { figure, caption } = drawn(snapshotLines(planeInTime()));
    const centres = [...planeInTime().facts.centres[0]];
    const across = [...planeInTime().facts.centres[1]].reduce((sum, b) => sum + bell(b, 0, 0.25) * 0.1, 0);
    expect(across).toBeCloseTo(1, 3);
    [RAMP[2], RAMP[7]].forEach((colour, s) => {
      const points = centres.map((a): Point => [a, across * bell(a, 0.2 * s, 0.3 + 0.1 * s)]);
      const curve = marks(figure, { kind: 'line', stroke: colour });
      expect(offBy(figure, curve, within(figure, points))).toBeLessThan(EXACT);
    });
    const top = bell(0, 0, 0.3);
    expect(figure.domain.y[1] / top).toBeGreaterThan(1);
    expect(figure.domain.y[1] / top).toBeLessThan(1.15);
    expect(caption).not.toMatch(/left|higher/);
    expect(figure.yLabel).toMatch(/density of x/);
    expect(missing(snapshotLines(plane()))).toMatch(/no snapshots/);
  });
});

describe('in time', () => {
  it('paths: the first coordinate of each walker at its times', () => {
    const input = plane();
    const { figure, caption } = drawn(pathsFigure(input));
    const { data } = input.methods[2].arrays.paths;
    const times = [0, 1, 2.5, 6];
    [RAMP[1], RAMP[5], RAMP[8]].forEach((colour, w) => {
      const path = times.map((t, p): Point => [t, data[8 * w + 2 * p]]);
      expect(offBy(figure, marks(figure, { kind: 'line', stroke: colour }), path)).toBeLessThan(EXACT);
    });
    expect(caption).toMatch(/^3 walkers of SGD, at 4 /);
    expect(figure.legend.map((l) => l.label)).toEqual(['3 walkers of SGD']);
    framed(
      figure,
      [0, 1, 2].flatMap((w) => times.map((t, p): Point => [t, data[8 * w + 2 * p]])),
      ['y'],
    );
    expect(figure.xLabel).toMatch(/\(η·steps\)/);
    expect(missing(pathsFigure(line()))).toMatch(/no method/);
  });

  const input = line();
  const of = (method: Method, name: string) => [
    ...input.methods.find((m) => m.summary.method === method)!.arrays[name].data,
  ];
  const series = (method: Method, name: string) => [1, 2, 4, 8].map((t, k): Point => [t, of(method, name)[k]]);

  it('means: with one standard error where there is one', () => {
    const { figure, caption } = drawn(meansFigure(input));
    legendIs(figure, 'Fokker-Planck', 'SGD', 'Langevin');
    const all: Point[] = [];
    for (const method of ['fokker-planck', 'sgd', 'langevin'] as const) {
      const points = series(method, 'mean')
        .map((p, k) => ({ p, k }))
        .filter(({ p }) => !Number.isNaN(p[1]));
      expect(
        offBy(
          figure,
          own(figure, method),
          points.map(({ p }) => p),
        ),
        method,
      ).toBeLessThan(EXACT);
      const bars = errorBars(figure, 'y', { stroke: paint(figure, LABELS[method]) });
      expect(bars).toHaveLength(method === 'fokker-planck' ? 0 : points.length);
      bars.forEach((b, i) => {
        const { p, k } = points[i];
        const e = of(method, 'mean_error')[k];
        expect(
          offBy(figure, b.mark, [
            [p[0], p[1] - e],
            [p[0], p[1] + e],
          ]),
        ).toBeLessThan(EXACT);
        all.push([p[0], p[1] - e], [p[0], p[1] + e]);
      });
      all.push(...points.map(({ p }) => p));
    }
    framed(figure, all);
    expect(figure.domain.x[0]).toBeLessThan(0);
    expect(figure.xLabel).toMatch(/^time \(.*12\.5 η·steps\)/);
    expect(figure.yLabel).toMatch(/mean of x \(.*0\.25\)/);
    expect(caption).toMatch(/absorbed.*one standard error/);
    expect(missing(meansFigure(plane()))).toMatch(/stationary/);
  });

  it('means in a plane are those of x alone', () => {
    const moving = planeInTime();
    const { data } = moving.methods[0].arrays.mean;
    const { figure, caption } = drawn(meansFigure(moving), { x: { type: 'linear' } });
    expect(
      offBy(figure, marks(figure, { kind: 'line' }), [
        [1, data[0]],
        [3, data[2]],
      ]),
    ).toBeLessThan(EXACT);
    expect(caption).not.toMatch(/absorbed/);
  });

  it('survival: on a logarithmic scale, as long as something is left', () => {
    const { figure } = drawn(survivalFigure(input), { y: { type: 'log' } });
    legendIs(figure, 'Fokker-Planck', 'SGD', 'Langevin');
    for (const method of ['fokker-planck', 'sgd', 'langevin'] as const) {
      const points = series(method, 'survival').slice(0, method === 'langevin' ? 3 : 4);
      expect(offBy(figure, own(figure, method), points), method).toBeLessThan(EXACT);
    }
    expect([figure.x.type, figure.y.type]).toEqual(['linear', 'log']);
    framed(figure, [...series('fokker-planck', 'survival'), ...series('sgd', 'survival')]);
    expect(missing(survivalFigure(plane()))).toMatch(/nothing is absorbed/);
  });

  it('each method keeps its colour from figure to figure', () => {
    const figures = [densityLines(input, 'marginal_x'), meansFigure(input), survivalFigure(input)].map((f) =>
      drawn(f, { y: {} }),
    );
    for (const label of ['Fokker-Planck', 'SGD', 'Langevin'])
      expect(new Set(figures.map((f) => paint(f.figure, label))).size, label).toBe(1);
    const colours = new Set(['Fokker-Planck', 'SGD', 'Langevin'].map((l) => paint(figures[0].figure, l)));
    expect(colours.size).toBe(3);
    const joined: SimulationInput = plane();
    expect(paint(drawn(densityLines(joined, 'marginal_x')).figure, 'SGD')).toBe(paint(figures[0].figure, 'SGD'));
  });
});
