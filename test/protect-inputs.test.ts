/** What `protect` takes of a surface of one's own, and what it refuses with one sentence. */
import { describe, expect, it } from 'vitest';
import type { FinishedRun } from '../src/apply/finished-run.js';
import { networkTask } from '../src/apply/network-task.js';
import { type ProtectOptions, protect } from '../src/apply/protect.js';
import type { ProtectableSurface } from '../src/apply/surface-task.js';
import { initialWeights } from '../src/model/network.js';
import { randomKey } from '../src/numeric/random.js';
import { la, SPEC, taskSamples } from './support/tasks.js';

const P = 6;
const h = [5, 4, 3, 2, 1, 0.5];
/** 1 + ½ Σ h_i w_i² at w1 = 0; two samples and two outcomes of made-up gradients. */
const rows = [1, 2, 3, 4, 5, 6, -1, 0, 1, 0, -1, 2];
const surface: ProtectableSurface = {
  size: P,
  loss: (w) => 1 + 0.5 * w.reduce((s, x, i) => s + h[i] * x * x, 0),
  gradient: (w) => w.map((x, i) => h[i] * x),
  perSampleGradients: () => [Float64Array.from(rows)],
  predictiveGradients: () => [{ probabilities: [0.25, 0.75], gradients: Float64Array.from(rows) }],
};
const run: FinishedRun = { weights: new Array<number>(P).fill(0) };
const ask = (method: string, change: object = {}, more: object = {}, options: Partial<ProtectOptions> = {}) =>
  protect({ ...surface, ...change }, { ...run, ...more }, { method, axes: 2, la, ...options });

describe('blocks', () => {
  const block = (name: string, offset: number, size: number, span = size) => ({ name, offset, size, span });

  it('side by side, in any order, with biases behind them, are taken', async () => {
    const blocks = [block('b', 3, 2, 3), block('a', 0, 2, 3)];
    const p = await ask('ewc-empirical', {}, { blocks });
    expect(p.diagnostics.map((d) => d.block)).toEqual(['b', 'a']);
    expect(p.value([1, 1, 1, 1, 1, 1])).toBeCloseTo(0.5 * rows.reduce((s, g) => s + (g * g) / 2, 0), 12);
  });

  it.each([
    ['no block', [], /at least one block; leave `blocks` out/],
    ['two of a name', [block('a', 0, 2), block('a', 2, 2)], /two blocks are called 'a'/],
    ['overlapping ones', [block('b', 3, 2), block('a', 0, 4)], /blocks 'a' and 'b' overlap from weight 3 on/],
    ["one over another's biases", [block('a', 0, 2, 4), block('b', 3, 2)], /'a' and 'b' overlap from weight 3 on/],
    ['one that ends beyond the vector', [block('a', 4, 3)], /'a' \(offset 4, size 3, span 3\).*within the 6 weights/],
    ['one whose biases do', [block('a', 4, 2, 3)], /within the 6 weights/],
    ['one that begins before it', [block('a', -1, 2)], /within the 6 weights/],
    ['one of no weight', [block('a', 1, 0)], /whole number ≥ 1/],
    ['half a weight', [block('a', 0.5, 2)], /whole numbers/],
    ['no number', [block('a', Number.NaN, 2)], /whole numbers/],
  ])('%s is refused', async (_, blocks, sentence) => {
    await expect(ask('l2', {}, { blocks })).rejects.toThrow(sentence);
  });
});

