/**
 * Orders of the schemes, measured without sampling: the mean of a function after n steps is a transition matrix applied n times,
 * on a periodic grid with trigonometric interpolation; Gaussian means are trapezoidal sums, exact to rounding for such functions.
 */
import { describe, expect, it } from 'vitest';
import { type Expression, evaluator, parseExpression } from '../src/numeric/expression/index.js';
import { randomKey } from '../src/numeric/random.js';
import { LANGEVIN_SCHEMES, type LangevinScheme, langevinStep } from '../src/theory/ensemble/schemes.js';

const parse = (names: readonly string[], ...texts: string[]): Expression[] =>
  texts.map((t) => parseExpression(t, { variables: names }));

/** Nodes and weights of the standard normal law: step ½ out to 7.5. */
const NODES = Array.from({ length: 31 }, (_, i) => {
  const n = (i - 15) / 2;
  return [n, (0.5 * Math.exp((-n * n) / 2)) / Math.sqrt(2 * Math.PI)];
});

/** Interpolation of a function of period `period` on an even number N of points: weights at x. */
function weightsAt(x: number, N: number, period: number, out: Float64Array): void {
  for (let j = 0; j < N; j++) {
    const t = (Math.PI * (x / period - j / N)) % Math.PI;
    const s = Math.sin(t);
    out[j] = Math.abs(s) < 1e-14 ? 1 : Math.sin(N * t) / (N * Math.tan(t));
  }
}

/** E f(x_T) from every grid point after `steps` steps of a scheme in one periodic dimension. */
function mean1(
  scheme: LangevinScheme,
  drift: string,
  D: string,
  f: (x: number) => number,
  steps: number,
  T: number,
  period: number,
  N: number,
) {
  const step = langevinStep(scheme, parse(['x'], drift), parse(['x'], D), ['x'], T / steps);
  const at = evaluator(step.next, ['x', ...step.normals]);
  const P = new Float64Array(N * N);
  const [to, w] = [new Float64Array(1), new Float64Array(N)];
  const seconds = step.normals.length === 2 ? NODES : [[0, 1]];
  for (let i = 0; i < N; i++)
    for (const [n, p] of NODES)
      for (const [m, q] of seconds) {
        at([(i * period) / N, n, m], to);
        weightsAt(to[0], N, period, w);
        for (let j = 0; j < N; j++) P[i * N + j] += p * q * w[j];
      }
  let u = Float64Array.from({ length: N }, (_, i) => f((i * period) / N));
  for (let t = 0; t < steps; t++) u = u.map((_, i) => u.reduce((s, v, j) => s + P[i * N + j] * v, 0));
  return u;
}
const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((m, v, i) => Math.max(m, Math.abs(v - b[i])), 0);
/** Exponents between successive halvings. */
const orders = (errors: readonly number[]) => errors.slice(1).map((e, i) => Math.log2(errors[i] / e));

