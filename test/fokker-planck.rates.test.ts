/** Rates of the jump process against the fluxes that define them. */
import { describe, expect, it } from 'vitest';
import { fokkerPlanck } from '../src/theory/fokker-planck/equation.js';
import type { GridAxis } from '../src/theory/fokker-planck/grid.js';
import type { JumpProcess } from '../src/theory/fokker-planck/jumps.js';
import type { ProcessOptions } from '../src/theory/fokker-planck/rates.js';
import { below, eigenvalues, limitAnisotropy, selling, type Tensor } from '../src/theory/fokker-planck/tensor.js';
import type { LangevinModel } from '../src/theory/motion.js';
import { listed } from './support/jumps.js';
import { model1, model2 } from './support/langevin-models.js';

const B = (z: number) => (Math.abs(z) < 1e-12 ? 1 - z / 2 : z / Math.expm1(z));
const sum = (values: readonly number[]) => values.reduce((s, v) => s + v, 0);
const near = (found: ArrayLike<number>, expected: readonly number[], digits = 11) => {
  expect(found).toHaveLength(expected.length);
  expected.forEach((v, k) => {
    expect(found[k], `number ${k}`).toBeCloseTo(v, digits);
  });
};
/** D_xx, D_xy, D_yy = [2, 1, 3] in cells: (1,0) once, (0,1) twice, (1,1) once. */
const OBLIQUE = [
  { e: [1, 0], rho: 1 },
  { e: [0, 1], rho: 2 },
  { e: [1, 1], rho: 1 },
] as const;
const unitAxes = (nx: number, ny: number): GridAxis[] => [{ from: 0, to: nx, cells: nx }, { from: 0, to: ny, cells: ny }]; // biome-ignore format: one line
const process = (model: LangevinModel, axes: GridAxis[], options: ProcessOptions = {}): JumpProcess =>
  fokkerPlanck({ model, axes, ...options });
/** Rate of the jump by e from cell (x, y), 0 without one. */
const rateAt = (jumps: JumpProcess, x: number, y: number, ex: number, ey: number) =>
  sum(
    listed(jumps)
      .filter((j) => j.from === x + jumps.grid.nx * y && j.ex === ex && j.ey === ey)
      .map((j) => j.rate),
  );

