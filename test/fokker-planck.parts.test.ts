// The parts: Selling's decomposition, refusals, resolution, what is read off densities, memory, degenerate and turning noise.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entropyProduction } from '../src/theory/fokker-planck/current.js';
import { structureOf } from '../src/theory/fokker-planck/dissection.js';
import { fokkerPlanck } from '../src/theory/fokker-planck/equation.js';
import { FrontSolver } from '../src/theory/fokker-planck/fronts.js';
import { gridOf } from '../src/theory/fokker-planck/grid.js';
import {
  densityAlong,
  densityFrom,
  densityFromWalkers,
  densityMoments,
  marginalDensity,
  massOf,
  totalVariation,
} from '../src/theory/fokker-planck/measures.js';
import { fokkerPlanckMemory } from '../src/theory/fokker-planck/memory.js';
import { Passage } from '../src/theory/fokker-planck/passage.js';
import { checkHolds, edgeMass, numericalDiffusion, resolutionOf } from '../src/theory/fokker-planck/quality.js';
import { bernoulli } from '../src/theory/fokker-planck/rates.js';
import { stationaryDensity } from '../src/theory/fokker-planck/stationary.js';
import { Stepper } from '../src/theory/fokker-planck/stepping.js';
import { eigenvalues, selling, type Tensor } from '../src/theory/fokker-planck/tensor.js';
import { model1, model2 } from './support/langevin-models.js';

const square = (half: number, n: number) => [{ from: -half, to: half, cells: n }, { from: -half, to: half, cells: n }]; // biome-ignore format: one line
const ou2 = model2(
  (x, y) => [-x, -y],
  () => [1, 0, 1],
);

describe('rates', () => {
  it('Selling: any positive tensor is a sum of at most three integer jumps with weights ≥ 0', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: Math.PI, noNaN: true }),
        fc.double({ min: 0, max: 5, noNaN: true }),
        (angle, decades) => {
          const [c, s, low] = [Math.cos(angle), Math.sin(angle), 10 ** -decades];
          const d: Tensor = [c * c + low * s * s, (1 - low) * c * s, s * s + low * c * c];
          const sum = [0, 0, 0];
          let terms = 0;
          selling(d, (ex, ey, rho) => {
            terms++;
            expect(rho).toBeGreaterThan(0);
            expect(Number.isInteger(ex) && Number.isInteger(ey) && (ex > 0 || (ex === 0 && ey > 0))).toBe(true);
            // e eᵀ rho ≤ D bounds the reach by the condition number
            [ex * ex, ex * ey, ey * ey].forEach((v, k) => {
              sum[k] += rho * v;
            });
          });
          expect(terms).toBeLessThanOrEqual(3);
          d.forEach((v, k) => {
            expect(Math.abs(sum[k] - v)).toBeLessThan(1e-11);
          });
        },
      ),
      { seed: 4, numRuns: 300 },
    );
  });

  it('B(z) = z/(e^z − 1) without overflow and accurate near 0', () => {
    expect(bernoulli(0)).toBe(1);
    expect(bernoulli(1e-9)).toBeCloseTo(1 - 5e-10, 15);
    expect(bernoulli(800)).toBe(0);
    expect(bernoulli(-800)).toBe(800);
    for (const z of [1e-5, 0.3, 7, 40]) expect(bernoulli(-z) - bernoulli(z)).toBeCloseTo(z, 13);
  });

  it('eigenvalues keep the small one', () => {
    expect(eigenvalues([1, 1, 1 + 1e-12])[0] / 5e-13).toBeCloseTo(1, 3);
    expect(eigenvalues([1, 2, 1])).toEqual([-1, 3]);
  });
});

