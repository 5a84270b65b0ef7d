/** The schema of the config of `forget`: every key with its default and its allowed values. */
import { z } from 'zod';
import type { NetworkName } from '../../model/layered/named.js';
import { layeredNetwork, namedNetworkKey } from '../../runs/layered-schema.js';
import { schema as common } from '../../runs/schema.js';

const positive = z.number().positive();
const count = z.int().min(1);
const { data, optimiser } = common.shape;

/** All keys of the config. */
export const forgetSchema = z.strictObject({
  experiment: z.literal('forget').default('forget').describe('What the config belongs to.'),
  preset: z
    .enum(['quick', 'standard'])
    .default('standard')
    .describe('The preset whose values hold where the config and the flags say nothing.'),
  seeds: count.default(5).describe('The number of seeds, which are 0 … n−1.'),
  protocol: z
    .string()
    .default('digits-pairs')
    .describe(
      'The tasks: digits-pairs, digits-halves, permuted, permuted-5, or the classes of each task, such as 0,1/2,3.',
    ),
  head: z
    .enum(['task-known', 'all-compete'])
    .default('task-known')
    .describe('Whether each task has outputs of its own, or the outputs of all tasks compete.'),
  methods: z
    .array(z.string())
    .min(1)
    .default([
      'none',
      'l2',
      'ewc',
      'ewc-empirical',
      'ldc',
      'variance',
      'hessian',
      'random',
      'potential',
      'vortex',
      'frozen',
      'replay-100',
      'replay-validation',
      'joint',
    ])
    .describe('The methods that are compared, by name.'),
  strengths: z
    .array(positive)
    .min(1)
    .default([0.01, 0.1, 1, 10, 100, 1000, 10_000])
    .describe(
      'The strengths λ that are tried, in units of the natural strength of each method unless absolute is true.',
    ),
  extend: z
    .int()
    .min(0)
    .default(3)
    .describe(
      'The most strengths that are added, one at a time, beyond an end of the list while the best one lies there.',
    ),
  absolute: z.boolean().default(false).describe('Whether strengths are λ itself.'),
  constraints: z
    .array(count)
    .min(1)
    .default([2, 5, 10, 20, 50])
    .describe('The numbers N_c of axes that are constrained in each layer; methods are compared at the largest.'),
  layers: z
    .union([z.literal('all'), z.array(z.string()).min(1)])
    .default('all')
    .describe("The layers that are constrained: 'all', or a list of names."),
  frozen: z
    .array(z.string())
    .min(1)
    .default(['layer1'])
    .describe('The layers that the method frozen no longer trains after task 1.'),
  several: z
    .enum(['separate', 'online'])
    .default('separate')
    .describe(
      'Whether, with more than two tasks, each task keeps an anchor of its own, or all are moved to the newest.',
    ),
  data,
  network: z
    .strictObject({
      hidden: z.array(count).min(1).default([50, 50]).describe('The numbers of units of the hidden layers.'),
      activation: z
        .enum(['relu', 'tanh', 'identity'])
        .default('relu')
        .describe('The function that every hidden unit applies.'),
      bias: z.boolean().default(false).describe('Whether every layer adds a trainable bias.'),
    })
    .prefault({})
    .describe('The multilayer perceptron that learns the tasks; inputs and outputs follow from the data.'),
  optimiser,
  training: z
    .strictObject({
      learningRate: positive.default(0.1).meta({ description: 'The learning rate η.', unit: 'weight²/nat' }),
      momentum: z.number().min(0).lt(1).default(0).describe('The momentum μ of SGD.'),
      batchSize: count.default(50).meta({ description: 'The size B of a minibatch.', unit: 'samples' }),
      firstEpochs: count.default(10).meta({ description: 'The epochs of task 1 before its window.', unit: 'epochs' }),
      windowEpochs: count.default(5).meta({
        description: 'The epochs of task 1 from which its statistics are taken, and at whose end its solution lies.',
        unit: 'epochs',
      }),
      windowEvery: count
        .max(200)
        .default(2)
        .meta({ description: 'The steps between recorded rows of the window.', unit: 'steps' }),
      epochs: count.default(5).meta({ description: 'The epochs of every later task.', unit: 'epochs' }),
      validationShare: z
        .number()
        .gt(0)
        .lt(1)
        .default(1 / 6)
        .describe('The share of the training samples that is held out to choose strengths.'),
    })
    .prefault({})
    .describe('How the tasks are trained.'),
  statistics: z
    .strictObject({
      samples: count.default(10_000).meta({
        description:
          'The most training samples of a task that are measured for its constraint; 2000 for networks of layers.',
        unit: 'samples',
      }),
      layer: z
        .string()
        .default('')
        .describe(
          'The layer in which motion and loss along principal directions are reported; the last hidden one where it is not given.',
        ),
      profiles: z
        .array(count)
        .default([1, 5, 20])
        .describe('Ranks of the principal directions along which the loss is drawn.'),
      modes: count
        .default(200)
        .describe('The number of directions of that layer along which motion is reported; 20 for networks of layers.'),
    })
    .prefault({})
    .describe('What is measured of the tasks.'),
  workers: z
    .int()
    .min(0)
    .default(0)
    .describe('The number of worker threads; 0 takes one for each core. It changes no number.'),
  provider: z
    .enum(['auto', 'embedded', 'system'])
    .default('auto')
    .describe(
      'The linear algebra: embedded is our own, system the installed LAPACK; auto takes system where it is there.',
    ),
});

/** The same keys for a network of layers; its input follows from the data, and the outputs of its last layer from the tasks. */
export const forgetLayeredSchema = forgetSchema.extend({ network: z.union([layeredNetwork, namedNetworkKey]) });

/** Describes a complete config, with all defaults filled in. */
export type ForgetConfig = Omit<z.output<typeof forgetSchema>, 'network'> & {
  network: z.output<typeof forgetSchema>['network'] | z.output<typeof forgetLayeredSchema>['network'];
};
/** Describes a config as a person writes it, in which any key may be missing. */
export type PartialForget = Omit<z.input<typeof forgetSchema>, 'network'> & {
  network?: z.input<typeof forgetSchema>['network'] | z.input<typeof forgetLayeredSchema>['network'] | NetworkName;
};

/** The presets by name. */
export const FORGET_PRESETS: Readonly<Record<'quick' | 'standard', PartialForget>> = {
  /** Seconds, on a synthetic set of four classes: for a first report, and CI. It allows no conclusion on real data. */
  quick: {
    protocol: '0,1/2,3',
    seeds: 3,
    data: { set: 'teacher', teacher: { network: { widths: [16, 12, 4] }, train: 1600, test: 800 } },
    network: { hidden: [16, 12] },
    strengths: [0.1, 1, 10, 100],
    constraints: [4, 16],
    training: { batchSize: 20, firstEpochs: 10, windowEpochs: 5, epochs: 5 },
    statistics: { profiles: [1, 5], modes: 60 },
  },
  /** {1, 2}, then {3, 4}, five seeds: about four minutes on two cores. */
  standard: {},
};
