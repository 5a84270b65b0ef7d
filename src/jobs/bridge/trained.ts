/** The state in which a recorded training left its model, for a surface whose program only says how the model is built. */
import { finalState } from '../../record/recording/final-state.js';
import { isRecorderFolder } from '../../record/recording/recorder-table.js';
import type { ProcessSurface } from '../../surface/process/surface.js';
import { inState } from '../../surface/state.js';

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
  const state = finalState(recording);
  if (!state) return untouched('the recorder was not closed');
  const mismatch = ({ name, shape }: { name: string; shape: readonly number[] }, saved: readonly number[]) =>
    `${name} has the shape [${saved.join(', ')}] in the final state of ${recording} and [${shape.join(', ')}] in the model of ${surface.name}; is it the model that was recorded?`;
  const parameters = inState(surface.parameters, state, mismatch);
  const buffers = inState(surface.buffers, state, mismatch);
  const weights = surface.weights.slice();
  for (const [{ offset }, values] of parameters.found) weights.set(values, offset);
  await surface.setBuffers(new Map(Array.from(buffers.found, ([{ name }, values]) => [name, values])));
  const missing = [...parameters.missing, ...buffers.missing];
  const named = `${missing.slice(0, 6).join(', ')}${missing.length > 6 ? `, … (${missing.length})` : ''}`;
  const notes =
    missing.length > 0
      ? [`the final state of ${recording} has no ${named}; these are as ${surface.name} returned them.`]
      : [];
  return { weights, notes };
}
