/** Averages over ensembles against plain loops over the positions of the same walkers. */
import { describe, expect, it } from 'vitest';
import { parseExpression } from '../src/numeric/expression/index.js';
import { randomKey } from '../src/numeric/random.js';
import { type Ensemble, langevinEnsemble } from '../src/theory/ensemble/ensemble.js';
import { ensembleMoments, histogram, newHistogram, timeMoments } from '../src/theory/ensemble/statistics.js';
import { fieldOf } from '../src/theory/fields.js';

const field = (names: readonly string[], ...texts: string[]) =>
  fieldOf(
    texts.map((t) => parseExpression(t, { variables: names })),
    names,
  );
const sum = (x: readonly number[]) => x.reduce((s, v) => s + v, 0);
const mean = (x: readonly number[]) => sum(x) / x.length;
const standardError = (x: readonly number[]) =>
  Math.sqrt(sum(x.map((v) => (v - mean(x)) ** 2)) / (x.length * (x.length - 1)));

/** A tilted plane with walls on both sides of x that absorb some of the walkers. */
const plane = (walkers: number): Ensemble =>
  langevinEnsemble({
    model: { size: 2, names: ['x', 'y'], drift: field(['x', 'y'], '-x + 0.5*y', '-2*y - x'), diffusion: field(['x', 'y'], '0.3', '0.1', '0.2') },
    scheme: 'euler-maruyama',
    timestep: 0.05,
    walkers,
    start: [0.4, -0.3],
    key: randomKey(5),
    boundaries: [
      { low: { kind: 'absorbing', at: -0.9 }, high: { kind: 'absorbing', at: 1.1 } },
      { low: { kind: 'open' }, high: { kind: 'open' } },
    ],
  }); // biome-ignore format: a model a line
const line = (walkers: number): Ensemble =>
  langevinEnsemble({
    model: { size: 1, names: ['x'], drift: field(['x'], '-x'), diffusion: field(['x'], '0.3') },
    scheme: 'euler-maruyama',
    timestep: 0.05,
    walkers,
    start: [2],
    key: randomKey(6),
  });

/** Positions of each walker at the samples of an average over time, and which still move at the end. */
function watched(e: Ensemble, samples: number, every: number) {
  const looks: number[][] = [];
  for (let s = 0; s < samples; s++) {
    e.advance(every);
    looks.push([...e.positions()]);
  }
  const moving = [...e.status()].map((s, w) => (s === 0 ? w : -1)).filter((w) => w >= 0);
  return { looks, moving, point: (s: number, w: number) => looks[s].slice(w * e.size, (w + 1) * e.size) };
}

/** Mean and covariance from units that are means over some looks of one walker; errors of the covariance at fixed means. */
function expected(units: readonly (readonly number[][])[], size: number) {
  const over = (u: readonly number[][], f: (p: number[]) => number) => mean(u.map(f));
  const centre = Array.from({ length: size }, (_, i) => mean(units.map((u) => over(u, (p) => p[i]))));
  const pairs = size === 1 ? [[0, 0]] : [[0, 0], [0, 1], [1, 1]]; // biome-ignore format: one line
  return {
    mean: centre.map((value, i) => ({ value, error: standardError(units.map((u) => over(u, (p) => p[i]))) })),
    covariance: pairs.map(([i, j]) => {
      const each = units.map((u) => over(u, (p) => (p[i] - centre[i]) * (p[j] - centre[j])));
      return { value: mean(each), error: standardError(each) };
    }),
  };
}

function agree(found: ReturnType<typeof ensembleMoments>, truth: ReturnType<typeof expected>, n: number) {
  for (const which of ['mean', 'covariance'] as const) {
    expect(found[which]).toHaveLength(truth[which].length);
    found[which].forEach((e, k) => {
      expect(e.value).toBeCloseTo(truth[which][k].value, 12);
      expect(e.standardError).toBeCloseTo(truth[which][k].error, 12);
      expect(e.n).toBe(n);
    });
  }
}

