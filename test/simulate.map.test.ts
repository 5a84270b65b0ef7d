/** Maps of `thermograd simulate`, read back: what share of the probability lies inside each region, contours of the loss, arrows of the current. */
import { describe, expect, it } from 'vitest';
import { densityMap } from '../src/experiments/simulate/figures/map.js';
import type { Method, SimulationInput } from '../src/experiments/simulate/measured.js';
import { RAMP } from '../src/report/figures/palette.js';
import { drawn, legendIs, missing, paint } from './support/drawn.js';
import { type FigureReading, type Mark, marks, type Point } from './support/reading.js';
import { bell, LOSS, line, PLANE, plane } from './support/simulate-results.js';

const input = plane();
const [x, y] = input.facts.centres.map((c) => [...c]);
const map = (method: Method, of: SimulationInput = input) =>
  densityMap(of, of.methods.find((m) => m.summary.method === method)!);
const P = (method: Method, a: number, b: number) =>
  bell(a, PLANE[method][0], PLANE[method][1]) * bell(b, PLANE[method][2], PLANE[method][3]);
const regions = (figure: FigureReading): Mark[] => marks(figure, { kind: 'contour', where: (m) => m.fill !== 'none' });

/** Is the place inside an odd number of rings? */
function inside({ pieces }: Mark, [px, py]: Point): boolean {
  let odd = false;
  for (const ring of pieces)
    ring.forEach(([ax, ay], k) => {
      const [bx, by] = ring[(k + 1) % ring.length];
      if (ay > py !== by > py && px < ax + ((py - ay) / (by - ay)) * (bx - ax)) odd = !odd;
    });
  return odd;
}

/** Probability of the cells whose middle lies inside. */
const mass = (region: Mark, method: Method) =>
  y.reduce(
    (sum, b) => sum + x.reduce((s, a) => s + (inside(region, [a, b]) ? P(method, a, b) * 0.03 * 0.05 : 0), 0),
    0,
  );

describe('regions of highest density', () => {
  it.each(['adiabatic', 'fokker-planck'] as const)(
    'of %s hold 95, 80, 60, 40 and 20 % of the probability',
    (method) => {
      const { figure, caption } = drawn(map(method));
      const shown = regions(figure);
      expect(shown.map((r) => r.fill)).toEqual([RAMP[1], RAMP[3], RAMP[5], RAMP[7], RAMP[9]]);
      [0.95, 0.8, 0.6, 0.4, 0.2].forEach((share, k) => {
        // cells on the rim count as a whole
        expect(Math.abs(mass(shown[k], method) - share), `${share}`).toBeLessThan(0.015);
      });
      expect(caption).toMatch(/95, 80, 60, 40 and 20 %/);
      expect(caption).not.toMatch(/wider cells/);
      expect(figure.legend[0].label).toBe('probability inside (%)');
      expect(figure.legend[0].steps).toEqual(shown.map((r) => r.fill));
      expect(figure.legend[0].ticks).toEqual(
        [95, 80, 60, 40, 20].map((n, k) => ({ label: String(n), at: expect.closeTo((k + 0.5) / 5, 3) })),
      );
    },
  );

  it('of sampled densities: the same, in wider cells', () => {
    const { figure, caption } = drawn(map('sgd'));
    const shown = regions(figure);
    [0.95, 0.8, 0.6, 0.4, 0.2].forEach((share, k) => {
      expect(Math.abs(mass(shown[k], 'sgd') - share), `${share}`).toBeLessThan(0.05);
    });
    expect(caption).toMatch(/wider cells/);
    // a bell's region of share s reaches √(−2 ln(1 − s)) deviations from its middle
    const [mx, sx, my, sy] = PLANE.sgd;
    const reach = Math.sqrt(-2 * Math.log(0.4));
    const xs = shown[2].points.map((p) => p[0]);
    const ys = shown[2].points.map((p) => p[1]);
    expect(Math.abs(Math.max(...xs) - (mx + reach * sx))).toBeLessThan(0.04);
    expect(Math.abs(Math.min(...xs) - (mx - reach * sx))).toBeLessThan(0.04);
    expect(Math.abs(Math.max(...ys) - (my + reach * sy))).toBeLessThan(0.04);
    expect(Math.abs(Math.min(...ys) - (my - reach * sy))).toBeLessThan(0.04);
  });

  it('lie where they are, also where the cells do not go into the wider ones', () => {
    const uneven = (cells: number) => {
      const centres = Float64Array.from({ length: cells }, (_, k) => -1.6 + ((k + 0.5) * 3.96) / cells);
      const values = Float64Array.from(y.flatMap((b) => [...centres].map((a) => P('sgd', a, b))));
      const sgd = input.methods[2];
      const only = {
        ...sgd,
        arrays: {
          ...sgd.arrays,
          density: { shape: [60, cells], data: values },
          marginal_x: { shape: [cells], data: centres.map((a) => bell(a, PLANE.sgd[0], PLANE.sgd[1])) },
        },
      };
      return drawn(
        densityMap({ facts: { ...input.facts, centres: [centres, input.facts.centres[1]] }, methods: [only] }, only),
      ).figure;
    };
    const right = (figure: FigureReading) => Math.max(...regions(figure)[0].points.map((p) => p[0]));
    const reach = PLANE.sgd[0] + Math.sqrt(-2 * Math.log(0.05)) * PLANE.sgd[1];
    // 90 = 30·3, 119 = 39·3 + 2
    expect(Math.abs(right(uneven(90)) - reach)).toBeLessThan(0.03);
    expect(Math.abs(right(uneven(119)) - reach)).toBeLessThan(0.03);
  });
});

