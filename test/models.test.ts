/** One landscape, three motions: surface, noise and map from the same formulas; functions; dimensionless form. */
import { describe, expect, it } from 'vitest';
import { lossSurface, numericalGradient } from '../src/model/function-surface.js';
import { type Expression, parseExpression } from '../src/numeric/expression/index.js';
import { randomKey } from '../src/numeric/random.js';
import { sgdEnsemble } from '../src/theory/ensemble/ensemble.js';
import { fieldOf } from '../src/theory/fields.js';
import { alongFloor } from '../src/theory/models/along.js';
import { batchMoments, degreeIn, gradientOf } from '../src/theory/models/batch.js';
import { modelsOf } from '../src/theory/models/functions.js';
import { langevinModel, type ProblemInput, problemOf, sgdModel } from '../src/theory/models/problem.js';
import { dimensionless, scalesAt } from '../src/theory/models/scales.js';
import type { Field } from '../src/theory/motion.js';

const names = ['x', 'y'];
const f = (text: string, variables: readonly string[] = [...names, 'n1', 'n2']) => parseExpression(text, { variables });
const at = (field: Field, point: readonly number[]) => {
  const out = new Float64Array(field.outputs);
  field.at(point, out);
  return [...out];
};
const problem = (input: Partial<ProblemInput>) =>
  problemOf({
    names,
    landscape: { valley: { floor: f('0.2*x^2'), curvature: f('5*exp(-x)') } },
    noise: { kind: 'diffusion', values: [f('0.1'), f('0'), f('0.3')] },
    learningRate: 0.05,
    ...input,
  });

