/** Axes and designs of a sweep: the values that texts stand for, every point once, the order of cells, and what is refused. */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisAt, axisOf, axisSize, axisValue, labelOf, placed } from '../src/experiments/sweep/axes.js';
import { completeSweep } from '../src/experiments/sweep/config.js';
import { cellAt, cellCount, labelled, pointCount, pointsOf } from '../src/experiments/sweep/design.js';
import type { PartialSweep } from '../src/experiments/sweep/schema.js';
import { SOBOL_DIMENSIONS, sobol } from '../src/experiments/sweep/sobol.js';

const values = (written: unknown) => {
  const axis = axisOf('k', written);
  return Array.from({ length: axisSize(axis)! }, (_, i) => axisValue(axis, i));
};
const refusal = (written: PartialSweep) => {
  try {
    completeSweep(written);
  } catch (error) {
    return (error as Error).message;
  }
  return 'not refused';
};
const points = (written: PartialSweep) => {
  const { config } = completeSweep(written);
  const at = pointsOf(config);
  return Array.from({ length: pointCount(config) }, (_, p) => at(p));
};

describe('values', () => {
  it('are those that a person means', () => {
    expect(values('3..6')).toEqual([3, 4, 5, 6]);
    expect(values('lin 0..1 x 5')).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(values('log 0.01..1 × 3')).toEqual([0.01, 0.1, 1]);
    expect(values('log 1e-3..1e1x5')).toEqual([0.001, 0.01, 0.1, 1, 10]);
    expect(values('2^-1..2^3')).toEqual([0.5, 1, 2, 4, 8]);
    expect(values('10^-3..10^-1')).toEqual([0.001, 0.01, 0.1]);
    expect(values(['a', 2, true])).toEqual(['a', 2, true]);
    expect(values(0.1)).toEqual([0.1]);
    expect(values('mnist')).toEqual(['mnist']);
    expect(values('idx:../data')).toEqual(['idx:../data']);
  });

  it('of a range have exact ends, rise, and have equal distances of the value or of its logarithm', () => {
    const ends = fc.tuple(
      fc.double({ min: 1e-6, max: 1e3, noNaN: true }),
      fc.double({ min: 1.01, max: 1e4, noNaN: true }),
    );
    fc.assert(
      fc.property(ends, fc.constantFrom('lin', 'log'), fc.integer({ min: 2, max: 40 }), ([from, ratio], kind, n) => {
        const to = from * ratio;
        const got = values(`${kind} ${from}..${to} x ${n}`) as number[];
        expect(got).toHaveLength(n);
        expect([got[0], got[n - 1]]).toEqual([from, to]);
        const scaled = kind === 'log' ? got.map(Math.log) : got;
        const step = (scaled[n - 1] - scaled[0]) / (n - 1);
        for (let i = 1; i < n; i++) expect((scaled[i] - scaled[i - 1]) / step).toBeCloseTo(1, 5);
      }),
      { seed: 6, numRuns: 1000 },
    );
  });

  it('at a share of the length follow the scale, and those of a list their index', () => {
    expect(axisAt(axisOf('k', 'log 0.01..1'), 0.5)).toBeCloseTo(0.1, 12);
    expect(axisAt(axisOf('k', 'lin 2..4'), 0.25)).toBe(2.5);
    expect([0, 0.33, 0.34, 0.99].map((u) => axisAt(axisOf('k', ['a', 'b', 'c']), u))).toEqual(['a', 'a', 'b', 'c']);
    expect([0, 0.999].map((u) => axisAt(axisOf('k', '5..7'), u))).toEqual([5, 7]);
  });

  it.each([
    ['5..3', 'goes up'],
    ['1.5..3', 'cannot be read'],
    ['lin 3..1 x 4', 'goes up'],
    ['log 0..1 x 4', 'begins above 0'],
    ['log 0.1..1 x 1', 'at least two values'],
    ['log 0.1 to 1', 'cannot be read'],
    ['2^0..3^4', 'one base'],
    ['10^300..10^310', 'no number that a computer can hold'],
    [[], 'empty list'],
    [[1, 2, 1], 'twice'],
    [[1, null], 'no config key can have'],
    [null, 'has no values'],
  ])('%j is refused', (written, words) => {
    expect(() => axisOf('training.momentum', written)).toThrow(words);
    expect(() => axisOf('training.momentum', written)).toThrow(/^the axis training\.momentum /);
  });

  it('enter a config at their key, also in a list, and leave everything else', () => {
    const base = { network: { widths: [784, 50, 10], bias: true }, seed: 3 };
    expect(placed(base, 'network.widths.1', 20)).toEqual({ network: { widths: [784, 20, 10], bias: true }, seed: 3 });
    expect(placed(base, 'training.batchSize', 5)).toEqual({ ...base, training: { batchSize: 5 } });
    expect(base.network.widths).toEqual([784, 50, 10]);
    expect(() => placed(base, 'network.widths.3', 1)).toThrow("names the entry '3' of a list of 3");
    expect([labelOf([784, 50]), labelOf({ a: [1] }), labelOf('x')]).toEqual(['784-50', '{"a":[1]}', 'x']);
  });
});

