/** What lies beside the weights of a recording: one number for each state, known by its name. */
import { InputError } from '../../numeric/errors.js';
import { blockRows, type Parameter, type Rows, someOf, type Table, type TrainingFacts } from './table.js';

/** The names under which series are looked for, without regard to case. */
const NAMES: Readonly<Record<'step' | 'loss' | 'learningRate', readonly string[]>> = {
  step: ['step', 'steps', 'iteration', 'iterations'],
  loss: ['loss', 'losses', 'train_loss'],
  learningRate: ['lr', 'learning_rate', 'learningrate'],
};

/** Says what a name stands for; undefined for one that stands for nothing known. */
export const seriesNamed = (name: string): keyof typeof NAMES | undefined =>
  (Object.keys(NAMES) as (keyof typeof NAMES)[]).find((key) =>
    NAMES[key].includes(name.split('/').at(-1)!.toLowerCase()),
  );

/** Takes the steps, the losses and the learning rate from arrays of T numbers, and says which others were left out. */
export function seriesOf(
  T: number,
  arrays: readonly (readonly [name: string, data: ArrayLike<number>])[],
): { readonly series: Pick<Table, 'step' | 'loss' | 'facts'>; readonly notes: string[] } {
  const found: { step?: Float64Array; loss?: Float64Array } = {};
  let facts: TrainingFacts = {};
  const out: string[] = [];
  for (const [name, data] of arrays) {
    const meaning = seriesNamed(name);
    if (meaning === undefined || data.length !== T) {
      out.push(name);
      continue;
    }
    const numbers = Float64Array.from(data);
    if (meaning !== 'learningRate') found[meaning] = numbers;
    else facts = rateOf(numbers);
  }
  const notes = out.length > 0 ? [`left out, because no weights of one row for each state: ${someOf(out)}`] : [];
  return { series: { ...found, facts }, notes };
}

/** Returns the learning rate of a series, and says so where it changed. */
export function rateOf(numbers: Float64Array): TrainingFacts {
  const [low, high] = numbers.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [numbers[0], numbers[0]]);
  if (low === high) return low > 0 ? { learningRate: low } : {};
  return {
    learningRate: numbers[numbers.length - 1],
    varied: `the learning rate changed between ${low} and ${high} while the weights were recorded`,
  };
}

/** Puts blocks of columns beside each other: block k has `count` rows of `sizes[k]` numbers. */
export function columnsOf(count: number, sizes: readonly number[], double: boolean, block: (k: number) => Rows): Rows {
  const width = sizes.reduce((a, b) => a + b, 0);
  const out = double ? new Float64Array(count * width) : new Float32Array(count * width);
  let at = 0;
  for (const [k, size] of sizes.entries()) {
    const part = block(k);
    if (part.length !== count * size)
      throw new InputError(
        'changed',
        `a block of ${count} rows has ${part.length} numbers instead of ${count * size}.`,
      );
    for (let t = 0; t < count; t++) out.set(part.subarray(t * size, (t + 1) * size), t * width + at);
    at += size;
  }
  return out;
}

/**
 * Describes a table whose parameters are read one by one.
 * @param part - rows first … first + count − 1 of parameter k
 */
export const byParameter = (
  parameters: readonly Parameter[],
  double: boolean,
  part: (k: number, first: number, count: number) => Rows,
): Pick<Table, 'type' | 'parameters' | 'rowsAtOnce' | 'read'> => ({
  type: double ? 'float64' : 'float32',
  parameters,
  rowsAtOnce: blockRows(
    parameters.reduce((sum, p) => sum + p.size, 0),
    double ? 8 : 4,
  ),
  read: async (first, count, which) =>
    columnsOf(
      count,
      which.map((k) => parameters[k].size),
      double,
      (k) => part(which[k], first, count),
    ),
});