describe('noise that is missing or turns', () => {
  it('noise in the velocity alone (Kramers): the Gaussian of unit covariance, first order by upwind differences', () => {
    const kramers = model2(
      (x, v) => [v, -x - v],
      () => [0, 0, 1],
    );
    const error = (n: number) => {
      const { covariance } = densityMoments(
        stationaryDensity(fokkerPlanck({ model: kramers, axes: square(6, n) })).density,
      );
      return Math.max(...covariance.map((v, k) => Math.abs(v - [1, 0, 1][k])));
    };
    const [coarse, fine] = [error(60), error(120)];
    expect(fine).toBeLessThan(0.1);
    expect(Math.abs(Math.log2(coarse / fine) - 1)).toBeLessThan(0.15);
  });

  it('noise that turns with x, 11:1: Tr Σ = ⟨Tr D⟩ to second order', () => {
    const turning = model2(
      (x, y) => [-x, -y],
      (x) => {
        const [c, s] = [Math.cos(0.3 + 0.7 * x), Math.sin(0.3 + 0.7 * x)];
        return [c * c + 0.1, c * s, s * s + 0.1];
      },
    );
    const error = (n: number) => {
      const [xx, , yy] = densityMoments(
        stationaryDensity(fokkerPlanck({ model: turning, axes: square(6, n) })).density,
      ).covariance;
      return Math.abs(xx + yy - 1.2);
    };
    const [coarse, fine] = [error(60), error(120)];
    expect(fine).toBeLessThan(0.01);
    expect(Math.abs(Math.log2(coarse / fine) - 2)).toBeLessThan(0.2);
  });

  it('oblique noise of rank one is widened and says so', () => {
    const thin = model2(
      (x, y) => [-x, -y],
      () => [1, 0.618, 0.618 ** 2],
    );
    const jumps = fokkerPlanck({ model: thin, axes: square(5, 40) });
    expect(jumps.warnings).toEqual([
      'the noise is narrower than 1:16 (in units of cells) in 1600 of 1600 cells and was widened there to that.',
    ]);
  });
});

describe('refuses', () => {
  const run = (f: (x: number) => number, d: (x: number) => number, cells = 20) =>
    fokkerPlanck({ model: model1(f, d), axes: [{ from: -1, to: 1, cells }] });

  it.each([
    ['drift', () => run((x) => 1 / (x > 0.9 ? 0 : 1), () => 1), 'the drift is Infinity at x = 0.9'],
    ['diffusion', () => run(() => 0, (x) => Math.log(x)), 'the diffusion is NaN at x = -0.95'],
    ['sign', () => run(() => 0, (x) => 0.5 - x), 'the diffusion at x = 0.55 has the negative eigenvalue -0.05; a diffusion tensor must be ≥ 0.'],
    ['tensor', () => fokkerPlanck({ model: model2(() => [0, 0], () => [1, 2, 1]), axes: square(1, 4) }), 'at x = -0.75, y = -0.75 has the negative eigenvalue -1;'],
    ['cells', () => run(() => 0, () => 1, 2), 'axis x of the grid needs at least 3 cells, a whole number; got 2.'],
    ['direction', () => gridOf([{ from: 1, to: 1, cells: 5 }]), 'axis x of the grid must run from a finite number to a larger one; got 1 to 1.'],
    ['names', () => gridOf([{ name: 'u', from: 0, to: 1, cells: 5 }, { name: 'u', from: 0, to: 1, cells: 5 }]), 'need different names; both are called u'],
    ['dimension', () => fokkerPlanck({ model: ou2, axes: [{ from: 0, to: 1, cells: 5 }] }), 'the model moves in 2 dimensions but the grid has 1 axes'],
    ['target', () => fokkerPlanck({ model: ou2, axes: square(1, 5), target: () => false }), 'the target must contain some but not all cells'],
    ['memory', () => fokkerPlanck({ model: ou2, axes: square(1, 5000) }), /5000×5000 cells needs at least \d+\.\d\d GiB .* take fewer cells/],
    ['absorbing', () => stationaryDensity(fokkerPlanck({ model: ou2, axes: square(1, 5), boundaries: [['absorbing', 'reflecting']] })), 'everything is absorbed in the end'],
    ['closed', () => new Passage(fokkerPlanck({ model: ou2, axes: square(1, 5) })), 'this process has neither'],
    ['pockets', () => stationaryDensity(run((x) => 0.3 * x - x ** 3, () => 0)), 'there is no unique stationary density: without noise between them'],
    ['unreachable', () => new Passage(fokkerPlanck({ model: model1((x) => x, () => 0), axes: [{ from: -1, to: 1, cells: 9 }], target: (p) => p[0] > 0.8 })), 'from x = -0.888889 no absorbing side or target can be reached'],
    ['barrier', () => stationaryDensity(run((x) => 1e4 * (x - 4 * x ** 3), () => 1 / 2, 40)), 'the density at x = -0.525 cannot be determined in float64: a basin there lies behind a barrier of more than 650 times the noise'],
  ])('%s', (_, job, sentence) => {
    expect(job).toThrow(sentence);
  }); // biome-ignore format: a table

  it('a grid that cuts the density off, unless that side is a wall', () => {
    const { density } = stationaryDensity(fokkerPlanck({ model: ou2, axes: square(2, 20) }));
    expect(edgeMass(density)[0]).toBeGreaterThan(1e-3);
    expect(() => checkHolds(density)).toThrow(/the grid does not hold the mass: .* at x = -2, and 0.000001 is allowed/);
    expect(() => checkHolds(density, 1e-6, [true, true, true, true])).not.toThrow();
    checkHolds(stationaryDensity(fokkerPlanck({ model: ou2, axes: square(7, 30) })).density);
  });

  it('nothing when a progress callback stops it', () => {
    const jumps = fokkerPlanck({ model: ou2, axes: square(5, 60) });
    const seen: number[] = [];
    const stop = (done: number, total: number) => {
      seen.push(done / total);
      if (done > total / 2) throw new Error('enough');
    };
    expect(() => stationaryDensity(jumps, { onProgress: stop })).toThrow('enough');
    expect(seen.length).toBeGreaterThan(1);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(() => new Stepper(jumps, { step: 1 }).advance(densityFrom(jumps.grid, () => 1), 9, (n) => {
      if (n === 4) throw new Error('four');
    })).toThrow('four'); // biome-ignore format: short
  });
});

