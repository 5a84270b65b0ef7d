/** From made-up parts of an ensemble to moments with their errors, densities, counting noise and survival. */
import { describe, expect, it } from 'vitest';
import { completeSimulation, type Setup, setupOf } from '../src/experiments/simulate/config.js';
import { floorOf, gather, momentsOver } from '../src/experiments/simulate/gather.js';
import type { PartialSimulationConfig } from '../src/experiments/simulate/schema.js';
import type { StationaryPart, TransientPart } from '../src/experiments/simulate/walkers.js';
import type { Estimate } from '../src/numeric/estimate.js';
import { mean, over } from './support/over-seeds.js';
import { unlike } from './support/unlike.js';

const setup = (given: Partial<PartialSimulationConfig>): Setup =>
  setupOf(
    completeSimulation({
      landscape: { valley: { floor: 'x^2', curvature: '4 + x' } },
      noise: { diffusion: { xx: 1, yy: 1 } },
      grid: { x: { from: -2, to: 2, cells: 8 }, y: { from: -1, to: 3, cells: 10 } },
      methods: { langevin: {} },
      time: { length: 1 },
      ...given,
    }),
  );
const PLANE = setup({});
const LINE = setup({
  variables: ['x'],
  landscape: { loss: 'x^2' },
  noise: { diffusion: { xx: 1 } },
  grid: { x: { from: -2, to: 2, cells: 8 } },
});

const same = (e: Estimate, wanted: { value: number; standardError: number; n: number }) => {
  expect(e.value).toBeCloseTo(wanted.value, 12);
  expect(e.standardError).toBeCloseTo(wanted.standardError, 12);
  expect(e.n).toBe(wanted.n);
};

/** Time averages of walkers about which their own places scatter: x, y, xx, xy, yy, L. */
function averages(walkers: number, u: ReturnType<typeof unlike>): number[][] {
  return Array.from({ length: walkers }, () => {
    const [x, y] = [u(-1, 1), u(-1, 1)];
    return [x, y, x * x + u(0.1, 0.5), x * y + u(-0.1, 0.1), y * y + u(0.1, 0.5), u(1, 2)];
  });
}

const part = (
  rows: readonly number[][],
  counts: readonly number[],
  more: Partial<StationaryPart> = {},
): StationaryPart => ({
  counts: Float64Array.from(counts),
  samples: counts.reduce((a, b) => a + b, 0),
  outside: 0,
  averages: Float64Array.from(rows.flat()),
  halves: new Float64Array(rows.length * 12),
  diverged: 0,
  ...more,
});

