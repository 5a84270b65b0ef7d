/** Every name of the door with wrong values in every place: refused with one sentence, or accepted with the right meaning. */
import { describe, expect, it } from 'vitest';
import * as core from '../src/core.js';
import * as door from '../src/index.js';
import { type Call, call, faults } from './support/door/battery.js';
import { EXPERIMENTS } from './support/door/experiments.js';
import { NETWORKS } from './support/door/networks.js';
import { NUMERIC } from './support/door/numeric.js';
import { THEORY } from './support/door/theory.js';

const CALLS: Record<string, Call> = { ...NUMERIC, ...NETWORKS, ...THEORY, ...EXPERIMENTS };

describe('wrong values', () => {
  it.each(Object.entries(CALLS))('%s', async (name, table) => {
    expect(await faults(name, table)).toEqual([]);
  });
});

/** Parts of the passes over blocks of samples, called by the program's own measurements with what they made themselves. */
const INNER = /^NetworkPasses\.(block|of|scratch|placeBlockOrder|times|firstLayer|addOuter)$/;

it('every function and every method has its call here', () => {
  const names = Object.entries({ ...door, ...core }).flatMap(([name, value]) => {
    if (typeof value !== 'function') return [];
    const of = (holder: object) =>
      Object.entries(Object.getOwnPropertyDescriptors(holder)).flatMap(([key, { value: method }]) =>
        typeof method === 'function' && key !== 'constructor' ? [`${name}.${key}`] : [],
      );
    const isClass = /^class\b/.test(String(value)) && !(value.prototype instanceof Error);
    return [name, ...(isClass ? [...of(value), ...of(value.prototype)] : [])];
  });
  expect(names.filter((name) => !(name in CALLS) && !INNER.test(name) && !privately.includes(name))).toEqual([]);
  expect(Object.keys(CALLS).filter((name) => !names.includes(name))).toEqual([]);
});

/** Methods that the types hide. */
const privately: readonly string[] = [
  'FlatnessMeter.crossings', 'TrajectoryWriter.blank', 'Stepper.once',
  ...['rows', 'numbersPerSample', 'placeStates', 'compute', 'orderOf', 'forward', 'checkWeights'].map((name) => `NetworkPasses.${name}`),
  ...['everySample', 'placeOrder', 'inputsOf', 'unpad', 'place', 'scatter', 'collect'].map((name) => `Trainer.${name}`),
]; // biome-ignore format: a list

it('sees a door that is open', async () => {
  const open = call(
    (x: number[], { scale }: { scale: number }) => x.map((v) => v * scale),
    () => [[1, 2], { scale: 2 }],
  );
  const found = await faults('open', open);
  for (const sign of [
    '0 = null: TypeError',
    '1.scale = text: taken without a word',
    '1 = nothing: TypeError',
    '1.scale = nothing: taken, and the result has a hole',
  ])
    expect(found.join('\n'), sign).toContain(sign);
});
