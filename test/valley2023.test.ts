/** Verdicts of the valley model on made-up results, on both sides of each rule; its figures; and the counting behind its numbers. */
import { describe, expect, it } from 'vitest';
import { valleyConfig } from '../src/experiments/valley2023/config.js';
import { finiteSteps } from '../src/experiments/valley2023/figures/densities.js';
import { phaseDiagram } from '../src/experiments/valley2023/figures/phase.js';
import { valleyFindings } from '../src/experiments/valley2023/findings.js';
import { freezingTime } from '../src/experiments/valley2023/freezing.js';
import type { ValleyModelResults } from '../src/experiments/valley2023/measured.js';
import {
  acrossNoise,
  countingDistance,
  curvatureOf,
  levelValley,
  noisyValley,
} from '../src/experiments/valley2023/models.js';
import { renderValley2023 } from '../src/experiments/valley2023/page.js';
import { crossing } from '../src/experiments/valley2023/phase.js';
import { exponent } from '../src/experiments/valley2023/potential.js';
import { against, falls, rises } from '../src/experiments/valley2023/rules.js';
import { evaluator } from '../src/numeric/expression/index.js';
import { randomKey } from '../src/numeric/random.js';
import { grid, idealValley, seeds } from './support/valley-results.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends object ? Mutable<T[K]> : T[K] };
const bent = (change: (m: Mutable<ValleyModelResults>) => void): ValleyModelResults => {
  const m = idealValley();
  change(m as Mutable<ValleyModelResults>);
  return m;
};
const verdicts = (m: ValleyModelResults): Record<string, string> =>
  Object.fromEntries(valleyFindings(m).map((f) => [f.id.replace('valley.', ''), f.verdict]));
const [YES, NO, OPEN] = ['reproduced', 'not reproduced', 'not decidable with this run'];

describe('one number against a prediction', () => {
  it('agrees within the tolerance, disagrees beyond it and its interval, is undecided between', () => {
    expect(against(seeds(1.04, 0.5), 1, 0.05)).toBe('agrees');
    expect(against(seeds(1.2, 0.01), 1, 0.05)).toBe('differs');
    // 95 % of Student's t over five seeds: 2.776 errors
    expect(against(seeds(1.2, 0.06), 1, 0.05)).toBe('undecided');
    expect(against(seeds(1.2, 0.05), 1, 0.05)).toBe('differs');
    expect(against(grid(1.2, 0.08), 1, 0.05)).toBe('undecided');
    expect(against(grid(1.2, 0.07), 1, 0.05)).toBe('differs');
    expect(against(seeds(Number.NaN, 1), 1, 0.05)).toBe('undecided');
    expect(against({ ...seeds(5, 0.01), n: 1 }, 1, 0.05)).toBe('undecided');
  });

  it('a sequence rises if each step does, and not if one falls by more than the errors', () => {
    expect(rises([1, 2, 3].map((v) => seeds(v)))).toBe('agrees');
    expect(rises([1, 3, 2].map((v) => seeds(v)))).toBe('differs');
    expect(rises([seeds(1), seeds(2, 0.3), seeds(1.9, 0.3)])).toBe('undecided');
    expect(rises([seeds(1)])).toBe('undecided');
    expect(falls([3, 2, 1].map((v) => seeds(v)))).toBe('agrees');
  });
});

