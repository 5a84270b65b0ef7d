/** The schema of a run's config: every key with its default and its allowed values. */
import { z } from 'zod';
import type { NetworkName } from '../model/layered/named.js';
import { layeredNetwork, namedNetworkKey } from './layered-schema.js';

const positive = z.number().positive();
const count = z.int().min(1);
const numbers = z.union([z.number(), z.array(z.number()).min(1)]);

const ACTIVATIONS = ['relu', 'tanh', 'identity'] as const;
const LOSSES = ['cross-entropy', 'squared-error'] as const;
const SQUARED = 'squared-error is ½ Σ_outputs (z − y)², a mean over samples; labels become targets 0 and 1.';

const network = z
  .strictObject({
    widths: z
      .array(count)
      .min(2)
      .default([784, 50, 50, 10])
      .describe('Numbers of units: the inputs, every hidden layer, the outputs.'),
    activation: z.enum(ACTIVATIONS).default('relu').describe('The function that every hidden unit applies.'),
    bias: z.boolean().default(false).describe('Whether every layer adds a trainable bias.'),
    loss: z.enum(LOSSES).default('cross-entropy').describe(`The loss of one sample. ${SQUARED}`),
  })
  .describe('The multilayer perceptron that is trained.');

/** The keys of a teacher set, with the defaults that runs and `loadDataset` have in common. */
export const teacherSchema = z
  .strictObject({
    network: z
      .strictObject({
        widths: z
          .array(count)
          .min(2)
          .default([20, 16, 4])
          .describe('Numbers of units of the network that gives the labels.'),
        activation: z.enum(ACTIVATIONS).default('tanh').describe('The function that its hidden units apply.'),
        bias: z.boolean().default(false).describe('Whether its layers have random biases.'),
        loss: z
          .enum(LOSSES)
          .default('cross-entropy')
          .describe('Whether the outputs become labels (cross-entropy) or targets (squared-error).'),
      })
      .prefault({})
      .describe(
        'The random network that labels the inputs; a student has its shape where the config states no network.',
      ),
    train: count.default(2000).meta({ description: 'The number of training samples that are drawn.', unit: 'samples' }),
    test: z
      .int()
      .min(0)
      .default(500)
      .meta({ description: 'The number of test samples that are drawn.', unit: 'samples' }),
    labelNoise: z
      .number()
      .min(0)
      .default(0)
      .describe(
        'Noise of the training labels: with cross-entropy the probability that a label becomes another class, with squared-error the standard deviation of normal numbers added to the targets.',
      ),
    spectrum: z
      .array(z.number().min(0))
      .optional()
      .describe('Variances of the inputs, one for each; every input has variance 1 where they are not given.'),
    seed: z.int().min(0).default(1).describe('The seed of the set, which does not follow the seed of the run.'),
  })
  .describe('The synthetic set that is used with data.set: teacher.');

const stop = z.discriminatedUnion('rule', [
  z.strictObject({
    rule: z.literal('epochs').describe('Training ends after a number of epochs.'),
    epochs: count.meta({ description: 'The number of epochs before the window.', unit: 'epochs' }),
  }),
  z.strictObject({
    rule: z
      .literal('zero-training-error')
      .describe('Training ends after the first epoch at whose end no training sample is misclassified.'),
  }),
  z.strictObject({
    rule: z
      .literal('accuracy-and-loss')
      .describe('Training ends when the mean accuracy lies above one number and the mean loss below another.'),
    accuracy: z.number().min(0).max(1).default(0.99).describe('The share of training samples that has to be exceeded.'),
    loss: positive.default(5e-5).meta({ description: 'The training loss that has to be undercut.', unit: 'nat' }),
    overEpochs: count
      .default(10)
      .meta({ description: 'The number of last epochs over which both means are taken.', unit: 'epochs' }),
  }),
]);

/**
 * All keys: those that determine the numbers of a run, and `workers`, `kernel`, `provider`, which affect only its speed
 * or last bits.
 */
