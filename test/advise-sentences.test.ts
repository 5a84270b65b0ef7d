/** Sentences of `advise`: each place, verdict and note with the numbers of the facts, on both sides of what decides it. */
import { describe, expect, it } from 'vitest';
import { advise } from '../src/apply/advice.js';
import type { AdviceFacts, AdvicePoint } from '../src/apply/advice-facts.js';
import { judgeRun, judgeVerification, type Verification } from '../src/apply/advice-verify.js';
import { adviceWords, outcomeCounts, shownInterval, shownValue } from '../src/experiments/advise/findings.js';
import { computed, type estimate, exactly } from '../src/numeric/estimate.js';
import { adviceStudy, curvature, e, facts, noise, runsAt, window } from './support/advise-results.js';
import { expectEstimate } from './support/printed-estimates.js';

/** facts() has a ceiling of 0.2 ± 0.01, an edge of 1, a critical batch of 100 ± 5, training loss 0.5. */
const words = (given: AdviceFacts, v: Verification | null = null, safety = 1) =>
  adviceWords(advise(given, safety, v), given, v);
const at = (learningRate: number, batchSize = 50, changes: Partial<AdviceFacts> = {}) =>
  words(facts(learningRate, batchSize, changes));
const pointed = (given: AdviceFacts, point: Partial<AdvicePoint>): AdviceFacts => ({
  ...given,
  point: { ...given.point, ...point },
});

describe('the setting', () => {
  it('has the temperature η/((1−μ)B), and a momentum only where there is one', () => {
    expect(at(0.1, 50).setting).toBe('learning rate 0.1, batches of 50 (shuffled); temperature η/((1−μ)B) = 0.00200');
    const moving = pointed(facts(0.1, 50), { momentum: 0.9, sampling: 'replaced' });
    expect(words(moving).setting).toBe(
      'learning rate 0.1, batches of 50 (replaced), momentum 0.9; temperature η/((1−μ)B) = 0.0200',
    );
    expect(at(0.1).state).toBe('made up; training loss 0.500');
  });
});

describe('the learning rate', () => {
  const told = (stays: Record<number, number>, safety = 1) => words(facts(0.1), runsAt(stays), safety).rate;
  it('is advised as far as all runs stay', () => {
    expect(told({ 0.1: 6, 0.13: 6, 0.169: 5, 0.22: 0 })).toBe(
      '0.1 is within the advised range; up to 0.130 is advised: all 6 runs of 2 epochs stay up to 0.130, most leave from 0.220 on',
    );
    expect(told({ 0.1: 6, 0.13: 6 })).toMatch(
      /all 6 runs of 2 epochs stay up to 0\.130, the largest rate that was tried$/,
    );
    expect(told({ 0.1: 6, 0.2: 6, 0.3: 0 }, 0.4)).toBe(
      '0.1 stays, and lies above what is advised; up to 0.0800 is advised, 0.4 of the largest rate at which all runs stay: ' +
        'all 6 runs of 2 epochs stay up to 0.200, most leave from 0.300 on',
    );
  });
  it('is said to be too large, at the limit or small by its own runs', () => {
    expect(told({ 0.1: 1, 0.077: 6 })).toMatch(
      /^0\.1 is too large: of its runs 1 stays, 5 leave; up to 0\.0770 is advised: /,
    );
    expect(told({ 0.1: 5, 0.077: 6 })).toMatch(/^0\.1 is at the limit: of its runs 5 stay, 1 leaves; up to 0\.0770 is/);
    expect(told({ 0.1: 6, 3: 6, 4: 0 })).toMatch(
      /^0\.1 is safe and small; up to 3 is advised: .*\. Below a twentieth of that, training takes many steps/,
    );
    expect(told({ 0.1: 0, 0.05: 5 })).toBe(
      'no rate is advised: at every rate tried, down to 0.0500, a run of 2 epochs left the basin',
    );
    expect(at(0.1).rate).toBe(
      'no rate is advised without runs: at states that it was not fitted to, no rule was shown to do better than a multiple of the present rate, and that is known to within a factor of 7.3 only (thermograd reproduce ceilings)',
    );
    expect(words(pointed(facts(0.1), { loss: 2.08 })).rate).toMatch(
      /^no rate is advised: a training loss of 2\.08 is hardly better than that of a constant answer \(2\.30\)/,
    );
    expect(words(pointed(facts(0.1), { loss: 2.06 })).rate).not.toMatch(/hardly better/);
  });

  it('stands beside the ceilings of a quadratic loss, from which nothing is advised', () => {
    const ceilings =
      '0.200 ± 0.010 for batches of 50 (full batches: 1), where E|w|² of SGD diverges if the loss is quadratic.';
    const why =
      ' Nothing is advised from it: at 50 states of real networks runs left at 0.29 to 4.8 times it, and half of it was safe at 41 (thermograd reproduce ceilings)';
    expect(at(0.2).ceiling).toBe(`${ceilings}${why}`);
    expect(at(0.201).ceiling).toBe(`${ceilings} 0.201 is above it.${why}`);
    expect(at(1).ceiling).toBe(`${ceilings} 1 is beyond the edge of full batches.${why}`);
    const vague = { curvature: { facts: curvature({ ceiling: e(0.2, 0.01, false) }) } };
    expect(at(0.1, 50, vague).ceiling).toMatch(/^0\.200 ± 0\.010 \(not converged\) for/);
    expect(at(0.1, 50, { curvature: { refused: 'why.' } }).ceiling).toBe('none: why.');
  });

  it('has no bound where the error reaches the ceiling, and at a saddle', () => {
    const ceiling = (changes: Parameters<typeof curvature>[0]) =>
      advise(facts(0.1, 50, { curvature: { facts: curvature(changes) } }), 1, null).ceiling;
    expect(ceiling({ ceiling: e(0.2, 0.1999) })).not.toBeNull();
    expect(ceiling({ ceiling: e(0.2, 0.2) })).toBeNull();
    expect(ceiling({ lowest: e(-1, 0.1) })).not.toBeNull();
    expect(ceiling({ lowest: e(-1.001, 0.1) })).toBeNull();
    const saddle = at(0.1, 50, { curvature: { facts: curvature({ lowest: e(-1.3, 0.1) }) } });
    expect(saddle.ceiling).toMatch(/falls to -1\.3 beside the top 2\.0, .* its ceiling \(0\.20\)/);
  });
});

