/**
 * Sequences of tasks made of one data set: some classes first and others later, or the same classes with permuted
 * pixels. docs/theory [C3].
 *
 * Two ways for outputs to compete, at training and at test alike:
 *
 *     all-compete   one output layer for the classes of all tasks; a task's labels are positions in that list. The first
 *                   task is forgotten already because training on the second one only ever lowers its outputs.
 *     task-known    every task has an output layer of its own for its own classes, labelled 0, 1, …; the layers below are
 *                   shared. The output layers of other tasks get no gradient from its loss. This is the same as one wide
 *                   output layer in which the logits of other tasks are left out of the softmax.
 */
import { check } from '../numeric/errors.js';
import type { Key } from '../numeric/random.js';
import * as is from '../numeric/wants.js';
import { DATASET_WANTS, type Dataset, type Samples } from './dataset.js';
import { numbersOfClasses, selectClasses } from './subset.js';

/** Says how the outputs of different tasks compete. */
export type Head = 'task-known' | 'all-compete';

/** Says which classes a task has and whether its pixels are permuted. */
export interface TaskRequest {
  /** Classes of the data set; all when absent. */
  readonly classes?: readonly number[];
  /** Whether the pixels are permuted, in one way for all samples of this task. */
  readonly permuted?: boolean;
}

/** Says what a {@link TaskRequest} needs. */
export const TASK_REQUEST_WANTS = is.shape<TaskRequest>({ classes: is.maybe(is.numbers), permuted: is.maybe(is.flag) });

/** Names a sequence of tasks. */
export interface Protocol {
  readonly name: string;
  readonly tasks: readonly TaskRequest[];
}

/** Says what a {@link Protocol} needs. */
export const PROTOCOL_WANTS = is.shape<Protocol>({ name: is.text, tasks: is.listOf(TASK_REQUEST_WANTS) });

const plain: TaskRequest = {};
const permuted: TaskRequest = { permuted: true };

/** The protocols of the literature. The first task of those with permuted pixels is not permuted. */
export const PROTOCOLS: readonly Protocol[] = [
  { name: 'digits-pairs', tasks: [{ classes: [1, 2] }, { classes: [3, 4] }] },
  { name: 'digits-halves', tasks: [{ classes: [0, 1, 2, 3, 4] }, { classes: [5, 6, 7, 8, 9] }] },
  { name: 'permuted', tasks: [plain, permuted] },
  { name: 'permuted-5', tasks: [plain, permuted, permuted, permuted, permuted] },
];

/** Holds the samples of one task. */
export interface Task {
  /** `classes 1, 2`, `pixels permuted (2)` or `all classes`. */
  readonly name: string;
  /** Width of the output layer that this task is trained and tested with. */
  readonly outputs: number;
  readonly train: Samples;
  /** Training samples that were held out to choose strengths. */
  readonly validation: Samples;
  readonly test: Samples;
}

/** Says how the samples of a task are prepared. */
export interface TaskOptions {
  readonly head: Head;
  /** Share of the training samples held out, in (0, 1). */
  readonly validationShare: number;
  /** Random numbers of the split and of the permutation. */
  readonly key: Key;
}

/** Says what a {@link TaskOptions} needs. */
export const TASK_OPTIONS_WANTS = is.shape<TaskOptions>({
  head: is.oneOf('task-known', 'all-compete'),
  validationShare: is.finite,
  key: is.key,
});

/**
 * Reads a protocol from lists of classes such as `0,1/2,3`, one list a task.
 * @throws InputError when there are fewer than two lists, and for an entry that is not a whole number
 */
export function classProtocol(text: string): Protocol {
  is.given('classProtocol', { text }, { text: is.text });
  const lists = text.split('/').map((part) => part.split(',').map((c) => c.trim()));
  check(
    lists.length >= 2 && lists.every((l) => l.every((c) => /^\d+$/.test(c))),
    'bad-protocol',
    `classes of tasks are written like 0,1/2,3: numbers with commas, tasks apart by a slash; got '${text}'.`,
  );
  return { name: text, tasks: lists.map((l) => ({ classes: l.map(Number) })) };
}

/** Lists the classes of all tasks in the order of their first occurrence. */
function classesOf(protocol: Protocol, dataset: Pick<Dataset, 'classes'>): number[] {
  const all = Array.from({ length: dataset.classes }, (_, c) => c);
  return [...new Set(protocol.tasks.flatMap((t) => t.classes ?? all))];
}

/**
 * Checks that the data set suits the protocol.
 * @throws InputError for targets instead of classes, no test set, and classes that do not exist or that are given twice
 */
function checkProtocol(protocol: Protocol, dataset: Dataset): void {
  const { name, classes, train, test } = dataset;
  check(
    train.labels !== undefined,
    'bad-protocol',
    `${name} has targets and no classes; forgetting is measured as accuracy, on classes.`,
  );
  check(
    test !== undefined && test.count > 0,
    'no-test-set',
    `${name} has no test set; forgetting is measured on samples that no training saw.`,
  );
  const asked = protocol.tasks.flatMap((t) => t.classes ?? []);
  const absent = asked.find((c) => c >= classes);
  check(
    absent === undefined,
    'bad-protocol',
    `the protocol ${protocol.name} asks for class ${absent}, and ${name} has classes 0 … ${classes - 1}; name your own tasks like 0,1/2,3.`,
  );
  const twice = asked.find((c, k) => asked.indexOf(c) !== k);
  check(
    twice === undefined,
    'bad-protocol',
    `the protocol ${protocol.name} gives class ${twice} to more than one place; a class belongs to one task.`,
  );
}

