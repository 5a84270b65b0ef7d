/** Every threshold of the verdicts of `forget`, from both sides, on branches made so that the interval is known by hand. */
import { describe, expect, it } from 'vitest';
import { compare, contest, contestsOf, uneven } from '../src/experiments/forget/compare.js';
import { forgetFindings } from '../src/experiments/forget/findings.js';
import { chosen, placeOf, settingsOf } from '../src/experiments/forget/strengths.js';
import { estimate } from '../src/numeric/estimate.js';
import { type Made, type MadeOptions, madeInput } from './support/forget-results.js';

const OPEN = 'not decidable with this run';
const NONE: Made = { method: 'none', test: [0.6, 0.97] };
const ldc = (test: [number, number], more: Partial<Made> = {}): Made => ({
  method: 'ldc',
  constraints: 50,
  multiple: 1,
  test,
  ...more,
});
const judge = (all: Made[], options: MadeOptions = {}) => forgetFindings(madeInput(all, options));
const find = (id: string, all: Made[], options: MadeOptions = {}) =>
  judge(all, options).findings.find((f) => f.id === `forget.${id}`)!;

/** Five seeds scatter by s·(0, 1, −1, 2, −2): the mean has the error s/√2, its 95 % interval ±2.7764·s/√2. */
const HALF = 2.77645 / Math.SQRT2;
/** The scatter that makes that half-width, of a quantity that moves `times` as far as the accuracy of one task. */
const scatterFor = (half: number, times = 1) => half / HALF / times;

describe('what is forgotten', () => {
  const exists = (forgotten: number, scatter: number) =>
    find('exists', [{ ...NONE, test: [0.99 - forgotten, 0.97] }], { scatter });

  it('counts from five points on', () => {
    expect(exists(0.0501, 1e-5).verdict).toBe('reproduced');
    expect(exists(0.0499, 1e-5).verdict).toBe('not reproduced');
  });
  it('counts at five points exactly', () => {
    const input = madeInput([NONE], { scatter: 0 });
    const groups = input.groups.map((g) => ({
      ...g,
      branches: g.branches.map((b) => ({
        ...b,
        test: [
          [0.05, Number.NaN],
          [0, 0.9],
        ],
      })),
    }));
    const [exact] = forgetFindings({ ...input, groups }).findings;
    expect([exact.measured.value / 100, exact.verdict]).toEqual([0.05, 'reproduced']);
  });
  it('is there where its interval is above 0', () => {
    expect(exists(0.06, scatterFor(0.0599)).verdict).toBe('reproduced');
    expect(exists(0.06, scatterFor(0.0601))).toMatchObject({
      verdict: OPEN,
      reason: expect.stringMatching(/More seeds may decide it\.$/),
    });
  });
  it('is not where its interval is below five points', () => {
    expect(exists(0.02, scatterFor(0.0299))).toMatchObject({
      verdict: 'not reproduced',
      reason: expect.stringMatching(/Less than 5 points, so that there is little to protect\.$/),
    });
    expect(exists(0.02, scatterFor(0.0301)).verdict).toBe(OPEN);
  });
  it('is not known without that branch, or with one seed', () => {
    expect(find('exists', [ldc([0.9, 0.9])])).toMatchObject({
      verdict: OPEN,
      reason: 'The branch without a constraint is missing.',
    });
    expect(find('exists', [NONE], { seeds: 1 }).reason).toMatch(/at the end\. With fewer than three seeds nothing/);
  });
});

