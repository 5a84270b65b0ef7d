/** Networks as lists of layers: shapes, names, the flat vector, initial weights, refusals. */
import { describe, expect, it } from 'vitest';
import { layeredOf, perceptronOf } from '../src/model/layered/convert.js';
import { NETWORK_NAMES, namedNetwork } from '../src/model/layered/named.js';
import {
  initialLayeredWeights,
  layeredCount,
  layeredShapes,
  slotShape,
  weightBlock,
  weightBlocks,
} from '../src/model/layered/parameters.js';
import { resolveLayers } from '../src/model/layered/resolve.js';
import type { LayeredSpec, LayerSpec } from '../src/model/layered/spec.js';
import { initialWeights, type NetworkSpec, parameterCount, parameterShapes } from '../src/model/network.js';
import { randomKey } from '../src/numeric/random.js';
import { differenceFrom, layeredCases, lenetTraining, specOf, weightsOf } from './support/layered-oracle.js';

const network = (layers: LayerSpec[], input: LayeredSpec['input'] = [1, 8, 8]): LayeredSpec => ({
  input,
  layers,
  loss: 'cross-entropy',
});
const refused = (layers: LayerSpec[], input?: LayeredSpec['input']) => () => resolveLayers(network(layers, input));

describe('the flat vector', () => {
  it.each(layeredCases.map((c) => [c.name, c] as const))('has the parameters of PyTorch: %s', (_, c) => {
    const layers = resolveLayers(specOf(c));
    const parameters = layers.flatMap((l) => l.parameters);
    expect(parameters.map(({ role, shape }) => ({ role, shape }))).toEqual(c.parameters);
    expect([...layers.at(-1)!.outputShape]).toEqual(c.output);
    let offset = 0;
    for (const p of parameters) {
      expect(p.offset).toBe(offset);
      offset += p.shape.reduce((a, b) => a * b, 1);
    }
    expect(weightsOf(c).length).toBe(offset);
  });

  it('of LeNet-5 is the one whose training PyTorch kept', () => {
    const c = layeredCases.find(({ name }) => name === 'lenet5')!;
    expect(c.layers).toEqual(namedNetwork('lenet5', [1, 28, 28], 10).layers);
    expect(layeredCount(specOf(c))).toBe(61706);
    expect(differenceFrom(lenetTraining.weights, weightsOf(c), c)).toBeGreaterThan(0.001);
  });
});

describe('resolved layers', () => {
  const spec = network([
    { type: 'conv', channels: 3, kernel: 3, padding: 1 },
    { type: 'identity' },
    {
      type: 'residual',
      layers: [{ type: 'relu' }, { type: 'conv', channels: 5, kernel: 3, stride: 2, padding: 1, name: 'down' }],
      shortcut: [
        { type: 'average-pool', kernel: 2 },
        { type: 'conv', channels: 5, kernel: 1, bias: false },
      ],
    },
    { type: 'residual', layers: [{ type: 'identity' }] },
    { type: 'global-average-pool' },
    { type: 'dense', outputs: 4 },
  ]);

  it('read the slots that were written before, a residual its input twice', () => {
    const layers = resolveLayers(spec);
    expect(layers.map((l) => [l.name, l.type, l.inputs, l.output])).toEqual([
      ['conv1', 'conv', [0], 1],
      ['relu1', 'relu', [1], 2],
      ['down', 'conv', [2], 3],
      ['pool1', 'average-pool', [1], 4],
      ['conv3', 'conv', [4], 5],
      ['add1', 'add', [3, 5], 6],
      ['add2', 'add', [6, 6], 7],
      ['pool2', 'global-average-pool', [7], 8],
      ['dense1', 'dense', [8], 9],
    ]);
    expect(layers.map((l) => l.outputShape.join('×'))).toEqual(
      '3×8×8 3×8×8 5×4×4 3×4×4 5×4×4 5×4×4 5×4×4 5×1×1 4×1×1'.split(' '),
    );
    expect([0, 3, 8].map((slot) => slotShape(layers, slot).join('×'))).toEqual(['1×8×8', '5×4×4', '5×1×1']);
  });

  it('are named by kind and place; names are unique', () => {
    expect(layeredShapes(spec).map((p) => p.name)).toEqual([
      'conv1.weight',
      'conv1.bias',
      'down.weight',
      'down.bias',
      'conv3.weight',
      'dense1.weight',
      'dense1.bias',
    ]);
    expect(
      refused([
        { type: 'dense', outputs: 2, name: 'dense2' },
        { type: 'dense', outputs: 2 },
      ]),
    ).toThrow("two layers are named 'dense2'");
    expect(refused([{ type: 'dense', outputs: 2, name: 'a/b' }])).toThrow("is named 'a/b': a name has up to 64");
  });

  it('with weights can be recorded, others are refused by name', () => {
    const layers = resolveLayers(spec);
    expect(weightBlocks(layers).map((b) => [b.name, b.offset, b.size, b.biasOffset, b.biasSize])).toEqual([
      ['conv1', 0, 27, 27, 3],
      ['down', 30, 135, 165, 5],
      ['conv3', 170, 15, -1, 0],
      ['dense1', 185, 20, 205, 4],
    ]);
    expect(() => weightBlock(layers, 'pool1')).toThrow(
      "the layer 'pool1' (average-pool) has no weights to record; layers with weights are conv1, down, conv3, dense1.",
    );
    expect(() => weightBlock(layers, 'conv2')).toThrow("has no layer 'conv2'; layers with weights are conv1");
  });
});

