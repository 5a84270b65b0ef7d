/** What the figures of potential, densities and the way to the flat end show, read back from their marks: made-up numbers, none alike. */
import { describe, expect, it } from 'vitest';
import { convergenceFigure } from '../src/experiments/valley2023/figures/convergence.js';
import { densitiesFigure, finiteSteps } from '../src/experiments/valley2023/figures/densities.js';
import { effectivePotential, potentialSlopes } from '../src/experiments/valley2023/figures/potential.js';
import type { ConvergenceRow, PotentialCase } from '../src/experiments/valley2023/measured.js';
import { RAMP } from '../src/report/figures/palette.js';
import { drawn, framed, legendIs, missing, paint, spans } from './support/drawn.js';
import { errorBars, marks, offBy, type Point } from './support/reading.js';
import { CURVE, unlikeValley } from './support/valley-unlike.js';

const m = unlikeValley();
/** Rounding to hundredths of a pixel. */
const EXACT = 0.05;

describe('the effective potential', () => {
  const { potential } = m;
  // of the smallest D_x, by rising kappa: the fifth, third and second of the made-up cases
  const cases = [potential.cases[2], potential.cases[4], potential.cases[1]];
  const middle = 20;
  const colours = [RAMP[0], RAMP[5], RAMP[9]];

  it.each([
    ['floor', (c: PotentialCase) => c.curve.floor, (kappa: number) => 1 - kappa, /\(1 − κ\) ln F/, '−ln P(x, 0)'],
    ['marginal', (c: PotentialCase) => c.curve.marginal, (kappa: number) => -kappa, /^−κ ln F/, '−ln P(x)'],
  ] as const)('%s: −ln P against ln F, and the power of F that theory gives it', (which, of, power, law, label) => {
    const { figure, caption } = drawn(effectivePotential(potential, which));
    expect(cases.map((c) => [c.diffusion, c.anisotropy])).toEqual([[0.001, 0.5], [0.001, 1], [0.001, 4]]); // biome-ignore format: one line
    legendIs(figure, 'κ = 0.5', 'κ = 1', 'κ = 4', law);
    expect(figure.legend.slice(0, 3).map((l) => l.colour)).toEqual(colours);
    const all: Point[] = [];
    cases.forEach((c, k) => {
      const { logFlatness: f } = c.curve;
      const measured = of(c).map((v, i): Point => [f[i] - f[0], v - of(c)[middle]]);
      // every second of 41 points
      const shown = measured.filter((_, i) => i % 2 === 0);
      expect(
        offBy(figure, marks(figure, { kind: 'dot', fill: colours[k] }), shown),
        `kappa ${c.anisotropy}`,
      ).toBeLessThan(EXACT);
      const lines = marks(figure, { kind: 'line', stroke: paint(figure, law) });
      const straight = f.map((v): Point => [v - f[0], power(c.anisotropy) * (v - f[middle])]);
      expect(offBy(figure, lines[k], straight)).toBeLessThan(EXACT);
      all.push(...measured, ...straight);
    });
    expect(f0(cases[0])).toHaveLength(CURVE);
    framed(figure, all);
    expect([figure.x.type, figure.y.type]).toEqual(['linear', 'linear']);
    expect(figure.xLabel).toMatch(/^ln F − ln F/);
    expect(figure.yLabel).toBe(label);
    expect(caption).toContain('D_x = 0.001');
  });
  const f0 = (c: PotentialCase) => c.curve.logFlatness;

  it('slopes: what is measured minus 1 − kappa, against the separation parameter', () => {
    const { figure } = drawn(potentialSlopes(potential));
    const grid = potential.cases.map((c) => ({
      kappa: c.anisotropy,
      at: [c.separation, c.slopes.find((s) => s.method === 'fokker-planck')!.floor.value - (1 - c.anisotropy)] as Point,
    }));
    expect(
      offBy(
        figure,
        marks(figure, { kind: 'dot' }),
        grid.map((g) => g.at),
      ),
    ).toBeLessThan(EXACT);
    const kappas = [0.5, 1, 4];
    kappas.forEach((kappa, k) => {
      const own = grid.filter((g) => g.kappa === kappa).map((g) => g.at);
      const colour = RAMP[[0, 5, 9][k]];
      expect(paint(figure, `κ = ${kappa}`)).toBe(colour);
      expect(offBy(figure, marks(figure, { kind: 'dot', fill: colour }), own)).toBeLessThan(EXACT);
      const lines = marks(figure, { kind: 'line', stroke: colour });
      expect(
        offBy(
          figure,
          lines,
          [...own].sort((a, b) => a[0] - b[0]),
        ),
      ).toBeLessThan(EXACT);
    });
    const [zero] = marks(figure, { kind: 'rule', dash: '6 4' });
    expect([zero.points[0][1], zero.points[1][1]].every((y) => Math.abs(y) < 0.005)).toBe(true);
    expect(zero.stroke).toBe(paint(figure, /eq. 7/));
    // also the line of the law lies inside
    framed(figure, [...grid.map((g) => g.at), [grid[0].at[0], 0]]);
    expect([figure.x.type, figure.y.type]).toEqual(['log', 'linear']);
    expect(figure.xLabel).toContain('λ′^2D_y^2/(4λ^3D_x)');
    expect(figure.yLabel).toContain('− (1 − κ)');
  });

  it('is named where it cannot be drawn', () => {
    expect(missing(effectivePotential({ ...potential, cases: [] }, 'floor'))).toMatch(/no valley/);
    expect(missing(potentialSlopes({ ...potential, cases: potential.cases.slice(0, 1) }))).toMatch(/only one pair/);
    expect(
      missing(potentialSlopes({ ...potential, cases: potential.cases.map((c) => ({ ...c, separation: 0 })) })),
    ).toMatch(/only one/);
    // one kappa has the first colour of the ramp
    const one = drawn(effectivePotential({ ...potential, cases: [potential.cases[1]] }, 'floor')).figure;
    expect(paint(one, 'κ = 4')).toBe(RAMP[0]);
  });
});