describe.each([
  ['plane', plane, 2],
  ['line', line, 1],
] as const)('%s', (_, make, size) => {
  it('moments of the walkers that move now', () => {
    const e = make(40);
    e.advance(30);
    const x = e.positions();
    const moving = [...e.status()].map((s, w) => (s === 0 ? w : -1)).filter((w) => w >= 0);
    if (size === 2) expect(moving.length).toBeLessThan(40);
    expect(moving.length).toBeGreaterThan(10);
    const units = moving.map((w) => [[...x.subarray(w * size, (w + 1) * size)]]);
    const found = ensembleMoments(e);
    agree(found, expected(units, size), moving.length);
    expect(found.stopped).toBeCloseTo(1 - moving.length / 40, 14);
  });

  it('moments over time: many walkers are the units, each with its own mean', () => {
    const { point, moving } = watched(make(40), 6, 5);
    const units = moving.map((w) => Array.from({ length: 6 }, (_, s) => point(s, w)));
    const found = timeMoments(make(40), { samples: 6, every: 5 });
    agree(found, expected(units, size), moving.length);
    expect(found.stopped).toBeCloseTo(1 - moving.length / 40, 14);
    expect(found.mean[0].method).toMatch(/walkers/);
  });

  it('moments over time: of fewer than 20 walkers, blocks of time are', () => {
    const [samples, blocks] = [11, 3];
    const { point, moving } = watched(make(19), samples, 2);
    const units = moving.flatMap((w) =>
      Array.from({ length: blocks }, (_, b) =>
        Array.from({ length: samples }, (_, s) => s).filter((s) => Math.floor((s * blocks) / samples) === b).map((s) => point(s, w)),
      ),
    ); // biome-ignore format: short
    const found = timeMoments(make(19), { samples, every: 2, blocks });
    agree(found, expected(units, size), moving.length * blocks);
    expect(found.mean[0].method).toMatch(/3 blocks of time/);
    expect(timeMoments(make(20), { samples, every: 2, blocks }).mean[0].method).toMatch(/walkers/);
    expect(timeMoments(make(2), { samples: 4, every: 1 }).mean[0].method).toMatch(/4 blocks of time/);
  });
});

it('one walker at one time has no error, and an average over no time is refused', () => {
  const { mean: found } = ensembleMoments(line(1));
  expect([found[0].value, found[0].standardError]).toEqual([2, Number.NaN]);
  for (const bad of [{ samples: 0, every: 1 }, { samples: 1.5, every: 1 }, { samples: 1, every: 0 }, { samples: 1, every: 1, blocks: 1 }])
    expect(() => timeMoments(line(1), bad)).toThrow(/time averages need/); // biome-ignore format: short
});

it('a histogram counts each position in its cell, faces as the lower ones, the last upper one too', () => {
  const at = (x: number[], cells: number) => {
    const e = langevinEnsemble({
      model: { size: 1, names: ['x'], drift: field(['x'], '0'), diffusion: field(['x'], '0') },
      scheme: 'euler-maruyama',
      timestep: 1,
      walkers: x.length,
      start: x,
      key: randomKey(1),
    });
    return histogram(e, newHistogram([{ from: 0, to: 2, cells }]));
  };
  const h = at([0, 0.49, 0.5, 1, 1.99, 2, 2.01, -0.01], 4);
  expect([[...h.counts], h.outside, h.stopped, h.total]).toEqual([[2, 1, 1, 2], 2, 0, 8]);
  const e = plane(40);
  e.advance(30);
  const two = histogram(e, newHistogram([{ from: -1, to: 1, cells: 3 }, { from: -1, to: 1, cells: 2 }])); // biome-ignore format: one line
  const [x, status] = [e.positions(), e.status()];
  const counts = new Array<number>(6).fill(0);
  let [outside, stopped] = [0, 0];
  for (let w = 0; w < 40; w++) {
    const [i, j] = [Math.floor((1.5 * (x[2 * w] + 1))), Math.floor(x[2 * w + 1] + 1)]; // biome-ignore format: short
    if (status[w] !== 0) stopped++;
    else if (i < 0 || i > 2 || j < 0 || j > 1) outside++;
    else counts[i + 3 * j]++;
  }
  expect([[...two.counts], two.outside, two.stopped, two.total]).toEqual([counts, outside, stopped, 40]);
});