describe('refusals', () => {
  it('name the layer and both shapes', () => {
    expect(refused([{ type: 'conv', channels: 4, kernel: 5 }], [2, 4, 9])).toThrow(
      "the layer 'conv1', a convolution of 5×5, gets [2, 4, 9] and would leave [2, 0, 5]; its input needs at least 5×5.",
    );
    expect(
      refused([
        { type: 'max-pool', kernel: 3 },
        { type: 'max-pool', kernel: 3 },
        { type: 'dense', outputs: 2 },
      ]),
    ).toThrow("the layer 'pool2', a pool of 3×3, gets [1, 2, 2] and would leave [1, 0, 0]");
    expect(refused([{ type: 'conv', channels: 4, kernel: 3 }], 64)).toThrow('gets [64, 1, 1] and would leave');
    expect(refused([{ type: 'conv', channels: 4, kernel: 3 }], 64)).toThrow('[channels, height, width]');
    expect(
      refused([
        { type: 'conv', channels: 4, kernel: 3, padding: 1 },
        { type: 'residual', layers: [{ type: 'conv', channels: 6, kernel: 3, stride: 2, padding: 1 }], name: 'block' },
      ]),
    ).toThrow("the residual 'block' adds [6, 4, 4] of its layers to [4, 8, 8] of its shortcut");
    expect(
      refused(
        [
          { type: 'batch-norm', mean: [1, 2], variance: 1 },
          { type: 'dense', outputs: 2 },
        ],
        [3, 4, 4],
      ),
    ).toThrow("the layer 'norm1' gets 3 channels and has a mean of 2 numbers");
  });

  it('state the limit of a setting', () => {
    expect(
      refused([
        { type: 'dropout', rate: 1 },
        { type: 'dense', outputs: 2 },
      ]),
    ).toThrow("the layer 'dropout1' drops a share of 1; the rate of a dropout is at least 0 and below 1.");
    expect(refused([{ type: 'dropout', rate: -0.1 }])).toThrow('drops a share of -0.1');
    expect(refused([{ type: 'conv', channels: 1, kernel: 8 }])).toThrow('kernel of 8; convolutions take 1 to 7');
    expect(refused([{ type: 'conv', channels: 1, kernel: 3, padding: 3 }])).toThrow('padding of 3 with a kernel of 3');
    expect(refused([{ type: 'batch-norm', mean: 0, variance: -1 }])).toThrow('variance below 0: -1');
    expect(refused([])).toThrow('at least one layer');
    expect(refused([{ type: 'relu' }])).toThrow('at least one layer with weights');
    expect(refused([{ type: 'residual', layers: [] }])).toThrow('empty list of layers');
    expect(refused([{ type: 'dense', outputs: 1 }], [1, 2] as never)).toThrow('[channels, height, width]; got [1, 2]');
    expect(refused([{ type: 'attention' } as never])).toThrow("spec.layers[0].type must be 'dense'");
    expect(
      refused(
        [
          { type: 'dense', outputs: 1 << 24 },
          { type: 'dense', outputs: 1 << 20 },
        ],
        1,
      ),
    ).toThrow('weights');
  });
});

