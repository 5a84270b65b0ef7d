/** Each rule of the valley model just on either side of its threshold, with errors too small to matter; and what is left out. */
import { describe, expect, it } from 'vitest';
import type { ValleyModelResults } from '../src/experiments/valley2023/measured.js';
import { convergenceFindings, densityFindings } from '../src/experiments/valley2023/motion-findings.js';
import { circulationFindings, freezingFindings, phaseFindings } from '../src/experiments/valley2023/phase-findings.js';
import { potentialFindings } from '../src/experiments/valley2023/potential-findings.js';
import { against, falls, interval, NOTHING, rises, worst } from '../src/experiments/valley2023/rules.js';
import { estimate } from '../src/numeric/estimate.js';
import type { Finding } from '../src/report/finding.js';
import { grid, idealValley, seeds } from './support/valley-results.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends object ? Mutable<T[K]> : T[K] };
type Change = (m: Mutable<ValleyModelResults>, v: number) => void;
const [YES, NO, OPEN] = ['reproduced', 'not reproduced', 'not decidable with this run'];
const TINY = 1e-7;

const PARTS: readonly ((m: ValleyModelResults) => Finding[])[] = [
  (m) => potentialFindings(m.potential),
  (m) => densityFindings(m.densities),
  (m) => convergenceFindings(m.convergence),
  (m) => phaseFindings(m.phase),
  (m) => freezingFindings(m.freezing),
  (m) => circulationFindings(m.circulation),
];
const partOf = new Map(PARTS.flatMap((part) => part(idealValley()).map((f) => [f.id, part] as const)));

function verdict(id: string, change: (m: Mutable<ValleyModelResults>) => void): string {
  const m = idealValley() as Mutable<ValleyModelResults>;
  change(m);
  const found = partOf.get(`valley.${id}`)!(m);
  return found.find((f) => f.id === `valley.${id}`)!.verdict;
}

