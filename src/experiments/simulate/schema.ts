/**
 * The schema of the config of `thermograd simulate`: every key with its default and its allowed values. Formulas are
 * text or numbers.
 */
import { z } from 'zod';
import { INTERPRETATIONS } from '../../theory/models/interpretation.js';

const positive = z.number().positive();
/** A formula in the coordinates and the parameters, or a number. */
const formula = z.union([z.string().min(1), z.number()]);
const tensor = z.strictObject({
  xx: formula.describe('The component along x, a formula or a number.'),
  xy: formula.default(0).describe('The component that correlates x and y, a formula or a number.'),
  yy: formula.optional().describe('The component along y, a formula or a number, which two coordinates need.'),
});
const sides = z.enum(['open', 'reflecting', 'absorbing', 'periodic']).default('open');
const SIDES =
  'open has no wall, and the grid must hold the mass; reflecting is a wall; absorbing removes walkers; periodic, at both sides, makes the axis a ring.';
const axis = z.strictObject({
  from: z.number().meta({ description: 'The lower end of the grid.', unit: 'weight' }),
  to: z.number().meta({ description: 'The upper end of the grid.', unit: 'weight' }),
  cells: z
    .int()
    .min(8)
    .max(100_000)
    .optional()
    .describe('The cells of densities and of Fokker-Planck along this axis; 400 with one coordinate, 160 with two.'),
  lower: sides.describe(`What happens at the lower end: ${SIDES}`),
  upper: sides.describe(`What happens at the upper end: ${SIDES}`),
});
const point = z.array(z.number()).min(1).max(2);
/** `sgd:` without a value is null in YAML. */
const settings = <T extends z.ZodType>(shape: T) => z.preprocess((v) => (v === null ? {} : v), shape);
const walkers = z.int().min(2).default(2000).describe('The number of independent walkers.');
const bound = positive
  .default(1e6)
  .meta({ description: 'The largest |x| or |y|, beyond which a walker counts as diverged.', unit: 'weight' });

