/** Ensembles against what theory says of them exactly. Tolerances: 4 standard errors of counting or of independent walkers. */
import { describe, expect, it } from 'vitest';
import { runEnsembles } from '../src/jobs/ensembles/pool.js';
import type { Estimate } from '../src/numeric/estimate.js';
import { parseExpression } from '../src/numeric/expression/index.js';
import { randomKey } from '../src/numeric/random.js';
import { langevinEnsemble, sgdEnsemble } from '../src/theory/ensemble/ensemble.js';
import { stableTimestep } from '../src/theory/ensemble/stability.js';
import { ensembleMoments, histogram, newHistogram, timeMoments } from '../src/theory/ensemble/statistics.js';
import { fieldFrom, fieldOf } from '../src/theory/fields.js';
import type { LangevinModel, SgdModel } from '../src/theory/motion.js';

const parse = (names: readonly string[], texts: readonly string[], parameters: Record<string, number> = {}) =>
  texts.map((t) => parseExpression(t, { variables: names, parameters }));
const field = (names: readonly string[], texts: readonly string[], parameters: Record<string, number> = {}) =>
  fieldOf(parse(names, texts, parameters), names);
const within = ({ value, standardError }: Estimate, truth: number) => {
  expect(Math.abs(value - truth), `${value} ± ${standardError} for ${truth}`).toBeLessThan(4 * standardError);
};
const allWithin = (estimates: readonly Estimate[], truths: readonly number[]) => {
  for (const [i, truth] of truths.entries()) within(estimates[i], truth);
};

describe('Ornstein-Uhlenbeck', () => {
  const A = [1.5, 0.6, -0.4, 1];
  const D = [0.4, 0.15, 0.3];
  const model: LangevinModel = {
    size: 2,
    names: ['x', 'y'],
    drift: field(['x', 'y'], ['-1.5*x - 0.6*y', '0.4*x - y']),
    diffusion: field(['x', 'y'], ['0.4', '0.15', '0.3']),
  };
  const dt = 0.2;
  // x ← B x + √(2 D dt) n, B = 1 − A dt: mean Bⁿ x0 and Σ = B Σ Bᵀ + 2 D dt, exactly so in discrete time
  const B = [1 - dt * A[0], -dt * A[1], -dt * A[2], 1 - dt * A[3]];
  const covariance = (steps: number) => {
    let S = [0, 0, 0];
    for (let t = 0; t < steps; t++) {
      const [xx, xy, yy] = S;
      S = [
        B[0] ** 2 * xx + 2 * B[0] * B[1] * xy + B[1] ** 2 * yy + 2 * D[0] * dt,
        B[0] * B[2] * xx + (B[0] * B[3] + B[1] * B[2]) * xy + B[1] * B[3] * yy + 2 * D[1] * dt,
        B[2] ** 2 * xx + 2 * B[2] * B[3] * xy + B[3] ** 2 * yy + 2 * D[2] * dt,
      ];
    }
    return S;
  };

  it('Euler-Maruyama: transient mean and covariance, stationary covariance, of its own discrete time', () => {
    const make = (seed: number, walkers: number) =>
      langevinEnsemble({
        model,
        scheme: 'euler-maruyama',
        timestep: dt,
        walkers,
        start: [2, -1],
        key: randomKey(seed),
      });
    const e = make(1, 20000);
    e.advance(5);
    let m = [2, -1];
    for (let t = 0; t < 5; t++) m = [B[0] * m[0] + B[1] * m[1], B[2] * m[0] + B[3] * m[1]];
    const early = ensembleMoments(e);
    allWithin(early.mean, m);
    allWithin(early.covariance, covariance(5));
    e.advance(45); // slowest mode: 0.76 a step, e^−12
    const late = timeMoments(e, { samples: 50, every: 5 });
    allWithin(late.covariance, covariance(400));
    expect(late.covariance[0].standardError / late.covariance[0].value).toBeLessThan(0.005);
    // one walker, blocks of time: the same numbers with honest errors
    const alone = make(2, 1);
    alone.advance(50);
    const single = timeMoments(alone, { samples: 20000, every: 2 });
    allWithin(single.covariance, covariance(400));
    expect(single.covariance[0].method).toContain('blocks');
  });

  it('the higher schemes have the covariance of continuous time, to O(dt²)', () => {
    const line: LangevinModel = {
      size: 1,
      names: ['x'],
      drift: field(['x'], ['-x']),
      diffusion: field(['x'], ['0.5']),
    };
    for (const scheme of ['platen-weak-2', 'strong-1.5-additive'] as const) {
      const e = langevinEnsemble({ model: line, scheme, timestep: 0.1, walkers: 4000, start: [0], key: randomKey(3) });
      e.advance(100);
      const {
        covariance: [v],
      } = timeMoments(e, { samples: 50, every: 20 });
      // Euler-Maruyama's 0.5/(1 − dt/2) = 0.526 is 16 standard errors away; dt²/4·0.5 = 0.00125
      expect(Math.abs(v.value - 0.5)).toBeLessThan(4 * v.standardError + 0.00125);
      // √2·½/√(4000·50) = 0.0016 where the looks are independent
      expect(v.standardError).toBeLessThan(0.0018);
    }
  });
});