describe('what is prevented', () => {
  // without 0.39 is lost; half of it is 0.195. The excess over it scatters by 1.5 times that of either
  const prevents = (lost: number, half: number) =>
    find('prevents.ldc', [NONE, ldc([0.99 - lost, 0.97])], { scatter: scatterFor(half, 1.5) });

  it('is less than half, by its interval', () => {
    expect(prevents(0.19, 0.0049)).toMatchObject({
      verdict: 'reproduced',
      reason: expect.stringMatching(/Less than half of the forgetting remains/),
    });
    expect(prevents(0.19, 0.0051)).toMatchObject({
      verdict: OPEN,
      reason: expect.stringMatching(/Whether half of the forgetting remains is not clear/),
    });
    expect(prevents(0.2, 0.0049)).toMatchObject({
      verdict: 'not reproduced',
      reason: expect.stringMatching(/More than half of the forgetting remains/),
    });
    expect(prevents(0.2, 0.0051).verdict).toBe(OPEN);
  });
  it('says what is missing, and nothing where nothing is forgotten', () => {
    expect(find('prevents.ldc', [ldc([0.9, 0.9])])).toMatchObject({
      verdict: OPEN,
      reason: 'The branch without a constraint is missing.',
    });
    expect(find('prevents.ldc', [ldc([0.9, 0.9])]).predicted).toBeUndefined();
    const open = [{ ...NONE, test: [0.93, 0.97] } as Made, ldc([0.98, 0.97])];
    expect(find('prevents.ldc', open, { scatter: 0.06 }).reason).toMatch(
      /^Whether enough is forgotten .* is not decided/,
    );
  });
  it('is claimed for four methods, each with its source', () => {
    const four = ['ldc', 'ewc', 'potential', 'vortex'].map((method): Made => ({ ...ldc([0.95, 0.95]), method }));
    const sources = judge([NONE, ...four]).findings.filter((f) => f.id.startsWith('forget.prevents'));
    expect(sources.map((f) => [f.id, f.source.split(';')[0], f.stated])).toEqual([
      ['forget.prevents.ldc', 'ivf2021', 'forgetting is prevented'],
      ['forget.prevents.ewc', 'kirkpatrick2017', 'forgetting is prevented'],
      ['forget.prevents.potential', 'ao2022', 'an outlook, not tested there'],
      ['forget.prevents.vortex', 'ao2022', 'an outlook, not tested there'],
    ]);
    expect(sources.map((f) => f.claim)).toEqual([
      'With LDC (1/F²) less than half of the forgetting is left, at a better average than without a constraint',
      'With EWC less than half of the forgetting is left, at a better average than without a constraint',
      'With potential U less than half of the forgetting is left, at a better average than without a constraint',
      'With vortex planes less than half of the forgetting is left, at a better average than without a constraint',
    ]);
  });
});

describe('two methods', () => {
  it.each([
    // the interval of five seeds is ±2.7764 errors: 0.0055529 for an error of 0.002
    ['equal', 0.00444, 0.002, 0.2],
    ['undecided', 0.00446, 0.002, 0.2],
    ['equal', -0.00444, 0.002, 0.001],
    ['worse', -0.00446, 0.002, 0.001],
    ['better', 0.05, 0.005, 0.0499],
    ['undecided', 0.05, 0.005, 0.05],
    ['worse', -0.05, 0.005, 0.0499],
  ] as const)('are %s: %f ± %f with p = %f', (outcome, value, error, p) => {
    expect(compare(estimate(value, error, 5, ''), p)).toBe(outcome);
  });
  it('are not decided without an error, and at the margin itself they are equal', () => {
    expect(compare(estimate(0.01, 0, 3, ''), 0)).toBe('equal');
    expect(compare(estimate(0.05, Number.NaN, 5, ''), 0.001)).toBe('undecided');
    expect(compare(estimate(Number.NaN, 0.01, 5, ''), 0.001)).toBe('undecided');
    expect(compare(estimate(0.05, 0, 2, ''), 0)).toBe('undecided');
    expect(compare(estimate(0.05, 0, 3, ''), 0)).toBe('better');
  });
  it('turned round have the opposite difference and the opposite outcome', () => {
    const settings = settingsOf(madeInput([NONE, ldc([0.9, 0.96])]));
    const all = contestsOf([['ldc', 'none']], (m) => chosen(settings, m));
    const [there, back] = [contest(all, 'ldc', 'none')!, contest(all, 'none', 'ldc')!];
    expect([there.outcome, back.outcome, back.a, back.b]).toEqual(['better', 'worse', 'none', 'ldc']);
    expect(back.difference.value).toBeCloseTo(-0.145, 12);
    expect(back.difference.value).toBe(-there.difference.value);
    expect(back.difference.standardError).toBe(there.difference.standardError);
    expect(contest(all, 'l2', 'none')).toBeUndefined();
  });
  it('cannot be compared where one holds fewer axes by more than a tenth', () => {
    const of = (own: number, other: number) => {
      const [a, b] = settingsOf(
        madeInput([ldc([0.9, 0.9], { held: own }), { ...ldc([0.9, 0.9], { held: other }), method: 'random' }]),
      );
      return uneven(a, b);
    };
    expect([of(89, 100), of(90, 100), of(110, 100), of(111, 100)]).toEqual(['fewer', 'alike', 'alike', 'more']);
    const [a, free] = settingsOf(madeInput([ldc([0.9, 0.9], { held: 1 }), { method: 'l2', test: [0.9, 0.9] }]));
    expect([uneven(a, free), uneven(free, a), uneven(undefined, a)]).toEqual(['alike', 'alike', 'alike']);
  });
});

