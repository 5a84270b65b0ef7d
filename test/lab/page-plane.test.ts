/** The pure parts of the views Landscape and Valley: lines of equal value, the current in a plane, and what is said beside pictures. */
import { describe, expect, it } from 'vitest';
import { VALLEY_PRESETS } from '../../src/lab/engine/valley/state.js';
import { ValleyRun } from '../../src/lab/engine/valley.js';
import type { PlaneOfMotion, PotentialResult } from '../../src/lab/landscape-results.js';
import { rotationFinding, varianceWords } from '../../src/lab/page/views/landscape/findings.js';
import { angleBetween, currentAt, half, inverse, reachOf } from '../../src/lab/page/views/landscape/motion.js';
import { contour, levelsOf } from '../../src/lab/page/views/plane/contours.js';
import {
  boundFinding,
  densityFinding,
  freezingFinding,
  freezingWords,
} from '../../src/lab/page/views/valley/findings.js';

describe('lines of equal value', () => {
  const n = 41;
  const paraboloid = Float64Array.from({ length: n * n }, (_, i) => (i % n) ** 2 + Math.floor(i / n) ** 2);

  it('lie where the function has the value, to the square of a cell', () => {
    const s = contour(paraboloid, n, n, 400);
    expect(s.length).toBeGreaterThan(100);
    for (let k = 0; k < s.length; k += 2) expect(Math.abs(Math.hypot(s[k], s[k + 1]) - 20)).toBeLessThan(0.02);
    // a quarter of a circle of radius 20
    let length = 0;
    for (let k = 0; k < s.length; k += 4) length += Math.hypot(s[k + 2] - s[k], s[k + 3] - s[k + 1]);
    expect(length).toBeCloseTo((Math.PI / 2) * 20, 1);
  });

  it('leave out cells without a number, and part a saddle by its middle', () => {
    const holed = paraboloid.slice();
    holed[20 + n * 0] = Number.NaN;
    expect(contour(holed, n, n, 400).length).toBeLessThan(contour(paraboloid, n, n, 400).length);
    // high at two opposite corners: the low middle separates them, each cut off by a line of its own
    const cuts = contour([1, 0, 0, 1], 2, 2, 0.6);
    expect(cuts.length).toBe(8);
    for (let k = 0; k < 8; k += 4) {
      const near = [0, 1].some(
        (c) => Math.hypot(cuts[k] - c, cuts[k + 1] - c) < 0.6 && Math.hypot(cuts[k + 2] - c, cuts[k + 3] - c) < 0.6,
      );
      expect(near, cuts.join()).toBe(true);
    }
  });

  it('have levels between the extremes, closer at the bottom', () => {
    const levels = levelsOf([0, 5, 100, Number.NaN], 4);
    expect(levels).toHaveLength(4);
    expect(levels[0]).toBeGreaterThan(0);
    expect(levels[3]).toBeLessThan(100);
    expect(levels[1] - levels[0]).toBeLessThan(levels[3] - levels[2]);
    expect(levelsOf([3, 3], 4)).toEqual([]);
  });
});

const plane: PlaneOfMotion = {
  name: 'chosen',
  labels: ['direction 1', 'direction 2'],
  covariance: [2, 0.5, 1],
  measured: [1.5, 0.4, 3],
  hessian: [1, 0, 4],
  circulation: 0.3,
  x: new Float64Array(3),
  y: new Float64Array(3),
};