describe('gradients of single samples', () => {
  it('may come as plain arrays, in float32, in pieces of any number of rows, or in one place written over', async () => {
    const whole = (await ask('ewc-empirical')).penalty;
    const buffer = new Float64Array(P);
    const ways: Iterable<ArrayLike<number>>[] = [
      [rows],
      [rows.slice(0, P), rows.slice(P)],
      [Float32Array.from(rows)],
      (function* () {
        for (const at of [0, P]) {
          buffer.set(rows.slice(at, at + P));
          yield buffer;
        }
      })(),
    ];
    for (const way of ways)
      expect((await ask('ewc-empirical', { perSampleGradients: () => way })).penalty).toEqual(whole);
    const outcomes = [{ probabilities: Float32Array.of(0.25, 0.75), gradients: rows }];
    expect((await ask('ewc', { predictiveGradients: () => outcomes })).penalty).toEqual((await ask('ewc')).penalty);
  });

  it.each([
    ['half a row', [[1, 2, 3]], /whole rows of 6 weights; a piece has 3 numbers/],
    ['numbers that are no pieces', rows, /whole rows of 6 weights; got '1' as a piece/],
    ['none', [], /no gradient of any sample/],
    ['NaN', [rows.slice(0, P), [0, 0, 0, Number.NaN, 0, 0]], /gradient of sample 1 .* finite.*weight 3 it is NaN/],
    ['rows in rows', [[rows, rows, rows, rows, rows, rows]], /gradient of sample 0 .*weight 0 it is NaN/],
  ])('%s is refused', async (_, pieces, sentence) => {
    await expect(ask('ewc-empirical', { perSampleGradients: () => pieces })).rejects.toThrow(sentence);
    await expect(
      ask(
        'potential',
        { perSampleGradients: () => pieces },
        { training: { learningRate: 1, batchSize: 1, windowSteps: 1e9 } },
      ),
    ).rejects.toThrow(sentence);
  });

  it.each([
    ['logits', [2, 0.5], /probabilities of sample 0 must sum to 1; they sum to 2.5/],
    ['percents', [25, 75], /they sum to 100/],
    ['less than nothing', [-0.25, 1.25], /must be ≥ 0; that of outcome 0 is -0.25/],
    ['NaN', [0.5, Number.NaN], /that of outcome 1 is NaN/],
    ['float64 off by 1e-5', [0.25, 0.75001], /sum to 1/],
    ['float32 off by 1e-3', Float32Array.of(0.25, 0.751), /sum to 1/],
  ])('probabilities that are %s are refused', async (_, probabilities, sentence) => {
    const predictiveGradients = () => [{ probabilities, gradients: rows }];
    await expect(ask('ewc', { predictiveGradients })).rejects.toThrow(sentence);
  });

  it('gradients of another number of outcomes are refused, and infinite probabilities', async () => {
    const outcomes = (probabilities: number[]) => ({ predictiveGradients: () => [{ probabilities, gradients: rows }] });
    await expect(ask('ewc', outcomes([0.2, 0.3, 0.5]))).rejects.toThrow(
      /3 outcomes of 6 weights need 18 numbers; got 12/,
    );
    await expect(ask('ewc', outcomes([Number.POSITIVE_INFINITY, 0]))).rejects.toThrow(/that of outcome 0 is Infinity/);
  });

  it('probabilities of float32 may be off by their rounding, those of float64 by 1e-6', async () => {
    for (const probabilities of [
      Float32Array.of(0.25, 0.75005),
      [Math.fround(0.25), Math.fround(0.75005)],
      [0.25, 0.7500005],
    ])
      await expect(
        ask('ewc', { predictiveGradients: () => [{ probabilities, gradients: rows }] }),
      ).resolves.toBeDefined();
  });

  it('an outcome without a finite gradient is named', async () => {
    const gradients = rows.map((g, i) => (i === 8 ? Number.POSITIVE_INFINITY : g));
    const predictiveGradients = () => [{ probabilities: [0.5, 0.5], gradients }];
    await expect(ask('ewc', { predictiveGradients })).rejects.toThrow(
      /outcome 1 of sample 0 .*weight 2 it is Infinity/,
    );
  });
});

describe('at w1', () => {
  it.each([
    ['a loss of NaN', { loss: () => Number.NaN }, /loss at w1 must be a finite number; got NaN/],
    ['an infinite loss', { loss: () => Number.POSITIVE_INFINITY }, /got Infinity/],
    [
      'a gradient of NaN',
      { gradient: (w: Float64Array) => w.map((_, i) => (i === 2 ? Number.NaN : 0)) },
      /gradient at w1 .*weight 2 it is NaN/,
    ],
    [
      'a gradient of another length',
      { gradient: () => new Float64Array(5) },
      /has 6 weights; the gradient at w1 has 5 numbers/,
    ],
  ])('%s is refused by every method', async (_, change, sentence) => {
    for (const method of ['l2', 'ewc', 'hessian', 'random'])
      await expect(ask(method, change)).rejects.toThrow(sentence);
  });

  it('Hessian products that are not finite, or of another length, are refused', async () => {
    for (const method of ['l2', 'hessian', 'random']) {
      const asked = (hessianVector: (w: Float64Array, v: Float64Array) => Float64Array) =>
        ask(method, { hessianVector });
      await expect(asked((_, v) => v.map((x) => x / 0))).rejects.toThrow(/Hessian at w1 must consist of finite/);
      await expect(asked(() => new Float64Array(2))).rejects.toThrow(/Hessian at w1 has 2 numbers/);
    }
  });

  it('a surface that writes each gradient in the same place has the same Hessian', async () => {
    const buffer = new Float64Array(P);
    const gradient = (w: Float64Array) => {
      buffer.set(surface.gradient(w));
      return buffer;
    };
    const reused = { gradient };
    expect((await ask('hessian', reused)).penalty).toEqual((await ask('hessian')).penalty);
    expect((await ask('hessian', reused)).diagnostics[0].stiffness[0]).toBeCloseTo(5, 8);
  });
});

it('a layer named twice would be held twice, and is refused', () => {
  const samples = taskSamples();
  const weights = initialWeights(SPEC, randomKey(1));
  const layers = ['layer1', 'layer2', 'layer1'];
  expect(() => networkTask({ spec: SPEC, weights, samples, layers, la, key: randomKey(1) })).toThrow(
    /layer 'layer1' is named twice/,
  );
});