describe('a claim that names the better method', () => {
  const potential = (test: [number, number], held: number): Made => ({ ...ldc(test, { held }), method: 'potential' });
  const beats = (own: [number, number], held: number, other: [number, number]) =>
    find('potential', [NONE, potential(own, held), ldc(other, { held: 100 })]);

  it('needs as many axes, or more where it loses', () => {
    expect(beats([0.85, 0.95], 90, [0.95, 0.95]).verdict).toBe('not reproduced');
    expect(beats([0.85, 0.95], 89, [0.95, 0.95]).verdict).toBe(OPEN);
    expect(beats([0.95, 0.95], 110, [0.85, 0.95]).verdict).toBe('reproduced');
    expect(beats([0.95, 0.95], 111, [0.85, 0.95]).verdict).toBe(OPEN);
    expect(beats([0.85, 0.95], 111, [0.95, 0.95]).verdict).toBe('not reproduced');
    expect(beats([0.95, 0.95], 89, [0.85, 0.95])).toMatchObject({
      verdict: 'reproduced',
      reason: expect.stringMatching(/potential U could hold 89 axes, LDC \(1\/F²\) 100\./),
    });
  });
  it('compares the methods that it names, the better one first', () => {
    const all = ['l2', 'random', 'variance', 'ewc', 'hessian', 'vortex', 'potential'];
    const made = [NONE, ldc([0.9, 0.9]), ...all.map((method): Made => ({ ...ldc([0.8, 0.9]), method }))];
    const { findings } = judge(made);
    const claims = findings.filter((f) => / minus /.test(f.unit) && !/winner|laplace/.test(f.id));
    expect(
      claims.map((f) => [f.id, f.unit.replace('points of average accuracy, ', '').replace('; task-known outputs', '')]),
    ).toEqual([
      ['forget.l2', 'LDC (1/F²) minus L2 anchor'],
      ['forget.random', 'LDC (1/F²) minus random axes'],
      ['forget.variance', 'LDC (1/F²) minus 1/σ²'],
      ['forget.ewc', 'LDC (1/F²) minus EWC'],
      ['forget.hessian', 'LDC (1/F²) minus Hessian'],
      ['forget.potential', 'potential U minus LDC (1/F²)'],
      ['forget.vortex', 'vortex planes minus random axes'],
    ]);
    for (const f of claims.slice(0, 5)) expect(f.measured.value).toBeCloseTo(5, 10);
    expect(claims[5].measured.value).toBeCloseTo(-5, 10);
    expect(claims.map((f) => f.verdict)).toEqual([...Array(5).fill('reproduced'), ...Array(2).fill('not reproduced')]);
  });
  it('says how wide the interval is where three seeds leave it open, and less with two', () => {
    const reason = (seeds: number) =>
      find('l2', [NONE, ldc([0.93, 0.95]), { method: 'l2', multiple: 1, test: [0.9, 0.95] }], { seeds, scatter: 0.03 })
        .reason;
    expect(reason(3)).toMatch(
      /: undecided, 95 % interval ±\S+ \(chance by luck .* after correction\)\. More seeds may decide it\./,
    );
    expect(reason(2)).toMatch(/: With fewer than three seeds nothing is decided\./);
  });
  it('is corrected with every method against none and the pairs of all claims', () => {
    // two methods: l2–none, ldc–none, ldc–l2
    const { findings } = judge([NONE, ldc([0.63, 0.97]), { method: 'l2', multiple: 1, test: [0.6, 0.97] }], {
      scatter: 0.004,
    });
    const reason = findings.find((f) => f.id === 'forget.l2')!.reason;
    // 0.015 with the error 0.004/√2: t = 5.30 of four degrees of freedom, 0.00609, times three as the smallest
    expect(reason).toMatch(/better, 95 % interval ±0\.79 \(chance by luck 0\.018 after correction\)\./);
  });
});

