/** The stiffest directions of large blocks where the spectrum has no gaps: found in the end, or told as not found. */
import { describe, expect, it } from 'vitest';
import { hessian, hessianUnweighted } from '../src/apply/constraints/hessian.js';
import { firstOf, iteratedModes } from '../src/apply/modes.js';
import { protect, protectTask } from '../src/apply/protect.js';
import { surfaceTask } from '../src/apply/surface-task.js';
import type { LossSurface } from '../src/model/surface.js';
import { type LinearOperator, lanczos } from '../src/numeric/operators/lanczos.js';
import { randomKey } from '../src/numeric/random.js';
import { la } from './support/tasks.js';

const N = 500;
/** Eigenvalues h, turned by a reflection R so that no axis is an eigenvector: A = R diag(h) R. */
function turned(h: Float64Array): LinearOperator {
  const stream = randomKey(10).stream();
  const v = Float64Array.from(h, () => stream.normal());
  const norm2 = v.reduce((s, x) => s + x * x, 0);
  const reflect = (x: Float64Array) => {
    const along = (2 * x.reduce((s, y, i) => s + y * v[i], 0)) / norm2;
    return x.map((y, i) => y - along * v[i]);
  };
  return { size: h.length, apply: (x) => reflect(reflect(x).map((y, i) => h[i] * y)) };
}
/** 2, …, 1 in equal steps: the worst that a process can meet that finds ends first. */
const h = Float64Array.from({ length: N }, (_, i) => 2 - i / (N - 1));
const operator = turned(h);
const surface: LossSurface = { size: N, loss: () => 1, gradient: (w) => operator.apply(w) };
const run = { weights: new Float64Array(N) };
const key = randomKey(1);

describe('a spectrum without gaps', () => {
  it('is followed until all wanted axes are found', async () => {
    const p = await protect(surface, run, { method: 'hessian', axes: 20, la });
    const [part] = p.penalty.terms[0].parts;
    if (part.kind !== 'lowRank') throw new Error('axes were asked for');
    expect(p.diagnostics).toMatchObject([{ constrained: 20, excluded: 0, why: '' }]);
    expect(p.unit.how).toMatch(/stiffest axes$/);
    // residual²/gap = (2e-6)²·499, and products of differences to 1e-9
    part.weights.forEach((c, i) => {
      expect(Math.abs(c - h[i])).toBeLessThan(1e-8);
    });
  });

  it('leaves out what it does not reach in the products allowed, under a reason of its own', async () => {
    const { axes, values, unconverged = 0 } = iteratedModes(operator, 20, key, la, 1);
    expect(unconverged).toBeGreaterThan(0);
    expect(axes.rows + unconverged).toBe(20);
    values.forEach((c) => {
      expect(Math.min(...h.map((x) => Math.abs(x - c)))).toBeLessThan(1e-5);
    });
    const most = axes.rows + 2;
    expect(firstOf({ axes, values, unconverged }, most).unconverged).toBe(2);
    expect(firstOf({ axes, values, unconverged }, axes.rows).unconverged).toBeUndefined();

    const task = surfaceTask(surface, run, { la, key });
    const short = { ...task, stiffest: () => firstOf({ axes, values, unconverged }, most) };
    for (const method of [hessian.name, hessianUnweighted.name]) {
      const p = await protectTask(short, { method, axes: most, la });
      expect(p.diagnostics).toMatchObject([
        { constrained: axes.rows, excluded: 2, why: 'did not converge to 1e-6 of the largest eigenvalue' },
      ]);
    }
    expect((await protectTask(short, { method: 'hessian', axes: most, la })).unit.how).toMatch(/that converged$/);
  });

  it('takes not one product more where the usual ones do, even if the last of them it takes', () => {
    const easy = turned(Float64Array.from({ length: N }, (_, i) => 0.7 ** i));
    const find = (maxSteps: number, patience = maxSteps) =>
      lanczos(easy, { count: 8, key, tolerance: 1e-6, la, maxSteps, patience });
    let least = 8;
    while (!find(least).converged) least++;
    expect(least % 5).not.toBe(0); // the process is looked at every fifth product, and at the last usual one
    expect(find(least, 400)).toEqual(find(least));
    expect(find(least - 1, 400).steps).toBeGreaterThan(least - 1);
  });
});

it('axes that do not exist are told as such: a Hessian of rank 5 has five, and none of rounding', async () => {
  const flat = turned(Float64Array.from({ length: N }, (_, i) => (i < 5 ? 5 - i : 0)));
  // the sixth Ritz value is rounding, of either sign
  for (let seed = 0; seed < 8; seed++) {
    const { axes, unconverged } = iteratedModes(flat, 12, randomKey(seed), la);
    expect(axes.rows).toBe(5);
    expect(unconverged).toBeUndefined();
  }
  const exact = {
    ...surface,
    gradient: flat.apply,
    hessianVector: (_: Float64Array, v: Float64Array) => flat.apply(v),
  };
  const p = await protect(exact, run, { method: 'hessian', axes: 12, la });
  expect(p.diagnostics).toMatchObject([
    { constrained: 5, excluded: 7, why: 'no more positive eigenvalues above rounding' },
  ]);
});
