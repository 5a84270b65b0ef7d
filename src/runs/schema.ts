/** The schema of a run's config: every key with its default and its allowed values. */
import { z } from 'zod';
import type { NetworkName } from '../model/layered/named.js';
import { layeredNetwork, namedNetworkKey } from './layered-schema.js';

const positive = z.number().positive();
const count = z.int().min(1);
const numbers = z.union([z.number(), z.array(z.number()).min(1)]);

const network = z
  .strictObject({
    widths: z.array(count).min(2).default([784, 50, 50, 10]).describe('inputs, hidden widths, outputs'),
    activation: z.enum(['relu', 'tanh', 'identity']).default('relu'),
    bias: z.boolean().default(false),
    loss: z
      .enum(['cross-entropy', 'squared-error'])
      .default('cross-entropy')
      .describe('squared-error: ½ Σ_outputs (z − y)², a mean over samples; labels become targets 0 and 1'),
  })
  .describe('the multilayer perceptron');

const teacher = z
  .strictObject({
    network: z
      .strictObject({
        widths: z.array(count).min(2).default([20, 16, 4]),
        activation: z.enum(['relu', 'tanh', 'identity']).default('tanh'),
        bias: z.boolean().default(false),
        loss: z.enum(['cross-entropy', 'squared-error']).default('cross-entropy'),
      })
      .prefault({}),
    train: count.default(2000),
    test: z.int().min(0).default(500),
    labelNoise: z.number().min(0).default(0),
    spectrum: z.array(z.number().min(0)).optional().describe('variances of the inputs'),
    seed: z.int().min(0).default(1),
  })
  .describe('the synthetic set of data.set = teacher');

const stop = z.discriminatedUnion('rule', [
  z.strictObject({ rule: z.literal('epochs'), epochs: count }),
  z.strictObject({ rule: z.literal('zero-training-error') }),
  z.strictObject({
    rule: z.literal('accuracy-and-loss'),
    accuracy: z.number().min(0).max(1).default(0.99),
    loss: positive.default(5e-5),
    overEpochs: count.default(10).describe('number of last epochs over which means are taken'),
  }),
]);

/**
 * All keys: those that determine the numbers of a run, and `workers`, `kernel`, `provider`, which affect only its speed
 * or last bits.
 */
export const schema = z.strictObject({
  experiment: z.literal('ivf2021').default('ivf2021'),
  preset: z.enum(['quick', 'standard', 'paper']).default('standard'),
  seed: z.int().min(0).default(0),
  data: z
    .strictObject({
      set: z
        .string()
        .regex(
          /^(mnist|fashion-mnist|teacher|idx:.+|cifar10:.+)$/,
          "expected 'mnist', 'fashion-mnist', 'idx:DIR', 'cifar10:DIR' or 'teacher'",
        )
        .default('mnist'),
      limit: count.optional().describe('number of training samples, the first ones of the set'),
      classes: z.array(z.int().min(0)).min(1).optional().describe('use only these classes, relabelled 0, 1, …'),
      teacher: teacher.optional(),
      normalize: z
        .strictObject({ mean: numbers, std: numbers })
        .optional()
        .describe(
          'inputs become (x − mean)/std: one number, one for each channel, or one for each input; bytes are x = 0 … 1',
        ),
    })
    .prefault({}),
  network: network.prefault({}),
  layers: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('names of the modules of a file of weights (what comes before .weight), in the order of the network'),
  training: z
    .strictObject({
      learningRate: positive.default(0.1),
      momentum: z.number().min(0).lt(1).default(0),
      batchSize: count.default(50),
      sampling: z.enum(['shuffled', 'replaced', 'cyclic']).default('shuffled'),
      lastBatch: z.enum(['drop', 'keep']).default('drop'),
      maxEpochs: count.default(300).describe('the window included'),
      stop: stop.default({ rule: 'zero-training-error' }),
      evaluateEvery: count.default(1).describe('epochs between evaluations of the full training and test loss'),
    })
    .prefault({}),
  optimiser: z
    .looseObject({ type: z.string().describe('sgd, rmsprop, adam or adamw') })
    .optional()
    .describe('how steps follow from gradients; SGD with training.momentum where it is not given'),
  record: z
    .strictObject({
      layer: z
        .string()
        .default('layer2')
        .describe('whose weights are recorded; the first of layers where these are given'),
      layers: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe('several layers that are recorded and measured in one run, in place of layer'),
      windowEpochs: count.default(10).describe('epochs recorded AFTER the stopping rule is met'),
    })
    .prefault({}),
  analysis: z
    .strictObject({
      centre: z.enum(['mean', 'last']).default('mean'),
      directions: z
        .union([z.literal('all'), count, z.array(count).min(1)])
        .default(120)
        .describe("'all', a number of log-spaced ranks, or a list of ranks from 1"),
      relativeTolerance: z.number().min(1e-12).max(0.1).default(1e-4).describe('of each crossing of e·L0'),
      profiles: z.array(count).default([5, 20, 50, 100, 200]).describe('ranks whose whole loss profile is drawn'),
      memoryBudget: z.int().min(1e6).default(1e9).describe('bytes the analysis may use for matrices'),
    })
    .prefault({}),
  workers: z.int().min(0).default(0).describe('worker threads; 0: one per core'),
  kernel: z.enum(['auto', 'fma', 'simd']).default('auto'),
  provider: z.enum(['auto', 'embedded', 'system']).default('auto'),
});

/** The same keys for a network of layers. */
export const layeredSchema = schema.extend({ network: z.union([layeredNetwork, namedNetworkKey]) });

/** Describes a complete config, with all defaults filled in. */
export type Config = z.output<typeof schema>;
/** Describes a complete config whose network may be one of layers. */
export type AnyConfig = Config | z.output<typeof layeredSchema>;
/** Describes a config as a person writes it, in which any key may be missing. */
export type PartialConfig = Omit<z.input<typeof schema>, 'network'> & {
  /** A multilayer perceptron, layers, or a network by name. */
  network?: z.input<typeof network> | z.input<typeof layeredNetwork> | z.input<typeof namedNetworkKey> | NetworkName;
};
