/** Optimisers in their own coordinates and in windows: as SGD with momentum, and where the linear form says nothing. */
import { describe, expect, it } from 'vitest';
import { rowsInMemory, scaledRows } from '../src/analyse/trajectory/rows.js';
import { embeddedLinearAlgebra, matrix } from '../src/numeric/linalg/index.js';
import { optimiserCovariance } from '../src/theory/optimisers/covariance.js';
import { heavyBallRequest } from '../src/theory/optimisers/heavy-ball.js';
import { type FormFailure, type WindowSeen, whereFormFails } from '../src/theory/optimisers/holds.js';
import { linearForm } from '../src/theory/optimisers/linear-form.js';
import { predictCovariance } from '../src/theory/predictions.js';
import type { OptimiserSpec } from '../src/train/optimisers/spec.js';

const la = embeddedLinearAlgebra();
const hessian = matrix(3, 3, [2, 0.5, 0.1, 0.5, 1, -0.2, 0.1, -0.2, 0.7]);
const noise = matrix(3, 3, [0.1, -0.02, 0, -0.02, 0.3, 0.05, 0, 0.05, 0.2]);
const preconditioner = [3, 0.5, 1.7];

describe('the heavy ball of an optimiser', () => {
  it.each<[string, OptimiserSpec]>([
    ['Adam', { type: 'adam', learningRate: 0.02, beta1: 0.8, weightDecay: 0.3 }],
    ['RMSprop with momentum', { type: 'rmsprop', learningRate: 0.02, momentum: 0.6 }],
    ['RMSprop with decoupled decay', { type: 'rmsprop', learningRate: 0.02, weightDecay: 0.5, decoupled: true }],
  ])('predicts for %s what its linear form does', (_, spec) => {
    const near = { form: linearForm(spec), hessian, noise, preconditioner };
    const predicted = predictCovariance(la, { ...heavyBallRequest(near), sampling: 'replaced' }).matrix();
    const { sigma } = optimiserCovariance(la, near);
    predicted.data.forEach((x, k) => {
      const back = x * Math.sqrt(preconditioner[Math.floor(k / 3)] * preconditioner[k % 3]);
      expect(Math.abs(back - sigma.data[k])).toBeLessThan(1e-12 * Math.abs(sigma.data[0]));
    });
  });

  it('is refused where there is none', () => {
    const near = { hessian, noise, preconditioner };
    const nesterov = linearForm({ type: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true });
    expect(() => heavyBallRequest({ ...near, form: nesterov })).toThrow("Nesterov's momentum is no heavy ball");
    const adamw = linearForm({ type: 'adamw', learningRate: 0.1 });
    expect(() => heavyBallRequest({ ...near, form: adamw })).toThrow('decoupled decay with momentum is no heavy ball');
    const adam = linearForm({ type: 'adam', learningRate: 0.1 });
    expect(() => heavyBallRequest({ form: adam, hessian, noise })).toThrow(
      'adam has a preconditioner; give its diagonal.',
    );
  });
});

it('rows in other coordinates are the rows times the factors', async () => {
  const rows = scaledRows(rowsInMemory(Float32Array.of(1, 2, 3, 4, 5, 6), 3, 1), [1, 10, 0.5]);
  const seen: number[] = [];
  for await (const chunk of rows.chunks()) seen.push(...chunk);
  expect(seen).toEqual([1, 20, 1.5, 4, 50, 3]);
  expect([rows.T, rows.P]).toEqual([2, 3]);
  expect(() => scaledRows(rows, [1])).toThrow('rows of 3 numbers need 3 factors; got 1.');
});

describe('the linear form', () => {
  const adam = linearForm({ type: 'adam', learningRate: 1e-3, beta2: 0.99 });
  const v = Float64Array.from({ length: 200 }, (_, i) => 1e-4 * (1 + (i % 3)));
  const calm: WindowSeen = {
    form: adam,
    steps: { start: 3000, end: 4000 },
    clipped: 1,
    squares: { start: v, end: v.map((x) => 3.9 * x) },
    noise: { start: 1, end: 1.9 },
    loss: { start: 0.02, end: 0.0101 },
  };
  const reasons = (change: Partial<WindowSeen>): string[] =>
    whereFormFails({ ...calm, ...change }).map((r: FormFailure) => r.id);

  it('holds up to each threshold', () => {
    expect(whereFormFails(calm)).toEqual([]);
    expect(reasons({ squares: { start: v.map((x) => 3.9 * x), end: v } })).toEqual([]);
    const few = v.map((x, i) => (i < 2 ? 0 : x));
    expect(reasons({ squares: { start: few, end: few } })).toEqual([]);
  });

  it('fails beyond each, for a reason that is told', () => {
    expect(reasons({ clipped: 2 })).toEqual(['clipping']);
    expect(reasons({ steps: { start: 299, end: 1299 } })).toEqual(['memory']);
    expect(reasons({ squares: { start: v, end: v.map((x) => 4.1 * x) } })).toEqual(['preconditioner']);
    expect(reasons({ squares: { start: v.map((x) => 4.1 * x), end: v } })).toEqual(['preconditioner']);
    const silent = v.map((x, i) => (i < 3 ? 1e-17 : x));
    expect(reasons({ squares: { start: silent, end: silent } })).toEqual(['silent']);
    expect(reasons({ noise: { start: 2.1, end: 1 } })).toEqual(['noise']);
    expect(reasons({ loss: { start: 0.021, end: 0.01 } })).toEqual(['loss']);
    const falling = linearForm({ type: 'sgd', learningRate: 0.1, schedule: { type: 'step', at: [3500], factor: 0.5 } });
    expect(reasons({ form: falling })).toEqual(['schedule']);
    expect(reasons({ form: falling, steps: { start: 0, end: 3500 } })).toEqual([]);
    const all = whereFormFails({ ...calm, clipped: 500, noise: { start: 1, end: 9 } });
    expect(all[0].sentence).toBe(
      '50 % of the gradients in the window were shortened to the norm Infinity, and the theory has no clipping.',
    );
    expect(all[1].sentence).toContain('Tr C1 changes from 1 to 9 within the window');
  });

  it('corrects v as Adam does before it compares it', () => {
    // v after 2 and after 2000 steps of the same squared gradient differ by the correction alone
    const form = linearForm({ type: 'adam', learningRate: 1e-3, beta2: 0.999 });
    const [start, end] = [2, 5000].map((t) => v.map((x) => x * (1 - 0.999 ** t)));
    expect(reasons({ form, steps: { start: 2, end: 5000 }, squares: { start, end }, clipped: 0 })).toEqual(['memory']);
  });
});
