/** Weights as a user has them: a flat vector, tensors by name, or a safetensors file. */
import { FolderStore } from '#folder-store';
import type { AnyNetwork } from '../model/any-network.js';
import { check, kindOf } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import { tensorsOfBytes, weightsInTensors } from '../record/foreign-weights.js';
import type { ForeignTensorFile, Tensor, TensorFile } from '../record/safetensors.js';
import type { Parameter } from '../surface/surface.js';

/** What `at` takes as weights: P numbers, tensors by name (as `readSafetensors` gives them), or the path of a safetensors file. */
export type WeightsLike =
  | ArrayLike<number>
  | TensorFile
  | ReadonlyMap<string, Tensor>
  | Readonly<Record<string, Tensor>>
  | string;

/** Holds the flat weights and, where they came by name, how they were read. */
export interface ReadWeights {
  readonly weights: Float64Array;
  readonly how: readonly string[];
}

/** What weights are needed for: a network of this package, or the parameters of any other model. */
export interface Wanted {
  readonly name: string;
  readonly size: number;
  readonly parameters: readonly Parameter[];
  readonly network?: AnyNetwork;
}

/**
 * Returns the flat weights. Tensors of a network of this package may have any names: their order follows from names and shapes, as
 * for `weights` of a config. Those of another model need the names of its parameters.
 * @throws InputError for another number of weights, tensors that do not fit, numbers that are not finite, and a file outside Node
 */
export function weightsOf(call: string, wanted: Wanted, given: WeightsLike): ReadWeights {
  if (is.numbers(given, 'weights') === undefined) return flat(call, wanted, given as ArrayLike<number>);
  if (typeof given === 'string') return named(wanted, readFile(call, given), given);
  const file = tensorsIn(given);
  check(
    file !== undefined,
    'wrong-argument',
    () =>
      `${call}: weights must be ${wanted.size} numbers, tensors by name, or the path of a safetensors file; got ${kindOf(given)}.`,
  );
  return named(wanted, file, 'weights');
}

function flat(call: string, { name, size }: Wanted, given: ArrayLike<number>): ReadWeights {
  check(given.length === size, 'weight-count', () => `${call}: ${name} has ${size} weights; got ${given.length}.`);
  const weights = Float64Array.from(given);
  const wrong = weights.findIndex((w) => !Number.isFinite(w));
  check(wrong < 0, 'not-finite', () => `${call}: weights must be finite; number ${wrong} is ${weights[wrong]}.`);
  return { weights, how: [] };
}

function readFile(call: string, path: string): ForeignTensorFile {
  const [, folder = '.', name] = /^(?:(.*)[/\\])?([^/\\]*)$/s.exec(path) as RegExpExecArray;
  const bytes = name === '' ? undefined : new FolderStore(folder === '' ? '/' : folder).get(name as `/${string}`);
  check(bytes !== undefined, 'no-weights', `${call}: there is no file of weights at ${path}.`);
  return tensorsOfBytes(bytes, path);
}

/** Reads tensors from a file's content, a Map, or an object; undefined where it is none of these. */
function tensorsIn(given: object | null | undefined): ForeignTensorFile | undefined {
  if (typeof given !== 'object') return undefined;
  const from = given && 'tensors' in given ? given.tensors : given;
  const entries: readonly (readonly [string, unknown])[] =
    from instanceof Map ? [...from] : is.object(from, '') === undefined ? Object.entries(from as object) : [];
  const fits = entries.every(([, t]) => is.shape<Tensor>({ shape: is.numbers, data: is.numbers })(t, '') === undefined);
  if (entries.length === 0 || !fits) return undefined;
  const type = ({ data }: Tensor) =>
    data instanceof Float32Array ? 'F32' : data instanceof Float64Array ? 'F64' : 'I64';
  const tensors = new Map(entries as [string, Tensor][]);
  return {
    tensors,
    entries: new Map([...tensors].map(([name, t]) => [name, { type: type(t), shape: t.shape }])),
    metadata: {},
  };
}

function named(
  { name: model, size, parameters, network }: Wanted,
  file: ForeignTensorFile,
  source: string,
): ReadWeights {
  if (network) {
    const { weights, how } = weightsInTensors(file, source, network);
    return { weights: Float64Array.from(weights), how };
  }
  const weights = new Float64Array(size);
  for (const { name, shape, offset, size: length } of parameters) {
    const tensor = file.tensors.get(name);
    check(
      tensor !== undefined && tensor.data.length === length && !(tensor.data instanceof BigInt64Array),
      'bad-weights',
      () => `${source} has no tensor '${name}' of the shape [${shape.join(', ')}], which ${model} needs.`,
    );
    weights.set(tensor.data as Float32Array, offset);
  }
  return { weights, how: ['under the names of the model'] };
}
