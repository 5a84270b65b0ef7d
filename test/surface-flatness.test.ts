import { describe, expect, it } from 'vitest';
import { crossingSearch, nearestCrossings } from '../src/analyse/landscape/crossing.js';
import { surfaceFlatness } from '../src/analyse/landscape/surface-flatness.js';
import { fromRows, matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { blockNamed, moved, wholeBlock } from '../src/surface/blocks.js';
import { hardAndRandom } from '../src/surface/subsets.js';
import { quadraticSample, quadraticSurface, sampleSurface, softmaxSurface } from './support/sample-surfaces.js';

const rowsOf = (vectors: readonly Float64Array[]) => fromRows(vectors.map((v) => Array.from(v)));
/** Distance in direction ±1 at which base + slope·x + h·x²/2 reaches e·base. */
const crossing = (base: number, slope: number, h: number, sign: 1 | -1) => {
  const b = sign * slope;
  return (-b + Math.sqrt(b * b + 2 * h * (Math.E - 1) * base)) / h;
};

describe('the search for crossings', () => {
  it('asks for the points that the synchronous form evaluates, and finds the same bits', () => {
    const f = (x: number) => Math.exp(0.3 * x + 2 * x * x) + 0.1 * Math.sin(x) ** 2;
    const options = { centre: 1, level: Math.E, slope: 0.3, curvature: 4.29, relativeTolerance: 1e-5, cap: 50 };
    const [one, two]: number[][] = [[], []];
    const plain = nearestCrossings((xs) => {
      one.push(...xs);
      return xs.map(f);
    }, options);
    const search = crossingSearch(options);
    let step = search.next();
    while (!step.done) {
      two.push(...step.value);
      step = search.next(step.value.map(f));
    }
    expect(step.value).toEqual(plain);
    expect(two).toEqual(one);
    expect(two.length).toBeGreaterThan(5);
  });
});

describe('the cap of the search', () => {
  it('is asked for once, also where it rounds to less in single precision', () => {
    const cap = 70 * Math.SQRT2;
    expect(Math.fround(cap)).toBeLessThan(cap);
    const asked: number[] = [];
    const found = nearestCrossings(
      (xs) => {
        asked.push(...xs);
        return xs.map(() => 1);
      },
      { centre: 1, level: 2, slope: 0, curvature: 0, relativeTolerance: 1e-4, cap },
    );
    expect(found).toEqual({ left: null, right: null });
    expect(asked.filter((x) => x > 0 && x >= Math.fround(cap))).toHaveLength(1);
  });
});

describe('the flatness of a surface', () => {
  const values = [8, 2, 0.5, 0.1];

  it('is that of the parabola in closed form, along its axes, with and without a slope', async () => {
    const { surface, axes } = quadraticSurface(values, { loss: 0.7, spread: 0.3 });
    const block = wholeBlock(surface.parameters);
    const flat = await surfaceFlatness(surface, new Float64Array(4), block, rowsOf(axes), { relativeTolerance: 1e-6 });
    flat.directions.forEach((d, i) => {
      expect(d.flatness! / (2 * Math.sqrt((2 * (Math.E - 1) * 0.7) / values[i]))).toBeCloseTo(1, 6);
      expect(d.quadraticRatio).toBeCloseTo(1, 6);
    });
    const w = Float64Array.from([0.2, -0.1, 0.3, 0.05]);
    const { directions, centreLoss, samples } = await surfaceFlatness(surface, w, block, rowsOf(axes), {
      reach: 1e3,
      relativeTolerance: 1e-6,
      indices: [3, 4, 5, 6],
      variances: [1, 2, 3, 4],
    });
    const along = axes.map((p) => p.reduce((s, x, i) => s + x * w[i], 0));
    const base = 0.7 + along.reduce((s, x, i) => s + (values[i] * x * x) / 2, 0);
    expect(centreLoss).toBeCloseTo(base, 12);
    expect(samples).toBe(40);
    directions.forEach((d, i) => {
      const slope = values[i] * along[i];
      expect(d.slope).toBeCloseTo(slope, 12);
      expect(d.curvature).toBeCloseTo(values[i], 12);
      expect(d.right! / crossing(base, slope, values[i], 1)).toBeCloseTo(1, 6);
      expect(-d.left! / crossing(base, slope, values[i], -1)).toBeCloseTo(1, 6);
      expect([d.flatnessError, d.index, d.variance]).toEqual([0, 3 + i, 1 + i]);
    });
  });

  it('takes one request a round for all directions', async () => {
    const { surface, axes } = quadraticSurface(values, { loss: 0.7 });
    const w = Float64Array.from([0.2, -0.1, 0.3, 0.05]);
    const shares: number[] = [];
    await surfaceFlatness(surface, w, wholeBlock(surface.parameters), rowsOf(axes), {
      reach: 1e3,
      onProgress: (share) => shares.push(share),
    });
    expect([surface.asked.gradient, surface.asked.hessianVectors, surface.rows]).toEqual([1, 1, [4]]);
    expect(surface.lines.slice(0, 2)).toEqual([1, 4]); // the centre, then all four together
    expect(surface.asked.losses).toBeLessThan(20);
    expect(shares.at(-1)).toBe(1);
    expect([...shares].sort((a, b) => a - b)).toEqual(shares);
  });

  it('moves in the weights of a block alone', async () => {
    const { surface, w, all } = softmaxSurface();
    const block = blockNamed(surface.parameters, 'fc.bias');
    const p = Float64Array.from([0.6, -0.8, 0]);
    const { directions, centreLoss } = await surfaceFlatness(surface, w, block, rowsOf([p]), { reach: 100 });
    const loss = (x: number) => {
      const at = moved(w, block, p, x);
      return all.reduce((s, k) => s + k.loss(at) / all.length, 0);
    };
    expect(centreLoss).toBeCloseTo(loss(0), 12);
    for (const x of [directions[0].left!, directions[0].right!]) expect(loss(x) / loss(0) / Math.E).toBeCloseTo(1, 3);
  });

  it('is open along a direction that the loss does not depend on, and along one that leads downwards', async () => {
    const h = [
      [1, 0, 0],
      [0, 0, 0],
      [0, 0, -1],
    ];
    const one = sampleSurface(3, [quadraticSample(1, [0, 0, 0], h)]);
    const w = Float64Array.from([1e-3, 0, 0]);
    const { directions } = await surfaceFlatness(
      one,
      w,
      wholeBlock(one.parameters),
      matrix(3, 3, Float64Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1])),
      { reach: 1e4 },
    );
    expect(directions.map((d) => d.open)).toEqual([null, 'both', 'both']);
    expect(directions[0].flatness).toBeCloseTo(2 * Math.sqrt(2 * (Math.E - 1)), 3);
    expect(directions.map((d) => d.flatnessError)).toEqual([0, Number.NaN, Number.NaN]);
  });

  it('refuses a centre without loss, and directions of another length', async () => {
    const { surface } = quadraticSurface([1, 1], { loss: 0, noise: 0 });
    const block = wholeBlock(surface.parameters);
    const zero = new Float64Array(2);
    await expect(
      surfaceFlatness(
        surface,
        zero,
        block,
        matrix(
          1,
          2,
          zero.map(() => 1),
        ),
      ),
    ).rejects.toThrow(/that loss is 0/);
    await expect(surfaceFlatness(surface, zero, block, matrix(1, 3))).rejects.toThrow(/2 components each.*1 of 3/);
  });

  it('hands on what a surface refuses', async () => {
    const { surface } = quadraticSurface([1, 1], { choices: { offers: { hessianVectors: 'missing' } } });
    const w = Float64Array.from([1, 1]);
    await expect(surfaceFlatness(surface, w, wholeBlock(surface.parameters), matrix(1, 2, w))).rejects.toThrow(
      /no hessianVectors/,
    );
  });
});

