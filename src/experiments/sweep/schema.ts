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
    .describe('of the folder and the report; by default that of the file'),
  notes: z.string().default('').describe('printed on the report'),
  experiment: z.enum(EXPERIMENTS).default('train'),
  base: orEmpty(tree).describe('a config as the experiment takes it; what all cells share'),
  axes: orEmpty(tree).describe('config keys, dotted, and their values'),
  groups: z
    .array(z.array(z.string()).min(1))
    .optional()
    .describe('axes that move together, by key; the product is taken over the groups'),
  design: z
    .union(
      [
        z.enum(['product', 'zip']),
        z.strictObject({ random: count, seed: z.int().min(0).default(0) }),
        z.strictObject({ sobol: count }),
      ],
      'expected product, zip, {random: 64, seed: 1} or {sobol: 64}',
    )
    .default('product'),
  measure: z
    .array(z.union([z.string().min(1), z.looseObject({ name: z.string().min(1) })]))
    .min(1)
    .optional()
    .describe('what is measured at the end of training, or ids of findings'),
  until: z
    .union(
      [
        z.strictObject({ epochs: count }),
        z.strictObject({ steps: count }),
        z.strictObject({ loss: z.number().positive(), within: count.describe('most steps') }),
      ],
      'expected {epochs: n}, {steps: n} or {loss: L, within: steps}',
    )
    .optional()
    .describe('when training ends'),
  laws: z.array(z.string().min(1)).default([]),
  figures: z.array(z.looseObject({ kind: z.enum(['curve', 'heat', 'collapse']) })).default([]),
});

/** A sweep as a person writes it. */
export type PartialSweep = Omit<z.input<typeof sweepSchema>, 'base' | 'axes'> & {
  readonly base?: Readonly<Record<string, unknown>>;
  readonly axes?: Readonly<Record<string, unknown>>;
};
