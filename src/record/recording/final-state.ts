/** The state of the whole model at the end of a recording, which the recorder in Python writes beside the rows. */
import { readWhole } from '../files.js';
import { readForeignSafetensors, type Tensor } from '../safetensors.js';
import { HEADER, isRecorderFolder } from './recorder-table.js';
import { documentIn } from './zarr-table.js';

/**
 * Returns the tensors of the model at the end of a recording, buffers among them; undefined where the folder has none: another
 * source, or a training that was killed.
 * @throws InputError for a file that is damaged
 */
export function finalState(path: string): ReadonlyMap<string, Tensor> | undefined {
  if (!isRecorderFolder(path)) return undefined;
  const { model } = documentIn(`${path}/${HEADER}`) as { readonly model?: { readonly final?: string | null } };
  if (typeof model?.final !== 'string' || !/^[\w.-]+$/.test(model.final)) return undefined;
  const file = `${path}/${model.final}`;
  const bytes = readWhole(file);
  return bytes && readForeignSafetensors(bytes, file).tensors;
}
