/** Normalisation of inputs, (x − mean)/std, as people state it: one number, one for each channel or one for each input. */
import { check } from '../numeric/errors.js';
import type { Dataset, Normalization, Samples } from './dataset.js';

/** Says what is subtracted from the inputs and what they are divided by; x is 0 … 1 where the values are bytes. */
export interface NormalizationRequest {
  readonly mean: number | readonly number[];
  readonly std: number | readonly number[];
}

/**
 * Normalises training and test inputs alike. The values stay as they are; a kernel normalises them when it reads them.
 * @throws InputError for a length that is neither 1, the number of channels nor the number of inputs, numbers that are not
 * finite, a std that is not positive, and means of bytes that are not between 0 and 1
 */
export function normalized(dataset: Dataset, { mean, std }: NormalizationRequest): Dataset {
  const { train, test, name, provenance } = dataset;
  const given: Normalization = {
    mean: spread(mean, 'mean', dataset),
    std: spread(std, 'std', dataset),
  };
  const wrong = given.std.findIndex((s) => !(s > 0 && Number.isFinite(s)));
  check(
    wrong < 0,
    'bad-normalize',
    () =>
      `data.normalize.std of '${name}' must be finite and positive; that of input ${wrong} is ${given.std[wrong]} (give 1 for an input that never changes).`,
  );
  const odd = given.mean.findIndex((m) => !Number.isFinite(m) || (train.divisor === 255 && (m < 0 || m > 1)));
  check(
    odd < 0,
    'bad-normalize',
    () =>
      `data.normalize.mean of '${name}' is of inputs ${train.divisor === 255 ? 'from 0 to 1 (bytes divided by 255)' : 'as they are'} and finite; that of input ${odd} is ${given.mean[odd]}.`,
  );
  const of = (samples: Samples): Samples => ({ ...samples, normalize: given });
  return {
    ...dataset,
    train: of(train),
    ...(test && { test: of(test) }),
    provenance: { ...provenance, normalize: { mean, std } },
  };
}

/** Returns one number for each input. */
function spread(numbers: number | readonly number[], key: string, { train, shape, name }: Dataset): Float64Array {
  const { size } = train;
  const list = typeof numbers === 'number' ? [numbers] : numbers;
  if (list.length === size) return Float64Array.from(list);
  if (list.length === 1) return new Float64Array(size).fill(list[0]);
  const [first, last] = shape && shape.length === 3 ? [shape[0], shape[2]] : [];
  const channels = (first === list.length) !== (last === list.length);
  check(
    channels,
    'bad-normalize',
    () =>
      `data.normalize.${key} of '${name}' takes 1 number, ${shape?.length === 3 ? `one for each channel (${first} or ${last}, if only one of them is meant), ` : ''}or one for each of the ${size} inputs; got ${list.length}.`,
  );
  const plane = size / list.length;
  return Float64Array.from({ length: size }, (_, k) =>
    first === list.length ? list[Math.floor(k / plane)] : list[k % list.length],
  );
}
