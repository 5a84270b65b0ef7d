/** Files that were dropped or chosen, folders too, each with its path. */

/** A file with its path below what was dropped. */
export interface DroppedFile {
  readonly path: string;
  readonly file: File;
}

/** Most files that are taken at once. */
const MOST_DROPPED = 100_000;

/**
 * Returns the files of what was dropped, those in folders with their paths. Must be called while the event is handled.
 * @throws Error with a sentence where there are too many
 */
export async function droppedFiles(transfer: DataTransfer): Promise<DroppedFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ path: file.name, file }));
  const found: DroppedFile[] = [];
  for (const entry of entries) await visit(entry, '', found);
  return found;
}

/** Returns chosen files; those of a chosen folder have their paths. */
export const chosenFiles = (files: FileList): DroppedFile[] =>
  [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));

async function visit(entry: FileSystemEntry, prefix: string, found: DroppedFile[]): Promise<void> {
  if (found.length > MOST_DROPPED)
    throw new Error(
      `There are more than ${MOST_DROPPED} files; drop the run folders one by one, or start thermograd lab with them.`,
    );
  const path = prefix + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ path, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // a reader gives some of the entries at a time, and none at the end
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const inner of some) await visit(inner, `${path}/`, found);
  }
}
