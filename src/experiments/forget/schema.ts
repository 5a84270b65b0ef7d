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
  experiment: z.literal('forget').default('forget'),
  preset: z.enum(['quick', 'standard']).default('standard'),
  seeds: count.default(5).describe('seeds 0 … n−1'),
  protocol: z
    .string()
    .default('digits-pairs')
    .describe('digits-pairs, digits-halves, permuted, permuted-5, or classes of each task like 0,1/2,3'),
  head: z
    .enum(['task-known', 'all-compete'])
    .default('task-known')
    .describe('whether each task has outputs of its own, or all outputs compete'),
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
    ]),
  strengths: z
    .array(positive)
    .min(1)
    .default([0.01, 0.1, 1, 10, 100, 1000, 10_000])
    .describe('lambda, in units of each method’s natural one unless `absolute`'),
  extend: z
    .int()
    .min(0)
    .default(3)
    .describe('most strengths added, one at a time, beyond an end of the grid while the best one lies there'),
  absolute: z.boolean().default(false).describe('strengths are lambda itself'),
  constraints: z
    .array(count)
    .min(1)
    .default([2, 5, 10, 20, 50])
    .describe('N_c, axes constrained in each layer; methods are compared at the largest'),
  layers: z
    .union([z.literal('all'), z.array(z.string()).min(1)])
    .default('all')
    .describe('layers that are constrained'),
  frozen: z
    .array(z.string())
    .min(1)
    .default(['layer1'])
    .describe('layers that the method `frozen` excludes from training after task 1'),
  several: z
    .enum(['separate', 'online'])
    .default('separate')
    .describe('with more than two tasks: each keeps its own anchor, or all are moved to the newest'),
  data,
  network: z
    .strictObject({
      hidden: z.array(count).min(1).default([50, 50]).describe('hidden widths'),
      activation: z.enum(['relu', 'tanh', 'identity']).default('relu'),
      bias: z.boolean().default(false),
    })
    .prefault({}),
  optimiser,
  training: z
    .strictObject({
      learningRate: positive.default(0.1),
      momentum: z.number().min(0).lt(1).default(0),
      batchSize: count.default(50),
      firstEpochs: count.default(10).describe('epochs of task 1 before its window'),
      windowEpochs: count
        .default(5)
        .describe('epochs of task 1 that its statistics are taken from; its solution is their end'),
      windowEvery: count.max(200).default(2).describe('steps between recorded rows of the window'),
      epochs: count.default(5).describe('epochs of every later task'),
      validationShare: z
        .number()
        .gt(0)
        .lt(1)
        .default(1 / 6)
        .describe('share of the training samples held out to choose strengths'),
    })
    .prefault({}),
  statistics: z
    .strictObject({
      samples: count.default(10_000).describe('most training samples of a task that are measured for its constraint'),
      layer: z
        .string()
        .default('')
        .describe('layer in which motion and loss along principal directions are reported; the last hidden one'),
      profiles: z.array(count).default([1, 5, 20]).describe('ranks of principal directions whose loss is drawn'),
      modes: count.default(200).describe('directions of that layer along which motion is reported'),
    })
    .prefault({}),
  workers: z.int().min(0).default(0).describe('worker threads; 0: one per core'),
  provider: z.enum(['auto', 'embedded', 'system']).default('auto'),
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
