/** What findings rest on, of one run and over seeds: means, sampling errors and medians worked out by hand. */
import { describe, expect, it } from 'vitest';
import type { DirectionDynamics } from '../src/analyse/trajectory/results.js';
import { combinedFacts, factsOf, findingsInput, type Ivf2021Facts } from '../src/experiments/ivf2021/facts.js';
import type { Parted } from '../src/numeric/error-parts.js';
import { direction, draws, fit, follow, form, input, row, upTo, walkNull } from './support/ivf2021-input.js';
import { syntheticAnalysis } from './support/ivf2021-results.js';

type Change = Parameters<typeof input>[0];
const one = (change: Change = {}) => factsOf(input(change));
const all = (...changes: Change[]) => combinedFacts(changes.map(one));
const HEAD = 'ranks 2–50';

describe('one run', () => {
  it('exponents with their sign turned, misfit and range', () => {
    // 3.7, 4 and 4.3: variance 0.18/2
    const f = one({
      scaling: {
        varianceFlatness: fit({ value: 4.2, error: 0.12, points: 77, range: [0.5, 50], r2: 0.93, scatter: 0.21 }),
        varianceFlatnessRanges: [row(HEAD, 4), row('ranks 10–200', 4.3), row('ranks 50–1000', 3.7), row('thirds', 9)],
        rankLaw: fit({ value: 2.8, error: 0.05, range: [20, 200] }),
        rankLawRanges: [row('ranks 2–20', 1, 0.01, 30, { range: [2, 20] }), row('ranks 20–200', 2.6), row('a', 2.9, 1)],
      },
    });
    expect(f.psi).toMatchObject({ points: 77, r2: 0.93, scatter: 0.21, votes: 3, silent: [], range: [0.5, 50] });
    expect(f.psi.exponent).toMatchObject({ value: 4.2, misfit: 0.12, runs: 1, sampling: Number.NaN });
    expect(f.psi.exponent.range).toBeCloseTo(0.3, 12);
    expect(f.psi.decades).toBeCloseTo(2, 12);
    expect(f.psi.extremes).toEqual([
      { label: 'ranks 50–1000', exponent: 3.7 },
      { label: 'ranks 10–200', exponent: 4.3 },
    ]);
    // 0.6 less 1.96·0.01·√2
    expect(f.psi.bend).toBeCloseTo(0.6 - 0.0196 * Math.SQRT2, 12);
    expect(f.head.exponent).toMatchObject({ value: 4, misfit: 0.01, range: Number.NaN });
    expect(f.rank.exponent).toMatchObject({ value: 2.8, misfit: 0.05, range: Number.NaN });
    expect([f.rank.votes, f.rank.silent, f.rank.extremes]).toEqual([1, ['a (interval too wide)'], []]);
    expect(f.rank.decades).toBeCloseTo(1, 12);
    expect(f.runs).toBe(1);
  });

  it('the share of ranks 2 to 50 in what is not drift', () => {
    const variances = [8, ...upTo(49, () => 0.1), ...upTo(50, () => 1)];
    expect(one({ pca: { variances, totalVariance: 18 } }).head.share).toBeCloseTo(0.49, 12);
  });

  it('gamma beyond each form of the walk, over the ranks of the comparison', () => {
    const f = one({
      scaling: { rankLaw: fit({ value: 2.8, error: 0.03 }) },
      walk: walkNull({
        gamma: 2.6,
        forms: [form({ gamma: draws(2.5, 0.04) }), form({ sampling: 'shuffled', gamma: draws(2.9, 0.4) })],
      }),
    });
    expect(f.beyondWalk.map((w) => w.sampling)).toEqual(['replaced', 'shuffled']);
    const [a, b] = f.beyondWalk.map((w) => w.difference);
    expect([a.value, a.misfit]).toEqual([expect.closeTo(0.1, 12), expect.closeTo(0.05, 12)]);
    expect([b.value, b.misfit]).toEqual([expect.closeTo(-0.3, 12), expect.closeTo(Math.hypot(0.03, 0.4), 12)]);
    expect(f.beyondWalk[1].walk).toEqual(draws(2.9, 0.4));
  });

  it('numbers of the walk under their names; none without it', () => {
    const f = one({ walk: walkNull({ forms: [form({ first: draws(1.7, 0.2), median: draws(0.9, 0.03) })] }) });
    const named = (x: { forms: readonly object[] }) => x.forms;
    expect(named(f.share)).toEqual([{ sampling: 'replaced', value: draws(0.6, 0.05) }]);
    expect(named(f.ballistic)).toEqual([{ sampling: 'replaced', value: draws(1.7, 0.2) }]);
    expect(named(f.diffuse)).toEqual([{ sampling: 'replaced', value: draws(0.9, 0.03) }]);
    expect([f.aligned.walk, f.noWalk]).toEqual([0.01, undefined]);
    const none = one({ walk: { missing: 'There is none.' } });
    expect([none.beyondWalk, none.share.forms, none.ballistic.forms, none.diffuse.forms]).toEqual([[], [], [], []]);
    expect([none.aligned.walk, none.noWalk]).toEqual([Number.NaN, 'There is none.']);
  });

  it('counts, and what a run without data gives', () => {
    const directions = upTo(70, (i) => direction(i, i > 60 ? { open: 'both', flatness: null } : {}));
    const f = one({ flatness: { directions } });
    expect([f.open, f.measured, f.widths.head.n, f.widths.rest.n]).toEqual([10, 70, 49, 10]);
    expect([f.diffuse.n, f.quadratic.n, f.aligned.P, f.share.T]).toEqual([20, 60, 10_000, 12_000]);
    const bare = one({
      flatness: { directions: [] },
      dynamics: [] as never,
      scaling: { varianceFlatnessRanges: [], rankLawRanges: [] },
    });
    expect([bare.widths.head.n, bare.diffuse.n, bare.quadratic.n, bare.ballistic.n, bare.head.points]).toEqual(
      new Array(5).fill(0),
    );
    for (const p of [bare.widths.rest.rho, bare.diffuse.alpha, bare.quadratic.ratio, bare.ballistic.alpha])
      expect(p).toMatchObject({ value: Number.NaN, converged: false });
  });

  it('the randomness of an analysis is that of its seed', () => {
    const analysis = syntheticAnalysis({ epochs: 40, directions: 80, P: 400, steps: 60 });
    const of = (seed: number) => factsOf(findingsInput(analysis, seed)).quadratic.ratio;
    expect(of(1)).toEqual(of(1));
    expect(of(1).value).toBe(of(2).value);
    expect(of(1).misfit).not.toBe(of(2).misfit);
  });
});