describe('the trivial rivals', () => {
  const frozen = (test: [number, number]): Made => ({ method: 'frozen', test });
  const replay = (test: [number, number], memory = '100'): Made => ({ method: `replay-${memory}`, test });
  const ewc: Made = { method: 'ewc', multiple: 1, test: [0.95, 0.95] };

  it('are compared with LDC and EWC, whatever memory they have', () => {
    const { findings } = judge([
      NONE,
      ldc([0.9, 0.95]),
      ewc,
      frozen([0.93, 0.95]),
      replay([0.97, 0.95]),
      replay([0.951, 0.95], 'validation'),
      replay([0.6, 0.95], '37'),
    ]);
    const controls = findings.filter((f) => f.id.startsWith('forget.control'));
    expect(controls.map((f) => [f.id.replace('forget.control.', ''), f.verdict])).toEqual([
      ['ldc.frozen', 'not reproduced'],
      ['ldc.replay-100', 'not reproduced'],
      ['ldc.replay-validation', 'not reproduced'],
      ['ldc.replay-37', 'reproduced'],
      ['ewc.frozen', 'reproduced'],
      ['ewc.replay-100', 'not reproduced'],
      ['ewc.replay-validation', 'not reproduced'],
      ['ewc.replay-37', 'reproduced'],
    ]);
    expect(controls.map((f) => f.claim.replace(/^.* protects better than /, '')).slice(4)).toEqual([
      'layers frozen after task 1',
      'replay of 100 stored samples',
      'replay of as many old samples as its strength is chosen by',
      'replay of 37 stored samples',
    ]);
    expect(controls[4].measured.value).toBeCloseTo(1, 10);
    expect(controls[4].source).toBe('theory [N6]');
    const prevented = findings.filter((f) => f.id.startsWith('forget.prevents'));
    expect(prevented.map((f) => [f.id.replace('forget.prevents.', ''), f.verdict])).toEqual([
      ['ldc', 'reproduced'],
      ['ewc', 'reproduced'],
      ['frozen', 'reproduced'],
      ['replay-100', 'reproduced'],
      ['replay-validation', 'reproduced'],
      ['replay-37', 'not reproduced'],
    ]);
  });
  it('enter the family that is corrected together', () => {
    // ldc–none has t = 5.30 of four degrees of freedom, 0.00609; frozen–none a smaller chance, ldc–frozen a larger one
    const chance = (...more: Made[]) =>
      find('prevents.ldc', [NONE, ldc([0.63, 0.97]), ...more], { scatter: 0.004 }).reason;
    expect(chance()).toMatch(/better \(chance by luck 0\.0061 after correction\)/);
    expect(chance(frozen([0.63, 0.97]))).toMatch(/better \(chance by luck 0\.012 after correction\)/);
  });
  it('decide nothing where nothing is forgotten', () => {
    const all = (none: number) => [
      { ...NONE, test: [none, 0.97] } as Made,
      ldc([0.98, 0.97]),
      { ...ldc([0.9, 0.97]), method: 'random' },
      frozen([0.9, 0.97]),
      ldc([0.9, 0.97], { constraints: 5, validation: [0, 0] }),
    ];
    for (const id of ['control.ldc.frozen', 'random', 'constraints']) {
      expect(find(id, all(0.98))).toMatchObject({
        verdict: OPEN,
        reason: expect.stringMatching(/^Too little is forgotten without a constraint/),
      });
      expect(find(id, all(0.93), { seeds: 2 }).verdict).toBe(OPEN);
      expect(find(id, all(0.7)).verdict).toBe('reproduced');
    }
  });
});

