/** Quadratic penalties: closed forms, differences, sums of tasks, the normal form. */
import { describe, expect, it } from 'vitest';
import {
  addPenalties,
  continuePenalty,
  type PenaltyPart,
  penalty,
  penaltyGradient,
  penaltyValue,
  scalePenalty,
} from '../src/model/penalty.js';
import { normalForm } from '../src/model/penalty-normal.js';
import { embeddedLinearAlgebra, matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { denseOf, exampleParts, naivePenalty } from './support/penalties.js';

const la = embeddedLinearAlgebra();
const P = 40;
const stream = randomKey(7).stream();
const vector = () => Float64Array.from({ length: P }, () => stream.normal());
const anchor = vector();
const other = vector();
const at = vector();
const cases = Object.entries(exampleParts(P));

/** Relative to the largest entry: sums of up to 40² terms of size 1 round to some 1e-14. */
function close(a: ArrayLike<number>, b: ArrayLike<number>, tolerance = 1e-12): void {
  const scale = Math.max(...Array.from(b, Math.abs), 1e-300);
  for (let i = 0; i < b.length; i++) expect(Math.abs(a[i] - b[i]) / scale).toBeLessThan(tolerance);
}

describe.each(cases)('%s', (_, parts) => {
  const p = penalty(anchor, parts);

  it('is zero with its gradient at the anchor, exactly', () => {
    const { value, gradient } = penaltyGradient(p, anchor);
    expect(value).toBe(0);
    expect(gradient.every((g) => g === 0)).toBe(true);
  });

  it('is ½xᵀKx, with the gradient Kx, for a dense K written out', () => {
    const naive = naivePenalty(p, at);
    const { value, gradient } = penaltyGradient(p, at);
    expect(value / naive.value).toBeCloseTo(1, 12);
    close(gradient, naive.gradient);
  });

  it('has the gradient that differences of its value give, exactly for a quadratic form', () => {
    const { gradient } = penaltyGradient(p, at);
    const slope = (i: number) => {
      const [up, down] = [at.slice(), at.slice()];
      up[i] += 0.5;
      down[i] -= 0.5;
      return penaltyValue(p, up) - penaltyValue(p, down);
    };
    close(
      Array.from(at, (_, i) => slope(i)),
      gradient,
      1e-11,
    );
  });

  it('never rewards: symmetric K ≥ 0', () => {
    const k = matrix(P, P, Float64Array.from(denseOf(parts, P).flat()));
    const values = la.eigvalsh(k);
    expect(values[0]).toBeGreaterThan(-1e-13 * values[P - 1]);
  });

  it('keeps its gradient in the normal form, alone and with another anchor', () => {
    for (const q of [p, addPenalties(p, scalePenalty(penalty(other, parts), 0.7))]) {
      const form = normalForm(q, la);
      const gradient = new Float64Array(P);
      const { diagonal } = form;
      if (diagonal) for (let i = 0; i < P; i++) gradient[i] += diagonal.stiffness[i] * (at[i] - diagonal.anchor[i]);
      for (const { offset, axes, weights, targets } of form.groups)
        for (let k = 0; k < axes.rows; k++) {
          const line = axes.data.subarray(k * axes.cols, (k + 1) * axes.cols);
          const along = line.reduce((s, v, j) => s + v * at[offset + j], 0);
          for (let j = 0; j < axes.cols; j++) gradient[offset + j] += weights[k] * (along - targets[k]) * line[j];
        }
      close(gradient, naivePenalty(q, at).gradient, 1e-11);
      const dense = matrix(
        P,
        P,
        Float64Array.from(
          denseOf(
            q.terms.flatMap((t) => t.parts),
            P,
          ).flat(),
        ),
      );
      expect(form.stiffest / la.eigvalsh(dense)[P - 1]).toBeCloseTo(1, 10);
    }
  });
});

describe('several tasks', () => {
  const { diagonal, orthonormal } = exampleParts(P);
  const [first, second] = [penalty(anchor, diagonal), penalty(other, diagonal)];

  it('separate: values and gradients add up', () => {
    const sum = addPenalties(first, second);
    expect(penaltyValue(sum, at)).toBeCloseTo(penaltyValue(first, at) + penaltyValue(second, at), 12);
    expect(penaltyValue(sum, anchor)).toBeGreaterThan(0);
  });

  it('online: one anchor, the newest, and K = decay·K1 + K2 in the memory of one', () => {
    const online = continuePenalty(first, second, 0.5);
    expect(penaltyValue(online, other)).toBe(0);
    expect(penaltyValue(online, at)).toBeCloseTo(1.5 * penaltyValue(second, at), 12);
    expect(online.terms[0].parts.length).toBe(1);
    const axes = continuePenalty(penalty(anchor, orthonormal), penalty(other, orthonormal), 1);
    expect(penaltyValue(axes, at)).toBeCloseTo(2 * penaltyValue(penalty(other, orthonormal), at), 12);
  });

  it('a diagonal with axes on the same weights is told as an overlap, apart it is not', () => {
    expect(normalForm(penalty(anchor, [...diagonal, ...orthonormal]), la).overlap).toBe(true);
    const apart: PenaltyPart[] = [
      { kind: 'diagonal', offset: 30, values: new Float64Array(10).fill(1) },
      ...orthonormal,
    ];
    expect(normalForm(penalty(anchor, apart), la).overlap).toBe(false);
  });
});

describe('what is refused', () => {
  const part = (change: object): PenaltyPart[] => [
    { kind: 'diagonal', offset: 0, values: new Float64Array(P).fill(1), ...change } as PenaltyPart,
  ];
  it.each<[string, () => unknown, RegExp]>([
    ['a negative weight', () => penalty(anchor, part({ values: Float64Array.of(1, -1) })), /number 1 is -1/],
    [
      'a weight that is not finite',
      () => penalty(anchor, part({ values: Float64Array.of(Number.NaN) })),
      /number 0 is NaN/,
    ],
    ['a part beyond the weights', () => penalty(anchor, part({ offset: 1 })), /weights 1 to 40 does not fit 40/],
    ['an anchor that is not finite', () => penalty([Number.NaN], []), /finite anchor/],
    [
      'axes without weights',
      () => penalty(anchor, [{ kind: 'lowRank', offset: 0, axes: matrix(2, P), weights: new Float64Array(1) }]),
      /2 axes needs as many weights; got 1/,
    ],
    [
      'a dense part that is not symmetric',
      () => penalty(anchor, [{ kind: 'dense', offset: 0, matrix: matrix(2, 2, Float64Array.of(1, 2, 0, 1)) }]),
      /symmetric/,
    ],
    [
      'a dense part that rewards',
      () =>
        normalForm(
          penalty(anchor, [{ kind: 'dense', offset: 0, matrix: matrix(2, 2, Float64Array.of(1, 0, 0, -1)) }]),
          la,
        ),
      /must not be negative anywhere.*-1\.000/,
    ],
    ['other weights', () => penaltyValue(penalty(anchor, []), new Float64Array(3)), /40 weights; got 3/],
    [
      'a decay above 1',
      () => continuePenalty(penalty(anchor, part({})), penalty(anchor, part({})), 2),
      /decay in \[0, 1\]/,
    ],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});