describe('a drift that is no gradient [V7]', () => {
  // Φ = (x²−1)²/4 + y²/2, J = e^{−r⁴/4}(−y, x); f = −∇Φ + l e^Φ J, D = 1: f P − ∇P = l J for P = e^−Φ, and ∇·J = 0
  const J = 'l*exp((x^2 - 1)^2/4 + y^2/2 - (x^2 + y^2)^2/4)';
  const names = ['x', 'y'];
  const axes = [
    { from: -2.4, to: 2.4, cells: 8 },
    { from: -2.5, to: 2.5, cells: 5 },
  ];
  /** Probability of each cell under e^−Φ, by midpoints. */
  const truth = (() => {
    const cells = new Float64Array(40);
    const h = 0.02;
    let all = 0;
    for (let x = -5 + h / 2; x < 5; x += h)
      for (let y = -7 + h / 2; y < 7; y += h) {
        const p = Math.exp(-((x * x - 1) ** 2) / 4 - (y * y) / 2);
        all += p;
        const [i, j] = [Math.floor((x + 2.4) / 0.6), Math.floor(y + 2.5)];
        if (i >= 0 && i < 8 && j >= 0 && j < 5) cells[i + 8 * j] += p;
      }
    return cells.map((p) => p / all);
  })();
  it.each(
    [0, 0.5, 1.5].flatMap(
      (l) =>
        [
          [l, 'euler-maruyama', 0.01],
          [l, 'platen-weak-2', 0.05],
        ] as const,
    ),
  )('l = %d, %s', (l, scheme, dt) => {
    const walkers = 16384;
    const e = langevinEnsemble({
      model: {
        size: 2,
        names,
        drift: field(names, [`-x*(x^2 - 1) - y*${J}`, `-y + x*${J}`], { l }),
        diffusion: field(names, ['1', '0', '1']),
      },
      scheme,
      timestep: dt,
      walkers,
      start: Float64Array.from({ length: 2 * walkers }, (_, i) => [1, 0, -1, 0][i % 4]),
      key: randomKey(17).child('v7'),
    });
    e.advance(Math.round(8 / dt)); // the slowest mode that the symmetric start excites decays faster than e^−t
    const h = histogram(e, newHistogram(axes));
    expect(h.stopped).toBe(0);
    expect(h.total).toBe(walkers);
    const expected = truth.map((p) => p * walkers);
    const rest = walkers - expected.reduce((a, b) => a + b, 0);
    const chi2 = expected.reduce((s, n, k) => s + (h.counts[k] - n) ** 2 / n, (h.outside - rest) ** 2 / rest);
    // 0.1 % point of chi-square with 40 degrees of freedom, and the scheme's bias: relative errors of the density of order dt
    // (EM) or dt² add walkers·dt² = 2
    expect(chi2).toBeLessThan(73.4 + 2);
  });
});