describe('the tolerance of', () => {
  /** A number at which the claim holds and one at which it does not. */
  // biome-ignore format: a case a line
  const cases: [string, id: string, holds: number, fails: number, Change][] = [
    ['the slope on the floor at kappa = 1: 0.05', 'floor', 0.049, 0.051, (m, v) => void (m.potential.cases[0].slopes[0].floor = grid(v, TINY))],
    ['the slope on the floor, below', 'floor', -0.049, -0.051, (m, v) => void (m.potential.cases[0].slopes[0].floor = grid(v, TINY))],
    ['the slope on the floor at kappa = 4: 5 % of 3', 'floor', -3.149, -3.151, (m, v) => void (m.potential.cases[2].slopes[0].floor = grid(v, TINY))],
    ['the marginal at kappa = 2: 5 % of 2', 'marginal', -1.901, -1.899, (m, v) => void (m.potential.cases[1].slopes[0].marginal = grid(v, TINY))],
    ['isotropic noise: 0.05', 'isotropic', -0.049, -0.051, (m, v) => void (m.potential.cases[0].slopes[0].floor = grid(v, TINY))],
    ['walkers on the floor at kappa = 4: 5 % of 3', 'walkers', -2.851, -2.849, (m, v) => void (m.potential.cases[2].slopes[1].floor = seeds(v, TINY))],
    ['walkers of the marginal at kappa = 1', 'walkers', -1.049, -1.051, (m, v) => void (m.potential.cases[0].slopes[1].marginal = seeds(v, TINY))],
    ['all strengths', 'strong', -1.049, -1.051, (m, v) => void (m.potential.cases[4].slopes[0].floor = grid(v, TINY))],
    ['eq. 11, the loss', 'eq11', 2.099, 2.101, (m, v) => void (m.potential.tilted[0].lossCoefficient = grid(v, TINY))],
    ['eq. 11, the flatness', 'eq11', -1.049, -1.051, (m, v) => void (m.potential.tilted[0].flatnessCoefficient = grid(v, TINY))],
    ['densities above counting: 0.02', 'methods', 0.0389, 0.0391, (m, v) => void (m.densities.distances[3].distance = seeds(v, TINY))],
    ['densities that are not counted', 'methods', 0.0199, 0.0201, (m, v) => void (m.densities.distances[5].distance = seeds(v, TINY))],
    ['⟨y²⟩ at eta = 0.18: 5 %', 'variance', 1.049, 1.051, (m, v) => void (m.densities.steps[1].varianceRatio = seeds((v * 2) / 1.28, TINY))],
    ['the drift: 10 %', 'drift', 1.099, 1.101, (m, v) => void Object.assign(m.convergence.rows[3], { steps: seeds(4000, TINY), driftSteps: 4000 / v })],
    ['the drift, from below', 'drift', 0.901, 0.899, (m, v) => void Object.assign(m.convergence.rows[3], { steps: seeds(4000, TINY), driftSteps: 4000 / v })],
    ['the passage: 10 %', 'passage', 1.099, 1.101, (m, v) => void Object.assign(m.convergence.rows[3], { steps: seeds(4000, TINY), passageSteps: 4000 / v })],
    ['equal temperature: 10 %', 'temperature', 1.099, 1.101, (m, v) => void [40, 40 * v].forEach((t, k) => void (m.convergence.equalTemperature[k].time = seeds(t, TINY)))],
    ['the critical strength, at the sharp end', 'critical', 7.9, 8.1, (m, v) => void (m.convergence.critical.sharpMeanSquare = v)],
    ['the critical strength, at the flat end', 'critical', 4.1, 3.9, (m, v) => void (m.convergence.critical.flatAlmostSure = v)],
    ['a line of the phase diagram: 10 %', 'line-sharp-mean-square', 1.099, 1.101, (m, v) => void (m.phase.half = m.phase.lines.sharpMeanSquare.map((l) => l * v))],
    ['a line of the phase diagram, below', 'line-flat-mean-square', 0.901, 0.899, (m, v) => void (m.phase.half = m.phase.lines.flatMeanSquare.map((l) => l * v))],
    ['the last line', 'line-flat-almost-sure', 1.099, 1.101, (m, v) => void (m.phase.half = m.phase.lines.flatAlmostSure.map((l) => l * v))],
    ['the first divergence', 'first', 0.901, 0.899, (m, v) => void (m.phase.first = m.phase.lines.sharpMeanSquare.map((l) => l * v))],
    ['escape times: 10 %', 'rates', 1.099, 1.101, (m, v) => void (m.freezing.escapes[1].walkers = seeds(90 * v, TINY))],
    ["Kramers's rate: 10 %", 'kramers', 0.901, 0.899, (m, v) => void (m.freezing.escapes[1].kramers = 90 * v)],
    ["Kramers's rate, above", 'kramers', 1.099, 1.101, (m, v) => void (m.freezing.escapes[1].kramers = 90 * v)],
    ['freezing times: 10 %', 'delay-theory', 1.099, 1.101, (m, v) => void (m.freezing.rows[1].freezingTime = seeds(20.4 * v, TINY))],
    ['circulation, the grid: 0.01', 'circulation', 0.0099, 0.0101, (m, v) => void (m.circulation.rows[0].fokkerPlanck = grid(v, TINY))],
    ['circulation, walkers above counting: 0.02', 'circulation', 0.1199, 0.1201, (m, v) => void (m.circulation.rows[1].langevin = seeds(v, TINY))],
    ['the current: 2 %', 'current', 0.0199, 0.0201, (m, v) => void (m.circulation.rows[1].currentError = grid(v, TINY))],
    ['the rotation of walkers: 5 %', 'current', 1.574, 1.576, (m, v) => void (m.circulation.rows[1].rotation = seeds(v, TINY))],
    ['the rotation of the grid: 5 %', 'current', 1.426, 1.424, (m, v) => void (m.circulation.rows[1].gridRotation = grid(v, TINY))],
  ];

  it.each(cases)('%s (%s)', (_, id, holds, fails, change) => {
    expect(verdict(id, (m) => change(m, holds))).toBe(YES);
    expect(verdict(id, (m) => change(m, fails))).toBe(NO);
  });
});

