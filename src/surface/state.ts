/** The saved state of a model: tensors by name, which take the place of those that the model was made with. */
import { check } from '../numeric/errors.js';

/** A tensor of a saved state. */
export interface SavedTensor {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number> | ArrayLike<bigint>;
}

/** What wrappers of a model put before the names of its parameters. */
const WRAPPED = /^(?:module\.|_orig_mod\.)+/;

/** Returns the name of a parameter without what wrappers put before it. */
export const plainName = (name: string): string => name.replace(WRAPPED, '');

/**
 * Finds tensors of a model in a saved state, by their plain names; `missing` names those that the state lacks.
 * @param mismatch - the sentence for a tensor of another shape
 * @throws InputError for a tensor of another shape
 */
export function inState<T extends { readonly name: string; readonly shape: readonly number[] }>(
  tensors: readonly T[],
  state: ReadonlyMap<string, SavedTensor>,
  mismatch: (tensor: T, saved: readonly number[]) => string,
): { found: Map<T, Float64Array>; missing: string[] } {
  const saved = new Map(Array.from(state, ([name, tensor]) => [plainName(name), tensor]));
  const found = new Map<T, Float64Array>();
  const missing: string[] = [];
  for (const tensor of tensors) {
    const own = saved.get(plainName(tensor.name));
    if (!own) {
      missing.push(tensor.name);
      continue;
    }
    check(own.shape.join() === tensor.shape.join(), 'parameter-shape', () => mismatch(tensor, own.shape));
    found.set(tensor, Float64Array.from(own.data as ArrayLike<number | bigint>, Number));
  }
  return { found, missing };
}