describe('time averages of independent walkers', () => {
  const u = unlike(21);
  const [first, second] = [averages(3, u), averages(4, u)];
  const lost = [Number.NaN, Number.NaN, Number.NaN, Number.NaN, Number.NaN, Number.NaN];
  const rows = [...first, ...second];
  const counts = [0, 1].map(() => Array.from({ length: 80 }, () => Math.round(u(0, 90))));
  const total = counts[0].map((c, k) => c + counts[1][k]);
  const samples = total.reduce((a, b) => a + b, 0);
  const found = gather(PLANE, [
    part(first, counts[0], { outside: 7 }),
    part([...second, lost], counts[1], { outside: 5, diverged: 1 }),
  ]);

  it('means and covariances about the common mean, with the error over those that did not diverge', () => {
    const { mean: m, covariance, loss } = found.moments;
    const column = (k: number) => rows.map((r) => r[k]);
    same(m[0], over(column(0)));
    same(m[1], over(column(1)));
    const [mx, my] = [mean(column(0)), mean(column(1))];
    same(covariance[0], over(rows.map((r) => r[2] - 2 * mx * r[0] + mx * mx)));
    same(covariance[1], over(rows.map((r) => r[3] - mx * r[1] - my * r[0] + mx * my)));
    same(covariance[2], over(rows.map((r) => r[4] - 2 * my * r[1] + my * my)));
    // ⟨x²⟩ − ⟨x⟩²
    expect(covariance[0].value).toBeCloseTo(mean(column(2)) - mx * mx, 12);
    expect(covariance[1].value).toBeCloseTo(mean(column(3)) - mx * my, 12);
    same(loss!, over(column(5)));
    expect(covariance[0].method).toMatch(/8 independent walkers/);
  });

  it('shares of samples outside and of walkers that diverged', () => {
    expect(found.outside).toBeCloseTo(12 / samples, 12);
    expect(found.diverged).toBeCloseTo(1 / 8, 12);
  });

  it('densities per area, marginals, and the floor at y = 0 normalised along x', () => {
    const { density, marginal_x: px, marginal_y: py, floor } = found.arrays;
    // cells of 0.5 by 0.4, x fastest
    expect([density.shape, px.shape, py.shape, floor.shape]).toEqual([[10, 8], [8], [10], [8]]); // biome-ignore format: one line
    total.forEach((c, k) => {
      expect(density.data[k]).toBeCloseTo(c / samples / 0.2, 12);
    });
    for (let i = 0; i < 8; i++)
      expect(px.data[i]).toBeCloseTo(total.reduce((s, c, k) => s + (k % 8 === i ? c : 0), 0) / samples / 0.5, 12);
    for (let j = 0; j < 10; j++)
      expect(py.data[j]).toBeCloseTo(total.reduce((s, c, k) => s + (Math.floor(k / 8) === j ? c : 0), 0) / samples / 0.4, 12); // biome-ignore format: one line
    expect([...floor.data].reduce((s, v) => s + v * 0.5, 0)).toBeCloseTo(1, 12);
    expect(floor.data.every((v) => v > 0)).toBe(true);
  });

  it('counting noise: half of the total variation between two halves of the walkers', () => {
    const share = (c: readonly number[]) => c.map((v) => v / c.reduce((a, b) => a + b, 0));
    const halves = counts.map(share);
    const apart = (sums: (c: readonly number[]) => number[]) => {
      const [p, q] = halves.map(sums);
      return p.reduce((s, v, k) => s + Math.abs(v - q[k]), 0) / 4;
    };
    const { density, marginal_x: mx, marginal_y: my } = found.noiseFloor;
    expect(density).toBeCloseTo(apart((c) => [...c]), 12); // biome-ignore format: one line
    expect(mx).toBeCloseTo(apart((c) => Array.from({ length: 8 }, (_, i) => c.reduce((s, v, k) => s + (k % 8 === i ? v : 0), 0))), 12); // biome-ignore format: one line
    expect(my).toBeCloseTo(apart((c) => Array.from({ length: 10 }, (_, j) => c.reduce((s, v, k) => s + (Math.floor(k / 8) === j ? v : 0), 0))), 12); // biome-ignore format: one line
    // of four parts the first and third against the second and fourth
    const zero = total.map(() => 0);
    const four = [counts[0], zero, zero, counts[1]].map((c) => part(averages(2, u), c));
    expect(gather(PLANE, four).noiseFloor.density).toBeCloseTo(density, 12);
    // nobody knows it of one part, or of a half that is empty
    expect(gather(PLANE, [part(first, counts[0])]).noiseFloor.density).toBeNaN();
    expect(gather(PLANE, [part(first, counts[0]), part(second, zero)]).noiseFloor.marginal_x).toBeNaN();
  });

  it('warns where the mean still moves between the two halves of the time: four standard errors', () => {
    const moved = (changes: readonly number[]) => {
      const halves = changes.flatMap((d, w) => [w, 1, 1, 1, 1, 1, w + d, 1, 1, 1, 1, 1]);
      // about a mean of 0, so that a change of x is none of x²
      const still = changes.map((_, w) => [w - 1, 0, 1 + w / 5, w / 9, 1 + w / 7, w]);
      return gather(PLANE, [part(still, counts[0], { halves: Float64Array.from(halves) })]).warnings;
    };
    // mean d, error √(Σ(x − d)²/(n(n − 1))): of 1, 2, 3 it is 1/√3, which 2 exceeds 3.46 times
    expect(moved([1, 2, 3])).toEqual([]);
    expect(moved([2, 3, 4])).toHaveLength(1);
    const [words] = moved([2, 3, 4]);
    expect(words).toMatch(/mean of x changed by 3\.0 \(5\.2 standard errors\)/);
    expect(moved([-2, -3, -4])[0]).toMatch(/changed by -3\.0 \(5\.2 standard errors\)/);
  });

  it('of every moment: the variance about the common mean, the covariance and the loss', () => {
    const rows = [[1, 2, 3, 4, 5, 6], [3, 2, 2, 3, 4, 5], [2, 5, 1, 4, 9, 7]]; // biome-ignore format: one line
    const moved = (column: number, by: readonly number[]) =>
      gather(PLANE, [part(rows, counts[0], { halves: Float64Array.from(by.flatMap((d) => [0, 0, 0, 0, 0, 0, ...Array.from({ length: 6 }, (_, c) => (c === column ? d : 0))])) })]); // biome-ignore format: one line
    for (const [column, name] of [
      [2, 'variance of x'],
      [3, 'covariance of x, y'],
      [4, 'variance of y'],
      [5, 'mean loss'],
    ] as const) {
      // biome-ignore format: one line
      const { warnings, moments } = moved(column, [2, 3, 4]);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain(`the ${name} changed by 3.0 (5.2 standard errors)`);
      const all = [...moments.mean, ...moments.covariance, moments.loss!].map((e) => e.converged);
      expect(all).toEqual([0, 1, 2, 3, 4, 5].map((c) => c !== column));
    }
    // a mean that moves by d changes the variance of x about the mean 2 by −2·2·d, unless ⟨x²⟩ moves by 4d as well
    expect(moved(0, [2, 3, 4]).warnings.map((w) => w.split(' changed')[0])).toEqual(['the mean of x', 'the variance of x', 'the covariance of x, y']); // biome-ignore format: one line
  });

  it('and of what the start has left, against one standard error', () => {
    const rows = [[1, 2, 3, 4, 5, 6], [3, 2, 2, 3, 4, 5], [2, 5, 1, 4, 9, 7]]; // biome-ignore format: one line
    const left = (variance: number) =>
      gather(PLANE, [part(rows, counts[0])], {
        time: 7,
        how: 'by hand',
        left: { mean: [0, 0], covariance: [variance, 0, 0], loss: 0 },
      });
    const error = left(0).moments.covariance[0].standardError;
    expect(left(-0.9 * error).warnings).toEqual([]);
    const { warnings, moments } = left(-1.1 * error);
    expect(warnings[0]).toMatch(/slowest relaxation takes 7 eta·steps \(by hand\).*variance of x \(about .* too small, 1\.1 standard errors\).*time.burnIn 42 and time.length 70/); // biome-ignore format: one line
    expect(moments.covariance.map((e) => e.converged)).toEqual([false, true, true]);
    expect(left(1.1 * error).warnings[0]).toMatch(/too large/);
  });

  it('of one coordinate: x, xx, L', () => {
    const table = [[0.5, 1, 3], [1.5, 2, 5], [-1, 4, 9]]; // biome-ignore format: one line
    const { mean: m, covariance, loss } = momentsOver(Float64Array.from(table.flat()), 1, true, 'by hand');
    expect([m[0].value, covariance[0].value, loss!.value].map((v) => Number(v.toFixed(6)))).toEqual([0.333333, 2.222222, 5.666667]); // biome-ignore format: one line
    expect(momentsOver(Float64Array.from(table.flat()), 1, false, '').loss).toBeUndefined();
    const line = gather(LINE, [part([], [1, 2, 3, 4, 5, 6, 7, 8], { averages: Float64Array.from(table.flat()), halves: new Float64Array(18) })]); // biome-ignore format: one line
    expect(Object.keys(line.arrays)).toEqual(['density', 'marginal_x']);
    expect(line.arrays.density.shape).toEqual([8]);
    expect(line.arrays.density.data[7]).toBeCloseTo(8 / 36 / 0.5, 12);
    expect(Object.keys(line.noiseFloor)).toEqual(['density', 'marginal_x']);
  });
});