describe('the error of a width over a subset', () => {
  const draws = 150;
  /** Root mean square error of F over draws of a subset, and the mean error that was claimed. */
  async function overDraws(choices: object, w: Float64Array, spread: number, noise: number) {
    const { surface, axes } = quadraticSurface([3, 0.4], { samples: 300, loss: 1, spread, noise, choices });
    const block = wholeBlock(surface.parameters);
    const all = await surfaceFlatness(surface, w, block, rowsOf(axes), { reach: 1e3, relativeTolerance: 1e-5 });
    const losses = await surface.sampleLosses(w);
    const found = axes.map(() => ({ squares: 0, claimed: 0 }));
    for (let d = 0; d < draws; d++) {
      const subset = hardAndRandom(losses, 60, randomKey(8).child(d));
      const { directions, samples, of } = await surfaceFlatness(surface, w, block, rowsOf(axes), {
        reach: 1e3,
        relativeTolerance: 1e-5,
        subset,
        centreLoss: all.centreLoss,
      });
      expect([samples, of]).toEqual([60, 300]);
      directions.forEach((x, i) => {
        found[i].squares += (x.flatness! - all.directions[i].flatness!) ** 2 / draws;
        found[i].claimed += x.flatnessError / draws;
      });
    }
    return found.map(({ squares, claimed }) => claimed / Math.sqrt(squares));
  }

  it.each([
    ['curvatures that scatter', 0.5, 0],
    ['slopes that scatter', 0, 0.5],
    ['both', 0.3, 0.3],
  ])('is the spread of repeated draws with %s', async (_, spread, noise) => {
    const ratios = await overDraws({}, Float64Array.from([0.1, 0.2]), spread, noise);
    // the spread over 150 draws is known to 6 %
    for (const ratio of ratios) expect(Math.abs(ratio - 1)).toBeLessThan(0.2);
  });

  it('is bounded from above where single samples are not to be had', async () => {
    const { surface, axes } = quadraticSurface([3, 0.4], { samples: 60, spread: 0.5, noise: 0.3 });
    const w = Float64Array.from([0.1, 0.2]);
    const block = wholeBlock(surface.parameters);
    const subset = hardAndRandom(await surface.sampleLosses(w), 20, randomKey(1));
    const known = await surfaceFlatness(surface, w, block, rowsOf(axes), { reach: 1e3, subset });
    const blind = { ...surface, offers: { ...surface.offers, sampleLosses: 'missing' as const } };
    const bound = await surfaceFlatness(blind, w, block, rowsOf(axes), { reach: 1e3, subset });
    known.directions.forEach((d, i) => {
      expect(d.flatnessError).toBeGreaterThan(0);
      expect(bound.directions[i].flatnessError).toBeGreaterThan(0.99 * d.flatnessError);
      expect(bound.directions[i].flatnessError).toBeLessThan(4 * d.flatnessError);
    });
  });
});
