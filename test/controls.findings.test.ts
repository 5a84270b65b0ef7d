/** The rules of the controls' findings, each threshold from both sides, the numbers in their sentences, the sentences on the cause. */
import { describe, expect, it, test } from 'vitest';
import { causeOf, controlsFindings, type Outcome, sameExponent } from '../src/experiments/controls/findings.js';
import type { Basis, CellResult, Regime } from '../src/experiments/controls/measured.js';
import { pairedPsi, regimeRows } from '../src/experiments/controls/summary.js';
import { type Estimate, estimate } from '../src/numeric/estimate.js';
import { halfWidth } from '../src/numeric/interval.js';
import { overSeeds } from '../src/numeric/seeds.js';
import type { Finding } from '../src/report/finding.js';
import { deviations, MAIN, SHIFT, syntheticCells, TRUTH } from './support/controls-results.js';
import { estimatesIn, numbersIn, prints, printsEstimate } from './support/reading.js';

const [YES, OTHER, NO, OPEN] = [
  'reproduced',
  'reproduced with another exponent',
  'not reproduced',
  'not decidable with this run',
];
const cells = syntheticCells();
/** 97.5 % of Student's t with two and with four degrees of freedom. */
const [T2, T4] = [4.302653, 2.776445];
const of = (value: number, error: number, n = 3): Estimate => estimate(value, error, n, 'made up');

const judged = (of = cells) => controlsFindings({ cells: of, mainWindow: MAIN });
const find = (id: string, of = cells): Finding => judged(of).findings.find((f) => f.id === `controls.${id}`)!;
/** Cells whose regimes are changed. */
const bent = (change: (r: Regime, c: CellResult & { kind: 'branch' }) => Partial<Regime>): CellResult[] =>
  cells.map((c) => (c.kind === 'branch' ? { ...c, regimes: c.regimes.map((r) => ({ ...r, ...change(r, c) })) } : c));
const psi = (r: Regime, value: number): Partial<Regime> => ({
  relation: { ...r.relation, exponent: { ...r.relation.exponent, value: -value } },
  ...(r.walks && { walks: { ...r.walks, psi: r.walks.psi.map(() => value) } }),
});

const fitAt = (exponent: number, error = 0.1) => ({ exponent: estimate(exponent, error, 11, 'made up'), points: 11 });

describe('over seeds', () => {
  it('mean, error, half-width of Student', () => {
    const e = overSeeds([1, 2, 6]);
    expect([e.value, e.n]).toEqual([3, 3]);
    expect(e.standardError).toBeCloseTo(Math.sqrt((4 + 1 + 9) / 2 / 3), 12);
    expect(halfWidth(of(0, 0.1))).toBeCloseTo(0.1 * T2, 6);
    expect(halfWidth(of(0, 0.1, 5))).toBeCloseTo(0.1 * T4, 6);
    expect(halfWidth(of(0, 0.1, 1))).toBe(Infinity);
  });
  it('leaves out seeds without a number; of one it takes the error of its own fit', () => {
    expect(overSeeds([1, Number.NaN, 3])).toMatchObject({ value: 2, n: 2 });
    expect(overSeeds([Number.NaN, 7], [0.1, 0.2])).toMatchObject({
      value: 7,
      standardError: 0.2,
      n: 1,
      converged: false,
    });
    expect(overSeeds([7])).toMatchObject({ value: 7, standardError: Number.NaN, n: 1 });
    expect(overSeeds([])).toMatchObject({ value: Number.NaN, n: 0, converged: false });
  });
  it('exponents are compared within seeds', () => {
    const rows = regimeRows(cells);
    const [a, b] = [
      rows.find((r) => r.basis === 'same-window' && r.epochs === 6)!,
      rows.find((r) => r.basis === 'replicas')!,
    ];
    const d = pairedPsi(a, { ...b, seeds: [9, 4, 5], psiOfSeeds: [1, 3, 100] });
    // seed 4: 4.03 − 3, seed 9: 4.07 − 1; seed 7 has no partner
    expect(d).toMatchObject({
      value: expect.closeTo((1.03 + 3.07) / 2, 10),
      n: 2,
      method: 'mean of differences within 2 seeds',
    });
    expect(pairedPsi(a, { ...b, seeds: [4], psiOfSeeds: [1] })).toMatchObject({ n: 1, method: 'one seed: no error' });
    expect(pairedPsi(a, undefined)).toMatchObject({ value: Number.NaN, n: 0, converged: false });
    expect(pairedPsi(undefined, b).n).toBe(0);
  });
});

