/** The folder of a study in cells: its record, and the rules by which it is begun or continued. */

import { sameData } from '../numeric/json.js';
import { JobFolder } from './folder.js';
import { type FolderKind, type RecordBase, readRecord, recordIn } from './record.js';

/** Holds what is fixed when a study begins; the number of seeds, where there is one, may grow. */
interface StudyHead {
  readonly config: { readonly preset: string };
  /** Provenance of the data set. */
  readonly data: unknown;
  seeds?: number;
}

/**
 * Says why a study cannot be continued with this config, or with these data where they are given; undefined where all is as before.
 * @param what - the study in a few words and its verb: `['the controls', 'were']`
 */
const studyDifference =
  <Config extends { readonly preset: string }>(
    what: readonly [string, string],
    path: string,
    config: Config,
    data?: unknown,
  ) =>
  (before: { readonly config: Config; readonly data: unknown }): string | undefined => {
    const [who, were] = what;
    if (!sameData(before.config, config))
      return `${who} in ${path} ${were} begun with other settings (preset ${before.config.preset}); leave them as they were, or choose another folder with --out.`;
    if (data !== undefined && !sameData(before.data, data))
      return `${who} in ${path} ${were} begun with other data; choose another folder with --out.`;
    return undefined;
  };

/**
 * Returns the four things that a study does with its folder.
 * @param what - the study in a few words and its verb: `['the controls', 'were']`
 */
export const studyFolder = <Name extends string, Head extends StudyHead>(
  kind: FolderKind<Name>,
  what: readonly [string, string],
) => ({
  kind,

  /**
   * Reads the record of a folder; undefined where there is none.
   * @throws InputError when this version cannot read it
   */
  recordIn: (path: string): (RecordBase<Name> & Head) | undefined => recordIn<Name, Head>(kind, path),

  /**
   * Reads the record of a folder.
   * @throws InputError when there is none
   */
  read: (path: string): RecordBase<Name> & Head => readRecord<Name, Head>(kind, path),

  /**
   * Refuses a folder that cannot be used, before the data are loaded.
   * @throws InputError
   */
  check(path: string, config: Head['config'], resume: boolean): void {
    JobFolder.check<Name, Head>(kind, path, { resume, differs: studyDifference(what, path, config) });
  },

  /**
   * Opens the folder to continue it, or begins it; there may be more seeds than before.
   * @param takeOver - take the lock of a process on another machine, which no longer runs
   * @throws InputError
   */
  open(path: string, head: Head, resume: boolean, takeOver = false): JobFolder<Name, Head> {
    const differs = studyDifference(what, path, head.config, head.data);
    const folder = JobFolder.open<Name, Head>(kind, path, head, { resume, differs, takeOver });
    const { record } = folder;
    if (head.seeds !== undefined) record.seeds = Math.max(record.seeds ?? 0, head.seeds);
    // documents show what is done; every stage looks for what is missing
    for (const stage of kind.stages) record.stages[stage].status = 'waiting';
    folder.save();
    return folder;
  },
});
