/**
 * What a person may write in a config where the schema of a run looks no further: a layer, and an optimiser. Runs check both by
 * `resolveLayers` and `completeOptimiser`, whose sentences say more; these schemas serve editors and the reference, and tests compare them
 * with those checks.
 */
import { z } from 'zod';

const count = z.int().min(1);
const positive = z.number().positive();
const name = z
  .string()
  .optional()
  .describe('The name of the layer; without one it is named by its kind and counted: conv1, conv2, dense1.');
const bias = z.boolean().default(true).describe('Whether the layer adds a trainable bias.');
const epsilon = positive.default(1e-5).describe('What is added to the variance before the root is taken.');
const perChannel = z.union([z.number(), z.array(z.number()).min(1)]);
const pool = (what: string) => ({
  name,
  kernel: count.describe(`The side of the square of which ${what} is taken.`),
  stride: count.optional().describe('The distance between windows; that of the kernel where it is not given.'),
});
const plain = <T extends string>(type: T, what: string) =>
  z.strictObject({ type: z.literal(type).describe(what), name });

/** One layer of a network. */
export const writtenLayer = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('dense').describe('Multiplies all inputs by a matrix, and adds a bias.'),
      name,
      outputs: count.describe('The number of outputs.'),
      bias,
    }),
    z.strictObject({
      type: z.literal('conv').describe("Cross-correlates the channels with square kernels, as PyTorch's Conv2d does."),
      name,
      channels: count.describe('The number of output channels.'),
      kernel: z.int().min(1).max(7).describe('The side of the kernels.'),
      stride: count.default(1).describe('The distance between windows.'),
      padding: z.int().min(0).default(0).describe('The zeros that are added on each side.'),
      bias,
    }),
    z.strictObject({
      type: z.literal('max-pool').describe('Takes the largest input of each window.'),
      ...pool('the largest input'),
    }),
    z.strictObject({ type: z.literal('average-pool').describe('Takes the mean of each window.'), ...pool('the mean') }),
    plain('global-average-pool', 'Takes the mean of each channel.'),
    plain('relu', 'Applies max(0, z) to every number.'),
    plain('tanh', 'Applies tanh z to every number.'),
    plain('gelu', 'Applies z Φ(z) to every number, with the normal distribution Φ.'),
    plain('identity', 'Changes nothing.'),
    z.strictObject({
      type: z
        .literal('layer-norm')
        .describe('Normalises each sample over all its inputs, then applies a trainable weight and bias.'),
      name,
      epsilon,
    }),
    z.strictObject({
      type: z
        .literal('batch-norm')
        .describe(
          "Normalises each channel with fixed statistics, then applies a trainable weight and bias: PyTorch's BatchNorm in the mode eval.",
        ),
      name,
      mean: perChannel.describe('The fixed mean: one number for each channel, or one for all.'),
      variance: perChannel.describe('The fixed variance: one number for each channel, or one for all.'),
      epsilon,
    }),
    z.strictObject({
      type: z
        .literal('dropout')
        .describe('Sets numbers to 0 in training and divides the others by 1 − rate; it is off when measured.'),
      name,
      rate: z.number().min(0).lt(1).describe('The probability that a number becomes 0.'),
    }),
    z.strictObject({
      type: z
        .literal('residual')
        .describe('Adds the input, or what the shortcut makes of it, to what the layers make of it.'),
      name,
      get layers(): z.ZodType {
        return z.array(writtenLayer).min(1).describe('The layers of the block.');
      },
      get shortcut(): z.ZodType {
        return z
          .array(writtenLayer)
          .optional()
          .describe('The layers beside the block; the input itself where they are not given.');
      },
    }),
  ])
  .meta({ id: 'layer' });

const timed = {
  warmup: z.number().min(0).default(0).describe('The length over which the rate first grows linearly.'),
  unit: z.enum(['steps', 'epochs']).default('steps').describe('What the lengths of the schedule count.'),
};

/** How the learning rate changes with the steps. */
const schedule = z.union([
  z.strictObject({ type: z.literal('constant').describe('The rate stays as it is.'), ...timed }),
  z.strictObject({
    type: z.literal('step').describe('The rate is multiplied by a factor from time to time.'),
    every: positive.optional().describe('The distance between these times; either this or at is given.'),
    at: z.array(positive).min(1).optional().describe('These times, ascending.'),
    factor: z.number().gt(0).lt(1).describe('The factor.'),
    ...timed,
  }),
  z.strictObject({
    type: z
      .literal('cosine')
      .describe('The rate falls along half a period of a cosine, and stays at its minimum afterwards.'),
    length: positive.describe('The length of the fall.'),
    minimum: z.number().min(0).default(0).describe('The rate at its end.'),
    ...timed,
  }),
]);

const shared = {
  learningRate: positive
    .optional()
    .describe(
      'The learning rate; training.learningRate where it is not given, otherwise 0.001 for adam and adamw, 0.01 for rmsprop.',
    ),
  decoupled: z
    .boolean()
    .optional()
    .describe(
      'Whether decay shrinks the weights beside the step in place of adding λw to the gradient; always so for adamw.',
    ),
  clipNorm: positive
    .optional()
    .describe('The largest norm of a gradient over all weights; longer ones are shortened to it.'),
  schedule: schedule
    .optional()
    .describe('How the learning rate changes with the steps; it is constant where it is not given.'),
};
const decay = (by: number) => z.number().min(0).default(by).describe('The weight decay λ.');
const momentum = z
  .number()
  .min(0)
  .lt(1)
  .optional()
  .describe('The momentum μ; training.momentum where it is not given.');
const memory = (by: number, of: string) =>
  z.number().min(0).lt(1).default(by).describe(`The memory of the mean ${of}.`);
const small = positive.default(1e-8).describe('What is added to the root of the mean squared gradient.');
const moments = { beta1: memory(0.9, 'gradient'), beta2: memory(0.999, 'squared gradient'), epsilon: small };

/** An optimiser with its settings. */
export const writtenOptimiser = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('sgd').describe('SGD, with heavy-ball momentum or that of Nesterov where it has one.'),
      ...shared,
      weightDecay: decay(0),
      momentum,
      nesterov: z.boolean().default(false).describe("Whether the momentum is Nesterov's."),
      dampening: z.number().min(0).lt(1).default(0).describe('The share by which a gradient enters the momentum less.'),
    }),
    z.strictObject({
      type: z.literal('rmsprop').describe('RMSprop.'),
      ...shared,
      weightDecay: decay(0),
      momentum,
      alpha: memory(0.99, 'squared gradient'),
      epsilon: small,
    }),
    z.strictObject({ type: z.literal('adam').describe('Adam.'), ...shared, weightDecay: decay(0), ...moments }),
    z.strictObject({
      type: z.literal('adamw').describe('Adam with decoupled decay.'),
      ...shared,
      weightDecay: decay(0.01),
      ...moments,
    }),
  ])
  .meta({ id: 'optimiser' });
