/** Findings of the study of real networks: each rule on both sides of its threshold, and every number of their sentences. */
import { describe, expect, it } from 'vitest';
import { networkFindings } from '../src/experiments/valley2023/network/findings.js';
import type { CeilingResult, NetworkInput, SolutionResult } from '../src/experiments/valley2023/network/measured.js';
import type { Estimate } from '../src/numeric/estimate.js';
import type { Finding } from '../src/report/finding.js';
import { sentenceHas } from './support/cells.js';
import { mean, over } from './support/over-seeds.js';
import { unlikeStudy } from './support/valley-network-results.js';

const [YES, NO, OPEN] = ['reproduced', 'not reproduced', 'not decidable with this run'];
const input = unlikeStudy();
const { findings } = networkFindings(input);
const byId = (id: string, from: readonly Finding[] = findings) => from.find((f) => f.id === `valley-network.${id}`)!;
/** Student's t at 95 % over three seeds: two degrees of freedom. */
const T3 = 4.302653;

const solved = input.cells.filter((c): c is SolutionResult => c.kind === 'solution' && c.outcome === 'reached');
const strength = (s: SolutionResult) => s.learningRate / s.batchSize;
const bySeed = [0, 1, 2].map((seed) => solved.filter((s) => s.seed === seed));

/** Everything a power of eta/B about which the seeds scatter by `spread`: slopes are `power`, their error spread/√3. */
type Powers = { readonly power?: number; readonly eta?: number; readonly spread?: number };
const LADDER = [[0.1, 1000], [0.1, 100], [0.4, 400], [0.1, 10]] as const; // biome-ignore format: one line
function study(
  change: (s: SolutionResult, x: number, seed: number) => SolutionResult,
  ladder = LADDER as readonly (readonly [number, number])[],
): NetworkInput {
  // biome-ignore format: one line
  const [some] = solved;
  const cells = [0, 1, 2].flatMap((seed) =>
    ladder.map(
      ([learningRate, batchSize]) =>
      change({ ...some, seed, learningRate, batchSize, cell: `eta${learningRate}-B${batchSize}` }, learningRate / batchSize, seed), // biome-ignore format: one line
    ),
  );
  return { ...input, settings: ladder.map(([learningRate, batchSize]) => ({ learningRate, batchSize })), cells };
}
const goes = ({ power = 0, eta = 0, spread = 0 }: Powers) =>
  study((s, x, seed) => {
    const value = x ** (power + spread * (seed - 1)) * s.learningRate ** (eta + (eta === 0 ? 0 : spread * (seed - 1)));
    const e = { ...s.flatness!.trace, value };
    return {
      ...s,
      test: { ...s.test!, errors: value },
      floor: { ...s.floor!, trace: e, top: e, test: { ...s.floor!.test, errors: value } },
      flatness: { ...s.flatness!, trace: e, scaledTrace: e, topWidths: { ...s.flatness!.topWidths, width: e } },
    };
  });
const verdict = (id: string, study: NetworkInput) => byId(id, networkFindings(study).findings).verdict;