describe('claims about a sign or an order', () => {
  it('finite steps: the interval of the gain lies on one side, or nothing is decided', () => {
    // 95 % of Student's t over five seeds: 2.776 errors
    const gain = (value: number, error: number) => (m: Mutable<ValleyModelResults>) => {
      m.densities.steps[1].toFiniteStep = seeds(0.02, 0);
      m.densities.steps[1].toContinuous = seeds(0.02 + value, error);
    };
    expect(verdict('finite-step', gain(0.01, 0.0035))).toBe(YES);
    expect(verdict('finite-step', gain(0.01, 0.0037))).toBe(OPEN);
    expect(verdict('finite-step', gain(-0.01, 0.0037))).toBe(OPEN);
    expect(verdict('finite-step', gain(-0.01, 0.0035))).toBe(NO);
    expect(verdict('finite-step', gain(0.01, Number.NaN))).toBe(OPEN);
    // the error is that of both
    expect(
      verdict('finite-step', (m) => {
        m.densities.steps[1].toFiniteStep = seeds(0.02, 0.003);
        m.densities.steps[1].toContinuous = seeds(0.03, 0.003);
      }),
    ).toBe(OPEN);
    expect(verdict('finite-step', (m) => void (m.densities.steps.length = 0))).toBe(OPEN);
  });

  it('the order of the diagram: mean rank correlation above one half, below 0, or neither', () => {
    // in each row the first columns fall and the rest rises
    const flat =
      (row: readonly number[], rows = 6) =>
      (m: Mutable<ValleyModelResults>) => {
        m.phase.flatness = Array.from({ length: 6 }, (_, j) => (j < rows ? row : row.map(() => 0.5))).flat();
        m.phase.diverged = m.phase.diverged.map(() => 0);
      };
    // Spearman by its formula 1 − 6 Σd²/(n(n² − 1)): 6 ranks
    expect(verdict('flatter', flat([0.3, 0.2, 0.1, 0.4, 0.5, 0.6]))).toBe(YES); // 0.77
    expect(verdict('flatter', flat([0.5, 0.2, 0.1, 0.3, 0.4, 0.6]))).toBe(OPEN); // 0.37
    expect(verdict('flatter', flat([0.6, 0.2, 0.3, 0.4, 0.5, 0.1]))).toBe(NO); // −0.43
    // nine tenths of the rows are positive: five of six are too few; and half of them have to be
    const rowsOf = (all: readonly (readonly number[])[]) => (m: Mutable<ValleyModelResults>) => {
      m.phase.flatness = all.flat();
      m.phase.diverged = m.phase.diverged.map(() => 0);
    };
    const [up, down] = [[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0.55, 0.6, 0.52, 0.53, 0.54, 0.51]]; // biome-ignore format: one line
    expect(verdict('flatter', rowsOf([up, up, up, up, up, down]))).toBe(OPEN);
    expect(verdict('flatter', rowsOf([up, up, up, down, down, down]))).toBe(OPEN);
    expect(verdict('flatter', rowsOf([up, up, down, down, down, down]))).toBe(NO);
    // the median change along a row is at least 0.1
    expect(verdict('flatter', flat([0.1, 0.12, 0.14, 0.16, 0.18, 0.201]))).toBe(YES);
    expect(verdict('flatter', flat([0.1, 0.12, 0.14, 0.16, 0.18, 0.199]))).toBe(OPEN);
    // rows that vary by no more than 0.05 do not count, and three are needed
    expect(verdict('flatter', flat([0.1, 0.11, 0.12, 0.13, 0.14, 0.149]))).toBe(OPEN);
    expect(verdict('flatter', flat([0, 0.01, 0.02, 0.03, 0.04, 0.05]))).toBe(OPEN);
    expect(verdict('flatter', flat([0.15, 0.14, 0.13, 0.12, 0.11, 0.101]))).toBe(OPEN);
    expect(verdict('flatter', flat([0.15, 0.14, 0.13, 0.12, 0.11, 0.099]))).toBe(NO);
    expect(verdict('flatter', flat([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 3))).toBe(YES);
    expect(verdict('flatter', flat([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 2))).toBe(OPEN);
    // columns with any divergence do not count: here the falling ones
    const partly = (lost: readonly number[]) => (m: Mutable<ValleyModelResults>) => {
      m.phase.flatness = Array.from({ length: 6 }, () => [0.1, 0.2, 0.3, 0.4, 0.05, 0.01]).flat();
      m.phase.diverged = Array.from({ length: 6 }, () => lost).flat();
    };
    expect(verdict('flatter', partly([0, 0, 0, 0, 0.01, 0.01]))).toBe(YES);
    expect(verdict('flatter', partly([0, 0, 0, 0, 0, 0]))).toBe(NO);
    // four columns are needed
    expect(verdict('flatter', partly([0, 0, 0, 0.01, 0.01, 0.01]))).toBe(OPEN);
  });

  it('a line is met in every column, or missed by more than a step of the learning rates', () => {
    // steps of 5 %; a median of 1 is not enough
    const ratios = (all: readonly number[]) => (m: Mutable<ValleyModelResults>) =>
      void (m.phase.half = m.phase.lines.sharpMeanSquare.map((l, k) => l * all[k]));
    expect(verdict('line-sharp-mean-square', ratios([1.099, 1, 1, 1, 1, 0.901]))).toBe(YES);
    expect(verdict('line-sharp-mean-square', ratios([1.2, 1, 1, 1, 1, 0.8]))).toBe(NO);
    const coarse = (all: readonly number[]) => (m: Mutable<ValleyModelResults>) => {
      m.phase.rates = [0.01, 0.0125, 0.014];
      ratios(all)(m);
    };
    expect(verdict('line-sharp-mean-square', coarse([1.24, 1, 1, 1, 1, 1]))).toBe(OPEN);
    expect(verdict('line-sharp-mean-square', coarse([1.26, 1, 1, 1, 1, 1]))).toBe(NO);
    expect(verdict('line-sharp-mean-square', coarse([0.81, 1, 1, 1, 1, 1]))).toBe(OPEN);
    expect(verdict('line-sharp-mean-square', coarse([0.79, 1, 1, 1, 1, 1]))).toBe(NO);
  });

  it('a measured line needs five columns', () => {
    const known = (n: number) => (m: Mutable<ValleyModelResults>) =>
      void (m.phase.half = m.phase.half.map((v, k) => (k < n ? v : Number.NaN)));
    expect(verdict('line-sharp-mean-square', known(5))).toBe(YES);
    expect(verdict('line-sharp-mean-square', known(4))).toBe(OPEN);
    expect(verdict('line-sharp-mean-square', known(0))).toBe(OPEN);
  });

  it('steps fall only where at most 1 % diverge and 99 % arrive', () => {
    const slower = (diverged: number, arrived: number) => (m: Mutable<ValleyModelResults>) => {
      m.convergence.rows[11].steps = seeds(9000);
      m.convergence.rows[11].diverged = seeds(diverged);
      m.convergence.rows[11].arrived = arrived;
    };
    expect(verdict('shorter', slower(0.01, 1))).toBe(NO);
    expect(verdict('shorter', slower(0.011, 1))).toBe(YES);
    expect(verdict('shorter', slower(0.01, 0.991))).toBe(NO);
    expect(verdict('shorter', slower(0.01, 0.99))).toBe(YES);
  });

  it('theories of the way are asked where E(1 − eta l)² is at most 0.8, all arrive and none diverges', () => {
    const off =
      (change: Partial<ValleyModelResults['convergence']['rows'][number]>) => (m: Mutable<ValleyModelResults>) =>
        void Object.assign(m.convergence.rows[3], { driftSteps: 9000, passageSteps: 9000 }, change);
    for (const id of ['drift', 'passage']) {
      expect(verdict(id, off({ growth: 0.8 }))).toBe(NO);
      expect(verdict(id, off({ growth: 0.801 }))).toBe(YES);
      expect(verdict(id, off({ arrived: 0.9991 }))).toBe(NO);
      expect(verdict(id, off({ arrived: 0.999 }))).toBe(YES);
      expect(verdict(id, off({ diverged: seeds(1e-4, 0) }))).toBe(YES);
      expect(verdict(id, off({ driftSteps: Number.NaN, passageSteps: Number.NaN }))).toBe(YES);
    }
  });

  it('a critical strength has more than half diverge; without a scan nothing is decided', () => {
    const last = (share: number) => (m: Mutable<ValleyModelResults>) => void (m.convergence.rows[12].diverged = seeds(share)); // biome-ignore format: one line
    expect(verdict('critical', last(0.501))).toBe(YES);
    expect(verdict('critical', last(0.5))).toBe(NO);
    expect(verdict('critical', (m) => void (m.convergence.rows.length = 9))).toBe(OPEN);
    // a strength on the line itself is within
    expect(verdict('critical', (m) => void (m.convergence.critical.sharpMeanSquare = 8))).toBe(YES);
    expect(verdict('critical', (m) => void (m.convergence.critical.flatAlmostSure = 4))).toBe(YES);
    // already the first strength of the scan
    expect(verdict('critical', (m) => void (m.convergence.rows[9].diverged = seeds(0.9)))).toBe(NO);
  });

  it('freezing counts between 2 and 98 % of the training', () => {
    const late = (time: number) => (m: Mutable<ValleyModelResults>) => {
      m.freezing.rows[2].predictedTime = time;
      m.freezing.rows[2].freezingTime = seeds(10);
    };
    expect(verdict('delay', late(0.979 * 80))).toBe(NO);
    expect(verdict('delay', late(0.98 * 80))).toBe(YES);
    expect(verdict('delay-theory', late(0.979 * 80))).toBe(NO);
    expect(verdict('delay-theory', late(0.98 * 80))).toBe(YES);
    const early = (time: number) => (m: Mutable<ValleyModelResults>) => {
      m.freezing.rows[0].predictedTime = time;
      m.freezing.rows[0].freezingTime = seeds(40);
    };
    expect(verdict('delay', early(0.021 * 80))).toBe(NO);
    expect(verdict('delay', early(0.02 * 80))).toBe(YES);
    // a time that walkers do not have is not compared
    expect(verdict('delay-theory', (m) => void (m.freezing.rows[1].freezingTime = seeds(Number.NaN)))).toBe(YES);
  });

  it("Kramers's rate is asked of barriers from 5 D on", () => {
    const barrier = (b: number) => (m: Mutable<ValleyModelResults>) => void Object.assign(m.freezing.escapes[0], { barrier: b }); // biome-ignore format: one line
    expect(verdict('kramers', barrier(5))).toBe(NO);
    expect(verdict('kramers', barrier(4.99))).toBe(YES);
  });

  it('each kind of freezing noise is looked at on its own', () => {
    // in one list the shares would fall
    const two = (m: Mutable<ValleyModelResults>) => {
      const [a, b] = m.freezing.rows;
      m.freezing.rows.push(
        { ...a, noise: 'sharper', final: seeds(0.02) },
        { ...b, noise: 'sharper', final: seeds(0.05) },
      );
    };
    expect(verdict('ends-flatter', two)).toBe(YES);
    expect(
      verdict('ends-flatter', (m) => {
        two(m);
        m.freezing.rows[4].final = seeds(0.01);
      }),
    ).toBe(NO);
  });
});

describe('the rules themselves', () => {
  it('an interval is Student’s over seeds, and twice the error of a grid', () => {
    expect(interval(estimate(1, 0.1, 5, 'mean and standard error over 5 seeds'))).toBeCloseTo(0.27764, 4);
    expect(interval(estimate(1, 0.1, 2, 'over seeds'))).toBeCloseTo(1.27062, 4);
    expect(interval(estimate(1, 0.1, 5, 'against half the cells'))).toBeCloseTo(0.2, 12);
  });

  it('agreement includes the tolerance itself, difference needs the whole interval outside', () => {
    expect(against(grid(1.25, 0), 1, 0.25)).toBe('agrees');
    expect(against(grid(0.75, 0), 1, 0.25)).toBe('agrees');
    expect(against(grid(1.5, 0.125), 1, 0.25)).toBe('undecided');
    expect(against(grid(1.5, 0.1249), 1, 0.25)).toBe('differs');
    expect(against(grid(0.5, 0.1249), 1, 0.25)).toBe('differs');
    expect(against(grid(1, Number.NaN), 1, 0.25)).toBe('undecided');
    expect(against(NOTHING, 1, 0.25)).toBe('undecided');
  });

  it('rises and falls: each step, with the errors of both ends', () => {
    expect(rises([grid(1, 0.1), grid(1.01, 0.1)])).toBe('agrees');
    // twice √2 errors
    expect(rises([grid(1, 0.1), grid(0.72, 0.1)])).toBe('undecided');
    expect(rises([grid(1, 0.1), grid(0.71, 0.1)])).toBe('differs');
    expect(rises([grid(1), grid(1)])).toBe('undecided');
    expect(rises([grid(1), grid(2), grid(1.99, 0.01)])).toBe('undecided');
    expect(rises([grid(1), grid(Number.NaN), grid(3)])).toBe('undecided');
    expect(rises([grid(1), grid(2, Number.NaN)])).toBe('undecided');
    expect(falls([grid(1), grid(0.5), grid(0.7)])).toBe('differs');
    expect(falls([grid(1), grid(0.5)])).toBe('agrees');
    expect(falls([grid(1)])).toBe('undecided');
  });

  it('the worst is the farthest in units of its tolerance; one without a number only where there is no other', () => {
    const row = (name: string, value: number, tolerance: number) => ({ name, measured: grid(value), predicted: 1, tolerance }); // biome-ignore format: one line
    const far = (...rows: ReturnType<typeof row>[]) => worst(rows, (r) => r)?.name;
    expect(far(row('a', 1.2, 0.1), row('b', 1.3, 0.2), row('c', 0.95, 0.02))).toBe('c');
    expect(far(row('a', Number.NaN, 1), row('b', 1, 1))).toBe('b');
    expect(far(row('a', 1.1, 1), row('b', Number.NaN, 1))).toBe('a');
    expect(far(row('a', Number.NaN, 1))).toBe('a');
    expect(far(row('a', 1.5, 1), row('b', 0.5, 1))).toBe('a');
    expect(far()).toBeUndefined();
  });
});
