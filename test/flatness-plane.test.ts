/** The grid of losses in the plane of two directions: every point once, in its place, on lines through the centre. */
import { describe, expect, test } from 'vitest';
import { FLATNESS_WORK, type Meter } from '../src/runs/flatness/meter.js';
import { lineIn, planeLines, planeOf, planeRequest } from '../src/runs/flatness/plane.js';

const path = { indices: [1, 2] as const, step: [0, 1, 2], x: [-0.3, 0.1, 0.2], y: [0.04, -0.08, 0.05] };

describe('the grid', () => {
  test.each([1, 3, 4, 7])('of half size %i has every point but the centre on one line', (half) => {
    const points = planeLines(half).flatMap(({ towards: [i, j], multiples }) =>
      multiples.map((m) => `${m * i || 0},${m * j || 0}`),
    );
    const all = Array.from({ length: (2 * half + 1) ** 2 }, (_, n) => {
      const [i, j] = [(n % (2 * half + 1)) - half, Math.floor(n / (2 * half + 1)) - half];
      return `${i},${j}`;
    }).filter((s) => s !== '0,0');
    expect([...points].sort()).toEqual([...all].sort());
  });
  test('reaches a quarter beyond the path, about the mean or the last weights', () => {
    const mean = planeRequest(path, 'mean', 4)!;
    expect(mean.origin).toEqual([0, 0]);
    expect(mean.steps.map((s) => 4 * s)).toEqual([0.375, 0.1].map((v) => expect.closeTo(v, 12)));
    const last = planeRequest(path, 'last', 7)!;
    expect(last.origin).toEqual([0.2, 0.05]);
    expect(last.steps.map((s) => 7 * s)).toEqual([1.25 * 0.5, 1.25 * 0.13].map((v) => expect.closeTo(v, 12)));
  });
  test('is none where the path does not move', () => {
    expect(planeRequest({ ...path, y: [0, 0, 0] }, 'mean', 4)).toBeUndefined();
    expect(planeRequest({ ...path, x: [], y: [] }, 'last', 4)).toBeUndefined();
  });
});

test.each(['mean', 'last'] as const)('losses come to the places of their points, about the %s weights', (centre) => {
  const request = planeRequest(path, centre, 4)!;
  const [p, q] = [Float64Array.of(0.6, 0.8, 0), Float64Array.of(0, 0, 1)];
  // not symmetric in any way
  const loss = (a: number, b: number) => 1 + a + 10 * b + 100 * a * a + 1000 * a * b * b;
  const losses = planeLines(4).map((line) => {
    const { direction, displacements } = lineIn(request, line, [p, q]);
    expect(Math.hypot(...direction)).toBeCloseTo(1, 12);
    // back to the two coordinates by scalar products
    const [a, b] = [p, q].map((v) => v.reduce((s, c, k) => s + c * direction[k], 0));
    return displacements.map((d) => loss(request.origin[0] + d * a, request.origin[1] + d * b));
  });
  const plane = planeOf(request, loss(...(request.origin as [number, number])), losses);
  expect([plane.x.length, plane.y.length, plane.loss.length]).toEqual([9, 9, 81]);
  expect(plane.x[8] - plane.x[0]).toBeCloseTo(8 * request.steps[0], 12);
  plane.y.forEach((y, j) => {
    plane.x.forEach((x, i) => {
      expect(plane.loss[9 * j + i]).toBeCloseTo(loss(x, y), 9);
    });
  });
});

test('a job of the plane asks the meter for its line', async () => {
  const meter: Pick<Meter, 'losses'> = {
    losses: (direction, displacements) => displacements.map((d) => d * direction[1]),
  };
  const task = { kind: 'plane', index: 5, direction: Float64Array.of(0, 2), displacements: [-1, 3] } as const;
  expect(await FLATNESS_WORK.run(task, meter as Meter, () => {})).toEqual({
    kind: 'plane',
    value: { index: 5, losses: [-2, 6] },
  });
});