describe('inside the grid', () => {
  const axes = [{ from: -1, to: 1.5, cells: 5 }, { from: 2, to: 3.4, cells: 7 }]; // biome-ignore format: one line
  const [HX, HY] = [0.5, 0.2];

  it.each([1, 2.5])('jumps have the mean f and, without drift, the variance 2D; D times %d', (diffusionScale) => {
    const [f, d] = [[0.3, -0.7], [0.4, -0.11, 0.08]] as const; // biome-ignore format: one line
    const moments = (drift: readonly [number, number]) => {
      const jumps = process(model2(() => [drift[0], drift[1]], () => [d[0], d[1], d[2]]), axes, { diffusionScale }); // biome-ignore format: short
      // a cell from which every jump stays inside
      const own = listed(jumps).filter(({ from }) => from === 2 + 5 * 3);
      const mean = (of: (hx: number, hy: number) => number) => sum(own.map((j) => j.rate * of(j.ex * HX, j.ey * HY)));
      return [mean((x) => x), mean((_, y) => y), mean((x) => x * x), mean((x, y) => x * y), mean((_, y) => y * y)];
    };
    near(moments([0, 0]), [0, 0, ...d.map((v) => 2 * diffusionScale * v)]);
    near(moments(f).slice(0, 2), f);
  });

  it('each flux is rho B(∓q) with q = ∫ e·D⁻¹f by Simpson’s rule, oblique and state-dependent', () => {
    const f = (x: number, y: number): [number, number] => [x * y - 1, 0.3 * y * y + x];
    const d = (x: number, y: number): [number, number, number] => [0.4 + 0.05 * x, 0.04 * y, 0.1 + 0.02 * x * y];
    const jumps = process(model2(f, d), axes);
    const g = (x: number, y: number) => {
      const [[fx, fy], [a, b, c]] = [f(x, y), d(x, y)];
      const det = a * c - b * b;
      return [(c * fx - b * fy) / det, (a * fy - b * fx) / det];
    };
    let oblique = 0;
    for (const { ex, ey, rho, forward, backward } of jumps.links)
      for (let i = 0; i < 5; i++)
        for (let j = 0; j < 7; j++) {
          const [k, l] = [i + ex, j + ey];
          if (k < 1 || k > 3 || l < 1 || l > 5 || i < 1 || i > 3 || j < 1 || j > 5) continue;
          const at = (t: number) => {
            const [gx, gy] = g(-1 + (i + 0.5 + t * ex) * HX, 2 + (j + 0.5 + t * ey) * HY);
            return ex * HX * gx + ey * HY * gy;
          };
          const q = (at(0) + 4 * at(0.5) + at(1)) / 6;
          const [a, b] = [i + 5 * j, k + 5 * l];
          if (ex !== 0 && ey !== 0 && rho[a] > 0) oblique++;
          expect(forward[a]).toBeCloseTo(rho[a] * B(-q), 10);
          expect(backward[a]).toBeCloseTo(rho[b] * B(q), 10);
        }
    expect(oblique).toBeGreaterThan(5);
    // and the rho of each cell make up its D, in units of cells
    for (let at = 0; at < 35; at++) {
      const parts = jumps.links.map(({ ex, ey, rho }) => [ex * ex, ex * ey, ey * ey].map((v) => v * rho[at]));
      const [x, y] = [-1 + ((at % 5) + 0.5) * HX, 2 + (Math.floor(at / 5) + 0.5) * HY];
      const [a, b, c] = d(x, y);
      near(
        [0, 1, 2].map((k) => sum(parts.map((part) => part[k]))),
        [a / HX ** 2, b / (HX * HY), c / HY ** 2],
      );
    }
  });

  it('where D changes more than fourfold each end takes its own q: mean and variance stay those of the cell', () => {
    // D steps from 1 to 9 between x = 3 and 4, from 1 to 3 between 5 and 6 (less than fourfold)
    const D = (x: number) => (x < 3 ? 1 : x < 6 ? 9 : 27);
    const f = (x: number) => 0.5 + 0.25 * x;
    const jumps = process(model1(f, D), [{ from: 0, to: 9, cells: 9 }]);
    const [link] = jumps.links;
    const g = (x: number) => f(x) / D(x);
    for (let i = 0; i < 8; i++) {
      const [a, m, b] = [i + 0.5, i + 1, i + 1.5];
      const q = (g(a) + 4 * g(m) + g(b)) / 6;
      const [qa, qb] = i === 2 ? [g(a), g(b)] : [q, q];
      expect(link.forward[i]).toBeCloseTo(D(a) * B(-qa), 10);
      expect(link.backward[i]).toBeCloseTo(D(b) * B(qb), 10);
    }
  });

  it('drift along an axis without noise is upwind: Simpson’s mean, or its own where D changes fourfold', () => {
    const f = (x: number, y: number): [number, number] => [x * x - 4, 1 + x - y];
    // no noise along x; along y it is 1 below y = 3, 9 above
    const jumps = process(model2(f, (_, y) => [0, 0, y < 3 ? 1 : 9]), unitAxes(5, 6)); // biome-ignore format: short
    for (let y = 0; y < 6; y++)
      for (let x = 0; x < 4; x++) {
        // f_x does not depend on y and is quadratic: Simpson's rule is exact, the mean over the edge
        const mean = ((x + 1.5) ** 3 - (x + 0.5) ** 3) / 3 - 4;
        expect(rateAt(jumps, x, y, 1, 0)).toBeCloseTo(Math.max(0, mean), 11);
        expect(rateAt(jumps, x + 1, y, -1, 0)).toBeCloseTo(Math.max(0, -mean), 11);
      }
    // noise along x alone, 1 or 9: the drift along y is upwind, and across the step each end takes its own
    const own = process(model2(f, (_, y) => [y < 3 ? 1 : 9, 0, 0]), unitAxes(5, 6)); // biome-ignore format: short
    for (let y = 0; y < 5; y++)
      for (let x = 0; x < 5; x++) {
        const drift = (at: number) => f(x + 0.5, at)[1];
        const [up, down] = y === 2 ? [drift(2.5), drift(3.5)] : [drift(y + 1), drift(y + 1)];
        expect(rateAt(own, x, y, 0, 1)).toBeCloseTo(Math.max(0, up), 11);
        expect(rateAt(own, x, y + 1, 0, -1)).toBeCloseTo(Math.max(0, -down), 11);
      }
    // and along x, where the noise is there on one side only
    const half = process(model1(() => -0.7, (x) => (x < 2 ? 0 : 1)), [{ from: 0, to: 4, cells: 4 }]); // biome-ignore format: short
    const [link] = half.links;
    near(link.forward.slice(0, 3), [0, 0, B(0.7)]);
    near(link.backward.slice(0, 3), [0.7, B(-0.7), B(-0.7)]);
  });
});

