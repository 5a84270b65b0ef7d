/** Widths along many directions, saved batch by batch so that an interrupted measurement goes on where it stopped. */
import type { FlatnessSummary } from '../analyse/results.js';
import type { Samples } from '../data/dataset.js';
import { RunError } from '../numeric/errors.js';
import type { Context } from './context.js';

export interface FlatnessRequest {
  /** All weights at the centre, flat. */
  readonly weights: Float32Array;
  readonly samples: Samples;
  readonly ranks: readonly number[];
  readonly variances: readonly number[];
  /** All unit vectors, K×P row-major. */
  readonly directions: Float64Array;
}

export async function measureInBatches(
  _context: Context,
  _request: FlatnessRequest,
  _out: string,
): Promise<FlatnessSummary> {
  throw new RunError('not-built', 'the measurement of flatness is not built in yet.');
}
