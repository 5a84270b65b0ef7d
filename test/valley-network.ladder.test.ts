/** Numbers along the strengths of the noise: monotone or not, ranges, three errors, shares of rivals; on made-up ladders. */
import { describe, expect, it } from 'vitest';
import { networkFindings } from '../src/experiments/valley2023/network/findings.js';
import {
  changesBySeed,
  courseOf,
  halvesOf,
  type LadderPoint,
  slopeOf,
} from '../src/experiments/valley2023/network/ladder.js';
import type { NetworkInput, SolutionResult } from '../src/experiments/valley2023/network/measured.js';
import { networkSections } from '../src/experiments/valley2023/network/page.js';
import { ladderSlope } from '../src/experiments/valley2023/network/ranges.js';
import { halfSlopes, measureOf, rivalRows } from '../src/experiments/valley2023/network/rivals.js';
import { slopeRow } from '../src/experiments/valley2023/network/summary.js';
import { lastQuarter } from '../src/experiments/valley2023/network/times.js';
import { rangeText } from '../src/experiments/valley2023/network/words.js';
import { renderValley2023 } from '../src/experiments/valley2023/page.js';
import { sentenceHas } from './support/cells.js';
import { mean, over, slope } from './support/over-seeds.js';
import { pageTables, readCsv } from './support/reading.js';
import { unlikeStudy } from './support/valley-network-results.js';

const [YES, NO, OPEN] = ['reproduced', 'not reproduced', 'not decidable with this run'];
const STRENGTHS = [1e-4, 1e-3, 1e-2, 1e-1, 1];
const SEEDS = [0, 1, 2];

/** ln m by strength, and what each seed adds at each strength. */
const ladder = (
  y: readonly number[],
  scatter: (seed: number, k: number) => number = () => 0,
  strengths: readonly number[] = STRENGTHS,
): LadderPoint[] =>
  SEEDS.flatMap((seed) => strengths.map((strength, k) => ({ seed, strength, y: y[k] + scatter(seed, k) })));

/** Seeds −s, 0, s at this strength alone: a change from or to it has the standard error s/√3. */
const apart = (k: number, s: number) => (seed: number, j: number) => (j === k ? s * (seed - 1) : 0);

describe('the course of a number', () => {
  it('averages settings of one strength within a seed', () => {
    const points = [
      { seed: 0, strength: 1, y: 1 },
      { seed: 0, strength: 1, y: 3 },
      { seed: 0, strength: 2, y: 7 },
      { seed: 1, strength: 1, y: 5 },
    ];
    expect(changesBySeed(points, 1, 2)).toEqual([5, Number.NaN]);
  });

  it('is monotone unless it rises somewhere and falls somewhere beyond 0.05 over the number of pairs, one-sided', () => {
    // ten pairs of five strengths: 0.005 of Student's t with two degrees of freedom is 9.925
    const vee = (s: number) => courseOf(ladder([0, -1, -2, -1.5, -1], apart(2, s)));
    // the largest rise is from −2 to −1, its error s/√3
    expect(vee(0.9 * (Math.sqrt(3) / 9.925)).monotone).toBe(false);
    const noisy = (s: number) => courseOf(ladder([0, 0, -1, 0, 0], apart(2, s)));
    expect(noisy(0.99 * (Math.sqrt(3) / 9.925)).monotone).toBe(false);
    expect(noisy(1.01 * (Math.sqrt(3) / 9.925)).monotone).toBe(true);
    const found = vee(0.1);
    expect([found.fall!.from, found.fall!.to, found.rise!.from, found.rise!.to]).toEqual([1e-4, 1e-2, 1e-2, 1]);
    expect(found.fall!.change.value).toBeCloseTo(-2, 12);
    expect(found.rise!.change.value).toBeCloseTo(1, 12);
    expect(found.whole!.change.value).toBeCloseTo(-1, 12);
    const falling = courseOf(ladder([0, -1, -2, -3, -4], apart(2, 0.01)));
    expect([falling.monotone, falling.rise]).toEqual([true, undefined]);
    expect(falling.fall!.change.value).toBeCloseTo(-4, 12);
    // rounding is no rise, and one seed shows none
    expect(courseOf(ladder([0, 1e-12, -1e-12, 0, 0])).monotone).toBe(true);
    expect(courseOf(ladder([0, -1, 0, -1, 0]).filter((p) => p.seed === 0)).monotone).toBe(true);
  });

  it('has no slope where it is not monotone', () => {
    expect(slopeOf(ladder([0, -1, -2, -1, 0], apart(2, 0.01))).value).toBeNaN();
    expect(slopeOf(ladder([0, -1, -2, -1, 0], apart(2, 0.01))).method).toMatch(/not monotone/);
    expect(slopeOf(ladder([0, -1, -2, -3, -4])).value).toBeCloseTo(-1 / Math.LN10, 12);
  });

  it('has two halves that share the middle strength', () => {
    expect(halvesOf(STRENGTHS)).toEqual([[1e-4, 1e-2], [1e-2, 1]]); // biome-ignore format: one line
    expect(halvesOf([1])).toEqual([]);
  });
});

