/** Sums of weighted outer products against plain loops, over more lines than a buffer holds. */
import { describe, expect, it } from 'vitest';
import { embeddedLinearAlgebra } from '../src/numeric/linalg/index.js';
import { diagonalSums, fullSums } from '../src/theory/gram.js';

const n = 5;
const makers = { diagonal: diagonalSums(n), full: fullSums(embeddedLinearAlgebra(), n) };
const line = (t: number, phase: number) =>
  Float64Array.from({ length: n }, (_, i) => Math.sin(1.3 * t * (i + 1) + phase));
/** Positive, negative and zero. */
const weight = (t: number) => (t % 7 === 0 ? 0 : Math.cos(0.7 * t));

describe.each(Object.entries(makers))('%s', (_name, maker) => {
  it.each([0, 1, 3, 255, 256, 257, 700])('over %i lines', (count) => {
    const [own, cross, self] = [maker.symmetric(), maker.cross(), maker.cross()];
    const truth = { own: new Float64Array(n * n), cross: new Float64Array(n * n) };
    for (let t = 0; t < count; t++) {
      const [x, y] = [line(t, 0), line(t, 2)];
      own.add(weight(t), x);
      cross.add(weight(t), x, y);
      self.add(weight(t), x);
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          truth.own[i * n + j] += weight(t) * x[i] * x[j];
          truth.cross[i * n + j] += weight(t) * x[i] * y[j];
        }
      // lines are copied
      x.fill(9);
      y.fill(9);
    }
    const [a, b, c] = [own.result(), cross.result(), self.result()];
    expect([a.length, b.length]).toEqual([maker.size, maker.size]);
    let visited = 0;
    maker.pairs((i, j, at) => {
      visited++;
      expect(a[at]).toBeCloseTo(truth.own[i * n + j], 10);
      expect(b[at]).toBeCloseTo(truth.cross[i * n + j], 10);
      expect(c[at]).toBeCloseTo(truth.own[i * n + j], 10);
    });
    expect(visited).toBe(maker.size);
  });
});

it('wants each pair once: n of a diagonal, n² of a matrix', () => {
  const places = (of: (typeof makers)['full']) => {
    const list: number[][] = [];
    of.pairs((i, j, at) => list.push([i, j, at]));
    return list;
  };
  expect(places(makers.diagonal)).toEqual(Array.from({ length: n }, (_, i) => [i, i, i]));
  expect(places(makers.full)).toEqual(Array.from({ length: n * n }, (_, at) => [Math.floor(at / n), at % n, at]));
  expect([makers.diagonal.full, makers.full.full]).toEqual([false, true]);
});