describe('claims that solutions are flatter', () => {
  // the half-width of the interval is T3·spread/√3 = 2.484 spread
  it.each(['flatter-trace', 'test-error', 'floor-trace', 'floor-top', 'floor-test-error'])('%s: falls', (id) => {
    expect(verdict(id, goes({ power: -0.1, spread: 0.04 }))).toBe(YES);
    expect(verdict(id, goes({ power: -0.1, spread: 0.041 }))).toBe(OPEN);
    expect(verdict(id, goes({ power: 0.1, spread: 0.04 }))).toBe(NO);
    expect(verdict(id, goes({ power: 0.1, spread: 0.041 }))).toBe(OPEN);
    // an interval of ±0.05 around 0 says that there is no effect
    expect(verdict(id, goes({ power: 0, spread: 0.02 }))).toBe(NO);
    expect(verdict(id, goes({ power: 0, spread: 0.0203 }))).toBe(OPEN);
  });

  it('widths rise', () => {
    expect(verdict('flatter-width-top', goes({ power: 0.1, spread: 0.04 }))).toBe(YES);
    expect(verdict('flatter-width-top', goes({ power: -0.1, spread: 0.04 }))).toBe(NO);
  });

  it('say what was measured, with rank correlation and what is left at equal eta/B', () => {
    const finding = byId('flatter-scaled-trace');
    const table = networkFindings(input).slopes.find((r) => r.measure.id === 'scaled-trace')!;
    expect(finding.measured).toEqual(table.slope);
    sentenceHas(finding.reason.slice(finding.reason.indexOf('Rank')), [table.spearman, table.pairs, 95, { number: T3 * table.slope.standardError, digits: 2 }, 3]); // biome-ignore format: one line
    expect(finding.reason).toMatch(/rescaling/);
    expect(byId('flatter-trace').reason).not.toMatch(/rescaling/);
    // the strongest noise did not arrive
    sentenceHas(finding.range!, [1e-4, 0.01, 6, 7, 0.02, 5, 234, 12_345]);
    expect(finding.stated).toMatch(/below 0/);
    expect(byId('flatter-width-top').stated).toMatch(/above 0/);
    expect(byId('flatter-width-top').claim).toMatch(/rises$/);
    expect(byId('flatter-trace').claim).toMatch(/falls$/);
  });

  it('fewer than three strengths have no slope', () => {
    const power = (ladder: readonly (readonly [number, number])[]) => {
      const found = networkFindings(
        study(
          (s, x) => ({
            ...s,
            flatness: { ...s.flatness!, trace: { ...s.flatness!.trace, value: x ** -0.1 } },
            path: [1000, 10].map((trace, k) => ({ epoch: k, step: (1 + 9 * k) * x ** -0.2, loss: 1, trace })),
          }),
          ladder,
        ),
      ).findings;
      return ['flatter-trace', 'sooner-time'].map((id) => byId(id, found).measured.value);
    };
    for (const value of power([[0.1, 1000], [0.1, 100], [0.4, 400]])) expect(value).toBeNaN(); // biome-ignore format: one line
    const [trace, time] = power([[0.1, 1000], [0.1, 100], [0.1, 10]]); // biome-ignore format: one line
    expect(trace).toBeCloseTo(-0.1, 9);
    expect(time).toBeCloseTo(-0.2, 9);
  });

  it('one seed decides nothing', () => {
    const one = goes({ power: -0.1 });
    const { findings: few } = networkFindings({ ...one, cells: one.cells.filter((c) => c.seed === 0) });
    for (const f of few) expect(f.verdict, f.id).toBe(OPEN);
    expect(byId('flatter-trace', few).reason).not.toMatch(/NaN|Infinity|95/);
  });
});

describe('only the ratio eta/B matters', () => {
  it.each(['trace', 'scaled-trace', 'test-error'])(
    '%s: a half-width of at most 0.1 and a power of eta of at most 0.05, or 0 inside',
    (id) => {
      const power = (eta: number, spread: number) => verdict(`ratio-${id}`, goes({ eta, spread }));
      expect(power(0.049, 0.03)).toBe(YES);
      // ±0.0745 holds 0
      expect(power(0.07, 0.03)).toBe(YES);
      expect(power(-0.07, 0.028)).toBe(NO);
      expect(power(0.051, 0.01)).toBe(NO);
      expect(power(-0.051, 0.01)).toBe(NO);
      // ±0.0994 and ±0.1018
      expect(power(0.01, 0.04)).toBe(YES);
      expect(power(0.01, 0.041)).toBe(OPEN);
      expect(power(0.2, 0.05)).toBe(NO);
    },
  );

  it('says the slope against eta/B itself', () => {
    const finding = byId('ratio-test-error');
    const row = networkFindings(input).slopes.find((r) => r.measure.id === 'test-error')!;
    expect(finding.measured).toEqual(row.pairs);
    sentenceHas(finding.reason.slice(finding.reason.indexOf('Against')), [row.slope, 95, { number: T3 * row.pairs.standardError, digits: 2 }, 3]); // biome-ignore format: one line
  });
});