describe('resolution', () => {
  it('cells a width: sigma/h of a Gaussian, and the noise that the scheme adds, q²/12', () => {
    const model = model2(
      (x, y) => [-x, -100 * y],
      () => [1, 0, 1],
    );
    const axes = [{ from: -7, to: 7, cells: 70 }, { from: -0.7, to: 0.7, cells: 21 }]; // biome-ignore format: one line
    const jumps = fokkerPlanck({ model, axes });
    const { density } = stationaryDensity(jumps);
    const { overall, warnings } = resolutionOf(density);
    expect(overall[0]).toBeCloseTo(5, 1);
    expect(overall[1]).toBeCloseTo(1.5, 0);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /^the density along y at x = .* is 1\.\d cells wide; take at least \d+ cells on that axis\.$/,
    );
    const expected = (1 / 25 + 1 / 1.5 ** 2) / 12 / 2;
    expect(numericalDiffusion(jumps, density) / expected).toBeGreaterThan(0.85);
    expect(numericalDiffusion(jumps, density) / expected).toBeLessThan(1.2);
    // noise in half of the cells: its edge counts from one side
    const half = model1(
      () => -1,
      (x) => (x < 0 ? 1 : 0),
    );
    const stepwise = fokkerPlanck({ model: half, axes: [{ from: -1, to: 1, cells: 20 }] });
    const flat = densityFrom(stepwise.grid, () => 1);
    expect(numericalDiffusion(stepwise, flat)).toBeCloseTo(0.1 ** 2 / 12, 5);
  });
});