describe('designs', () => {
  const axes = { 'training.learningRate': [0.1, 0.2], 'training.batchSize': '2^3..2^5', 'training.momentum': [0, 0.5] };

  it('product: every combination once, the last axis fastest', () => {
    const all = points({ axes });
    expect(all).toHaveLength(12);
    expect(new Set(all.map((p) => JSON.stringify(p))).size).toBe(12);
    expect(all.slice(0, 3)).toEqual([
      [0.1, 8, 0],
      [0.1, 8, 0.5],
      [0.1, 16, 0],
    ]);
  });

  it('zip and groups: axes that move together', () => {
    const two = { 'training.learningRate': [0.1, 0.2], 'training.momentum': [0, 0.5] };
    expect(points({ axes: two, design: 'zip' })).toEqual([
      [0.1, 0],
      [0.2, 0.5],
    ]);
    const grouped = points({ axes, groups: [['training.momentum', 'training.learningRate']] });
    expect(grouped.slice(0, 4)).toEqual([
      [0.1, 8, 0],
      [0.1, 16, 0],
      [0.1, 32, 0],
      [0.2, 8, 0.5],
    ]);
    expect(grouped).toHaveLength(6);
  });

  it('random: as many different points as asked for, the same again, other ones with another seed; a further axis leaves the others', () => {
    const ranges = { 'training.learningRate': 'log 0.01..1', 'training.batchSize': '1..64' };
    const of = (seed: number, more = {}) => points({ axes: { ...ranges, ...more }, design: { random: 50, seed } });
    const first = of(1);
    expect(new Set(first.map((p) => JSON.stringify(p))).size).toBe(50);
    expect(of(1)).toEqual(first);
    expect(of(2)).not.toEqual(first);
    expect(of(1, { 'training.momentum': 'lin 0..0.9' }).map((p) => p.slice(0, 2))).toEqual(first);
    const logs = first.map(([eta]) => Math.log10(eta as number));
    // uniform on (−2, 0): mean −1, deviation of the mean 0.082
    expect(Math.abs(logs.reduce((a, b) => a + b) / 50 + 1)).toBeLessThan(4 * 0.082);
  });

  it('random and Sobol’ on lists: never a point twice, and all of them where as many are asked for as there are', () => {
    for (const design of [{ random: 6, seed: 0 }, { sobol: 6 }] as const) {
      const all = points({ axes: { 'training.batchSize': [1, 2, 3], 'training.momentum': [0, 0.5] }, design });
      expect(new Set(all.map((p) => JSON.stringify(p))).size).toBe(6);
      expect(refusal({ axes: { 'training.batchSize': [1, 2] }, design })).toContain('its axes have 2 different ones');
    }
  });

  it('cells: seeds are crossed with the points, and more of them change no cell', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }), (n, more) => {
        const few = completeSweep({ axes: { ...axes, seed: `0..${n - 1}` } });
        const many = { ...few, seeds: [...few.seeds, ...Array.from({ length: more }, (_, k) => n + k)] };
        expect(cellCount(few)).toBe(12 * n);
        for (let c = 0; c < cellCount(few); c++) expect(cellAt(many, c)).toEqual(cellAt(few, c));
        const all = Array.from({ length: cellCount(many) }, (_, c) => JSON.stringify(cellAt(many, c)));
        expect(new Set(all).size).toBe(12 * (n + more));
      }),
    );
  });

  it('counts ten million points without making them', () => {
    const { config } = completeSweep({
      axes: { 'training.learningRate': 'lin 0.1..1 x 10000', 'training.batchSize': '1..1000' },
    });
    expect(pointCount(config)).toBe(1e7);
    expect(labelled(config.axes, pointsOf(config)(1e7 - 1))).toEqual({
      'training.learningRate': 1,
      'training.batchSize': 1000,
    });
  }, 20_000);
});