describe('a valley', () => {
  it('drift, diffusion and map', () => {
    const p = problem({});
    const [x, y] = [0.7, -0.4];
    const drift = [-0.4 * x + (5 * Math.exp(-x) * y * y) / 2, -5 * Math.exp(-x) * y];
    const g = at(langevinModel(p).drift, [x, y]);
    for (const i of [0, 1]) expect(g[i]).toBeCloseTo(drift[i], 13);
    expect(at(langevinModel(p).diffusion, [x, y])).toEqual([0.1, 0, 0.3].map((v) => expect.closeTo(v, 13)));
    // D = eta C/2, so the map's noise has the deviation √(2D/eta)
    const map = at(sgdModel(p).batchGradient, [x, y, 1, 2]);
    expect(map[0]).toBeCloseTo(-drift[0] + Math.sqrt(0.2 / 0.05), 12);
    expect(map[1]).toBeCloseTo(-drift[1] + 2 * Math.sqrt(0.6 / 0.05), 12);
    expect(at(sgdModel(p).loss!, [x, y])[0]).toBeCloseTo(0.2 * x * x + (5 * Math.exp(-x) * y * y) / 2, 13);
  });

  it('correlated noise: the map has the covariance that was given', () => {
    const p = problem({ noise: { kind: 'covariance', values: [f('2+x^2'), f('0.5*x'), f('1')] } });
    const model = sgdModel(p);
    const point = [0.8, 0.1];
    const mean = at(model.batchGradient, [...point, 0, 0]);
    const column = (k: number) =>
      at(model.batchGradient, [...point, k === 0 ? 1 : 0, k === 1 ? 1 : 0]).map((v, i) => v - mean[i]);
    const [a, b] = [column(0), column(1)];
    expect(a[0] ** 2 + b[0] ** 2).toBeCloseTo(2.64, 12);
    expect(a[0] * a[1] + b[0] * b[1]).toBeCloseTo(0.4, 12);
    expect(a[1] ** 2 + b[1] ** 2).toBeCloseTo(1, 12);
    expect(at(langevinModel(p).diffusion, point)).toEqual([2.64, 0.4, 1].map((v) => expect.closeTo(0.025 * v, 13)));
  });

  it('momentum: the slow motion of eta/(1 − mu)', () => {
    const p = problem({ momentum: 0.8, noise: { kind: 'covariance', values: [f('1'), f('0'), f('2')] } });
    expect(p.timePerStep).toBeCloseTo(0.25, 14);
    expect(at(langevinModel(p).diffusion, [0, 0])[2]).toBeCloseTo(0.25, 14);
  });

  it('is found in a loss that has its form, and only there', () => {
    const found = problem({ landscape: { loss: f('0.2*x^2 + (1+x^2)*y^2') } });
    expect(found.valley).toBeDefined();
    expect(alongFloor(found).acrossVariance(1)).toBeCloseTo(0.3 / 4, 12);
    expect(problem({ landscape: { loss: f('x^2 + y^4 + y^2') } }).valley).toBeUndefined();
    expect(problem({ landscape: { loss: f('x^2 + y^2 + x*y') } }).valley).toBeUndefined();
    expect(() => alongFloor(problem({ landscape: { loss: f('x^2 + y^4') } }))).toThrow(/needs a valley along x/);
  });

  it('a force is added to −∇L, also in the map', () => {
    const p = problem({ landscape: { loss: f('x^2 + y^2'), force: [f('-y'), f('x')] } });
    expect(at(langevinModel(p).drift, [1, 2])).toEqual([-4, -3]);
    expect(at(sgdModel(p).batchGradient, [1, 2, 0, 0])).toEqual([4, 3]);
    expect(() => alongFloor(p)).toThrow(/a force, a minibatch whose mean loss is another/);
  });

  it('a valley beside a minibatch of another mean is no theory of its motion', () => {
    const batch = (loss: string) => problem({ noise: { kind: 'batch', normals: ['n1'], loss: f(loss) } });
    expect(batch('0.2*x^2 + 2.5*exp(-x)*(y^2 - 2*n1*y)').gradientFlow).toBe(true);
    expect(batch('0.2*x^2 + 2.6*exp(-x)*(y^2 - 2*n1*y)').gradientFlow).toBe(false);
  });

  it('a covariance with a negative eigenvalue moves nobody silently', () => {
    const bad = ['1', '1.01', '1'];
    const p = problem({ noise: { kind: 'covariance', values: bad.map((c) => f(c)) } });
    const surface = lossSurface({ size: 2, loss: (w) => w[0] ** 2 + w[1] ** 2 });
    const { sgd } = modelsOf({ surface, covariance: bad.map(Number), learningRate: 0.05 });
    for (const model of [sgdModel(p), sgd]) {
      const walkers = sgdEnsemble({ model, learningRate: 0.05, start: [0.1, 0.1], walkers: 3, key: randomKey(1) });
      walkers.advance(2);
      expect([...walkers.status()]).toEqual([2, 2, 2]);
    }
  });

  it('normal numbers may have any name, coordinates that of none', () => {
    const of = (name: string) => {
      const loss = parseExpression(`0.5*(x - ${name})^2`, { variables: ['x', name] });
      const p = problemOf({
        names: ['x'],
        landscape: {},
        noise: { kind: 'batch', normals: [name], loss },
        learningRate: 0.1,
      });
      const e = sgdEnsemble({ model: sgdModel(p), learningRate: 0.1, start: [0.3], walkers: 4, key: randomKey(2) });
      e.advance(5);
      return [...e.positions()];
    };
    expect(of('xi')).toEqual(of('n1'));
    const loss = parseExpression('n1^2', { variables: ['n1'] });
    const noise = { kind: 'covariance' as const, values: [f('1')] };
    expect(() => problemOf({ names: ['n1'], landscape: { loss }, noise, learningRate: 0.1 })).toThrow(/rename it/);
  });
});

