/**
 * The tests that every surface enters: each verb against loops over single samples that the entry writes down by itself.
 *
 * An entry gives the surface, a point, and naive functions of one sample's loss and gradient; everything expected is made of these
 * here: means, strata, differences of gradients, outer products, errors of subsets.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Matrix, matrix } from '../../src/numeric/linalg/index.js';
import { randomKey } from '../../src/numeric/random.js';
import { blockOf, wholeBlock } from '../../src/surface/blocks.js';
import {
  type Offer,
  type Parameter,
  type SampleSubset,
  type Subset,
  type Surface,
  type SurfaceBlock,
  VERBS,
  type Verb,
} from '../../src/surface/surface.js';

/** Largest deviations that are allowed, relative to the largest number of what is compared. */
export interface BatteryTolerances {
  readonly losses: number;
  readonly gradient: number;
  readonly products: number;
  readonly samples: number;
  /** Second moments, squared norms and the Fisher diagonal; as `samples` by default. */
  readonly moments?: number;
}

export interface BatteryEntry {
  readonly surface: Surface;
  readonly w: Float64Array;
  /** Loss of sample k. */
  loss(w: Float64Array, k: number): number;
  /** Gradient of that loss. */
  gradient(w: Float64Array, k: number): ArrayLike<number>;
  /** The same for any label in place of its own, −ln p of that label, where the surface offers logits. */
  readonly outcomes?: {
    readonly count: number;
    loss(w: Float64Array, k: number, label: number): number;
    gradient(w: Float64Array, k: number, label: number): ArrayLike<number>;
  };
}

export interface BatteryOptions {
  readonly tolerances: BatteryTolerances;
  readonly offers: Readonly<Record<Verb, Offer>>;
  /** Step of the five-point differences of naive gradients; small where the loss has kinks. */
  readonly step?: number;
  /** False where the surface cannot be asked over parts of its samples. */
  readonly subsets?: boolean;
}

/** What all verbs offer when the listed ones are exact. */
export const offersWith = (...exact: Verb[]): Record<Verb, Offer> =>
  Object.fromEntries(
    VERBS.map((verb) => {
      const other = verb === 'logits' || verb === 'trueFisher' ? 'missing' : 'made';
      return [verb, exact.includes(verb) ? 'exact' : other];
    }),
  ) as Record<Verb, Offer>;

