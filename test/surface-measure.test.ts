import { describe, expect, it } from 'vitest';
import { measureSurface } from '../src/analyse/surface/measure.js';
import { inWords, overAllOf, planFor, remaining, secondsFor, shareFor } from '../src/analyse/surface/plan.js';
import { plainData, sameData } from '../src/numeric/json.js';
import { embeddedLinearAlgebra, fromRows } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { blockNamed, wholeBlock } from '../src/surface/blocks.js';
import type { Subset, Surface } from '../src/surface/surface.js';
import { naiveHessian, orthonormalAxes, quadraticSurface, softmaxSurface } from './support/sample-surfaces.js';

const key = randomKey(21);
const la = embeddedLinearAlgebra();

describe('a plan', () => {
  const costs = { loss: 1e-5, lossOverAll: 1e-5, gradient: 3e-5, gradientOverAll: 3e-5, product: 6e-5, slope: 4e-5 };
  const requests = { losses: 1800, gradients: 3, products: 300, slopes: 200, batchSamples: 1000 };

  it('takes all samples where they fit, and otherwise as many as do', () => {
    const all = planFor(costs, 7200, requests, 60000);
    expect([all.samples, all.seconds]).toEqual([60000, all.secondsOverAll]);
    expect(all.words).toMatch(/^all 60000 samples, about 45 min$/);
    const some = planFor(costs, 600, requests, 60000);
    const each = 1800 * 1e-5 + 3 * 3e-5 + 300 * 6e-5 + 200 * 4e-5;
    const fixed = 60000 * (3e-5 + 3e-5) + 1000 * 9e-5;
    expect(some.samples).toBe(Math.floor((600 - fixed) / each));
    expect(some.seconds).toBeCloseTo(fixed + some.samples * each, 9);
    expect(some.seconds).toBeLessThanOrEqual(600);
    expect(some.words).toMatch(
      /of 60000 samples, the half of largest loss .*about 10 min \(all of them would take 45 min/,
    );
    expect(secondsFor(costs, requests, some.samples + 1, 60000)).toBeGreaterThan(600);
  });

  it('takes all samples where kernels are faster on all of them', () => {
    const fast = { ...costs, lossOverAll: 1e-8, product: 1e-7, slope: 1e-7, gradient: 1e-7, gradientOverAll: 1e-7 };
    expect(planFor(fast, 60, requests, 60000).samples).toBe(60000);
  });

  it('takes all samples where the surface gives no losses of single ones, and says so', () => {
    const some = overAllOf(planFor(costs, 600, requests, 60000));
    expect([some.samples, some.seconds]).toEqual([60000, some.secondsOverAll]);
    expect(some.words).toMatch(
      /^all 60000 samples, about 45 min, which is more than the budget of 10 min: a subset needs/,
    );
    const all = planFor(costs, 7200, requests, 60000);
    expect(overAllOf(all)).toBe(all);
  });

  it('refuses a budget that is too small, and says what would do', () => {
    expect(() => planFor(costs, 1, requests, 60000)).toThrow(
      /about 7 s even over 64 of the 60000 samples, and the budget is 1 s; give at least 1 min/,
    );
    expect(() => planFor(costs, 0, requests, 60000)).toThrow(/above 0; got 0/);
    expect(planFor(costs, 60, requests, 10).samples).toBe(10);
  });

  it('counts what checks have taken of the budget, and says so', () => {
    const [fresh, later] = [planFor(costs, 600, requests, 60000), planFor(costs, 600, requests, 60000, undefined, 120)];
    const each = 1800 * 1e-5 + 3 * 3e-5 + 300 * 6e-5 + 200 * 4e-5;
    expect(Math.abs((fresh.samples - later.samples) * each - 120)).toBeLessThan(2 * each);
    expect(later.seconds).toBeLessThanOrEqual(480);
    expect(later.words).toMatch(/and the budget is 10 min, of which checks and trials have taken 2 min\)$/);
    expect(fresh.words).toMatch(/and the budget is 10 min\)$/);
    expect(() => planFor(costs, 600, requests, 60000, undefined, 598)).toThrow(
      /and the budget is 10 min, of which checks and trials have taken 10 min; give at least 11 min/,
    );
  });

  it('leaves directions out before samples, evenly from the first to the last', () => {
    const at = (share: number) => ({ ...requests, losses: 18 * remaining(100, share) });
    const costly = { ...costs, loss: 1e-4 };
    // 12 losses and more for each of 100 directions over 1000 samples take 180 s, the rest of the requests 38 s
    expect(shareFor(costly, 300, at, 60000)).toBe(1);
    expect(shareFor(costly, 150, at, 60000)).toBe(0.5);
    expect(shareFor(costly, 1, at, 60000)).toBe(0.1);
    expect([remaining(100, 0.1), remaining(8, 0.1), remaining(200, 0.1)]).toEqual([12, 8, 20]);
    const plan = planFor(costly, 150, at(0.5), 60000, { directions: 50, of: 100 });
    expect(plan.samples).toBeGreaterThanOrEqual(1000);
    expect(plan.words).toMatch(/; widths along 50 of 100 directions, to fit the budget$/);
    expect(planFor(costly, 300, at(1), 60000, { directions: 100, of: 100 }).words).not.toMatch(/widths/);
  });

  it('says times as people do', () => {
    expect([0.2, 1.2, 99, 100, 700, 8000, 100000].map(inWords)).toEqual([
      'less than a second',
      '2 s',
      '99 s',
      '2 min',
      '12 min',
      '2.2 h',
      '28 h',
    ]);
  });
});

