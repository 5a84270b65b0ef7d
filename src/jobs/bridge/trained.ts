/** The state in which a recorded training left its model, for a surface whose program only says how the model is built. */
import { basename, join } from 'node:path';
import { check } from '../../numeric/errors.js';
import { readWhole } from '../../record/files.js';
import { HEADER, isRecorderFolder } from '../../record/recording/recorder-table.js';
import { readForeignSafetensors, type Tensor } from '../../record/safetensors.js';
import type { ProcessSurface } from '../../surface/process/surface.js';

/** The weights at which a model is measured, and what a reader has to know of them. */
export interface Trained {
  /** All weights of the surface, length P. */
  readonly weights: Float64Array;
  readonly notes: readonly string[];
}

/**
 * Returns all weights of the surface as a recording left them, and sets its buffers (running statistics) to theirs: from
 * `final.safetensors`, which the recorder writes when it is closed. A window records some parameters only; the others have to be those
 * of the same training, and not those that `make()` happened to draw.
 *
 * Where there is no such file the model stays as `make()` returned it, and a note says so.
 * @throws InputError for a final model of other shapes
 */
export async function trainedState(surface: ProcessSurface, recording: string): Promise<Trained> {
  const untouched = (why: string): Trained => ({
    weights: surface.weights.slice(),
    notes: [
      `${why}, so parameters that were not recorded${surface.buffers.length > 0 ? ' and buffers' : ''} are those of the model that ${surface.name} returned; it has to be the trained one.`,
    ],
  });
  if (!isRecorderFolder(recording)) return untouched('the recording does not hold the whole model');
  const header = JSON.parse(new TextDecoder().decode(readWhole(join(recording, HEADER)))) as Header;
  const { final, finalSha256 } = header.model ?? {};
  const path = final ? join(recording, basename(final)) : '';
  const bytes = path ? readWhole(path) : undefined;
  if (!bytes || !finalSha256) return untouched('the recorder was not closed');
  const { tensors } = readForeignSafetensors(bytes, path);
  const weights = surface.weights.slice();
  const notes: string[] = [];
  const missing: string[] = [];
  for (const { name, shape, offset } of surface.parameters) {
    const found = tensorOf(tensors, name, shape, surface.name, path);
    if (found) weights.set(found, offset);
    else missing.push(name);
  }
  const buffers = new Map<string, Float64Array>();
  for (const { name, shape } of surface.buffers) {
    const found = tensorOf(tensors, name, shape, surface.name, path);
    if (found) buffers.set(name, found);
    else missing.push(name);
  }
  await surface.setBuffers(buffers);
  if (missing.length > 0)
    notes.push(
      `${path} has no ${missing.slice(0, 6).join(', ')}${missing.length > 6 ? `, … (${missing.length})` : ''}; these are as ${surface.name} returned them.`,
    );
  return { weights, notes };
}

interface Header {
  readonly model?: { readonly final?: string | null; readonly finalSha256?: string | null } | null;
}

/** Returns the numbers of a tensor as float64; undefined where there is none of this name. */
function tensorOf(
  tensors: ReadonlyMap<string, Tensor>,
  name: string,
  shape: readonly number[],
  surface: string,
  path: string,
): Float64Array | undefined {
  const found = tensors.get(name);
  if (!found) return undefined;
  check(
    found.shape.join() === shape.join(),
    'parameter-shape',
    () =>
      `${name} has the shape [${found.shape.join(', ')}] in ${path} and [${shape.join(', ')}] in the model of ${surface}; is it the model that was recorded?`,
  );
  return Float64Array.from(found.data as ArrayLike<number | bigint>, Number);
}
