/** The config that the view Valley writes states the same motion as the view. */
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { completeSimulation, setupOf } from '../../src/experiments/simulate/config.js';
import { valleyConfig } from '../../src/lab/engine/valley/config.js';
import { readFormulas, valleyProblem } from '../../src/lab/engine/valley/model.js';
import { VALLEY_PRESETS, type ValleyState } from '../../src/lab/engine/valley/state.js';
import { evaluator } from '../../src/numeric/expression/index.js';

const STATES = Object.entries(VALLEY_PRESETS).flatMap(([name, s]): [string, ValleyState][] => [
  [name, s],
  [`${name}, with a spread`, { ...s, spread: 0.5 }],
]);

describe('the config of a valley', () => {
  it.each(STATES)('has the drift and the diffusion of the view: %s', (_name, state) => {
    const { problem, config } = setupOf(completeSimulation(parse(valleyConfig(state))));
    const own = valleyProblem(state, readFormulas(state), 1);
    const all = (p: typeof own) => evaluator([...p.drift, ...p.diffusion], p.names);
    const [a, b] = [new Float64Array(5), new Float64Array(5)];
    for (const point of [
      [0.3, -0.2],
      [-1.1, 0.7],
    ]) {
      all(problem)(point, a);
      all(own)(point, b);
      b.forEach((v, k) => {
        expect(Math.abs(a[k] - v)).toBeLessThan(1e-9 * (1 + Math.abs(v)));
      });
    }
    expect(config.learningRate).toBe(state.eta);
    expect(config.methods.sgd!.walkers).toBe(state.particles);
    expect(config.start.point).toEqual(state.start.slice(0, problem.size));
  });

  it('is refused for a loss that grows', () => {
    expect(() => valleyConfig({ ...VALLEY_PRESETS.valley, growth: 0.1 })).toThrow('set the growth to 0');
  });
});
