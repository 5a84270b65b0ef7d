/**
 * The state of a training run in one safetensors file: weights under PyTorch's names, velocity, and plain numbers in
 * the metadata.
 */
import { ANY_NETWORK_WANTS, type AnyNetwork, countOf, shapesOf } from '../model/any-network.js';
import { RunError } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import { readWhole, writeWhole } from './files.js';
import { sizeOf } from './recording/table.js';
import { readSafetensors, type Tensor, writeSafetensors } from './safetensors.js';

/** Holds the state of a training run. */
export interface Checkpoint<State> {
  /** Flat vectors of length P; see model/network. */
  readonly weights: Float32Array;
  readonly velocity?: Float32Array;
  /** What an optimiser keeps beside the weights, by name: vectors of length P. */
  readonly optimiser?: Readonly<Record<string, Float32Array>>;
  /** Anything that JSON represents exactly: the cursor of the training loop. */
  readonly state: State;
  /** Hash of the config that it belongs to. */
  readonly configHash: string;
}

/** Says what a {@link Checkpoint} needs. */
export const CHECKPOINT_WANTS = is.shape<Checkpoint<object>>({
  weights: is.float32,
  velocity: is.maybe(is.float32),
  optimiser: is.maybe(is.object),
  state: is.object,
  configHash: is.text,
});

/**
 * Writes the checkpoint whole: a reader finds the previous one or this one.
 * @throws RunError when the disk is full or not writable
 */
export function writeCheckpoint<State>(path: string, spec: AnyNetwork, checkpoint: Checkpoint<State>): void {
  is.given(
    'writeCheckpoint',
    { path, spec, checkpoint },
    { path: is.path, spec: ANY_NETWORK_WANTS, checkpoint: CHECKPOINT_WANTS },
  );
  const tensors = namedTensors(spec, checkpoint.weights, '');
  if (checkpoint.velocity) tensors.push(...namedTensors(spec, checkpoint.velocity, 'velocity.'));
  for (const [name, vector] of Object.entries(checkpoint.optimiser ?? {}))
    tensors.push(...namedTensors(spec, vector, `optimiser.${name}.`));
  const metadata = {
    format: 'pt',
    thermograd: 'checkpoint 1',
    config: checkpoint.configHash,
    state: JSON.stringify(checkpoint.state),
  };
  writeWhole(path, writeSafetensors(tensors, metadata));
}

/**
 * Reads the checkpoint, or returns undefined where there is none.
 * @param example - a state; where given, the one in the file must have values of the same types under the same keys
 * @throws RunError when the file is another one or belongs to another network; InputError when it is malformed
 */
export function readCheckpoint<State>(
  path: string,
  spec: AnyNetwork,
  example?: State & object,
): Checkpoint<State> | undefined {
  is.given(
    'readCheckpoint',
    { path, spec, example },
    { path: is.path, spec: ANY_NETWORK_WANTS, example: is.maybe(is.object) },
  );
  const bytes = readWhole(path);
  if (!bytes) return undefined;
  const { tensors, metadata } = readSafetensors(bytes, path);
  if (metadata.thermograd !== 'checkpoint 1')
    throw new RunError('bad-checkpoint', `${path} is not a thermograd checkpoint.`);
  const weights = flatVector(spec, tensors, '', path);
  const { name: first } = shapesOf(spec)[0];
  const velocity = tensors.has(`velocity.${first}`) ? flatVector(spec, tensors, 'velocity.', path) : undefined;
  const kept = [...tensors.keys()].flatMap((name) => {
    const end = name.endsWith(`.${first}`) && name.startsWith('optimiser.') ? name.length - first.length - 1 : 0;
    return end > 0 ? [name.slice('optimiser.'.length, end)] : [];
  });
  const optimiser = kept.map((name) => [name, flatVector(spec, tensors, `optimiser.${name}.`, path)] as const);
  return {
    weights,
    ...(velocity && { velocity }),
    ...(optimiser.length > 0 && { optimiser: Object.fromEntries(optimiser) }),
    state: stateIn<State>(metadata.state, path, example),
    configHash: metadata.config,
  };
}

/**
 * Reads the state from the metadata.
 * @throws RunError (`bad-checkpoint`) when it is not there, or unlike the example
 */
function stateIn<State>(text: string | undefined, path: string, example?: object): State {
  const damaged = (what: string) =>
    new RunError(
      'bad-checkpoint',
      `${path} is damaged: its metadata ${what}; restore it from a copy, or start again in another folder with --out.`,
    );
  let state: unknown;
  try {
    state = JSON.parse(text ?? '');
  } catch {
    throw damaged(text === undefined ? 'hold no state of training' : 'hold a state of training that is not JSON');
  }
  if (typeof state !== 'object' || state === null) throw damaged('hold no state of training');
  const wrong = Object.entries(example ?? {}).find(
    ([key, value]) => typeof (state as Record<string, unknown>)[key] !== typeof value,
  );
  if (wrong) throw damaged(`hold a state of training without '${wrong[0]}'`);
  return state as State;
}

/**
 * Writes the weights alone, for PyTorch: `module.load_state_dict(safetensors.torch.load_file(path))` with layers
 * layer1, layer2, …, or under the names of a network of layers
 * @throws RunError when the disk is full or not writable
 */
export function writeModel(
  path: string,
  spec: AnyNetwork,
  weights: Float32Array,
  metadata: Record<string, string>,
): void {
  is.given(
    'writeModel',
    { path, spec, weights, metadata },
    { path: is.path, spec: ANY_NETWORK_WANTS, weights: is.float32, metadata: is.object },
  );
  writeWhole(path, modelBytes(spec, weights, metadata));
}

/** Returns the bytes of the file that `writeModel` writes. */
export const modelBytes = (
  spec: AnyNetwork,
  weights: Float32Array,
  metadata: Record<string, string>,
): Uint8Array<ArrayBufferLike> => writeSafetensors(namedTensors(spec, weights, ''), { format: 'pt', ...metadata });

/**
 * Reads weights written by `writeModel`, or by PyTorch under the same names; flat, length P. Undefined where there is
 * no file.
 * @throws RunError when the file belongs to another network; InputError when it is malformed
 */
export function readModel(path: string, spec: AnyNetwork): Float32Array | undefined {
  is.given('readModel', { path, spec }, { path: is.path, spec: ANY_NETWORK_WANTS });
  const bytes = readWhole(path);
  return bytes && flatVector(spec, readSafetensors(bytes, path).tensors, '', path);
}

function namedTensors(spec: AnyNetwork, flat: Float32Array, prefix: string): [string, Tensor][] {
  let at = 0;
  return shapesOf(spec).map(({ name, shape }) => {
    const from = at;
    at += sizeOf(shape);
    return [`${prefix}${name}`, { shape, data: flat.slice(from, at) }];
  });
}

function flatVector(
  spec: AnyNetwork,
  tensors: ReadonlyMap<string, Tensor>,
  prefix: string,
  path: string,
): Float32Array {
  const flat = new Float32Array(countOf(spec));
  let at = 0;
  for (const { name, shape } of shapesOf(spec)) {
    const length = sizeOf(shape);
    const data = tensors.get(prefix + name)?.data;
    if (!(data instanceof Float32Array) || data.length !== length)
      throw new RunError(
        'bad-checkpoint',
        `${path} has no float32 tensor '${prefix}${name}' with ${length} numbers; it belongs to another network.`,
      );
    flat.set(data, at);
    at += length;
  }
  return flat;
}