describe('a floor', () => {
  it('is there where y = 0 lies inside the grid and something is found there', () => {
    const grid = (from: number, to: number, values: number) => {
      const { density } = gather(PLANE, [
        part(
          averages(2, unlike(3)),
          Array.from({ length: 80 }, () => 1),
        ),
      ]).arrays;
      const axes = [PLANE.axes[0], { name: 'y', from, to, cells: 10 }];
      return { grid: { axes, nx: 8, ny: 10, size: 80, spacing: [0.5, (to - from) / 10], volume: (0.5 * (to - from)) / 10 }, values: density.data.map((v) => v * values) } as never; // biome-ignore format: one line
    };
    expect(floorOf(grid(-1, 3, 1))).toBeDefined();
    expect(floorOf(grid(0, 4, 1))).toBeUndefined();
    expect(floorOf(grid(-4, 0, 1))).toBeUndefined();
    expect(floorOf(grid(-1, 3, 0))).toBeUndefined();
  });
});

describe('an ensemble in time', () => {
  const moving = setup({
    variables: ['x'],
    landscape: { loss: 'x^2' },
    noise: { diffusion: { xx: 1 } },
    grid: { x: { from: -2, to: 2, cells: 8, upper: 'absorbing' } },
    time: { mode: 'transient', until: 4, outputs: 2, snapshots: [1, 4] },
  });
  const NONE = Number.NaN;
  /** Two outputs of three and of two walkers: the second walker leaves at 1.5, the fourth at 3. */
  const parts = (last = [NONE, NONE]): TransientPart[] => [
    { places: Float64Array.of(0.5, NONE, 1.5, 0.7, NONE, -0.4), counts: [Float64Array.of(1, 0, 0, 2, 0, 0, 0, 0), Float64Array.of(0, 1, 0, 1, 0, 0, 0, 0)], outside: [0, 1], exits: Float64Array.of(last[0], 1.5, NONE), diverged: 0 }, // biome-ignore format: one line
    { places: Float64Array.of(-1, 1, NONE, 0.3), counts: [Float64Array.of(0, 0, 0, 0, 0, 1, 1, 0), Float64Array.of(0, 0, 0, 0, 0, 0, 0, 1)], outside: [0, 0], exits: Float64Array.of(3, last[1]), diverged: 1 }, // biome-ignore format: one line
  ];
  const found = gather(moving, parts());
  const array = (name: string) => [...found.arrays[name].data];

  it('means and variances of those that are left at each time', () => {
    expect(array('times')).toEqual([2, 4]);
    const [first, second] = [[0.5, 1.5, -1, 1], [0.7, -0.4, 0.3]].map(over); // biome-ignore format: one line
    expect(array('mean')[0]).toBeCloseTo(first.value, 12);
    expect(array('mean')[1]).toBeCloseTo(second.value, 12);
    expect(array('mean_error')[0]).toBeCloseTo(first.standardError, 12);
    expect(array('mean_error')[1]).toBeCloseTo(second.standardError, 12);
    expect(found.arrays.mean.shape).toEqual([2, 1]);
    expect(found.arrays.covariance.shape).toEqual([2, 1]);
    same(found.moments.mean[0], second);
    expect(found.moments.loss).toBeUndefined();
    expect(array('covariance')[1]).toBeCloseTo(found.moments.covariance[0].value, 12);
  });

  it('survival with its binomial error, and the mean time of those that left; a walker that diverged is neither', () => {
    // of five walkers one diverged; of the other four one leaves at 1.5 and one at 3
    expect(array('survival')).toEqual([0.75, 0.5]);
    expect(array('survival_error')[0]).toBeCloseTo(Math.sqrt((0.75 * 0.25) / 4), 12);
    expect(array('survival_error')[1]).toBeCloseTo(Math.sqrt((0.5 * 0.5) / 4), 12);
    expect(array('exit_times')).toEqual([1.5, 3]);
    expect(found.survival!.value).toBe(0.5);
    expect(found.survival!.standardError).toBeCloseTo(Math.sqrt(0.25 / 4), 12);
    expect(found.survival!.n).toBe(4);
    same(found.passage!, over([1.5, 3]));
    // two were still there: too small
    expect(found.passage!.converged).toBe(false);
    expect(found.passage!.method).toMatch(/too small/);
    const all = gather(moving, [{ ...parts()[0], exits: Float64Array.of(0.5, 1.5, 2.5) }, { ...parts()[1], exits: Float64Array.of(3, 3.5), diverged: 0 }]); // biome-ignore format: one line
    same(all.passage!, over([0.5, 1.5, 2.5, 3, 3.5]));
    expect(all.passage!.converged).toBe(true);
    expect(all.passage!.method).toMatch(/^mean exit time of 5 walkers$/);
    expect([...all.arrays.survival.data]).toEqual([0.6, 0]);
  });

  it('densities at each snapshot over all walkers, and of the last as that of the run', () => {
    expect(found.arrays.snapshots.shape).toEqual([2, 8]);
    expect(array('snapshots').map((v) => Number((v * 5 * 0.5).toFixed(9)))).toEqual([1, 0, 0, 2, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0, 1]); // biome-ignore format: one line
    expect(array('snapshot_times')).toEqual([1, 4]);
    expect(array('marginal_x')).toEqual(array('snapshots').slice(8));
    expect(array('density')).toEqual(array('snapshots').slice(8));
    expect(found.outside).toBeCloseTo(1 / 5, 12);
    expect(found.diverged).toBeCloseTo(1 / 5, 12);
    // of the last snapshot: (½, ½) against (1) apart: ½·(½ + ½ + 1)/2
    expect(found.noiseFloor.marginal_x).toBeCloseTo(0.5, 12);
    expect(found.warnings).toEqual([]);
  });

  it('with nothing absorbing there is no survival', () => {
    const open = setup({ variables: ['x'], landscape: { loss: 'x^2' }, noise: { diffusion: { xx: 1 } }, grid: { x: { from: -2, to: 2, cells: 8 } }, time: { mode: 'transient', until: 4, outputs: 2, snapshots: [1, 4] } }); // biome-ignore format: one line
    const still = gather(open, parts());
    expect(still.survival).toBeUndefined();
    expect(still.passage).toBeUndefined();
    expect(Object.keys(still.arrays)).not.toContain('survival');
    expect(Object.keys(still.arrays)).not.toContain('exit_times');
  });

  it('in a plane: both coordinates and three covariances at each time', () => {
    const plane = setup({ time: { mode: 'transient', until: 2, outputs: 2, snapshots: [2] } });
    const u = unlike(9);
    const places = Array.from({ length: 2 * 4 * 2 }, () => u(-1, 1));
    const counts = Float64Array.from({ length: 80 }, () => Math.round(u(0, 50)));
    const { arrays, moments } = gather(plane, [{ places: Float64Array.from(places), counts: [counts], outside: [0], exits: new Float64Array(4).fill(NONE), diverged: 0 }]); // biome-ignore format: one line
    expect([arrays.mean.shape, arrays.covariance.shape, arrays.snapshots.shape]).toEqual([[2, 2], [2, 3], [1, 10, 8]]); // biome-ignore format: one line
    const at = (output: number, axis: number) => [0, 1, 2, 3].map((w) => places[output * 8 + 2 * w + axis]);
    [0, 1].forEach((output) => {
      [0, 1].forEach((axis) => {
        const e = over(at(output, axis));
        expect(arrays.mean.data[2 * output + axis]).toBeCloseTo(e.value, 12);
        expect(arrays.mean_error.data[2 * output + axis]).toBeCloseTo(e.standardError, 12);
      });
    });
    expect(moments.covariance.map((c) => c.value)).toEqual([...arrays.covariance.data.slice(3)]);
  });
});