describe('verdicts', () => {
  it('where all holds every claim is reproduced, but those that contradict one another', () => {
    const found = verdicts(idealValley());
    // eq. 7 cannot hold for floor and marginal both, nor divergence lie on four lines at once
    const exclusive = ['histogram', 'line-sharp-almost-sure', 'line-flat-mean-square', 'line-flat-almost-sure'];
    for (const [id, verdict] of Object.entries(found)) expect(verdict, id).toBe(exclusive.includes(id) ? NO : YES);
    expect(Object.keys(found).length).toBe(28);
  });

  const cases: [string, string, (m: Mutable<ValleyModelResults>) => void][] = [
    ['floor', NO, (m) => void (m.potential.cases[2].slopes[0].floor = grid(-2.8))],
    ['floor', OPEN, (m) => void (m.potential.cases[2].slopes[0].floor = grid(-2.8, 0.1))],
    ['floor', YES, (m) => void (m.potential.cases[2].slopes[0].floor = grid(-2.86))],
    ['strong', NO, (m) => void (m.potential.cases[5].slopes[0].floor = grid(-2.5))],
    ['floor', YES, (m) => void (m.potential.cases[5].slopes[0].floor = grid(-2.5))],
    ['histogram', YES, (m) => m.potential.cases.forEach((c) => void (c.slopes[0].marginal = grid(1 - c.anisotropy)))],
    ['marginal', NO, (m) => void (m.potential.cases[0].slopes[0].marginal = grid(-0.9))],
    ['isotropic', NO, (m) => void (m.potential.cases[0].slopes[0].floor = grid(0.06))],
    ['walkers', NO, (m) => void (m.potential.cases[1].slopes[1].floor = seeds(-1.3, 0.01))],
    ['eq11', NO, (m) => void (m.potential.tilted[0].lossCoefficient = grid(1))],
    ['methods', NO, (m) => void (m.densities.distances[0].distance = seeds(0.06, 0.001))],
    ['methods', YES, (m) => void (m.densities.distances[0].distance = seeds(0.038, 0.001))],
    ['variance', NO, (m) => void (m.densities.steps[1].varianceRatio = seeds(1))],
    ['finite-step', NO, (m) => void (m.densities.steps[1].toContinuous = seeds(0.01))],
    ['finite-step', OPEN, (m) => void (m.densities.steps[1].toContinuous = seeds(0.021, 0.01))],
    ['shorter', NO, (m) => void (m.convergence.rows[2].steps = seeds(2500))],
    ['shorter', OPEN, (m) => void (m.convergence.rows[2].steps = seeds(2010, 50))],
    ['critical', NO, (m) => void (m.convergence.rows[12].diverged = seeds(0.2))],
    ['critical', NO, (m) => void (m.convergence.critical.sharpMeanSquare = 9)],
    ['drift', NO, (m) => void (m.convergence.rows[0].driftSteps = 5000)],
    // beyond four fifths of the way to instability the drift is not put to the test
    ['drift', YES, (m) => void (m.convergence.rows[11].driftSteps = 5000)],
    ['passage', NO, (m) => void (m.convergence.rows[4].passageSteps = 2500)],
    ['temperature', NO, (m) => void (m.convergence.equalTemperature[1].time = seeds(33))],
    ['line-sharp-mean-square', NO, (m) => void (m.phase.half = m.phase.half.map((v) => 1.1 * v))],
    ['line-sharp-almost-sure', YES, (m) => void (m.phase.half = m.phase.half.map((v) => 1.9 * v))],
    ['line-sharp-mean-square', OPEN, (m) => void (m.phase.half = m.phase.half.map((v, k) => (k < 2 ? Number.NaN : v)))],
    ['first', NO, (m) => void (m.phase.first = m.phase.first.map((v) => 1.3 * v))],
    ['flatter', NO, (m) => void (m.phase.flatness = m.phase.flatness.map((v) => 1 - v))],
    ['rates', NO, (m) => void (m.freezing.escapes[0].walkers = seeds(5))],
    ['kramers', NO, (m) => void (m.freezing.escapes[1].kramers = 70)],
    ['kramers', OPEN, (m) => void m.freezing.escapes.pop()],
    ['delay', NO, (m) => void (m.freezing.rows[2].freezingTime = seeds(10))],
    ['delay-theory', NO, (m) => void (m.freezing.rows[1].freezingTime = seeds(25))],
    ['ends-flatter', NO, (m) => void (m.freezing.rows[0].final = seeds(0.6))],
    ['circulation', NO, (m) => void (m.circulation.rows[1].fokkerPlanck = grid(0.02))],
    ['circulation', NO, (m) => void (m.circulation.rows[0].langevin = seeds(0.13, 1e-3))],
    ['current', NO, (m) => void (m.circulation.rows[1].currentError = grid(0.05))],
    ['current', NO, (m) => void (m.circulation.rows[1].rotation = seeds(1.3, 0.01))],
  ];
  it.each(cases)('%s: %s', (id, wanted, change) => {
    expect(verdicts(bent(change))[id]).toBe(wanted);
  });

  it('lost walkers keep a strength out of the trend, and a run without numbers decides nothing', () => {
    // slower, but a twentieth diverges
    const beyond = bent((m) => {
      m.convergence.rows[11].steps = seeds(9000);
      m.convergence.rows[11].diverged = seeds(0.05);
    });
    expect(verdicts(beyond).shorter).toBe(YES);
    const empty = bent((m) => {
      m.potential.cases.length = 0;
      m.potential.tilted.length = 0;
      m.convergence.rows.length = 0;
      m.convergence.equalTemperature.length = 0;
    });
    const found = verdicts(empty);
    for (const id of ['floor', 'strong', 'eq11', 'shorter', 'critical', 'drift', 'temperature'])
      expect(found[id], id).toBe(OPEN);
  });
});