describe('contours of the loss', () => {
  it('at six levels that crowd near its minimum', () => {
    const { figure } = drawn(map('adiabatic'));
    const all = y.flatMap((b) => x.map((a) => LOSS(a, b)));
    const [lowest, middle] = [Math.min(...all), [...all].sort((a, b) => a - b)[Math.floor(0.6 * all.length)]];
    const levels = [0.06, 0.14, 0.28, 0.5, 0.8, 1.2].map((t) => lowest + 2 * t * t * (middle - lowest));
    const contours = marks(figure, { kind: 'contour', fill: 'none', stroke: paint(figure, /contours/) });
    expect(contours).toHaveLength(6);
    contours.forEach((c, k) => {
      // straight pieces between places on the contour: a cell of 0.06 by 0.05 changes L by less than this
      const open = c.points.filter(([a, b]) => a > -1.5 && a < 2.3 && b > -1.4 && b < 1.4);
      // the outermost lies beyond the grid
      expect(open.length).toBeGreaterThan(k === 5 ? -1 : 15);
      for (const [a, b] of open)
        expect(Math.abs(LOSS(a, b) - levels[k]), `level ${k}`).toBeLessThan(0.02 + 0.01 * levels[k]);
    });
  });

  it('are left out where there is no loss', () => {
    const { loss: _, ...facts } = input.facts;
    const { figure } = drawn(map('adiabatic', { ...input, facts }));
    expect(figure.legend).toHaveLength(1);
    expect(marks(figure, { kind: 'contour', fill: 'none' })).toHaveLength(0);
  });
});

