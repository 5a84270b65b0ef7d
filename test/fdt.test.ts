/** Fluctuation-dissipation relations on linear SGD: exact where derived, broken where they must be. */
import { describe, expect, it } from 'vitest';
import { gradientRelation, motionRelation } from '../src/analyse/trajectory/fluctuation-dissipation.js';
import { randomKey } from '../src/numeric/random.js';

interface Run {
  readonly mu: number;
  /** Batches per epoch of shuffled noise; 0: white. */
  readonly M: number;
  readonly start?: number;
  readonly T?: number;
  readonly burn?: number;
  readonly h?: readonly number[];
}

/** Diagonal quadratic loss, noise of unit variance: the records of one run, from the definitions. */
function records({ mu, M, start = 0, T = 40000, burn = 3000, h = [0.5, 2, 8] }: Run) {
  const eta = 0.1;
  const stream = randomKey(3).stream();
  const w = h.map(() => start);
  const v = h.map(() => 0);
  const out = {
    minibatch: [] as number[],
    full: [] as number[],
    vv: [] as number[],
    gg: [] as number[],
    ghg: [] as number[],
    trace: [] as number[],
  };
  let epoch: number[][] = [];
  for (let t = -burn; t < T; t++) {
    if (M > 0 && epoch.length === 0) {
      const z = Array.from({ length: M }, () => h.map(() => stream.normal()));
      const m = h.map((_, i) => z.reduce((s, r) => s + r[i] / M, 0));
      epoch = z.map((r) => r.map((x, i) => (x - m[i]) * Math.sqrt(M / (M - 1))));
    }
    const xi = M > 0 ? epoch.pop()! : h.map(() => stream.normal());
    const full = h.map((hi, i) => hi * w[i]);
    const g = full.map((x, i) => x + xi[i]);
    const dot = (a: number[], b: number[]) => a.reduce((s, x, i) => s + x * b[i], 0);
    if (t >= 0) {
      out.minibatch.push(dot(w, g));
      out.full.push(dot(w, full));
      out.gg.push(dot(full, full));
      out.ghg.push(full.reduce((s, x, i) => s + h[i] * x * x, 0));
      out.trace.push(full.reduce((s, x, i) => s + h[i] * (x * x + 1), 0));
    }
    for (let i = 0; i < h.length; i++) {
      v[i] = mu * v[i] - eta * g[i];
      w[i] += v[i];
    }
    if (t >= 0) out.vv.push(dot(v, v));
  }
  return { ...out, learningRate: eta, momentum: mu };
}

describe('⟨w·g⟩ = (1+mu)/(2 eta) ⟨|v|²⟩', () => {
  it.each([
    [0, 0],
    [0.7, 0],
    [0, 12],
    [0.7, 12],
  ])('with the minibatch gradient of the step it holds: momentum %s, epoch %s', (mu, M) => {
    const r = records({ mu, M });
    const { ratio, deviation } = motionRelation({ ...r, weightsDotGradient: r.minibatch, velocitySquared: r.vv });
    // an identity of stationarity: what is left are the two ends of the window, far less than the sampling error
    expect(Math.abs(ratio.value - 1)).toBeLessThan(0.005);
    expect(Math.abs(deviation)).toBeLessThan(4);
  });

  it('with the full gradient it holds for white noise only', () => {
    for (const mu of [0, 0.7]) {
      const white = records({ mu, M: 0 });
      const relation = motionRelation({ ...white, weightsDotGradient: white.full, velocitySquared: white.vv });
      expect(Math.abs(relation.deviation)).toBeLessThan(4);
      expect(relation.ratio.standardError).toBeLessThan(0.02);
      const shuffled = records({ mu, M: 12 });
      expect(
        motionRelation({ ...shuffled, weightsDotGradient: shuffled.full, velocitySquared: shuffled.vv }).deviation,
      ).toBeLessThan(-10);
    }
  });

  it('finds a run that has not arrived', () => {
    // slowest rate 0.005 per step: 400 steps from w = 3 are no stationary state
    const r = records({ mu: 0, M: 0, start: 3, T: 400, burn: 0, h: [0.05, 0.1] });
    const { ratio, left, right } = motionRelation({ ...r, weightsDotGradient: r.minibatch, velocitySquared: r.vv });
    expect(ratio.value).toBeGreaterThan(1.2); // inwards
    // |w|² changed by 2 eta (right − left) T
    expect(2 * 0.1 * (right.value - left.value) * 400).toBeLessThan(-5);
  });
});

describe('(1−mu)⟨|∇L|²⟩ + … = (eta/2)⟨Tr(H C2)⟩', () => {
  it.each([0, 0.5, 0.9])('white noise, momentum %s', (mu) => {
    const r = records({ mu, M: 0 });
    const full = gradientRelation({ ...r, gradientSquared: r.gg, traceHessianMoment: r.trace, curvedGradient: r.ghg });
    expect(Math.abs(full.deviation)).toBeLessThan(4);
    expect(full.ratio.standardError).toBeLessThan(0.02);
    const printed = r.gg.reduce((s, v) => s + v, 0) / (0.05 * r.trace.reduce((s, v) => s + v, 0));
    if (mu === 0) expect(Math.abs(printed - 1)).toBeLessThan(0.05);
    else expect(printed).toBeGreaterThan(1.3); // the form without momentum does not hold with it
  });

  it('a fixed trace may be one number', () => {
    const r = records({ mu: 0, M: 0 });
    const fixed = r.trace.reduce((s, v) => s + v, 0) / r.trace.length;
    const both = [fixed, r.trace].map((traceHessianMoment) =>
      gradientRelation({ ...r, gradientSquared: r.gg, traceHessianMoment }),
    );
    expect(both[0].ratio.value).toBeCloseTo(both[1].ratio.value, 3);
  });
});

it('refuses too few records', () => {
  expect(() => motionRelation({ weightsDotGradient: [1, 2], velocitySquared: [1, 2], learningRate: 0.1 })).toThrow(
    /20 blocks/,
  );
  expect(() => motionRelation({ weightsDotGradient: [1, 2], velocitySquared: [1], learningRate: 0.1 })).toThrow(
    /2 and 1/,
  );
});