describe('the motion in a plane', () => {
  it('has a current without sources that follows the lines of the potential, anticlockwise for a positive circulation', () => {
    const u = inverse(plane.covariance);
    expect(u[0] * 2 + u[1] * 0.5).toBeCloseTo(1, 12);
    const h = 1e-5;
    for (const [x, y] of [
      [0.7, -0.4],
      [-1.2, 0.9],
    ]) {
      const [jx, jy] = currentAt(plane, x, y);
      const divergence =
        (currentAt(plane, x + h, y)[0] - currentAt(plane, x - h, y)[0]) / (2 * h) +
        (currentAt(plane, x, y + h)[1] - currentAt(plane, x, y - h)[1]) / (2 * h);
      expect(divergence).toBeCloseTo(0, 8);
      const slope = [u[0] * x + u[1] * y, u[1] * x + u[2] * y];
      expect(jx * slope[0] + jy * slope[1]).toBeCloseTo(0, 12);
      expect(x * jy - y * jx).toBeGreaterThan(0);
    }
    expect(half(u, 2, 0)).toBeCloseTo(0.5 * u[0] * 4, 12);
  });

  it('is drawn as far as the wider of theory and window, and tells the angle between its long axes', () => {
    expect(reachOf(plane)).toEqual([3 * Math.sqrt(2), 3 * Math.sqrt(3)]);
    const turned = (angle: number): PlaneOfMotion => {
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      // the covariance of variances 4 and 1 along axes turned by the angle; the loss is flat along x
      return { ...plane, covariance: [4 * c * c + s * s, 3 * c * s, 4 * s * s + c * c] };
    };
    expect(angleBetween(turned(0))).toBeCloseTo(0, 6);
    expect(angleBetween(turned(0.5))).toBeCloseTo((0.5 * 180) / Math.PI, 6);
    expect(angleBetween(turned(Math.PI / 2))).toBeCloseTo(90, 6);
  });

  const result = (value: number, standardError: number, converged = true) =>
    ({
      rotation: { value, standardError, n: 20, method: '', converged },
      turning: { significant: 1, of: 28 },
      variances: [
        { rank: 1, theory: 1, measured: 5 },
        { rank: 2, theory: 1, measured: 1.5 },
      ],
    }) as unknown as PotentialResult;

  it.each([
    [1.1, 0.1, true, 'reproduced'],
    [1.4, 0.1, true, 'not reproduced'],
    [0.1, 0.2, true, 'not reproduced'],
    [0.6, 0.4, true, 'not decidable with this run'],
    [1.1, 0.1, false, 'not decidable with this run'],
    [1.1, 0.6, true, 'not decidable with this run'],
  ])('turns %s ± %s times as expected (independent blocks: %s): %s', (value, error, converged, verdict) => {
    expect(rotationFinding(result(value, error, converged)).verdict).toBe(verdict);
  });

  it('tells in how many directions theory and window agree', () => {
    expect(varianceWords(result(1, 0.1))).toBe(
      'Within a factor of 2 in 1 of 2 directions; measured over theory from 1.5 to 5.',
    );
  });
});

describe('what the view Valley says', () => {
  const run = new ValleyRun({ ...VALLEY_PRESETS['two valleys'], particles: 1000 });
  run.runTo(600);
  const f = run.frame();
  const far = { ...f.distance, value: { ...f.distance.value, value: 0.5 } };

  it('of the density: by chance, beyond chance, and where long steps or few particles decide nothing', () => {
    expect(densityFinding(f).verdict).toBe('reproduced');
    const short = { ...f, bound: { ...f.bound, curvature: 1 } };
    expect(densityFinding({ ...short, distance: far }).verdict).toBe('not reproduced');
    expect(densityFinding({ ...f, distance: far }).verdict).toBe('not decidable with this run');
    expect(densityFinding({ ...f, moving: 100 }).verdict).toBe('not decidable with this run');
    const young = densityFinding({ ...f, time: 0.5 / f.bound.curvature });
    expect([young.verdict, young.reason]).toEqual([
      'not decidable with this run',
      expect.stringContaining('Less than one relaxation time'),
    ]);
    expect(densityFinding({ ...f, time: 1.5 / f.bound.curvature }).verdict).toBe('reproduced');
  });

  it('of the bound: below and above it, between the two lines, and too early', () => {
    expect(boundFinding(f).verdict).toBe('reproduced');
    const lost = { ...f, diverged: 500 };
    expect(boundFinding(lost).verdict).toBe('not reproduced');
    const beyond = { ...lost, bound: { ...f.bound, meanSquare: 1e-3, almostSure: 2e-3 } };
    expect(boundFinding(beyond).verdict).toBe('reproduced');
    expect(boundFinding({ ...beyond, diverged: 0 }).verdict).toBe('not reproduced');
    const between = { ...lost, bound: { ...f.bound, meanSquare: 1e-3, almostSure: 1 } };
    expect(boundFinding(between).verdict).toBe('not decidable with this run');
    expect(boundFinding({ ...f, time: 0.01 }).verdict).toBe('not decidable with this run');
  });

  it('of freezing: the predicted share, another one, and none without two wells', () => {
    expect(freezingFinding(f)!.verdict).toBe('reproduced');
    const other = { ...f, freezing: { ...f.freezing!, predicted: 0.9 } };
    expect(freezingFinding(other)!.verdict).toBe('not reproduced');
    expect(freezingFinding({ ...f, freezing: undefined } as never)).toBeUndefined();
    expect(freezingWords(f)).toMatch(/^Not frozen: 0\.\d+ passages/);
    const frozen = { ...f, freezing: { ...f.freezing!, further: 0.01, freezesAt: 3 } };
    expect(freezingWords(frozen)).toMatch(/^Frozen: the barrier grows, and 0\.010 further passages/);
  });
});