describe('the batch size', () => {
  it('has steps 1 + B_c/B and samples 1 + B/B_c over the fewest', () => {
    expect(at(0.1, 50).batch).toMatch(
      /^critical size 100 ± 5 \(by curvature\): 50 is below it: .* \(steps 3 times the fewest, samples 1\.5 times the fewest, /,
    );
    expect(at(0.1, 400).batch).toMatch(/: 400 is beyond it: .* \(steps 1\.3 times the fewest, samples 5 times/);
    expect(at(0.1, 100).batch).toMatch(/: 100 is about there \(steps 2 times the fewest, samples 2 times/);
  });
  it('is held against the 95 % interval, 100 ± 1.96·5', () => {
    const place = (b: number) => advise(facts(0.1, b), 1, null).batch!.place;
    expect([place(90.1), place(90.3), place(109.7), place(109.9)]).toEqual(['below', 'around', 'around', 'beyond']);
    const { interval } = advise(facts(0.1), 1, null).batch!.critical;
    expect(interval).toEqual([100 - 9.8, 100 + 9.8]);
  });
  it('falls back on the simple scale where that by curvature is known to less than a third', () => {
    const kind = (weighted: ReturnType<typeof e>) =>
      advise(facts(0.1, 50, { noise: { facts: noise({ weighted }) } }), 1, null).batch!.critical.kind;
    expect([kind(e(99, 32.9)), kind(e(99, 33)), kind(e(99, 1, false))]).toEqual(['weighted', 'simple', 'simple']);
    const simple = at(0.1, 50, { noise: { facts: noise({ weighted: e(100, 50) }) } });
    expect(simple.batch).toMatch(/^critical size 400 \(simple; by curvature it did not converge\): 50 is below it/);
    const none = { noise: { facts: noise({ weighted: e(100, 50), ofSet: Number.POSITIVE_INFINITY }) } };
    expect(at(0.1, 50, none).batch).toBe('no advice on the batch size: the noise scale did not converge.');
    expect(at(0.1, 50, { noise: { refused: 'no gradient.' } }).batch).toBe('no advice on the batch size: no gradient.');
  });
  it('is not spoken of where no training sample is misclassified', () => {
    expect(words(pointed(facts(0.1), { errors: 0 })).batch).toBe(
      'no advice on the batch size: no training sample is misclassified, so that a few hard samples (in effect 217 of 1000) make up gradient and noise, and their ratio changes with the next steps',
    );
    expect(words(pointed(facts(0.1), { errors: null })).batch).toMatch(/^critical size/);
  });
  it('says where the critical one is larger than the set', () => {
    const beyond = (b: number) => at(0.1, 50, { noise: { facts: noise({ weighted: e(b, 5) }) } }).batch;
    expect(beyond(1001)).toMatch(/, more than the 1000 training samples: 50 is below it/);
    expect(beyond(1000)).not.toMatch(/more than/);
  });
});

describe('the noise', () => {
  it('is worth (η/4)·Tr C/(1−μ), with C = C₁/B, and so many per cent of the loss', () => {
    // 0.1/4·4/50 = 0.002; with μ = 0.5 twice as much; 0.4 % of 0.5
    expect(at(0.1).noise).toMatch(
      /\(η\/4\) Tr C\/\(1−μ\) = 0\.00200 ± 0\.00005 to the loss, 0\.40 % of the training loss\. A larger/,
    );
    const moving = words(pointed(facts(0.1), { momentum: 0.5 })).noise;
    expectEstimate(moving, 0.004, 0.0001);
    expect(moving).toMatch(/to the loss, 0\.80 % of the training loss\./);
    expect(at(0.1, 50, { noise: { refused: 'no gradient.' } }).noise).toBe('not known: no gradient.');
  });
});

describe('stationarity', () => {
  it('has the motion relation and the trend in per cent', () => {
    expect(at(0.1).stationary).toBe(
      'stationary: motion relation 1.05 ± 0.05 (1 where stationary), loss falls by 1.0 ± 2.0 % over 3 epochs',
    );
    const rising = { window: { facts: window({ trend: e(0.123, 0.02), epochs: 7 }) } };
    expect(at(0.1, 50, rising).stationary).toMatch(/^not stationary: .*, loss rises by 12\.3 ± 2\.0 % over 7 epochs$/);
    expect(at(0.1, 50, { window: { refused: 'no window.' } }).stationary).toBe('not known: no window.');
  });
  it.each([
    ['stationary', { ratio: e(1.0999, 0.05) }],
    ['not decidable', { ratio: e(1.1001, 0.05) }],
    ['not decidable', { ratio: e(1.1499, 0.05) }],
    ['not stationary', { ratio: e(1.1501, 0.05) }],
    ['not stationary', { ratio: e(0.8499, 0.05) }],
    ['stationary', { ratio: e(1.1, 0.1999) }],
    ['not decidable', { ratio: e(1.1, 0.2001) }],
    ['not stationary', { trend: e(-0.0501, 0.0166) }],
    ['not decidable', { trend: e(-0.0501, 0.0168) }],
    ['stationary', { trend: e(-0.0499, 0.01) }],
    ['stationary', { trend: e(0.0999, 0.05) }],
    ['not decidable', { trend: e(0.1001, 0.05) }],
    ['stationary', { roundingShare: 0.0099 }],
    ['not decidable', { roundingShare: 0.0101 }],
  ] as const)('%s with %o', (verdict, changes) => {
    expect(at(0.1, 50, { window: { facts: window(changes) } }).stationary.startsWith(`${verdict}: `)).toBe(true);
  });
  it('tells the share of rounding where it is above one per cent', () => {
    const rounded = (roundingShare: number) => at(0.1, 50, { window: { facts: window({ roundingShare }) } }).stationary;
    expect(rounded(0.0234)).toMatch(/; 2\.3 % of the motion is rounding of float32 weights$/);
    expect(rounded(0.0099)).not.toMatch(/rounding/);
  });
});

describe('notes', () => {
  const notes = (changes: Parameters<typeof curvature>[0]) =>
    at(0.1, 50, { curvature: { facts: curvature({ ceiling: e(0.6, 0.01), ...changes }) } }).notes;
  it('of negative curvature from a twentieth of the top on', () => {
    expect(notes({ lowest: e(-0.0999, 0.01) })).toEqual([]);
    expect(notes({ lowest: e(-0.1001, 0.01) })[0]).toMatch(
      /a curvature of −0\.100 beside the top 2: this is no minimum/,
    );
  });
  it('of minibatches that limit the rate, below half of the edge', () => {
    expect(notes({ ceiling: e(0.501, 0.01) })).toEqual([]);
    // √3 of relative variance, 40 carriers of 1000 samples
    expect(notes({ ceiling: e(0.499, 0.01) })).toEqual([
      expect.stringMatching(
        /varies by 1\.7 times its mean from batch to batch, and 40 of 1000 samples cause this variation\.$/,
      ),
    ]);
  });
  it('of a ceiling that has not converged: exact for these samples, or too few directions', () => {
    expect(notes({ ceiling: e(0.6, 0.01, false), fewer: 0.749 })[0]).toMatch(
      /^The ceiling is exact for batches of this training set and hardly falls with more directions \(0\.749 with fewer\)/,
    );
    expect(notes({ ceiling: e(0.6, 0.01, false), fewer: 0.751 })[0]).toBe(
      'The ceiling has not converged: 0.751 with fewer directions, 0.600 ± 0.010 with all; more --directions can only lower it.',
    );
  });
});

describe('runs that were tried', () => {
  const { advice, facts: given, verification } = adviceStudy();
  const told = (changes: Partial<Verification>) =>
    adviceWords(advice, given, { ...verification!, ...changes }).verified!;
  it('tell the threshold and what it says of the ceiling', () => {
    expect(told({})).toBe(
      '12 runs of 3 epochs: the threshold lies from 0.0447 to 0.180; the ceiling lies in it (0.0902)',
    );
    expect(told({ bracket: [0.2, null], tightness: 'cautious', epochs: 1 })).toMatch(
      /^12 runs of 1 epoch: the threshold lies above 0\.200; the ceiling lies below it, since the loss is not quadratic \(0\.0902\)/,
    );
    expect(told({ bracket: [null, 0.04], tightness: 'too high' })).toMatch(
      /the threshold lies below 0\.0400; the ceiling lies above it \(0\.0902\)$/,
    );
    expect(told({ bracket: [null, null], tightness: 'not decidable' })).toMatch(
      /no threshold was found; which does not test the ceiling \(0\.0902\)$/,
    );
    expect(told({ ceiling: null, tightness: 'not decidable' })).toMatch(/which does not test the ceiling$/);
    expect(adviceWords(advice, given, null)).not.toHaveProperty('verified');
  });

  it('tell how the top curvature ended at the smallest and the largest rate that ended in a basin', () => {
    const { noise: sentence } = adviceWords(advice, given, verification);
    // rates 0.0447 and 0.18: the means of 5 − 10η + 0.1·seed over 4.71, at 0.18 of the run that returned alone
    const low = 5 - 10 * (0.0451 / 1.01) + 0.1;
    expect(sentence.endsWith(`. In the runs the top curvature ended at ${(low / 4.71).toFixed(2)} of that at the start for η = 0.045 (3 runs) and at ${(3.2 / 4.71).toFixed(2)} of that at the start for η = 0.18 (1 run)`)).toBe(true); // biome-ignore format: one sentence
    const one = { ...verification!, runs: verification!.runs.filter((r) => r.learningRate < 0.05) };
    expect(adviceWords(advice, given, one).noise).not.toMatch(/Seen in the runs/);
    const left = { ...verification!, runs: verification!.runs.filter((r) => r.outcome !== 'returns') };
    expect(adviceWords(advice, given, left).noise).toMatch(/start for η = 0\.072 \(2 runs\)$/);
    expect(adviceWords(advice, given, { ...verification!, top: null }).noise).not.toMatch(/In the runs/);
  });

  it('are counted by outcome', () => {
    const run = (outcome: string) => ({ ...verification!.runs[0], outcome }) as Verification['runs'][number];
    expect(outcomeCounts(['leaves', 'stays', 'diverges', 'stays', 'returns'].map(run))).toBe(
      '2 stay, 1 returns, 1 leaves, 1 diverges',
    );
    expect(outcomeCounts(['leaves', 'leaves', 'returns', 'returns'].map(run))).toBe('2 return, 2 leave');
    expect(outcomeCounts([])).toBe('');
  });
});

describe('printed values', () => {
  const item = (value: ReturnType<typeof estimate> | null, unit = '') =>
    shownValue({ id: '', name: '', value, unit, assumes: '', changes: '' });
  it('leave out an error that nobody reads, and say what is exact or has not converged', () => {
    expect(item(e(2, 0.0001999))).toBe('2');
    expect(item(e(2.5, 0.000251))).toBe('2.50000 ± 0.00025');
    expect(item(e(-2.5, 0.000249))).toBe('−2.50');
    expect(item(exactly(2, 'all samples', 50), 'samples')).toBe('2 (exact) samples');
    expect(item(e(2, 0), 'samples')).toBe('2 (no spread) samples');
    expect(item(computed(0.25, 2e-9, 60, 'residual'))).toBe('0.250');
    expect(item(e(2, 0.1, false), 'loss')).toBe('2.00 ± 0.10 loss (not converged)');
    expect(item(null)).toBe('–');
  });
  it('have intervals, open at an end that is not known', () => {
    const shown = (interval?: readonly [number, number | null]) =>
      shownInterval({
        id: '',
        name: '',
        value: null,
        unit: '',
        assumes: '',
        changes: '',
        ...(interval && { interval }),
      });
    expect([shown([3.25, 12]), shown([3.25, null]), shown()]).toEqual(['3.25 … 12', '3.25 … ∞', '']);
  });
});

describe('rules of runs near a ceiling', () => {
  const base = { loss: 0.1, constantLoss: 2.3, trace: 4, momentum: 0, batchSize: 50 };
  const run = (losses: number[], learningRate = 1) => ({
    learningRate,
    seed: 0,
    losses,
    finite: true,
    still: false,
    top: null,
  });
  it('the rim is e(L0 + η Tr C1/(4(1−μ)B)), at most half-way to a constant answer where the state is better than 0.9 of it', () => {
    const rim = (changes: Partial<typeof base>, eta = 1) => judgeRun(run([1], eta), { ...base, ...changes }).rim;
    expect(rim({ momentum: 0.75 })).toBeCloseTo(Math.E * 0.18, 12);
    expect(rim({ batchSize: 25 })).toBeCloseTo(Math.E * 0.14, 12);
    expect(rim({ loss: 2.07 })).toBeCloseTo((2.07 + 2.3) / 2, 12);
    expect(rim({ loss: 2.08 })).toBeCloseTo(Math.E * 2.1, 12);
  });
  it('the end is the mean of the last quarter of the looks', () => {
    const seen = judgeRun(run([9, 9, 9, 9, 9, 9, 0.1, 0.3]), base);
    expect([seen.end, seen.peak, seen.outcome]).toEqual([0.2, 9, 'returns']);
  });
  it('a constant answer is reached within 5 %; at the start of training from e times it on', () => {
    const outcome = (end: number, loss: number) => judgeRun(run([end]), { ...base, loss }).outcome;
    expect([outcome(2.184, 0.1), outcome(2.186, 0.1)]).toEqual(['leaves', 'diverges']);
    expect([outcome(Math.E * 2.31 - 0.01, 2.31), outcome(Math.E * 2.31 + 0.01, 2.31)]).toEqual(['stays', 'diverges']);
    expect(outcome(Math.E * 2.3 - 0.001, 2.08)).toBe('leaves');
    expect(outcome(Math.E * 2.3 + 0.001, 2.08)).toBe('diverges');
  });
  it('the threshold and the ceiling are judged by counts of runs that stay', () => {
    const judge = (stays: readonly (readonly [number, number])[], of = 2) =>
      judgeVerification({
        base,
        epochs: 1,
        looked: 1,
        top: 1,
        ceiling: 0.2,
        runs: stays
          .flatMap(([eta, n]) => Array.from({ length: of }, (_, seed) => ({ ...run([seed < n ? 0.1 : 1], eta), seed })))
          .reverse(),
      });
    // half of the runs staying is not most of them leaving
    expect(judge([[0.1, 2], [0.3, 1], [0.4, 0]]).bracket).toEqual([0.1, 0.4]);
    expect(judge([[0.1, 1], [0.3, 2]]).bracket).toEqual([null, null]);
    expect(judge([[0.1, 2], [0.2, 0]]).tightness).toBe('tight');
    expect(judge([[0.1, 2], [0.199, 0]]).tightness).toBe('too high');
    expect(judge([[0.2, 2], [0.3, 0]]).tightness).toBe('tight');
    expect(judge([[0.201, 2], [0.3, 0]]).tightness).toBe('cautious');
    expect(judge([[0.1, 2]]).tightness).toBe('not decidable');
    expect(judge([[0.3, 0], [0.25, 0]]).tightness).toBe('not decidable');
    expect(judge([[0.3, 2], [0.1, 2]]).runs.map((r) => [r.learningRate, r.seed])).toEqual([[0.1, 0], [0.1, 1], [0.3, 0], [0.3, 1]]);
  }); // biome-ignore format: one case a line
});
