// Against SciPy's sparse solvers on a process typed anew in Python (test/oracles/fokker-planck.py).
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { forceKernelBuild, kernelBuild } from '../src/kernels/load.js';
import { fokkerPlanck } from '../src/theory/fokker-planck/equation.js';
import { densityAtPoint } from '../src/theory/fokker-planck/measures.js';
import { Passage } from '../src/theory/fokker-planck/passage.js';
import { stationaryDensity } from '../src/theory/fokker-planck/stationary.js';
import { Stepper } from '../src/theory/fokker-planck/stepping.js';
import { model2 } from './support/langevin-models.js';

const oracle = JSON.parse(readFileSync(new URL('oracles/fokker-planck.json', import.meta.url), 'utf8'));
const model = model2(
  (x, y) => [x - x ** 3 + 0.3 * y, -y - 0.2 * x],
  (x, y) => [0.3 + 0.05 * x * x, 0.1, 0.25 + 0.02 * y * y],
);
const axes = [{ from: -2, to: 2.2, cells: 24 }, { from: -1.8, to: 1.7, cells: 20 }]; // biome-ignore format: one line
const jumps = fokkerPlanck({ model, axes });
const start = densityAtPoint(jumps.grid, [-2 + 7.5 * 0.175, -1.8 + 11.5 * 0.175]);

/** Largest difference from SciPy's, as a share of its largest value (SciPy's errors are of that kind). */
function apart(values: ArrayLike<number>, reference: readonly number[], unit = 1): number {
  const top = Math.max(...reference.map(Math.abs));
  return Math.max(...reference.map((v, i) => Math.abs(values[i] * unit - v))) / top;
}

it.each(['simd', kernelBuild()] as const)('stationary density, build %s', (build) => {
  forceKernelBuild(build);
  const { density } = stationaryDensity(jumps);
  forceKernelBuild(undefined);
  expect(apart(density.values, oracle.stationary, jumps.grid.volume)).toBeLessThan(1e-12);
});

it('five steps of backward Euler, and sdirk2 against the matrix exponential', () => {
  const euler = new Stepper(jumps, { step: 0.05 }).advance(start, 5);
  expect(apart(euler.density.values, oracle.euler, jumps.grid.volume)).toBeLessThan(1e-12);
  const error = (steps: number) =>
    apart(
      new Stepper(jumps, { step: 0.8 / steps, scheme: 'sdirk2' }).advance(start, steps).density.values,
      oracle.exact,
      jumps.grid.volume,
    );
  const [coarse, fine] = [error(80), error(160)];
  expect(fine).toBeLessThan(1e-4);
  expect(Math.abs(Math.log2(coarse / fine) - 2)).toBeLessThan(0.2);
});

it('mean first-passage times to x > 1 and the slowest decay', () => {
  const passage = new Passage(fokkerPlanck({ model, axes, target: (p) => p[0] > 1 }));
  expect(apart(passage.meanTimes(), oracle.times)).toBeLessThan(1e-12);
  expect(Math.abs(passage.escapeRate().rate / oracle.rate - 1)).toBeLessThan(1e-11);
});
