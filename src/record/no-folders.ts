/** The replacement of the store of folders outside Node. */
import { InputError } from '../numeric/errors.js';
import type { ArrayStore } from './array-store.js';

/**
 * Refuses every folder.
 * @throws InputError (`no-folders`)
 */
export class FolderStore implements ArrayStore {
  constructor(root: string) {
    throw new InputError(
      'no-folders',
      `there are no folders to read or write outside Node (${root}); give a MemoryStore.`,
    );
  }
  declare get: ArrayStore['get'];
  declare set: ArrayStore['set'];
}