describe('a minibatch loss', () => {
  it('curvature and place of the minimum random [R2]: C = s²(m² + v) + v y²', () => {
    const [m, v, s] = [3, 2, 0.5];
    const loss = parseExpression('0.5*(3 + sqrt(2)*n1)*(y - 0.5*n2)^2', { variables: ['y', 'n1', 'n2'] });
    const moments = batchMoments(gradientOf(loss, ['y']), ['n1', 'n2'], loss);
    const p = problemOf({
      names: ['y'],
      landscape: {},
      noise: { kind: 'batch', normals: ['n1', 'n2'], loss },
      learningRate: 0.1,
    });
    expect(moments.exact).toBe(true);
    expect(moments.nodes).toEqual([2, 2]);
    for (const y of [0, 0.7, -2]) {
      expect(at(langevinModel(p).drift, [y])[0]).toBeCloseTo(-m * y, 12);
      expect(at(langevinModel(p).diffusion, [y])[0]).toBeCloseTo(0.05 * (s * s * (m * m + v) + v * y * y), 12);
      expect(at(langevinModel(p).loss!, [y])[0]).toBeCloseTo(0.5 * m * (y * y + s * s), 12);
    }
  });

  it('takes d + 1 nodes for degree d, or a number that falls with the normals, fewer of them if asked', () => {
    const nodes = (text: string, normals: string[], fewer = 0) => {
      const loss = parseExpression(text, { variables: ['x', ...normals] });
      const m = batchMoments(gradientOf(loss, ['x']), normals, loss, fewer);
      return [m.exact, ...m.nodes];
    };
    expect(nodes('x*n1^3 + x^2*n2', ['n1', 'n2'], 1)).toEqual([true, 4, 2]);
    expect(nodes('x*exp(n1)', ['n1'])).toEqual([false, 24]);
    expect(nodes('x*exp(n1)', ['n1'], 1)).toEqual([false, 23]);
    expect(nodes('x*exp(n1)*n2', ['n1', 'n2'], 2)).toEqual([false, 10, 2]);
    expect(nodes('x*exp(n1)*n2*n3', ['n1', 'n2', 'n3'])).toEqual([false, 7, 2, 2]);
    expect(nodes('x*exp(n1)*n2*n3*n4', ['n1', 'n2', 'n3', 'n4'])).toEqual([false, 5, 2, 2, 2]);
    expect(() => nodes('x', ['n1', 'n2', 'n3', 'n4', 'n5'])).toThrow(/at most 4 normal numbers for each step; got 5/);
    expect(() => nodes('x*n1^31*n2^31*n3', ['n1', 'n2', 'n3'])).toThrow(/takes 2048 terms; the limit is 1024/);
    expect(nodes('x*n1^31*n2^31', ['n1', 'n2'])).toEqual([true, 32, 32]);
  });

  it('agrees with averages over random numbers', () => {
    const loss = f('0.5*exp(-0.5*x)*(y - 0.6*n1)^2*(1 + 0.3*n2) + 0.1*(x - 0.2*n2)^2');
    const p = problem({ landscape: {}, noise: { kind: 'batch', normals: ['n1', 'n2'], loss } });
    const field = sgdModel(p).batchGradient;
    const z = randomKey(4).stream();
    const n = 200_000;
    const sums = [0, 0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      const [a, b] = at(field, [0.5, 0.8, z.normal(), z.normal()]);
      [a, b, a * a, a * b, b * b].forEach((v, k) => {
        sums[k] += v / n;
      });
    }
    const [gx, gy, ...second] = sums;
    const C = [second[0] - gx * gx, second[1] - gx * gy, second[2] - gy * gy];
    const [fx, fy] = at(langevinModel(p).drift, [0.5, 0.8]);
    const D = at(langevinModel(p).diffusion, [0.5, 0.8]);
    expect(Math.abs(fx + gx)).toBeLessThan(4 * Math.sqrt(C[0] / n));
    expect(Math.abs(fy + gy)).toBeLessThan(4 * Math.sqrt(C[2] / n));
    // the relative error of a variance is √(kurtosis − 1)/√n, kurtosis below 30 for these low powers of normals
    for (const k of [0, 2]) expect(Math.abs(D[k] / (0.025 * C[k]) - 1)).toBeLessThan(4 * Math.sqrt(30 / n));
    expect(Math.abs(D[1] - 0.025 * C[1])).toBeLessThan(4 * 0.025 * Math.sqrt((30 * C[0] * C[2]) / n));
  });

  it('what is no polynomial is averaged with many nodes, and says so', () => {
    const loss = parseExpression('x^2*exp(0.3*n1)/2', { variables: ['x', 'n1'] });
    const p = problemOf({
      names: ['x'],
      landscape: {},
      noise: { kind: 'batch', normals: ['n1'], loss },
      learningRate: 0.1,
    });
    expect(p.exactAverages).toBe(false);
    expect(at(langevinModel(p).drift, [2])[0]).toBeCloseTo(-2 * Math.exp(0.045), 12);
    expect(at(langevinModel(p).diffusion, [2])[0]).toBeCloseTo(0.2 * (Math.exp(0.18) - Math.exp(0.09)), 12);
  });

  it('degrees in a normal', () => {
    expect(degreeIn(f('(y - n1)^2*n1 + x'), 'n1')).toBe(3);
    expect(degreeIn(f('n1/(1+x)'), 'n1')).toBe(1);
    expect(degreeIn(f('exp(n1)'), 'n1')).toBe(Number.POSITIVE_INFINITY);
    expect(degreeIn(f('exp(x)'), 'n1')).toBe(0);
    expect(degreeIn(f('if(x, n1^2, n1)'), 'n1')).toBe(2);
    expect(degreeIn(f('if(n1, n1^2, n1)'), 'n1')).toBe(Number.POSITIVE_INFINITY);
    expect(degreeIn(f('x - (-n1)^2'), 'n1')).toBe(2);
    expect(degreeIn(f('n1^x'), 'n1')).toBe(Number.POSITIVE_INFINITY);
    expect(degreeIn(f('n1^0.5'), 'n1')).toBe(Number.POSITIVE_INFINITY);
    expect(degreeIn(f('x/n1'), 'n1')).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('along the floor', () => {
  it('is `adiabatic` for noise that depends on x alone', () => {
    const a = alongFloor(problem({}));
    expect(a.drift(0.5)).toBeCloseTo(-0.2 + 0.15, 12);
    expect(a.diffusion(0.5)).toBeCloseTo(0.1, 14);
    const next = alongFloor(problem({}), { order: 'next' });
    // what `separation` says is left out
    expect(next.diffusion(0.5) / a.diffusion(0.5) - 1).toBeCloseTo(a.separation(0.5), 12);
  });

  it('takes ⟨y²⟩ from the map, whose momentum eases the overshoot: lambda (1 − eta lambda/(2(1+mu))) S = D_yy', () => {
    for (const momentum of [0, 0.6]) {
      // D = eta C/(2(1−mu)); here D_xx grows with y², and lambda is 5 at x = 0
      const C = (D: number) => (2 * (1 - momentum) * D) / 0.1;
      const p = problem({
        momentum,
        learningRate: 0.1,
        noise: { kind: 'covariance', values: [f(`${C(0.1)}*(1 + y^2)`), f('0'), f(`${C(0.3)}`)] },
      });
      const [yy, lambda] = [at(langevinModel(p).diffusion, [0, 0])[2], 5];
      const xx = at(langevinModel(p).diffusion, [0, 0])[0];
      const S = { continuous: yy / lambda, finite: yy / (lambda * (1 - (0.1 * lambda) / (2 * (1 + momentum)))) };
      for (const steps of ['continuous', 'finite'] as const) {
        const a = alongFloor(p, { steps });
        expect(a.acrossVariance(0) / S[steps]).toBeCloseTo(1, 11);
        expect(a.diffusion(0) / (xx * (1 + S[steps]))).toBeCloseTo(1, 11);
      }
    }
  });

  it('noise of the minimum’s place: D = eta² s⁴ lambda lambda’²/16, a fourth of E D_xx; the sum of forces of a naive simulation', () => {
    const [eta, s] = [0.01, 0.7];
    // curvature 10·e^{0.2x}: lambda' = 2 at x = 0
    const loss = f('0.5*10*exp(0.2*x)*(y^2 - 2*0.7*n1*y)');
    const p = problem({
      landscape: { valley: { floor: f('0'), curvature: f('10*exp(0.2*x)') } },
      noise: { kind: 'batch', normals: ['n1'], loss },
      learningRate: eta,
    });
    const exact = (eta * eta * s ** 4 * 10 * 4) / 16;
    expect(alongFloor(p, { order: 'next' }).diffusion(0)).toBeCloseTo(exact, 12);
    expect(alongFloor(p).diffusion(0)).toBeCloseTo(4 * exact, 12);
    expect(alongFloor(p).acrossVariance(0)).toBeCloseTo((eta * 10 * s * s) / 2, 12);
    expect(alongFloor(p, { steps: 'finite' }).acrossVariance(0)).toBeCloseTo((eta * 10 * s * s) / (2 - eta * 10), 12);
    // x frozen: the spread of Σ eta g_x over m steps grows as 2 D (eta m)
    const z = randomKey(9).stream();
    const [chains, steps] = [1500, 400]; // 40 relaxation times of y
    const ends: number[] = [];
    let y = 0;
    for (let c = 0; c < chains; c++) {
      let sum = 0;
      for (let t = 0; t < steps; t++) {
        const xi = s * z.normal();
        sum -= eta * 0.5 * 2 * (y * y - 2 * xi * y);
        y -= eta * 10 * (y - xi);
      }
      ends.push(sum);
    }
    const mean = ends.reduce((t, v) => t + v, 0) / chains;
    const D = ends.reduce((t, v) => t + (v - mean) ** 2, 0) / (chains - 1) / (2 * eta * steps);
    // the map's own sum of covariances of ½ lambda'(y² − 2 xi y), k = eta lambda, S = k s²/(2 − k), a = 1 − k; 28 % more at k = 0.1
    const sum = (k: number) => {
      const S = (k * s * s) / (2 - k);
      return (eta / 2) * ((2 * S * S * (1 + (1 - k) ** 2)) / (k * (2 - k)) + 4 * S * S);
    };
    expect(sum(1e-5) / ((eta / 2) * 1e-5 * s ** 4 * 0.5)).toBeCloseTo(1, 4); // → eta² s⁴ lambda lambda'²/16
    expect(alongFloor(p, { order: 'next', steps: 'finite' }).diffusion(0)).toBeCloseTo(sum(0.1), 12);
    // relative error √(2/chains); the finite window takes 1/40
    expect(Math.abs(D / sum(0.1) - 1)).toBeLessThan(0.025 + 4 * Math.sqrt(2 / chains));
    expect(mean / (eta * steps) / chains).toBeLessThan(0);
  });

  it('fluctuations that their own noise nearly keeps up: lambda S = a + b S, up to b = 0.999 lambda', () => {
    for (const b of [2.5, 4.5, 4.995]) {
      const p = problem({ noise: { kind: 'diffusion', values: [f('0.1'), f('0'), f(`0.3 + ${b}*y^2`)] } });
      // rounding of 1e-16 is magnified by lambda/(lambda − b)
      expect(alongFloor(p).acrossVariance(0) / (0.3 / (5 - b))).toBeCloseTo(1, 11);
    }
    // a quartic part: the smaller root of 5 S = 0.3 + 3·3 S²
    const quartic = problem({ noise: { kind: 'diffusion', values: [f('0.1'), f('0'), f('0.3 + 3*y^4')] } });
    expect(alongFloor(quartic).acrossVariance(0)).toBeCloseTo((5 - Math.sqrt(25 - 4 * 9 * 0.3)) / 18, 12);
    const beyond = problem({ noise: { kind: 'diffusion', values: [f('0.1'), f('0'), f('0.3 + 8*y^4')] } });
    expect(() => alongFloor(beyond).acrossVariance(0)).toThrow(/no finite variance/);
  });

  it('refuses fluctuations without a variance', () => {
    const wild = problem({ noise: { kind: 'diffusion', values: [f('0.1'), f('0'), f('0.3 + 6*y^2')] } });
    expect(() => alongFloor(wild).acrossVariance(0)).toThrow(/no finite variance at x = 0/);
  });
});

describe('functions', () => {
  it('give the same motions as formulas', () => {
    const surface = lossSurface({ size: 2, loss: (w) => 0.2 * w[0] ** 2 + 2.5 * Math.exp(-w[0]) * w[1] ** 2 });
    const C = [() => 2, 0.5, (w: ArrayLike<number>) => 1 + w[0] ** 2];
    const { langevin, sgd } = modelsOf({ surface, covariance: C, learningRate: 0.05 });
    const p = problem({ noise: { kind: 'covariance', values: [f('2'), f('0.5'), f('1+x^2')] } });
    const point = [0.6, -0.9];
    const close = (a: number[], b: number[]) => {
      expect(a.length).toBe(b.length);
      expect(Math.max(...a.map((v, i) => Math.abs(v - b[i])))).toBeLessThan(1e-11);
    };
    close(at(langevin.drift, point), at(langevinModel(p).drift, point));
    close(at(langevin.diffusion, point), at(langevinModel(p).diffusion, point));
    close(at(sgd.batchGradient, [...point, 0.3, -1.2]), at(sgdModel(p).batchGradient, [...point, 0.3, -1.2]));
  });

  it('the numerical gradient has the error it states', () => {
    const out = numericalGradient((w) => Math.sin(w[0]) * Math.exp(w[1]), [1, 0.5]);
    expect(Math.abs(out[0] - Math.cos(1) * Math.exp(0.5))).toBeLessThan(3e-12);
    expect(Math.abs(out[1] - Math.sin(1) * Math.exp(0.5))).toBeLessThan(3e-12);
    expect(() => lossSurface({ size: 1, loss: (w) => Math.log(w[0]) }).loss(Float64Array.of(-1))).toThrow(
      /at \(-1\) it is NaN/,
    );
  });
});

describe('dimensionless form', () => {
  it('curvature and noise are of order one at the reference point, and the map is the same map', () => {
    const p = problem({});
    const s = scalesAt(p, [0, 0]);
    expect(s.time).toBeCloseTo(1 / 5, 12);
    expect(s.loss).toBeCloseTo(0.2, 12);
    expect(s.length).toBeCloseTo(Math.sqrt(0.04), 12);
    const d = dimensionless(p, s);
    expect(scalesAt(d, [0, 0])).toEqual({
      length: expect.closeTo(1, 12),
      time: expect.closeTo(1, 12),
      loss: expect.closeTo(1, 12),
      at: [0, 0],
    });
    const [x, y, n1, n2] = [0.7, -0.4, 0.3, 1.1];
    const g = at(sgdModel(p).batchGradient, [x, y, n1, n2]);
    const scaled = at(sgdModel(d).batchGradient, [x / s.length, y / s.length, n1, n2]);
    for (const i of [0, 1]) expect(d.learningRate * scaled[i] * s.length).toBeCloseTo(p.learningRate * g[i], 12);
    // L = E L̂ at x = ℓ x̂, of the whole and of its parts
    const value = (e: Expression, point: readonly number[]) => at(fieldOf([e], ['x', 'y']), point)[0];
    const there = [x / s.length, y / s.length];
    expect(value(d.loss!, there) * s.loss).toBeCloseTo(value(p.loss!, [x, y]), 12);
    expect(value(d.valley!.floor, there) * s.loss).toBeCloseTo(value(p.valley!.floor, [x, y]), 12);
    const curvature = (value(d.valley!.curvature, there) * s.loss) / s.length ** 2;
    expect(curvature).toBeCloseTo(value(p.valley!.curvature, [x, y]), 12);
    expect(d.timePerStep * s.time).toBeCloseTo(p.timePerStep, 14);
    expect(alongFloor(d).drift(x / s.length) * (s.length / s.time)).toBeCloseTo(alongFloor(p).drift(x), 12);
  });

  it('refuses a point without curvature', () => {
    expect(() => scalesAt(problem({ landscape: { loss: f('x+y') } }), [0, 0])).toThrow(
      /units come from curvature and noise/,
    );
  });
});

describe('refusals', () => {
  it.each([
    [{ landscape: {} }, /needs a landscape/],
    [
      { landscape: { loss: f('x'), valley: { floor: f('x'), curvature: f('1') } } },
      /as a loss or as a valley, not both/,
    ],
    [{ noise: { kind: 'diffusion' as const, values: [f('1')] } }, /has 3 formulas; got 1/],
    [{ learningRate: 0 }, /learning rate is positive/],
    [{ momentum: 1 }, /0 ≤ mu < 1/],
    [{ noise: { kind: 'batch' as const, normals: ['n1'] } }, /as a loss or as a gradient/],
    [{ landscape: { loss: f('x'), force: [f('1')] } }, /force has one formula for each coordinate/],
  ])('%#', (input, message) => {
    expect(() => problem(input)).toThrow(message);
  });
});
