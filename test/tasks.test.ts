/** Sequences of tasks: which samples, which labels, which pixels; nothing shared that should not be. */
import { describe, expect, it } from 'vitest';
import type { Dataset, Samples } from '../src/data/dataset.js';
import { classProtocol, joined, PROTOCOLS, type Protocol, pick, taskOf } from '../src/data/tasks.js';
import { randomKey } from '../src/numeric/random.js';

/** Sample n has class n mod classes; its first input is n, so that every sample can be told from any other. */
function numbered(count: number, classes: number, first = 0): Samples {
  const size = 5;
  return {
    count,
    size,
    divisor: 1,
    values: Float32Array.from({ length: count * size }, (_, i) => first + Math.floor(i / size) + (i % size) / 10),
    labels: Uint8Array.from({ length: count }, (_, n) => n % classes),
  };
}
const set: Dataset = {
  name: 'numbered',
  classes: 4,
  train: numbered(80, 4),
  test: numbered(20, 4, 1000),
  provenance: {},
};
const options = { head: 'task-known', validationShare: 0.25, key: randomKey(3) } as const;
const pairs = classProtocol('2,0/1,3');
const numbersOf = (s: Samples) => Array.from({ length: s.count }, (_, n) => Math.floor(s.values[n * s.size]));

describe('tasks by class', () => {
  it('keep their samples, each once, in training or validation', () => {
    const seen = [0, 1].map((t) => {
      const { train, validation, test } = taskOf(set, pairs, t, options);
      expect([train.count, validation.count, test.count]).toEqual([30, 10, 10]);
      const wanted = t === 0 ? [0, 2] : [1, 3];
      for (const n of numbersOf(test)) expect(wanted).toContain((n - 1000) % 4);
      return [...numbersOf(train), ...numbersOf(validation)].sort((a, b) => a - b);
    });
    expect(seen.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 80 }, (_, n) => n));
    expect(seen[0].every((n) => n % 2 === 0)).toBe(true);
  });

  it('task-known: labels count from 0 in each task; all-compete: places in the list of all classes', () => {
    const known = taskOf(set, pairs, 1, options);
    expect(known.outputs).toBe(2);
    numbersOf(known.train).forEach((n, i) => {
      expect(known.train.labels![i]).toBe([1, 3].indexOf(n % 4));
    });
    const compete = taskOf(set, pairs, 1, { ...options, head: 'all-compete' });
    expect(compete.outputs).toBe(4);
    numbersOf(compete.test).forEach((n, i) => {
      expect(compete.test.labels![i]).toBe([2, 0, 1, 3].indexOf(n % 4));
    });
    expect(compete.train.values).toEqual(known.train.values);
  });

  it('the first task knows nothing of the second', () => {
    const other = taskOf(set, classProtocol('2,0/3,1'), 0, options);
    expect(other).toEqual(taskOf(set, pairs, 0, options));
    const labels = Uint8Array.from(set.train.labels!);
    const values = Float32Array.from(set.train.values);
    for (let n = 0; n < 80; n++) if (n % 2 === 1) values.fill(-7, 5 * n, 5 * n + 5);
    const spoilt = { ...set, train: { ...set.train, values, labels } };
    expect(taskOf(spoilt, pairs, 0, options)).toEqual(taskOf(set, pairs, 0, options));
  });
});

describe('permuted inputs', () => {
  const permuted = PROTOCOLS.find((p) => p.name === 'permuted-5')!;
  it('leave the first task as it is and move the others alike in all samples, each in its own way', () => {
    const tasks = [0, 1, 2].map((t) => taskOf(set, permuted, t, options));
    expect(Array.from(tasks[0].test.values)).toEqual(Array.from(set.test!.values));
    const orders = tasks.map(({ test }) =>
      Array.from({ length: test.count }, (_, s) =>
        Array.from(test.values.subarray(5 * s, 5 * s + 5), (v) => Math.round(10 * (v - Math.floor(v)))).join(''),
      ),
    );
    for (const o of orders) expect(new Set(o).size).toBe(1);
    expect(orders[0][0]).toBe('01234');
    expect(new Set(orders.map((o) => o[0])).size).toBe(3);
    expect([...orders[1][0]].sort().join('')).toBe('01234');
  });
});

describe('refusals', () => {
  const of =
    (p: Protocol, d: Dataset = set) =>
    () =>
      taskOf(d, p, 0, options);
  it('say what is wrong', () => {
    expect(of(PROTOCOLS[1])).toThrow(/asks for class 4, and numbered has classes 0 … 3/);
    expect(of(classProtocol('0,1/1,2'))).toThrow(/class 1 to more than one place/);
    expect(of(pairs, { ...set, test: undefined } as unknown as Dataset)).toThrow(/no test set/);
    const { labels: _, ...bare } = set.train;
    expect(of(pairs, { ...set, train: { ...bare, targets: new Float32Array(80) } })).toThrow(/targets and no classes/);
    expect(() => classProtocol('0,1')).toThrow(/tasks apart by a slash/);
    expect(() => classProtocol('0,x/1')).toThrow(/whole numbers|numbers with commas/);
    expect(() => taskOf(set, pairs, 0, { ...options, validationShare: 0.001 })).toThrow(/leaves 0 to choose/);
  });
});

describe('joined', () => {
  it('is one set after the other', () => {
    const [a, b] = [pick(set.train, [3, 1]), pick(set.train, [7])];
    const both = joined([a, b]);
    expect(numbersOf(both)).toEqual([3, 1, 7]);
    expect(Array.from(both.labels!)).toEqual([3, 1, 3]);
  });
});