describe('the densities', () => {
  const { densities } = m;
  const centres = [0.05, 0.175, 0.3, 0.425, 0.6, 0.85];
  const LOOK = [
    ['fokker-planck', /Fokker-Planck/, { kind: 'line', dash: '' }],
    ['adiabatic', /adiabatic/, { kind: 'line', dash: '6 4' }],
    ['langevin', /Langevin/, { kind: 'dot', fill: 'none' }],
    ['sgd', /SGD/, { kind: 'dot', stroke: 'none' }],
  ] as const;

  it.each(['marginal', 'floor'] as const)('%s: of four methods, at the middle of each bin', (which) => {
    const { figure, caption } = drawn(densitiesFigure(densities, which));
    legendIs(figure, ...LOOK.map(([, label]) => label), /lowest/);
    for (const [source, label, look] of LOOK) {
      const values = densities.densities.find((d) => d.source === source)![which];
      const own = marks(figure, { ...look, colour: paint(figure, label) });
      expect(
        offBy(
          figure,
          own,
          values.map((p, k): Point => [centres[k], p]),
        ),
        source,
      ).toBeLessThan(EXACT);
    }
    expect(marks(figure, { kind: 'dot' })).toHaveLength(12);
    expect(marks(figure, { kind: 'line' })).toHaveLength(2);
    const [lowest] = marks(figure, { kind: 'rule', stroke: paint(figure, /lowest/) });
    expect(lowest.x).toBeCloseTo(0.42, 3);
    // from the first edge to the last, and up to a little above the highest
    const top = Math.max(...densities.densities.flatMap((d) => d[which]));
    spans(figure, 'x', 0, 1);
    spans(figure, 'y', 0, 1.08 * top);
    expect(figure.yLabel).toMatch(which === 'floor' ? /^P\(x, 0\)/ : /^P\(x\)/);
    for (const number of ['D_x = 0.004', 'κ = 4', 'η = 0.01']) expect(caption).toContain(number);
  });

  it('⟨x⟩ of the map leaves the continuous theory: measured with one standard error, and both theories', () => {
    const { figure } = drawn(finiteSteps(densities));
    const at = (of: (s: (typeof densities.steps)[number]) => number) =>
      densities.steps.map((s): Point => [s.sharpest, of(s)]);
    const dots = marks(figure, { kind: 'dot', fill: paint(figure, /SGD/) });
    expect(
      offBy(
        figure,
        dots,
        at((s) => s.meanX.value),
      ),
    ).toBeLessThan(EXACT);
    const bars = errorBars(figure, 'y', { stroke: paint(figure, /SGD/) });
    bars.forEach((b, k) => {
      const { sharpest, meanX } = densities.steps[k];
      const ends: Point[] = [[sharpest, meanX.value - meanX.standardError], [sharpest, meanX.value + meanX.standardError]]; // biome-ignore format: one line
      expect(offBy(figure, b.mark, ends)).toBeLessThan(EXACT);
    });
    expect(bars).toHaveLength(3);
    const [finite] = marks(figure, { kind: 'line', stroke: paint(figure, /finite/) });
    expect(
      offBy(
        figure,
        finite,
        at((s) => s.finiteStepX),
      ),
    ).toBeLessThan(EXACT);
    const [continuous] = marks(figure, { kind: 'line', stroke: paint(figure, /continuous/), dash: '6 4' });
    expect(
      offBy(
        figure,
        continuous,
        at((s) => s.continuousX),
      ),
    ).toBeLessThan(EXACT);
    // stable below eta·lambda = 2
    spans(figure, 'x', 0, 2);
    framed(figure, [...at((s) => s.finiteStepX), ...at((s) => s.continuousX)], ['y']);
    expect(figure.xLabel).toMatch(/^ηλ/);
    expect(figure.yLabel).toBe('⟨x⟩');
  });

  it('are named where they cannot be drawn', () => {
    expect(missing(densitiesFigure({ ...densities, densities: [] }, 'floor'))).toMatch(/no density/);
    expect(missing(finiteSteps({ ...densities, steps: densities.steps.slice(0, 1) }))).toMatch(/one learning rate/);
    expect(
      drawn(finiteSteps({ ...densities, steps: densities.steps.slice(0, 2) })).figure.marks.length,
    ).toBeGreaterThan(0);
  });
});

