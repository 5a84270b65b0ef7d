/** The part of a run's config that describes its optimiser: keys and kinds of values; `completeOptimiser` checks what they mean. */
import { z } from 'zod';

const number = z.number().optional();

const schedule = z
  .strictObject({
    type: z.enum(['constant', 'step', 'cosine']),
    warmup: number.describe('steps or epochs of linear growth first'),
    unit: z.enum(['steps', 'epochs']).optional().describe('of the lengths; steps by default'),
    every: number.describe('of step: length between drops'),
    at: z.array(z.number()).optional().describe('of step: where drops are'),
    factor: number.describe('of step: what a drop multiplies the rate by'),
    length: number.describe('of cosine'),
    minimum: number.describe('of cosine: the last rate, 0 by default'),
  })
  .optional();

/** An optimiser in a config; the names are those of `OptimiserSpec`. */
export const optimiserKey = z
  .strictObject({
    type: z.enum(['sgd', 'rmsprop', 'adam', 'adamw']),
    learningRate: number,
    momentum: number,
    nesterov: z.boolean().optional(),
    dampening: number,
    weightDecay: number,
    decoupled: z.boolean().optional(),
    beta1: number,
    beta2: number,
    alpha: number,
    epsilon: number,
    clipNorm: number.describe('gradients are shortened to this norm'),
    schedule,
  })
  .describe('how steps follow from gradients; SGD with training.momentum where it is not given');