describe('a measurement', () => {
  const { surface, w, all } = softmaxSurface({ samples: 150 });
  const weight = blockNamed(surface.parameters, 'fc.weight');
  const blocks = [weight, wholeBlock(surface.parameters)];

  it('measures the first, the last and some directions between where the budget is short', async () => {
    const { surface, w } = softmaxSurface({ samples: 150, inputs: 10, classes: 4 });
    const weight = blockNamed(surface.parameters, 'fc.weight');
    const vectors = orthonormalAxes(weight.size, 3);
    const k = vectors.length;
    expect(k).toBe(40);
    const given = {
      vectors: fromRows(vectors.map((v) => Array.from(v))),
      indices: vectors.map((_, i) => i + 1),
      variances: vectors.map(() => 1),
    };
    let clock = 0;
    // a second for every request: all directions would take longer than the budget
    const slow = {
      ...surface,
      ...Object.fromEntries(
        (['losses', 'gradient', 'hessianVectors', 'projectedSampleGradients'] as const).map((verb) => [
          verb,
          (...args: never[]) => {
            clock += 1;
            return (surface[verb] as (...args: never[]) => unknown).call(surface, ...args);
          },
        ]),
      ),
    } as Surface;
    const found = await measureSurface(slow, w, [weight], {
      key,
      la,
      directions: new Map([[weight.name, given]]),
      top: 2,
      batches: 1,
      budget: { seconds: 1, now: () => clock },
    }).catch((error: Error) => error);
    expect(found).toBeInstanceOf(Error); // even the fewest do not fit a second
    clock = 0;
    const plan = await measureSurface(slow, w, [weight], {
      key,
      la,
      directions: new Map([[weight.name, given]]),
      top: 2,
      batches: 1,
      budget: { seconds: 300, now: () => clock },
    });
    const ranks = plan.blocks[0].flatness!.directions.map((d) => d.index);
    expect(ranks.length).toBeLessThan(k);
    expect([ranks[0], ranks[ranks.length - 1]]).toEqual([1, k]);
    expect(plan.plan!.words).toContain(`widths along ${ranks.length} of ${k} directions`);
  });

  it('is one document for each block, with everything in it, that JSON keeps', async () => {
    const axes = orthonormalAxes(12, 3).slice(0, 4);
    const vectors = fromRows(axes.map((v) => Array.from(v)));
    const at: string[] = [];
    const found = await measureSurface(surface, w, blocks, {
      key,
      top: 3,
      density: { probes: 3, steps: 5 },
      directions: new Map([['fc.weight', { vectors, indices: [1, 2, 5, 9], variances: [4, 3, 2, 1] }]]),
      onProgress: ({ block, what }) => at.push(`${block} ${what}`),
    });
    expect(sameData(found, plainData(found))).toBe(true);
    expect(found.asked).toBe(150);
    expect(found.loss.kind).toBe('exact');
    expect(found.loss.value).toBeCloseTo(
      all.reduce((s, k) => s + k.loss(w) / 150, 0),
      12,
    );
    expect([...new Set(at)]).toEqual(
      ['fc.weight', 'all'].flatMap((b) => ['curvature', 'flatness', 'noise'].map((x) => `${b} ${x}`)),
    );
    const [first, whole] = found.blocks;
    expect([first.name, first.size, first.parameters]).toEqual(['fc.weight', 12, ['fc.weight']]);
    expect(whole.parameters).toEqual(['fc.weight', 'fc.bias']);
    expect([first.left, whole.left]).toEqual([[], []]);
    expect(first.flatness!.along).toBe('window');
    expect(first.flatness!.directions.map((d) => [d.index, d.variance])).toEqual([
      [1, 4],
      [2, 3],
      [5, 2],
      [9, 1],
    ]);
    const h = naiveHessian(all, w, weight);
    const along = (i: number, j: number) =>
      axes[i].reduce((s, x, a) => s + x * axes[j].reduce((t, y, b) => t + h.data[a * 12 + b] * y, 0), 0);
    first.flatness!.directions.forEach((d, i) => {
      expect(d.curvature.value).toBeCloseTo(along(i, i), 12);
      expect(d.curvature.kind).toBe('exact');
      expect(d.noise!.value).toBeGreaterThan(0);
      expect(d.noise!.value).toBe(first.plane!.covariance[i * 5]);
      expect(d.slope.value).toBeCloseTo(first.plane!.gradient[i], 12);
      for (let j = 0; j < 4; j++) expect(first.plane!.hessian[i * 4 + j]).toBeCloseTo(along(i, j), 12);
    });
    const values = Array.from(la.eigvalsh(naiveHessian(all, w, blocks[1]))).reverse();
    whole.spectrum!.top.forEach((m, i) => {
      expect(m.curvature.value).toBeCloseTo(values[i], 10);
    });
    // where there is no window, widths are taken along the eigenvectors
    expect(whole.flatness!.along).toBe('eigenvectors');
    expect(whole.flatness!.directions.map((d) => d.curvature.value)).toEqual(
      whole.spectrum!.top.map((m) => expect.closeTo(m.curvature.value, 10)),
    );
    expect(whole.flatness!.directions.map((d) => d.variance)).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(whole.noise!.sharpness!.batchSize).toBe(50);
    expect(whole.noise!.critical!.value).toBeGreaterThan(0);
  });

  it('lists what the surface does not answer, with what it would need, and measures the rest', async () => {
    const offers = { ...surface.offers, projectedSampleGradients: 'missing', squaredNorms: 'missing' } as const;
    const {
      blocks: [b],
    } = await measureSurface({ ...surface, offers }, w, [weight], { key, top: 2 });
    expect([b.flatness === undefined, b.spectrum === undefined, b.noise, b.plane]).toEqual([
      false,
      false,
      undefined,
      undefined,
    ]);
    expect(b.left.map((l) => l.what)).toEqual(['the noise of gradients along directions', 'the noise scale']);
    expect(b.left[1].needs).toMatch(/squaredNorms: .*; projectedSampleGradients: losses or gradients over parts/);
    const losses = Object.fromEntries(
      Object.keys(surface.offers).map((v) => [v, v === 'losses' || v === 'gradient' ? 'exact' : 'missing']),
    ) as Surface['offers'];
    const poor = (await measureSurface({ ...surface, offers: losses }, w, [weight], { key, top: 2 })).blocks[0];
    expect(poor.left.map((l) => l.what)).toEqual([
      'the spectrum of the Hessian',
      'the noise of gradients along directions',
      'the noise scale',
    ]);
  });

  it('goes on where no width is defined', async () => {
    const { surface: nil } = quadraticSurface([2, 1], { loss: 0, noise: 0 });
    const {
      blocks: [b],
    } = await measureSurface(nil, new Float64Array(2), [wholeBlock(nil.parameters)], { key, top: 2 });
    expect(b.flatness).toBeUndefined();
    expect(b.left).toEqual([{ what: 'widths along directions', needs: expect.stringMatching(/that loss is 0/) }]);
    expect(b.spectrum!.top[0].curvature.value).toBeCloseTo(2, 12);
    expect(b.plane!.hessian).toHaveLength(4);
    await expect(measureSurface(nil, new Float64Array(2), [], { key })).rejects.toThrow(/at least one block/);
  });

  it('stays within its budget by a subset, which it names before it starts', async () => {
    let seconds = 0;
    // a surface on which each sample takes a millisecond for a loss, three for a gradient, six for a product
    const busy = (subset: Subset) => subset?.samples.length ?? surface.samples;
    const slow: Surface = {
      ...surface,
      losses: (p, lines, subset, o) => {
        seconds += 1e-3 * busy(subset) * lines.reduce((s, l) => s + l.displacements.length, 0);
        return surface.losses(p, lines, subset, o);
      },
      gradient: (p, subset, o) => {
        seconds += 3e-3 * busy(subset);
        return surface.gradient(p, subset, o);
      },
      sampleLosses: (p, subset, o) => {
        seconds += 1e-3 * busy(subset);
        return surface.sampleLosses(p, subset, o);
      },
      hessianVectors: (p, b, v, subset, o) => {
        seconds += 6e-3 * busy(subset) * v.rows;
        return surface.hessianVectors(p, b, v, subset, o);
      },
      projectedSampleGradients: (p, b, v, subset, o) => {
        seconds += 4e-3 * busy(subset) * v.rows;
        return surface.projectedSampleGradients(p, b, v, subset, o);
      },
    };
    let told: number | undefined;
    const found = await measureSurface(slow, w, [weight], {
      key,
      top: 3,
      density: { probes: 2, steps: 6 },
      batches: 4,
      batchSize: 10,
      budget: { seconds: 55, now: () => seconds },
      onPlan: (plan) => {
        told = plan.samples;
      },
    });
    expect(told).toBe(found.asked);
    expect(found.asked).toBeLessThan(150);
    // the trials took some of it
    expect(found.plan!.seconds).toBeLessThanOrEqual(42);
    // the counts are those of a usual search: not exact, and not far off
    expect(seconds).toBeGreaterThan(35);
    expect(seconds).toBeLessThan(60);
    const [b] = found.blocks;
    for (const d of b.flatness!.directions) {
      expect(d.flatness.standardError).toBeGreaterThan(0);
      expect(d.flatness.method).toMatch(new RegExp(`over ${found.asked} of 150 samples`));
      expect(d.curvature.standardError).toBeGreaterThan(0);
    }
    const exact = await measureSurface(surface, w, [weight], { key, top: 3, density: { probes: 2, steps: 6 } });
    b.spectrum!.top.forEach((m, i) => {
      const truth = exact.blocks[0].spectrum!.top[i].curvature.value;
      expect(Math.abs(m.curvature.value - truth)).toBeLessThan(4 * m.curvature.standardError);
    });
  });

  it('stops when asked', async () => {
    const abort = new AbortController();
    const stopping: Surface = {
      ...surface,
      hessianVectors: async (p, b, v, subset, o) => {
        abort.abort(new Error('stopped'));
        o?.signal?.throwIfAborted();
        return surface.hessianVectors(p, b, v, subset, o);
      },
    };
    await expect(measureSurface(stopping, w, [weight], { key, signal: abort.signal })).rejects.toThrow(/stopped/);
  });
});