describe('flat solutions sooner', () => {
  /** Time to half of the trace goes as x^power in steps; the last look of the weakest noise is the level. */
  const sooner = (power: number) =>
    study((s, x) => ({
      ...s,
      stepsPerEpoch: 1e5 / s.batchSize,
      path: [1, 10, 100].map((share, k) => ({
        epoch: k,
        step: (share * x ** power) / s.learningRate,
        loss: 1,
        trace: [1000, 100, 10][k],
      })),
    }));

  it('the sign of the slope over seeds', () => {
    expect(verdict('sooner-time', sooner(-0.2))).toBe(YES);
    expect(verdict('sooner-time', sooner(0.2))).toBe(NO);
    expect(verdict('sooner-time', sooner(0))).toBe(NO);
    // steps·B/1e5: where time does not depend on eta/B the number of epochs goes as its inverse, which gradient flow does, too
    expect(verdict('sooner-epochs', sooner(0))).toBe(NO);
    expect(verdict('sooner-epochs', sooner(0.2))).toBe(NO);
    expect(verdict('sooner-epochs', sooner(-0.2))).toBe(YES);
    expect(byId('sooner-epochs', networkFindings(sooner(0)).findings).measured.value).toBeCloseTo(-1, 9);
    expect(byId('sooner-time', networkFindings(sooner(-0.2)).findings).measured.value).toBeCloseTo(-0.2, 9);
  });

  it('is open where more than a quarter have no such time', () => {
    // so many of 12 solutions never fall to the level
    const none = (count: number) => {
      const s = sooner(-0.2);
      const cells = s.cells.map((c, k) => (c.kind === 'solution' && k % 4 !== 0 && Math.floor(k / 4) + (k % 4) * 3 < 3 + count ? { ...c, path: c.path.slice(0, 2).map((p) => ({ ...p, trace: 500 })) } : c)); // biome-ignore format: one line
      return { ...s, cells };
    };
    const share = (count: number) => networkFindings(none(count)).times.missing;
    expect([share(0), share(1), share(3), share(4)]).toEqual([0, 1 / 12, 3 / 12, 4 / 12]);
    expect(byId('sooner-time', networkFindings(none(3)).findings).verdict).not.toBe(NO);
    expect(verdict('sooner-time', none(4))).toBe(OPEN);
  });

  it('says the level, and how many have no such time', () => {
    const levels = bySeed.map((own) =>
      Math.max(...own.filter((s) => strength(s) < 1.01e-4).map((s) => s.path[4].trace)),
    );
    const finding = byId('sooner-time');
    sentenceHas(finding.range!, [over(levels)]);
    sentenceHas(finding.predicted!, [0]);
    sentenceHas(byId('sooner-epochs').predicted!, [-1]);
    const { whole } = networkFindings(input).times.course;
    const value = Math.exp(-whole!.change.value);
    expect(finding.reason).toMatch(/it falls by a factor of/);
    sentenceHas(finding.reason, [{ number: 100 / solved.length, digits: 2 }, 1e-4, 0.01, { value, standardError: value * whole!.change.standardError }, 95, { number: T3 * finding.measured.standardError, digits: 2 }, 3]); // biome-ignore format: one line
    expect(byId('sooner-epochs').verdict).toBe(finding.verdict);
    expect(byId('sooner-epochs').reason).toMatch(/other units/);
  });
});