describe('what is said beside a comparison', () => {
  const other = (method: string, test: [number, number], more: Partial<Made> = {}): Made => ({
    ...ldc(test, more),
    method,
  });
  it('of equal methods: whether the difference is zero, and whether anything else was possible', () => {
    const words = (own: number, second: number) =>
      find('random', [NONE, ldc([own, own]), other('random', [second, second])]).reason;
    expect(words(0.95, 0.946)).toMatch(/: within one point, 95 % interval ±\S+, though not zero\. At the natural/);
    expect(words(0.95, 0.95)).toMatch(/: within one point, 95 % interval ±\S+\. At the natural/);
    expect(words(0.992, 0.991)).toMatch(/Both errors are below one point, so that no other result was possible\./);
    expect(words(0.992, 0.989)).not.toMatch(/Both errors/);
  });
  it('that neither does anything', () => {
    const words = (own: number) => find('random', [NONE, ldc([own, 0.97]), other('random', [0.6, 0.97])]).reason;
    expect(words(0.6)).toMatch(/Neither is better than no constraint here\./);
    expect(words(0.9)).not.toMatch(/Neither/);
  });
  it('that weights hardly matter where both are as strong as was tried', () => {
    const at = (method: string, multiple: number, valid: number) =>
      other(method, [0.9, 0.9], { multiple, validation: [valid, valid] });
    const words = (last: number) =>
      find('variance', [
        NONE,
        at('ldc', 1, 0.8),
        at('ldc', 10, 0.9),
        at('ldc', 100, last),
        at('variance', 1, 0.8),
        at('variance', 10, 0.9),
      ]).reason;
    expect(words(0.95)).toMatch(/Both stand at the strongest constraint tried/);
    expect(words(0.85)).not.toMatch(/Both stand/);
  });
});

describe('more constraints', () => {
  const at = (n: number, first: number) =>
    ldc([first, 0.95], { constraints: n, multiple: 1, validation: [0.9, n / 1e4] });
  it('are measured between most and fewest; one number is none', () => {
    const f = find('constraints', [NONE, at(10, 0.8), at(50, 0.95), at(2, 0.7)]);
    expect(f.measured.value).toBeCloseTo(25, 10);
    expect(f.reason).toMatch(/^N_c = 2: 70.00 .* %; N_c = 10: 80.00 .*; N_c = 50: 95.00/);
    expect(f.unit).toBe('points of task-1 accuracy, N_c = 50 minus N_c = 2; task-known outputs');
    const one = find('constraints', [NONE, at(50, 0.95)]);
    expect([one.unit, one.reason, one.verdict]).toEqual([
      'points of task-1 accuracy; task-known outputs',
      'There is only one number of constraints.',
      OPEN,
    ]);
    expect(one.measured.value).toBeNaN();
  });
  it('are refuted by a step that makes it worse, though the ends agree', () => {
    const f = find('constraints', [NONE, at(2, 0.7), at(10, 0.9), at(20, 0.8), at(50, 0.95)]);
    expect(f.verdict).toBe('not reproduced');
    expect(f.reason).toMatch(
      /From each to the next: 20 \(no spread\), −10 \(no spread\), 15 \(no spread\) points\. Worse at N_c = 20\.$/,
    );
    expect(find('constraints', [NONE, at(2, 0.7), at(10, 0.9), at(20, 0.895), at(50, 0.95)]).verdict).toBe(
      'reproduced',
    );
    expect(f.claim).toMatch(/^LDC with N_c = 50 axes keeps the first task better than with 2, and no step/);
  });
  it('say where the difference is none, or not decided', () => {
    expect(find('constraints', [NONE, at(50, 0.952), at(2, 0.95)]).reason).toMatch(
      /\. No difference beyond one point\.$/,
    );
    expect(find('constraints', [NONE, at(50, 0.95), at(2, 0.7)], { seeds: 2 }).reason).toMatch(
      /\. With fewer than three seeds nothing is decided\.$/,
    );
  });
});