describe('readings', () => {
  const grid = gridOf([{ from: -5, to: 6, cells: 44 }, { from: -4, to: 4, cells: 32 }]); // biome-ignore format: one line
  const density = densityFrom(grid, (p) => Math.exp(-((p[0] - 0.5) ** 2) / 2 - p[1] ** 2 / 0.8 - 0.3 * p[0] * p[1]));

  it('marginals, and a slice exact across a Gaussian between lines', () => {
    for (const axis of [0, 1] as const) expect(massOf(marginalDensity(density, axis))).toBeCloseTo(1, 13);
    const cut = densityAlong(density, 0, 0.07);
    const shape = densityFrom(cut.grid, (p) => Math.exp(-((p[0] - 0.5) ** 2) / 2 - 0.021 * p[0]));
    const scaled = { grid: cut.grid, values: cut.values.map((v) => v / massOf(cut)) };
    expect(totalVariation(scaled, shape)).toBeLessThan(1e-12);
    expect(() => densityAlong(density, 1, 6.5)).toThrow('the line x = 6.5 lies outside the grid, -5 to 6.');
  });

  it('walkers: a histogram with what lies outside, and total variation', () => {
    const { density: h, outside } = densityFromWalkers(grid, [0.1, 0.1, 0.1, 0.2, 9, 0, -4.9, -3.9]);
    expect(outside).toBe(0.25);
    expect(massOf(h)).toBeCloseTo(0.75, 14);
    const other = densityFromWalkers(grid, [0.1, 0.1, 0.1, 0.2, 0.1, 0.2, -4.9, -3.9]).density;
    expect(totalVariation(h, other)).toBeCloseTo(0.25, 14);
    expect(totalVariation(h, h)).toBe(0);
    expect(() => totalVariation(h, marginalDensity(h, 0))).toThrow('densities on one grid');
  });

  it('entropy production of circulating Ornstein-Uhlenbeck: w² Tr(1)·…, −Tr(D⁻¹QUQ) = 2w² for F = 1 + w J', () => {
    const w = 0.7;
    const model = model2(
      (x, y) => [-x - w * y, w * x - y],
      () => [1, 0, 1],
    );
    const rate = (n: number) => {
      const jumps = fokkerPlanck({ model, axes: square(6, n) });
      return entropyProduction(jumps, model, stationaryDensity(jumps).density);
    };
    const [coarse, fine] = [rate(40), rate(80)].map((v) => Math.abs(v - 2 * w * w));
    expect(fine).toBeLessThan(0.01);
    expect(coarse / fine).toBeGreaterThan(3);
    // the current does not depend on the strength of the noise in a linear field, nor does what it costs
    const hot = fokkerPlanck({ model, axes: square(6 * Math.sqrt(3), 80), diffusionScale: 3 });
    expect(entropyProduction(hot, model, stationaryDensity(hot).density, 3)).toBeCloseTo(rate(80), 10);
    // oblique noise: F = D + Q keeps the round Gaussian, and −Tr(D⁻¹QQ) = q² Tr D⁻¹
    const [a, b, c, q] = [1.5, 0.4, 1, 0.6];
    const oblique = model2(
      (x, y) => [-(a * x + (b - q) * y), -((b + q) * x + c * y)],
      () => [a, b, c],
    );
    const cost = (n: number) => {
      const jumps = fokkerPlanck({ model: oblique, axes: square(6, n) });
      return entropyProduction(jumps, oblique, stationaryDensity(jumps).density);
    };
    const truth = (q * q * (a + c)) / (a * c - b * b);
    const [rough, smooth] = [cost(40), cost(80)].map((v) => Math.abs(v - truth));
    expect(smooth).toBeLessThan(0.01 * truth);
    expect(rough / smooth).toBeGreaterThan(3);
    // a uniform current along x, where alone there is noise: v²/D
    const stream = model2(
      () => [0.3, 0],
      () => [0.5, 0, 0],
    );
    const strip = fokkerPlanck({ model: stream, axes: square(1, 4) });
    const uniform = densityFrom(strip.grid, () => 1);
    expect(entropyProduction(strip, stream, uniform)).toBeGreaterThan(0);
    const still = fokkerPlanck({ model: ou2, axes: square(6, 30) });
    expect(Math.abs(entropyProduction(still, ou2, stationaryDensity(still).density))).toBeLessThan(1e-20);
  });
});

it('up to 20 cells are eliminated whole: n² numbers, and 2 Σ k(k + 1) operations', () => {
  const structure = structureOf(fokkerPlanck({ model: ou2, axes: square(2, 3) }));
  expect(structure.fronts).toHaveLength(1);
  expect([structure.factorNumbers, structure.flops]).toEqual([81, (2 * 8 * 9 * 10) / 3]);
  expect(structureOf(fokkerPlanck({ model: ou2, axes: square(2, 5) })).fronts.length).toBeGreaterThan(1);
});

it('memory is known beforehand: what is allocated, to a third', () => {
  for (const [nx, ny] of [[100, 100], [150, 60], [1000, 1]]) {
    const both = [{ from: -1, to: 1, cells: nx }, { from: -1, to: 1, cells: ny }]; // biome-ignore format: one line
    const axes = ny === 1 ? both.slice(0, 1) : both;
    const model = ny === 1 ? model1((x) => -x, () => 1) : ou2; // biome-ignore format: one line
    const structure = structureOf(fokkerPlanck({ model, axes }));
    const need = fokkerPlanckMemory(axes);
    const held = new FrontSolver(structure).bytes;
    expect(need.bytes / held).toBeGreaterThan(0.95);
    expect(need.bytes / held).toBeLessThan(1.35);
    expect(need.flops / structure.flops).toBeGreaterThan(0.8);
    expect(need.flops / structure.flops).toBeLessThan(1.35);
    expect(() => new FrontSolver(structure, held - 1)).toThrow(
      /this grid needs (\d+\.\d\d) GiB for its factors and \1 GiB are allowed/,
    );
  }
}); // biome-ignore format: short rows