/** Describes a task before any of its samples is copied. */
interface TaskOutline extends Pick<Task, 'name' | 'outputs'> {
  /** Samples to train on, and samples held out. */
  readonly training: number;
  readonly validation: number;
}

/**
 * Describes task number `index` (from 0) of a protocol without copying samples. Cost: one pass over the labels.
 * @throws InputError as `checkProtocol` does, and when no sample remains to train on or to hold out
 */
export function outlineOf(
  dataset: Dataset,
  protocol: Protocol,
  index: number,
  { head, validationShare }: Omit<TaskOptions, 'key'>,
): TaskOutline {
  checkProtocol(protocol, dataset);
  const { classes, permuted: shuffle } = protocol.tasks[index];
  const count = classes ? numbersOfClasses(dataset.name, dataset.train, classes).length : dataset.train.count;
  const held = Math.round(validationShare * count);
  check(
    held >= 1 && held < count,
    'bad-validation',
    `a share of ${validationShare} of ${count} training samples leaves ${held} to choose strengths with and ${count - held} to train on; both must be there.`,
  );
  const own = classes?.length ?? dataset.classes;
  return {
    name: classes ? `classes ${classes.join(', ')}` : shuffle ? `pixels permuted (${index + 1})` : 'all classes',
    outputs: head === 'task-known' ? own : classesOf(protocol, dataset).length,
    training: count - held,
    validation: held,
  };
}

/**
 * Makes task number `index` (from 0) of a protocol. It does not depend on other tasks, except through the number of
 * competing outputs under `all-compete`.
 *
 * The split draws from key/validation/index, the permutation from key/permutation/index. Training samples come in
 * random order, so that the first n of them are a random sample. Copies the samples kept; cost O(N·D).
 * @throws InputError as `outlineOf` does
 */
export function taskOf(dataset: Dataset, protocol: Protocol, index: number, options: TaskOptions): Task {
  is.given(
    'taskOf',
    { dataset, protocol, index, options },
    { dataset: DATASET_WANTS, protocol: PROTOCOL_WANTS, index: is.whole, options: TASK_OPTIONS_WANTS },
  );
  const { name, outputs, training, validation } = outlineOf(dataset, protocol, index, options);
  const { head, key } = options;
  const { classes, permuted: shuffle } = protocol.tasks[index];
  const part = classes ? selectClasses(dataset, classes) : dataset;
  const union = classesOf(protocol, dataset);
  const place = (c: number) => (head === 'task-known' ? c : union.indexOf(classes ? classes[c] : c));
  const order = shuffle ? key.child('permutation').child(index).stream().permutation(dataset.train.size) : undefined;
  const finish = (s: Samples): Samples => ({
    ...(order ? reorder(s, order) : s),
    labels: Uint8Array.from(s.labels!, place),
  });
  const shuffled = key
    .child('validation')
    .child(index)
    .stream()
    .permutation(training + validation);
  return {
    name,
    outputs,
    train: finish(pick(part.train, shuffled.slice(validation))),
    validation: finish(pick(part.train, shuffled.slice(0, validation))),
    test: finish(part.test!),
  };
}

const likeValues = (s: Samples, length: number) =>
  s.values instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);

/** Copies the samples of these numbers, in this order. */
export function pick(samples: Samples, numbers: ArrayLike<number>): Samples {
  const { size, values, labels, targets } = samples;
  const outputs = targets ? targets.length / samples.count : 0;
  const out = likeValues(samples, numbers.length * size);
  for (let i = 0; i < numbers.length; i++)
    out.set(values.subarray(numbers[i] * size, (numbers[i] + 1) * size), i * size);
  return {
    ...samples,
    count: numbers.length,
    values: out,
    ...(labels && { labels: Uint8Array.from(numbers, (n) => labels[n]) }),
    ...(targets && {
      targets: Float32Array.from(
        { length: numbers.length * outputs },
        (_, e) => targets[numbers[Math.floor(e / outputs)] * outputs + (e % outputs)],
      ),
    }),
  };
}

/**
 * Copies all samples of several sets, one set after the other.
 * @throws InputError unless inputs and units agree and all sets have labels
 */
export function joined(sets: readonly Samples[]): Samples {
  const { size, divisor, normalize } = sets[0];
  check(
    sets.every(
      (s) =>
        s.size === size &&
        s.divisor === divisor &&
        s.labels !== undefined &&
        sameNumbers(s.normalize?.mean, normalize?.mean) &&
        sameNumbers(s.normalize?.std, normalize?.std),
    ),
    'bad-samples',
    'sets of samples are joined where inputs and units agree and all have labels.',
  );
  const count = sets.reduce((n, s) => n + s.count, 0);
  const values = likeValues(sets[0], count * size);
  const labels = new Uint8Array(count);
  let at = 0;
  for (const s of sets) {
    values.set(s.values, at * size);
    labels.set(s.labels!, at);
    at += s.count;
  }
  return { ...sets[0], count, values, labels };
}

/** Replaces input k of each sample by its input order[k], in a copy. */
function reorder(samples: Samples, order: Uint32Array): Samples {
  const { size, values, count, normalize } = samples;
  const out = likeValues(samples, count * size);
  for (let s = 0; s < count * size; s += size) for (let k = 0; k < size; k++) out[s + k] = values[s + order[k]];
  const moved = (x: Float64Array) => x.map((_, k) => x[order[k]]);
  return {
    ...samples,
    values: out,
    ...(normalize && { normalize: { mean: moved(normalize.mean), std: moved(normalize.std) } }),
  };
}

const sameNumbers = (a?: Float64Array, b?: Float64Array) =>
  a === b || (a !== undefined && b !== undefined && a.every((x, k) => x === b[k]));