describe('until divergence', () => {
  const lost = (which: (s: SolutionResult) => boolean) => study((s) => (which(s) ? { ...s, outcome: 'diverged' } : s));

  it('the strongest setting reaches the target in no seed and all others in all', () => {
    const strongest = (s: SolutionResult) => s.batchSize === 10;
    expect(verdict('until-divergence', lost(strongest))).toBe(YES);
    expect(
      verdict(
        'until-divergence',
        lost(() => false),
      ),
    ).toBe(NO);
    expect(
      verdict(
        'until-divergence',
        lost((s) => strongest(s) && s.seed > 0),
      ),
    ).toBe(OPEN);
    expect(
      verdict(
        'until-divergence',
        lost((s) => strongest(s) || (s.batchSize === 100 && s.seed === 1)),
      ),
    ).toBe(OPEN);
  });

  it('says the strongest setting and how many settings reached the target in every seed', () => {
    const finding = byId('until-divergence');
    expect(finding.measured.value).toBe(0);
    expect(finding.measured.n).toBe(3);
    sentenceHas(finding.range!, [3, 10, 150]);
    sentenceHas(finding.reason, [7, 5, 3, 0]);
    expect(finding.reason).toMatch(/also has the largest learning rate/);
    const slow = byId('until-divergence', networkFindings({ ...input, cells: input.cells.map((c) => (c.kind === 'solution' && c.learningRate === 3 && c.seed > 0 ? { ...c, outcome: 'not reached' as const } : c)) }).findings); // biome-ignore format: one line
    sentenceHas(slow.reason, [7, 5, 1, 2]);
    expect(byId('until-divergence', networkFindings(goes({ power: -0.1 })).findings).reason).not.toMatch(/largest/);
    const { measured } = byId(
      'until-divergence',
      networkFindings(lost((s) => s.batchSize === 10 && s.seed > 0)).findings,
    );
    expect(measured.value).toBeCloseTo(1 / 3, 12);
    const alone = lost(() => false);
    const one = byId('until-divergence', networkFindings({ ...alone, cells: alone.cells.filter((c) => c.seed === 0) }).findings); // biome-ignore format: one line
    expect([one.measured.value, one.measured.n, one.measured.converged, one.verdict]).toEqual([1, 1, true, OPEN]);
    const none = byId('until-divergence', networkFindings({ ...input, cells: [] }).findings);
    expect([none.verdict, none.measured.converged]).toEqual([OPEN, false]);
  });
});

/** Mean over a seed's solutions, then over seeds. */
const overSolutions = (of: (s: SolutionResult) => number, which = (_: SolutionResult) => true) =>
  over(bySeed.map((own) => mean(own.filter(which).map(of))));
const sameAs = (e: Estimate, wanted: { value: number; standardError: number }) => {
  expect(e.value).toBeCloseTo(wanted.value, 9);
  expect(e.standardError).toBeCloseTo(wanted.standardError, 9);
};

