/** Every name of the door with wrong values in every place: refused with one sentence, or accepted with the right meaning. */
import { describe, expect, it } from 'vitest';
import * as front from '../src/index.js';
import * as door from '../src/parts.js';
import * as core from '../src/parts-core.js';
import { type Call, call, faults } from './support/door/battery.js';
import { EXPERIMENTS } from './support/door/experiments.js';
import { NETWORKS } from './support/door/networks.js';
import { NOUNS } from './support/door/nouns.js';
import { NUMERIC } from './support/door/numeric.js';
import { THEORY } from './support/door/theory.js';

const CALLS: Record<string, Call> = { ...NUMERIC, ...NETWORKS, ...THEORY, ...EXPERIMENTS };

describe('wrong values', () => {
  it.each(Object.entries(CALLS))('%s', async (name, table) => {
    expect(await faults(name, table)).toEqual([]);
  });
});

describe('wrong values for a noun', () => {
  it.each(Object.entries(NOUNS))('%s', async (name, table) => {
    expect(await faults(name, table)).toEqual([]);
  });

  it('every noun and every function of fit and plot has its call here', () => {
    const parts = new Map(Object.entries(door) as [string, unknown][]);
    const nouns = Object.entries(front).filter(([name, value]) => parts.get(name) !== value);
    const names = nouns.flatMap(([name, value]) =>
      typeof value === 'function' ? [name] : Object.keys(value).map((method) => `${name}.${method}`),
    );
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !(name in NOUNS))).toEqual([]);
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