describe('at the sides', () => {
  const model = model2(() => [0, 0], () => [2, 1, 3]); // biome-ignore format: short
  const [NX, NY] = [4, 5];
  const inside = (x: number, y: number) => x >= 0 && x < NX && y >= 0 && y < NY;

  it('reflecting: jumps that leave are dropped; cells that miss an oblique one exchange along the axes instead', () => {
    const jumps = process(model, unitAxes(NX, NY));
    const least = eigenvalues([2, 1, 3])[0];
    expect(least).toBeCloseTo((5 - Math.sqrt(5)) / 2, 12);
    const short = (x: number, y: number) => !inside(x + 1, y + 1) || !inside(x - 1, y - 1);
    for (let x = 0; x < NX; x++)
      for (let y = 0; y < NY; y++)
        for (const { e, rho } of OBLIQUE)
          for (const sign of [1, -1]) {
            const [ex, ey] = [sign * e[0], sign * e[1]];
            const axial = e[0] * e[1] === 0;
            const spare = axial && short(x, y) && short(x + ex, y + ey) ? least : 0;
            expect(rateAt(jumps, x, y, ex, ey)).toBeCloseTo(inside(x + ex, y + ey) ? rho + spare : 0, 11);
          }
    expect(jumps.exits).toEqual([]);
    expect(jumps.absorbing).toBe(false);
  });

  it.each([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ] as const)(
    'absorbing on axis %i, side %i: rate rho/t, t the share of the jump at which it meets the face',
    (axis, upper) => {
      const boundaries = [0, 1].map((a) => [0, 1].map((s) => (a === axis && s === upper ? 'absorbing' : 'reflecting')));
      const jumps = process(model, unitAxes(NX, NY), {
        boundaries: boundaries as unknown as NonNullable<ProcessOptions['boundaries']>,
      });
      for (let x = 0; x < NX; x++)
        for (let y = 0; y < NY; y++) {
          let rate = 0;
          for (const { e, rho } of OBLIQUE)
            for (const sign of [1, -1]) {
              const [ex, ey] = [sign * e[0], sign * e[1]];
              // shares at which the jump from the centre meets the faces across x and y; the nearer one counts, x in a tie
              const tx = ex === 0 ? 9 : ex > 0 ? NX - x - 0.5 : x + 0.5;
              const ty = ey === 0 ? 9 : ey > 0 ? NY - y - 0.5 : y + 0.5;
              const meets = tx <= ty ? 0 : 1;
              const t = Math.min(tx, ty);
              if (t > 1 || meets !== axis || ([ex, ey][axis] > 0 ? 1 : 0) !== upper) continue;
              rate += rho / t;
              const exit = jumps.exits.find((j) => j.cell === x + NX * y && j.ex === ex && j.ey === ey);
              expect(exit).toMatchObject({ share: 0.5, side: 2 * axis + upper });
              expect(exit?.rate).toBeCloseTo(rho / t, 11);
            }
          expect(jumps.out[x + NX * y]).toBeCloseTo(rate, 11);
        }
      expect(jumps.absorbing).toBe(true);
      expect(jumps.exits.map((e) => e.side).every((s) => s === 2 * axis + upper)).toBe(true);
    },
  );

  it('absorbing with drift: B(−q) over the way to the face, or upwind where there is no noise', () => {
    const axes = [{ from: 0, to: 3, cells: 6 }];
    const h = 0.5;
    const f = (x: number) => 1 + x * x;
    const both = process(model1(f, () => 0.4), axes, { boundaries: [['absorbing', 'absorbing']] }); // biome-ignore format: short
    const exit = (jumps: JumpProcess, side: number) => jumps.exits.filter((e) => e.side === side).map((e) => e.rate);
    // the way is h/2: q = ∫ f/D over it, Simpson's rule exact for a quadratic
    const q = (from: number, to: number) => (to - from + (to ** 3 - from ** 3) / 3) / 0.4;
    near(exit(both, 0), [(0.4 / h ** 2 / 0.5) * B(-q(0.25, 0))]);
    near(exit(both, 1), [(0.4 / h ** 2 / 0.5) * B(-q(2.75, 3))]);
    const silent = process(model1(f, () => 0), axes, { boundaries: [['absorbing', 'absorbing']] }); // biome-ignore format: short
    expect(exit(silent, 0)).toEqual([]);
    // the mean drift over the way, in cells per unit of time
    near(exit(silent, 1), [(0.25 + (27 - 2.75 ** 3) / 3) / 0.25 / h]);
  });
});

