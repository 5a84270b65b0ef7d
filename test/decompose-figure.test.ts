/** The figure of `decompose`: contours and current read back, against the quadratic form written out here. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PotentialPlane } from '../src/analyse/decomposition/plane.js';
import { decomposeFiles } from '../src/experiments/decompose/experiment.js';
import { potentialFigure } from '../src/experiments/decompose/figures/potential.js';
import {
  type FigureReading,
  type Mark,
  marks,
  matchesSnapshots,
  offBy,
  type Point,
  readFigure,
} from './support/reading.js';

/** An ellipse that leans: variances 2.3 and 0.8, covariance 0.9; the current turns from the first axis to the second. */
const PLANE: PotentialPlane = {
  axes: [Float64Array.of(1, 0, 0, 0), Float64Array.of(0, 0.6, -0.8, 0)],
  covariance: [2.3, 0.9, 0.8],
  circulation: 0.317,
  noiseStrength: 1.7,
  n: 4,
  share: 0.783,
};
const [VX, VXY, VY] = PLANE.covariance;

/** √(zᵀC⁻¹z): the potential in the plane is half its square times the noise strength. */
const radius = ([x, y]: Point) => Math.sqrt((VY * x * x - 2 * VXY * x * y + VX * y * y) / (VX * VY - VXY * VXY));

/** Length along the contour from a to b, seen where it is a circle: its radius times the angle. */
function turned(a: Point, b: Point): number {
  // the determinant of two vectors is that in round coordinates times √det C
  const sine = (a[0] * b[1] - a[1] * b[0]) / Math.sqrt(VX * VY - VXY * VXY) / radius(a) / radius(b);
  return radius(a) * Math.asin(sine);
}

/** Shafts of the arrows: first and last point. */
const shafts = (f: FigureReading): [Point, Point][] =>
  marks(f, { kind: 'arrow' }).map((m: Mark) => [m.pieces[0][0], m.pieces[0][m.pieces[0].length - 1]]);

it('figures are as committed', async () => {
  const line = potentialFigure({ ...PLANE, axes: [Float64Array.of(1)], covariance: [2.3, 0, 0], n: 1, circulation: 0 });
  await matchesSnapshots('decompose', {
    figures: { potential: potentialFigure(PLANE).svg, 'potential-line': line.svg },
  });
});