describe('the report', () => {
  const report = renderValley2023({ title: 'A made-up valley', model: idealValley(), run: {} });

  it('draws all figures, lists all findings and numbers', () => {
    expect(Object.keys(report.figures).length).toBe(14);
    for (const f of report.findings) expect(report.html, f.id).toContain(`id="${f.id}"`);
    expect(report.html).not.toMatch(/NaN|undefined|Infinity/);
    expect(report.tables['phase.csv'].trim().split('\r\n').length).toBe(1 + 36);
    expect(JSON.parse(report.json).model.phase.noise).toEqual([0, 1, 2, 3, 4, 5]);
    const again = renderValley2023({ title: 'A made-up valley', model: idealValley(), run: {} });
    expect(again.html).toBe(report.html);
  });

  it('shades a cell of the diagram for each point, and names what it cannot draw', () => {
    const { phase, densities } = idealValley();
    const drawn = phaseDiagram(phase) as { svg: string };
    const rectangles = drawn.svg.match(/<rect /g)!.length;
    expect(rectangles).toBeGreaterThanOrEqual(36);
    expect(phaseDiagram({ ...phase, rates: [0.1] })).toHaveProperty('missing');
    expect(finiteSteps({ ...densities, steps: [] })).toHaveProperty('missing');
  });
});

