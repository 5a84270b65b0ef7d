/** What may stand in the file of a sweep, and the type of a complete one. */
import { z } from 'zod';
import type { Axis } from './axes.js';
import type { Until } from './measured.js';
import type { MeasureRequest } from './measures/registry.js';

/** Experiments that a cell can be: a training with measurements of its end, or a whole experiment whose findings are kept. */
export const EXPERIMENTS = [
  'train',
  'ivf2021',
  'ao2022',
  'advise',
  'simulate',
  'valley2023',
  'controls',
  'forget',
] as const;
export type ExperimentName = (typeof EXPERIMENTS)[number];

/** Says how points are made of the values of the axes. Seeds are always crossed with the points. */
export type Design =
  /** Every value of a group of axes with every value of the others; the axes of a group move together. */
  | { readonly kind: 'product'; readonly groups: readonly (readonly string[])[] }
  /** So many points, drawn with a key of their own. */
  | { readonly kind: 'random'; readonly points: number; readonly seed: number }
  /** So many points of a Sobol' sequence. */
  | { readonly kind: 'sobol'; readonly points: number };

/** A figure that is asked for: names of axes and measurements by full key or short name; further keys are options of its kind. */
export interface FigureRequest {
  readonly kind: 'curve' | 'heat' | 'collapse';
  readonly [option: string]: unknown;
}

/** Describes a complete sweep: everything that determines its cells but the seeds, which may grow. */
export interface SweepConfig {
  readonly name: string;
  readonly notes: string;
  readonly experiment: ExperimentName;
  /** The config that all cells share, as it was written. */
  readonly base: Readonly<Record<string, unknown>>;
  /** Axes in the order of the file, without `seed`. */
  readonly axes: readonly Axis[];
  readonly design: Design;
  readonly measure: readonly MeasureRequest[];
  readonly until: Until | null;
  readonly laws: readonly string[];
  readonly figures: readonly FigureRequest[];
}

/** A sweep with its seeds. */
export interface Sweep {
  readonly config: SweepConfig;
  /** Seeds in the order in which they were asked for; further ones are appended. */
  readonly seeds: readonly number[];
}

const count = z.int().min(1);
const tree = z.record(z.string(), z.unknown());
/** `axes:` without a value is null in YAML. */
const orEmpty = <T extends z.ZodType>(shape: T) => z.preprocess((v) => v ?? {}, shape);

/** All keys of the file. */
export const sweepSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.-]+$/, 'expected letters, digits, dots, dashes and underscores')
    .optional()
    .describe('The name of the folder and of the report; that of the file where it is not given.'),
  notes: z.string().default('').describe('A text that is printed on the report.'),
  experiment: z
    .enum(EXPERIMENTS)
    .default('train')
    .describe(
      'What a cell is: a training with measurements of its end, or a whole experiment whose findings are kept.',
    ),
  base: orEmpty(tree).describe('The config that all cells share, as the experiment takes it.'),
  axes: orEmpty(tree).describe(
    'Config keys, joined by dots, and their values: a list, one value, or text such as 0..9, lin 0.1..0.5 x 5 or log 0.01..1 x 9.',
  ),
  groups: z
    .array(z.array(z.string()).min(1))
    .optional()
    .describe('Lists of axes that move together; points are the product over the groups and the remaining axes.'),
  design: z
    .union(
      [
        z.enum(['product', 'zip']),
        z.strictObject({
          random: count.describe('The number of points, drawn at random.'),
          seed: z.int().min(0).default(0).describe('The seed of these points.'),
        }),
        z.strictObject({ sobol: count.describe("The number of points of a Sobol' sequence.") }),
      ],
      'expected product, zip, {random: 64, seed: 1} or {sobol: 64}',
    )
    .default('product')
    .describe(
      'How points are made of the values of the axes: product crosses them, zip takes them together. Seeds are always crossed.',
    ),
  measure: z
    .array(
      z.union([
        z.string().min(1),
        z.looseObject({ name: z.string().min(1).describe('The name of the measure; other keys are its options.') }),
      ]),
    )
    .min(1)
    .optional()
    .describe(
      'What is measured at the end of training, by name or as a mapping with name and options; of whole experiments, ids of findings.',
    ),
  until: z
    .union(
      [
        z.strictObject({ epochs: count.meta({ description: 'The length of training.', unit: 'epochs' }) }),
        z.strictObject({ steps: count.meta({ description: 'The length of training.', unit: 'steps' }) }),
        z.strictObject({
          loss: z.number().positive().meta({ description: 'The training loss at which training ends.', unit: 'nat' }),
          within: count.meta({ description: 'The most steps of training.', unit: 'steps' }),
        }),
      ],
      'expected {epochs: n}, {steps: n} or {loss: L, within: steps}',
    )
    .optional()
    .describe('When training ends, in place of training.stop of the base.'),
  laws: z
    .array(z.string().min(1))
    .default([])
    .describe('Power laws that are fitted and judged, such as psi ~ eta^a B^b, a = 1.'),
  figures: z
    .array(
      z.looseObject({
        kind: z
          .enum(['curve', 'heat', 'collapse'])
          .describe('The kind of the figure; its other keys are its axes and options.'),
      }),
    )
    .default([])
    .describe(
      'Figures that are drawn in place of those that follow from the axes: {kind: curve, x, y, by}, {kind: heat, x, y, value, bound} or {kind: collapse, y, z, x}, with names of axes and measures.',
    ),
});

/** A sweep as a person writes it. */
export type PartialSweep = Omit<z.input<typeof sweepSchema>, 'base' | 'axes'> & {
  readonly base?: Readonly<Record<string, unknown>>;
  readonly axes?: Readonly<Record<string, unknown>>;
};