describe('the SGD map', () => {
  const scalar = (texts: string[], normals: number, parameters: Record<string, number>): SgdModel => ({
    size: 1,
    names: ['x'],
    batchGradient: field(['x', ...['n1', 'n2'].slice(0, normals)], texts, parameters),
    normals,
  });

  it('[R6] multiplicative noise: eta L0 q s²/(2M − eta L0 q), diverging beyond 2M/q', () => {
    const [M, sM, s] = [1, 0.5, 0.7];
    const q = M * M + sM * sM;
    const model = scalar(['(M + sM*n1)*(x - s*n2)'], 2, { M, sM, s });
    for (const eta of [0.05, 0.3, 0.6]) {
      const e = sgdEnsemble({ model, learningRate: eta, walkers: 4096, start: [0], key: randomKey(5) });
      e.advance(Math.ceil(20 / eta));
      const { covariance } = timeMoments(e, { samples: 100, every: Math.ceil(2 / eta) });
      within(covariance[0], (eta * q * s * s) / (2 * M - eta * q));
    }
    // the edge 2M/q = 1.6 is one of the second moment: m ← (1 − 2 eta M + eta² q) m + eta² q s²
    const growth = (eta: number) => 1 - 2 * eta * M + eta * eta * q;
    expect([growth(1.59) < 1, growth(1.61) > 1]).toEqual([true, true]);
    const e = sgdEnsemble({ model, learningRate: 1.9, walkers: 200000, start: [1], key: randomKey(6) });
    let m = 1;
    for (let t = 0; t < 5; t++) m = growth(1.9) * m + 1.9 ** 2 * q * s * s;
    e.advance(5);
    const { mean, covariance } = ensembleMoments(e);
    within({ ...covariance[0], value: covariance[0].value + mean[0].value ** 2 }, m);
    // far beyond, where even the typical walker grows, all are gone
    const gone = sgdEnsemble({ model, learningRate: 4, walkers: 500, start: [1], key: randomKey(7) });
    gone.advance(300);
    expect(gone.status().every((v) => v === 2)).toBe(true);
  });

  it.each([0.1, 1, 1.9])('variance across a valley: eta C/(lambda (2 − eta lambda)), eta·lambda = %d', (step) => {
    const [lambda, C] = [2, 0.3];
    const eta = step / lambda;
    const e = sgdEnsemble({
      model: scalar(['lambda*x + sqrt(C)*n1'], 1, { lambda, C }),
      learningRate: eta,
      walkers: 4096,
      start: [0],
      key: randomKey(8),
    });
    e.advance(300);
    const { covariance } = timeMoments(e, { samples: 100, every: 20 });
    within(covariance[0], (eta * C) / (lambda * (2 - eta * lambda)));
    expect(covariance[0].standardError / covariance[0].value).toBeLessThan(0.006);
  });

  it('[S2] momentum: eta C/((1−mu) h (2 − eta h/(1+mu)))', () => {
    const [h, C, mu, eta] = [1, 0.5, 0.8, 1.5];
    const e = sgdEnsemble({
      model: scalar(['h*x + sqrt(C)*n1'], 1, { h, C }),
      learningRate: eta,
      momentum: mu,
      walkers: 4096,
      start: [0],
      key: randomKey(9),
    });
    e.advance(300);
    const { covariance } = timeMoments(e, { samples: 100, every: 20 });
    within(covariance[0], (eta * C) / ((1 - mu) * h * (2 - (eta * h) / (1 + mu))));
  });
});

describe('the largest stable step', () => {
  it('2/curvature, and the circle of a drift that turns', () => {
    const range = { from: -1, to: 1 };
    expect(stableTimestep(field(['x'], ['-4*x']), [range]).largest).toBeCloseTo(0.5, 9);
    expect(stableTimestep(field(['x', 'y'], ['-x + 5*y', '-5*x - y']), [range, range]).largest).toBeCloseTo(2 / 26, 9);
    expect(stableTimestep(field(['x'], ['4*x']), [range])).toMatchObject({
      largest: Number.POSITIVE_INFINITY,
      rate: 0,
    });
    // λ(x) = 1 + 4 exp(−x²) is 5 at the origin, where the lattice has a point
    const valley = stableTimestep(field(['x', 'y'], ['4*x*exp(-x^2)*y^2', '-(1 + 4*exp(-x^2))*y']), [
      range,
      { from: -0.1, to: 0.1 },
    ]);
    expect(valley.largest).toBeCloseTo(0.4, 6);
    expect([Math.abs(valley.at[0]) < 1e-12, valley.rate]).toEqual([true, expect.closeTo(5, 6)]);
    expect(() => stableTimestep(field(['x'], ['x']), [])).toThrow(/needs 1 ranges/);
  });

  it('is where walkers start to diverge', () => {
    const code = {
      size: 1,
      names: ['x'],
      drift: fieldFrom((p, o) => {
        o[0] = -3 * p[0];
      }, 1),
      diffusion: field(['x'], ['0']),
    } as const;
    const { largest } = stableTimestep(code.drift, [{ from: -1, to: 1 }]);
    const end = (f: number) => {
      const e = langevinEnsemble({
        model: code,
        scheme: 'euler-maruyama',
        timestep: f * largest,
        walkers: 1,
        start: [1],
        key: randomKey(1),
      });
      e.advance(1500);
      return [e.status()[0], Math.abs(e.positions()[0]) < 1];
    };
    expect(end(0.98)).toEqual([0, true]);
    expect(end(1.02)[0]).toBe(2);
  });
});