describe('over seeds', () => {
  it('exponents: the mean, its scatter as sampling, means of misfit and range', () => {
    const f = all(
      { scaling: { varianceFlatness: fit({ value: 4, error: 0.1 }) } },
      {
        scaling: {
          varianceFlatness: fit({ value: 4.6, error: 0.2 }),
          varianceFlatnessRanges: [row(HEAD, 4), row('ranks 50–1000', 4.4)],
        },
      },
      { scaling: { varianceFlatness: fit({ value: 4.6, error: 0.3 }) } },
    );
    const { exponent } = f.psi;
    expect(exponent.value).toBeCloseTo(4.4, 12);
    // deviations −0.4, 0.2, 0.2: 0.24/2, over 3 seeds
    expect(exponent.sampling).toBeCloseTo(0.2, 12);
    expect(exponent.misfit).toBeCloseTo(0.2, 12);
    // ranges that agree in two seeds, √0.08 in one
    expect(exponent.range).toBeCloseTo(Math.sqrt(0.08) / 3, 12);
    expect([exponent.runs, f.runs]).toEqual([3, 3]);
  });

  it('laws: medians of R², decades and bend, the fewest points, the widest range', () => {
    const at = (r2: number, points: number, to: number, apart: number): Change => ({
      scaling: {
        varianceFlatness: fit({ r2, points, range: [1, to], scatter: r2 / 10 }),
        varianceFlatnessRanges: [row(HEAD, 4, 0), row('ranks 50–1000', 4 + apart, 0)],
      },
    });
    const f = all(at(0.9, 80, 10, 0.1), at(0.2, 90, 1000, 1), at(0.8, 70, 100, 0.4));
    expect([f.psi.r2, f.psi.scatter, f.psi.points]).toEqual([0.8, 0.08, 70]);
    expect(f.psi.decades).toBeCloseTo(2, 12);
    expect(f.psi.bend).toBeCloseTo(0.4, 12);
    expect(f.psi.range).toEqual([1, 1000]);
    expect(f.psi.extremes).toEqual([
      { label: HEAD, exponent: 4 },
      { label: 'ranks 50–1000', exponent: expect.closeTo(4.5, 12) },
    ]);
    const other: Change = { scaling: { varianceFlatnessRanges: [row('ranks 9–90', 3.8), row('ranks 50–1000', 4)] } };
    expect(all({}, other).psi.extremes.map((e) => e.label)).toEqual(['one range or another', 'ranks 50–1000']);
  });

  it('a seed whose ranges are silent has no say on the bend; ranges are counted over seeds', () => {
    const silent: Change = {
      scaling: { varianceFlatnessRanges: [row(HEAD, -8, 72), row('ranks 50–1000', 4, 0.01, 12)] },
    };
    const bent: Change = { scaling: { varianceFlatnessRanges: [row(HEAD, 4, 0), row('ranks 50–1000', 5.5, 0)] } };
    for (const f of [all(silent, bent), all(bent, silent)]) {
      expect(f.psi.bend).toBeCloseTo(1.5, 12);
      expect(f.psi.extremes.map((e) => e.exponent)).toEqual([4, 5.5]);
      expect(f.psi.votes).toBe(2);
      expect(f.psi.silent).toEqual([
        `${HEAD} (interval too wide) in 1 of 2 seeds`,
        'ranks 50–1000 (12 points) in 1 of 2 seeds',
      ]);
    }
    const none = all(silent, silent);
    expect([none.psi.bend, none.psi.extremes, none.psi.votes]).toEqual([0, [], 0]);
    expect(none.psi.silent).toEqual([`${HEAD} (interval too wide)`, 'ranks 50–1000 (12 points)']);
    expect(none.psi.exponent.range).toBeNaN();
  });

  it('what scatters over seeds keeps this scatter alone; shares and cosines are means', () => {
    const at = (alpha: number, rest: number, ratio: number, cos: number, share: number): Change => ({
      dynamics: [follow(1, alpha, 0.2, cos), ...upTo(12, (k) => follow(9 + k, rest))] as never,
      flatness: { directions: upTo(80, (i) => direction(i, { quadraticRatio: ratio })), centreLoss: ratio },
      pca: { variances: [share, ...upTo(60, () => 0.001)], totalVariance: 1 },
    });
    const f = all(at(1.8, 0.9, 0.96, -0.6, 0.7), at(2, 1.1, 1, 0.8, 0.9));
    const means: [Parted, number, number][] = [
      [f.ballistic.alpha, 1.9, 0.1],
      [f.diffuse.alpha, 1, 0.1],
      [f.quadratic.ratio, 0.98, 0.02],
      [f.aligned.cos, 0.7, 0.1],
      [f.share.share, 0.8, 0.1],
    ];
    for (const [p, value, sampling] of means) {
      expect(p.value).toBeCloseTo(value, 12);
      expect(p.sampling).toBeCloseTo(sampling, 12);
      expect([p.misfit, p.range, p.runs]).toEqual([Number.NaN, Number.NaN, 2]);
    }
    expect(f.quadratic.loss).toBeCloseTo(0.98, 12);
    // 49 of a thousandth, of 0.3 and of 0.1
    expect(f.head.share).toBeCloseTo((0.049 / 0.3 + 0.049 / 0.1) / 2, 12);
    expect(f.widths.head.rho).toMatchObject({ value: 1, sampling: 0, misfit: Number.NaN });
  });

  it('counts are the fewest of any seed, open valleys and bent curves the mean', () => {
    const at = (open: number, followed: number, bent: number): Change => ({
      flatness: { directions: upTo(80, (i) => direction(i, i > 80 - open ? { open: 'left', flatness: null } : {})) },
      dynamics: [
        follow(1, 2),
        ...upTo(followed, (k) => follow(9 + k, 1, 0.03, 0.1, k > bent)),
      ] as never as DirectionDynamics[],
    });
    const f = all(at(2, 15, 1), at(10, 12, 4));
    expect([f.widths.head.n, f.widths.rest.n, f.quadratic.n, f.diffuse.n]).toEqual([49, 20, 70, 12]);
    expect([f.open, f.diffuse.bent, f.ballistic.n]).toEqual([6, 3, 10]);
    expect(f.ballistic.speed).toBe('');
  });

  it('the walk: means over seeds of its means and of its spreads', () => {
    const at = (gamma: number, k: number): Change => ({
      walk: walkNull({
        gamma,
        alongWeights: 0.01 * k,
        forms: [
          form({
            gamma: draws(2 + 0.1 * k, 0.02 * k),
            share: draws(0.5 + 0.1 * k, 0.01 * k),
            first: draws(1.5 + 0.1 * k, 0.03 * k),
            median: draws(0.7 + 0.1 * k, 0.05 * k),
          }),
        ],
      }),
    });
    const f = all(at(2.5, 1), at(2.9, 3));
    const value = (mean: number, deviation: number) => ({
      mean: expect.closeTo(mean, 12),
      deviation: expect.closeTo(deviation, 12),
      draws: 8,
    });
    expect(f.share.forms).toEqual([{ sampling: 'replaced', value: value(0.7, 0.02) }]);
    expect(f.ballistic.forms[0].value).toEqual(value(1.7, 0.06));
    expect(f.diffuse.forms[0].value).toEqual(value(0.9, 0.1));
    expect(f.aligned.walk).toBeCloseTo(0.02, 12);
    const [beyond] = f.beyondWalk;
    expect(beyond.walk).toEqual(value(2.2, 0.04));
    // 0.4 and 0.6
    expect(beyond.difference.value).toBeCloseTo(0.5, 12);
    expect(beyond.difference.sampling).toBeCloseTo(0.1, 12);
    expect(beyond.difference.misfit).toBeCloseTo((Math.hypot(0.01, 0.02) + Math.hypot(0.01, 0.06)) / 2, 12);
  });

  it('a seed without a fit of the leading ranks counts as one with no points', () => {
    const f: Ivf2021Facts = all({}, { scaling: { varianceFlatnessRanges: [row('ranks 50–1000', 4)] } });
    expect([f.head.points, f.head.r2, f.head.exponent.value, f.head.exponent.runs]).toEqual([0, 0.99, 4, 1]);
  });
});
