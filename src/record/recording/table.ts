/**
 * What every source of a recording gives: rows of weights, one for each recorded state, and whatever else its files say.
 * A row holds all parameters one after the other, each flattened row-major.
 */

/** Describes a parameter of a recording. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** Its numbers in a row. */
  readonly size: number;
}

/** Holds what is known of the training; what neither the files nor the user say is absent. */
export interface TrainingFacts {
  readonly optimiser?: string;
  readonly learningRate?: number;
  readonly momentum?: number;
  readonly batchSize?: number;
  /** Samples of the training set. */
  readonly samples?: number;
  readonly sampling?: string;
  /** Why the numbers above do not hold for every recorded step, as a sentence without its full stop. */
  readonly varied?: string;
}

/** Rows as a source gives them. */
export type Rows = Float32Array | Float64Array;

/** Gives the rows of a source in blocks. */
export interface Table {
  /** What was read, in words: `Zarr group (version 3)`. */
  readonly format: string;
  readonly type: 'float32' | 'float64';
  /** Rows that are whole. */
  readonly T: number;
  /** Of which a row is made, in their order; at least one. */
  readonly parameters: readonly Parameter[];
  /** The step of training of each row, where the files say it. */
  readonly step?: Float64Array;
  /** The loss of each row, where the files have it; NaN where a row has none. */
  readonly loss?: Float64Array;
  readonly facts: TrainingFacts;
  /** What a reader of the results should know of the files: what was left out, and what is not whole. */
  readonly notes: readonly string[];
  /** Rows that are best read at once. */
  readonly rowsAtOnce: number;
  /** Bytes that the source keeps in memory as long as it is open. */
  readonly kept: number;
  /**
   * Reads the rows `first` … `first`+`count`−1 of the parameters at the ascending places `which`, row-major.
   * @throws InputError for a file that is not as it says it is
   */
  read(first: number, count: number, which: readonly number[]): Promise<Rows>;
}

/** Bytes of a block of rows that is read at once. */
const BLOCK = 2 ** 24;

/** Returns how many rows of `size` numbers make a block of about 16 MB, at least one. */
export const blockRows = (size: number, bytes: number): number => Math.max(1, Math.floor(BLOCK / (size * bytes)));

/** Counts the numbers of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Writes a shape as it stands in sentences. */
export const shapeWords = (shape: readonly number[]): string =>
  shape.length === 0 ? 'a single number' : shape.join('×');

/** Names the first few of a list. */
export const someOf = (names: readonly string[], most = 6): string =>
  names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