export const schema = z.strictObject({
  experiment: z.literal('ivf2021').default('ivf2021').describe('What the config belongs to.'),
  preset: z
    .enum(['quick', 'standard', 'paper'])
    .default('standard')
    .describe('The preset whose values hold where the config and the flags say nothing.'),
  seed: z.int().min(0).default(0).describe('The seed of the initial weights, of the batches and of every resampling.'),
  data: z
    .strictObject({
      set: z
        .string()
        .regex(
          /^(mnist|fashion-mnist|teacher|idx:.+|cifar10:.+)$/,
          "expected 'mnist', 'fashion-mnist', 'idx:DIR', 'cifar10:DIR' or 'teacher'",
        )
        .default('mnist')
        .describe(
          'The data set: mnist, fashion-mnist, teacher (synthetic), idx:DIR (a folder of IDX files) or cifar10:DIR (its binary files).',
        ),
      limit: count.optional().meta({
        description: 'The number of training samples, which are the first ones of the set; all where it is not given.',
        unit: 'samples',
      }),
      classes: z
        .array(z.int().min(0))
        .min(1)
        .optional()
        .describe('The classes that are used, relabelled 0, 1, … in this order; all where it is not given.'),
      teacher: teacherSchema.optional(),
      normalize: z
        .strictObject({
          mean: numbers.describe('What is subtracted: one number, one for each channel, or one for each input.'),
          std: numbers.describe(
            'What the difference is divided by: one number, one for each channel, or one for each input.',
          ),
        })
        .optional()
        .describe(
          'Inputs become (x − mean)/std, where bytes are x = 0 … 1; they stay as they are where it is not given.',
        ),
    })
    .prefault({})
    .describe('The samples that the network learns.'),
  network: network.prefault({}),
  layers: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'Names of the modules of a file of weights (what comes before .weight), in the order of the network; for commands that take --weights.',
    ),
  training: z
    .strictObject({
      learningRate: positive.default(0.1).meta({ description: 'The learning rate η.', unit: 'weight²/nat' }),
      momentum: z.number().min(0).lt(1).default(0).describe('The momentum μ of SGD.'),
      batchSize: count.default(50).meta({ description: 'The size B of a minibatch.', unit: 'samples' }),
      sampling: z
        .enum(['shuffled', 'replaced', 'cyclic'])
        .default('shuffled')
        .describe(
          'How minibatches are drawn: shuffled gives a new order in each epoch, replaced draws every sample independently, cyclic keeps one order.',
        ),
      lastBatch: z
        .enum(['drop', 'keep'])
        .default('drop')
        .describe('Whether an epoch leaves out the samples that do not fill a minibatch, or ends with a smaller one.'),
      maxEpochs: count
        .default(300)
        .meta({ description: 'The most epochs of a run, those of the window included.', unit: 'epochs' }),
      stop: stop
        .default({ rule: 'zero-training-error' })
        .describe(
          'The rule that ends training, after which the window begins. A stated rule replaces that of the preset whole.',
        ),
      evaluateEvery: count
        .default(1)
        .meta({ description: 'Epochs between evaluations of the full training and test loss.', unit: 'epochs' }),
    })
    .prefault({})
    .describe('How the network is trained.'),
  optimiser: z
    .looseObject({ type: z.string().describe('The kind: sgd, rmsprop, adam or adamw.') })
    .optional()
    .describe(
      'How steps follow from gradients. Without it, SGD with training.learningRate and training.momentum is used; with it, both may be stated here instead.',
    ),
  record: z
    .strictObject({
      layer: z
        .string()
        .default('layer2')
        .describe(
          'The layer whose weights are recorded after every step; the first of record.layers where these are given.',
        ),
      layers: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe('Several layers that are recorded and measured in one run, in place of record.layer.'),
      windowEpochs: count
        .default(10)
        .meta({ description: 'The length of the window, which begins when the stopping rule is met.', unit: 'epochs' }),
    })
    .prefault({})
    .describe('What is recorded.'),
  analysis: z
    .strictObject({
      centre: z
        .enum(['mean', 'last'])
        .default('mean')
        .describe('The place around which the landscape is measured: the mean of the window, or the last weights.'),
      directions: z
        .union([z.literal('all'), count, z.array(count).min(1)])
        .default(120)
        .describe(
          "The principal directions whose flatness is measured: 'all', a number of log-spaced ranks, or a list of ranks from 1.",
        ),
      relativeTolerance: z
        .number()
        .min(1e-12)
        .max(0.1)
        .default(1e-4)
        .describe(
          'The relative accuracy with which the places are found where the loss is e times that of the centre.',
        ),
      profiles: z
        .array(count)
        .default([5, 20, 50, 100, 200])
        .describe('Ranks of the directions along which the whole loss profile is drawn.'),
      memoryBudget: z
        .int()
        .min(1e6)
        .default(1e9)
        .meta({ description: 'The memory that the analysis may use for matrices.', unit: 'bytes' }),
    })
    .prefault({})
    .describe('What is measured of the window.'),
  workers: z
    .int()
    .min(0)
    .default(0)
    .describe('The number of worker threads; 0 takes one for each core. It changes no number.'),
  kernel: z
    .enum(['auto', 'fma', 'simd'])
    .default('auto')
    .describe('The build of the kernels: auto takes fma where the machine has it. The builds differ in last bits.'),
  provider: z
    .enum(['auto', 'embedded', 'system'])
    .default('auto')
    .describe(
      'The linear algebra: embedded is our own, system the installed LAPACK; auto takes system where it is there.',
    ),
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