describe('weak order', () => {
  it('multiplicative noise in one dimension, known solution', () => {
    // dX = −sin X cos³X dt + cos²X dW has X = arctan(W + tan x0) (Kloeden & Platen 1992, §4.4); of period π
    const N = 48;
    const T = 0.5;
    const f = (x: number) => Math.cos(x) ** 2 + 0.5 * Math.sin(2 * x);
    const truth = Float64Array.from({ length: N }, (_, i) => {
      const z = Math.tan((i * Math.PI) / N);
      let sum = 0; // f of the solution has poles at distance 1 from the real axis: a finer sum than NODES
      for (let n = -8; n <= 8; n += 1 / 32)
        sum += (Math.exp((-n * n) / 2) * f(Math.atan(z + Math.sqrt(T) * n))) / 32 / Math.sqrt(2 * Math.PI);
      return sum;
    });
    const errors = (scheme: LangevinScheme) =>
      [8, 16, 32].map((s) => distance(mean1(scheme, '-sin(x)*cos(x)^3', 'cos(x)^4/2', f, s, T, Math.PI, N), truth));
    const [em, platen] = [errors('euler-maruyama'), errors('platen-weak-2')];
    // the measured exponent is p + O(dt): within 0.25 at these steps
    expect(Math.abs(orders(em)[1] - 1), String(em)).toBeLessThan(0.25);
    expect(Math.abs(orders(platen)[1] - 2), String(platen)).toBeLessThan(0.25);
    expect(platen[2]).toBeLessThan(em[2] / 20);
  });

  it('constant noise, nonlinear drift: order 2 of both higher schemes', () => {
    const run = (scheme: LangevinScheme, s: number) =>
      mean1(scheme, '-sin(x) + 0.5*cos(2*x)', '0.4', (x) => Math.sin(x) + Math.cos(2 * x), s, 1, 2 * Math.PI, 24);
    for (const [scheme, p] of [
      ['euler-maruyama', 1],
      ['platen-weak-2', 2],
      ['strong-1.5-additive', 2],
    ] as const) {
      const u = [8, 16, 32, 64].map((s) => run(scheme, s));
      const differences = u.slice(1).map((v, i) => distance(v, u[i]));
      expect(Math.abs(orders(differences)[1] - p), `${scheme}: ${differences}`).toBeLessThan(0.3);
    }
    // all to the same limit, by extrapolation
    const limit = (scheme: LangevinScheme, p: number) => {
      const [a, b] = [32, 64].map((s) => run(scheme, s));
      return b.map((v, i) => v + (v - a[i]) / (2 ** p - 1));
    };
    const truth = limit('platen-weak-2', 2);
    expect(distance(limit('strong-1.5-additive', 2), truth)).toBeLessThan(3e-5);
    expect(distance(limit('euler-maruyama', 1), truth)).toBeLessThan(1e-3);
  });

  it('a full tensor in two dimensions, whose columns do not commute', () => {
    const [N, T] = [12, 0.4];
    const names = ['x', 'y'];
    const drift = parse(names, '0', '0.3*sin(x - y)');
    const D = parse(names, '0.5 + 0.4*sin(y)', '0.1*cos(x)', '0.5 + 0.35*sin(x)');
    const h = (2 * Math.PI) / N;
    const run = (scheme: LangevinScheme, steps: number) => {
      const step = langevinStep(scheme, drift, D, names, T / steps);
      const at = evaluator(step.next, [...names, ...step.normals, '#s']);
      const [to, wx, wy] = [new Float64Array(2), new Float64Array(N), new Float64Array(N)];
      const P = new Float64Array(N ** 4);
      const nodes = NODES.filter(([n]) => Math.abs(n) <= 6 && Number.isInteger(n)); // step 1: exact to e^(−2π²) = 3e-9
      for (let k = 0; k < N * N; k++)
        for (const [n, p] of nodes)
          for (const [m, q] of nodes)
            for (const s of step.signs ? [-1, 1] : [0]) {
              at([(k % N) * h, Math.floor(k / N) * h, n, m, s], to);
              weightsAt(to[0], N, 2 * Math.PI, wx);
              weightsAt(to[1], N, 2 * Math.PI, wy);
              const weight = 4 * p * q * (s === 0 ? 1 : 0.5); // the nodes were weighted for step ½
              for (let j = 0; j < N; j++)
                for (let i = 0; i < N; i++) P[k * N * N + j * N + i] += weight * wx[i] * wy[j];
            }
      let u = Float64Array.from(
        { length: N * N },
        (_, k) => Math.sin((k % N) * h + 2 * Math.floor(k / N) * h) + Math.cos((k % N) * h),
      );
      for (let t = 0; t < steps; t++) u = u.map((_, i) => u.reduce((sum, v, j) => sum + P[i * N * N + j] * v, 0));
      return u;
    };
    const [em, platen] = (['euler-maruyama', 'platen-weak-2'] as const).map((scheme) =>
      [2, 4, 8].map((s) => run(scheme, s)),
    );
    const order = (u: readonly Float64Array[]) => Math.log2(distance(u[1], u[0]) / distance(u[2], u[1]));
    // and to the same law
    const limit = (u: readonly Float64Array[], p: number) => u[2].map((v, i) => v + (v - u[1][i]) / (2 ** p - 1));
    expect(Math.abs(order(em) - 1)).toBeLessThan(0.35);
    expect(Math.abs(order(platen) - 2)).toBeLessThan(0.4);
    expect(distance(limit(em, 1), limit(platen, 2))).toBeLessThan(0.1 * distance(em[2], limit(platen, 2)));
  });
});

