/** The replacement of the readers of recordings outside Node. */
import { InputError } from '../../numeric/errors.js';

/**
 * Refuses every path.
 * @throws InputError (`no-folders`)
 */
export async function openRecording(path: string): Promise<never> {
  throw new InputError(
    'no-folders',
    `there are no files to read outside Node (${path}); give the rows, or an open Trajectory of a MemoryStore.`,
  );
}
