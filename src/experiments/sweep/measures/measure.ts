/** What a measure of a sweep is. */
import { z } from 'zod';
import type { Measured } from '../measured.js';
import type { Bench } from './bench.js';

/** Defines a measure. */
export interface MeasureKind<O = Record<string, unknown>> {
  readonly name: string;
  /** What it is, with its equation and units, in one sentence. */
  readonly what: string;
  /** The columns that it fills, with what each holds. */
  readonly columns: Readonly<Record<string, string>>;
  /** Its options with their defaults. */
  readonly options: z.ZodType<O>;
  /** Whether it is measured over the samples that the option `samples` names. */
  readonly ofSamples?: boolean;
  /** Whether it can be said of a training that diverged. */
  readonly afterDivergence?: boolean;
  /** Measures; what is thrown becomes the reason why there is no number. */
  measure(bench: Bench, options: O): Promise<Record<string, Measured>> | Record<string, Measured>;
}

/** Makes a measure; its options are typed by their schema. */
export const measureKind = <S extends z.ZodType>(
  kind: Omit<MeasureKind<z.output<S>>, 'options' | 'ofSamples'> & { readonly options: S },
): MeasureKind => {
  const ofSamples = kind.options instanceof z.ZodObject && 'samples' in kind.options.shape;
  return { ...kind, ofSamples } as unknown as MeasureKind;
};

/** Samples over which it is measured. */
export const SAMPLES = z
  .int()
  .min(1)
  .optional()
  .describe(
    'The number of training samples, the first ones, over which it is measured; 2000 by default, 1000 for networks of layers.',
  );

/** Layers that are measured. */
export const LAYERS = z
  .union([z.literal('all'), z.array(z.string().min(1)).min(1)])
  .optional()
  .describe("The layers that are measured: a list of names, or 'all'; those that the config records by default.");

/** Epochs of the window. */
export const WINDOW = z
  .int()
  .min(1)
  .optional()
  .describe('The epochs that are recorded after the end of training; record.windowEpochs of the config by default.');