describe('what is counted', () => {
  it('the exponent of an exponential density between two ends is the one of its mean', () => {
    for (const b of [-30, -2, 0.01, 5]) {
      // mean of e^{bx} on [0.1, 0.9] by its closed form
      const [lo, hi] = [0.1, 0.9];
      const mean = (hi * Math.exp(b * hi) - lo * Math.exp(b * lo)) / (Math.exp(b * hi) - Math.exp(b * lo)) - 1 / b;
      expect(exponent(mean, lo, hi)).toBeCloseTo(b, 5);
    }
  });

  it('a share reaches a level between two rates', () => {
    expect(crossing([1, 2, 4], [0, 0.25, 0.75], 0.5)).toBeCloseTo(2 * Math.SQRT2, 12);
    expect(crossing([1, 2, 4], [0.6, 0.7, 1], 0.5)).toBeNaN();
    expect(crossing([1, 2, 4], [0, 0, 0.1], 0.5)).toBeNaN();
  });

  it('freezing: the time from which the correlation with the end is 1/e', () => {
    // telegraph process with equal rates k: correlation e^{−2k(T − t)}
    const [walkers, looks, k] = [20_000, 40, 0.05];
    const stream = randomKey(3).child('telegraph').stream();
    const flip = (1 - Math.exp(-2 * k)) / 2;
    const state = new Uint8Array(walkers).map(() => (stream.uniform() < 0.5 ? 1 : 0));
    const record = [state.slice()];
    for (let t = 1; t <= looks; t++) {
      for (let w = 0; w < walkers; w++) if (stream.uniform() < flip) state[w] = 1 - state[w];
      record.push(state.slice());
    }
    const time = record.map((_, t) => t);
    // 1/(2k) before the end; the correlation has an error of about 1/√walkers, its slope there is 2k/e
    const error = 1 / Math.sqrt(walkers) / ((2 * k) / Math.E);
    expect(Math.abs(freezingTime(record, time) - (looks - 1 / (2 * k)))).toBeLessThan(4 * error);
    const stuck = record.map(() => Uint8Array.from([0, 1]));
    expect(freezingTime(stuck, time)).toBe(0);
    expect(
      freezingTime(
        record.map(() => Uint8Array.from([0, 0])),
        time,
      ),
    ).toBeNaN();
  });

  it('counting alone keeps a histogram as far from its density as said', () => {
    const p = [0.1, 0.2, 0.3, 0.4];
    const [visits, trials] = [400, 300];
    const stream = randomKey(4).child('counting').stream();
    let [sum, squares] = [0, 0];
    for (let t = 0; t < trials; t++) {
      const n = [0, 0, 0, 0];
      for (let v = 0; v < visits; v++) {
        const u = stream.uniform();
        n[u < 0.1 ? 0 : u < 0.3 ? 1 : u < 0.6 ? 2 : 3]++;
      }
      const d = 0.5 * n.reduce((s, c, k) => s + Math.abs(c / visits - p[k]), 0);
      sum += d;
      squares += d * d;
    }
    const mean = sum / trials;
    const error = Math.sqrt((squares / trials - mean * mean) / trials);
    expect(Math.abs(mean - countingDistance(p, visits))).toBeLessThan(4 * error);
  });
});

describe('the valleys', () => {
  const config = valleyConfig('standard');

  it('have the noise that their strength says, in the middle and by the power of the curvature elsewhere', () => {
    for (const [kind, power] of [
      ['constant', 0],
      ['hessian', 1],
      ['location', 2],
    ] as const) {
      const problem = levelValley(config, kind, 3, 0.02);
      const D = new Float64Array(3);
      for (const x of [0.1, 0.5, 0.8]) {
        evaluator(problem.diffusion, ['x', 'y'])([x, 0], D);
        const lambda = 10 * 10 ** -x;
        expect(D[2]).toBeCloseTo(0.5 * 0.02 * 3 * (lambda / Math.sqrt(10)) ** power, 12);
      }
      expect(acrossNoise(config, kind, 3).power).toBe(power);
    }
    expect(curvatureOf(config, 0.5)).toBeCloseTo(Math.sqrt(10), 12);
  });

  it('with curvature noise: level floor on average, and the batch curvature spreads by s lambda', () => {
    const problem = levelValley(config, 'curvature', 1, 0.02, 0.7);
    const f = new Float64Array(2);
    const D = new Float64Array(3);
    const [x, y] = [0.3, 0.4];
    const lambda = 10 * 10 ** -x;
    evaluator(problem.drift, ['x', 'y'])([x, y], f);
    expect(f[1]).toBeCloseTo(-lambda * y, 12);
    expect(f[0]).toBeCloseTo(0.5 * lambda * Math.log(10) * y * y, 12);
    evaluator(problem.diffusion, ['x', 'y'])([x, y], D);
    // Var[lambda (1 + s n)(y − c m)] = lambda² (s² y² + (1 + s²) c²), c² = 1/10
    expect(D[2]).toBeCloseTo(0.01 * lambda ** 2 * (0.49 * y * y + 1.49 / 10), 12);
  });

  it('keep their diffusion at every learning rate', () => {
    const D = new Float64Array(3);
    for (const eta of [0.01, 0.19]) {
      const problem = noisyValley(config, '0.1*(x-0.35)^2', 0.004, 4, eta);
      evaluator(problem.diffusion, ['x', 'y'])([0.4, 0.1], D);
      expect(D[0]).toBeCloseTo(0.004, 12);
      expect(D[2]).toBeCloseTo(0.016, 12);
    }
  });
});