describe('multilayer perceptrons', () => {
  const specs: NetworkSpec[] = [
    { widths: [7, 5, 4, 3], activation: 'relu', bias: false, loss: 'cross-entropy' },
    { widths: [4, 6, 2], activation: 'tanh', bias: true, loss: 'squared-error' },
    { widths: [3, 2, 2], activation: 'identity', bias: true, loss: 'cross-entropy' },
    { widths: [3, 2], activation: 'identity', bias: false, loss: 'cross-entropy' },
  ];
  it.each(specs)('$widths have the same flat vector as layers, and are found again', (spec) => {
    const layered = layeredOf(spec);
    expect(layeredShapes(layered)).toEqual(parameterShapes(spec));
    expect(layeredCount(layered)).toBe(parameterCount(spec));
    expect(initialLayeredWeights(layered, randomKey(3))).toEqual(initialWeights(spec, randomKey(3)));
    expect(perceptronOf(layered)).toEqual(spec);
  });

  it('are not found in other networks', () => {
    expect(perceptronOf(namedNetwork('lenet5', [1, 28, 28], 10))).toBeUndefined();
    expect(perceptronOf(network([{ type: 'dense', outputs: 3 }]))).toBeUndefined(); // another name
    const [first, ...rest] = layeredOf(specs[0]).layers;
    expect(perceptronOf(network([{ ...first, bias: true } as LayerSpec, ...rest], 7))).toBeUndefined();
  });

  it('by name are that of ivf2021', () => {
    expect(perceptronOf(namedNetwork('mlp', [1, 28, 28], 10))).toEqual({
      widths: [784, 50, 50, 10],
      activation: 'relu',
      bias: false,
      loss: 'cross-entropy',
    });
  });
});

describe('named networks', () => {
  it('fit MNIST and CIFAR-10', () => {
    const counts = (input: [number, number, number]) =>
      NETWORK_NAMES.map((name) => layeredCount(namedNetwork(name, input, 10)));
    // resnet8: stem 9·16·c + 32, blocks 4672 + 14464 + 57600, dense 650
    expect(counts([1, 28, 28])).toEqual([42200, 61706, 105866, 77562]);
    expect(counts([3, 32, 32])).toEqual([156600, 62006, 136874, 77850]);
    expect(() => namedNetwork('lenet5', 784, 10)).toThrow("'lenet5' convolves images and gets 784 inputs");
  });
});

describe('initial weights', () => {
  const spec = network([
    { type: 'conv', channels: 20, kernel: 5 },
    { type: 'batch-norm', mean: 0, variance: 1 },
    { type: 'layer-norm' },
    { type: 'dense', outputs: 30 },
  ]);
  const weights = initialLayeredWeights(spec, randomKey(1));
  const of = (name: string) => {
    const p = resolveLayers(spec)
      .flatMap((l) => l.parameters)
      .find((q) => q.name === name)!;
    return weights.subarray(p.offset, p.offset + p.size);
  };

  it('are uniform in ±1/√fan_in, those of a convolution over its taps', () => {
    for (const [name, fan] of [
      ['conv1.weight', 25],
      ['conv1.bias', 25],
      ['dense1.weight', 320],
      ['dense1.bias', 320],
    ] as const) {
      const values = of(name);
      const bound = 1 / Math.sqrt(fan);
      expect(Math.max(...values.map(Math.abs)), name).toBeLessThanOrEqual(Math.fround(bound));
      expect(Math.max(...values.map(Math.abs)), name).toBeGreaterThan(0.7 * bound);
      // mean 0 ± bound/√(3n), four standard errors
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      expect(Math.abs(mean), name).toBeLessThan((4 * bound) / Math.sqrt(3 * values.length));
    }
  });

  it('of norms are 1, their biases 0', () => {
    for (const name of ['norm1', 'norm2']) {
      expect(new Set(of(`${name}.weight`))).toEqual(new Set([1]));
      expect(new Set(of(`${name}.bias`))).toEqual(new Set([0]));
    }
    expect(of('norm2.weight').length).toBe(20 * 4 * 4);
  });
});