describe("Sobol' points", () => {
  it('are those of Joe and Kuo: points 1, 5 and 1000 in all dimensions, from SciPy 1.10', () => {
    const at = sobol(SOBOL_DIMENSIONS);
    expect(at(0)).toEqual(new Array(21).fill(0));
    expect(at(1)).toEqual(new Array(21).fill(0.5));
    expect(at(5)).toEqual(FIVE);
    expect(at(1000)).toEqual(THOUSAND);
  });

  it('fill every dimension evenly: one of 2^k points in each of 2^k intervals', () => {
    const at = sobol(SOBOL_DIMENSIONS);
    const all = Array.from({ length: 256 }, (_, i) => at(i));
    for (let d = 0; d < SOBOL_DIMENSIONS; d++)
      expect(new Set(all.map((p) => Math.floor(p[d] * 256))).size, `dimension ${d}`).toBe(256);
  });

  const script = [
    'import json',
    'from scipy.stats import qmc',
    'print(json.dumps(qmc.Sobol(21, scramble=False).random(512).tolist()))',
  ].join('\n');
  const python = spawnSync('/usr/bin/python3', ['-c', script], { encoding: 'utf8', maxBuffer: 1e8 });
  const there = python.status === 0;
  it.skipIf(!there)(
    `equal SciPy's unscrambled sequence${there ? '' : ' (skipped: needs SciPy 1.7 in /usr/bin/python3)'}`,
    () => {
      const at = sobol(SOBOL_DIMENSIONS);
      expect(Array.from({ length: 512 }, (_, i) => at(i))).toEqual(JSON.parse(python.stdout));
    },
  );

  it('have an end', () => {
    expect(() => sobol(22)).toThrow('1 to 21 axes');
    expect(() => sobol(1)(2 ** 30)).toThrow('2^30 points');
  });
});

const FIVE = [
  0.875, 0.875, 0.125, 0.375, 0.875, 0.625, 0.875, 0.375, 0.375, 0.125, 0.375, 0.875, 0.875, 0.125, 0.875, 0.375, 0.875,
  0.375, 0.375, 0.625, 0.625,
];
const THOUSAND = [
  0.2197265625, 0.0966796875, 0.5185546875, 0.6767578125, 0.2802734375, 0.9072265625, 0.0458984375, 0.8994140625,
  0.5009765625, 0.0693359375, 0.0849609375, 0.2548828125, 0.1611328125, 0.3837890625, 0.1435546875, 0.3701171875,
  0.7197265625, 0.3447265625, 0.9912109375, 0.7255859375, 0.5224609375,
];