describe('tensors', () => {
  it('the thinnest that is followed has 1:256, with the same axes; diagonal ones stay', () => {
    const turned = (low: number, top: number, angle: number): Tensor => {
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      return [top * c * c + low * s * s, (top - low) * c * s, top * s * s + low * c * c];
    };
    for (const angle of [0.3, 1.2, -0.8]) {
      near(limitAnisotropy(turned(0.001, 5, angle)), [...turned(5 / 256, 5, angle)]);
      near(limitAnisotropy(turned(0, 5, angle)), [...turned(5 / 256, 5, angle)]);
      near(limitAnisotropy(turned(0.1, 5, angle), 10), [...turned(0.5, 5, angle)]);
      const wide = turned(5 / 255, 5, angle);
      expect(limitAnisotropy(wide)).toBe(wide);
    }
    const diagonal: Tensor = [1, 0, 1e-9];
    expect(limitAnisotropy(diagonal)).toBe(diagonal);
  });

  it('are compared as quadratic forms', () => {
    expect(below([1, 0, 1], [1, 0, 1], 1)).toBe(true);
    expect(below([4, 0, 1], [1, 0, 1], 4)).toBe(true);
    expect(below([4.01, 0, 1], [1, 0, 1], 4)).toBe(false);
    expect(below([1, 0, 4.01], [1, 0, 1], 4)).toBe(false);
    // 4 − A has the determinant 9 − b²
    expect(below([1, 2.99, 1], [1, 0, 1], 4)).toBe(true);
    expect(below([1, 3.01, 1], [1, 0, 1], 4)).toBe(false);
    expect(below([1, 1, 1], [1, 0.3, 1], 4)).toBe(true);
  });

  it('Selling: known decompositions', () => {
    const terms = (d: Tensor) => {
      const list: number[][] = [];
      selling(d, (...term) => list.push(term.map((v) => Number(v.toPrecision(12)))));
      return list.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    };
    expect(terms([2, 1, 3])).toEqual([[0, 1, 2], [1, 0, 1], [1, 1, 1]]); // biome-ignore format: one line
    expect(terms([2, -1, 3])).toEqual([[0, 1, 2], [1, -1, 1], [1, 0, 1]]); // biome-ignore format: one line
    expect(terms([2, 0, 3])).toEqual([[0, 1, 3], [1, 0, 2]]); // biome-ignore format: one line
    expect(terms([0, 0, 3])).toEqual([[0, 1, 3]]);
    // 3 (1,2)(1,2)ᵀ + (1,1)(1,1)ᵀ + 2 (0,1)(0,1)ᵀ: (1,2), (1,1), (0,1) differ by one another's sums
    expect(terms([4, 7, 15])).toEqual([[0, 1, 2], [1, 1, 1], [1, 2, 3]]); // biome-ignore format: one line
    expect(terms([15, 7, 4])).toEqual([[1, 0, 2], [1, 1, 1], [2, 1, 3]]); // biome-ignore format: one line
    expect(terms([1, 1, 1])).toEqual([[1, 1, 1]]);
  });
});