describe('the potential in a plane', () => {
  const figure = potentialFigure(PLANE);
  const f = readFigure(figure.svg);

  it('has contours at ½, 1, … 3 standard deviations, dark inside and light outside', () => {
    const lines = marks(f, { kind: 'line' });
    expect(lines).toHaveLength(6);
    lines.forEach((line, k) => {
      expect(line.points).toHaveLength(121);
      for (const p of line.points) expect(radius(p)).toBeCloseTo((k + 1) / 2, 1);
      const mean = line.points.reduce((s, p) => s + radius(p) / 121, 0);
      expect(mean).toBeCloseTo((k + 1) / 2, 3);
    });
    const lightness = (c: string) => Number.parseInt(c.slice(1, 3), 16) + Number.parseInt(c.slice(3, 5), 16);
    const shades = lines.map((l) => lightness(l.stroke));
    expect(shades).toEqual([...shades].sort((a, b) => a - b));
    expect(new Set(lines.map((l) => l.stroke)).size).toBe(6);
    // each contour goes round once, evenly
    const [outer] = lines.slice(-1);
    expect(offBy(f, outer, [...outer.points.slice(0, 120), outer.points[0]])).toBeLessThan(0.02);
    const steps = outer.points.slice(1).map((p, k) => turned(outer.points[k], p) / 3);
    expect(steps.reduce((s, x) => s + x, 0)).toBeCloseTo(2 * Math.PI, 2);
    for (const s of steps) expect(s).toBeCloseTo(Math.PI / 60, 2);
  });

  it('has arrows along the contours with the current, which is r·exp(−r²/2) there', () => {
    const all = shafts(f);
    // 5 + 5r arrows on the rings r = ½, 1, 1½, 2, rounded
    expect(all).toHaveLength(8 + 10 + 13 + 15);
    const rings = [0.5, 1, 1.5, 2].map((r) => all.filter(([a]) => Math.abs(radius(a) - r) < 0.1));
    expect(rings.map((r) => r.length)).toEqual([8, 10, 13, 15]);
    const flow = (r: number) => r * Math.exp(-(r ** 2) / 2);
    [0.5, 1, 1.5, 2].forEach((r, k) => {
      const lengths = rings[k].map(([a, b]) => turned(a, b));
      // positive: from the first axis to the second; half a standard deviation at r = 1
      for (const l of lengths) expect(l).toBeGreaterThan(0);
      const mean = lengths.reduce((s, l) => s + l, 0) / lengths.length;
      expect(mean / (0.5 * (flow(r) / flow(1)))).toBeCloseTo(1, 1);
      for (const [a, b] of rings[k]) expect(radius(b)).toBeCloseTo(radius(a), 1);
    });
    expect(f.legend.map((l) => [l.label, l.element])).toEqual([
      ['potential (noise strengths)', 'ramp'],
      ['current', 'line'],
    ]);
  });

  it('turns round with the sign of the circulation, and has no arrows without one', () => {
    const back = shafts(readFigure(potentialFigure({ ...PLANE, circulation: -0.317 }).svg));
    expect(back).toHaveLength(46);
    for (const [a, b] of back) expect(turned(a, b)).toBeLessThan(0);
    const still = readFigure(potentialFigure({ ...PLANE, circulation: 0 }).svg);
    expect(marks(still, { kind: 'arrow' })).toEqual([]);
    expect(still.legend.map((l) => l.label)).toEqual(['potential (noise strengths)']);
  });

  it('marks the centre, and names axes after the coordinates they follow', () => {
    const [centre, ...more] = marks(f, { kind: 'dot' });
    expect(more).toEqual([]);
    expect(offBy(f, centre, [[0, 0]])).toBeLessThan(0.05);
    expect([f.xLabel, f.yLabel]).toEqual(['x_0', 'second axis, −0.80 along x_2']);
    const labels = (axes: Float64Array[]) => {
      const g = readFigure(potentialFigure({ ...PLANE, axes }).svg);
      return [g.xLabel, g.yLabel];
    };
    expect(labels([Float64Array.of(0.71, 0.7, 0, 0), Float64Array.of(0, 0, 0, -1)])).toEqual([
      'first axis, 0.71 along x_0',
      '−x_3',
    ]);
    // of two alike to rounding the first is named
    expect(labels([Float64Array.of(0.6, 0.6 + 7e-10, 0.5, 0), Float64Array.of(0, 1, 0, 0)])[0]).toBe(
      'first axis, 0.60 along x_0',
    );
  });

  it('says what it shows', () => {
    expect(figure.caption).toMatch(/strongest vortex, which carries 78\.3 % of the flux\./);
    expect(figure.caption).toMatch(/Circulation 0\.317\./);
    expect(figure.caption).toMatch(/All 2 other directions are averaged over/);
    const of = (changes: Partial<PotentialPlane>) => potentialFigure({ ...PLANE, ...changes }).caption;
    expect(of({ n: 3 })).toMatch(/All 1 other direction is averaged over/);
    expect(of({ n: 2 })).not.toMatch(/averaged over/);
    expect(of({ n: 2, circulation: 0 })).toMatch(
      /^The potential in the plane of the two coordinates\..*Nothing turns here/,
    );
    expect(of({ circulation: 0 })).toMatch(/plane of the two largest variances\..*Nothing turns here.*All 2 other/);
  });
});

it('of one coordinate: ½r² noise strengths over three standard deviations', () => {
  const figure = potentialFigure({
    ...PLANE,
    axes: [Float64Array.of(-1)],
    covariance: [2.3, 0, 0],
    circulation: 0,
    n: 1,
  });
  const f = readFigure(figure.svg);
  const points = Array.from({ length: 121 }, (_, k): Point => {
    const x = Math.sqrt(2.3) * (k / 20 - 3);
    return [x, (0.5 * 1.7 * x * x) / 2.3];
  });
  expect(offBy(f, marks(f, { kind: 'line' }), points)).toBeLessThan(0.05);
  expect([f.xLabel, f.yLabel, figure.title]).toEqual(['−x_0', 'potential', 'Potential']);
  expect(f.legend.map((l) => l.label)).toEqual(['potential']);
  expect(figure.caption).toBe('One coordinate has a potential and no current.');
});

it('from matrices to the picture: x₁’ = −x₁ + 2x₂, x₂’ = −2x₁ − x₂ turns from x₂ to x₁', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'decompose-'));
  const put = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const [drift, diffusion] = [put('F.csv', '1,-2\n2,1\n'), put('D.csv', '1,0\n0,1\n')];
  await decomposeFiles({ drift, diffusion, out: join(folder, 'out'), provider: 'embedded' });
  const f = readFigure(readFileSync(join(folder, 'out', 'potential.svg'), 'utf8'));
  const arrows = shafts(f);
  expect(arrows).toHaveLength(46);
  // clockwise with x₁ to the right and x₂ up; the contours are circles
  for (const [a, b] of arrows) {
    expect(a[0] * b[1] - a[1] * b[0]).toBeLessThan(0);
    expect(Math.hypot(...a)).toBeCloseTo(Math.hypot(...b), 1);
  }
  expect([f.xLabel, f.yLabel]).toEqual(['x_0', 'x_1']);
  rmSync(folder, { recursive: true });
});