describe('across and along the valley', () => {
  const valley = (change: (v: NonNullable<SolutionResult['valley']>, seed: number, x: number) => object) =>
    study((s, x, seed) => ({ ...s, valley: { ...s.valley!, ...change(s.valley!, seed, x) } }));

  it('anisotropy: the sign of ln kappa', () => {
    const kappa = (ln: number, spread: number) =>
      valley((v, seed) => ({ anisotropyDrift: { ...v.anisotropyDrift, value: Math.exp(ln + spread * (seed - 1)) } }));
    expect(verdict('anisotropy', kappa(0.1, 0.04))).toBe(YES);
    expect(verdict('anisotropy', kappa(0.1, 0.041))).toBe(OPEN);
    expect(verdict('anisotropy', kappa(-0.1, 0.04))).toBe(NO);
    const drift = overSolutions((s) => Math.log(s.valley!.anisotropyDrift.value));
    const random = overSolutions((s) => Math.log(s.valley!.anisotropyRandom.value));
    const finding = byId('anisotropy');
    sameAs(finding.measured, drift);
    const each = [1e-4, 1e-3, 1e-2].flatMap((x) => [Math.exp(overSolutions((s) => Math.log(s.valley!.anisotropyDrift.value), (s) => Math.abs(strength(s) / x - 1) < 1e-6).value), x]); // biome-ignore format: one line
    sentenceHas(finding.reason, [Math.exp(drift.value), Math.exp(random.value), ...each, 95, { number: T3 * drift.standardError, digits: 2 }, 3]); // biome-ignore format: one line
    // one strength refutes, though the mean over all of them does not
    const mixed = (ln: number) => valley((v, _, x) => ({ anisotropyDrift: { ...v.anisotropyDrift, value: Math.exp(x > 5e-3 ? ln : 1) } })); // biome-ignore format: one line
    expect(verdict('anisotropy', mixed(-0.1))).toBe(NO);
    expect(verdict('anisotropy', mixed(0.1))).toBe(YES);
  });

  it('noise and curvature: the exponent is 1 within 0.2', () => {
    /** C = lambda^power, times a factor for a group of directions; the drift of one seed has no logarithm. */
    const gamma = (power: number, spread: number, top = 4, factors = { across: 1, drift: 1 }) =>
      valley((v, seed) => {
        const of = (curvature: number, factor: number) => ({
          ...v.drift,
          curvature: { ...v.drift.curvature, value: curvature },
          noise: { ...v.drift.noise, value: factor * Math.abs(curvature) ** (power + spread * (seed - 1)) },
        });
        return {
          across: [of(top, factors.across), of(top / 2, factors.across)],
          drift: of(seed === 0 ? -1 : 1, factors.drift),
          random: [of(1, 1), of(0.5, 1)],
        };
      });
    expect(verdict('noise-curvature', gamma(1.199, 0.3))).toBe(YES);
    expect(verdict('noise-curvature', gamma(0.801, 0.3))).toBe(YES);
    expect(verdict('noise-curvature', gamma(1.25, 0.1))).toBe(NO); // ±0.248
    expect(verdict('noise-curvature', gamma(1.25, 0.101))).toBe(OPEN);
    expect(verdict('noise-curvature', gamma(0.75, 0.1))).toBe(NO);
    expect(byId('noise-curvature', networkFindings(gamma(1.3, 0)).findings).measured.value).toBeCloseTo(1.3, 9);
    // the groups have one ratio of C to lambda within a factor of 2
    expect(verdict('noise-curvature', gamma(1, 0, 1000, { across: 1.9, drift: 1.9 }))).toBe(YES);
    expect(verdict('noise-curvature', gamma(1, 0, 1000, { across: 2.1, drift: 1 }))).toBe(NO);
    expect(verdict('noise-curvature', gamma(1, 0, 1000, { across: 1, drift: 0.45 }))).toBe(NO);
    const { reason } = byId('noise-curvature', networkFindings(gamma(1, 0, 1000, { across: 1.9, drift: 0.6 })).findings); // biome-ignore format: one line
    sentenceHas(reason.slice(0, reason.indexOf('times (')), [1.9, 0.6]); // biome-ignore format: one line
    expect(
      verdict(
        'noise-curvature',
        study(({ valley: _, ...s }) => s),
      ),
    ).toBe(OPEN);
    const few = valley((v) => ({ across: v.across.slice(0, 1), random: v.random.slice(0, 1) }));
    expect(Number.isFinite(byId('noise-curvature', networkFindings(few).findings).measured.value)).toBe(true);
    const fewer = valley((v) => ({ across: v.across.slice(0, 1), random: [] }));
    expect(verdict('noise-curvature', fewer)).toBe(OPEN);
  });

  it('the drift flattens, at the strongest two ratios that reached the target', () => {
    const along = (strong: number, weak: number, spread = 0) =>
      valley((_, seed, x) => ({ driftLength: 2, change: { step: 0.1, curvatures: [], logSlopes: [(x > 5e-4 ? strong : weak) + spread * (seed - 1), Number.NaN] } })); // biome-ignore format: one line
    expect(verdict('drift-flattens', along(-0.1, 5))).toBe(YES);
    expect(verdict('drift-flattens', along(0.1, -5))).toBe(NO);
    expect(verdict('drift-flattens', along(-0.1, 5, 0.041))).toBe(OPEN);
    // of the length of the drift: 2·(−0.1)
    expect(byId('drift-flattens', networkFindings(along(-0.1, 5)).findings).measured.value).toBeCloseTo(-0.2, 12);
    const change = (s: SolutionResult) => s.valley!.driftLength * mean(s.valley!.change.logSlopes);
    const finding = byId('drift-flattens');
    const strong = overSolutions(change, (s) => strength(s) > 9e-4);
    sameAs(finding.measured, strong);
    sentenceHas(finding.range!, [0.01, 0.001]);
    // looks at 0.6 and 1 of the steps
    const quarter = ({ path, steps }: SolutionResult) => {
      const [a, b] = path.slice(3);
      return (Math.log(b.trace / a.trace) * Math.log(b.step / (0.75 * steps))) / Math.log(b.step / a.step);
    };
    const [high, low] = [true, false].map((up) => overSolutions(quarter, (s) => strength(s) > 9e-4 === up));
    sentenceHas(finding.reason, [overSolutions(change, (s) => strength(s) < 9e-4), high, low, 95, { number: T3 * strong.standardError, digits: 2 }, 3]); // biome-ignore format: one line
  });
});