describe('ranges and the three errors', () => {
  // steep from the middle on; each seed has a slope of its own
  const bent = [0, -1, -2, -5, -8].map((y) => y * Math.LN10);
  const points = ladder(bent, (seed, k) => 0.1 * (seed - 1) * k * Math.LN10);
  const found = ladderSlope(points);

  it('are all runs of three or more strengths, the whole ladder first', () => {
    expect(found.ranges.map((r) => [r.from, r.to, r.strengths])).toEqual([
      [1e-4, 1, 5],
      [1e-4, 1e-2, 3],
      [1e-4, 1e-1, 4],
      [1e-3, 1e-1, 3],
      [1e-3, 1, 4],
      [1e-2, 1, 3],
    ]);
    expect(found.ranges[1].slope.value).toBeCloseTo(-1, 12);
    expect(found.ranges[5].slope.value).toBeCloseTo(-3, 12);
    // seeds have slopes 0.1 apart
    for (const r of found.ranges) expect(r.slope.standardError).toBeCloseTo(0.1 / Math.sqrt(3), 10);
    expect(found.slope).toEqual(found.ranges[0].slope);
  });

  it('sampling over seeds, misfit from leaving one strength out, range from the others that decide', () => {
    const x = STRENGTHS.map(Math.log);
    const whole = slope(x, bent);
    expect(found.slope.value).toBeCloseTo(whole, 10);
    const out = STRENGTHS.map((_, k) => slope(x.filter((_x, j) => j !== k), bent.filter((_y, j) => j !== k))); // biome-ignore format: one line
    expect(found.misfit).toBeCloseTo(Math.sqrt((4 / 5) * out.reduce((a, b) => a + (b - mean(out)) ** 2, 0)), 10);
    // t of two degrees of freedom 4.303·0.1/√3 = 0.248
    expect(found.ranges.every((r) => r.decidable)).toBe(true);
    const others = found.ranges.slice(1).map((r) => r.slope.value - whole);
    expect(found.range).toBeCloseTo(Math.sqrt(mean(others.map((d) => d * d))), 10);
    const line = ladderSlope(ladder([0, -1, -2, -3, -4]));
    expect([line.misfit, line.range]).toEqual([expect.closeTo(0, 10), expect.closeTo(0, 10)]);
  });

  it('that do not decide have no vote and are printed as such', () => {
    // wider than ±0.25 everywhere
    const wide = ladderSlope(ladder(bent, (seed, k) => 0.102 * (seed - 1) * k * Math.LN10));
    expect(wide.ranges.some((r) => r.decidable)).toBe(false);
    expect(wide.range).toBeNaN();
    expect(wide.misfit).toBeGreaterThan(0);
    expect(rangeText(wide.ranges[1])).toMatch(/^undecided \(−1\.00 ± /);
    // one strength scatters; ranges without it decide
    const one = ladderSlope(ladder(bent, apart(4, 3)));
    expect(one.ranges.map((r) => r.decidable)).toEqual([false, true, true, true, false, false]);
    const others = [1, 2, 3].map((k) => one.ranges[k].slope.value - one.slope.value);
    expect(one.range).toBeCloseTo(Math.sqrt(mean(others.map((d) => d * d))), 10);
    // a turn within the range
    const turn = ladderSlope(ladder([0, -1, -2, -1, 0], apart(2, 0.01)));
    expect(turn.ranges.map((r) => rangeText(r) === 'not monotone')).toEqual([true, false, true, true, true, false]);
    expect([turn.slope.value, turn.misfit, turn.range]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  it('need four strengths for the misfit and another range for the range', () => {
    const three = ladderSlope(ladder([0, -1, -2], undefined, STRENGTHS.slice(0, 3)));
    expect(three.slope.value).toBeCloseTo(-1 / Math.LN10, 12);
    expect([three.misfit, three.range]).toEqual([Number.NaN, Number.NaN]);
    expect(ladderSlope(ladder([0, -1], undefined, STRENGTHS.slice(0, 2))).slope.value).toBeNaN();
  });
});

const input = unlikeStudy();
const [some] = input.cells.filter((c): c is SolutionResult => c.kind === 'solution' && c.outcome === 'reached');
/** A study of five strengths with one setting each. */
function study(of: (seed: number, k: number) => (s: SolutionResult) => SolutionResult): NetworkInput {
  const settings = STRENGTHS.map((x) => ({ learningRate: 0.1, batchSize: 0.1 / x }));
  const cells = SEEDS.flatMap((seed) =>
    settings.map((setting, k) =>
      of(seed, k)({ ...some, seed, ...setting, cell: `eta${setting.learningRate}-B${setting.batchSize}` }),
    ),
  );
  return { ...input, settings, cells };
}
/** Tr H, |w|² Tr H/P and Tr H at the best temperature from their logarithms. */
const traces = (own: readonly number[], norm: readonly number[], best: readonly number[], s = 0) =>
  study((seed, k) => (c) => {
    const e = (y: number) => ({ ...c.flatness!.trace, value: Math.exp(y + (k === 4 ? s * (seed - 1) : 0)) });
    return {
      ...c,
      flatness: { ...c.flatness!, trace: { ...c.flatness!.trace, value: Math.exp(own[k]) }, normTrace: e(norm[k]) },
      confidence: { ...c.confidence!, best: { ...c.confidence!.best, trace: e(best[k]) } },
    };
  });
const FALL = [0, -1, -2, -4, -6];
const verdict = (id: string, of: NetworkInput) =>
  networkFindings(of).findings.find((f) => f.id === `valley-network.${id}`)!;

describe('rivals', () => {
  it('explain 1 minus the change that is left over that of Tr H, over the ladder and in its halves', () => {
    const rows = rivalRows(traces(FALL, [0, -1, -2, -2, -2], [0, -0.5, -1, -2, -3]).cells);
    const [norm, , best, , kept, both] = rows;
    expect(rows.map((r) => r.id)).toEqual([
      'norm',
      'layer-norms',
      'confidence',
      'equal-confidence',
      'output-confidence',
      'norm-and-confidence',
    ]);
    expect([norm.whole.value, norm.lower.value, norm.upper.value]).toEqual(
      [2 / 3, 0, 1].map((v) => expect.closeTo(v, 9)),
    );
    expect([best.whole.value, best.lower.value, best.upper.value]).toEqual(
      [0.5, 0.5, 0.5].map((v) => expect.closeTo(v, 9)),
    );
    // at equal confidence the Jacobian of the logits is kept: T² of the made-up study, which does not change with the noise, cancels
    expect(kept.controlled.of(some)).toBeCloseTo(some.confidence!.equal.trace.value * some.confidence!.equal.temperature ** 2, 9); // biome-ignore format: one line
    expect(kept.whole.value).toBeCloseTo(1, 9);
    // ln of best·norm/own
    expect(both.whole.value).toBeCloseTo(1 - (-3 - 2 + 6) / -6, 9);
    const x = STRENGTHS.map(Math.log);
    expect(best.ofSlope.value).toBeCloseTo(0.5, 9);
    expect(norm.ofSlope.value).toBeCloseTo(1 - slope(x, [0, -1, -2, -2, -2]) / slope(x, FALL), 9);
  });

  it('have no share of a slope that is not there', () => {
    const [norm] = rivalRows(traces(FALL, [0, -1, -2, -1, 0], FALL).cells);
    expect(norm.whole.value).toBeCloseTo(1, 9);
    expect(norm.ofSlope.value).toBeNaN();
    expect(norm.ofSlope.method).toMatch(/not monotone/);
    const reason = verdict('rival-norm', traces(FALL, [0, -1, -2, -1, 0], FALL)).reason;
    expect(reason).toMatch(/not monotone/i);
    expect(reason).toMatch(/no share/);
  });

  it('are all of it where each of the three shares is within 0.1 of 1', () => {
    const left = (lower: number, upper: number, s = 0) => {
      const y = [0, -lower, -2 * lower, -2 * lower - 2 * upper, -2 * lower - 4 * upper];
      return verdict('rival-norm', traces(FALL, y, FALL, s)).verdict;
    };
    expect(left(0.09, 0.09)).toBe(YES);
    expect(left(0.11, 0)).toBe(NO);
    // lower and upper halves cancel in the mean
    expect(left(-0.5, 0.25)).toBe(NO);
    expect(left(0, 0.11)).toBe(NO);
    // the upper half falls by 4: an error of s/√3/4 and 4.303 of it
    expect(left(0, 0.2, 0.15)).toBe(NO);
    expect(left(0, 0.2, 0.17)).toBe(OPEN);
    const single = traces(FALL, FALL, FALL);
    expect(verdict('rival-norm', { ...single, cells: single.cells.filter((c) => c.seed === 0) }).verdict).toBe(OPEN);
  });

  it('are told with their errors, on the page and as CSV', () => {
    const of = traces(FALL, [0, -1, -2, -2, -2], [0, -0.5, -1, -2, -3], 0.1);
    const { html, tables } = renderValley2023({ title: 'x', network: of, run: {} });
    const [norm] = rivalRows(of.cells);
    const share = over(SEEDS.map((seed) => 1 - (-2 + 0.1 * (seed - 1)) / -6));
    expect(norm.whole.value).toBeCloseTo(share.value, 9);
    expect(norm.whole.standardError).toBeCloseTo(share.standardError, 9);
    const [table] = pageTables(html, '#networks-rivals');
    expect(table.rows).toHaveLength(6);
    expect(table.rows[0][2]).toBe('0.667 ± 0.010');
    const csv = readCsv(tables['network-rivals.csv']);
    expect(csv.numbers('whole')[0]).toBeCloseTo(share.value, 9);
    expect(csv.numbers('whole_error')[0]).toBeCloseTo(share.standardError, 9);
    expect(csv.column('rival')[2]).toBe('confidence');
  });
});

describe('one power', () => {
  it('needs equal slopes in both halves', () => {
    const bend = (d: number, s = 0) => {
      const y = [0, -1, -2, -3 - d, -4 - 2 * d].map((v) => v * Math.LN10);
      return study((seed, k) => (c) => {
        const value = Math.exp(y[k] + (k === 4 ? s * (seed - 1) * 2 * Math.LN10 : 0));
        return { ...c, flatness: { ...c.flatness!, trace: { ...c.flatness!.trace, value } } };
      });
    };
    expect(verdict('one-power', bend(0.09)).verdict).toBe(YES);
    expect(verdict('one-power', bend(0.11)).verdict).toBe(NO);
    // the slope of the upper half scatters by s: 4.303 s/√3
    expect(verdict('one-power', bend(0.2, 0.08)).verdict).toBe(NO);
    expect(verdict('one-power', bend(0.2, 0.081)).verdict).toBe(OPEN);
    const { lower, upper, difference } = halfSlopes(bend(0.5).cells, measureOf('trace'));
    expect([lower.value, upper.value, difference.value]).toEqual([-1, -1.5, -0.5].map((v) => expect.closeTo(v, 9)));
    expect(verdict('one-power', bend(-2)).verdict).toBe(NO);
  });
});

describe('claims about a direction', () => {
  const trace = (y: readonly number[], s: (seed: number, k: number) => number = () => 0) =>
    study((seed, k) => (c) => ({
      ...c,
      flatness: { ...c.flatness!, trace: { ...c.flatness!.trace, value: Math.exp(y[k] + s(seed, k)) } },
    }));

  it('are refuted where the number goes the other way somewhere, and have no exponent where it does both', () => {
    const u = verdict('flatter-trace', trace([0, -2, -4, -3, -3.5], apart(2, 0.01)));
    expect(u.verdict).toBe(NO);
    expect(u.measured.value).toBeNaN();
    expect(u.reason).toMatch(/^Not monotone.*from eta\/B = 1 × 10⁻⁴ to 0\.01 it falls by a factor of 54\.6.*from eta\/B = 0\.01 to 0\.1 it rises by a factor of 2\.7/); // biome-ignore format: one line
    const falls = verdict('flatter-trace', trace([0, -2, -4, -4, -5], apart(2, 0.01)));
    expect(falls.verdict).toBe(YES);
    sentenceHas(falls.reason.slice(0, falls.reason.indexOf('. Errors')), [1e-4, 1, { number: Math.exp(5), digits: 4 }]); // biome-ignore format: one line
    expect(falls.reason).toMatch(/sampling.*misfit.*choice of range/);
  });

  it('need the sign of every range that decides', () => {
    // rises by so little in the upper half that no pair of strengths is significant, its slope decides
    const s = (seed: number, k: number) => (k < 2 ? 0 : [0, 0.15, -0.15][(seed + k) % 3]);
    const found = trace([0, -3, -6, -5.9, -5.8], s);
    const row = slopeRow(found.cells, measureOf('trace'));
    expect(row.course.rise).toBeUndefined();
    expect(row.slope.value).toBeLessThan(0);
    const upper = row.ranges.at(-1)!;
    expect([upper.slope.value > 0, upper.decidable]).toEqual([true, true]);
    expect(verdict('flatter-trace', found).verdict).toBe(OPEN);
  });

  it('speak of the settings that arrived', () => {
    const of = trace(FALL);
    const cells = of.cells.map((c) => (c.kind === 'solution' && c.batchSize < 0.5 ? { ...c, outcome: 'diverged' as const } : c)); // biome-ignore format: one line
    const { range } = verdict('flatter-trace', { ...of, cells });
    expect(range).toMatch(
      /eta\/B from 1 × 10⁻⁴ to 0\.1, the 4 of 5 settings that reached the training loss 0\.02, 4 of them in every seed/,
    );
    expect(verdict('flatter-trace', { ...of, cells: [] }).range).toMatch(/^no eta\/B, the 0 of 5/);
  });

  it('list every range on the page and as CSV', () => {
    const { html, tables } = renderValley2023({ title: 'x', network: trace(FALL), run: {} });
    const table = pageTables(html, '#networks-flatness')[1];
    expect(table.heads).toHaveLength(1 + 6);
    expect(table.heads[1]).toBe('1 × 10⁻⁴–1');
    const csv = readCsv(tables['network-ranges.csv']);
    const own = csv.rows.filter((r) => r[0] === 'trace');
    expect(own.map((r) => [Number(r[1]), Number(r[2])])).toEqual(networkSections(trace(FALL)).judged.slopes[1].ranges.map((r) => [r.from, r.to])); // biome-ignore format: one line
    expect(Number(own[5][csv.heads.indexOf('slope')])).toBeCloseTo(-2 / Math.LN10, 9);
  });
});

describe('pairs of equal strength', () => {
  it('refute where one pair depends on eta although their mean does not', () => {
    const settings = [[0.1, 100], [0.2, 200], [0.1, 10], [0.2, 20], [0.1, 1]] as const; // biome-ignore format: one line
    const of = (power: readonly [number, number], s = 0): NetworkInput => ({
      ...input,
      settings: settings.map(([learningRate, batchSize]) => ({ learningRate, batchSize })),
      cells: SEEDS.flatMap((seed) =>
        settings.map(([learningRate, batchSize], k) => {
          const b = power[k >> 1] ?? 0;
          const value = 10 * (learningRate / 0.1) ** (b + (k < 2 ? s : -s) * (seed - 1));
          return { ...some, seed, learningRate, batchSize, cell: `eta${learningRate}-B${batchSize}`, flatness: { ...some.flatness!, trace: { ...some.flatness!.trace, value } } }; // biome-ignore format: one line
        }),
      ),
    });
    expect(verdict('ratio-trace', of([0.04, -0.04])).verdict).toBe(YES);
    expect(verdict('ratio-trace', of([0.3, -0.3])).verdict).toBe(NO);
    // two pairs: 0.025 two-sided of Student's t with two degrees of freedom is 6.205; the error is s/√3
    expect(verdict('ratio-trace', of([0.3, -0.3], 0.99 * 0.3 * (Math.sqrt(3) / 6.205))).verdict).toBe(NO);
    expect(verdict('ratio-trace', of([0.3, -0.3], 1.01 * 0.3 * (Math.sqrt(3) / 6.205))).verdict).toBe(YES);
    const { reason } = verdict('ratio-trace', of([0.3, -0.3], 0.01));
    sentenceHas(reason.slice(0, reason.indexOf('Against')), [
      { value: 0.3, standardError: 0.01 / Math.sqrt(3) }, 0.001, 0.1, 0.2,
      { value: -0.3, standardError: 0.01 / Math.sqrt(3) }, 0.01, 0.1, 0.2,
    ]); // biome-ignore format: one line
  });
});

it('the last quarter of a path is interpolated in the logarithms', () => {
  const at = (step: number, trace: number) => ({ epoch: 0, step, loss: 1, trace });
  const path = [at(10, 50), at(50, 40), at(60, Number.NaN), at(112.5, 10), at(150, 8)];
  // 75 lies half-way between 50 and 112.5: the trace there is 20
  expect(lastQuarter({ path: path.slice(0, 4), steps: 112.5 })).toBeCloseTo(Math.log(10 / (40 * 4 ** -(Math.log(84.375 / 50) / Math.log(2.25)))), 9); // biome-ignore format: one line
  expect(lastQuarter({ path: [at(10, 50), at(50, 40), at(112.5, 10), at(100, 5)], steps: 100 })).toBeCloseTo(Math.log(5 / 20), 9); // biome-ignore format: one line
  expect(lastQuarter({ path: [at(100, 5)], steps: 100 })).toBeNaN();
  expect(lastQuarter({ path, steps: 200 })).toBeNaN();
});
