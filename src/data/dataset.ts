/** Sets of samples, independent of the file or formula they come from. */
import * as is from '../numeric/wants.js';

/**
 * Holds N samples with D inputs each. The input is x = fround(values / divisor), or fround((values / divisor − mean) / std)
 * where they are normalised: bytes stay bytes until a kernel reads them. Exactly one of `labels` (classification) and `targets` (regression) is present.
 */
export interface Samples {
  readonly count: number;
  /** Inputs per sample, D. */
  readonly size: number;
  /** Channels, height and width of one sample, where it is an image; their product is D. */
  readonly shape?: readonly [channels: number, height: number, width: number];
  /** count×size, row-major. */
  readonly values: Uint8Array | Float32Array;
  readonly divisor: number;
  readonly normalize?: Normalization;
  /** Class of each sample, 0 … classes−1. */
  readonly labels?: Uint8Array;
  /** count×outputs, row-major, for squared error. */
  readonly targets?: Float32Array;
}

/** Says what a {@link Samples} needs. */
export const SAMPLES_WANTS = is.shape<Samples>({
  count: is.whole,
  size: is.count,
  shape: is.maybe(is.numbers),
  values: is.either(is.float32, is.bytes),
  divisor: is.positive,
  normalize: is.maybe(is.object),
  labels: is.maybe(is.bytes),
  targets: is.maybe(is.float32),
});

/** Holds what is subtracted from each input and what it is then divided by, both of length D. */
export interface Normalization {
  readonly mean: Float64Array;
  /** Positive. */
  readonly std: Float64Array;
}

/** Holds the training and test samples of one set, and where they came from. */
export interface Dataset {
  readonly name: string;
  /** Number of classes, or of regression outputs. */
  readonly classes: number;
  /** Label of each class in the files, where these are not 0, 1, …. */
  readonly classValues?: readonly number[];
  readonly train: Samples;
  readonly test?: Samples;
  /** Dimensions of one sample, such as height×width, where the files state them. */
  readonly shape?: readonly number[];
  /**
   * Where it came from: file names with sizes and checksums, or the generating parameters. It is written to run.json.
   */
  readonly provenance: Readonly<Record<string, unknown>>;
}

/** Says what a {@link Dataset} needs. */
export const DATASET_WANTS = is.shape<Dataset>({
  name: is.text,
  classes: is.count,
  classValues: is.maybe(is.numbers),
  train: SAMPLES_WANTS,
  test: is.maybe(SAMPLES_WANTS),
  shape: is.maybe(is.numbers),
  provenance: is.object,
});