describe('ceilings', () => {
  const some = input.cells.find((c): c is CeilingResult => c.kind === 'ceiling')!;
  /** Runs from a solution and from the initial weights, unstable at `ratios` of each prediction, B = 5 and B = 50; diverged at `recovery` of that. */
  const scans = (
    ratios: readonly [number, number],
    spread = 0,
    recovery = 2,
    slope = 1,
    scatter = 0,
  ): NetworkInput => ({
    ...input,
    cells: [0, 1, 2].map(
      (seed): CeilingResult => ({
        ...some,
        seed,
        scans: (['initial', 'trained'] as const).flatMap((start) =>
          [5, 50].map((batchSize, k) => {
            const predicted = batchSize / 10;
            const eta = ratios[k] * (1 + spread * (seed - 1)) * predicted ** slope;
            // a scan so fine that its own resolution does not matter
            const at = (rate: number, peak: number, end: number) => [{ learningRate: rate / 1.0001, peak: 0, end: 0.01 }, { learningRate: rate * 1.0001, peak, end }]; // biome-ignore format: one line
            const [before, first] = at(eta, 6, 0.01);
            return {
              ...some.scans[0],
              start,
              batchSize,
              loss: 0.02,
              predicted: {
                edge: predicted,
                meanSquare: predicted,
                meanSquareLeast: predicted,
                almostSure: predicted,
                coupled: predicted,
              },
              probes: [before, first, ...at(recovery * (1 + scatter * (seed - 1)) * eta, 99, 9)],
            };
          }),
        ),
      }),
    ),
  });

  it.each(['ceiling-edge', 'ceiling-mean-square', 'ceiling-coupled', 'ceiling-initial'])(
    '%s: within 30 % for every batch size',
    (id) => {
      expect(verdict(id, scans([1.299, 0.701]))).toBe(YES);
      expect(verdict(id, scans([1.301, 1]))).toBe(NO);
      expect(verdict(id, scans([1, 0.699]))).toBe(NO);
      // 2.484·0.05 of 0.6 leads up to 0.67, 2.484·0.07 up to 0.704
      expect(verdict(id, scans([1, 0.6], 0.06))).toBe(NO);
      expect(verdict(id, scans([1, 0.6], 0.07))).toBe(OPEN);
      expect(verdict(id, scans([1, 1.6], 0.07))).toBe(NO);
      expect(verdict(id, scans([1, 1.6], 0.08))).toBe(OPEN);
    },
  );

  it('tell the batch size that is farthest off in the logarithm', () => {
    const found = byId('ceiling-edge', networkFindings(scans([1.5, 0.6])).findings);
    expect(found.measured.value).toBeCloseTo(0.6, 6);
    expect(byId('ceiling-edge', networkFindings(scans([1.5, 0.7])).findings).measured.value).toBeCloseTo(1.5, 6);
    const own = byId('ceiling-coupled');
    const rows = networkFindings(input).ceilings.filter((r) => r.start === 'trained');
    sentenceHas(own.reason, rows.flatMap((r) => [r.ratios.coupled, r.batchSize])); // biome-ignore format: one line
    sentenceHas(own.range!, [321, 17]);
    expect(own.range).toMatch(/ten times that of the solution/);
    expect(byId('ceiling-initial').range).toMatch(/twice chance/);
    const initial = networkFindings(input).ceilings.filter((r) => r.start === 'initial');
    sentenceHas(byId('ceiling-initial').reason, initial.flatMap((r) => [r.ratios.edge, r.batchSize])); // biome-ignore format: one line
  });

  it('fall with smaller batches as predicted, within 0.2', () => {
    expect(verdict('ceiling-slope', scans([1, 1], 0, 2, 1.199))).toBe(YES);
    expect(verdict('ceiling-slope', scans([1, 1], 0, 2, 0.801))).toBe(YES);
    expect(verdict('ceiling-slope', scans([1, 1], 0, 2, 1.201))).toBe(NO);
    expect(verdict('ceiling-slope', scans([1, 1], 0, 2, 0.799))).toBe(NO);
    expect(byId('ceiling-slope', networkFindings(scans([1, 1], 0.2, 2, 0.7)).findings).measured.value).toBeCloseTo(
      0.7,
      9,
    );
  });

  it('two seeds decide, one does not', () => {
    const few = (count: number, spread: number) => {
      const all = scans([1, 1], spread);
      return networkFindings({ ...all, cells: all.cells.slice(0, count) }).findings;
    };
    for (const id of ['ceiling-edge', 'ceiling-initial', 'ceiling-slope', 'recovery']) {
      expect(byId(id, few(1, 0)).verdict, id).toBe(OPEN);
      expect(byId(id, few(2, 1e-6)).verdict, id).toBe(YES);
    }
  });

  it('recovery: divergence beyond 1.2 of instability, at the largest batch', () => {
    expect(verdict('recovery', scans([1, 1], 0, 1.21))).toBe(YES);
    expect(verdict('recovery', scans([1, 1], 0, 1.19))).toBe(NO);
    // the half-width is 2.484·1.5 scatter and 2.484·1.1 scatter
    expect(verdict('recovery', scans([1, 1], 0, 1.5, 1, 0.08))).toBe(YES);
    expect(verdict('recovery', scans([1, 1], 0, 1.5, 1, 0.081))).toBe(OPEN);
    expect(verdict('recovery', scans([1, 1], 0, 1.1, 1, 0.14))).toBe(NO);
    expect(verdict('recovery', scans([1, 1], 0, 1.1, 1, 0.15))).toBe(OPEN);
    expect(verdict('recovery', scans([1, 1], 0, 1.21, 1, 0.05))).toBe(OPEN);
    expect(byId('recovery', networkFindings(scans([1, 1], 0, 1.4)).findings).measured.value).toBeCloseTo(1.4, 3);
    const rows = networkFindings(input).ceilings.filter((r) => r.start === 'trained');
    const own = byId('recovery');
    expect(own.measured).toEqual(rows[1].recovery);
    sentenceHas(own.range!, [60]);
    sentenceHas(own.reason, [...rows.flatMap((r) => [r.recovery, r.batchSize]), 95, { number: T3 * own.measured.standardError, digits: 2 }, 3]); // biome-ignore format: one line
  });
});