describe('two exponents', () => {
  test.each([
    [0.399, 0.01, 'agrees'],
    [0.401, 0.01, 'differs'],
    [-0.401, 0.01, 'differs'],
    [-0.399, 0.01, 'agrees'],
    // its interval counts where it is wider
    [0.99 * T2 * 0.2, 0.2, 'agrees'],
    [1.01 * T2 * 0.2, 0.2, 'differs'],
    // at most 1 wide on either side
    [0.1, 0.999 / T2, 'agrees'],
    [0.1, 1.001 / T2, 'undecided'],
    [Number.NaN, 0.01, 'undecided'],
    [0.1, Number.NaN, 'undecided'],
  ] as const)('%f ± %f over three seeds: %s', (value, error, found) => {
    expect(sameExponent(of(value, error))).toBe(found);
  });
});

describe('findings of the branches', () => {
  it('in order; each compares what it says', () => {
    const all = judged().findings;
    expect(all.map((f) => f.id.replace('controls.', ''))).toEqual([
      'psi',
      'selection',
      'fixed-basis',
      'surrogate',
      'surrogate-selection',
      'random-walk',
      'noise-law',
      'sampling',
      'momentum',
      'window',
      'closure-replaced',
      'stationary-replaced',
      'closure-shuffled',
      'stationary-shuffled',
      'leak-fixed-noise',
      'leak-small-steps',
    ]);
    for (const f of all) {
      expect(f.claim.length).toBeGreaterThan(20);
      expect(f.source).toMatch(/\[/);
      expect(JSON.stringify(f)).not.toMatch(/NaN|undefined/);
    }
  });

  const spread = (x: number[]) => Math.sqrt(x.reduce((s, v) => s + v * v, 0) / (x.length - 1));
  /** Deviations of the seeds on both sides of a comparison. */
  const compared = (id: string): [number[], number[]] => {
    const own = deviations('same-window');
    if (id === 'sampling') return [own, deviations('same-window', 'replaced')];
    if (id === 'momentum') return [deviations('same-window', 'momentum'), own];
    if (id === 'window') return [deviations('same-window', 'shuffled', 12), deviations('same-window', 'shuffled', 2)];
    if (id === 'surrogate-selection') return [deviations('other-window'), deviations('surrogate-other')];
    const other = {
      selection: 'other-window',
      'fixed-basis': 'replicas',
      surrogate: 'surrogate',
      'random-walk': 'random-walk',
    } as const;
    return [own, deviations(other[id as keyof typeof other])];
  };
  const pairs: [string, number, number, string, string, number, number, string][] = [
    [
      'selection',
      4.05,
      2.15,
      'PCA of the same 6 epochs',
      'directions from the first half, variances from the second',
      2.75,
      2.71,
      NO,
    ],
    ['fixed-basis', 4.05, 2.79, 'PCA of the same 6 epochs', 'Hessian eigenvectors, drift removed', 2.75, 2.86, NO],
    ['surrogate', 4.05, 3.95, 'PCA of the same 6 epochs', 'the surrogate', 2.75, 2.77, YES],
    ['surrogate-selection', 2.15, 2.05, 'the network, other half', 'the surrogate, other half', 2.71, 2.72, YES],
    ['random-walk', 4.05, 3.85, 'PCA of the same 6 epochs', 'walks with the same C and H = 0', 2.75, 2.9, NO],
    ['sampling', 4.05, 4.05 + SHIFT.replaced, 'shuffled', 'replaced', 2.75, 2.75 + SHIFT.replaced / 10, YES],
    ['momentum', 4.05 + SHIFT.momentum, 4.05, 'momentum 0.9', 'momentum 0', 2.75 + SHIFT.momentum / 10, 2.75, YES],
    [
      'window',
      4.05 + SHIFT.long,
      4.05 + SHIFT.short,
      '12 epochs',
      '2 epochs',
      2.75 + SHIFT.long / 10,
      2.75 + SHIFT.short / 10,
      NO,
    ],
  ];
  test.each(pairs)('%s: %f against %f', (id, a, b, first, second, theoryA, theoryB, verdict) => {
    const f = find(id);
    expect(f.verdict).toBe(verdict);
    expect(f.measured.value).toBeCloseTo(a - b, 10);
    const [x, y] = compared(id);
    const error = spread(x.map((v, k) => v - y[k])) / Math.sqrt(3);
    expect(error).toBeGreaterThan(0.01);
    expect(f.measured.standardError).toBeCloseTo(error, 10);
    expect(prints(/its 95 % interval of ±([\d.]*\d)/.exec(f.reason)![1], T2 * error)).toBe(true);
    const words = new RegExp(`psi = (.*) \\(${first}\\) against (.*) \\(${second}\\)\\.`).exec(f.reason)!;
    expect(printsEstimate(words[1], { value: a, standardError: 0.02 / Math.sqrt(3) }), words[1]).toBe(true);
    expect(printsEstimate(words[2], { value: b, standardError: 0.02 / Math.sqrt(3) }), words[2]).toBe(true);
    const predicted = estimatesIn(f.predicted!).map((e) => e.value);
    expect(predicted).toEqual([expect.closeTo(theoryA, 2), expect.closeTo(theoryB, 2)]);
    expect(f.unit).toBe('difference of psi');
    expect(f.stated).toBe(id === 'random-walk' ? 'a difference' : 'no difference');
    expect(f.reason).toContain(
      Math.abs(a - b) < 0.4 ? 'is within 0.4 or its 95 % interval of ±' : 'exceeds 0.4 and its 95 % interval of ±',
    );
  });

  it('the claim of the walk is a difference: without the force another psi would reproduce it', () => {
    const other = bent((r) => (r.basis === 'random-walk' ? psi(r, 3) : {}));
    expect(find('random-walk', other).verdict).toBe(YES);
    const surrogate = bent((r) => (r.basis === 'surrogate' ? psi(r, 3) : {}));
    expect(find('surrogate', surrogate).verdict).toBe(NO);
  });

  it('walks: their number, their scatter, and the exponents of rank of network, walks and an isotropic walk', () => {
    const text = find('random-walk').reason.split('9 walks; ')[1];
    expect(prints(/psi of one scatters by ([\d.]*\d)/.exec(text)![1], Math.sqrt((3 * 0.0104) / 6))).toBe(true);
    const [own, walk, isotropic] = estimatesIn(text);
    expect([own.value, walk.value, isotropic.value]).toEqual([2.61, 2.02, 1.93].map((v) => expect.closeTo(v, 3)));
    expect(find('surrogate').reason).not.toContain('walks');
    // psi of a seed is the mean over its walks, not that of the first
    const one = bent((r) => (r.walks ? { walks: { ...r.walks, psi: [3.05, 3.25, 3.15] } } : {}));
    expect(find('random-walk', one).measured.value).toBeCloseTo(4.05 - 3.15, 10);
  });

  it('ranges over which alone the difference is on the other side of 0.4', () => {
    expect(find('selection').reason).not.toContain('choice of range');
    // the difference of two regimes at range 10–200 is that of psi and −0.02 a step in the order of bases
    const near = bent((r) =>
      r.basis === 'surrogate'
        ? { ranges: r.ranges.map((g) => (g.label === 'ranks 2–50' ? { ...g, fit: fitAt(-3.5) } : g)) }
        : {},
    );
    expect(find('surrogate', near).reason).toContain(
      'Over ranks 2–50 it is 0.45: the choice of range alone moves it across 0.4.',
    );
    // ranges that cannot be fitted do not vote
    const wide = bent((r) =>
      r.basis === 'surrogate' ? { ranges: r.ranges.map((g) => ({ ...g, fit: fitAt(-3.5, 0.52) })) } : {},
    );
    expect(find('surrogate', wide).reason).not.toContain('choice of range');
  });

  it('a line that explains less than four fifths is no power law, whatever its slope, and has no cause', () => {
    const explained = (r2: number) =>
      bent((r) => (r.basis === 'same-window' ? { relation: { ...r.relation, r2 } } : {}));
    for (const [r2, verdict] of [
      [0.801, YES],
      [0.799, NO],
    ] as const)
      expect(find('psi', explained(r2)).verdict).toBe(verdict);
    const { reason } = find('psi', explained(0.6));
    expect(reason).toMatch(
      /^Variances are no power law .* of which a line explains 60 %, the mean over 3 seeds: a power law/,
    );
    expect(reason).toContain('Errors: 0.012 sampling');
    const causes = (r2: number) => causeOf(judged(explained(r2)));
    expect(causes(0.799)).toEqual([expect.stringMatching(/^Variances are no power law .*There is no exponent/)]);
    expect(causes(0.801)).toEqual(causeOf(judged()));
    // other windows and directions have no part in it, and one seed decides nothing
    const others = bent((r) => (r.basis === 'same-window' ? {} : { relation: { ...r.relation, r2: 0.1 } }));
    expect(find('psi', others).verdict).toBe(YES);
    const single = explained(0.6).filter((c) => c.seed === 7);
    expect(find('psi', single).verdict).toBe(OPEN);
    expect(causeOf(judged(single))[0]).toMatch(/^So few seeds do not decide/);
  });

  it('three errors of psi under three names', () => {
    expect(find('psi').reason).toMatch(
      /Errors: 0.012 sampling \(over seeds\), 0.11 misfit \(block bootstrap over directions of one seed\), 0.17 choice of range \(between ranges of rank that can be fitted; no decidable fit over ranks 20–500 in 3 of 3 seeds\)/,
    );
    const fitting = bent((r) => ({ ranges: r.ranges.slice(0, 2) }));
    expect(find('psi', fitting).reason).toContain('(between ranges of rank that can be fitted).');
    const single = find('psi', syntheticCells([7])).reason;
    expect(single).toContain('Errors: – sampling');
  });

  it('a half-width in the sentence is that of the differences', () => {
    const scattered = bent((r, c) => (r.basis === 'surrogate' ? psi(r, 4.0 + { 4: -0.1, 7: 0, 9: 0.1 }[c.seed]!) : {}));
    const f = find('surrogate', scattered);
    // 4.03, 4.05, 4.07 less 3.9, 4.0, 4.1: 0.13, 0.05, −0.03
    expect(f.measured.value).toBeCloseTo(0.05, 10);
    expect(f.measured.standardError).toBeCloseTo(0.08 / Math.sqrt(3), 10);
    expect(prints(f.reason.split('±').at(-1)!.replace(/\.$/, ''), (T2 * 0.08) / Math.sqrt(3))).toBe(true);
  });

  it('one seed decides nothing, nor do seeds that scatter', () => {
    const one = syntheticCells([7]);
    for (const id of ['psi', 'selection', 'random-walk', 'noise-law', 'sampling']) {
      expect(find(id, one).verdict, id).toBe(OPEN);
      expect(find(id, one).reason).toContain('One seed has no error over seeds; run at least two, better five.');
    }
    const wild = bent((r, c) => (r.basis === 'other-window' ? psi(r, 2 + { 4: -2, 7: 0, 9: 2 }[c.seed]!) : {}));
    expect(find('selection', wild).verdict).toBe(OPEN);
    expect(find('selection', wild).reason).toContain('The 95 % interval over 3 seeds is wider than ±1');
  });

  it('missing cells are told', () => {
    const none = find(
      'sampling',
      cells.filter((c) => c.sampling === 'shuffled'),
    );
    expect(none).toMatchObject({ verdict: OPEN, measured: { n: 0 } });
    expect(none).not.toHaveProperty('predicted');
    expect(find('noise-law', []).reason).toBe('the cells of this comparison are missing');
    expect(find('psi', [])).toMatchObject({ verdict: OPEN, measured: { n: 0 } });
  });

  it('a branch is compared with no copy of itself: without momentum, or with one window, nothing is decided', () => {
    expect(
      find(
        'momentum',
        cells.filter((c) => c.momentum === 0),
      ),
    ).toMatchObject({ verdict: OPEN, measured: { n: 0 } });
    const one = cells.map((c) =>
      c.kind === 'branch' ? { ...c, regimes: c.regimes.filter((r) => r.epochs <= MAIN && r.epochs !== 2) } : c,
    );
    expect(find('window', one)).toMatchObject({ verdict: OPEN, measured: { n: 0 } });
  });

  it('the lengths compared are those of shuffled batches', () => {
    const fewer = cells.map((c) =>
      c.kind === 'branch' && c.sampling === 'replaced'
        ? { ...c, regimes: c.regimes.filter((r) => r.epochs !== 12) }
        : c,
    );
    expect(find('window', fewer).reason).toContain('(12 epochs) against');
  });

  it('half-windows belong to the other half, the main window to all else', () => {
    const double = bent(() => ({})).map((c) =>
      c.kind === 'branch'
        ? {
            ...c,
            regimes: [
              ...c.regimes,
              { ...c.regimes.find((r) => r.basis === 'other-window')!, epochs: MAIN, ...psi(c.regimes[0], 9) },
            ],
          }
        : c,
    );
    expect(find('selection', double).measured.value).toBeCloseTo(4.05 - 2.15, 10);
  });
});

describe('psi against 4', () => {
  const at = (value: number, spread = 0) =>
    find(
      'psi',
      bent((r, c) =>
        r.basis === 'same-window' && r.epochs === MAIN && c.cell === 'shuffled-momentum0'
          ? psi(r, value + spread * ({ 4: -1, 7: 0, 9: 1 }[c.seed] ?? 0))
          : {},
      ),
    );
  test.each([
    [4.399, 0, YES],
    [4.401, 0, OTHER],
    [3.601, 0, YES],
    [3.599, 0, OTHER],
    // interval: spread 0.3, error 0.3/√3, ±0.745
    [4.74, 0.3, YES],
    [4.75, 0.3, OTHER],
    [4.1, 0.41, OPEN],
    [4.1, 0.4, YES],
  ])('%f, spread %f: %s', (value, spread, verdict) => {
    const f = at(value, spread);
    expect(f.verdict).toBe(verdict);
    expect(f.measured.value).toBeCloseTo(value, 10);
  });
  it('its sentences', () => {
    expect(at(4.05, 0.1).reason).toMatch(/^Over 3 seeds psi is 4 to within 10 % or its 95 % interval of ±0.25\./);
    expect(at(2.9, 0.1).reason).toMatch(
      /^Over 3 seeds psi differs from 4 by more than 10 % and more than its 95 % interval of ±0.25\./,
    );
    const [slow, relaxed] = estimatesIn(find('psi').predicted!);
    expect([slow.value, relaxed.value]).toEqual(
      [2 * TRUTH['same-window'].gamma, 2 * (TRUTH['same-window'].gamma - 1)].map((v) => expect.closeTo(v, 2)),
    );
    expect(slow.error).toBeCloseTo((2 * 0.005) / Math.sqrt(3), 3);
    expect(find('psi').range).toMatch(/^last 6 epochs/);
  });
});

describe('the law of the noise', () => {
  const at = (theory: number) =>
    find(
      'noise-law',
      bent((r) =>
        r.basis === 'replicas'
          ? {
              predictedRelation: {
                ...r.predictedRelation,
                exponent: { ...r.predictedRelation.exponent, value: -theory },
              },
            }
          : {},
      ),
    );
  test.each([
    [2.79 - 0.399, YES],
    [2.79 - 0.401, NO],
    [2.79 + 0.399, YES],
    [2.79 + 0.401, NO],
  ])('measured 2.79 against %f: %s', (theory, verdict) => {
    expect(at(theory).verdict).toBe(verdict);
    expect(at(theory).reason).toContain(verdict === YES ? ', within 0.4 or' : ', more than 0.4 or');
  });
  it('the difference is taken seed by seed, and the numbers are those of the drift-free basis', () => {
    const f = find('noise-law');
    expect(f.measured.value).toBeCloseTo(2.79, 10);
    const [gamma] = estimatesIn(f.reason);
    expect(gamma.value).toBeCloseTo(1.47, 4);
    expect(f.reason).toContain('64 % of the fitted directions lie below the crossover');
    const [difference] = numbersIn(f.reason.split('differ by')[1]);
    expect(difference).toBeCloseTo(2.79 - 2.86, 3);
    // psi of the seeds is 0.02, 0, −0.02 about its mean, theory −0.01, 0, 0.01: 0.03/√3 times 4.303
    expect(prints(f.reason.split('±').at(-1)!.replace(/\.$/, ''), (T2 * 0.03) / Math.sqrt(3))).toBe(true);
    const [theory, slow, relaxed] = estimatesIn(f.predicted!);
    expect([theory.value, slow.value, relaxed.value]).toEqual([2.86, 2.94, 0.94].map((v) => expect.closeTo(v, 3)));
  });
});

describe('the cause', () => {
  const rows = judged().outcome;
  const say = (change: Partial<Outcome>) => causeOf({ outcome: { ...rows, ...change } });

  it('of the made-up cells, with its numbers', () => {
    const cause = causeOf(judged());
    expect(cause.length).toBe(4);
    expect(cause[0]).toMatch(/^The exponent 4.050 ± 0.012 results from the choice of directions/);
    expect(cause[0]).toMatch(/give 2.150 ± 0.012\.$/);
    expect(cause[1]).toContain('gives the same, with both choices of directions: no nonlinearity is needed.');
    expect(cause[2]).toMatch(/^It does not change when the Hessian of that system is set to zero/);
    expect(cause[3]).toContain('fixed beforehand, 2.790 ± 0.012, follows from the law of the noise');
    expect(judged().outcome).toMatchObject({
      selection: 'differs',
      surrogate: 'agrees',
      surrogateOther: 'agrees',
      randomWalk: 'agrees',
      noiseLaw: 'agrees',
    });
  });

  it('each sentence only where its comparison came out so', () => {
    expect(say({ selection: 'agrees' })[0]).toMatch(
      /^The exponent 4.050 ± 0.012 does not come from choosing .*gives 2.150 ± 0.012\.$/,
    );
    expect(say({ selection: 'undecided' })[0]).toMatch(/^So few seeds do not decide/);
    expect(say({ surrogate: 'differs' })[1]).toMatch(/does not give it/);
    expect(say({ surrogateOther: 'differs' })[1]).not.toContain('both choices');
    expect(say({ surrogate: 'undecided' }).length).toBe(3);
    expect(say({ randomWalk: 'differs' })[2]).toMatch(/^It changes when/);
    expect(say({ randomWalk: 'undecided' }).length).toBe(3);
    // where the system with the Hessian does not give it, nothing is said of setting that Hessian to zero
    const second = (surrogate: Outcome['surrogate'], randomWalk: Outcome['randomWalk']) =>
      say({ surrogate, randomWalk, noiseLaw: 'undecided' }).slice(1);
    expect(second('differs', 'agrees')).toEqual([
      expect.stringMatching(
        /^A linear system .* does not give it, but a random walk .* does: the restoring force .* is not/,
      ),
    ]);
    expect(second('differs', 'differs')).toEqual([
      expect.stringMatching(/^Neither .* gives it: there is another cause/),
    ]);
    expect(second('differs', 'undecided')).toEqual([expect.stringMatching(/^A linear system .* does not give it\.$/)]);
    expect(second('undecided', 'agrees')).toEqual([expect.stringMatching(/^A random walk .* gives it: the restoring/)]);
    expect(second('undecided', 'differs')).toEqual([expect.stringMatching(/^A random walk .* does not give it\.$/)]);
    expect(second('undecided', 'undecided')).toEqual([]);
    expect(say({ noiseLaw: 'differs' })[3]).toMatch(/is not the one that the law of the noise predicts/);
    expect(say({ noiseLaw: 'undecided' }).length).toBe(3);
    expect(say({ replicas: undefined }).length).toBe(3);
    expect(causeOf(judged([])).join(' ')).toBe(
      'So few seeds do not decide whether the exponent results from the choice of directions.',
    );
  });

  it('the outcome follows the findings', () => {
    const out = (basis: Basis, value: number) => judged(bent((r) => (r.basis === basis ? psi(r, value) : {}))).outcome;
    expect(out('other-window', 4).selection).toBe('agrees');
    expect(out('surrogate', 3).surrogate).toBe('differs');
    expect(out('surrogate-other', 3).surrogateOther).toBe('differs');
    expect(out('random-walk', 3).randomWalk).toBe('differs');
    expect(out('replicas', 4).noiseLaw).toBe('differs');
    expect(judged(syntheticCells([7])).outcome.noiseLaw).toBe('undecided');
    const { psi: own, other, replicas } = judged().outcome;
    expect([own!.basis, own!.epochs, own!.sampling, own!.momentum]).toEqual(['same-window', 6, 'shuffled', 0]);
    expect([other!.basis, other!.epochs, other!.sampling]).toEqual(['other-window', 3, 'shuffled']);
    expect([replicas!.basis, replicas!.sampling]).toEqual(['replicas', 'shuffled']);
  });
});