describe('the Laplace value', () => {
  const at = (multiple: number, first: number, valid: number) =>
    ldc([first, 0.95], { multiple, validation: [valid, valid] });
  it('is right where equal to or better than the chosen strength', () => {
    expect(find('laplace', [NONE, at(1, 0.9, 0.9), at(10, 0.917, 0.95)]).verdict).toBe('reproduced');
    expect(find('laplace', [NONE, at(1, 0.9, 0.9), at(10, 0.923, 0.95)]).verdict).toBe('not reproduced');
    expect(find('laplace', [NONE, at(1, 0.95, 0.9), at(10, 0.9, 0.95)]).verdict).toBe('reproduced');
  });
  it('is not judged where it was not tried, where strengths are absolute, or where LDC does nothing', () => {
    expect(find('laplace', [NONE, at(3, 0.9, 0.9)]).reason).toBe('The Laplace value is not among the strengths.');
    const absolute = { ...madeInput([NONE, at(1, 0.9, 0.9)]), absolute: true };
    expect(forgetFindings(absolute).findings.find((f) => f.id === 'forget.laplace')!.verdict).toBe(OPEN);
    const idle = find('laplace', [NONE, at(1, 0.6, 0.7), at(10, 0.6, 0.71)]);
    expect(idle.verdict).toBe(OPEN);
    expect(idle.reason).toMatch(
      /^LDC is not shown to be better than no constraint here, so that no strength of it is right\. At the/,
    );
    // at the N_c of the comparison only
    const other = ldc([0.9, 0.95], { multiple: 1, constraints: 5, validation: [0.1, 0.1] });
    expect(find('laplace', [NONE, other, at(10, 0.9, 0.9)]).reason).toMatch(/not among the strengths/);
  });
});

describe('the winner', () => {
  const l2 = (test: [number, number], valid: number): Made => ({
    method: 'l2',
    multiple: 1,
    test,
    validation: [valid, valid],
  });
  const winner = (own: number, other: number, scatter = 0.001) =>
    find('winner', [NONE, ldc([own, 0.95], { validation: [0.99, 0.99] }), l2([other, 0.95], 0.98)], { scatter });
  it('is better than each other one, or is not', () => {
    expect(winner(0.95, 0.9)).toMatchObject({
      verdict: 'reproduced',
      reason: 'By validation LDC (1/F²) comes first, L2 anchor second. It is better than each of the others.',
    });
    expect(winner(0.95, 0.948)).toMatchObject({
      verdict: 'not reproduced',
      reason: 'By validation LDC (1/F²) comes first, L2 anchor second. Within one point of it: L2 anchor.',
    });
    expect(winner(0.9, 0.95)).toMatchObject({
      verdict: 'not reproduced',
      reason: expect.stringMatching(/second\. Better than it on the test samples: L2 anchor\.$/),
    });
    expect(winner(0.95, 0.93, 0.01)).toMatchObject({
      verdict: OPEN,
      reason: 'By validation LDC (1/F²) comes first, L2 anchor second. Undecided against L2 anchor.',
    });
    expect(find('winner', [NONE])).toBeUndefined();
  });
});