describe('counting and sharing out', () => {
  it('histograms count every walker once', () => {
    const e = sgdEnsemble({
      model: { size: 1, names: ['x'], batchGradient: field(['x'], ['if(x - 5, -x, 0)']), normals: 0 },
      learningRate: 10,
      walkers: 6,
      start: [-1, 0, 0.5, 1, 1.5, 6],
      key: randomKey(1),
      bound: 50,
    });
    e.advance(1);
    const h = histogram(e, newHistogram([{ from: 0, to: 1, cells: 2 }]));
    expect(h).toMatchObject({ outside: 2, stopped: 1, total: 6 });
    expect([...h.counts]).toEqual([1, 2]);
    expect(ensembleMoments(e)).toMatchObject({
      stopped: expect.closeTo(1 / 6, 12),
      mean: [{ n: 5, value: expect.closeTo(0.4, 12) }],
    });
    expect(() => newHistogram([{ from: 1, to: 0, cells: 2 }])).toThrow(/larger one/);
    expect(() =>
      histogram(
        e,
        newHistogram([
          { from: 0, to: 1, cells: 2 },
          { from: 0, to: 1, cells: 2 },
        ]),
      ),
    ).toThrow(/2 axes/);
  });

  it('parts of ensembles over any number of workers put together are the whole', async () => {
    const names = ['x', 'y'];
    const spec = {
      names,
      motion: {
        kind: 'langevin',
        scheme: 'platen-weak-2',
        timestep: 0.05,
        drift: parse(names, ['-x', '-2*y']),
        diffusion: parse(names, ['0.2 + 0.1*tanh(y)', '0', '0.3']),
      },
      start: Float64Array.from({ length: 1400 }, (_, i) => (i % 7) / 10),
      walkers: 700,
      seed: 4,
      purpose: ['walkers', 2],
      looks: [0, 10, 25],
      boundaries: [
        { low: { kind: 'open' }, high: { kind: 'absorbing', at: 1 } },
        { low: { kind: 'open' }, high: { kind: 'open' } },
      ],
    } as const;
    const sgd = {
      names: ['x'],
      motion: { kind: 'sgd', batchGradient: parse(['x', 'n1'], ['x + n1']), normals: 1, learningRate: 0.1 },
      start: [0],
      walkers: 100,
      seed: 4,
      purpose: ['sgd'],
      looks: [7],
    } as const;
    const shares: number[] = [];
    const [one, four] = [
      await runEnsembles([spec, sgd], { workers: 1, onProgress: (s) => shares.push(s) }),
      await runEnsembles([spec, sgd], { workers: 6 }),
    ];
    const plain = (views: typeof one) =>
      views?.map((looks) =>
        looks.map((v) => [
          [...v.positions()],
          [...v.status()],
          [...v.exitTimes()],
          [...v.exitSides()],
          v.time,
          v.walkers,
        ]),
      );
    expect(plain(four)).toEqual(plain(one));
    expect(one?.map((l) => l.length)).toEqual([3, 1]);
    expect([...one![0][0].positions()]).toEqual([...spec.start]);
    expect(one![0][2].status().includes(1)).toBe(true);
    expect(shares.at(-1)).toBeCloseTo(1, 12);
    expect(await runEnsembles([sgd], { workers: 1, signal: AbortSignal.abort() })).toBeUndefined();
    await expect(runEnsembles([{ ...spec, start: [1, 2, 3] }], { workers: 1 })).rejects.toThrow(/got 3 numbers/);
    await expect(runEnsembles([{ ...sgd, looks: [3, 2] }], { workers: 1 })).rejects.toThrow(/ascending; got 3, 2/);
  });
});