describe('strong order', () => {
  /** Root mean square distance at T between steps of T/count and the reference, over the same Brownian paths. */
  it('geometric Brownian motion, exact solution: ½ and 1', () => {
    const [a, b, T, paths] = [0.5, 0.8, 1, 600];
    const rms = (scheme: LangevinScheme, count: number) => {
      const dt = T / count;
      const step = langevinStep(scheme, parse(['x'], `${a}*x`), parse(['x'], `${(b * b) / 2}*x^2`), ['x'], dt);
      const at = evaluator(step.next, ['x', '#1']);
      const x = new Float64Array(1);
      let sum = 0;
      for (let p = 0; p < paths; p++) {
        const stream = randomKey(p).child('path').stream();
        let W = 0;
        x[0] = 1;
        for (let t = 0; t < count; t++) {
          // increments of 1/128, so that all steps see the same path
          let n = 0;
          for (let k = 0; k < 128 / count; k++) n += stream.normal();
          n /= Math.sqrt(128 / count);
          W += n * Math.sqrt(dt);
          at([x[0], n], x);
        }
        sum += (x[0] - Math.exp((a - (b * b) / 2) * T + b * W)) ** 2;
      }
      return Math.sqrt(sum / paths);
    };
    // an exponent over 600 common paths: the sampling error of log2 of a ratio is below 0.1
    expect(Math.abs(Math.log2(rms('euler-maruyama', 16) / rms('euler-maruyama', 128)) / 3 - 0.5)).toBeLessThan(0.15);
    expect(Math.abs(Math.log2(rms('platen-weak-2', 16) / rms('platen-weak-2', 128)) / 3 - 1)).toBeLessThan(0.15);
  });

  it('constant noise, nonlinear drift: 1.5', () => {
    const [D, T, finest, paths] = [0.5, 1, 256, 100];
    const b = Math.sqrt(2 * D);
    const stepper = (count: number) => {
      const step = langevinStep(
        'strong-1.5-additive',
        parse(['x'], '-x^3 + sin(3*x)'),
        parse(['x'], `${D}`),
        ['x'],
        T / count,
      );
      return evaluator(step.next, ['x', ...step.normals]);
    };
    const run = (at: ReturnType<typeof stepper>, count: number, p: number) => {
      const stream = randomKey(p).child('path').stream();
      const h = T / finest;
      const x = Float64Array.of(0.3);
      for (let t = 0; t < count; t++) {
        let [W, I] = [0, 0]; // W and ∫W ds over this step, from the finest ones
        for (let k = 0; k < finest / count; k++) {
          const [n, m] = [stream.normal(), stream.normal()];
          I += W * h + 0.5 * h ** 1.5 * (n + m / Math.sqrt(3));
          W += Math.sqrt(h) * n;
        }
        const dt = T / count;
        const n = W / Math.sqrt(dt);
        at([x[0], n, Math.sqrt(3) * ((2 * I) / dt ** 1.5 - n)], x);
      }
      return x[0];
    };
    const fine = stepper(finest);
    const truth = Array.from({ length: paths }, (_, p) => run(fine, finest, p));
    const error = (count: number) => {
      const at = stepper(count);
      return Math.sqrt(truth.reduce((s, v, p) => s + (run(at, count, p) - v) ** 2, 0) / paths) / b;
    };
    expect(Math.abs(Math.log2(error(8) / error(32)) / 2 - 1.5)).toBeLessThan(0.25);
  });
});

it('the schemes promise the orders that are measured here', () => {
  const promised = Object.entries(LANGEVIN_SCHEMES).map(([name, { strong, weak }]) => [name, strong, weak]);
  expect(promised).toEqual([
    ['euler-maruyama', 0.5, 1],
    ['platen-weak-2', 0.5, 2],
    ['strong-1.5-additive', 1.5, 2],
  ]);
});