describe('arrows of the current', () => {
  const { figure, caption } = drawn(map('fokker-planck'));
  const arrows = marks(figure, { kind: 'arrow' });
  const [wx, wy] = [(figure.domain.x[1] - figure.domain.x[0]) / 14, (figure.domain.y[1] - figure.domain.y[0]) / 14];
  const middle = (a: Mark): Point => {
    const [from, to] = [a.pieces[0][0], a.pieces[0].at(-1)!];
    return [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
  };

  it('stand in the middles of 14×14 fields of the frame', () => {
    expect(arrows.length).toBeGreaterThan(60);
    for (const a of arrows) {
      const [cx, cy] = middle(a);
      for (const [at, from, w] of [
        [cx, figure.domain.x[0], wx],
        [cy, figure.domain.y[0], wy],
      ]) {
        const k = (at - from) / w - 0.5;
        expect(Math.abs(k - Math.round(k))).toBeLessThan(0.01);
      }
    }
    legendIs(figure, /probability/, /contours/, /current/);
    expect(caption).toMatch(/Arrows/);
  });

  it('point along the current at the nearest cell, as long as the root of its size in fields, the longest nine tenths', () => {
    const [mx, , my] = PLANE['fokker-planck'];
    const nearest = (centres: readonly number[], v: number) =>
      centres.reduce((best, c) => (Math.abs(c - v) < Math.abs(best - v) ? c : best));
    const current = (a: Mark) => {
      const [cx, cy] = middle(a);
      const [px, py] = [nearest(x, cx), nearest(y, cy)];
      const p = P('fokker-planck', px, py);
      return [(-(py - my) * p) / wx, (0.5 * (px - mx) * p) / wy];
    };
    const drawnAs = arrows.map((a) => {
      const [from, to] = [a.pieces[0][0], a.pieces[0].at(-1)!];
      return { d: [(to[0] - from[0]) / wx, (to[1] - from[1]) / wy], j: current(a) };
    });
    const strongest = Math.max(...drawnAs.map(({ j }) => Math.hypot(j[0], j[1])));
    for (const { d, j } of drawnAs) {
      const [length, size] = [Math.hypot(d[0], d[1]), Math.hypot(j[0], j[1])];
      expect(length).toBeCloseTo(0.9 * Math.sqrt(size / strongest), 2);
      expect((d[0] * j[0] + d[1] * j[1]) / (length * size)).toBeGreaterThan(0.999);
      expect(length).toBeGreaterThan(0.149);
    }
    expect(Math.max(...drawnAs.map(({ d }) => Math.hypot(d[0], d[1])))).toBeCloseTo(0.9, 2);
    // none where the density is below a hundredth of its top
    const top = P('fokker-planck', mx, my);
    for (const a of arrows) expect(P('fokker-planck', ...middle(a)) / top).toBeGreaterThan(0.007);
  });

  /** The made-up density with its current times a factor. */
  const scaled = (factor: number) => {
    const fp = input.methods[1];
    const times = (name: string) => ({ ...fp.arrays[name], data: fp.arrays[name].data.map((v) => factor * v) });
    const arrays = { ...fp.arrays, current_x: times('current_x'), current_y: times('current_y') };
    return drawn(densityMap(input, { ...fp, arrays }));
  };

  it('are left out where the current, in fields of the frame, is a hundred-millionth of the density: rounding', () => {
    const { density, current_x: jx, current_y: jy } = input.methods[1].arrays;
    const top = Math.max(...density.data);
    const strongest = Math.max(...[...jx.data].map((u, k) => Math.hypot(u / wx, jy.data[k] / wy)));
    // no field's middle need lie on the strongest cell
    expect(marks(scaled((1.1e-8 * top) / strongest).figure, { kind: 'arrow' })).toHaveLength(arrows.length);
    const none = scaled((0.99e-8 * top) / strongest);
    expect(marks(none.figure, { kind: 'arrow' })).toHaveLength(0);
    expect(none.caption).not.toMatch(/Arrows/);
    legendIs(none.figure, /probability/, /contours/);
    expect(marks(drawn(map('adiabatic')).figure, { kind: 'arrow' })).toHaveLength(0);
  });

  it('fill the frame where the density does', () => {
    const [nx, ny] = [40, 40];
    const flat = (value: number, n = nx * ny) => new Float64Array(n).fill(value);
    const centres = Float64Array.from({ length: 40 }, (_, k) => (k + 0.5) / 40);
    const fp = input.methods[1];
    const arrays = { density: { shape: [ny, nx], data: flat(1) }, marginal_x: { shape: [nx], data: flat(1, nx) }, marginal_y: { shape: [ny], data: flat(1, ny) }, current_x: { shape: [ny, nx], data: flat(2) }, current_y: { shape: [ny, nx], data: flat(0) } }; // biome-ignore format: one line
    const { loss: _, ...facts } = { ...input.facts, centres: [centres, centres] };
    // a method that left nothing does not matter
    const methods = [
      { ...fp, arrays },
      { ...input.methods[0], arrays: {} },
    ];
    const { figure: full } = drawn(densityMap({ facts, methods }, methods[0]));
    const all = marks(full, { kind: 'arrow' });
    expect(all).toHaveLength(14 * 14);
    const [low, high] = full.domain.y;
    const ys = [...new Set(all.map((a) => Math.round((14 * (middle(a)[1] - low)) / (high - low) - 0.5)))];
    expect(ys.sort((a, b) => a - b)).toEqual(Array.from({ length: 14 }, (_, k) => k));
  });
});

describe('the frame', () => {
  it('is the same for all maps: where any method has more than 2‰ of its highest marginal', () => {
    const figures = (['adiabatic', 'fokker-planck', 'sgd'] as const).map((m) => drawn(map(m)).figure);
    for (const f of figures) expect([f.domain, f.xLabel, f.yLabel]).toEqual([figures[0].domain, 'x', 'y']);
    // e^{−z²/2} = 0.002 at z = 3.5255; the centres of cells of 0.03 and 0.05 inside, and 6 % more on both sides, but not past the grid
    const z = Math.sqrt(-2 * Math.log(0.002));
    const low = Math.min(...Object.values(PLANE).map(([mx, sx]) => mx - z * sx));
    const high = Math.max(...Object.values(PLANE).map(([mx, sx]) => mx + z * sx));
    const pad = 0.06 * (high - low);
    expect(Math.abs(figures[0].domain.x[0] - (low - pad))).toBeLessThan(0.04);
    expect(Math.abs(figures[0].domain.x[1] - (high + pad))).toBeLessThan(0.04);
    const [yLow, yHigh] = figures[0].domain.y;
    const wanted = Math.min(...Object.values(PLANE).map(([, , my, sy]) => my - z * sy));
    const wantedHigh = Math.max(...Object.values(PLANE).map(([, , my, sy]) => my + z * sy));
    const yPad = 0.06 * (wantedHigh - wanted);
    expect(Math.abs(yLow - Math.max(-1.475, wanted - yPad))).toBeLessThan(0.06);
    expect(Math.abs(yHigh - Math.min(1.475, wantedHigh + yPad))).toBeLessThan(0.06);
  });

  it('is not drawn for a line, or for a method that counted the marginals alone', () => {
    expect(missing(map('fokker-planck', line()))).toMatch(/one coordinate/);
    expect(missing(map('langevin'))).toMatch(/^Langevin has no density/);
  });
});