describe('the way to the flat end', () => {
  const { convergence } = m;
  const rows = (kind: string) => convergence.rows.filter((r) => r.noise === kind);
  /** Of these at least half arrive. */
  const shown = (kind: string) =>
    rows(kind).filter((r) => r.strength !== 16 && !(kind === 'curvature' && r.strength === 8));

  const check = (kinds: readonly ConvergenceRow['noise'][], names: Record<string, RegExp>) => {
    const { figure, caption } = drawn(convergenceFigure(convergence, kinds));
    for (const kind of kinds) {
      const colour = paint(figure, names[kind]);
      const own = shown(kind);
      const dots = marks(figure, { kind: 'dot', fill: colour });
      expect(
        offBy(
          figure,
          dots,
          own.map((r): Point => [r.strength, r.steps.value]),
        ),
        kind,
      ).toBeLessThan(EXACT);
      const bars = errorBars(figure, 'y', { stroke: colour });
      expect(bars).toHaveLength(own.length);
      bars.forEach((b, k) => {
        const { value, standardError } = own[k].steps;
        const ends: Point[] = [[own[k].strength, value - standardError], [own[k].strength, value + standardError]]; // biome-ignore format: one line
        expect(offBy(figure, b.mark, ends)).toBeLessThan(EXACT);
      });
    }
    const finite = (of: (r: ConvergenceRow) => number) =>
      kinds.flatMap((k) =>
        shown(k)
          .filter((r) => Number.isFinite(of(r)))
          .map((r): Point => [r.strength, of(r)]),
      );
    const drift = marks(figure, { kind: 'line', stroke: paint(figure, /drift/), dash: '' });
    expect(
      offBy(
        figure,
        drift,
        finite((r) => r.driftSteps),
      ),
    ).toBeLessThan(EXACT);
    const passage = marks(figure, {
      kind: 'line',
      stroke: paint(figure, /passage/),
      dash: '2 3',
    });
    expect(
      offBy(
        figure,
        passage,
        finite((r) => r.passageSteps),
      ),
    ).toBeLessThan(EXACT);
    expect([figure.x.type, figure.y.type]).toEqual(['log', 'log']);
    expect(figure.yLabel).toMatch(/steps/);
    expect(caption).toContain('x = 0.9;');
    expect(caption).toContain('one standard error');
    return figure;
  };

  it('of additive noise: steps with one standard error, both theories, and a cross where most diverge', () => {
    const figure = check(['constant', 'hessian', 'location'], {
      constant: /additive/,
      hessian: /Hessian/,
      location: /minimum/,
    });
    const crosses = marks(figure, { kind: 'dot', element: 'path' });
    expect(crosses).toHaveLength(1);
    expect(crosses[0].x).toBeCloseTo(16, 1);
    // low in the frame
    expect(figure.y.pixel(crosses[0].y)).toBeGreaterThan(figure.y.pixel(figure.domain.y[0] * 1.3));
    expect(crosses[0].y).toBeGreaterThan(figure.domain.y[0]);
    expect(marks(figure, { kind: 'rule', dash: '3 2' })).toHaveLength(0);
    legendIs(figure, /additive/, /Hessian/, /minimum/, /drift/, /passage/, /diverge/);
    expect(figure.xLabel).toMatch(/C of a batch gradient/);
    const additive = convergence.rows.filter((r) => r.noise !== 'curvature');
    framed(figure, additive.filter((r) => r.strength !== 16).flatMap((r): Point[] => [[r.strength, r.driftSteps], [16, r.passageSteps]])); // biome-ignore format: one line
  });

  it('of curvature noise: with the strengths at which either end is unstable', () => {
    const figure = check(['curvature'], { curvature: /curvature/ });
    const rule = (label: RegExp) => marks(figure, { kind: 'rule', stroke: paint(figure, label), dash: '3 2' });
    expect(rule(/mean square/).map((r) => r.x)[0]).toBeCloseTo(3.1, 1);
    expect(rule(/almost sure/).map((r) => r.x)[0]).toBeCloseTo(79, 0);
    legendIs(figure, /curvature/, /drift/, /passage/, /diverge/, /mean square/, /almost sure/);
    expect(marks(figure, { kind: 'dot', element: 'path' }).map((c) => Math.round(c.x))).toEqual([8]);
    expect(figure.xLabel).toMatch(/standard deviation over mean/);
  });

  it('leaves out the legend of crosses where none diverge, and says where it cannot be drawn', () => {
    const calm = { ...convergence, rows: convergence.rows.filter((r) => r.diverged.value < 0.5) };
    const { figure } = drawn(convergenceFigure(calm, ['hessian']));
    legendIs(figure, /Hessian/, /drift/, /passage/);
    const none = { ...convergence, rows: convergence.rows.map((r) => ({ ...r, arrived: 0.49 })) };
    expect(missing(convergenceFigure(none, ['hessian']))).toMatch(/no walker/);
    expect(missing(convergenceFigure(convergence, []))).toMatch(/no walker/);
  });
});