describe('where a chosen strength lies', () => {
  const place = (...valid: number[]) => {
    const all = valid.map((v, k) => ldc([0.9, 0.9], { multiple: 10 ** k, validation: [v, v] }));
    const settings = settingsOf(madeInput([...all].reverse()));
    return placeOf(chosen(settings, 'ldc')!, settings);
  };
  it('at an end, unless it gains less than a tenth of a point over its neighbour', () => {
    expect(place(0.9, 0.95, 0.9511)).toBe('strongest');
    expect(place(0.9, 0.95, 0.9509)).toBe('level');
    expect(place(0.9511, 0.95, 0.9)).toBe('weakest');
    expect(place(0.9509, 0.95, 0.9)).toBe('idle');
    expect([place(0, 0.001), place(0.001, 0)]).toEqual(['strongest', 'weakest']);
    expect(place(0.9, 0.95, 0.9)).toBe('inside');
    expect(place(0.9)).toBe('inside');
    expect([place(0.9, 0.95), place(0.95, 0.9)]).toEqual(['strongest', 'weakest']);
  });
});

describe('sentences of the outcome', () => {
  const words = (all: Made[], options: MadeOptions = {}) => judge(all, options).outcome;
  const l2 = (test: [number, number], more: Partial<Made> = {}): Made => ({ method: 'l2', multiple: 1, test, ...more });

  it('say what is lost without a constraint only where that is decided', () => {
    expect(words([NONE])).toEqual([
      'Without a constraint 39.00 ± 0.07 points of accuracy on what was learned first are lost (task-known outputs).',
    ]);
    expect(words([{ ...NONE, test: [0.985, 0.97] }])).toEqual([
      'Without a constraint less than 5 points of accuracy are forgotten in this protocol (task-known outputs), so that no method can improve much.',
    ]);
    expect(words([NONE], { seeds: 1 })).toEqual([]);
    expect(words([ldc([0.9, 0.9])])).toEqual([
      'LDC (1/F²) comes first by validation with 90.000 ± 0.035 % average accuracy, task-known outputs.',
    ]);
  });
  it('name those that do nothing, and those that are open', () => {
    const all = [NONE, ldc([0.9, 0.97]), l2([0.601, 0.97]), { ...l2([0.5, 0.97]), method: 'ewc' }];
    expect(words(all)).toContain('Within one point of no constraint, or worse: L2 anchor, EWC.');
    expect(words([NONE, ldc([0.62, 0.97])], { scatter: 0.02 })).toContain(
      'Not shown to be better than no constraint: LDC (1/F²).',
    );
    expect(words([NONE, ldc([0.9, 0.97])]).join()).not.toMatch(/better than nothing/);
    expect(words([NONE, ldc([0.601, 0.97])])).toContain('Within one point of no constraint, or worse: LDC (1/F²).');
  });
  it('tell who cannot be told from the first, who is better on the test samples, and when it is better than all', () => {
    const first = ldc([0.9, 0.95], { validation: [0.99, 0.99] });
    const of = (other: number) => words([NONE, first, l2([other, 0.95])])[1];
    expect(of(0.8)).toMatch(
      /without a constraint \(better\), task-known outputs; it is better than every other method\.$/,
    );
    expect(of(0.899)).toMatch(/\(better\), task-known outputs; within one point of it: L2 anchor\.$/);
    expect(of(0.95)).toMatch(/\(better\), task-known outputs; on the test samples L2 anchor is better\.$/);
    expect(words([NONE, ldc([0.601, 0.97], { validation: [0.99, 0.99] })])[1]).toMatch(
      /constraint \(equal\), task-known outputs\.$/,
    );
  });
});