/** Enters a surface. `make` is called once, before its tests. */
export function surfaceBattery(
  name: string,
  make: () => BatteryEntry | Promise<BatteryEntry>,
  { tolerances, offers, step = 1e-3, subsets = true }: BatteryOptions,
): void {
  describe(name, () => {
    let entry: BatteryEntry;
    let surface: Surface;
    let w: Float64Array;
    beforeAll(async () => {
      entry = await make();
      ({ surface, w } = entry);
    });
    afterAll(() => surface?.close());

    const samplesOf = (subset: Subset) =>
      Array.from(subset?.samples ?? Array.from({ length: surface.samples }, (_, k) => k));
    /** c_k by the definition: the share of the stratum, divided by how many were drawn of it. */
    const weightsOf = (subset: Subset) =>
      subset
        ? subset.strata.flatMap(({ count, of }) => new Array(count).fill(of / surface.samples / count))
        : samplesOf(subset).map(() => 1 / surface.samples);
    const meanLoss = (at: Float64Array, subset: Subset) => {
      const c = weightsOf(subset);
      return samplesOf(subset).reduce((sum, k, i) => sum + c[i] * entry.loss(at, k), 0);
    };
    const meanGradient = (at: Float64Array, subset: Subset) => {
      const c = weightsOf(subset);
      const sum = new Float64Array(surface.size);
      samplesOf(subset).forEach((k, i) => {
        const g = entry.gradient(at, k);
        for (let j = 0; j < sum.length; j++) sum[j] += c[i] * g[j];
      });
      return sum;
    };
    const indices = (block: SurfaceBlock) =>
      block.ranges.flatMap(({ offset, size }) => Array.from({ length: size }, (_, i) => offset + i));
    const along = (block: SurfaceBlock, p: ArrayLike<number>, delta: number) => {
      const at = w.slice();
      indices(block).forEach((j, i) => {
        at[j] += delta * p[i];
      });
      return at;
    };
    const product = (block: SurfaceBlock, p: ArrayLike<number>, subset: Subset) => {
      const [a, b, c, d] = [-2, -1, 1, 2].map((s) => meanGradient(along(block, p, s * step), subset));
      return indices(block).map((j) => (a[j] - 8 * b[j] + 8 * c[j] - d[j]) / (12 * step));
    };
    const gradients = (block: SurfaceBlock, subset: Subset) =>
      samplesOf(subset).map((k) => {
        const g = entry.gradient(w, k);
        return indices(block).map((j) => g[j]);
      });
    /** All weights, the parameters at both ends, every second parameter, and a range that cuts through parameters. */
    const blocks = (): SurfaceBlock[] => {
      const { parameters, size } = surface;
      const cut: Parameter = { name: 'cut', shape: [], offset: Math.floor(size / 3), size: Math.ceil(size / 2) };
      return [
        wholeBlock(parameters),
        blockOf('first', parameters.slice(0, 1)),
        blockOf('last', parameters.slice(-1)),
        blockOf(
          'every second',
          parameters.filter((_, i) => i % 2 === 0),
        ),
        blockOf('cut', [cut]),
      ];
    };
    const rows = (block: SurfaceBlock, k: number, seed = 4): Matrix => {
      const s = randomKey(seed).child(block.name).stream();
      return matrix(
        k,
        block.size,
        Float64Array.from({ length: k * block.size }, () => s.normal()),
      );
    };
    const row = (m: Matrix, i: number) => m.data.slice(i * m.cols, (i + 1) * m.cols);
    /** Parts of the samples of odd sizes: one of them; some kept whole and some drawn; all of them in another order. */
    const parts = (): Subset[] => {
      const n = surface.samples;
      if (!subsets || n < 8) return [undefined];
      const order = randomKey(9).stream().permutation(n);
      const drawn: SampleSubset = {
        samples: order.slice(0, 7),
        strata: [
          { count: 3, of: 3 },
          { count: 4, of: n - 3 },
        ],
      };
      return [
        undefined,
        { samples: order.slice(2, 3), strata: [{ count: 1, of: n }] },
        drawn,
        { samples: order, strata: [{ count: n, of: n }] },
      ];
    };
    const close = (got: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what = '') => {
      expect(got.length, what).toBe(expected.length);
      const scale = Array.from(expected).reduce((a, b) => Math.max(a, Math.abs(b)), 1e-3);
      let worst = 0;
      for (let i = 0; i < got.length; i++) worst = Math.max(worst, Math.abs(got[i] - expected[i]) / scale);
      expect(worst, what).toBeLessThanOrEqual(tolerance);
    };

    it('says what it is and how it answers', () => {
      expect(surface.offers).toEqual(offers);
      expect(surface.size).toBe(w.length);
      expect(surface.name.length).toBeGreaterThan(0);
      let end = 0;
      for (const p of surface.parameters) {
        expect(p.offset).toBe(end);
        expect(p.shape.reduce((a, b) => a * b, 1)).toBe(p.size);
        end += p.size;
      }
      expect(end).toBe(surface.size);
    });

    it('gives losses along lines of several blocks at once, and none where none are asked', async () => {
      const lines = blocks().map((block, i) => ({
        block,
        direction: row(rows(block, 1, i), 0),
        displacements: i === 2 ? [] : [0, 0.03, -0.05, 1e-3 * i].slice(0, 2 + (i % 3)),
      }));
      for (const subset of parts()) {
        const got = await surface.losses(w, lines, subset);
        expect(got.length).toBe(lines.length);
        lines.forEach(({ block, direction, displacements }, i) => {
          const expected = displacements.map((d) => meanLoss(along(block, direction, d), subset));
          close(got[i].losses, expected, tolerances.losses, block.name);
        });
        expect(await surface.losses(w, [], subset)).toEqual([]);
      }
    });

    it('gives the errors of losses over a part of the samples', async () => {
      const block = blocks()[3];
      const direction = row(rows(block, 1), 0);
      const displacements = [0, 0.05, -0.02];
      for (const subset of parts()) {
        const [{ standardErrors }] = await surface.losses(w, [{ block, direction, displacements }], subset);
        if (!subset) {
          expect(standardErrors).toBeUndefined();
          continue;
        }
        const expected = displacements.map((d) => {
          let [squared, first] = [0, 0];
          for (const { count, of } of subset.strata) {
            const own = Array.from(subset.samples.slice(first, first + count), (k) => {
              return entry.loss(along(block, direction, d), k) - entry.loss(w, k);
            });
            const centre = own.reduce((a, b) => a + b, 0) / count;
            const spread = own.reduce((a, b) => a + (b - centre) ** 2, 0) / (count - 1);
            if (count < of) squared += ((of / surface.samples) ** 2 * (1 - count / of) * spread) / count;
            first += count;
          }
          return Math.sqrt(squared);
        });
        if (subset.samples.length === 1) expect(Array.from(standardErrors!).every(Number.isNaN)).toBe(true);
        else close(standardErrors!, expected, Math.max(100 * tolerances.losses, 1e-9));
      }
    });

    it('gives the loss and its gradient', async () => {
      for (const subset of parts()) {
        const got = await surface.gradient(w, subset);
        close([got.loss], [meanLoss(w, subset)], tolerances.losses);
        close(got.gradient, meanGradient(w, subset), tolerances.gradient);
      }
    });

    it('gives products with blocks of the Hessian', async () => {
      for (const subset of parts().slice(0, 3)) {
        for (const block of blocks()) {
          const k = block.name === 'all' ? 3 : 1;
          const v = rows(block, k);
          const got = await surface.hessianVectors(w, block, v, subset);
          expect([got.rows, got.cols]).toEqual([k, block.size]);
          for (let i = 0; i < k; i++)
            close(row(got, i), product(block, row(v, i), subset), tolerances.products, block.name);
        }
      }
      const whole = blocks()[0];
      expect((await surface.hessianVectors(w, whole, matrix(0, whole.size))).rows).toBe(0);
      const zero = await surface.hessianVectors(w, whole, matrix(1, whole.size));
      expect(zero.data.every((x) => x === 0)).toBe(true);
    });

    it('gives the losses of samples', async () => {
      for (const subset of parts())
        close(
          await surface.sampleLosses(w, subset),
          samplesOf(subset).map((k) => entry.loss(w, k)),
          tolerances.losses,
        );
    });

    it('gives projections of the gradients of samples', async () => {
      for (const subset of parts()) {
        for (const block of blocks()) {
          const k = block.name === 'cut' ? 3 : 1;
          const v = rows(block, k);
          const got = await surface.projectedSampleGradients(w, block, v, subset);
          const expected = gradients(block, subset).flatMap((g) =>
            Array.from({ length: k }, (_, r) => g.reduce((sum, x, j) => sum + x * row(v, r)[j], 0)),
          );
          expect([got.rows, got.cols]).toEqual([samplesOf(subset).length, k]);
          close(got.data, expected, tolerances.samples, block.name);
        }
      }
    });

    it('gives second moments, squared norms and the diagonal of the Fisher matrix', async () => {
      const tolerance = tolerances.moments ?? tolerances.samples;
      for (const subset of parts()) {
        const c = weightsOf(subset);
        for (const block of blocks()) {
          const g = gradients(block, subset);
          close(
            await surface.squaredNorms(w, block, subset),
            g.map((own) => own.reduce((sum, x) => sum + x * x, 0)),
            tolerance,
            block.name,
          );
          const p = block.size;
          const expected = new Float64Array(p * p);
          g.forEach((own, k) => {
            for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) expected[i * p + j] += c[k] * own[i] * own[j];
          });
          const moment = await surface.secondMoment(w, block, subset);
          expect([moment.rows, moment.cols]).toEqual([p, p]);
          close(moment.data, expected, tolerance, block.name);
        }
        const g = gradients(blocks()[0], subset);
        close(
          await surface.fisher(w, subset),
          g[0].map((_, j) => g.reduce((sum, own, k) => sum + c[k] * own[j] ** 2, 0)),
          tolerance,
        );
      }
    });

    it('gives logits and the true Fisher matrix where it has outcomes, and refuses them otherwise', async () => {
      for (const verb of ['logits', 'trueFisher'] as const)
        if (offers[verb] === 'missing')
          await expect(surface[verb](w)).rejects.toMatchObject({
            message: expect.stringMatching(/does not offer|bad-request|nobody|needs/),
          });
      const { outcomes } = entry;
      expect(outcomes !== undefined).toBe(offers.logits !== 'missing');
      if (!outcomes) return;
      const labels = Array.from({ length: outcomes.count }, (_, y) => y);
      const tolerance = tolerances.moments ?? tolerances.samples;
      for (const subset of parts()) {
        const numbers = samplesOf(subset);
        const z = await surface.logits(w, subset);
        expect([z.rows, z.cols]).toEqual([numbers.length, outcomes.count]);
        const found = numbers.flatMap((_, i) => {
          const own = Array.from(row(z, i));
          const sum = own.reduce((s, x) => s + Math.exp(x), 0);
          return own.map((x) => Math.log(sum) - x);
        });
        const expected = numbers.flatMap((k) => labels.map((y) => outcomes.loss(w, k, y)));
        close(found, expected, Math.max(1e-11, tolerances.samples));
        const c = weightsOf(subset);
        const fisher = new Float64Array(w.length);
        numbers.forEach((k, i) => {
          for (const y of labels) {
            const [p, g] = [Math.exp(-outcomes.loss(w, k, y)), outcomes.gradient(w, k, y)];
            for (let j = 0; j < fisher.length; j++) fisher[j] += c[i] * p * g[j] ** 2;
          }
        });
        close(await surface.trueFisher(w, subset), fisher, tolerance);
      }
    });

    it('answers requests at several points in their order, each for its own point, and changes no argument', async () => {
      const [whole] = blocks();
      const v = rows(whole, 1);
      const other = along(whole, row(v, 0), 0.1);
      const [here, there] = [w.slice(), other.slice()];
      const order: number[] = [];
      const asked = [w, other, w].map((at, i) => surface.gradient(at).finally(() => order.push(i)));
      const losses = surface.sampleLosses(other).finally(() => order.push(3));
      const [a, b, again] = await Promise.all(asked);
      expect(order.slice(0, 3)).toEqual([0, 1, 2]);
      close(
        await losses,
        Array.from({ length: surface.samples }, (_, k) => entry.loss(other, k)),
        tolerances.losses,
      );
      expect(again).toEqual(a);
      close(b.gradient, meanGradient(other, undefined), tolerances.gradient);
      expect([w, other]).toEqual([here, there]);
      a.gradient.fill(0);
      expect((await surface.gradient(w)).gradient).toEqual(again.gradient);
      expect(v.data).toEqual(rows(whole, 1).data);
    });

    it('refuses what does not fit, in a sentence', async () => {
      const [whole] = blocks();
      const sentence = { message: expect.stringMatching(/^\S.*\.$/s) };
      await expect(surface.gradient(new Float64Array(w.length + 1))).rejects.toMatchObject(sentence);
      const outside = { name: 'outside', ranges: [{ offset: w.length - 1, size: 2 }], size: 2 };
      await expect(surface.squaredNorms(w, outside)).rejects.toMatchObject({ code: 'block-range', ...sentence });
      const twice = { ranges: [whole.ranges[0], whole.ranges[0]], name: 'twice', size: 2 * whole.ranges[0].size };
      await expect(surface.secondMoment(w, twice)).rejects.toMatchObject({ code: 'block-range', ...sentence });
      const short = matrix(1, whole.size - 1 || 2);
      await expect(surface.hessianVectors(w, whole, short)).rejects.toMatchObject({ code: 'direction-size' });
      const none = { samples: Uint32Array.of(surface.samples), strata: [{ count: 1, of: surface.samples }] };
      await expect(surface.sampleLosses(w, none)).rejects.toMatchObject(sentence);
      const line = { block: whole, direction: new Float64Array(whole.size), displacements: [Number.NaN] };
      await expect(surface.losses(w, [line])).rejects.toMatchObject({ code: 'displacement', ...sentence });
    });

    it('stops when asked, and reports how far it came', async () => {
      const [whole] = blocks();
      const stop = new AbortController();
      stop.abort();
      const request = surface.hessianVectors(w, whole, rows(whole, 40), undefined, { signal: stop.signal });
      await expect(request).rejects.toMatchObject({ code: 'interrupted' });
      const shares: number[] = [];
      await surface.hessianVectors(w, whole, rows(whole, 2), undefined, { onProgress: (s) => shares.push(s) });
      expect(shares.length).toBeGreaterThan(0);
      expect(shares.at(-1)).toBe(1);
      expect([...shares].sort((a, b) => a - b)).toEqual(shares);
    });
  });
}