describe('refused in one sentence:', () => {
  it.each<[PartialSweep, string]>([
    [{ axes: { 'training.learningRat': [0.1] } }, "did you mean 'training.learningRate'?"],
    [{ axis: {} } as PartialSweep, "did you mean 'axes'?"],
    [{ axes: { 'training.batchSize': ['a'] } }, "at training.batchSize a: config key 'training.batchSize'"],
    [{ axes: { 'training.batchSize': [10, 2.5] } }, 'at training.batchSize 2.5'],
    [
      { axes: { 'training.learningRate': [0.1], 'optimiser.learningRate': [0.1] } },
      'training.learningRate and optimiser.learningRate state the same thing twice',
    ],
    [{ axes: { 'network.hidden': [5], 'network.widths': [[784, 5, 10]] } }, 'state the same thing twice'],
    [{ axes: { optimiser: [{ type: 'sgd' }], 'optimiser.momentum': [0] } }, 'lies within the axis optimiser'],
    [{ axes: { workers: [1, 2] } }, 'it changes no number'],
    [{ axes: { kernel: ['simd'] } }, 'one kernel build'],
    [{ axes: { '__proto__.x': [1] } }, 'is no config key'],
    [{ axes: JSON.parse('{"__proto__": [1]}') }, "has the key '__proto__'"],
    [{ axes: { 'seed.0': [1, 2] } }, 'a seed is a number without parts'],
    [{ axes: { 'training.learningRate': 'log 0.1..1' }, design: { sobol: 1e12 } }, 'up to 100000 points'],
    [{ axes: { 'training.learningRate': 'log 0.1..1' }, design: { random: 1e7 } }, 'up to 100000 points'],
    [{ axes: { 'data.limit': 'lin 1..1e12 x 1000000000' } }, 'up to 1000000; take fewer'],
    [{ axes: { 'optimiser.type': ['sgd', 'adm'] } }, "did you mean 'adam'?"],
    [{ axes: { 'optimiser.type': ['sgd', 'adam'], 'optimiser.momentum': [0.5] } }, 'not of adam'],
    [{ axes: { network: ['lenet5', 'lenet'] } }, 'at network lenet:'],
    [{ axes: { 'network.hidden': [10] }, base: { network: 'lenet5' } }, 'base has another network'],
    [{ axes: { 'training.learningRate': 'log 0.1..1' } }, 'without a number of values'],
    [{ axes: { 'training.batchSize': 'log 1..4 x 8' } }, 'more than there are different whole numbers'],
    [{ axes: { 'training.momentum': [0, 0.1], 'training.batchSize': [1, 2, 3] }, design: 'zip' }, '2 and 3 values'],
    [{ axes: { 'training.momentum': [0] }, groups: [['training.momentu']] }, 'did you mean training.momentum?'],
    [{ axes: { 'training.momentum': [0] }, groups: [['seed']] }, 'always crossed'],
    [{ axes: {}, design: 'grid' as never }, 'expected product, zip, {random: 64, seed: 1} or {sobol: 64}'],
    [{ axes: {}, design: { sobol: 4 } }, 'needs an axis beside the seeds'],
    [{ axes: { seed: [0, 1.5] } }, 'seeds are whole numbers'],
    [{ axes: { seed: 'log 1..10 x 3' } }, 'a range such as 0..99'],
    [{ axes: { seed: '0..9999999' } }, 'up to 100000 seeds; got 10000000'],
    [{ axes: { seed: [0, 1] }, base: { seed: 1 } }, 'in base and as an axis'],
    [{ axes: {}, measure: ['los'] }, "did you mean 'loss'?"],
    [{ axes: {}, measure: ['loss', 'loss'] }, 'twice'],
    [{ axes: {}, until: { epoch: 3 } as never }, 'did you mean'],
    [{ axes: {}, until: { epochs: 0 } }, 'until.epochs'],
    [{ axes: {}, until: { epochs: 3 }, base: { training: { stop: { rule: 'epochs', epochs: 2 } } } }, 'both say when'],
    [{ axes: {}, experiment: 'trian' as never }, 'expected one of "train"'],
    [{ axes: {}, name: 'a/b' }, 'expected letters'],
    [{ axes: {}, base: { data: { limt: 3 } } }, "did you mean 'data.limit'?"],
  ])('%j', (written, words) => {
    const sentence = refusal(written);
    expect(sentence).toContain(words);
    expect(sentence).not.toContain('\n');
  });
});

describe('configs of cells', () => {
  const config = (written: PartialSweep) => completeSweep(written).config;

  it('round ranges where a key has whole numbers, and only there', () => {
    const { axes } = config({
      axes: { 'training.batchSize': 'log 1..100 x 5', 'training.learningRate': 'log 1..100 x 5' },
    });
    expect(axes.map((axis) => Array.from({ length: 5 }, (_, i) => axisValue(axis, i)))).toEqual([
      [1, 3, 10, 32, 100],
      [1, 3.16227766017, 10, 31.6227766017, 100],
    ]);
  });
});
