/** Brings a recording and a surface together: which weights of the surface the columns are, and where the centre lies. */
import type { GivenDirections } from '../../../analyse/surface/measure-block.js';
import { check } from '../../../numeric/errors.js';
import { matrix } from '../../../numeric/linalg/index.js';
import { blockOf } from '../../../surface/blocks.js';
import { inState, plainName, type SavedTensor } from '../../../surface/state.js';
import type { Parameter, Surface, SurfaceBlock } from '../../../surface/surface.js';

/** Gives the principal directions of a recording: ranks, unit vectors as rows, the mean weights. */
interface Recorded {
  readonly parameters: readonly { readonly name: string; readonly shape: readonly number[]; readonly size: number }[];
  readonly ranks: readonly number[];
  readonly components: Float64Array;
  readonly mean: Float64Array;
  /** Variance of each rank, from rank 1. */
  readonly variances: ArrayLike<number>;
}

/** Holds a recording in the terms of a surface. */
export interface Aligned {
  /** The recorded parameters. */
  readonly block: SurfaceBlock;
  /** All weights of the surface: the mean of the window where they were recorded, the model's own elsewhere. */
  readonly centre: Float64Array;
  readonly directions: GivenDirections;
}

/**
 * Finds the recorded parameters among those of a surface, by name and shape.
 * @param weights - the model's own weights, all of them
 * @throws InputError where one is not found or has another shape, or the recording is a projection
 */
export function align(surface: Surface, weights: Float64Array, recorded: Recorded): Aligned {
  const { parameters, ranks, components, mean, variances } = recorded;
  const found = parameters.map((own) => parameterOf(surface, own));
  const block = blockOf(parameters.length === 1 ? parameters[0].name : 'recorded parameters', found);
  // columns of the recording in the order of the surface
  const columns = new Uint32Array(block.size);
  const starts = parameters.map((_, k) => parameters.slice(0, k).reduce((sum, p) => sum + p.size, 0));
  const order = found.map((_, k) => k).sort((a, b) => found[a].offset - found[b].offset);
  let at = 0;
  for (const k of order) for (let i = 0; i < parameters[k].size; i++) columns[at++] = starts[k] + i;
  const centre = weights.slice();
  at = 0;
  for (const { offset, size } of block.ranges) for (let i = 0; i < size; i++) centre[offset + i] = mean[columns[at++]];
  const vectors = matrix(ranks.length, block.size);
  for (let r = 0; r < ranks.length; r++)
    for (let i = 0; i < block.size; i++) vectors.data[r * block.size + i] = components[r * mean.length + columns[i]];
  return { block, centre, directions: { vectors, indices: ranks, variances: ranks.map((i) => variances[i - 1]) } };
}

/**
 * Returns the weights of a surface with those of a saved state, by name; the model's own where the state has none. `kept` names
 * parameters that the state lacks, `others` what it has beside parameters: buffers, which a surface cannot set.
 * @throws InputError for a tensor of another shape
 */
export function weightsOf(
  surface: Surface,
  weights: Float64Array,
  state: ReadonlyMap<string, SavedTensor>,
): { weights: Float64Array; kept: readonly string[]; others: readonly string[] } {
  const { found, missing } = inState(
    surface.parameters,
    state,
    ({ name, shape }, saved) =>
      `the parameter ${name} has the shape ${saved.join('×')} at the end of the recording and ${shape.join('×')} in ${surface.name}; is it the model that was recorded?`,
  );
  const out = weights.slice();
  for (const [{ offset }, values] of found) out.set(values, offset);
  const own = new Set(surface.parameters.map((p) => plainName(p.name)));
  const others = Array.from(state.keys(), plainName).filter((name) => !own.has(name));
  return { weights: out, kept: missing, others };
}

/** @throws InputError unless a surface has every recorded parameter, in its shape */
export function checkParameters(surface: Surface, parameters: Recorded['parameters']): void {
  for (const own of parameters) parameterOf(surface, own);
}

function parameterOf({ name: model, parameters }: Surface, own: Recorded['parameters'][number]): Parameter {
  check(
    !own.name.endsWith('(projected)'),
    'projected',
    'the recording holds a projection of weights, which has no directions to evaluate the loss along; record the parameters themselves, some of them with params=.',
  );
  const found = parameters.find((p) => plainName(p.name) === plainName(own.name));
  check(
    found !== undefined,
    'no-parameter',
    () =>
      `the recording has the parameter ${own.name}, and ${model} has ${parameters
        .slice(0, 20)
        .map((p) => p.name)
        .join(
          ', ',
        )}${parameters.length > 20 ? `, … (${parameters.length})` : ''}; name the recorded ones with --params.`,
  );
  check(
    found.shape.join() === own.shape.join(),
    'parameter-shape',
    () =>
      `the parameter ${own.name} has the shape ${own.shape.join('×')} in the recording and ${found.shape.join('×')} in ${model}; is it the model that was recorded?`,
  );
  return found;
}