/** All keys: those that determine the numbers, and `workers`, which does not. */
export const simulationSchema = z.strictObject({
  title: z.string().optional().describe('The title of the report.'),
  seed: z.int().min(0).default(0).describe('The seed of all walkers.'),
  variables: z
    .array(z.enum(['x', 'y']))
    .min(1)
    .max(2)
    .default(['x', 'y'])
    .describe('The coordinates: [x] or [x, y].'),
  parameters: z.record(z.string(), z.number()).default({}).describe('Numbers that formulas may use by name.'),
  landscape: z
    .strictObject({
      loss: formula.optional().meta({ description: 'The loss L(x, y), a formula.', unit: 'nat' }),
      valley: z
        .strictObject({
          floor: formula.meta({ description: 'The loss along the floor, a formula of x.', unit: 'nat' }),
          curvature: formula.meta({
            description: 'The curvature across the floor, a formula of x.',
            unit: 'nat/weight²',
          }),
        })
        .optional()
        .describe('A valley along x: L = floor(x) + curvature(x) y²/2. The adiabatic method needs it.'),
      force: z.array(formula).min(1).max(2).optional().meta({
        description: 'A force that is added to minus the gradient and need not be one, a formula for each coordinate.',
        unit: 'nat/weight',
      }),
    })
    .prefault({})
    .describe('The landscape in which walkers move.'),
  noise: z
    .strictObject({
      diffusion: tensor.optional().meta({ description: 'The diffusion D.', unit: 'weight² per η·step' }),
      covariance: tensor.optional().meta({
        description: 'The covariance C of one minibatch gradient, from which D = ηC/2 follows.',
        unit: 'nat²/weight²',
      }),
      interpretation: z
        .enum(INTERPRETATIONS)
        .optional()
        .describe(
          'How noise that depends on the place is meant by Langevin and Fokker-Planck; ito where it is not given, which SGD itself always is.',
        ),
      batch: z
        .strictObject({
          loss: formula.optional().meta({
            description: 'The loss of one minibatch, a formula of the coordinates and of n1, n2, …',
            unit: 'nat',
          }),
          gradient: z.array(formula).min(1).max(2).optional().meta({
            description:
              'The gradient of one minibatch, a formula for each coordinate; a loss beside it is only drawn.',
            unit: 'nat/weight',
          }),
          normals: z
            .int()
            .min(1)
            .max(4)
            .default(1)
            .describe('How many independent standard normal numbers n1, n2, … every step draws.'),
        })
        .optional()
        .describe('Minibatches as random formulas, in place of diffusion and covariance.'),
    })
    .describe('The noise, which is given in one of three ways: diffusion, covariance or batch.'),
  learningRate: positive
    .optional()
    .meta({ description: 'The learning rate η, which SGD and a covariance need.', unit: 'weight²/nat' }),
  momentum: z.number().min(0).lt(1).default(0).describe('The momentum μ of SGD.'),
  start: z
    .strictObject({
      point: point.optional().meta({ description: 'The place at which all walkers begin.', unit: 'weight' }),
      mean: point
        .optional()
        .meta({ description: 'The mean of a normal distribution of starting places.', unit: 'weight' }),
      deviation: z
        .union([z.number().min(0), point])
        .optional()
        .meta({ description: 'Its standard deviation, one number or one for each coordinate.', unit: 'weight' }),
      low: point.optional().meta({ description: 'The lower corner of a uniform distribution.', unit: 'weight' }),
      high: point.optional().meta({ description: 'Its upper corner.', unit: 'weight' }),
    })
    .default({})
    .describe(
      'Where walkers begin: point; mean and deviation; or low and high. The middle of the grid where it is not given.',
    ),
  grid: z
    .strictObject({
      x: axis.describe('The axis of x.'),
      y: axis.optional().describe('The axis of y, which two coordinates need.'),
    })
    .describe('The grid on which densities are counted and computed.'),
  time: z
    .strictObject({
      mode: z
        .enum(['stationary', 'transient'])
        .default('stationary')
        .describe('Whether averages of the stationary state are measured, or the motion from the start on.'),
      until: positive.optional().meta({ description: 'The length of a transient run.', unit: 'η·steps' }),
      outputs: z
        .int()
        .min(2)
        .max(10_000)
        .default(40)
        .describe('The number of times at which moments of a transient run are measured.'),
      snapshots: z
        .array(z.number().min(0))
        .max(20)
        .optional()
        .meta({ description: 'The times at which densities of a transient run are kept.', unit: 'η·steps' }),
      burnIn: z.number().min(0).optional().meta({
        description:
          'The time before anything is counted in a stationary run; it follows from the slowest relaxation where it is not given.',
        unit: 'η·steps',
      }),
      length: positive.optional().meta({
        description:
          'The time that each walker is counted in a stationary run; ten times the slowest relaxation where it is not given.',
        unit: 'η·steps',
      }),
    })
    .prefault({})
    .describe('How long walkers move, and when they are looked at.'),
  methods: z
    .strictObject({
      sgd: settings(z.strictObject({ walkers, bound })).optional().describe('The map of SGD itself, step by step.'),
      langevin: settings(
        z.strictObject({
          walkers,
          timestep: positive.optional().meta({
            description: 'The step of the integrator; by default a twentieth of the fastest relaxation.',
            unit: 'η·steps',
          }),
          scheme: z
            .enum(['euler-maruyama', 'platen-weak-2', 'strong-1.5-additive'])
            .default('platen-weak-2')
            .describe('The integrator; strong-1.5-additive takes noise that does not depend on the place.'),
          bound,
        }),
      )
        .optional()
        .describe('Walkers of the Langevin equation.'),
      'fokker-planck': settings(
        z.strictObject({
          timestep: positive.optional().meta({
            description: 'The step of a transient solution; by default a 400th of time.until.',
            unit: 'η·steps',
          }),
        }),
      )
        .optional()
        .describe('The density on the grid, which is computed from a jump process between its cells.'),
      adiabatic: settings(
        z.strictObject({
          order: z
            .enum(['leading', 'next'])
            .default('leading')
            .describe(
              'Whether the fluctuations across are left out of the diffusion along the valley (leading) or added to it (next).',
            ),
          steps: z
            .enum(['continuous', 'finite'])
            .default('continuous')
            .describe(
              'Whether the variance across is that of continuous time or that of the map of SGD, whose steps are finite.',
            ),
        }),
      )
        .optional()
        .describe('The effective loss along a valley whose other coordinate is eliminated.'),
    })
    .describe('The methods that are compared, at least one; a method without settings is written as {}.'),
  paths: z
    .strictObject({
      count: z.int().min(0).max(100).default(6).describe('The number of walkers whose paths are kept.'),
      points: z.int().min(2).max(100_000).default(400).describe('The number of points of each path.'),
    })
    .prefault({})
    .describe('Sample paths of the walkers for the figures.'),
  units: z
    .strictObject({
      dimensionless: z.boolean().default(true).describe('Whether the computation and its results use these units.'),
      at: point.meta({ description: 'The place whose curvature and noise give the units.', unit: 'weight' }),
    })
    .optional()
    .describe('Length, time and loss in units of curvature and noise at a place.'),
  workers: z
    .int()
    .min(0)
    .default(0)
    .describe('The number of worker threads; 0 takes one for each core. It changes no number.'),
});

/** Describes a complete config, with all defaults filled in. */
export type SimulationConfig = z.output<typeof simulationSchema>;
/** Describes a config as a person writes it, in which most keys may be missing. */
export type PartialSimulationConfig = z.input<typeof simulationSchema>;
