/**
 * The schema of the config of `thermograd simulate`: every key with its default and its allowed values. Formulas are
 * text or numbers.
 */
import { z } from 'zod';
import { INTERPRETATIONS } from '../../theory/models/interpretation.js';

const positive = z.number().positive();
const formula = z.union([z.string().min(1), z.number()]).describe('a formula or a number');
const tensor = z.strictObject({
  xx: formula,
  xy: formula.default(0),
  yy: formula.optional().describe('in two coordinates'),
});
const side = z
  .enum(['open', 'reflecting', 'absorbing', 'periodic'])
  .default('open')
  .describe('open: there is no wall, and the grid must hold the mass; periodic (both sides): the axis is a ring');
const axis = z.strictObject({
  from: z.number(),
  to: z.number(),
  cells: z.int().min(8).max(100_000).optional().describe('cells of densities and of Fokker-Planck; 400, or 160×160'),
  lower: side,
  upper: side,
});
const point = z.array(z.number()).min(1).max(2);
/** `sgd:` without a value is null in YAML. */
const settings = <T extends z.ZodType>(shape: T) => z.preprocess((v) => (v === null ? {} : v), shape);

/** All keys: those that determine the numbers, and `workers`, which does not. */
export const simulationSchema = z.strictObject({
  title: z.string().optional(),
  seed: z.int().min(0).default(0),
  variables: z
    .array(z.enum(['x', 'y']))
    .min(1)
    .max(2)
    .default(['x', 'y']),
  parameters: z.record(z.string(), z.number()).default({}).describe('numbers that formulas may use by name'),
  landscape: z
    .strictObject({
      loss: formula.optional().describe('L(x, y)'),
      valley: z
        .strictObject({ floor: formula, curvature: formula })
        .optional()
        .describe('L = floor(x) + curvature(x) y^2/2'),
      force: z.array(formula).min(1).max(2).optional().describe('added to minus the gradient; need not be one'),
    })
    .prefault({}),
  noise: z.strictObject({
    diffusion: tensor.optional().describe('D, weight^2 per eta·step'),
    covariance: tensor.optional().describe('C of one minibatch gradient; D = eta C/2'),
    interpretation: z
      .enum(INTERPRETATIONS)
      .optional()
      .describe(
        'how noise that depends on the place is meant by Langevin and Fokker-Planck; SGD itself is ito. Default ito',
      ),
    batch: z
      .strictObject({
        loss: formula.optional().describe('loss of one minibatch, in the coordinates and n1, n2, …'),
        gradient: z.array(formula).min(1).max(2).optional(),
        normals: z.int().min(1).max(4).default(1).describe('how many standard normal numbers n1, n2, … a step draws'),
      })
      .optional(),
  }),
  learningRate: positive.optional(),
  momentum: z.number().min(0).lt(1).default(0),
  start: z
    .strictObject({
      point: point.optional(),
      mean: point.optional(),
      deviation: z.union([z.number().min(0), point]).optional(),
      low: point.optional(),
      high: point.optional(),
    })
    .default({})
    .describe('point; mean and deviation (normal); low and high (uniform). Default: the middle of the grid'),
  grid: z.strictObject({ x: axis, y: axis.optional() }),
  time: z
    .strictObject({
      mode: z.enum(['stationary', 'transient']).default('stationary'),
      until: positive.optional().describe('transient: length in eta·steps'),
      outputs: z
        .int()
        .min(2)
        .max(10_000)
        .default(40)
        .describe('transient: number of times at which moments are measured'),
      snapshots: z.array(z.number().min(0)).max(20).optional().describe('transient: densities at these times'),
      burnIn: z
        .number()
        .min(0)
        .optional()
        .describe('stationary: eta·steps before anything is counted; default from the slowest relaxation'),
      length: positive
        .optional()
        .describe('stationary: eta·steps that are counted, by each walker; default 10 of the slowest relaxation'),
    })
    .prefault({}),
  methods: z.strictObject({
    sgd: settings(
      z.strictObject({
        walkers: z.int().min(2).default(2000),
        bound: positive.default(1e6).describe('beyond it a walker counts as diverged'),
      }),
    ).optional(),
    langevin: settings(
      z.strictObject({
        walkers: z.int().min(2).default(2000),
        timestep: positive.optional().describe('eta·steps; by default a twentieth of the fastest relaxation'),
        scheme: z.enum(['euler-maruyama', 'platen-weak-2', 'strong-1.5-additive']).default('platen-weak-2'),
        bound: positive.default(1e6),
      }),
    ).optional(),
    'fokker-planck': settings(
      z.strictObject({ timestep: positive.optional().describe('transient: eta·steps; by default until/400') }),
    ).optional(),
    adiabatic: settings(
      z.strictObject({
        order: z.enum(['leading', 'next']).default('leading'),
        steps: z.enum(['continuous', 'finite']).default('continuous'),
      }),
    ).optional(),
  }),
  paths: z
    .strictObject({ count: z.int().min(0).max(100).default(6), points: z.int().min(2).max(100_000).default(400) })
    .prefault({})
    .describe('sample paths of the walkers, for the figures'),
  units: z
    .strictObject({ dimensionless: z.boolean().default(true), at: point })
    .optional()
    .describe('length, time and loss in units of curvature and noise at a point'),
  workers: z.int().min(0).default(0).describe('worker threads; 0: one per core. Changes no number'),
});

/** Describes a complete config, with all defaults filled in. */
export type SimulationConfig = z.output<typeof simulationSchema>;
/** Describes a config as a person writes it, in which most keys may be missing. */
export type PartialSimulationConfig = z.input<typeof simulationSchema>;
